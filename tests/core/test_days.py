"""Absences and holidays that sources know, laid over the config's people and rosters."""

from __future__ import annotations

from datetime import UTC, date, datetime

from cockpit.core.days import Holiday, Leave, Told, people_with, rosters_with
from cockpit.core.holidays import holidays
from cockpit.core.roster import Absence, Away, Layer, Person, Roster
from cockpit.core.rotation import on_call
from cockpit.core.windows import window

ANA, BO = Person(id="ana", name="Ana", timezone="UTC", calendars=("feasts",)), Person(id="bo", name="Bo", timezone="UTC")
LEAVE = Leave(
    source="leaves", person="ana", start=datetime(2026, 11, 25, tzinfo=UTC), end=datetime(2026, 11, 27, tzinfo=UTC), why="PTO"
)
FEAST = Holiday(source="feasts", day=date(2026, 12, 25), name="Christmas")
TOLD: Told = {"leaves": [LEAVE], "feasts": [FEAST]}


def test_absences_come_beside_those_of_the_config() -> None:
    own = Absence(start=datetime(2026, 12, 1), end=datetime(2026, 12, 2))
    ana, bo = people_with((Person(id="ana", name="Ana", away=(own,)), BO), TOLD)
    assert ana.away == (own, Absence(start=LEAVE.start, end=LEAVE.end, why="PTO"))
    assert bo is not None
    assert bo.away == ()


def test_holidays_are_of_those_who_name_their_source() -> None:
    ana, bo = people_with((ANA, BO), TOLD)
    assert (ana.holidays.name(date(2026, 12, 25)), bo.holidays.name(date(2026, 12, 25))) == ("Christmas", None)
    own = Person(id="cy", name="Cy", holidays=holidays({"01-01": "New Year"}), calendars=("feasts", "nowhere"))
    (cy,) = people_with((own,), TOLD)
    assert [cy.holidays.has(day) for day in (date(2027, 1, 1), date(2026, 12, 25), date(2026, 12, 26))] == [True, True, False]


def test_two_names_of_one_day_are_one_day() -> None:
    also = Holiday(source="feasts", day=FEAST.day, name="Weihnachten")
    (ana,) = people_with((ANA,), {"feasts": [FEAST, also]})
    assert len(ana.holidays.days) == 1


def test_a_roster_skips_who_is_away_and_knows_its_holidays() -> None:
    layers = (
        Layer(people=("ana", "bo"), start=datetime(2026, 11, 23), turn=(1, "weeks")),
        Layer(people=("bo",), start=datetime(2026, 11, 23), turn=(1, "weeks"), only=(window("holidays"),)),
    )
    roster = Roster(name="primary", timezone="UTC", layers=layers, away=Away.SKIP, calendars=("feasts",))
    people, (dated,) = people_with((ANA, BO), TOLD), rosters_with((roster,), TOLD)

    def on(at: datetime) -> str:
        now = on_call(dated, people, at).now
        return now.person if now is not None else ""

    days = [on(datetime(2026, 11, day, 12, tzinfo=UTC)) for day in (24, 25, 26, 27)]
    assert days == ["ana", "bo", "bo", "ana"]
    assert on(datetime(2026, 12, 25, 12, tzinfo=UTC)) == "bo"
    assert on(datetime(2026, 12, 26, 12, tzinfo=UTC)) == "ana"


def test_where_nothing_is_told_nothing_changes() -> None:
    assert people_with((ANA, BO), {}) == (ANA, BO)
