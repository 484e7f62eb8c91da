"""``cockpit oncall --ics``: what it writes is read back by icalendar, and by the cockpit's own source of calendars."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest

from cockpit.cli.ics import uid_of, written
from cockpit.core.roster import Person, Shift
from cockpit.core.schedule import Laid, schedule
from cockpit.providers.calendar import Calendar, CalendarConfig
from cockpit.testing import FakeHost, FakeMachine
from support.home import Home

TEAM = """
me = ["ana"]
[people.ana]
name = "Ana"
[people.bo]
name = "Bo"
[rosters.primary]
timezone = "Europe/Berlin"
[[rosters.primary.layers]]
people = ["ana", "bo"]
start = 2026-03-02T02:30:00
turn = "1 day"
[rosters.second]
timezone = "America/New_York"
level = 2
[[rosters.second.layers]]
people = ["bo"]
start = 2026-03-02T09:00:00
turn = "1 week"
only = ["mon-fri 09:00-17:00"]
"""
SPRING = ("--since", "2026-03-28T00:00Z", "--until", "2026-04-01T00:00Z")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def team(home: Home) -> Home:
    home.config(TEAM)
    home.env["TZ"] = ""
    return home


def events(text: str) -> list[Any]:
    """Those of a calendar, read by icalendar without any error."""
    read = icalendar.Calendar.from_ical(text)
    assert not read.errors
    assert not any(event.errors for event in read.walk("VEVENT"))
    return list(read.walk("VEVENT"))


def read_back(
    folder: Path, text: str, people: tuple[Person, ...], **settings: Any
) -> list[tuple[str, datetime | None, datetime | None]]:
    """Whose shifts the cockpit's own source of calendars finds in it."""
    (folder / "written.ics").write_bytes(text.encode())
    machine = FakeMachine()
    machine.people = people
    provider = Calendar("cal", CalendarConfig(file=str(folder / "written.ics")), FakeHost(machine=machine))
    answer = asyncio.run(provider.shifts(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)))
    assert (answer.rejected, answer.remarks) == (0, ())
    return [(each.person, each.start, each.end) for each in answer.records]


def test_what_is_written_is_read_back_as_it_was_laid_out(team: Home, tmp_path: Path) -> None:
    done = team.run("oncall", "--ics", "--roster", "primary", *SPRING)
    assert (done.returncode, done.stderr) == (0, "")
    listed = [
        (each["person"], datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"]))
        for each in team.json("oncall", "--week", "--roster", "primary", *SPRING)
    ]
    people = (Person(id="ana", name="Ana"), Person(id="bo", name="Bo"))
    assert read_back(tmp_path, done.stdout, people) == listed
    assert (listed[1][1], listed[1][2]) == (datetime(2026, 3, 28, 1, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC))


def test_times_are_in_utc_and_nobody_is_made_busy(team: Home) -> None:
    text = team.run("oncall", "--ics", *SPRING).stdout
    found = events(text)
    assert {str(event["SUMMARY"]) for event in found} == {"Ana on call: primary", "Bo on call: primary", "Bo on call: second"}
    assert all(event["DTSTART"].dt.utcoffset() == timedelta(0) and "TZID" not in event["DTSTART"].params for event in found)
    assert {str(event["TRANSP"]) for event in found} == {"TRANSPARENT"}


def test_a_shift_keeps_its_uid_whatever_else_is_written(team: Home) -> None:
    whole = {
        event["DTSTART"].dt: str(event["UID"])
        for event in events(team.run("oncall", "--ics", "--roster", "primary", *SPRING).stdout)
    }
    later = ("--since", "2026-03-30T00:00Z", "--until", "2026-04-20T00:00Z")
    part = {event["DTSTART"].dt: str(event["UID"]) for event in events(team.run("oncall", "--ics", *later).stdout)}
    assert len(set(whole.values())) == len(whole)
    shared = whole.keys() & part.keys()
    assert len(shared) >= 2
    assert all(whole[start] == part[start] for start in shared)


def test_uids_tell_rosters_levels_and_sources_apart_and_not_people() -> None:
    one = Shift(roster="a", level=1, person="ana", name="Ana", timezone="UTC", start=NOW, end=None, source="local")
    others = [("roster", "b"), ("level", 2), ("source", "pd"), ("start", NOW + timedelta(hours=1)), ("start", None)]
    uids = {uid_of(one), *(uid_of(Shift(**{**_fields(one), name: value})) for name, value in others)}
    assert len(uids) == 6
    assert uid_of(Shift(**{**_fields(one), "person": "bo", "name": "Bo", "end": NOW})) == uid_of(one)


def test_names_of_any_kind_stay_whole_in_lines_that_are_short_enough() -> None:
    name = "Zoë; \\n, 東京 " + "🚒" * 60
    shift = Shift(
        roster="a;b,c\\d", level=1, person="zoe", name=name, timezone="UTC", start=NOW, end=NOW + timedelta(hours=1), source="local"
    )
    text = written(schedule(Laid(shifts=(shift,)), (), NOW, NOW + timedelta(days=1)), NOW).decode()
    (event,) = events(text)
    assert str(event["SUMMARY"]) == f"{name} on call: a;b,c\\d"
    lines = text.encode().split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_what_has_no_end_ends_with_the_calendar(home: Home) -> None:
    home.config("")
    (event,) = events(home.run("oncall", "--ics", *SPRING).stdout)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    assert "without an end" in str(event["DESCRIPTION"])


def test_half_a_calendar_is_no_success(team: Home) -> None:
    team.config(TEAM + '[sources.rota]\nprovider = "calendar"\nfile = "/nowhere.ics"\n')
    done = team.run("oncall", "--ics", *SPRING)
    assert done.returncode != 0
    assert "Cannot see: rota: there is no /nowhere.ics" in done.stderr
    assert "Cannot see" not in done.stdout


def test_it_is_not_json(team: Home) -> None:
    done = team.run("oncall", "--ics", "--json")
    assert done.returncode == 2
    assert "not JSON" in done.stderr


def _fields(shift: Shift) -> dict[str, Any]:
    return {name: getattr(shift, name) for name in shift.__struct_fields__}
