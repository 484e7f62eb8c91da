"""The part of the contract that is about what is done: it shows in the next answer, can be taken back, and what is not there is
refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec

from ..core.alerts import AlertState, Severity
from ..core.covers import Cover, Standing
from ..core.paging import Page, PageKind
from ..core.traps import TrapState
from ..provider import ProviderError, capabilities
from .contract_running import unknown
from .contract_sources import Sources, error_of
from .must import have, must


class DeedsContract(Sources):
    """See `contract.ProviderContract`, which has these tests among its own."""

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
                    found += [(name, error) for error in [await error_of(call)] if error is not None]
            return found

        for name, error in self._run(self.provider(), tried):
            must(isinstance(error, ProviderError), f"{name} of what is not there raised {error!r}, not a ProviderError")

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
                error = await error_of(partial(provider.page, msgspec.structs.replace(page, kind=said)))
                must(error is None, f"a page to {said.value}, which may come twice, raised {error!r}")

        self._if_it_can("Pages", again)


async def _alert(provider: Any, ref: object) -> Any:
    found = [each for each in (await provider.alerts()).records if each.ref == ref]
    must(found, f"the alert {ref} is gone from the next answer")
    return found[0]


async def _rests(provider: Any, trap: str) -> bool:
    found = [each for each in (await provider.traps()).records if each.trap.name == trap]
    return bool(found) and found[0].watch.rest_until is not None


async def _override(provider: Any, override_id: str) -> Standing | None:
    return next((each for each in (await provider.overrides()).records if each.ref.id == override_id), None)
