"""People and times as they are typed into the forms of the grid, and what these flows need of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from ...core.coverage import who_has
from ...core.roster import Person, Shift, known_as
from ...core.schedule import Schedule
from ...core.swaps import of_roster
from ...core.turns import instant
from ...core.view import View
from ...engine.desk import Desk
from ...provider import Clock
from ..ask import Field
from ..rota import Line as Row
from ..times import city
from ..times import zone as at_zone
from .steps import Speaker

_HOW = "2026-11-27 09:00"


class Grid(Speaker, Protocol):
    """What these flows need of the grid: the rosters as laid out in sight and further ``ahead``, and where the cursor is."""

    desk: Desk
    clock: Clock
    zone: str
    laid: Schedule | None

    @property
    def view(self) -> View: ...
    @property
    def ahead(self) -> Schedule | None: ...
    @property
    def line(self) -> Row | None: ...
    @property
    def day(self) -> tuple[datetime, datetime]: ...


def me_of(grid: Grid) -> Person | None:
    """The person at the keyboard, where they are among the people."""
    return known_as(grid.laid.people, *grid.view.me) if grid.laid is not None else None


def why_nobody(grid: Grid) -> str:
    """Why nothing can be done by them."""
    if grid.laid is None or grid.line is None:
        return "the rosters are still being laid out"
    return "you are nobody in [people]: say who you are with `me` in the config"


def of_line(laid: Schedule, row: Row) -> list[Shift]:
    """The shifts of the person of a line, of its roster."""
    return [each for each in of_roster(laid.shifts, row.roster) if who_has(each, laid.people) == row.person]


def person_of(grid: Grid, text: str) -> str | None:
    """The id of somebody as typed."""
    laid = grid.laid
    if laid is None or not text.strip():
        return None
    known = known_as(laid.people, text.strip())
    if known is not None:
        return known.id
    word = text.strip().casefold()
    there = next((each for each in laid.shifts if word in (each.person.casefold(), each.name.casefold())), None)
    return who_has(there, laid.people) if there is not None else None


def known(grid: Grid) -> Callable[[str], str | None]:
    """The check of a field for a person."""

    def check(text: str) -> str | None:
        laid = grid.laid
        if person_of(grid, text) is not None or laid is None:
            return None
        names = sorted({person.name for person in laid.people} | {shift.name for shift in laid.shifts})
        return f"nobody goes by that name: there are {', '.join(names)}"

    return check


def times(grid: Grid, since: datetime, until: datetime) -> list[Field]:
    """Two fields: from when, until when."""

    def check(text: str) -> str | None:
        try:
            moment_of(grid, text)
        except ValueError:
            return f"that is no time: write {_HOW}"
        return None

    where = f"{city(grid.zone)} time"
    return [
        Field(id, label, f"{at.astimezone(at_zone(grid.zone)):%Y-%m-%d %H:%M}", where, check)
        for id, label, at in (("from", "From", since), ("to", "To", until))
    ]


def moment_of(grid: Grid, text: str) -> datetime:
    """A time as typed, on the clock of the grid; UTC. Raises ``ValueError``."""
    said = datetime.fromisoformat(text.strip())
    clock = at_zone(grid.zone)
    return instant(said, clock) if isinstance(clock, ZoneInfo) else said.replace(tzinfo=said.tzinfo or clock)
