"""A calendar that has been read: what happens in it between two moments.

Only what may touch that time is looked at: of a calendar with years of past events most stays text. Series (UIDs) are reckoned one
by one, so that whatever is wrong with one costs that one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from ..core.text import clean
from .ics_events import Parsed, Unreadable, effort_of, end_of, event_of, in_utc, moment_of, span_of, texts_of
from .ics_rules import MOST_IN_ALL
from .ics_text import Parts, Written, values_of
from .ics_zones import Zones

_SPARE = timedelta(days=2)
"""How far a wall clock and UTC are apart at most, with room."""
_LATER = timedelta(days=400)
"""How far ahead of today a calendar is laid out."""


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One occurrence of an event. ``start`` and ``end`` are aware (UTC), or naive where the calendar gives no zone: the wall clock
    of whoever it is for. ``days``: they are days as a whole, from midnight to midnight. Texts are cleaned."""

    uid: str
    start: datetime
    end: datetime
    days: bool = False
    written: Written

    @property
    def called(self) -> str:
        """What to call it, for people."""
        return _name(self.written)

    def texts(self, name: str) -> tuple[str, ...]:
        """What it says under this name: ``SUMMARY``, ``ATTENDEE``, …"""
        return texts_of(self.written, name)

    def count(self, name: str) -> int:
        """How many lines of this name it has."""
        return sum(1 for _ in values_of(self.written.lines, name))


class Found(msgspec.Struct, frozen=True):
    """What happens, in no order, and each event that cannot be used, with the reason (by summary or UID)."""

    happenings: tuple[Happening, ...]
    broken: tuple[tuple[str, str], ...]


class Book:
    """``parts`` is the calendar's text. Belongs to one thread at a time."""

    def __init__(self, parts: Parts, today: date) -> None:
        self._today, self._effort = today, 0.0
        self._zones = Zones(parts.zones)
        self._read: dict[Written, Parsed | Unreadable] = {}
        self._series: dict[str, list[Written]] = {}
        for each in parts.events:
            self._series.setdefault(each.uid, []).append(each)

    def between(self, since: datetime, until: datetime) -> Found:
        """What touches [since, until) (UTC). What has no zone is given with two days to spare on both sides."""
        first, last = f"{since - _SPARE:%Y%m%d}", f"{until + _SPARE:%Y%m%d}"
        happenings: list[Happening] = []
        broken: list[tuple[str, str]] = []
        for uid, events in self._series.items():
            if all(each.last and (each.last < first or each.first > last) for each in events):
                continue
            good: list[tuple[Written, Parsed]] = []
            for each in events:
                event = self._event(each)
                if isinstance(event, Unreadable):
                    broken.append((_name(each), str(event)))
                else:
                    good.append((each, event))
            try:
                happenings += [each for each in _laid(uid, good, since, until) if _touches(each, since, until)]
            except Exception as error:  # noqa: BLE001  # whatever a library makes of somebody's series costs that series
                broken.append((_name(events[0]), f"it cannot be reckoned ({type(error).__name__})"))
        return Found(tuple(happenings), tuple(broken))

    def _event(self, written: Written) -> Parsed | Unreadable:
        if written not in self._read:
            try:
                self._read[written] = self._bearable(event_of(written, self._zones, self._today))
            except Unreadable as problem:
                self._read[written] = problem
        return self._read[written]

    def _bearable(self, event: Parsed) -> Parsed:
        """It, if there is time for it beside all that was read. Raises `Unreadable`."""
        effort = effort_of(event, self._today + _LATER)
        if self._effort + effort > MOST_IN_ALL:
            raise Unreadable(f"with it, what recurs in this calendar would have done so more than {MOST_IN_ALL:,} times")
        self._effort += effort
        return event


def _laid(uid: str, events: Sequence[tuple[Written, Parsed]], since: datetime, until: datetime) -> Iterator[Happening]:
    if any(event.get(name) is not None for _, event in events for name in ("RRULE", "RDATE", "RECURRENCE-ID")):
        yield from _recurring(uid, events, since, until)
        return
    for written, event in _latest(events):
        if not _cancelled(event):
            yield _happening(uid, written, *span_of(event))


def _latest(events: Iterable[tuple[Written, Parsed]]) -> Iterable[tuple[Written, Parsed]]:
    """Of several events with one UID and one beginning, that of the highest SEQUENCE. Some exporters give one UID to all."""
    kept: dict[datetime, tuple[Written, Parsed]] = {}
    for each in events:
        begins = moment_of(each[1]["DTSTART"].dt)
        if begins not in kept or _sequence(each[1]) >= _sequence(kept[begins][1]):
            kept[begins] = each
    return kept.values()


def _recurring(uid: str, events: Sequence[tuple[Written, Parsed]], since: datetime, until: datetime) -> Iterator[Happening]:
    import recurring_ical_events
    from icalendar import Calendar

    calendar = Calendar()
    texts = dict(enumerate(written for written, _ in events))
    for number, (_, event) in enumerate(events):
        event["X-COCKPIT-TEXT"] = str(number)
        calendar.add_component(event)
    for occurrence in recurring_ical_events.of(calendar).between(since - _SPARE, until + _SPARE):
        if not _cancelled(occurrence):
            yield _happening(uid, texts[int(occurrence["X-COCKPIT-TEXT"])], occurrence["DTSTART"].dt, end_of(occurrence))


def _happening(uid: str, written: Written, start: date, end: date) -> Happening:
    return Happening(uid=uid, start=_plain(start), end=_plain(end), days=not isinstance(start, datetime), written=written)


def _plain(when: date) -> datetime:
    if not isinstance(when, datetime):
        return datetime(when.year, when.month, when.day)  # midnight by the clock of whoever it is for
    return when if when.tzinfo is None else in_utc(when)


def _touches(each: Happening, since: datetime, until: datetime) -> bool:
    if each.end <= each.start:
        return False  # in the hour that does not exist
    if each.start.tzinfo is None:
        return each.start.replace(tzinfo=UTC) < until + _SPARE and each.end.replace(tzinfo=UTC) > since - _SPARE
    return each.start < until and each.end > since


def _cancelled(event: Parsed) -> bool:
    return str(event.get("STATUS", "")).strip().upper() == "CANCELLED"


def _sequence(event: Parsed) -> int:
    value = event.get("SEQUENCE", 0)
    return value if isinstance(value, int) else 0


def _name(written: Written) -> str:
    return next(iter(texts_of(written, "SUMMARY")), "") or clean(written.uid, 60)
