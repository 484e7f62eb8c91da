"""A responder that keeps every rule of the contract, and for each rule one that breaks just that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from cockpit.core.responses import Assignee, Level, Play, Service
from cockpit.core.roster import Shift
from cockpit.core.story import Entry, Story
from cockpit.testing import FakeResponder
from cockpit.testing.clock import START


class Responds(FakeResponder):
    """Keeps every rule."""

    def __init__(self) -> None:
        super().__init__("contract")
        self.fire("HighErrorRate")
        self.fire("PostgresDown")
        ends = START + timedelta(days=5)
        self.laid = (
            Shift(
                roster="primary", level=1, person="bo", name="Bo", timezone="Europe/Berlin", source="contract",
                start=START - timedelta(days=2), end=ends,
            ),
        )  # fmt: skip


class Deaf(Responds):
    """Accepts everything and does nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.deaf = True


class Silent(Responds):
    """Only hushes; says not until when."""

    async def snooze(self, ids: Sequence[str], ends_at: datetime, who: str) -> None:
        await super().snooze(ids, ends_at + timedelta(minutes=17), who)


class NoLevels(Responds):
    async def levels(self, alert_id: str) -> Sequence[Level]:
        return ()


class FromNought(Responds):
    async def levels(self, alert_id: str) -> Sequence[Level]:
        return (Level(0), Level(1))


class StaysHeld(Responds):
    async def escalate(self, ids: Sequence[str], level: int, who: str) -> None:
        """Does nothing: it stays acknowledged."""


class Nobody(Responds):
    async def assignees(self) -> Sequence[Assignee]:
        return ()


class GivesToAnother(Responds):
    async def reassign(self, ids: Sequence[str], to: Sequence[str], who: str) -> None:
        await super().reassign(ids, [each.id for each in self.people if each.id not in to][:1], who)


class PlaysAnything(Responds):
    async def play(self, alert_id: str, play_id: str, who: str) -> None:
        """Runs whatever is asked for."""


class OddPlays(Responds):
    async def plays(self, alert_id: str) -> Sequence[Play]:
        return ("restart",)  # type: ignore[return-value]  # that is the point of it


class NoServices(Responds):
    async def services(self) -> Sequence[Service]:
        return ()


class MaintainsAnother(Responds):
    async def maintain(self, services: Sequence[str], starts_at: datetime, ends_at: datetime, who: str, comment: str) -> str:
        return await super().maintain(["s-db"], starts_at, ends_at, who, comment)


class KeepsMaintenance(Responds):
    async def end_maintenance(self, maintenance_id: str, who: str) -> None:
        """Accepts it and does nothing."""


class Disordered(Responds):
    async def history(self, alert_id: str) -> Story:
        return Story(entries=(Entry(START, "later"), Entry(START - timedelta(hours=1), "earlier")))


class NoStory(Responds):
    async def history(self, alert_id: str) -> Story:
        return "once upon a time"  # type: ignore[return-value]  # that is the point of it


def empty() -> FakeResponder:
    """Nothing fires."""
    return FakeResponder("contract")


WRONG_RESPONSES: list[tuple[str, Callable[[], object], str]] = [
    ("test_resolving_takes_an_alert_away", Deaf, "after resolve the alert is still there"),
    ("test_resolving_takes_an_alert_away", empty, "no alert is firing"),
    ("test_snoozing_hushes_with_an_end", Deaf, "after snooze the alert is firing, not suppressed"),
    ("test_snoozing_hushes_with_an_end", Silent, "and not until when it is snoozed"),
    ("test_escalating_rings_again_at_a_level_that_was_told", NoLevels, "levels gave no levels"),
    ("test_escalating_rings_again_at_a_level_that_was_told", FromNought, "numbered [0, 1], not from 1"),
    ("test_escalating_rings_again_at_a_level_that_was_told", StaysHeld, "after escalate the alert is acknowledged"),
    ("test_reassigning_gives_an_alert_to_somebody_who_is_there", Nobody, "assignees gave nobody"),
    ("test_reassigning_gives_an_alert_to_somebody_who_is_there", GivesToAnother, "after reassign to Ana the alert is ('Bo',)"),
    ("test_merging_leaves_one", Deaf, "that went into another is still there"),
    ("test_a_play_that_is_offered_can_be_run_and_no_other", PlaysAnything, "a play that is not there gave None"),
    ("test_a_play_that_is_offered_can_be_run_and_no_other", OddPlays, "something that is no play"),
    ("test_a_maintenance_round_trips", NoServices, "services gave none"),
    ("test_a_maintenance_round_trips", MaintainsAnother, "the maintenance is of ('Database',)"),
    ("test_a_maintenance_round_trips", KeepsMaintenance, "after end_maintenance it is still there"),
    ("test_a_history_is_told_in_the_order_of_time", Disordered, "not in the order of time"),
    ("test_a_history_is_told_in_the_order_of_time", NoStory, "history gave str, not a cockpit.provider.Story"),
]
"""The rule, who breaks it, and what is said."""
