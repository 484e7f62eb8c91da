"""The rosters of the scene, laid out over any time: three people, two levels, an override, a gap, a clash, and disturbed nights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from cockpit.core.coverage import begins, ends
from cockpit.core.covers import Standing
from cockpit.core.holidays import holidays
from cockpit.core.loads import Disturbance
from cockpit.core.roster import Absence, Layer, Override, Person, Roster
from cockpit.core.rotation import shifts
from cockpit.core.schedule import Laid, Schedule, schedule
from cockpit.core.standings import standings
from cockpit.core.windows import window

from .scene import NOW, PEOPLE

TEAM: tuple[Person, ...] = (
    PEOPLE["ana"],
    msgspec.structs.replace(PEOPLE["bo"], holidays=holidays({"12-25": "Weihnachten"})),
    msgspec.structs.replace(
        PEOPLE["cy"], away=(Absence(start=datetime(2026, 11, 27, 0), end=datetime(2026, 11, 28, 0), why="moving house"),)
    ),
)
ROSTERS = (
    Roster(
        name="primary",
        timezone="UTC",
        layers=(Layer(people=("ana", "bo", "cy"), start=datetime(2026, 11, 21, 9), turn=(1, "days")),),
        overrides=(
            Override(
                person="bo",
                start=datetime(2026, 11, 28, 18),
                end=datetime(2026, 11, 29, 9),
                why="Ana's wedding",
                id="o-1",
                by="Ana",
            ),
        ),
    ),
    Roster(
        name="secondary",
        timezone="UTC",
        level=2,
        layers=(
            Layer(people=("bo", "cy"), start=datetime(2026, 11, 9, 9), turn=(1, "weeks"), only=(window("sun 18:00 - sat 09:00"),)),
        ),
    ),
)


def laid(since: datetime, until: datetime, rosters: tuple[Roster, ...] = ROSTERS, people: tuple[Person, ...] = TEAM) -> Schedule:
    """These rosters between two moments."""
    told = Laid(
        rosters=tuple(("local", roster.name, roster.level) for roster in rosters),
        shifts=tuple(shift for roster in rosters for shift in shifts(roster, people, since, until)),
        overrides=overrides(rosters, people),
    )
    nights = (datetime(2026, 11, day, hour, 20, tzinfo=UTC) for day, hour in ((23, 2), (24, 3), (24, 11), (25, 3)))
    return schedule(
        told,
        people,
        since,
        until,
        [
            Disturbance(at, each.person)
            for at in nights
            for each in told.shifts
            if each.level == 1 and begins(each) <= at < ends(each)
        ],
    )


def overrides(rosters: tuple[Roster, ...] = ROSTERS, people: tuple[Person, ...] = TEAM) -> tuple[Standing, ...]:
    """Those that run at the scene's moment, or will."""
    return tuple(each for roster in rosters for each in standings(roster, people, NOW - timedelta(days=3)))
