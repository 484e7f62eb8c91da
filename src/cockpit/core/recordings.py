"""The recordings that were made of a time: what a postmortem names, so that the moment can be seen again."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from .incident_timeline import Line
from .incidents import Incident

STARTED, ENDED = "recording.started", "recording.ended"
"""Kinds of the journal's entries; the file's whole path is their subject."""
MOST = 12
"""So many moments are named."""
_WORTH = ("page", "run", "mark", "incident")
"""Kinds of a timeline's lines at which one wants to see what the screen showed."""


class Filmed(msgspec.Struct, frozen=True):
    """A recording: the file's whole path, from when to when (UTC), and whether the file is still ``there``."""

    path: str
    since: datetime
    until: datetime
    there: bool = True


def seen_at(filmed: Sequence[Filmed], at: datetime) -> Filmed | None:
    """The recording that has this moment (UTC): the newest of those whose file is there; ``None`` where none has."""
    return max(
        (each for each in filmed if each.there and each.since <= at <= each.until), key=lambda each: each.since, default=None
    )


def command(recording: Filmed, at: datetime) -> str:
    """What shows this moment (UTC) of it, for a shell: the second in which it is over, so that what happened is seen."""
    then = at.astimezone(UTC) + timedelta(microseconds=999_999)
    return f"cockpit --replay {shlex.quote(recording.path)} --at {then:%Y-%m-%dT%H:%M:%SZ}"


def moments(lines: Iterable[Line], began: datetime, opened: datetime) -> list[tuple[datetime, str]]:
    """What one wants to see again of an incident, oldest first: when it ``began`` and was ``opened`` (UTC), and of its timeline
    what people did and were called for."""
    found = [(began, "it began")] if began != opened else []
    found += [(opened, "it was opened")]
    found += [(line.at, f"{line.what}: {line.text}") for line in lines if line.what in _WORTH and line.at not in (began, opened)]
    return sorted(found, key=lambda each: each[0])


def worth_whole(known: Mapping[str, Incident], since: datetime, named: Iterable[str] = ()) -> frozenset[str]:
    """The incidents of which a recording has everything: those that were open since then (UTC) or have something to be done, those
    ``named``, and whatever was merged into or split off any of them, without which none of them would be what it is."""
    kin: defaultdict[str, set[str]] = defaultdict(set)
    for each in known.values():
        for other in filter(None, (*each.absorbed, each.into, each.split_from)):
            kin[each.id].add(other)
            kin[other].add(each.id)
    waiting = [*named, *(each.id for each in known.values() if _is_lately(each, since))]
    found: set[str] = set()
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting += kin[id]
    return frozenset(found & known.keys())


def _is_lately(incident: Incident, since: datetime) -> bool:
    ended = incident.closed_at
    return not incident.status.over or (ended is not None and ended >= since) or any(item.open for item in incident.items)
