"""What people do to an alert beyond taking it, at sources that know how: systems that people are paged through."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from .alerts import Ref


class Resolve(msgspec.Struct, frozen=True, tag="resolve"):
    """Say that these are over."""

    refs: tuple[Ref, ...]
    note: str = ""


class Snooze(msgspec.Struct, frozen=True, tag="snooze"):
    """Keep these quiet until ``ends_at`` (UTC); then they ring again by themselves."""

    refs: tuple[Ref, ...]
    ends_at: datetime


class Escalate(msgspec.Struct, frozen=True, tag="escalate"):
    """Tell whoever is on ``level`` (from 1) of the escalation policy that these belong to. They ring again."""

    refs: tuple[Ref, ...]
    level: int


class Reassign(msgspec.Struct, frozen=True, tag="reassign"):
    """Give these to other people: ``to`` are the source's own ids for them, ``names`` what they are called. They ring again."""

    refs: tuple[Ref, ...]
    to: tuple[str, ...]
    names: tuple[str, ...] = ()


class Merge(msgspec.Struct, frozen=True, tag="merge"):
    """Put these into one: what is in ``refs`` goes into ``into``, and is over."""

    into: Ref
    refs: tuple[Ref, ...]


class RunPlay(msgspec.Struct, frozen=True, tag="play"):
    """Have the source run one of its own plays (`Play`) on an alert. ``name`` is what people call it."""

    alert: Ref
    play: str
    name: str = ""


class Maintain(msgspec.Struct, frozen=True, tag="maintain"):
    """Have a source raise nothing for these services from ``starts_at`` until ``ends_at`` (UTC). ``services`` are its ids,
    ``names`` what they are called."""

    source: str
    services: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    comment: str
    names: tuple[str, ...] = ()


class EndMaintenance(msgspec.Struct, frozen=True, tag="end-maintenance"):
    """End a maintenance now, or take it away before it begins."""

    ref: Ref


OnAlerts = Resolve | Snooze | Escalate | Reassign
"""Those that are done to several alerts at once, each for itself."""

Response = Resolve | Snooze | Escalate | Reassign | Merge | RunPlay | Maintain | EndMaintenance

RESPONSES: dict[type, str] = {
    Resolve: "resolve",
    Snooze: "snooze",
    Escalate: "escalate",
    Reassign: "reassign",
    Merge: "merge",
    RunPlay: "run a play",
    Maintain: "begin a maintenance",
    EndMaintenance: "end a maintenance",
}
"""The words for people."""


class Level(msgspec.Struct, frozen=True):
    """One level of the escalation policy that an alert belongs to: ``number`` from 1, ``who`` would be told now (names), and after
    how many seconds without an answer the next is (0: not told)."""

    number: int
    who: tuple[str, ...] = ()
    after: float = 0.0
    policy: str = ""


class Assignee(msgspec.Struct, frozen=True):
    """Somebody whom alerts can be given to: the source's ``id``, the ``name``, and what else tells them apart (an address)."""

    id: str
    name: str
    about: str = ""


class Play(msgspec.Struct, frozen=True):
    """Something that the source can run on an alert: a workflow, an automation. ``about`` says what it does, as its author has
    it."""

    id: str
    name: str
    about: str = ""


class Service(msgspec.Struct, frozen=True):
    """Something at a source that can be under maintenance."""

    id: str
    name: str


class Maintenance(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which nothing is raised for some services (by name): from ``starts_at`` until ``ends_at`` (UTC)."""

    ref: Ref
    services: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    who: str = ""
    comment: str = ""

    def runs(self, now: datetime) -> bool:
        """Whether it has begun."""
        return self.starts_at <= now < self.ends_at


LONGEST_SNOOZE = timedelta(days=7)
"""No snooze may last longer: a week of silence is a decision of another kind."""


def ends_problem(now: datetime, ends_at: datetime, longest: timedelta | None = None) -> str | None:
    """Why something cannot end then, for the person; ``None`` if it can."""
    if ends_at <= now:
        return "the end lies in the past"
    if longest is not None and ends_at - now > longest + timedelta(minutes=1):
        return f"that is longer than {longest.days} days, the longest there is"
    return None
