"""The part of the contract that is about responding: what people do to an alert beyond taking it, and what is told about one."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import Any

from ..core.alerts import Alert, AlertState
from ..core.responses import Assignee, Level, Play, Service
from ..core.story import Story
from ..provider import ProviderError
from .contract_sources import Sources
from .must import have, must
from .walk import times


class RespondingContract(Sources):
    """See `contract.ProviderContract`, which has these tests among its own."""

    def test_resolving_takes_an_alert_away(self) -> None:
        async def over(provider: Any) -> None:
            alert = await _firing(provider)
            await provider.resolve([alert.ref.id], "ana", "mended")
            left = await _now(provider, alert)
            must(left is None or left.state is AlertState.RESOLVED, "after resolve the alert is still there")

        self._if_it_can("Resolves", over)

    def test_snoozing_hushes_with_an_end(self) -> None:
        async def hushed(provider: Any) -> None:
            alert, ends_at = await _firing(provider), self.now + timedelta(hours=1)
            await provider.snooze([alert.ref.id], ends_at, "ana")
            quiet = have(await _now(provider, alert), "after snooze the alert is gone")
            must(quiet.state is AlertState.SUPPRESSED, f"after snooze the alert is {quiet.state.value}, not suppressed")
            until = quiet.suppressed_until
            told = until is not None and abs(until - ends_at) < timedelta(minutes=1)
            must(told, f"the alert says suppressed_until={until}, and not until when it is snoozed")

        self._if_it_can("Snoozes", hushed)

    def test_escalating_rings_again_at_a_level_that_was_told(self) -> None:
        async def louder(provider: Any) -> None:
            alert = await _firing(provider)
            levels = list(await provider.levels(alert.ref.id))
            must(levels and all(type(each) is Level for each in levels), "levels gave no levels")
            numbers = [each.number for each in levels]
            must(numbers == list(range(1, len(levels) + 1)), f"the levels are numbered {numbers}, not from 1")
            await provider.ack([alert.ref.id], "ana", "")
            await provider.escalate([alert.ref.id], levels[-1].number, "ana")
            again = have(await _now(provider, alert), "after escalate the alert is gone")
            must(again.state is AlertState.FIRING, f"after escalate the alert is {again.state.value}, not firing")

        self._if_it_can("Escalates", louder)

    def test_reassigning_gives_an_alert_to_somebody_who_is_there(self) -> None:
        async def given(provider: Any) -> None:
            alert, people = await _firing(provider), list(await provider.assignees())
            must(people and all(type(each) is Assignee for each in people), "assignees gave nobody")
            other = next((each for each in people if each.name not in alert.assignees), people[0])
            await provider.reassign([alert.ref.id], [other.id], "ana")
            theirs = have(await _now(provider, alert), "after reassign the alert is gone")
            must(other.name in theirs.assignees, f"after reassign to {other.name} the alert is {theirs.assignees}'s")

        self._if_it_can("Reassigns", given)

    def test_merging_leaves_one(self) -> None:
        async def one(provider: Any) -> None:
            into, *others = [each for each in (await provider.alerts()).records if each.state is AlertState.FIRING][:2]
            must(others, "fewer than two alerts fire in the recorded answers: merging cannot be tried")
            await provider.merge(into.ref.id, [each.ref.id for each in others], "ana")
            must(await _now(provider, into) is not None, "after merge the alert that they went into is gone")
            left = await _now(provider, others[0])
            must(left is None or left.state is AlertState.RESOLVED, "after merge the alert that went into another is still there")

        self._if_it_can("Merges", one)

    def test_a_play_that_is_offered_can_be_run_and_no_other(self) -> None:
        async def played(provider: Any) -> None:
            alert = await _firing(provider)
            plays = list(await provider.plays(alert.ref.id))
            must(all(type(each) is Play for each in plays), "plays gave something that is no play")
            for each in plays[:1]:
                await provider.play(alert.ref.id, each.id, "ana")
            error = await _error(provider.play(alert.ref.id, "no-such-play", "ana"))
            must(isinstance(error, ProviderError), f"a play that is not there gave {error!r}, not a ProviderError")

        self._if_it_can("Plays", played)

    def test_a_maintenance_round_trips(self) -> None:
        async def there_and_back(provider: Any) -> None:
            services = list(await provider.services())
            must(services and all(type(each) is Service for each in services), "services gave none")
            ends_at = self.now + timedelta(hours=1)
            made = await provider.maintain([services[0].id], self.now, ends_at, "ana", "trying the contract")
            found = [each for each in (await provider.maintenances()).records if each.ref.id == made]
            stands = have(next(iter(found), None), f"after maintain the id it gave, {made!r}, is not among the maintenances")
            told = (stands.services, abs(stands.ends_at - ends_at) < timedelta(minutes=1))
            must(told == ((services[0].name,), True), f"the maintenance is of {stands.services} until {stands.ends_at}")
            await provider.end_maintenance(made, "ana")
            left = [each for each in (await provider.maintenances()).records if each.ref.id == made and each.ends_at > self.now]
            must(not left, "after end_maintenance it is still there")

        self._if_it_can("Maintains", there_and_back)

    def test_a_history_is_told_in_the_order_of_time(self) -> None:
        async def told(provider: Any) -> None:
            alert = await _firing(provider)
            story = await provider.history(alert.ref.id)
            must(type(story) is Story, f"history gave {type(story).__name__}, not a cockpit.provider.Story")
            for path, time in times(story):
                must(time.utcoffset() == timedelta(0), f"history{path} is not in UTC: {time}")
            at = [entry.at for entry in story.entries]
            must(at == sorted(at), "the entries of a history are not in the order of time")

        self._if_it_can("History", told)


async def _firing(provider: Any) -> Alert:
    alerts: Sequence[Alert] = (await provider.alerts()).records
    found = (each for each in alerts if each.state is AlertState.FIRING)
    return have(next(found, None), "no alert is firing in the recorded answers: responding cannot be tried")


async def _now(provider: Any, alert: Alert) -> Alert | None:
    return next((each for each in (await provider.alerts()).records if each.ref == alert.ref), None)


async def _error(call: Awaitable[object]) -> object:
    try:
        return await call
    except Exception as error:  # noqa: BLE001  # what it is, is what is being tested
        return error
