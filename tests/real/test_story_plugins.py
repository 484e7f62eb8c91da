"""Checks that thousands of machines already have: the monitoring plug-ins, their verdicts and their performance data."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from support.home import Home
from support.real import need
from support.stories import trap

pytestmark = pytest.mark.real

PLACES = "/usr/lib/nagios/plugins:/usr/lib64/nagios/plugins:/usr/lib/monitoring-plugins"


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The path of each plug-in that is used here, or skip."""
    monkeypatch.setenv("PATH", f"{PLACES}:{os.environ['PATH']}")
    need("check_disk", "check_load", "check_dummy", "check_file_age")
    return {name: shutil.which(name) or "" for name in ("check_disk", "check_load", "check_dummy", "check_file_age")}


def traps(**each: str) -> str:
    """A config with these traps: their keys beside the probe."""
    return "".join(f'[traps.{name}]\nprobe = "command"\nevery = "30s"\n{keys}\n' for name, keys in each.items())


def argv(*words: str) -> str:
    return "run = [" + ", ".join(f'"{word}"' for word in words) + "]"


def test_performance_data_becomes_readings_with_numbers(home: Home, plugins: dict[str, str]) -> None:
    home.config(
        traps(
            disk=argv(plugins["check_disk"], "-w", "1%", "-c", "0%", "-p", "/"),
            load=argv(plugins["check_load"], "-w", "900,900,900", "-c", "999,999,999"),
        )
    )
    disk, load = trap(home, "disk"), trap(home, "load")
    assert (disk["state"], load["state"]) == ("armed", "armed")
    about = os.statvfs("/")
    used = (about.f_blocks - about.f_bfree) * about.f_frsize
    assert disk["reading"]["root"] == pytest.approx(used, rel=0.05, abs=2**26), "bytes, whatever unit the plug-in uses"
    assert disk["reading"]["root.warn"] <= disk["reading"]["root.crit"]
    assert disk["text"].startswith("DISK OK")
    assert "|" not in disk["text"]
    assert set(load["reading"]) >= {"load1", "load5", "load15", "load1.warn", "load1.crit", "seconds", "exit_status"}
    assert (load["reading"]["load1.warn"], load["reading"]["load1.crit"], load["reading"]["exit_status"]) == (900, 999, 0)
    assert all(isinstance(number, (int, float)) for each in (disk, load) for number in each["reading"].values())


def test_the_check_s_own_thresholds_and_the_trap_s_bounds_are_both_respected(
    home: Home, tmp_path: Path, plugins: dict[str, str]
) -> None:
    old = tmp_path / "backup"
    old.write_bytes(bytes(10))
    os.utime(old, (1_000_000_000, 1_000_000_000))
    age = plugins["check_file_age"]
    ours = argv(plugins["check_load"], "-w", "900,900,900", "-c", "999,999,999")
    home.config(
        traps(
            own_warning=argv(age, "-w", "60", "-c", "99999999999", "-f", str(old)),
            own_critical=argv(age, "-w", "60", "-c", "600", "-f", str(old)),
            own_unknown=argv(plugins["check_dummy"], "3", "nobody knows"),
            our_warn=ours + '\nwarn = "load1.warn >= 900"',
            our_trip=ours + '\ntrip = "load1.crit > 998"',
            our_bound_on_nothing=ours + '\ntrip = "load99 > 998"',
            missing=argv("/usr/lib/nagios/plugins/check_that_is_not_here"),
        )
    )
    listed = {each["name"]: each for each in home.json("traps")}
    assert {name: each["state"] for name, each in listed.items()} == {
        "own_warning": "warning",
        "own_critical": "tripped",
        "own_unknown": "blind",
        "our_warn": "warning",
        "our_trip": "tripped",
        "our_bound_on_nothing": "blind",
        "missing": "blind",
    }
    assert listed["own_critical"]["text"].startswith("FILE_AGE CRITICAL")
    assert listed["own_critical"]["reading"]["age"] > 600
    assert "nobody knows" in listed["own_unknown"]["text"]
    assert "no load99" in listed["our_bound_on_nothing"]["text"]
    assert "there is no program" in listed["missing"]["text"]
    assert {alert["name"] for alert in home.json("alerts")} == {"own_critical", "our_trip"}
