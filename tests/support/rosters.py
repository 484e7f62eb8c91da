"""Rosters of every rule kind, as hypothesis draws them, and one of each kind for sweeps."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import available_timezones

import msgspec
from hypothesis import strategies as st

from cockpit.core.holidays import Holidays
from cockpit.core.roster import Absence, Away, Layer, Override, Person, Roster
from cockpit.core.windows import Window, window

EDGY = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca",
        "Asia/Gaza", "America/Scoresbysund", "Asia/Kathmandu", "Antarctica/Troll")  # fmt: skip
"""Zones that have caught somebody: half hours, two hours, a missing day, clocks that change on other days each year."""

ZONES = st.one_of(st.sampled_from(EDGY), st.sampled_from(sorted(available_timezones())))
IDS = ("ana", "bo", "cy", "dee")
TEAMS = st.sampled_from((("ana",), ("ana", "bo"), ("ana", "bo", "cy"), ("ana", "ana", "bo"), ("dee", "bo")))
TURNS = st.one_of(
    st.tuples(st.sampled_from((1, 5, 12, 24, 36, 168)), st.just("hours")),
    st.tuples(st.integers(1, 5), st.just("days")),
    st.tuples(st.integers(1, 2), st.just("weeks")),
    st.tuples(st.integers(1, 2), st.just("months")),
)
WALLS = st.builds(
    lambda year, day, minutes: datetime(year, 1, 1) + timedelta(days=day, minutes=minutes),
    st.sampled_from((2021, 2022, 2023, 2024, 2025, 2026, 2026, 2018, 2011)),  # Brazil's last summer time, the day Apia left out
    st.one_of(st.integers(0, 364), st.sampled_from((30, 59, 72, 87, 94, 99, 297, 303, 306, 362, 363))),
    st.sampled_from((0, 15, 60, 90, 120, 135, 150, 180, 540, 1439)),
)
TIMES = st.sampled_from((time(0), time(1, 30), time(2), time(2, 15), time(2, 30), time(3), time(6), time(9), time(17), time(22)))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Any window that can be written."""
    start, end = draw(TIMES), draw(TIMES)
    over = draw(st.sampled_from((0, 1, 1, 1, 3)))
    days = tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1))))
    return Window(days, start, end, over or int(end <= start), draw(st.sampled_from((False, False, True))))


@st.composite
def rosters(draw: st.DrawFn, base: datetime, zone: str) -> tuple[Roster, tuple[Person, ...]]:
    """A roster with something of everything around ``base``, and its people."""
    near = st.integers(-20 * 1440, 20 * 1440).map(lambda minutes: base + timedelta(minutes=minutes))
    layers = tuple(
        Layer(
            people=draw(TEAMS), start=start, turn=draw(TURNS), end=draw(st.one_of(st.none(), near)),
            timezone=draw(st.one_of(st.just(""), ZONES)), only=tuple(draw(st.lists(windows(), max_size=2))),
        )
        for start in draw(st.lists(near, max_size=3))
    )  # fmt: skip
    spans = draw(st.lists(st.tuples(st.sampled_from(("ana", "bo", "eve")), near, near, st.booleans()), max_size=3))
    overrides = tuple(
        Override(person=person, start=start.replace(tzinfo=UTC) if aware else start, end=end.replace(tzinfo=UTC) if aware else end)
        for person, start, end, aware in spans
    )
    days = draw(st.sets(st.integers(-8, 8), max_size=3))
    holidays = Holidays(
        tuple(sorted(((base + timedelta(days=day)).date(), "a day off") for day in days)), (((12, 25), "Christmas"),)
    )
    people = tuple(
        Person(
            id=each, name=each.title(), timezone=draw(ZONES),
            away=tuple(Absence(start=start, end=end) for start, end in draw(st.lists(st.tuples(near, near), max_size=1))),
        )
        for each in IDS[:3]
    )  # fmt: skip
    away = draw(st.sampled_from(Away))
    return Roster(name="primary", timezone=zone, layers=layers, overrides=overrides, away=away, holidays=holidays), people


NIGHT, WORK, LONG = window("22:00-06:00"), window("mon-fri 09:00-17:00"), window("fri 18:00 - mon 02:30")
MISSING = window("02:15-02:45")
"""A window that lies within the hour that is left out."""


def one_of_each(zone: str, year: int) -> tuple[tuple[Roster, tuple[Person, ...]], ...]:
    """A roster for each kind of rule, which has run since ``year`` began."""
    start, team = datetime(year, 1, 4, 2, 30), ("ana", "bo", "cy")
    people = tuple(
        Person(
            id=each, name=each.title(), timezone=zone,
            away=tuple(Absence(start=datetime(year + n // 12, n % 12 + 1, 27), end=datetime(year + n // 12, n % 12 + 1, 28, 2, 30))
                       for n in range(2 + number, 70, 3)),
        )
        for number, each in enumerate(team)
    )  # fmt: skip
    base = Roster(name="primary", timezone=zone)
    every = Layer(people=team, start=start, turn=(1, "days"))
    stacks: tuple[tuple[Layer, ...], ...] = (
        (msgspec.structs.replace(every, turn=(5, "hours")),),
        (every,),
        (msgspec.structs.replace(every, turn=(1, "weeks")),),
        (msgspec.structs.replace(every, start=datetime(year, 1, 31, 2, 30), turn=(1, "months")),),
        (msgspec.structs.replace(every, only=(NIGHT, MISSING)),),
        (
            msgspec.structs.replace(every, turn=(1, "weeks"), only=(WORK,)),
            msgspec.structs.replace(every, people=("bo", "cy"), only=(LONG,)),
        ),
    )
    plain = tuple((msgspec.structs.replace(base, layers=stack), people) for stack in stacks)
    holidays = Holidays(((date(year, 3, 14), "π"),), (((3, 27), "spring"), ((10, 30), "autumn"), ((11, 1), "all saints")))
    held = tuple(
        Override(person="dee", start=datetime(y, m, d, 1), end=datetime(y, m, d, 2, 30))
        for y in range(year, year + 6)
        for m, d in ((3, 10), (3, 27), (10, 30), (11, 3))
    )
    festive = msgspec.structs.replace(every, people=("dee",), only=(Window(holidays=True),))
    skipping = msgspec.structs.replace(base, layers=(every, festive), overrides=held, away=Away.SKIP, holidays=holidays)
    return (*plain, (skipping, people))
