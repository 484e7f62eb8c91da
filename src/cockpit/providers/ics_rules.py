"""Which rules of recurrence are reckoned: those that a roster may have. Others would keep this machine busy for minutes or for
ever, and whoever can write into a calendar could write them."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from math import prod

_OFTEN = {"HOURLY": 24, "DAILY": 1, "WEEKLY": 1 / 7, "MONTHLY": 1 / 28, "YEARLY": 1 / 365}
_DENSEST = 48
"""Times a day that something may recur."""
_MOST_STEPS = 200_000
"""Hours or days that are gone through since a series began."""

_DATE = 30
"""Hours or days that one date costs which a series has beside its rule, or which it leaves out."""
MOST_IN_ALL = 1_000_000
"""Hours or days that all series of one calendar go through together: some seconds."""
_WITHIN = ("BYDAY", "BYMONTHDAY", "BYYEARDAY")

Rule = Mapping[str, Sequence[object]]


def rule_problem(rule: Rule, start: date, today: date) -> str:
    """Why a rule (as icalendar reads it) that began on ``start`` is not reckoned; "" if it is."""
    named = {str(key).upper(): _listed(value) for key, value in rule.items()}
    frequency = str(named.get("FREQ", [""])[0]).upper()
    if frequency not in _OFTEN:
        return f"it recurs {frequency.lower() or 'in no way that is known'}: no shift does"
    interval = named.get("INTERVAL", [1])[0]
    if not isinstance(interval, int) or interval < 1:
        return "its rule has an INTERVAL below 1"
    times = prod(len(named.get(key, [0])) for key in ("BYHOUR", "BYMINUTE", "BYSECOND")) if frequency != "HOURLY" else 1
    hourly = prod(len(named.get(key, [0])) for key in ("BYMINUTE", "BYSECOND")) * 24 if frequency == "HOURLY" else 0
    if max(times, hourly) > _DENSEST:
        return f"it recurs more than {_DENSEST} times a day"
    days = max(0, (today - (start.date() if isinstance(start, datetime) else start)).days)
    if frequency in ("HOURLY", "DAILY") and days * _OFTEN[frequency] / interval > _MOST_STEPS:
        return f"it has recurred more than {_MOST_STEPS:,} times"
    return _odd(named, frequency)


def steps_of(rules: Sequence[Rule], dates: int, start: date, until: date) -> float:
    """How many hours and days are gone through for a series that began on ``start``, up to ``until``; ``dates`` are those that it
    has beside its rules, or leaves out."""
    return dates * _DATE + sum(_steps(rule, start, until) for rule in rules)


def _steps(rule: Rule, start: date, until: date) -> float:
    named = {str(key).upper(): _listed(value) for key, value in rule.items()}
    ended = named.get("UNTIL", [until])[0]
    first, last = (
        each.date() if isinstance(each, datetime) else each for each in (start, ended if isinstance(ended, date) else until)
    )
    often = _OFTEN[str(named["FREQ"][0]).upper()] / _whole(named, "INTERVAL")
    within = prod(len(named[key]) for key in _WITHIN if key in named)
    a_day = max(often, min(1.0, often * within)) * prod(len(named.get(key, [0])) for key in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    steps = max(0, (last - first).days) * a_day
    plain = not any(key.startswith("BY") for key in named)
    return min(steps, _whole(named, "COUNT")) if plain and "COUNT" in named else steps


def _day(when: date) -> date:
    return when.date() if isinstance(when, datetime) else when


def _whole(named: Mapping[str, Sequence[object]], key: str) -> int:
    value = named.get(key, [1])[0]
    return value if isinstance(value, int) and value > 0 else 1


def _odd(named: Mapping[str, Sequence[object]], frequency: str) -> str:
    often = frequency in ("HOURLY", "DAILY", "WEEKLY")
    strange = [key for key in ("BYSETPOS", "BYYEARDAY", "BYWEEKNO") if often and key in named]
    if strange:
        return f"its rule has {strange[0]}, which says nothing with {frequency}"
    if frequency == "HOURLY" and ({"BYMONTH", "BYMONTHDAY"} & named.keys()):
        return "it recurs by the hour on days of a month: write it by the day"
    months = [each for each in named.get("BYMONTH", range(1, 13)) if isinstance(each, int) and 1 <= each <= 12]
    days = named.get("BYMONTHDAY", [1])
    longest = max((calendar.monthrange(2000, each)[1] for each in months), default=0)  # a leap year
    if not any(isinstance(each, int) and 1 <= abs(each) <= longest for each in days):
        return "its rule has days that no month has"
    return ""


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) and value else [value]
