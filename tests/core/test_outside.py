"""When a watch is late with its beat outside, and what is said then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cockpit.core.outside import Beaten, judged

NOW = datetime(2026, 11, 26, 3, 12, tzinfo=UTC)


def beaten(**facts: datetime | str) -> Beaten:
    told = {"to": "hc.example.com", "every": 60.0, "since": NOW - timedelta(days=1), **facts}
    return Beaten(**told)  # type: ignore[arg-type]  # each is of its field's type


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def test_three_intervals_are_in_time_and_more_are_not() -> None:
    found = judged(beaten(taken=ago(180)), True, NOW)
    assert found is not None
    assert (found.at, found.late) == (ago(180), "")
    late = judged(beaten(taken=ago(181)), True, NOW)
    assert late is not None
    assert late.late == "the watch has not beaten hc.example.com since 2026-11-26 03:08 UTC: see whether `cockpit watch` runs"


def test_one_that_was_not_taken_says_why() -> None:
    late = judged(beaten(taken=ago(600), failed=ago(10), why="cannot be reached: refused"), True, NOW)
    assert late is not None
    assert late.late.endswith("has taken no beat of the watch since 2026-11-26 03:02 UTC: cannot be reached: refused")


def test_a_clock_that_stepped_back_hides_nothing() -> None:
    late = judged(beaten(taken=ago(-3600)), True, NOW)
    assert late is not None
    assert late.late


def test_one_that_never_got_through_is_late_from_its_beginning_on() -> None:
    assert judged(beaten(since=ago(170)), True, NOW) == judged(beaten(since=ago(1)), True, NOW)
    late = judged(beaten(since=ago(190), failed=ago(1), why="no"), True, NOW)
    assert late is not None
    assert late.at is None
    assert late.late


def test_where_none_is_wanted_nothing_is_said_and_where_one_is_its_absence_is() -> None:
    assert judged(None, False, NOW) is None
    wanted = judged(None, True, NOW)
    assert wanted is not None
    assert "begin `cockpit watch`" in wanted.late
