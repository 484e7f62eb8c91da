"""The contract kit: `local` and the fake keep the contract, and each of its rules rejects a provider that breaks just that one."""

from __future__ import annotations

import asyncio
import itertools
import threading
import unittest
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from cockpit.core.alerts import Alert, AlertState, Ref, Remark, Severity, Silence
from cockpit.core.covers import Cover
from cockpit.core.curves import Curve
from cockpit.core.paging import Page
from cockpit.core.roster import Layer, Roster, Shift
from cockpit.core.text import clean
from cockpit.core.traps import Reading, Trap, TrapState, TrapView, Watch
from cockpit.core.units import Seconds, bound
from cockpit.provider import Answer, AuthFailed, Conflict, NotFound, ProviderError, RateLimited, Secret, Unreachable
from cockpit.providers.local import Local, LocalConfig
from cockpit.testing import HOSTILE, FakeClock, FakeHost, FakeMachine, FakeProvider, ProviderContract
from cockpit.testing.clock import START
from support.engines import WRONG_RUNS, CannotTell, Runs
from support.responders import WRONG_RESPONSES, Responds
from support.waiting import until

CANARY = "canary-7f3a-secret"


def machine() -> FakeMachine:
    made = FakeMachine()
    made.traps = (
        Trap(name="root-disk", probe="disk", params={"path": "/"}, trip=bound("used_percent >= 92"), every=Seconds(30)),
        Trap(name="backups", probe="file", every=Seconds(30), went_wrong="2026-10-02: the backup was empty"),
    )
    layer = Layer(people=("ana",), start=START.replace(tzinfo=None) - timedelta(days=9), turn=(1, "weeks"))
    made.rosters = (Roster(name="primary", timezone="UTC", layers=(layer,)),)
    reading = Reading({"used_percent": 93.0}, "93 % used")
    made.known = {
        "root-disk": Watch(state=TrapState.TRIPPED, checked_at=START, good_at=START, tripped_at=START, reading=reading, firing=1),
        "backups": Watch(state=TrapState.ARMED, checked_at=START, good_at=START, reading=Reading({}, "fine")),
    }
    return made


class TestLocalKeepsTheContract(ProviderContract):
    def made(self, of: FakeMachine) -> Local:
        return Local(self.name, LocalConfig(), FakeHost(FakeClock(), of))

    def provider(self) -> object:
        return self.made(machine())

    def hostile(self) -> object:
        strange = machine()
        strange.traps = tuple(msgspec.structs.replace(trap, params={"path": HOSTILE}) for trap in strange.traps)
        provider = self.made(strange)

        async def say() -> None:
            await provider.note("root-disk", HOSTILE, HOSTILE)
            await provider.ack(["root-disk"], HOSTILE, HOSTILE)
            await provider.silence("alertname=x", START + timedelta(hours=1), HOSTILE, HOSTILE)
            await provider.disarm("backups", START + timedelta(hours=1), HOSTILE, HOSTILE)

        asyncio.run(say())
        return provider

    def failing(self) -> Mapping[str, tuple[object, type[ProviderError]]]:
        class Unreadable(FakeMachine):
            def watches(self) -> Mapping[str, Watch]:
                raise Unreachable("the journal cannot be read")

        return {"a journal that cannot be read": (self.made(Unreadable()), Unreachable)}

    def stalled(self) -> object:
        class Hanging(FakeMachine):
            def watches(self) -> Mapping[str, Watch]:
                threading.Event().wait(0.5)
                return {}

        return self.made(Hanging())


class Good(FakeProvider):
    """Keeps every rule; the providers below each break one."""

    def __init__(self, name: str = "contract") -> None:
        super().__init__(name)
        self.fire("HighErrorRate", labels={"alertname": "HighErrorRate"}, summary="5xx")
        self.fire("PostgresDown")
        begins = self._host.clock.now() - timedelta(days=2)
        self.laid = (
            Shift(
                roster="primary", level=1, person="bo", name="Bo", timezone="Europe/Berlin", source=name,
                start=begins, end=begins + timedelta(days=7),
            ),
        )  # fmt: skip


