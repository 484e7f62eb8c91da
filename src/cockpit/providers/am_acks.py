"""Acknowledgements that an Alertmanager has not: short silences that say in their comment what they are.

The convention is that of karma and kthxbye: the comment begins with ``ACK!``, or with what they were told instead (``ack_prefix``).
karma makes such silences to acknowledge (its ``alertAcknowledgement.comment``), kthxbye renews them while what they hush fires (its
``-extend-with-prefix``). Ours say more at the end, in brackets, so that a later firing
of the same alert is told from the one that somebody has, and so that we renew and end none but our own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from ..core.bunches import bunches, quoted
from ..core.text import clean, clean_block
from .am_matchers import hits
from .am_wire import WireMatcher, WireSilence, stamp
from .records import when

PREFIX = "ACK!"
_OURS = re.compile(r"\[cockpit (?:ack ([0-9T:.Z-]+)|(until resolved))\]")
_SLACK = timedelta(minutes=5)
"""An acknowledgement that does not say which firing it is for covers those begun until so long after it: clocks differ."""
_GRAIN = timedelta(seconds=1)
_TOGETHER = 100
"""Alerts that one silence acknowledges, at most."""
_LONG = 6000
"""Characters of one matcher's pattern, at most."""


class Mark(msgspec.Struct, frozen=True):
    """What a silence's comment says that it is. ``ours`` was made by a cockpit; ``fired`` is the latest start (UTC) of what it was
    made for; ``why`` the person's own words."""

    ack: bool
    ours: bool
    who: str
    why: str
    fired: datetime | None = None

    def covers(self, started: datetime | None, silence: WireSilence, now: datetime) -> bool:
        """Whether it is for a firing that began then. ``now`` is its Alertmanager's clock: an alert sent with an end and no start
        is said to begin at its end, which tells nothing."""
        if started is None or (self.fired is None and started > now):
            return True
        if self.fired is not None:
            return started <= self.fired + _GRAIN
        made = when(silence.starts_at)
        return made is None or started <= made + _SLACK


def mark_of(silence: WireSilence, prefix: str = PREFIX) -> Mark | None:
    """What the silence is; ``None`` for one like any other. The comment of an acknowledgement begins with ``prefix``."""
    comment = silence.comment.strip()
    begins = comment.rfind("[cockpit ")  # where our own words begin: a search would go through a megabyte of spaces at each of them
    ours = _OURS.fullmatch(comment, begins) if begins >= 0 else None
    ack = comment.startswith(prefix)
    if not ack and (ours is None or ours[2] is None):
        return None
    who = clean(silence.created_by, 200) or "someone"
    text = comment[:begins].rstrip() if ours is not None else comment
    text = clean(text.removeprefix(prefix).strip())
    why = "" if text == f"{who} has it" else text.removeprefix(f"{who}: ")
    return Mark(ack, ours is not None, who, why, when(ours[1]) if ours is not None and ours[1] else None)


def ack_comment(who: str, note: str, fired: Iterable[datetime | None], prefix: str = PREFIX) -> str:
    """The comment of an acknowledgement for firings that began then."""
    latest = max((each for each in fired if each is not None), default=None)
    note = clean_block(note, 1000).strip()
    said = f"{prefix} {who}: {note}" if note else f"{prefix} {who} has it"
    return said if latest is None else f"{said} [cockpit ack {stamp(latest + timedelta(microseconds=999))}]"


def lasting_comment(comment: str) -> str:
    """The comment of a silence that ends when what it hushes has resolved."""
    return f"{clean_block(comment, 1000).strip()} [cockpit until resolved]"


def exact(
    wanted: Mapping[str, Mapping[str, str]], others: Iterable[Mapping[str, str]]
) -> list[tuple[tuple[WireMatcher, ...], list[str]]]:
    """As few sets of matchers as can be that hit these alerts (labels by id) and none of the ``others``, each with the ids it hits.

    Alerts that differ in one label share a set, with that label's values as alternatives. A set that would hit others, for they
    have the same labels and more, says that they must not have more.
    """
    by_name = defaultdict[str, list[Mapping[str, str]]](list)
    for labels in others:
        by_name[labels.get("alertname", "")].append(labels)
    found = []
    for ids in (part for bunch in bunches(wanted) for part in _in_parts(bunch, wanted)):
        labelled = [wanted[each] for each in ids]
        made = tuple(_together(labelled))
        beside = (
            by_name[labelled[0].get("alertname", "")]
            if all(labels.get("alertname") == labelled[0].get("alertname") for labels in labelled)
            else [each for some in by_name.values() for each in some]
        )
        found.append(((*made, *_without(made, labelled[0], beside)), ids))
    return found


def _in_parts(bunch: list[str], wanted: Mapping[str, Mapping[str, str]]) -> Iterator[list[str]]:
    part: list[str] = []
    size = 0
    for each in bunch:
        length = max(map(len, wanted[each].values()), default=0) * 2
        if part and (len(part) >= _TOGETHER or size + length > _LONG):
            yield part
            part, size = [], 0
        part.append(each)
        size += length
    yield part


def _together(labelled: Sequence[Mapping[str, str]]) -> Iterator[WireMatcher]:
    """Matchers for alerts that differ in one label at most."""
    for name in sorted(labelled[0]):
        values = sorted({labels[name] for labels in labelled})
        if len(values) == 1:
            yield WireMatcher(name, values[0])
        else:
            yield WireMatcher(name, "|".join(map(quoted, values)), is_regex=True)


def _without(
    made: Sequence[WireMatcher], labels: Mapping[str, str], others: Sequence[Mapping[str, str]]
) -> tuple[WireMatcher, ...]:
    more: list[WireMatcher] = []
    for other in others:
        if len(other) > len(labels) and hits(made, other) and hits(more, other):
            more.append(WireMatcher(min(name for name in other if name not in labels), ""))
    return tuple(more)


def hits_of(silence: WireSilence, labelled: Mapping[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    """Those of the alerts (labels by id) that a silence hits."""
    return {each: labels for each, labels in labelled.items() if hits(silence.matchers, labels)}
