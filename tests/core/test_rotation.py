"""Who is on call, by every kind of rule: against a second reckoning that walks along UTC and knows no arithmetic of ours."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core.roster import Layer, Person, Roster, Shift
from cockpit.core.rotation import on_call, shifts
from cockpit.core.turns import turn_at, turn_begins
from cockpit.core.windows import Window
from support.reckoning import DAY, HOUR, MINUTE, first_moment, stretches, turns_begin, who
from support.rosters import TURNS, WALLS, ZONES, one_of_each, rosters


def compare(made: Roster, people: tuple[Person, ...], begin: datetime, end: datetime, step: timedelta) -> None:
    """Every ``step`` between the two, and a minute around each hand-over, whom the second reckoning has."""
    found = shifts(made, people, begin, end)
    for one, after in pairwise(found):
        assert one.end is not None
        assert after.start is not None
        assert one.end <= after.start, "no overlap"
        assert one.end < after.start or one.person != after.person, "one person without a break is one shift"
    moments = {begin + number * step for number in range(int((end - begin) / step))}
    for edge in (edge for one in found for edge in (one.start, one.end) if edge is not None and begin < edge < end):
        moments |= {edge - MINUTE, edge}
    waiting = iter(found)
    shift: Shift | None = next(waiting, None)
    for at in sorted(moments):
        while shift is not None and shift.end is not None and shift.end <= at:
            shift = next(waiting, None)
        on = shift is not None and (shift.start is None or shift.start <= at)
        assert (shift.person if shift is not None and on else "") == who(made, people, at), f"{made} at {at}"


@settings(max_examples=300, deadline=None)
@given(ZONES, WALLS, TURNS, st.integers(0, 9))
def test_a_turn_begins_when_the_wall_clock_first_shows_its_hour(
    name: str, start: datetime, turn: tuple[int, str], number: int
) -> None:
    # safety 19
    clock = ZoneInfo(name)
    begins = turn_begins(start, turn, number, clock)
    assert begins == turns_begin(Layer(people=("ana",), start=start, turn=turn), name)[number]
    assert begins is not None
    now = turn_at(start, turn, begins, clock)
    assert now >= number  # turns that a missing day swallowed are over as they begin
    assert turn_begins(start, turn, now, clock) == begins


def test_one_person_on_every_layer_has_one_shift_without_end_however_many_windows_open_in_it() -> None:
    # found by the property below: its end was where the reckoning stopped, and the next one began before it
    monday = Window(days=(0,), start=time(0), end=time(0), over=1)
    start = datetime(2021, 1, 1)
    layers = [Layer(people=("ana",), start=start, turn=(1, "hours")) for _ in range(2)]
    layers.append(Layer(people=("ana",), start=start + MINUTE, turn=(1, "hours"), only=(monday,)))
    made, people = Roster(name="primary", timezone="Europe/Berlin", layers=tuple(layers)), (Person(id="ana", name="Ana"),)
    begin = first_moment(start, "Europe/Berlin") - 2 * DAY
    (only,) = shifts(made, people, begin, begin + 4 * DAY)
    assert (only.start, only.end) == (first_moment(start, "Europe/Berlin"), None)
    for at in (begin + 3 * DAY, begin + 400 * DAY):
        assert on_call(made, people, at).now == only
        assert on_call(made, people, at).next is None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_minute_has_whom_the_slow_reckoning_has(data: st.DataObject) -> None:  # safety 19
    name, base = data.draw(ZONES), data.draw(WALLS)
    made, people = data.draw(rosters(base, name))
    begin = first_moment(base, name) - 2 * DAY
    compare(made, people, begin, begin + 4 * DAY, data.draw(st.sampled_from((47 * MINUTE, 97 * MINUTE, 3 * HOUR))))

    moment = begin + DAY + timedelta(minutes=data.draw(st.integers(0, 1440)))
    answer, found = on_call(made, people, moment), shifts(made, people, begin, begin + 4 * DAY)
    assert (answer.now.person if answer.now is not None else "") == who(made, people, moment)
    if answer.now is not None:
        assert answer.now in found
    if answer.next is not None:
        assert answer.next.start is not None
        assert answer.next.start > moment
        assert answer.next in found or answer.next.start >= begin + 4 * DAY
    if answer.gap is not None:
        at = max(answer.gap.start or moment, moment)
        assert who(made, people, at) == ""
        assert answer.gap.end is None or who(made, people, answer.gap.end) != ""


@pytest.mark.parametrize("name", ["Europe/Berlin", "Australia/Lord_Howe"])
def test_six_years_of_every_rule_have_whom_the_slow_reckoning_has(name: str) -> None:  # safety 19
    begin = datetime(2021, 2, 1, tzinfo=UTC)
    for made, people in one_of_each(name, 2021):
        compare(made, people, begin, begin + 6 * 365 * DAY, timedelta(hours=31, minutes=7))


FROM, TO = datetime(2021, 1, 5, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)


def alike() -> dict[object, list[str]]:
    """Every zone of the time zone database, those together whose clocks showed the same at every moment of the six years."""
    found: dict[object, list[str]] = {}
    for name in sorted(available_timezones()):
        before = [offset for at, offset in stretches(name) if at <= FROM]
        found.setdefault((before[-1], *(each for each in stretches(name) if FROM < each[0] < TO)), []).append(name)
    return found


def laid(zone: str, kind: int, change: datetime) -> list[tuple[str, datetime | None, datetime | None]]:
    """The shifts of one kind of roster around a change of clocks."""
    made, people = one_of_each(zone, 2021)[kind]
    return [(one.person, one.start, one.end) for one in shifts(made, people, change - 26 * HOUR, change + 26 * HOUR)]


@pytest.mark.parametrize("part", range(8))
def test_every_zone_in_every_night_in_which_its_clocks_change(part: int) -> None:  # safety 19
    for number, names in enumerate(alike().values()):
        if number % 8 != part:
            continue
        changes = [at for at, _ in stretches(names[0]) if FROM < at < TO] or [datetime(2024, 2, 29, 12, tzinfo=UTC)]
        for made, people in one_of_each(names[0], 2021):
            for change in changes:
                compare(made, people, change - 26 * HOUR, change + 26 * HOUR, HOUR)
        for turn, other in enumerate(names[1:]):  # the same clocks, by another name: the same shifts
            kind = turn % 7
            assert laid(other, kind, changes[turn % len(changes)]) == laid(names[0], kind, changes[turn % len(changes)]), other
