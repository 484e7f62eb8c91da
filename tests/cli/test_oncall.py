"""``cockpit oncall``: a moment, a week, a month, gaps, hours, one's own shifts; and the nights in which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import open_journal
from support.home import Home

TEAM = """
me = ["ana"]
[people.ana]
name = "Ana"
timezone = "America/Sao_Paulo"
away = [{ start = 2026-12-08, end = 2026-12-09, why = "Bahia" }]
[people.bo]
name = "Bo"
timezone = "Europe/Berlin"
holidays = ["de"]
[people.cy]
[holidays.de]
12-25 = "Weihnachten"
[rosters.primary]
timezone = "Europe/Berlin"
[[rosters.primary.layers]]
people = ["ana", "bo"]
start = 2026-11-02T09:00:00
turn = "1 week"
[[rosters.primary.overrides]]
person = "cy"
start = 2026-12-03T20:00:00
end = 2026-12-04T08:00:00
[rosters.office]
timezone = "Europe/Berlin"
level = 2
[[rosters.office.layers]]
people = ["cy"]
start = 2026-11-02T00:00:00
turn = "1 day"
only = ["mon-fri 09:00-17:00"]
"""


@pytest.fixture
def team(home: Home) -> Home:
    home.config(TEAM)
    home.env["TZ"] = ""
    return home


@pytest.mark.parametrize(
    ("zone", "wall", "change", "before", "after"),
    [  # a daily hand-over at ``wall``; in the night of ``change`` it happens at ``after``, a minute after ``before``
        ("Europe/Berlin", "02:30", "spring: at the end of the hour that is missing", "2026-03-29T00:59Z", "2026-03-29T01:00Z"),
        ("Europe/Berlin", "02:30", "autumn: at the first half past two", "2026-10-25T00:29Z", "2026-10-25T00:30Z"),
        ("America/New_York", "02:30", "spring", "2026-03-08T06:59Z", "2026-03-08T07:00Z"),
        ("America/New_York", "01:30", "autumn", "2026-11-01T05:29Z", "2026-11-01T05:30Z"),
        ("America/Sao_Paulo", "00:00", "no summer time since 2019", "2026-11-01T02:59Z", "2026-11-01T03:00Z"),
        ("America/Sao_Paulo", "00:00", "the last midnight that was missing", "2018-11-04T02:59Z", "2018-11-04T03:00Z"),
        ("Australia/Lord_Howe", "02:15", "half an hour is missing", "2026-10-03T15:29Z", "2026-10-03T15:30Z"),
        ("Australia/Lord_Howe", "01:45", "half an hour comes twice", "2026-04-04T14:44Z", "2026-04-04T14:45Z"),
        ("Pacific/Apia", "09:00", "the day that was left out", "2011-12-30T09:59Z", "2011-12-30T10:00Z"),
        ("Pacific/Apia", "00:30", "no summer time since 2021", "2026-09-26T11:29Z", "2026-09-26T11:30Z"),
    ],
)  # fmt: skip
def test_hand_overs_in_the_nights_in_which_clocks_change(
    home: Home, zone: str, wall: str, change: str, before: str, after: str
) -> None:  # safety 19
    home.config(
        f'[people.ana]\n[people.bo]\n[rosters.primary]\ntimezone = "{zone}"\n[[rosters.primary.layers]]\n'
        f'people = ["ana", "bo"]\nstart = 2010-01-01T{wall}:00\nturn = "1 day"\n'
    )
    (one,), (other,) = home.json("oncall", "--at", before), home.json("oncall", "--at", after)
    assert one["end"] == other["start"] == f"{datetime.fromisoformat(after):%Y-%m-%dT%H:%M:%S+00:00}", change
    assert one["next"]["start"] == other["start"]
    if zone != "Pacific/Apia" or after > "2012":  # of the day that was left out, the turn was over as it began
        assert one["person"] != other["person"] == one["next"]["person"]


def test_the_week_has_every_shift_and_gap_on_my_own_clock(team: Home) -> None:
    done = team.run("oncall", "--week", "--since", "2026-11-30")
    assert done.returncode == 1, "nobody is in the office at night"
    lines = done.stdout.splitlines()
    assert lines[0] == "Mon 2026-11-30 00:00 -03 to Mon 2026-12-07 00:00 -03"
    assert {line.split()[0] for line in lines if "NOBODY" in line} == {"office"}
    assert any(" Thu 2026-12-03 16:00 -03  Fri 2026-12-04 04:00 -03  cy (override)" in line for line in lines)
    rows = team.json("oncall", "--week", "--since", "2026-11-30", "--roster", "primary")
    assert list(rows[0]) == ["roster", "level", "person", "name", "timezone", "start", "end", "source", "override"]
    assert [(row["person"], row["override"]) for row in rows] == [("bo", False), ("ana", False), ("cy", True), ("ana", False)]
    assert rows[1]["start"] == "2026-11-30T08:00:00+00:00"


def test_this_week_and_this_month_begin_where_my_own_do(team: Home) -> None:
    for switch, first in (("--week", "Mon"), ("--month", "01")):
        head = team.run("oncall", switch).stdout.splitlines()[0]
        assert first in head.split(" to ")[0], head
        assert "00:00 -03" in head


def test_gaps_and_clashes_are_told_with_their_reasons(team: Home) -> None:
    when = ("--since", "2026-12-07T08:00", "--until", "2026-12-10")
    found = team.json("oncall", "--gaps", *when)
    assert list(found[0]) == ["kind", "rosters", "person", "name", "start", "end", "why"]
    assert [(each["kind"], each["person"]) for each in found if each["kind"] != "gap"] == []
    away = team.json("oncall", "--gaps", "--since", "2026-11-30", "--until", "2026-12-15")
    assert not [each for each in away if each["kind"] == "away"], "Bo has that week"
    team.config(TEAM.replace('people = ["ana", "bo"]', 'people = ["bo", "ana"]'))
    (clash,) = (each for each in team.json("oncall", "--gaps", "--since", "2026-11-30", "--until", "2026-12-15") if each["person"])
    assert (clash["kind"], clash["why"]) == ("away", "Ana is on primary and away: Bahia")
    assert (clash["start"], clash["end"]) == ("2026-12-08T03:00:00+00:00", "2026-12-10T03:00:00+00:00")
    said = team.run("oncall", "--gaps", *when)
    assert said.returncode == 1
    assert "nobody is on office (level 2)" in said.stdout
    assert team.run("oncall", "--gaps", "--roster", "primary", "--since", "2026-12-10", "--until", "2026-12-12").returncode == 0


def test_times_without_anybody_that_are_meant_are_no_gaps(team: Home) -> None:
    team.config(TEAM.replace("level = 2", "level = 2\nalways = false"))
    assert team.run("oncall", "--gaps", "--roster", "office", "--since", "2026-12-07", "--until", "2026-12-12").returncode == 0
    night = team.run("oncall", "--at", "2026-12-06T12:00")
    assert night.returncode == 0
    assert "nobody, as meant" in night.stdout
    assert "GAP" not in night.stdout


def test_the_next_gap_is_told_where_somebody_is_on(team: Home) -> None:
    said = team.run("oncall", "--at", "2026-12-07T10:00")
    assert said.returncode == 0
    assert "GAP: nobody is on office from Mon 2026-12-07 13:00 -03 for 16 h" in said.stdout
    (office,) = team.json("oncall", "--at", "2026-12-07T10:00", "--roster", "office")
    assert office["gap"] == {"start": "2026-12-07T16:00:00+00:00", "end": "2026-12-08T08:00:00+00:00"}


def test_my_own_shifts_and_the_next_of_them(team: Home) -> None:
    rows = team.json("oncall", "--mine", "--since", "2026-11-20", "--until", "2026-12-20")
    assert [row["start"][:10] for row in rows] == ["2026-11-16", "2026-11-30", "2026-12-04", "2026-12-14"]
    assert {row["person"] for row in rows} == {"ana"}
    said = team.run("oncall", "--mine")
    assert said.returncode == 0
    assert said.stdout.startswith(("Your next shift is primary", "You are on primary now"))
    team.config(TEAM.replace('me = ["ana"]', 'me = ["zoe"]'))
    assert team.run("oncall", "--mine").stdout.startswith("zoe is not on call until")


def test_hours_nights_and_holidays_of_everyone_and_what_woke_them(team: Home) -> None:
    journal = open_journal(team.state, SystemClock())
    at = datetime(2026, 11, 25, 3, 12, tzinfo=UTC)
    for minutes, kind, who, data in (
        (0, "alert.fired", "", {"severity": "critical"}), (4, "alert.acked", "bo", {}),
        (50, "alert.fired", "", {"severity": "warning"}),
        (300, "alert.fired", "", {"severity": "critical"}), (330, "page.sent", "", {"kind": "trigger"}),  # that called nobody here
        (600, "page.sent", "Bo", {"kind": "trigger"}), (601, "page.sent", "Bo", {"kind": "resolve"}),
    ):  # fmt: skip
        journal.record(kind, at=at + timedelta(minutes=minutes), who=who, source="local", subject="disk", data=data)
    journal.close()
    rows = team.json("oncall", "--hours", "--since", "2026-11-23T05:00", "--until", "2026-11-30T05:00", "--roster", "primary")
    assert rows == [
        {
            "person": "bo", "name": "Bo", "timezone": "Europe/Berlin", "hours": 168.0, "nights": 63.0, "weekends": 48.0,
            "holidays": 0.0, "interruptions": 2, "at_night": 1,
        }
    ]  # fmt: skip
    said = team.run("oncall", "--hours", "--since", "2026-12-21T05:00", "--until", "2026-12-28T05:00")
    assert said.returncode == 0
    assert "Bo   168.0  63.0    48.0      24.0" in said.stdout
    assert "Disturbed  Woken\n" in said.stdout
    assert "Woken: of these, in their own night." in said.stdout, "as the week on the screen has it"


def test_a_source_that_has_no_rosters_is_missed_by_nobody(team: Home) -> None:
    source = '[sources.{0}]\nprovider = "{0}"\n{1} = "env:NOT_THERE"\n'
    team.config(TEAM + source.format("alertmanager", 'url = "http://127.0.0.1:9"\nauth.bearer'))
    for words in ((), ("--week",)):
        done = team.run("oncall", *words)
        assert "Cannot see" not in done.stdout, done
        assert done.returncode != 3
    team.config(TEAM + source.format("pagerduty", "token"))
    assert team.run("oncall").returncode == 3, "one that has some is"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--week", "--roster", "primry"), "there is no roster 'primry'"),
        (("--gaps", "--since", "2026-12-01", "--until", "2026-11-01"), "--until must be later than --since"),
        (("--gaps", "--until", "2199-01-01"), "at most 800 days"),
        (("--week", "--since", "soon"), "'soon' is not a time: write"),
        (("--week", "--month"), "not allowed with argument"),
    ],
)
def test_what_cannot_be_asked_says_so(team: Home, words: tuple[str, ...], says: str) -> None:
    done = team.run("oncall", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_source_that_cannot_be_seen_is_told_and_the_rest_is_shown(team: Home) -> None:
    team.config(TEAM + '[sources.pd]\nprovider = "pagerduty"\nurl = "http://127.0.0.1:9"\ntoken = "env:PD"\n')
    done = team.run("oncall", "--week", "--since", "2026-11-30", PD="x")
    assert done.returncode == 3
    assert "cy (override)" in done.stdout
    assert "Cannot see: pd: " in done.stdout
