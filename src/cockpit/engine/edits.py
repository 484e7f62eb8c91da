"""What differs between two long tuples of records, as edits of the first; told in pieces that are small enough to be sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..core.same import differing
from ..core.sharing import LEFT_OUT, LONGEST, Edit, Part, Reader, written

AT_ONCE = 200
"""Records that are written in one step: until it is over, no other thread has its turn."""

HEAVY = 4 * 2**20
"""Bytes of records after which a message is full."""

LONG = LONGEST - 2**16
"""Bytes of one record that still goes into a message, with all that stands around it."""

MANY = 2_000_000
"""Records that a source may have of a kind."""

_UNWRITABLE = (TypeError, ValueError, OverflowError, AttributeError, RecursionError)
"""What writing raises where a third party's record is not what its type says."""

Span = tuple[int, int, int, int]
"""So many records (``count``) from ``start`` of the former, and then those of the newer from ``begin`` to ``end``."""


def spans(now: tuple[Any, ...], before: tuple[Any, ...]) -> list[Span]:
    """How the newer is made of the former. Records are the same where they are the very same object."""
    if now is before:
        return [(0, len(now), 0, 0)] if now else []
    places = differing(now, before)
    if places is not None:
        return _in_place(places, len(now))
    where = {id(record): place for place, record in enumerate(before)}
    found: list[list[int]] = []
    for place, record in enumerate(now):
        old = where.get(id(record), -1)
        last = found[-1] if found else None
        if old >= 0 and last is not None and last[2] == last[3] and last[0] + last[1] == old:
            last[1] += 1
        elif old >= 0:
            found.append([old, 1, 0, 0])
        elif last is not None and last[2] < last[3] == place:
            last[3] += 1
        elif last is not None and last[2] == last[3]:
            last[2:] = [place, place + 1]
        else:
            found.append([0, 0, place, place + 1])
    return [(start, count, begin, end) for start, count, begin, end in found]


def _in_place(places: Any, many: int) -> list[Span]:
    found: list[Span] = []
    at = 0
    for place in places:
        found.append((at, place - at, place, place + 1))
        at = place + 1
    return [*found, (at, many - at, 0, 0)] if at < many else found


def cut(made: list[Span]) -> Iterator[tuple[Span, ...]]:
    """The spans in groups of which each holds few enough records to be written at once."""
    group: list[Span] = []
    room = AT_ONCE
    for start, count, begin, end in made:
        while True:
            taken = min(end - begin, room)
            group.append((start, count, begin, begin + taken))
            begin, room, count = begin + taken, room - taken, 0
            if room and len(group) < AT_ONCE:
                break
            yield tuple(group)
            group, room = [], AT_ONCE
            if begin == end:
                break
    if group:
        yield tuple(group)


def parts(kind: str, now: tuple[Any, ...], group: tuple[Span, ...]) -> Iterator[Part]:
    """One group, written: in one message, or in several where its records are long."""
    edits: list[Edit] = []
    size = 0
    for start, count, begin, end in group:
        records: list[msgspec.Raw] = []
        for record in now[begin:end]:
            raw = _raw(kind, record)
            if size and size + len(raw) > HEAVY:
                yield Part(kind, (*edits, Edit(start, count, tuple(records))), more=True)
                edits, records, size, count = [], [], 0, 0
            records.append(msgspec.Raw(raw))
            size += len(raw)
        edits.append(Edit(start, count, tuple(records)))
    yield Part(kind, tuple(edits))


def _raw(kind: str, record: Any) -> bytes:
    try:
        raw = written(kind, record)
    except _UNWRITABLE:
        return LEFT_OUT
    return raw if len(raw) <= LONG else LEFT_OUT


def append(news: list[Any], part: Part, before: tuple[Any, ...], read: Reader) -> None:
    """Put what a part says behind what is there (``news``); ``before`` are the records that its edits are of. ``None`` stands in
    the place of one that cannot be read. Raises ``ValueError`` where it keeps records that there are none of, and for too many."""
    for edit in part.edits:
        news += applied(before, edit.start, edit.count)
        for raw in edit.records:
            try:
                news.append(read.read(part.kind, raw))
            except (ValueError, RecursionError):
                news.append(None)  # its place stays, for later edits count places
        if len(news) > MANY:
            raise ValueError(f"more than {MANY} {part.kind}")


def applied(before: tuple[Any, ...], start: int, count: int) -> tuple[Any, ...]:
    """The records that an edit keeps. Raises ``ValueError`` where there are none such."""
    if start < 0 or count < 0 or start + count > len(before):
        raise ValueError("it keeps records that never came")
    return before[start : start + count]
