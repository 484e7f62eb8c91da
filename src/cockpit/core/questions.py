"""Questions that a source is asked when somebody looks closer, and never at a poll."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from .alerts import Ref  # at run time, too: recordings are decoded into these
from .responses import Assignee, Level, Play, Service
from .story import Story


class HistoryOf(msgspec.Struct, frozen=True, tag=True):
    """What happened to an alert? Answered by a `Story`."""

    alert: Ref


class LevelsOf(msgspec.Struct, frozen=True, tag=True):
    """Which levels has the escalation policy of an alert? Answered by `Level`s."""

    alert: Ref


class PlaysFor(msgspec.Struct, frozen=True, tag=True):
    """What would the source run on an alert? Answered by `Play`s."""

    alert: Ref


class AssigneesAt(msgspec.Struct, frozen=True, tag=True):
    """To whom can alerts of a source be given? Answered by `Assignee`s."""

    source: str


class ServicesAt(msgspec.Struct, frozen=True, tag=True):
    """What can be under maintenance at a source? Answered by `Service`s."""

    source: str


Question: TypeAlias = HistoryOf | LevelsOf | PlaysFor | AssigneesAt | ServicesAt

NEEDS: dict[type, tuple[str, type]] = {
    HistoryOf: ("History", Story),
    LevelsOf: ("Escalates", Level),
    PlaysFor: ("Plays", Play),
    AssigneesAt: ("Reassigns", Assignee),
    ServicesAt: ("Maintains", Service),
}
"""The capability that answers, and what the answer is made of."""


class Answered(msgspec.Struct, frozen=True):
    """What is known of the answer now. ``value`` is a `Story`, or a tuple of the others; ``None`` while nothing is known.
    ``asking``: the question is on its way. ``problem`` is why it could not be answered last, for the person."""

    value: Story | tuple[Level, ...] | tuple[Play, ...] | tuple[Assignee, ...] | tuple[Service, ...] | None = None
    asking: bool = False
    problem: str = ""


def source_of(question: Question) -> str:
    """The source that is asked."""
    return question.source if isinstance(question, (AssigneesAt, ServicesAt)) else question.alert.source
