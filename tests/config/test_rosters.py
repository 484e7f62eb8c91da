"""``[people]``, ``[holidays]`` and ``[rosters]``: what they are read to, and every mistake at its place."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from cockpit.config.model import ConfigError, Problem
from cockpit.core.roster import Absence, Away
from cockpit.core.windows import window
from support.configs import loaded, problems, write

WHOLE = """
[holidays.de]
12-25 = "Weihnachten"
2026-10-03 = "Tag der Einheit"

[people.ana]
timezone = "America/Sao_Paulo"
night = "23:30-07:00"
holidays = ["de"]
away = [
  { start = 2026-12-24, end = 2026-12-26, why = "family" },
  { start = 2026-12-10T14:00:00, end = 2026-12-10T18:00:00 },
  { start = 2026-12-11T14:00:00Z, end = 2026-12-11T18:00:00Z },
]

[people.bo]

[rosters.primary]
timezone = "Europe/Berlin"
away = "skip"
holidays = ["de"]
[[rosters.primary.layers]]
people = ["ana", "bo"]
start = 2026-11-02T09:00:00
turn = "1 week"
timezone = "Europe/Lisbon"
only = ["mon-fri 09:00-17:00", "holidays"]
"""


def test_people_have_nights_holidays_and_absences(tmp_path: Path) -> None:
    ana = loaded(write(tmp_path / "config.toml", WHOLE)).people["ana"]
    assert ana.night == (time(23, 30), time(7))
    assert ana.holidays.name(date(2030, 12, 25)) == "Weihnachten"
    assert ana.away == (
        Absence(start=datetime(2026, 12, 24), end=datetime(2026, 12, 27), why="family"),  # the last day is included
        Absence(start=datetime(2026, 12, 10, 14), end=datetime(2026, 12, 10, 18)),
        Absence(start=datetime(2026, 12, 11, 14, tzinfo=UTC), end=datetime(2026, 12, 11, 18, tzinfo=UTC)),
    )


def test_a_roster_has_restrictions_holidays_and_says_what_away_means(tmp_path: Path) -> None:
    roster = loaded(write(tmp_path / "config.toml", WHOLE)).rosters["primary"]
    assert (roster.away, roster.holidays.has(date(2026, 10, 3))) == (Away.SKIP, True)
    (layer,) = roster.layers
    assert (layer.timezone, layer.only) == ("Europe/Lisbon", (window("mon-fri 09:00-17:00"), window("holidays")))


def test_holidays_may_be_those_of_a_source(tmp_path: Path) -> None:
    source = '[sources.feasts]\nprovider = "calendar"\nfile = "x.ics"\nholds = "holidays"\n'
    text = WHOLE.replace('holidays = ["de"]', 'holidays = ["de", "feasts"]') + source
    config = loaded(write(tmp_path / "config.toml", text))
    assert (config.people["ana"].calendars, config.rosters["primary"].calendars) == (("feasts",), ("feasts",))
    assert config.people["ana"].holidays.name(date(2030, 12, 25)) == "Weihnachten"


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('night = "23:30-07:00"', 'night = "late"', "people.ana.night", "no night"),
        ('night = "23:30-07:00"', 'night = "mon 22:00-07:00"', "people.ana.night", "like 22:00-07:00"),
        ('night = "23:30-07:00"', "night = 22", "people.ana.night", "must be a text"),
        ('holidays = ["de"]\naway = [', 'holidays = ["fr"]\naway = [', "people.ana.holidays[1]", "no [holidays.fr], and no"),
        ('holidays = ["de"]\n[[', 'holidays = ["dee"]\n[[', "rosters.primary.holidays[1]", "did you mean de?"),
        ("12-25 =", "12-35 =", "holidays.de.12-35", "write 2026-12-25, or 12-25"),
        ("end = 2026-12-26", "end = 2026-12-20", "people.ana.away[1].end", "later than start"),
        ("end = 2026-12-26", "ende = 2026-12-20", "people.ana.away[1].ende", "did you mean end?"),
        ("end = 2026-12-26, ", "", "people.ana.away[1].end", "is missing: it must be a day like 2026-12-24"),
        ("end = 2026-12-26", "end = 3", "people.ana.away[1].end", "must be a day like"),
        ("start = 2026-12-24", "start = 1926-12-24", "people.ana.away[1].start", "not in 1926"),
        ("end = 2026-12-11T18:00:00Z", "end = 2026-12-11T18:00:00", "people.ana.away[3].end", "both have an offset"),
        ('away = "skip"', 'away = "skp"', "rosters.primary.away", "did you mean skip?"),
        ('"Europe/Lisbon"', '"Europe/Lisboa"', "rosters.primary.layers[1].timezone", "did you mean Europe/Lisbon?"),
        ('"holidays"]', '"holiday"]', "rosters.primary.layers[1].only[2]", "'holiday' is no day of the week"),
        ("only = [", 'only = ["9-5"] #', "rosters.primary.layers[1].only[1]", 'write "mon-fri 09:00-17:00"'),
    ],
)  # fmt: skip
def test_each_mistake_is_named_where_it_is(tmp_path: Path, old: str, new: str, key: str, words: str) -> None:
    assert old in WHOLE
    found = problems(tmp_path, WHOLE.replace(old, new))
    assert words in said(found[key]), found[key]


def said(problem: Problem) -> str:
    return f"{problem.what} {problem.hint}"


def own(roster: str, person: str, end: datetime) -> str:
    return (
        f'[[rosters.{roster}.overrides]]\nid = "o1"\nby = "Ana"\nperson = "{person}"\n'
        f"start = 2026-12-24T09:00:00Z\nend = {end:%Y-%m-%dT%H:%M:%SZ}\n"
    )


LATER = datetime.now(UTC) + timedelta(days=300)


def test_what_the_cockpit_wrote_holds_wherever_the_roster_is_defined(tmp_path: Path) -> None:
    main = write(tmp_path / "config.toml", "[people.ana]\n[people.bo]\n")
    write(tmp_path / "conf.d/50-cockpit-overrides.toml", own("primary", "bo", LATER))
    write(
        tmp_path / "conf.d/60-team.toml", '[rosters.primary]\ntimezone = "UTC"\n' + own("primary", "ana", LATER).replace("o1", "o0")
    )
    found = loaded(main).rosters["primary"].overrides
    assert [(each.id, each.person) for each in found] == [("o0", "ana"), ("o1", "bo")], "what people asked for last wins"


def test_what_the_cockpit_wrote_never_keeps_a_config_from_being_read(tmp_path: Path) -> None:
    main = write(tmp_path / "config.toml", '[people.ana]\n[rosters.primary]\ntimezone = "UTC"\n')
    extra = tmp_path / "conf.d/50-cockpit-overrides.toml"
    write(extra, own("gone", "ana", LATER) + own("primary", "bo", LATER) + own("primary", "ana", LATER))
    config = loaded(main)
    assert [each.person for each in config.rosters["primary"].overrides] == ["ana"]
    assert set(config.remarks) == {
        "overrides of gone are ignored: there is no [rosters.gone] (any more)",
        "an override is ignored: bo is not among [people] any more",
    }
    write(extra, own("primary", "bo", datetime(2026, 1, 1)) + own("gone", "bo", datetime(2026, 1, 1)))
    assert loaded(main).remarks == (), "what is over is no news"


def test_an_override_by_hand_for_nobody_is_a_mistake(tmp_path: Path) -> None:
    main = write(tmp_path / "config.toml", '[people.ana]\n[rosters.primary]\ntimezone = "UTC"\n' + own("primary", "bo", LATER))
    with pytest.raises(ConfigError, match="'bo' is nobody in"):
        loaded(main)