class TestTheFakeKeepsTheContract(ProviderContract):
    secrets = (CANARY,)

    def provider(self) -> object:
        return Good()

    def hostile(self) -> object:
        class Cleaning(FakeProvider):
            async def alerts(self) -> Answer[Alert]:
                alert = Alert(
                    ref=Ref(self.name, "x"),
                    name=clean(HOSTILE),
                    severity=Severity.INFO,
                    state=AlertState.FIRING,
                    summary=clean(HOSTILE),
                )
                return Answer((alert,))

        return Cleaning(self.name)

    def malformed(self) -> tuple[object, int]:
        some = Good()
        some.rejected = 3
        return some, 5

    def failing(self) -> Mapping[str, tuple[object, type[ProviderError]]]:
        errors = {"401": AuthFailed("the token is wrong"), "429": RateLimited("too many", 30), "reset": Unreachable("reset")}
        return {how: (failed(error), type(error)) for how, error in errors.items()}

    def stalled(self) -> object:
        some = Good()
        some.stalled = True
        return some


def failed(error: BaseException) -> Good:
    some = Good()
    some.failure = error
    return some


def changed(**facts: Any) -> Callable[[], object]:
    """A provider whose alerts have these facts."""

    class Changed(Good):
        async def alerts(self) -> Answer[Alert]:
            answer = await super().alerts()
            return Answer(tuple(msgspec.structs.replace(alert, **facts) for alert in answer.records))

    return Changed


def contract(**overridden: Any) -> ProviderContract:
    """The fake's contract with some of its providers swapped."""
    return type("Swapped", (TestTheFakeKeepsTheContract,), {key: staticmethod(value) for key, value in overridden.items()})()  # type: ignore[no-any-return]  # a class made here


class Loose(msgspec.Struct):
    token: Secret


class Plain(msgspec.Struct, frozen=True):
    token: str


class LooseConfig(Good):
    Config = Loose


class PlainSecret(Good):
    Config = Plain


class NoConfig(Good):
    Config = dict  # type: ignore[assignment]  # the fault


class Half:
    Config = FakeProvider.Config

    async def note(self, alert_id: str, who: str, text: str) -> None: ...

    async def silence(self, match: str, ends_at: datetime, who: str, comment: str) -> str:
        return "s1"

    async def silences(self) -> Answer[Silence]:
        return Answer(())


class Nothing:
    Config = FakeProvider.Config


class NotAsync(Good):
    def note(self, alert_id: str, who: str, text: str) -> None: ...  # type: ignore[override]  # the fault


class Twice(Good):
    async def alerts(self) -> Answer[Alert]:
        answer = await super().alerts()
        return Answer(answer.records + answer.records[:1])


class Differs(Good):
    _count = itertools.count()

    async def alerts(self) -> Answer[Alert]:
        answer = await super().alerts()
        summary = f"polled {next(self._count)} times"
        return Answer(tuple(msgspec.structs.replace(alert, summary=summary) for alert in answer.records))


class Forgets(Good):
    async def ack(self, ids: Any, who: str, note: str) -> None: ...


class KeepsHolding(Good):
    async def unack(self, ids: Any, who: str) -> None: ...


class HidesWho(Good):
    async def ack(self, ids: Any, who: str, note: str) -> None:
        await super().ack(ids, "", note)


class SilencesOther(Good):
    async def silence(self, match: str, ends_at: datetime, who: str, comment: str) -> str:
        return await super().silence("alertname=Other", ends_at, who, comment)


class SilencesShort(Good):
    async def silence(self, match: str, ends_at: datetime, who: str, comment: str) -> str:
        return await super().silence(match, ends_at - timedelta(minutes=30), who, comment)


class WrongId(Good):
    async def silence(self, match: str, ends_at: datetime, who: str, comment: str) -> str:
        await super().silence(match, ends_at, who, comment)
        return "another"


class MakesAnother(Good):
    async def edit_silence(self, silence_id: str, match: str, ends_at: datetime | None, who: str, comment: str) -> str:
        return await super().edit_silence(silence_id, match, ends_at, who, comment) + "-other"


class NeverLonger(Good):
    async def edit_silence(self, silence_id: str, match: str, ends_at: datetime | None, who: str, comment: str) -> str:
        return await super().edit_silence(silence_id, match, START + timedelta(hours=1), who, comment)


class NeverAnew(Good):
    async def edit_silence(self, silence_id: str, match: str, ends_at: datetime | None, who: str, comment: str) -> str:
        if silence_id in self._silences:
            return await super().edit_silence(silence_id, match, ends_at, who, comment)
        await super().silence(match, START + timedelta(hours=1), who, comment)
        return silence_id


class SaysNothing(Good):
    def silence_problem(self, match: str, ends_at: datetime | None) -> str:
        return ""


class TakesAll(Good):
    async def silence(self, match: str, ends_at: datetime, who: str, comment: str) -> str:
        return "s1"


