"""Recurring events against a second reckoning, which walks day by day and reads wall clocks off the zone's own list of offsets."""

from __future__ import annotations

import calendar as months
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import available_timezones

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.providers.ics_book import Book
from cockpit.providers.ics_text import parts
from support.calendars import BERLIN, calendar, event
from support.reckoning import LAST, stretches

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SINCE, UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
TODAY = date(2026, 11, 25)


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A series as one would say it: on the wall clock of ``zone``, ``length`` long on that clock, or ``exact``, in elapsed time."""

    zone: str
    start: datetime
    length: timedelta
    exact: bool = False
    every: str = "DAILY"
    interval: int = 1
    on: frozenset[int] = frozenset()
    count: int = 0
    until: datetime | None = None
    without: tuple[int, ...] = ()

    def written(self, tzid: str = "") -> str:
        """As an event."""
        tzid = tzid or self.zone
        rule = f"FREQ={self.every};INTERVAL={self.interval}"
        if self.every == "WEEKLY":
            rule += ";WKST=MO;BYDAY=" + ",".join(DAYS[day] for day in sorted(self.on))
        elif self.every == "MONTHLY":
            rule += ";BYMONTHDAY=" + ",".join(map(str, sorted(self.on)))
        rule += f";COUNT={self.count}" if self.count else ""
        rule += f";UNTIL={self.until:%Y%m%dT%H%M%SZ}" if self.until is not None else ""
        seconds = int(self.length.total_seconds())
        length = f"DURATION:PT{seconds // 60}M" if self.exact else f"DTEND;TZID={tzid}:{self.start + self.length:%Y%m%dT%H%M%S}"
        gone = [f"EXDATE;TZID={tzid}:{wall:%Y%m%dT%H%M%S}" for n, wall in enumerate(self.walls()) if n in self.without]
        return event(f"DTSTART;TZID={tzid}:{self.start:%Y%m%dT%H%M%S}", length, f"RRULE:{rule}", *gone)

    def walls(self) -> Iterator[datetime]:
        """Every beginning on the wall clock, in order, exceptions among them."""
        day, found = self.start.date(), 0
        while day.year < 2029 and (not self.count or found < self.count):
            wall = datetime.combine(day, self.start.time())
            if self._falls_on(day):
                if self.until is not None and reckoned(wall, self.zone) > self.until:
                    return
                found += 1
                yield wall
            day += timedelta(days=1)

    def _falls_on(self, day: date) -> bool:
        first = self.start.date()
        if self.every == "DAILY":
            return (day - first).days % self.interval == 0
        if self.every == "WEEKLY":
            monday = first - timedelta(days=first.weekday())
            return (day - monday).days // 7 % self.interval == 0 and day.weekday() in self.on
        apart = (day.year - first.year) * 12 + day.month - first.month
        return apart % self.interval == 0 and day.day in self.on

    def shifts(self) -> list[tuple[datetime, datetime]]:
        """By the second reckoning, from `SINCE` to `UNTIL`."""
        found = []
        for number, wall in enumerate(self.walls()):
            start = reckoned(wall, self.zone)
            end = start + self.length if self.exact else reckoned(wall + self.length, self.zone)
            if number not in self.without and start < end and start < UNTIL and end > SINCE:
                found.append((start, end))
        return sorted(set(found))


def reckoned(wall: datetime, name: str) -> datetime:
    """RFC 5545, 3.3.5: what exists twice is the first, what does not exist is read with the offset before the gap."""
    known = stretches(name)
    for (begins, offset), (ends, _) in zip(known, (*known[1:], (LAST, timedelta())), strict=True):
        moment = (wall - offset).replace(tzinfo=UTC)
        if begins <= moment < ends:
            return moment
    for (_, offset), (ends, after) in pairwise(known):
        if (wall - offset).replace(tzinfo=UTC) >= ends > (wall - after).replace(tzinfo=UTC):
            return (wall - offset).replace(tzinfo=UTC)
    raise AssertionError(f"{wall} is past the years that are walked through")


def read(body: bytes) -> list[tuple[datetime, datetime]]:
    found = Book(parts(body), TODAY).between(SINCE, UNTIL)
    assert found.broken == ()
    return sorted({(each.start, each.end) for each in found.happenings})


ZONES = sorted(name for name in available_timezones() if len(stretches(name)) > 1)


@st.composite
def series(draw: st.DrawFn) -> Series:
    zone = draw(st.sampled_from(ZONES))
    change, _ = draw(st.sampled_from([each for each in stretches(zone)[1:] if each[0] > SINCE] or [(SINCE, timedelta())]))
    day = (change - timedelta(days=draw(st.integers(0, 40)))).date()
    start = datetime.combine(day, time(draw(st.integers(0, 23)), draw(st.sampled_from([0, 15, 30]))))
    every = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]))
    on = frozenset[int]()
    if every == "WEEKLY":
        on = draw(st.frozensets(st.integers(0, 6), max_size=4)) | {start.weekday()}
    elif every == "MONTHLY":
        on = draw(st.frozensets(st.integers(1, 31), max_size=3)) | {start.day}
    count = draw(st.sampled_from([0, 1, 7, 40]))
    until = None if count else draw(st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1)))
    return Series(
        zone=zone,
        start=start,
        length=timedelta(minutes=draw(st.sampled_from([30, 8 * 60, 12 * 60, 24 * 60, 3 * 24 * 60]))),
        exact=draw(st.booleans()),
        every=every,
        interval=draw(st.integers(1, 4)),
        on=on,
        count=count,
        until=None if until is None else until.replace(microsecond=0, tzinfo=UTC),
        without=tuple(draw(st.sets(st.integers(0, 9), max_size=3))),
    )


@given(series())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_series_is_what_a_walk_through_the_days_makes_of_it(one: Series) -> None:
    assert read(calendar(one.written())) == one.shifts()


def test_every_zone_s_every_change_of_the_clock() -> None:
    seen: set[object] = set()
    for name in ZONES:
        for (_, before), (change, after) in pairwise(stretches(name)):
            if not SINCE < change < UNTIL or (change, before, after) in seen:
                continue
            seen.add((change, before, after))
            wall = (change + min(before, after) + abs(after - before) / 2).replace(tzinfo=None, second=0, microsecond=0)
            for length in (timedelta(hours=12), timedelta(days=1)):
                one = Series(zone=name, start=wall - timedelta(days=2), length=length, count=4)
                assert read(calendar(one.written())) == one.shifts(), (name, wall)
    assert len(seen) > 100


@pytest.mark.parametrize("tzid", ["Customized Time Zone", "(UTC+01:00) Amsterdam, Berlin: all of it", "tzone://Microsoft/Custom"])
@pytest.mark.parametrize("clock", [time(1, 30), time(2, 0), time(2, 30), time(3, 0), time(23, 30)])
def test_the_rules_that_a_calendar_gives_are_kept(tzid: str, clock: time) -> None:
    one = Series(zone="Europe/Berlin", start=datetime.combine(date(2026, 3, 1), clock), length=timedelta(hours=12), count=300)
    quoted = f'"{tzid}"' if ":" in tzid or "," in tzid else tzid
    assert read(calendar(one.written(quoted), zones=[BERLIN.format(name=tzid)])) == one.shifts()


def test_two_calendars_may_call_different_rules_by_one_name() -> None:
    one = Series(zone="Europe/Berlin", start=datetime(2026, 6, 1, 9), length=timedelta(hours=8), count=3)
    other = msgspec.structs.replace(one, zone="America/New_York")
    york = BERLIN.replace("BYDAY=-1SU;BYMONTH=10", "BYDAY=1SU;BYMONTH=11").replace("BYDAY=-1SU;BYMONTH=3", "BYDAY=2SU;BYMONTH=3")
    york = york.replace("+0200", "-0400").replace("+0100", "-0500").replace("160101T030000", "160101T020000")
    for series, rules in ((one, BERLIN), (other, york), (one, BERLIN)):
        assert read(calendar(series.written("Custom"), zones=[rules.format(name="Custom")])) == series.shifts()


def test_months_have_as_many_days_as_they_have() -> None:
    one = Series(zone="UTC", start=datetime(2026, 1, 31), length=timedelta(days=1), every="MONTHLY", on=frozenset({31}), count=12)
    assert [start.month for start, _ in read(calendar(one.written()))] == [
        month for year in (2026, 2027) for month in range(1, 13) if months.monthrange(year, month)[1] == 31
    ][:12]
