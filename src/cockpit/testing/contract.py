"""What every provider keeps, as tests that a third party inherits."""

from __future__ import annotations

import asyncio
import inspect
import math
import re
import unittest
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import msgspec

from ..core.alerts import AlertState, Severity
from ..core.covers import Cover, Standing
from ..core.curves import Curve
from ..core.paging import Page, PageKind
from ..core.text import clean_block
from ..core.traps import TrapState
from ..engine.accepting import Accepting
from ..engine.answers import CHECKS
from ..provider import CAPABILITIES, Answer, ProviderError, capabilities
from .clock import START
from .contract_responding import RespondingContract
from .contract_running import RunningContract, unknown
from .contract_silences import SilencesContract
from .must import have, must
from .walk import records_of, texts, times

T = TypeVar("T")

HOSTILE = "\x1b]52;c;aGk=\x07\x1b[31m[@click=app.quit]x[/]\x9b2J\u202e\u200bend"
"""What a source can be made to say: sequences that drive a terminal, markup, text that runs backwards, characters nobody sees."""

_CANARY_FIELDS = re.compile(r"token|password|secret|api_?key|bearer", re.I)
_ASKED: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "Alerts": lambda provider: provider.alerts(),
    "Silences": lambda provider: provider.silences(),
    "Traps": lambda provider: provider.traps(),
    "Rosters": lambda provider: provider.on_call(START),
    "Shifts": lambda provider: provider.shifts(START, START + timedelta(days=14)),
    "Overrides": lambda provider: provider.overrides(),
    "Days": lambda provider: provider.days(),
    "Maintains": lambda provider: provider.maintenances(),
    "Runbooks": lambda provider: provider.jobs(),
}