class SaysTooMuch(Good):
    def silence_problem(self, match: str, ends_at: datetime | None) -> str:
        return "no"

    async def silence(self, match: str, ends_at: datetime, who: str, comment: str) -> str:
        raise ProviderError("no")


class SlowToSay(Good):
    async def silence_problem(self, match: str, ends_at: datetime | None) -> str:  # type: ignore[override]  # what is tried
        return ""


class KeepsSilence(Good):
    async def unsilence(self, silence_id: str, who: str) -> None: ...


class LosesNotes(Good):
    def __init__(self) -> None:
        super().__init__()
        self.fire("HighErrorRate", notes=(Remark(START, "bo", "an older one"),))

    async def note(self, alert_id: str, who: str, text: str) -> None: ...


class NeverRests(Local):
    async def disarm(self, trap: str, until: datetime, who: str, why: str) -> None: ...


class NeverArms(Local):
    async def arm(self, trap: str, who: str) -> None: ...


class PagesOnce(Good):
    async def page(self, page: Page) -> None:
        if page.key in self.paged:
            raise Conflict("that key was paged already")
        await super().page(page)


class OverridesOther(Good):
    async def override(self, roster: str, covers: Sequence[Cover], who: str, why: str) -> Sequence[str]:
        return await super().override("secondary", covers, who, why)


class KeepsOverride(Good):
    async def end_override(self, override_id: str, who: str) -> None:
        """Accepts it and does nothing."""


class NoSuchOverride(Good):
    async def override(self, roster: str, covers: Sequence[Cover], who: str, why: str) -> Sequence[str]:
        await super().override(roster, covers, who, why)
        return ["another"]


def measuring(curve: object) -> Callable[[], object]:
    """One that gives this for a curve."""

    class Measures(Good):
        async def series(self, about: Alert | TrapView, since: datetime, until: datetime, points: int) -> Any:
            return curve

    return Measures


class Raw(Good):
    async def note(self, alert_id: str, who: str, text: str) -> None:
        raise KeyError(alert_id)


class Swallows(Good):
    async def alerts(self) -> Answer[Alert]:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            return Answer(())
        return Answer(())


class Leaves(Good):
    async def alerts(self) -> Answer[Alert]:
        self.left = asyncio.ensure_future(asyncio.sleep(30))
        await asyncio.shield(self.left)
        return Answer(())


class Answers(Good):
    """Its source is stalled, and it answers all the same."""


class Tells(Good):
    def __init__(self) -> None:
        super().__init__()
        self.token = CANARY


def local(kind: type[Local]) -> Callable[[], object]:
    return lambda: kind("contract", LocalConfig(), FakeHost(FakeClock(), machine()))


def empty() -> FakeProvider:
    return FakeProvider("contract")


