"""Holidays: days that a calendar names. They count in a person's hours, and a layer may be restricted to them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import msgspec

_EARLIEST, _LATEST = 1970, 2200  # years between which days that come every year are looked for


class Holidays(msgspec.Struct, frozen=True):
    """``days`` are holidays of one year each, in order; ``yearly`` come every year on that (month, day). Both have names, for
    people. A 29 February that comes every year comes in leap years."""

    days: tuple[tuple[date, str], ...] = ()
    yearly: tuple[tuple[tuple[int, int], str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.days or self.yearly)

    def has(self, day: date) -> bool:
        """Whether that day is one."""
        return bool(self) and self.name(day) is not None

    def name(self, day: date) -> str | None:
        """What it is called; ``None`` where it is no holiday."""
        at = bisect_left(self.days, (day, ""))
        if at < len(self.days) and self.days[at][0] == day:
            return self.days[at][1]
        return next((name for when, name in self.yearly if when == (day.month, day.day)), None)

    def since(self, earliest: date) -> Iterator[date]:
        """Those from ``earliest`` on, in order."""
        return self._walk(earliest, 1)

    def before(self, latest: date) -> Iterator[date]:
        """Those before ``latest``, the last first."""
        return self._walk(latest, -1)

    def _walk(self, start: date, way: int) -> Iterator[date]:
        fixed = {day for day, _ in self.days}
        years = {day.year for day in fixed}
        last = _LATEST if self.yearly else max(years, default=start.year)
        first = _EARLIEST if self.yearly else min(years, default=start.year)
        year = min(max(start.year, first), last)
        while first <= year <= last:
            found = {day for day in fixed if day.year == year} | set(_in_year(self.yearly, year))
            for day in sorted(found, reverse=way < 0):
                if (day >= start) if way > 0 else (day < start):
                    yield day
            year += way


def _in_year(yearly: Iterable[tuple[tuple[int, int], str]], year: int) -> Iterator[date]:
    for (month, day), _ in yearly:
        try:
            yield date(year, month, day)
        except ValueError:  # 29 February
            continue


def holidays(named: Mapping[str, str]) -> Holidays:
    """Read ``{"2026-12-25": "Christmas", "01-01": "New Year"}``. Raises ``ValueError`` that says which key is no day."""
    days: list[tuple[date, str]] = []
    yearly: list[tuple[tuple[int, int], str]] = []
    for key, name in named.items():
        try:
            if len(key) == 5:
                day = date.fromisoformat(f"2000-{key}")  # a leap year
                yearly.append(((day.month, day.day), name))
            else:
                days.append((date.fromisoformat(key), name))
        except ValueError:
            raise ValueError(f"{key!r} is no day: write 2026-12-25, or 12-25 for every year") from None
    return Holidays(tuple(sorted(days)), tuple(sorted(yearly)))


def together(books: Iterable[Holidays]) -> Holidays:
    """All of them as one."""
    kept = tuple(books)
    return Holidays(
        tuple(sorted({day: (day, name) for each in kept for day, name in each.days}.values())),
        tuple(sorted({day: (day, name) for each in kept for day, name in each.yearly}.values())),
    )
