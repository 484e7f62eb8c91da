"""``cockpit trap drill`` with real processes: a `cockpit watch` that keeps the traps, and a channel that writes into a file."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.waiting import wait

CONFIG = """
me = ["ana"]
[people.ana]
name = "Ana"
[people.bo]
name = "Bo"
[channels.log]
kind = "command"
run = ["sh", "-c", 'echo "$COCKPIT_PAGE_KIND $COCKPIT_PAGE_PERSON drill=$COCKPIT_PAGE_DRILL $COCKPIT_PAGE_SUBJECT" >> "$LOG"']
env = {{ LOG = "{log}" }}
[escalations.all]
match = "trap=flag"
steps = [{{ notify = ["person:ana"], via = ["log"] }}, {{ notify = ["person:bo"], via = ["log"], after = "5m" }}]
[traps.flag]
probe = "file"
path = "{flag}"
must_exist = true
every = "1s"
"""


class Kept:
    """A home with one trap, and a watch that keeps it."""

    def __init__(self, path: Path) -> None:
        self.home, self.log, self.flag = Home(path), path / "pages", path / "flag"
        self.flag.touch()
        self.home.config(CONFIG.format(log=self.log, flag=self.flag))
        self.said = ""
        self.watches: list[subprocess.Popen[bytes]] = []

    def watch(self) -> subprocess.Popen[bytes]:
        """Another that keeps the traps, once it does."""
        started = subprocess.Popen((*COCKPIT, "watch"), env=os.environ | self.home.env, stdout=subprocess.DEVNULL)
        self.watches.append(started)
        wait(lambda: self.keeper() == started.pid, seconds=40)
        wait(lambda: self.can() or "already" in self.said, seconds=40)
        return started

    def keeper(self) -> int:
        """The process that looks at the traps."""
        file = self.home.state / "journal.sqlite"
        if not file.exists():
            return 0
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            try:
                return int(next(db.execute("SELECT pid FROM lease"), (0,))[0])
            except sqlite3.OperationalError:
                return 0  # it is just being made

    def can(self) -> bool:
        """Whether a drill could begin now; what was said of it is in ``said``."""
        done = self.home.run("trap", "drill", "flag")
        self.said = done.stdout + done.stderr
        return "Nothing was begun. Add --yes" in self.said

    @property
    def pages(self) -> list[str]:
        """What the channel was told, in order."""
        return self.log.read_text("utf-8").splitlines() if self.log.exists() else []

    def alerts(self) -> dict[str, str]:
        """Name by id of those that nobody has."""
        return {each["id"]: each["name"] for each in self.home.json("alerts") if each["state"] == "firing"}

    def trap(self) -> dict[str, object]:
        """What `cockpit traps` says of it."""
        found: dict[str, object] = self.home.json("traps")[0]
        return found


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path)
    yield kept
    for each in kept.watches:
        each.kill()
        each.wait()


def test_a_drill_goes_its_whole_route_once_though_its_keeper_is_killed_and_the_ack_proves_the_trap(kept: Kept) -> None:
    watch = kept.watch()
    assert kept.trap()["unproven"] is True
    assert "(`cockpit trap drill NAME`): flag" in kept.home.run("traps").stdout
    kept.home.run("incident", "open", "The flag was gone")
    added = kept.home.run("action", "add", "1", "Rehearse it", "--trap", "flag", "--owner", "bo", "--due", "2d")
    assert "a1 Rehearse it (i1): Bo, due " in added.stdout, added
    begun = kept.home.run("trap", "drill", "flag", "--yes")
    assert begun.returncode == 0, begun
    assert "at once: Ana by log\n" in begun.stdout
    assert "5 m after that: Bo by log\n" in begun.stdout
    assert kept.trap()["drill"] == "signs"
    assert kept.alerts() == {}
    wait(lambda: kept.pages, seconds=40)
    (page,) = kept.pages
    assert page.startswith("trigger ana drill=1 DRILL, nothing is wrong: ")
    assert kept.alerts() == {"flag:drill": "DRILL flag"}
    trap = kept.trap()
    assert (trap["state"], trap["drill"], trap["unproven"]) == ("armed", "tripped", True), "what is known of it is untouched"
    twice = kept.home.run("trap", "drill", "flag", "--yes")
    assert twice.returncode == 1
    assert "ana drills flag already" in twice.stderr
    watch.send_signal(signal.SIGKILL)
    watch.wait()
    kept.watch()
    assert [each["state"] for each in kept.home.json("action")] == ["open"], "it is not done before somebody has it"
    done = kept.home.run("ack", "flag:drill")
    assert done.returncode == 0, done
    trap = kept.trap()
    assert (trap["unproven"], trap["drills"]) == (False, 1)
    assert kept.home.json("action") == []
    (item,) = kept.home.json("action", "list", "--all")
    assert (item["state"], item["how"]) == ("done", "its trap flag was drilled up to the acknowledgement")
    assert item["ended_by"] == "ana"
    (incident,) = kept.home.json("incident", "show", "i1")
    assert any("action item a1 done: its trap flag was drilled" in each["text"] for each in incident["timeline"])
    wait(lambda: kept.alerts() == {} and kept.trap()["drill"] == "", seconds=60)
    assert kept.pages == [page], "and nobody was paged twice"
    report = kept.home.json("report")
    assert (report["called"], report["not_proven"]) == ([], []), "a drill is no fire, and calls nobody"


def test_a_real_trip_ends_the_drill_and_pages_by_itself(kept: Kept) -> None:
    kept.watch()
    assert kept.home.run("trap", "drill", "flag", "--yes").returncode == 0
    wait(lambda: kept.pages, seconds=40)
    kept.home.run("incident", "open", "The flag was gone")
    kept.home.run("action", "add", "1", "Rehearse it", "--trap", "flag")
    kept.flag.unlink()
    wait(lambda: len(kept.pages) == 2, seconds=40)
    assert kept.pages[1].startswith("trigger ana drill= ")
    assert "DRILL" not in kept.pages[1]
    assert kept.alerts() == {"flag": "flag"}
    trap = kept.trap()
    assert (trap["state"], trap["drill"]) == ("tripped", "")
    assert not kept.can()
    assert "has really tripped" in kept.said
    kept.flag.touch()
    wait(lambda: kept.trap()["state"] == "armed", seconds=40)
    assert (kept.alerts(), kept.trap()["drill"]) == ({}, ""), "the drill does not come back"
    assert kept.trap()["unproven"] is False, "it has proven itself"
    (item,) = kept.home.json("action", "list", "--all")
    assert (item["state"], item["how"]) == ("done", "its trap flag has really tripped")


def test_a_quiet_drill_pages_nobody_and_proves_nothing(kept: Kept) -> None:
    kept.watch()
    kept.home.run("incident", "open", "The flag was gone")
    kept.home.run("action", "add", "1", "Rehearse it", "--trap", "flag")
    begun = kept.home.run("trap", "drill", "flag", "--quiet", "--yes")
    assert "Nobody is paged: --quiet stops before the page" in begun.stdout
    wait(lambda: kept.alerts() == {"flag:drill": "DRILL flag"}, seconds=40)
    assert kept.home.run("ack", "flag:drill").returncode == 0
    wait(lambda: kept.trap()["drill"] == "", seconds=60)
    assert (kept.pages, kept.trap()["unproven"]) == ([], True)
    assert [each["state"] for each in kept.home.json("action")] == ["open"]


def test_with_nobody_who_keeps_the_traps_nothing_is_begun_and_it_says_so(kept: Kept) -> None:
    kept.home.run("traps")
    shown = kept.home.run("trap", "drill", "flag")
    assert shown.returncode == 1
    assert "at once: Ana by log" in shown.stdout
    assert "It cannot be now: nobody keeps the traps of this machine" in shown.stdout
    done = kept.home.run("trap", "drill", "flag", "--yes")
    assert done.returncode == 1
    assert "not begun: nobody keeps the traps" in done.stderr
    assert kept.trap()["drills"] == 0


def test_the_preview_begins_nothing_and_read_only_refuses(kept: Kept) -> None:  # safety 12
    kept.watch()
    assert kept.home.run("trap", "drill", "flag", "--yes", "--dry-run").returncode == 0
    refused = kept.home.run("trap", "drill", "flag", "--yes", "--read-only")
    assert refused.returncode == 1
    assert "read-only" in refused.stderr
    assert kept.home.run("trap", "drill", "nope").returncode == 2
    assert kept.trap()["drills"] == 0
    assert kept.home.json("report")["not_proven"] == ["flag"]
    assert "Not proven lately, by a real trip or a drill: flag." in kept.home.run("report").stdout