CEST = timezone(timedelta(hours=2))

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("test_it_has_a_config_whose_secrets_are_secrets", {"provider": NoConfig}, "not a msgspec.Struct"),
    ("test_it_has_a_config_whose_secrets_are_secrets", {"provider": LooseConfig}, "not frozen"),
    ("test_it_has_a_config_whose_secrets_are_secrets", {"provider": PlainSecret}, "Config.token sounds like a secret"),
    ("test_what_it_can_do_it_can_do_whole", {"provider": Half}, "it has silences, silence but no unsilence"),
    ("test_what_it_can_do_it_can_do_whole", {"provider": Nothing}, "it can do nothing"),
    ("test_what_it_can_do_it_can_do_whole", {"provider": NotAsync}, "note is not a coroutine function"),
    ("test_identities_are_unique_and_its_own", {"provider": Twice}, "contract/HighErrorRate comes more than once"),
    ("test_identities_are_unique_and_its_own", {"provider": lambda: Good("other")}, "from 'other'"),
    ("test_times_are_aware_and_in_utc", {"provider": changed(started_at=datetime(2026, 1, 1))}, "has no zone"),
    ("test_times_are_aware_and_in_utc", {"provider": changed(ended_at=datetime(2026, 1, 1, tzinfo=CEST))}, "is not in UTC"),
    ("test_polls_of_the_same_facts_compare_equal", {"provider": Differs}, "two polls of the same facts differ"),
    ("test_the_engine_would_reject_none_of_its_records", {"provider": changed(summary=7)}, "2 of 2 alerts could not be used"),
    ("test_hostile_texts_come_out_clean", {"hostile": changed(labels={"a": HOSTILE})}, "[0].labels['a'] is not clean"),
    ("test_hostile_texts_come_out_clean", {"hostile": changed(labels={HOSTILE: "a"})}, "(a key) is not clean"),
    ("test_hostile_texts_come_out_clean", {"hostile": empty}, "gave no record at all"),
    ("test_malformed_records_are_counted_one_by_one", {"malformed": lambda: (Good(), 2)}, "none was counted as rejected"),
    ("test_each_failure_becomes_the_right_error", {"failing": lambda: {"500": (Good(), Unreachable)}}, "nothing was raised"),
    (
        "test_each_failure_becomes_the_right_error",
        {"failing": lambda: {"reset": (failed(ConnectionResetError("reset")), Unreachable)}},
        "which is not in the tree",
    ),
    (
        "test_each_failure_becomes_the_right_error",
        {"failing": lambda: {"401": (failed(NotFound("what")), AuthFailed)}},
        "401: Alerts raised NotFound, not AuthFailed",
    ),
    (
        "test_each_failure_becomes_the_right_error",
        {"failing": lambda: {"401": (failed(AuthFailed("")), AuthFailed)}},
        "says nothing",
    ),
    ("test_what_is_not_there_is_refused_from_the_tree", {"provider": Raw}, "note of what is not there raised KeyError"),
    ("test_no_secret_is_ever_told", {"provider": Tells}, "a secret is told in repr of its attributes"),
    ("test_no_secret_is_ever_told", {"provider": changed(summary=f"Bearer {CANARY}")}, "a secret is told in Alerts[0].summary"),
    (
        "test_no_secret_is_ever_told",
        {"failing": lambda: {"401": (failed(AuthFailed(f"{CANARY} is wrong")), AuthFailed)}},
        "a secret is told in 401",
    ),
    ("test_acknowledging_round_trips", {"provider": Forgets}, "after ack the alert is firing"),
    ("test_acknowledging_round_trips", {"provider": KeepsHolding}, "after unack the alert is acknowledged"),
    ("test_acknowledging_round_trips", {"provider": HidesWho}, "does not say who has it"),
    ("test_acknowledging_round_trips", {"provider": empty}, "no alert is firing"),
    ("test_silencing_round_trips", {"provider": SilencesOther}, "the silence matches 'alertname=Other'"),
    ("test_silencing_round_trips", {"provider": SilencesShort}, "the silence ends at"),
    ("test_silencing_round_trips", {"provider": WrongId}, "'another', is not among the silences"),
    ("test_silencing_round_trips", {"provider": KeepsSilence}, "the silence is still there"),
    ("test_changing_a_silence_round_trips", {"provider": MakesAnother}, "and 's1' stands"),
    ("test_changing_a_silence_round_trips", {"provider": NeverLonger}, "not later"),
    ("test_changing_a_silence_round_trips", {"provider": NeverAnew}, "is not made anew by a change"),
    ("test_what_it_refuses_it_says_beforehand", {"provider": SaysNothing}, "nothing is said against a silence of ''"),
    ("test_what_it_refuses_it_says_beforehand", {"provider": TakesAll}, "gave 's1', not a refusal"),
    ("test_what_it_refuses_it_says_beforehand", {"provider": SaysTooMuch}, "it would not take a plain silence: no"),
    ("test_what_it_can_do_it_can_do_whole", {"provider": SlowToSay}, "silence_problem is a coroutine function"),
    ("test_notes_round_trip", {"provider": LosesNotes}, "is not among them"),
    ("test_resting_a_trap_round_trips", {"provider": local(NeverRests)}, "after disarm the trap does not rest"),
    ("test_resting_a_trap_round_trips", {"provider": local(NeverArms)}, "after arm the trap still rests"),
    ("test_overriding_round_trips", {"provider": OverridesOther}, "the override is ('secondary'"),
    ("test_overriding_round_trips", {"provider": KeepsOverride}, "the override is still there"),
    ("test_overriding_round_trips", {"provider": NoSuchOverride}, "'another', is not among the overrides"),
    ("test_overriding_round_trips", {"provider": empty}, "there is no shift"),
    ("test_a_page_may_be_sent_again", {"provider": PagesOnce}, "a page to trigger, which may come twice, raised Conflict"),
    ("test_series_are_in_order_and_clean", {"provider": measuring(7)}, "series gave int, not a Curve"),
    ("test_series_are_in_order_and_clean", {"provider": measuring(Curve(points=((2.0, 1.0), (1.0, 1.0))))}, "not in the order"),
    ("test_series_are_in_order_and_clean", {"provider": measuring(Curve(points=((0.0, 0.0),) * 63))}, "room for 60 points"),
    ("test_series_are_in_order_and_clean", {"provider": measuring(Curve(points=((0.0, float("nan")),)))}, "not finite"),
    ("test_series_are_in_order_and_clean", {"provider": measuring(Curve(what=HOSTILE))}, "curve.what is not clean"),
    ("test_cancelling_is_clean", {"stalled": Swallows}, "swallows its cancellation"),
    ("test_cancelling_is_clean", {"stalled": Leaves}, "1 of its tasks go on"),
    ("test_cancelling_is_clean", {"stalled": Answers}, "gave an answer"),
]