class ProviderContract(SilencesContract, RespondingContract, RunningContract):
    """Subclass it in a test module and override `provider`, and as many of the others as the source makes possible; what is not
    overridden is skipped and says so. Each method gives a fresh provider whose source is a recording, or a real server.

    ``name`` is the source's name that the providers were made with, ``secrets`` the canaries they were given as secrets,
    ``seconds`` how long a call may take, ``now`` (UTC) the moment at which the recording plays.
    """

    name = "contract"
    secrets: Sequence[str] = ()
    seconds = 10.0
    now = START

    def provider(self) -> object:
        """One whose source answers well, with at least one record of each kind that it has, and one alert firing if it can ack."""
        raise NotImplementedError("override provider(): it gives a fresh provider named self.name")

    def hostile(self) -> object:
        """One whose source has `HOSTILE` in every text that it sends."""
        raise unittest.SkipTest("hostile() is not overridden")

    def malformed(self) -> tuple[object, int]:
        """One whose source sends some records that cannot be read among good ones, and how many alerts it sends in all; how many
        shifts of the two weeks from `now`, where it has no alerts, and how many jobs, where it has neither."""
        raise unittest.SkipTest("malformed() is not overridden")

    def failing(self) -> Mapping[str, tuple[object, type[ProviderError]]]:
        """For each way in which the source can say no: a provider that meets it, and the error it must become."""
        raise unittest.SkipTest("failing() is not overridden")

    def stalled(self) -> object:
        """One whose source never answers."""
        raise unittest.SkipTest("stalled() is not overridden")

    def test_it_has_a_config_whose_secrets_are_secrets(self) -> None:
        config = getattr(type(self.provider()), "Config", None)
        if not isinstance(config, type) or not issubclass(config, msgspec.Struct):
            raise AssertionError("Config is not a msgspec.Struct")
        must(config.__struct_config__.frozen, "Config is not frozen: class Config(msgspec.Struct, frozen=True)")
        for field in msgspec.structs.fields(config):
            if _CANARY_FIELDS.search(field.name):
                must("Secret" in str(field.type), f"Config.{field.name} sounds like a secret and is no cockpit.provider.Secret")

    def test_what_it_can_do_it_can_do_whole(self) -> None:
        provider = self.provider()
        must(capabilities(provider), "it can do nothing: none of the capabilities of cockpit.provider is complete")
        for kind in CAPABILITIES:
            methods = [name for name in vars(kind) if not name.startswith("_")]
            there = [name for name in methods if hasattr(provider, name)]
            missing = [name for name in methods if name not in there]
            must(not (there and missing), f"it has {', '.join(there)} but no {', '.join(missing)}: that is no {kind.__name__} yet")
            for name in there:
                waits = inspect.iscoroutinefunction(getattr(provider, name))
                plain = inspect.isfunction(vars(kind)[name]) and not inspect.iscoroutinefunction(vars(kind)[name])
                must(waits or plain, f"{name} is not a coroutine function (async def)")
                must(not (waits and plain), f"{name} is a coroutine function, and is called as a plain one (def)")

    def test_identities_are_unique_and_its_own(self) -> None:
        for kind, answer in self._answers(self.provider()).items():
            ids = [CHECKS[records_of(kind)][1](record) for record in answer.records]
            twice = [str(each) for each, count in Counter(ids).items() if count > 1]
            must(not twice, f"{kind}: {', '.join(twice)} comes more than once")
            for record in answer.records:
                source = record.ref.source if hasattr(record, "ref") else record.source
                must(source == self.name, f"{kind}: a record says it is from {source!r}, and this source is called {self.name!r}")

    def test_times_are_aware_and_in_utc(self) -> None:
        for kind, answer in self._answers(self.provider()).items():
            for path, time in times(answer.records):
                must(time.utcoffset() is not None, f"{kind}{path} has no zone: {time}")
                must(time.utcoffset() == timedelta(0), f"{kind}{path} is not in UTC: {time}")

    def test_polls_of_the_same_facts_compare_equal(self) -> None:
        async def twice(provider: Any) -> list[tuple[str, Answer[Any], Answer[Any]]]:
            first, second = await asked_all(provider), await asked_all(provider)
            return [(kind, answer, second[kind]) for kind, answer in first.items()]

        for kind, one, other in self._run(self.provider(), twice):
            must(one == other, f"{kind}: two polls of the same facts differ: {_first_difference(one, other)}")

    def test_the_engine_would_reject_none_of_its_records(self) -> None:
        for kind, answer in self._answers(self.provider()).items():
            taken = Accepting(self.name).accept(records_of(kind), answer)
            must(
                taken.rejected == answer.rejected, f"{kind}: {taken.remarks[-1] if taken.remarks else 'some records are unusable'}"
            )

    def test_hostile_texts_come_out_clean(self) -> None:
        answers = self._answers(self.hostile())
        must(any(answer.records for answer in answers.values()), "the hostile source's answers gave no record at all")
        for kind, answer in answers.items():
            for path, text in (*texts(answer.records), *texts(answer.remarks)):
                if ".trap.params" in path:
                    continue  # what a probe is configured with, to the byte; nobody shows it as it is
                must(clean_block(text, len(text) + 1) == text, f"{kind}{path} is not clean: {text!r}; use cockpit.core.text.clean")

    def test_malformed_records_are_counted_one_by_one(self) -> None:
        provider, received = self.malformed()
        answers = self._answers(provider)
        answer = answers[next(kind for kind in ("Alerts", "Shifts", "Runbooks") if kind in answers)]
        got, bad = len(answer.records), answer.rejected
        must(bad > 0, f"of {received} records, some of them malformed, none was counted as rejected")
        must(got + bad == received, f"accepted ({got}) + rejected ({bad}) is not what was received ({received})")

    def test_each_failure_becomes_the_right_error(self) -> None:
        for how, (provider, wanted) in self.failing().items():
            errors = self._run(provider, errors_of)
            must(errors, f"{how}: nothing was raised")
            for kind, error in errors.items():
                must(isinstance(error, ProviderError), f"{how}: {kind} raised {error!r}, which is not in the tree of ProviderError")
                must(isinstance(error, wanted), f"{how}: {kind} raised {type(error).__name__}, not {wanted.__name__}")
                must(str(error).strip(), f"{how}: {type(error).__name__} says nothing to the person")

    def test_what_is_not_there_is_refused_from_the_tree(self) -> None:
        async def tried(provider: Any) -> list[tuple[str, BaseException]]:
            can, found = capabilities(provider), []
            verbs: dict[str, tuple[str, Callable[[], Awaitable[object]]]] = {
                "ack": ("Acks", lambda: provider.ack(["no-such-alert"], "ana", "")),
                "unack": ("Unacks", lambda: provider.unack(["no-such-alert"], "ana")),
                "unsilence": ("Silences", lambda: provider.unsilence("no-such-silence", "ana")),
                "resolve": ("Resolves", lambda: provider.resolve(["no-such-alert"], "ana", "")),
                "snooze": ("Snoozes", lambda: provider.snooze(["no-such-alert"], self.now + timedelta(hours=1), "ana")),
                "escalate": ("Escalates", lambda: provider.escalate(["no-such-alert"], 1, "ana")),
                "reassign": ("Reassigns", lambda: provider.reassign(["no-such-alert"], ["nobody"], "ana")),
                "merge": ("Merges", lambda: provider.merge("no-such-alert", ["none-either"], "ana")),
                "end_maintenance": ("Maintains", lambda: provider.end_maintenance("no-such-maintenance", "ana")),
                "history": ("History", lambda: provider.history("no-such-alert")),
                "note": ("Notes", lambda: provider.note("no-such-alert", "ana", "hello")),
                "end_override": ("Overrides", lambda: provider.end_override("no-such-override", "ana")),
                "arm": ("Rests", lambda: provider.arm("no-such-trap", "ana")),
                "run_job": ("Runbooks", lambda: provider.run_job(unknown(self.now))),
                "follow_run": ("Runbooks", lambda: provider.follow_run(self.no_such_run, "")),
                "cancel_run": ("Runbooks", lambda: provider.cancel_run(self.no_such_run, "ana")),
            }
            for name, (capability, call) in verbs.items():
                if capability in can:
                    found += [(name, error) for error in [await _error_of(call)] if error is not None]
            return found

        for name, error in self._run(self.provider(), tried):
            must(isinstance(error, ProviderError), f"{name} of what is not there raised {error!r}, not a ProviderError")

    def test_no_secret_is_ever_told(self) -> None:
        if not self.secrets:
            raise unittest.SkipTest("secrets is empty")
        told: list[tuple[str, str]] = []
        provider = self.provider()
        told += [("repr", repr(provider)), ("repr of its attributes", repr(getattr(provider, "__dict__", "")))]
        for kind, answer in self._answers(provider).items():
            told += [(f"{kind}{path}", text) for path, text in (*texts(answer.records), *texts(answer.remarks))]
        try:
            failing = self.failing()
        except unittest.SkipTest:
            failing = {}
        for how, (each, _) in failing.items():
            told += [(how, f"{error} {error!r}") for error in self._run(each, errors_of).values()]
        for secret in self.secrets:
            for where, text in told:
                must(secret not in text, f"a secret is told in {where}")

    def test_acknowledging_round_trips(self) -> None:
        async def there_and_back(provider: Any) -> None:
            firing = (each for each in (await provider.alerts()).records if each.state is AlertState.FIRING)
            alert = have(next(firing, None), "no alert is firing in the recorded answers: acknowledging cannot be tried")
            await provider.ack([alert.ref.id], "ana", "on it")
            held = await _alert(provider, alert.ref)
            must(held.state is AlertState.ACKNOWLEDGED, f"after ack the alert is {held.state.value}, not acknowledged")
            must(held.acknowledged_by, "after ack the alert does not say who has it")
            if "Unacks" not in capabilities(provider):
                return
            await provider.unack([alert.ref.id], "ana")
            free = await _alert(provider, alert.ref)
            must(free.state is AlertState.FIRING, f"after unack the alert is {free.state.value}, not firing")
            must(not free.acknowledged_by, "after unack the alert still says that somebody has it")

        self._if_it_can("Acks", there_and_back)

    def test_notes_round_trip(self) -> None:
        async def there(provider: Any) -> None:
            alerts = (await provider.alerts()).records
            must(alerts, "there is no alert in the recorded answers: leaving a note cannot be tried")
            await provider.note(alerts[0].ref.id, "ana", "looked at the logs")
            notes = (await _alert(provider, alerts[0].ref)).notes
            kept = any("looked at the logs" in note.text for note in notes)
            must(kept or not notes, "the alert has notes, and the one that was left is not among them")

        self._if_it_can("Notes", there)

    def test_resting_a_trap_round_trips(self) -> None:
        async def there_and_back(provider: Any) -> None:
            traps = (await provider.traps()).records
            armed = (str(each.trap.name) for each in traps if each.state is not TrapState.DISARMED)
            trap = have(next(armed, None), "there is no armed trap in the recorded answers: resting one cannot be tried")
            await provider.disarm(trap, self.now + timedelta(hours=1), "ana", "trying the contract")
            must(await _rests(provider, trap), "after disarm the trap does not rest")
            await provider.arm(trap, "ana")
            must(not await _rests(provider, trap), "after arm the trap still rests")

        self._if_it_can("Rests", there_and_back)

    def test_overriding_round_trips(self) -> None:
        async def there_and_back(provider: Any) -> None:
            must("Shifts" in capabilities(provider), "it has Overrides and no Shifts: nobody could see what they change")
            laid = (await provider.shifts(self.now, self.now + timedelta(days=14))).records
            shift = have(next(iter(laid), None), "there is no shift in the recorded answers: overriding cannot be tried")
            cover = Cover(shift.person, self.now + timedelta(hours=1), self.now + timedelta(hours=2))
            (made,) = await provider.override(shift.roster, [cover], "ana", "trying the contract")
            stands = have(await _override(provider, made), f"after override the id it gave, {made!r}, is not among the overrides")
            told = (stands.roster, stands.start, stands.end)
            must(told == (shift.roster, cover.start, cover.end), f"the override is {told}, not what was asked for")
            await provider.end_override(made, "ana")
            left = await _override(provider, made)
            must(left is None or left.end <= self.now, "after end_override the override is still there")

        self._if_it_can("Overrides", there_and_back)

    def test_a_page_may_be_sent_again(self) -> None:
        async def again(provider: Any) -> None:
            page = Page(key="contract", kind=PageKind.TRIGGER, summary="trying the contract", severity=Severity.INFO, drill=True)
            for said in (PageKind.TRIGGER, PageKind.TRIGGER, PageKind.ACKNOWLEDGE, PageKind.RESOLVE, PageKind.RESOLVE):
                error = await _error_of(partial(provider.page, msgspec.structs.replace(page, kind=said)))
                must(error is None, f"a page to {said.value}, which may come twice, raised {error!r}")

        self._if_it_can("Pages", again)

    def test_series_are_in_order_and_clean(self) -> None:
        async def asked(provider: Any) -> None:
            can = capabilities(provider)
            traps = (await provider.traps()).records if "Traps" in can else ()
            alerts = (await provider.alerts()).records if "Alerts" in can else ()
            about = have(next(iter((*traps, *alerts)), None), "there is nothing whose series could be asked for")
            curve = await provider.series(about, self.now - timedelta(hours=6), self.now, 60)
            if curve is None:
                return
            must(isinstance(curve, Curve), f"series gave {type(curve).__name__}, not a Curve")
            must(len(curve.points) <= 62, f"there was room for 60 points and the newest, and it gave {len(curve.points)}")
            ats = [at for at, _ in curve.points]
            must(ats == sorted(ats), "the points are not in the order of their times")
            must(all(math.isfinite(value) for _, value in curve.points), "a point's value is not finite")
            for path, text in texts(curve):
                must(clean_block(text) == text, f"curve{path} is not clean: {text!r}; use cockpit.core.text.clean")

        self._if_it_can("Series", asked)

    def test_cancelling_is_clean(self) -> None:
        async def cancelled(provider: Any) -> tuple[bool, int]:
            before = asyncio.all_tasks()
            asking = asyncio.ensure_future(next(_ASKED[can](provider) for can in _ASKED if can in capabilities(provider)))
            for _ in range(50):
                await asyncio.sleep(0)
            must(not asking.done(), "the stalled source's provider gave an answer")
            asking.cancel()
            await asyncio.wait({asking}, timeout=2)
            return asking.cancelled(), len(asyncio.all_tasks() - before - {asking})

        clean, left = self._run(self.stalled(), cancelled)
        must(clean, "it swallows its cancellation: it must end at once, with CancelledError")
        must(not left, f"{left} of its tasks go on after it was cancelled")

    def _if_it_can(self, capability: str, work: Callable[[Any], Awaitable[None]]) -> None:
        provider = self.provider()
        if capability not in capabilities(provider):
            raise unittest.SkipTest(f"it has no {capability}")
        self._run(provider, work)

    def _answers(self, provider: object) -> dict[str, Answer[Any]]:
        return self._run(provider, asked_all)

    def _run(self, provider: object, work: Callable[[Any], Awaitable[T]]) -> T:
        async def bounded() -> T:
            try:
                return await asyncio.wait_for(work(provider), self.seconds)
            finally:
                close = getattr(provider, "close", None)
                closing = close() if callable(close) else None
                if inspect.isawaitable(closing):
                    await closing

        return asyncio.run(bounded())


