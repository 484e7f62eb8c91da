"""A real disk is full, and a trap is armed after that, or after the incident that it was: it shows what it would have done, is
written once, and trips at once."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.core.traps import Trap, TrapState, Watch, fingerprint
from cockpit.core.units import bound
from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import open_journal
from support.disks import small_disk
from support.home import Home
from support.known import put_watch
from support.real import wait_until

pytestmark = pytest.mark.real

CONFIG = """
me = ["ana"]
[traps.small-disk]
probe = "disk"
path = "{disk}"
trip = "used_percent >= 95"
every = "1s"
severity = "critical"
"""


def remembered(home: Home, disk: Path) -> None:
    """Three days of readings around 40 %, and a climb to 90 % in the last three hours; the last of them five minutes old."""
    now = datetime.now(UTC)
    trap = Trap(name="small-disk", probe="disk", params={"path": str(disk)}, trip=bound("used_percent >= 95"))
    journal = open_journal(home.state, SystemClock())
    try:
        for i in range(3 * 288, 0, -1):
            at = now - timedelta(seconds=300 * i)
            used = 40 + math.sin(i) + max(0.0, 36 - i) / 36 * 50
            watch = Watch(state=TrapState.ARMED, since=at, checked_at=at, good_at=at, reason="", laid=fingerprint(trap))
            put_watch(journal, "small-disk", watch, {"used_percent": used})
    finally:
        journal.close()


def test_a_trap_is_armed_after_a_full_disk(home: Home, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        home.config(CONFIG.format(disk=disk))
        remembered(home, disk)
        (disk / "junk").write_bytes(bytes(8 * 2**20 - 65536))
        assert home.run("traps").returncode == 1, "it has tripped"
        folder = home.config_dir / "conf.d"

        shown = home.run("trap", "add", "--alert", "small-disk")
        assert shown.returncode == 2, shown.stdout + shown.stderr
        assert f'path = "{disk}"' in shown.stdout
        (tested,) = [line for line in shown.stdout.splitlines() if line.startswith("Tested: ")]
        assert tested.startswith("Tested: would have tripped 2 h "), tested
        assert "before; no false alarm in 3 d of readings" in tested, tested
        assert "Nothing was written. Add --yes to arm it." in shown.stdout
        assert not folder.exists()
        dry = home.run("trap", "add", "--alert", "small-disk", "--yes", "--dry-run")
        assert dry.returncode == 0
        assert not folder.exists()

        refused = home.run("trap", "add", "--alert", "small-disk", "--trip", "used_percnt >= 5", "--yes")
        assert refused.returncode == 1
        assert "this probe gives no reading 'used_percnt' (did you mean used_percent?)" in refused.stdout
        assert not folder.exists()
        assert "writes" in home.run("trap", "add", "--alert", "small-disk", "--yes", "--read-only").stderr

        done = home.run("trap", "add", "--alert", "small-disk", "--signs", "grows by 1 % a minute", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        (file,) = folder.iterdir()
        assert file.name == "50-cockpit-trap-small-disk-early.toml"
        assert file.stat().st_mode & 0o777 == 0o600
        written = file.read_text("utf-8")
        assert all(f"  {line}".rstrip() in done.stdout for line in written.splitlines()), "exactly what was shown"
        assert home.run("check").returncode == 0
        assert {each["name"]: each["state"] for each in home.json("traps")} == {
            "small-disk": "tripped",
            "small-disk-early": "tripped",
        }

        again = home.run("trap", "add", "small-disk-early", "--alert", "small-disk", "--yes")
        assert again.returncode == 1
        assert "is defined twice" in again.stdout
        assert file.read_text("utf-8") == written


def test_without_a_config_one_trap_would_be_all_of_it(home: Home) -> None:
    done = home.run("trap", "add", "one", "--look", "disk path=/", "--trip", "used_percent >= 90", "--yes")
    assert done.returncode == 1
    assert "`cockpit init` writes one first" in done.stdout
    assert not (home.config_dir / "conf.d").exists()


FREE = """
[runbooks.make-room]
title = "Make room"
match = "trap=small-disk"
changes = "deletes the junk"
steps = [{{ run = ["rm", "{disk}/junk"] }}]
"""


def test_after_an_incident_what_moved_before_it_and_what_helped_fill_the_form_and_both_name_each_other(
    home: Home, tmp_path: Path
) -> None:
    def done(*words: str) -> str:
        ran = home.run(*words)
        assert ran.returncode == 0, (words, ran.stdout, ran.stderr)
        return ran.stdout

    with small_disk(tmp_path / "disk") as disk:
        home.config((CONFIG + FREE).format(disk=disk))
        remembered(home, disk)
        (disk / "junk").write_bytes(bytes(8 * 2**20 - 65536))
        assert home.run("traps").returncode == 1, "it has tripped"
        done("incident", "open", "Shop is down", "--alert", "small-disk", "--lead", "Bo")
        done("run", "make-room", "--alert", "small-disk", "--yes")
        wait_until(lambda: home.run("traps").returncode == 0, 30, "room on the disk")
        done("incident", "close", "i1", "--yes")
        assert "Which trap will?" in done("postmortem", "i1")

        shown = done("trap", "add", "--incident", "1", "--dry-run")
        assert f'path = "{disk}"' in shown
        assert "runbooks = [\n" in shown or 'runbooks = ["make-room"]' in shown
        for words in ('owner = "Bo"', "make-room", 'incident = "i1"', "i1: Shop is down", "small-disk reads it"):
            assert words in shown, (words, shown)
        (tested,) = [line for line in shown.splitlines() if line.startswith("Tested: ")]
        assert tested.startswith("Tested: would have tripped 2 h "), tested
        assert "before; no false alarm in 3 d of readings" in tested, tested
        assert not (home.config_dir / "conf.d").exists()

        said = done("trap", "add", "--incident", "i1", "--yes")
        assert "Armed: shop-is-down-early" in said
        assert "i1 names it from now on" in said
        assert home.run("check").returncode == 0
        (incident,) = home.json("incident", "show", "i1")
        assert incident["traps"] == ["shop-is-down-early"]
        told = [each["text"] for each in incident["timeline"] if "shop-is-down-early" in each["text"]]
        assert len(told) == 1, told
        assert "armed after it" in told[0]
        assert "would have tripped 2 h " in told[0]
        assert "The trap **shop-is-down-early** has watched since" in done("postmortem", "i1")
        assert home.run("trap", "add", "--incident", "i9").returncode != 0
        assert home.run("trap", "add", "--incident", "i1", "--alert", "small-disk").returncode == 2
