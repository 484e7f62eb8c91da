"""``cockpit oncall override``, ``take``, ``cover``, ``swap``, ``undo``: shown first, written with --yes, in force at once."""

from __future__ import annotations

import re
import stat
from datetime import UTC, datetime, timedelta

import pytest

from support.home import Home

NOW = datetime.now(UTC).replace(microsecond=0)
TEAM = f"""
me = ["ana"]
[people.ana]
name = "Ana"
[people.bo]
name = "Bo"
away = [{{ start = {NOW + timedelta(days=6):%Y-%m-%d}, end = {NOW + timedelta(days=30):%Y-%m-%d}, why = "wedding" }}]
[people.cy]
name = "Cy"
[rosters.primary]
timezone = "UTC"
[[rosters.primary.layers]]
people = ["bo", "ana", "cy"]
start = {NOW - timedelta(days=2):%Y-%m-%dT%H:%M:%S}
turn = "1 week"
[rosters.secondary]
timezone = "UTC"
level = 2
[[rosters.secondary.layers]]
people = ["cy"]
start = 2026-01-01T00:00:00
turn = "1 week"
"""


@pytest.fixture
def team(home: Home) -> Home:
    home.config(TEAM)
    home.env["TZ"] = ""
    return home


def on(home: Home, at: str = "") -> str:
    person: str = home.json("oncall", "--roster", "primary", *(["--at", at] if at else []))[0]["person"]
    return person


def dropin(home: Home) -> str:
    file = home.config_dir / "conf.d/50-cockpit-overrides.toml"
    return file.read_text("utf-8") if file.exists() else ""


def test_taking_the_shift_that_goes_on_shows_what_changes_and_waits_for_yes(team: Home) -> None:
    shown = team.run("oncall", "take")
    assert shown.returncode == 2
    assert re.search(r"At local, primary \(level 1\):\n  Ana instead of Bo, .* to .* \(4 d 23 h\)\n", shown.stdout)
    assert "Nothing was sent. Add --yes to send it." in shown.stdout
    assert (dropin(team), on(team)) == ("", "bo")
    done = team.run("oncall", "take", "--yes", "--why", "Bo is ill")
    assert done.returncode == 0
    assert done.stdout.endswith("override primary: ana: confirmed\n")
    assert on(team) == "ana"
    file = team.config_dir / "conf.d/50-cockpit-overrides.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600  # safety 21
    assert TEAM in (team.config_dir / "config.toml").read_text()
    again = team.run("oncall", "take")
    assert (again.returncode, again.stderr) == (1, "cockpit: you are on primary already\n")


def test_an_override_from_then_to_then_and_back(team: Home) -> None:
    start, end = NOW + timedelta(days=1), NOW + timedelta(days=1, hours=6)
    words = ("override", "cy", "--from", start.isoformat(), "--to", end.isoformat())
    done = team.run("oncall", *words, "--yes")
    assert "CLASH: Cy is on primary and secondary at once" in done.stdout
    inside = (start + timedelta(hours=1)).isoformat()
    assert (on(team, inside), on(team, end.isoformat())) == ("cy", "bo")
    (made,) = team.json("oncall", "overrides")
    assert list(made) == ["source", "id", "roster", "person", "name", "start", "end", "who", "why", "undone"]
    assert (made["person"], made["start"], made["who"], made["undone"]) == ("cy", start.isoformat(), "ana", None)
    assert "  Ana\n" in team.run("oncall", "overrides").stdout, "whoever asked for it is called by their name"
    back = team.run("oncall", "undo")
    assert (back.returncode, "Nothing was sent" in back.stdout) == (2, True)
    gone = team.run("oncall", "undo", made["id"], "--yes")
    assert gone.returncode == 0
    assert "end override primary: Cy: confirmed" in gone.stdout
    assert (dropin(team), on(team, inside)) == ("", "bo")
    assert team.run("oncall", "undo").stderr == "cockpit: there is nothing to take back\n"
    journalled = [run["what"] for run in team.json("runs")]
    assert journalled == ["end override", "override"]


def test_covering_for_somebody_takes_their_next_shift_or_what_they_have_in_a_time(team: Home) -> None:
    done = team.run("oncall", "cover", "cy", "--yes")
    assert done.returncode == 0
    assert "Ana instead of Cy" in done.stdout
    assert on(team, (NOW + timedelta(days=15)).isoformat()) == "ana"
    other = team.run("oncall", "cover", "bo", "--by", "Cy", "--to", (NOW + timedelta(hours=3)).isoformat())
    assert "Cy instead of Bo" in other.stdout
    assert re.search(r"\((3 h|2 h 5\d m)\)", other.stdout)


def test_a_swap_is_made_and_taken_back_as_one_and_says_what_clashes(team: Home) -> None:
    done = team.run("oncall", "swap", "bo", "--yes")
    assert "Ana instead of Bo" in done.stdout
    assert "Bo instead of Ana" in done.stdout
    assert "CLASH: Bo is on primary and away: wedding" in done.stdout
    assert (on(team), on(team, (NOW + timedelta(days=7)).isoformat())) == ("ana", "bo")
    undone = team.run("oncall", "undo", "--yes")
    assert undone.stdout.count("Takes back at local, primary") == 2
    assert (on(team), on(team, (NOW + timedelta(days=7)).isoformat())) == ("bo", "ana")


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("override", "zed", "--for", "2h"), 2, "nobody goes by 'zed': there are ana, bo, cy"),
        (("override", "bo"), 2, "say until when, with --to or --for"),
        (("override", "bo", "--for", "2h", "--roster", "third"), 2, "there is no roster 'third': primary, secondary"),
        (("override", "cy", "--from", "2020-01-01", "--to", "2020-01-02", "--yes"), 1, "an override that is over changes nothing"),
        (("cover", "cy", "--to", "2020-01-01"), 1, "Cy is not on call there at that time"),
        (("swap", "ana"), 1, "a swap takes two people"),
        (("undo", "o-nothing"), 1, "there is no override o-nothing now"),
        (("oversleep",), 2, "invalid choice"),
    ],
)
def test_what_cannot_be_says_why_and_writes_nothing(team: Home, words: tuple[str, ...], status: int, says: str) -> None:
    done = team.run("oncall", *words)
    assert done.returncode == status
    assert says in done.stderr
    assert dropin(team) == ""


@pytest.mark.parametrize("words", [("override", "cy"), ("cover", "bo", "--by", "ana")])
def test_an_end_before_the_beginning_is_refused_as_a_slip(team: Home, words: tuple[str, ...]) -> None:
    done = team.run("oncall", *words, "--roster", "primary", "--from", "2030-01-02T12:00", "--to", "2030-01-02T09:00", "--yes")
    assert done.returncode == 2
    assert "before it begins: from " in done.stderr
    assert dropin(team) == ""


def test_what_is_so_already_is_not_sent(team: Home) -> None:
    done = team.run("oncall", "override", "bo", "--for", "2h", "--yes")
    assert (done.returncode, done.stdout) == (0, "That changes nothing: it is so already.\n")
    assert dropin(team) == ""


def test_read_only_removes_it(team: Home) -> None:  # safety 12
    done = team.run("oncall", "take", "--yes", "--read-only")
    assert done.returncode == 1
    assert "read-only" in done.stderr
    assert dropin(team) == ""