@pytest.mark.parametrize(("rule", "wrong", "says"), WRONG, ids=[f"{rule[5:]}-{says}" for rule, _, says in WRONG])
def test_a_provider_that_breaks_a_rule_is_rejected_by_it(rule: str, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(AssertionError) as rejected:
        getattr(contract(**wrong), rule)()
    assert says in str(rejected.value)


@pytest.mark.parametrize(
    ("rule", "wrong", "says"), WRONG_RESPONSES, ids=[f"{rule[5:]}-{says}" for rule, _, says in WRONG_RESPONSES]
)
def test_a_responder_that_breaks_a_rule_is_rejected_by_it(rule: str, wrong: Callable[[], object], says: str) -> None:
    with pytest.raises(AssertionError) as rejected:
        getattr(contract(provider=wrong), rule)()
    assert says in str(rejected.value)


@pytest.mark.parametrize(("rule", "wrong", "says"), WRONG_RUNS, ids=[f"{rule[5:]}-{says}" for rule, _, says in WRONG_RUNS])
def test_one_that_runs_jobs_and_breaks_a_rule_is_rejected_by_it(rule: str, wrong: Callable[[], object], says: str) -> None:
    with pytest.raises(AssertionError) as rejected:
        getattr(contract(provider=wrong), rule)()
    assert says in str(rejected.value)


class TestOneThatRunsJobsKeepsTheContract(ProviderContract):
    def provider(self) -> object:
        return Runs()


class TestOneThatCannotTellItsRunsApartKeepsTheContract(ProviderContract):
    def provider(self) -> object:
        return CannotTell()


class TestTheFakeResponderKeepsTheContract(ProviderContract):
    def provider(self) -> object:
        return Responds()


def test_a_count_that_does_not_add_up_is_rejected() -> None:
    some = Good()
    some.rejected = 1
    with pytest.raises(AssertionError, match=r"accepted \(2\) \+ rejected \(1\) is not what was received \(9\)"):
        contract(malformed=lambda: (some, 9)).test_malformed_records_are_counted_one_by_one()


def test_every_rule_has_a_provider_that_breaks_it() -> None:
    rules = {name for name in dir(ProviderContract) if name.startswith("test_")}
    assert rules == {rule for rule, *_ in (*WRONG, *WRONG_RESPONSES, *WRONG_RUNS)}


def test_what_a_third_party_does_not_give_is_skipped_and_said() -> None:
    class Bare(ProviderContract):
        def provider(self) -> object:
            return Good()

    for rule in ("hostile_texts_come_out_clean", "cancelling_is_clean", "each_failure_becomes_the_right_error"):
        with pytest.raises(unittest.SkipTest, match="is not overridden"):
            getattr(Bare(), f"test_{rule}")()


class TestTheFakeClock:
    def test_sleepers_wake_when_their_time_has_come(self) -> None:
        async def work() -> list[str]:
            clock, woken = FakeClock(), list[str]()

            async def sleeper(name: str, seconds: float) -> None:
                await clock.sleep(seconds)
                woken.append(name)

            tasks = [asyncio.ensure_future(sleeper(name, s)) for name, s in (("long", 60), ("short", 5), ("none", 0))]
            await until(lambda: clock.sleeping == 2, "both asleep")
            clock.advance(5)
            await asyncio.wait(tasks[1:])
            assert woken == ["none", "short"]
            assert not tasks[0].done()
            clock.advance(55)
            await tasks[0]
            return woken

        assert asyncio.run(work()) == ["none", "short", "long"]

    def test_the_wall_may_step_while_monotonic_time_does_not(self) -> None:
        clock = FakeClock()
        before = clock.mono()
        clock.step_wall(-3600)
        assert clock.mono() == before
        assert clock.now() == START - timedelta(hours=1)
        assert clock.now().tzinfo is UTC

    def test_it_gives_up_where_nothing_comes_about(self) -> None:
        with pytest.raises(TimeoutError):
            FakeClock().advance_until(lambda: False, limit=3, patience=0.5)