async def asked_all(provider: Any) -> dict[str, Answer[Any]]:
    can = capabilities(provider)
    answers = {kind: await ask(provider) for kind, ask in _ASKED.items() if kind in can}
    for kind, answer in answers.items():
        must(isinstance(answer, Answer), f"{kind} gave {type(answer).__name__}, not a cockpit.provider.Answer")
        must(isinstance(answer.records, tuple), f"{kind}: the records are a {type(answer.records).__name__}, not a tuple")
    return answers


async def errors_of(provider: Any) -> dict[str, BaseException]:
    can = capabilities(provider)
    tried = {kind: await _error_of(partial(ask, provider)) for kind, ask in _ASKED.items() if kind in can}
    return {kind: error for kind, error in tried.items() if error is not None}


async def _error_of(call: Callable[[], Awaitable[object]]) -> BaseException | None:
    try:
        await call()
    except Exception as error:  # noqa: BLE001  # what it is, is what is being tested
        return error
    return None


async def _alert(provider: Any, ref: object) -> Any:
    found = [each for each in (await provider.alerts()).records if each.ref == ref]
    must(found, f"the alert {ref} is gone from the next answer")
    return found[0]


async def _rests(provider: Any, trap: str) -> bool:
    found = [each for each in (await provider.traps()).records if each.trap.name == trap]
    return bool(found) and found[0].watch.rest_until is not None


async def _override(provider: Any, override_id: str) -> Standing | None:
    return next((each for each in (await provider.overrides()).records if each.ref.id == override_id), None)


def _first_difference(one: Answer[Any], other: Answer[Any]) -> str:
    pairs: Iterator[tuple[object, object]] = zip(one.records, other.records, strict=False)
    return next((f"{a!r} and {b!r}" for a, b in pairs if a != b), f"{len(one.records)} and {len(other.records)} records")
