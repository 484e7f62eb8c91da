"""Rosters, absences and holidays from calendars, as ``cockpit oncall`` tells them together."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.calendars import calendar, event
from support.home import Home

TEAM = """
me = ["ana"]
[people.ana]
name = "Ana"
timezone = "America/Sao_Paulo"
holidays = ["feasts"]
[people.bo]
name = "Bo"
timezone = "Europe/Berlin"
[rosters.primary]
timezone = "Europe/Berlin"
away = "skip"
[[rosters.primary.layers]]
people = ["ana", "bo"]
start = 2026-11-23T09:00:00
turn = "1 week"
[sources.local]
provider = "local"
[sources.vacations]
provider = "calendar"
file = "VACATIONS"
holds = "absences"
[sources.feasts]
provider = "calendar"
file = "FEASTS"
holds = "holidays"
[sources.db]
provider = "calendar"
file = "DB"
roster = "database"
strangers = true
timezone = "Europe/Berlin"
"""
VACATIONS = calendar(event("DTSTART;VALUE=DATE:20261125", "DTEND;VALUE=DATE:20261127", summary="Ana: Bahia"))
FEASTS = calendar(event("DTSTART;VALUE=DATE:20261127", summary="Feast"))
DB = calendar(
    event("DTSTART:20261123T080000Z", "DTEND:20261130T080000Z", summary="Bo"),
    event("DTSTART:20261124T080000Z", "DTEND:20261125T080000Z", uid="2", summary="Zoe"),
)


@pytest.fixture
def team(home: Home, tmp_path: Path) -> Home:
    text = TEAM
    for name, body in (("VACATIONS", VACATIONS), ("FEASTS", FEASTS), ("DB", DB)):
        path = tmp_path / f"{name}.ics"
        path.write_bytes(body)
        text = text.replace(name, str(path))
    home.config(text)
    home.env["TZ"] = ""
    return home


def on(home: Home, at: str) -> dict[str, str | None]:
    told = home.json("oncall", "--at", at)
    return {each["roster"]: each["person"] for each in told}


def test_who_is_away_by_a_calendar_is_skipped_on_their_own_days(team: Home) -> None:
    # days as a whole are the person's own: midnight in São Paulo is three o'clock in UTC
    assert on(team, "2026-11-25T02:59Z")["primary"] == "ana"
    assert on(team, "2026-11-25T03:00Z")["primary"] == "bo"
    assert on(team, "2026-11-27T02:59Z")["primary"] == "bo"
    assert on(team, "2026-11-27T03:00Z")["primary"] == "ana"


def test_a_calendar_s_roster_stands_beside_the_config_s(team: Home) -> None:
    assert on(team, "2026-11-24T12:00Z") == {"primary": "ana", "database": "bo", "database 2": "Zoe"}


def test_holidays_of_a_calendar_count_in_the_hours(team: Home) -> None:
    told = team.json("oncall", "--hours", "--since", "2026-11-23T00:00Z", "--until", "2026-11-30T00:00Z")
    hours = {each["person"]: each["holidays"] for each in told}
    assert (hours["ana"], hours["bo"]) == (24, 0)


def test_the_second_seat_of_a_calendar_is_no_gap_when_it_is_empty(team: Home) -> None:
    told = team.json("oncall", "--week", "--since", "2026-11-23T08:00Z")
    assert {each["roster"] for each in told} == {"primary", "database", "database 2"}
    assert {each["person"] for each in told} == {"ana", "bo", "Zoe"}  # and no gap


@pytest.mark.parametrize("words", [("--at", "2026-11-25T12:00Z"), ("--week", "--since", "2026-11-23T08:00Z"), ("--ics",)])
@pytest.mark.parametrize(("name", "source"), [("VACATIONS", "vacations"), ("DB", "db")])
def test_an_event_that_cannot_be_used_is_told_wherever_it_may_count(
    team: Home, tmp_path: Path, words: tuple[str, ...], name: str, source: str
) -> None:
    lost = event("DTSTART;TZID=Mars/Olympus:20261125T080000", "DTEND;TZID=Mars/Olympus:20261125T200000", uid="9", summary="Bo")
    path = tmp_path / f"{name}.ics"
    path.write_bytes(path.read_bytes().replace(b"END:VCALENDAR", lost.replace("\n", "\r\n").encode() + b"END:VCALENDAR"))
    done = team.run("oncall", *words)
    assert f"Cannot see: {source}: Bo: there is no time zone 'Mars/Olympus'" in done.stdout + done.stderr
    assert done.returncode == 3, "half a truth is no success"


def test_a_calendar_that_cannot_be_read_is_told_and_the_rest_is_answered(team: Home) -> None:
    config = team.config_dir / "config.toml"
    config.write_text(config.read_text("utf-8").replace("VACATIONS.ics", "GONE.ics"), "utf-8")
    done = team.run("oncall", "--at", "2026-11-25T12:00Z")
    assert "vacations: there is no" in done.stdout
    assert "Ana" in done.stdout
