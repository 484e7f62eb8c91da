"""What the listings say, to people and to programs."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import open_journal
from support.home import COCKPIT, Home
from support.real import wait_until
from support.servers import answering, at, serving
from support.watched import Watched

ROSTERS = """
[people.bo]
name = "Bo"
timezone = "Europe/Berlin"

[rosters.primary]
timezone = "Europe/Berlin"
[[rosters.primary.layers]]
people = ["ana", "bo"]
start = 2026-11-02T09:00:00
turn = "1 week"

[rosters.night]
timezone = "Europe/Berlin"
level = 2
[[rosters.night.layers]]
people = ["bo"]
start = 2027-01-01T00:00:00
turn = "1 day"
"""


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    (tmp_path / "home").mkdir()
    return Watched(tmp_path / "home")


def is_moment(text: object) -> bool:
    """RFC 3339 with an offset."""
    return (
        isinstance(text, str) and datetime.fromisoformat(text).utcoffset() is not None and len(text) >= len("2026-01-01T00:00:00Z")
    )


def test_alerts_and_traps_in_json_have_the_documented_keys(watched: Watched) -> None:
    assert watched.run("beat", "nightly").returncode == 0
    watched.empty()
    (alert,) = watched.json("alerts")
    assert list(alert) == [
        "source", "id", "name", "severity", "state", "summary", "labels", "annotations", "started_at", "acknowledged_by", "links",
        "pending", "acknowledged_at", "suppressed_by", "suppressed_until", "silences", "receivers", "groups", "pages",
    ]  # fmt: skip
    assert [alert[key] for key in ("source", "id", "name", "severity", "state")] == [
        "local",
        "backup",
        "backup",
        "critical",
        "firing",
    ]
    assert alert["labels"]["trap"] == "backup"
    assert isinstance(alert["annotations"], dict)
    assert (alert["acknowledged_by"], alert["links"], alert["pending"]) == (None, [], None)
    assert is_moment(alert["started_at"])

    traps = {each["name"]: each for each in watched.json("traps")}
    assert list(traps["backup"]) == [
        "source", "name", "state", "reading", "text", "checked_at", "trips_in_seconds", "tripped_at", "disarmed_until", "severity",
        "drill", "drills", "proven_at", "unproven",
    ]  # fmt: skip
    assert {name: trap["state"] for name, trap in traps.items()} == {"backup": "tripped", "calm": "armed", "job": "armed"}
    assert traps["backup"]["reading"]["size_bytes"] == 0
    assert is_moment(traps["backup"]["tripped_at"])
    assert is_moment(traps["calm"]["checked_at"])
    assert all(isinstance(value, int | float) for trap in traps.values() for value in trap["reading"].values())
    assert (traps["calm"]["tripped_at"], traps["calm"]["disarmed_until"], traps["calm"]["trips_in_seconds"]) == (None, None, None)


def test_the_exit_status_tells_firing_from_fine_from_blind(watched: Watched) -> None:
    blind = watched.run("traps")
    assert blind.returncode == 3, blind
    assert "never beaten" in blind.stdout
    nothing = watched.run("alerts")
    assert (nothing.returncode, "All clear" in nothing.stdout) == (3, False), "a blind trap is not all clear"
    watched.run("beat", "nightly")
    assert watched.run("trap", "check", "job").returncode == 0
    wait_until(lambda: watched.stands("job") == "armed", what="a trap that sees")
    fine = watched.run("alerts")
    assert (fine.returncode, fine.stdout) == (0, "All clear.\n")
    watched.empty()
    firing = watched.run("alerts")
    assert firing.returncode == 1
    assert "critical" in firing.stdout
    assert "local/backup" in firing.stdout
    assert watched.run("traps").returncode == 1


def test_where_nothing_is_watched_nothing_is_called_clear(home: Home) -> None:
    home.config('me = ["ana"]\n')
    empty = home.run("alerts")
    assert (empty.returncode, empty.stdout) == (3, "Nothing is watched: there are no traps.\n")
    home.config('[traps.load]\nprobe = "load"\ntrip = "per_cpu > 1000"\n')
    assert home.run("alerts").returncode == 0
    home.run("trap", "disarm", "load", "--for", "2h", "--why", "moving house")
    resting = home.run("alerts")
    assert (resting.returncode, resting.stdout) == (3, "Nothing is watched: the only trap rests.\n")


def test_a_filter_picks_and_an_empty_pick_is_not_called_all_clear(watched: Watched) -> None:
    watched.run("beat", "nightly")
    watched.empty()
    assert watched.run("alerts", "@severity>=warning", "trap=backup").returncode == 1
    nothing = watched.run("alerts", "trap=other")
    assert nothing.returncode == 0
    assert "All clear" not in nothing.stdout
    assert "Nothing matches the filter" in nothing.stdout
    assert watched.run("alerts", "trap=other", "--json").stdout == "[]\n"
    wrong = watched.run("alerts", "trap=~(")
    assert wrong.returncode == 2
    pointed, mark = wrong.stderr.splitlines()[1:]
    assert pointed[mark.index("^")] == "("


def test_general_options_stand_before_or_after_the_command(watched: Watched) -> None:
    before, after = watched.run("--json", "--no-color", "runbooks"), watched.run("runbooks", "--no-color", "--json")
    assert before.stdout == after.stdout
    assert before.stdout.startswith("[")
    other = watched.path / "other.toml"
    other.write_text('title = "other"\n')
    for words in (("--config", str(other), "check"), ("check", "--config", str(other))):
        assert str(other) in watched.run(*words).stdout


def test_runbooks_in_json_have_the_documented_keys(watched: Watched) -> None:
    books = {each["name"]: each for each in watched.json("runbooks")}
    assert list(books["make"]) == [
        "name",
        "title",
        "key",
        "match",
        "changes",
        "confirm",
        "source",
        "params",
        "allow",
        "deny",
        "file",
    ]
    assert [books["make"][key] for key in ("key", "match", "changes", "confirm")] == ["m", "trap=backup", "writes a file", "yes"]
    assert (books["wipe"]["confirm"], books["look"]["confirm"], books["look"]["changes"]) == ("type", None, None)
    wanted = {"from": "alert:where", "default": None, "pattern": "[a-z0-9/_.-]+", "help": "the host", "ask": None}
    assert books["wipe"]["params"]["host"] == wanted
    watched.empty()
    assert [each["name"] for each in watched.json("runbooks", "--alert", "backup")] == ["make", "wipe"]


def test_on_call_says_who_until_when_and_who_is_next(watched: Watched) -> None:
    watched.config(watched.config_dir.joinpath("config.toml").read_text() + ROSTERS)
    at = ("--at", "2026-11-10T12:00+01:00")
    primary, night = watched.json("oncall", *at)
    assert list(primary)[:8] == ["roster", "level", "person", "name", "timezone", "start", "end", "source"]
    assert primary == {
        "roster": "primary", "level": 1, "person": "bo", "name": "Bo", "timezone": "Europe/Berlin",
        "start": "2026-11-09T08:00:00+00:00", "end": "2026-11-16T08:00:00+00:00", "source": "local",
        "override": False, "next": {"person": "ana", "name": "Ana", "start": "2026-11-16T08:00:00+00:00"}, "gap": None,
    }  # fmt: skip
    assert (night["roster"], night["person"], night["start"]) == ("night", None, None)
    said = watched.run("oncall", *at, TZ="Europe/Berlin")
    assert said.returncode == 1, "nobody is on in one roster"
    assert "NOBODY" in said.stdout
    assert said.stdout.splitlines()[0] == "At Tue 2026-11-10 12:00 CET:"
    assert "12:00 for Bo" in said.stdout
    assert "then Ana, from Mon 2026-11-16 09:00 CET" in said.stdout
    for wrong in ("yesterday", "9999-12-31T23:59", "0001-01-01", "1969-12-31T23:00"):
        refused = watched.run("oncall", "--at", wrong)
        assert (refused.returncode, refused.stdout) == (2, ""), wrong
        assert wrong in refused.stderr


def test_with_no_config_the_user_is_on_call_alone(home: Home) -> None:
    (alone,) = home.json("oncall")
    assert (alone["roster"], alone["start"], alone["end"]) == ("primary", None, None)
    assert "add others" in home.run("oncall").stdout


def test_with_no_config_the_traps_are_proposed_and_that_is_said(home: Home) -> None:
    done = home.run("traps")
    assert done.returncode in (0, 1, 3)
    assert "root-disk" in done.stdout
    assert "cockpit init" in done.stdout


def test_a_look_at_one_trap_changes_nothing(watched: Watched) -> None:
    watched.backup.write_text("")
    done = watched.run("trap", "check", "backup")
    assert done.returncode == 1
    assert "tripped" in done.stdout
    assert "size_bytes = 0" in done.stdout
    assert "trips at size_bytes < 1" in done.stdout
    (record,) = watched.json("trap", "check", "calm")
    assert (record["state"], record["reading"]["load"]) == ("armed", 1.5)
    assert watched.json("runs") == []
    unknown = watched.run("trap", "check", "clam")
    assert unknown.returncode == 2
    assert "did you mean 'calm'?" in unknown.stderr


def test_a_look_that_waits_in_a_loop_of_its_own_is_looked_at_too(home: Home) -> None:
    with serving(answering()) as port:
        home.config(f'[traps.site]\nprobe = "http"\nurl = "{at(port)}"\n')
        (record,) = home.json("trap", "check", "site")
    assert (record["state"], record["reading"]["status"]) == ("armed", 200)
    (record,) = home.json("trap", "check", "site")
    assert (record["state"], "refused" in record["text"]) == ("tripped", True)


def test_doctor_looks_at_everything_and_says_what_to_do(watched: Watched) -> None:
    found = {each["check"]: each for each in watched.json("doctor")}
    assert all(list(each) == ["check", "ok", "detail"] for each in found.values())
    assert {"config", "terminal", "journal", "keeper", "source local", "traps"} <= set(found)
    assert found["journal"]["ok"]
    assert not found["trap local/job"]["ok"]
    assert "cockpit beat nightly" in found["trap local/job"]["detail"]
    assert watched.run("doctor").returncode == 1


def test_doctor_says_that_nothing_old_is_dropped_for_now(watched: Watched) -> None:
    clock = SystemClock()
    with closing(open_journal(watched.state, clock)) as journal:
        assert journal.take_lease(os.getpid(), clock.now(), 60.0)
        journal.record("retention.paused", at=clock.now(), data={"pid": os.getpid()})
        found = {each["check"]: each for each in watched.json("doctor")}["retention"]
        assert not found["ok"]
        assert "old readings and events are not dropped" in found["detail"]
        journal.record("retention.resumed", at=clock.now(), data={"pid": os.getpid()})
        assert "retention" not in {each["check"] for each in watched.json("doctor")}
        journal.record("retention.paused", at=clock.now(), data={"pid": os.getpid() + 1})
        assert "retention" not in {each["check"] for each in watched.json("doctor")}, "that was another keeper"


def test_a_reader_that_has_seen_enough_ends_it_quietly(watched: Watched) -> None:
    done = subprocess.run(
        ("sh", "-c", '"$@" keys | head -n 1', "sh", *COCKPIT),
        capture_output=True, text=True, env=watched.env | {"PATH": "/usr/bin:/bin"}, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""

    argv = [*COCKPIT, "keys", "--json"]
    closed = f"import os; r, w = os.pipe(); os.close(r); os.dup2(w, 1); os.execv({sys.executable!r}, {argv!r})"
    broken = subprocess.run(
        (sys.executable, "-c", closed), capture_output=True, text=True, env=watched.env, timeout=60, check=False
    )
    assert (broken.returncode, broken.stderr) == (0, "")


def test_an_answer_that_cannot_be_written_or_is_not_wanted_is_no_crash(watched: Watched) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run((*COCKPIT, "keys"), stdout=full, stderr=subprocess.PIPE, text=True, env=watched.env, check=False)
    assert done.returncode == 3
    assert done.stderr == "cockpit: the answer could not be written: No space left on device\n"
    closed = subprocess.run(
        ("sh", "-c", '"$@" check >&- <&-', "sh", *COCKPIT), stderr=subprocess.PIPE, text=True, env=watched.env, check=False
    )
    assert (closed.returncode, closed.stderr) == (0, "")


def test_beats_are_quiet_and_their_trap_trips_when_they_stay_away(watched: Watched) -> None:
    watched.config('[traps.job]\nprobe = "heartbeat"\nname = "nightly"\nwithin = "1s"\nevery = "1s"\n')
    quiet = watched.run("beat", "nightly")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    wait_until(lambda: watched.stands("job") == "tripped", what="a trap that misses its beat")


def test_one_look_prints_its_numbers_for_people(tmp_path: Path) -> None:
    data = "used_bytes=84524800000;;;0;100000000000 big=84524800000.5 ratio=0.000123456 third=33.333333 whole=7"
    watched = Watched(tmp_path, f'[traps.data]\nprobe = "command"\nrun = ["/bin/echo", "OK | {data}"]\n')
    said = [line.strip() for line in watched.run("trap", "check", "data").stdout.splitlines()]
    for line in ("used_bytes = 84.5 GB", "big = 84524800000", "ratio = 0.0001235", "third = 33.33", "whole = 7"):
        assert line in said, said
    assert watched.json("trap", "check", "data")[0]["reading"]["third"] == 33.333333, "programs get all of it"


def test_doctor_counts_traps_and_says_that_it_has_no_terminal(watched: Watched) -> None:
    found = {each["check"]: each for each in watched.json("doctor")}
    assert found["terminal"] == {"check": "terminal", "ok": True, "detail": "not looked at (no terminal here)"}
    assert found["traps"]["detail"] == "3 traps, 1 blind"
