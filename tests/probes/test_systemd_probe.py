"""systemd: against a STAND-IN ``systemctl`` on PATH that gives answers as systemd 252 gives them.

These machines are not booted with systemd, so its real answers were taken from its documentation and source (systemctl(1),
``list-units --plain --no-legend``, ``show``); the test of a machine without systemd is real.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.config.model import ConfigError
from cockpit.core.traps import TrapState
from cockpit.provider import ProbeError
from support.looking import probe

Says = Callable[..., Path]

FAILED = """\
apt-daily.service           loaded failed failed Daily apt download activities
nginx.service               loaded failed failed A high performance web server and a reverse proxy server
mnt-backup.mount            loaded failed failed /mnt/backup
"""


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Says:
    """Put a stand-in on PATH that prints this and ends so; gives the file with the words it was called with."""

    def make(output: str = "", errors: str = "", status: int = 0, sleeps: float = 0) -> Path:
        program, called = tmp_path / "systemctl", tmp_path / "called"
        program.write_text(
            f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {called}\nprintf '%s' {_quoted(output)}\n"
            f"printf '%s' {_quoted(errors)} >&2\nsleep {sleeps}\nexit {status}\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return called

    return make


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def unit(**state: str) -> str:
    """What ``systemctl show`` prints of a unit."""
    usual = {"LoadState": "loaded", "ActiveState": "active", "SubState": "running", "Result": "success", "NRestarts": "0"}
    return "".join(f"{key}={value}\n" for key, value in {**usual, **state}.items())


def test_failed_units_trip_and_are_named(says: Says) -> None:
    called = says(FAILED)
    reading = probe("systemd").look()
    assert reading.values == {"failed": 3}
    assert reading.verdict is TrapState.TRIPPED
    assert reading.text == "3 failed: apt-daily.service, nginx.service, mnt-backup.mount"
    assert "--state=failed" in called.read_text().split("\n")


def test_none_failed_is_content(says: Says) -> None:
    says("")
    reading = probe("systemd").look()
    assert (reading.values, reading.verdict, reading.text) == ({"failed": 0}, None, "no failed units")


def test_some_failures_are_ignored_or_allowed(says: Says) -> None:
    says(FAILED)
    assert probe("systemd", ignore=["apt-*"]).look().values == {"failed": 2}
    assert probe("systemd", ignore=["apt-*"], allow=2).look().verdict is None
    assert probe("systemd", allow=2).look().verdict is TrapState.TRIPPED


@pytest.mark.parametrize(
    ("state", "verdict", "said"),
    [
        ({}, None, "active (running)"),
        ({"NRestarts": "4"}, None, "active (running), restarted 4 times"),
        ({"ActiveState": "failed", "SubState": "failed", "Result": "exit-code"}, TrapState.TRIPPED, "failed (failed): exit-code"),
        ({"ActiveState": "inactive", "SubState": "dead"}, TrapState.TRIPPED, "inactive (dead)"),
        ({"ActiveState": "activating", "SubState": "start"}, TrapState.WARNING, "activating (start)"),
        ({"ActiveState": "activating", "SubState": "auto-restart"}, TrapState.TRIPPED, "activating (auto-restart)"),
        (
            {"LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead"},
            TrapState.TRIPPED,
            "systemd knows no such unit: inactive (dead)",
        ),
        ({"LoadState": "masked", "ActiveState": "inactive", "SubState": "dead"}, TrapState.TRIPPED, "its definition is masked"),
    ],
)
def test_one_units_state(says: Says, state: dict[str, str], verdict: TrapState | None, said: str) -> None:
    says(unit(**state))
    reading = probe("systemd", unit="nginx.service").look()
    assert reading.verdict is verdict
    assert said in reading.text
    assert reading.values["active"] == (1 if state.get("ActiveState", "active") == "active" else 0)


def test_a_timers_service_may_rest(says: Says) -> None:
    says(unit(ActiveState="inactive", SubState="dead"))
    assert probe("systemd", unit="backup.service", states=["active", "inactive"]).look().verdict is None


def test_a_unit_is_one_argument_and_never_an_option(says: Says) -> None:
    called = says(unit())
    probe("systemd", unit="a b; touch x.service", user=True).look()
    words = called.read_text().split("\n")
    assert "a b; touch x.service" in words
    assert words.index("--") == words.index("a b; touch x.service") - 1
    assert "--user" in words
    with pytest.raises(ConfigError, match="not a unit's name"):
        probe("systemd", unit="--host=elsewhere")


def test_hostile_names_of_units_are_made_harmless(says: Says) -> None:
    says(json.loads('"evil\\u001b]52;c;eA==\\u0007.service loaded failed failed x\\n"'))
    assert "\x1b" not in probe("systemd").look().text


def test_systemd_that_does_not_answer_cannot_be_seen(says: Says) -> None:
    says(sleeps=30)
    with pytest.raises(ProbeError, match="no answer within 200 ms"):
        probe("systemd", within="200ms").look()
    says(errors="System has not been booted with systemd as init system (PID 1). Can't operate.", status=1)
    with pytest.raises(ProbeError, match="was not booted with systemd"):
        probe("systemd").look()
    says(errors="Failed to connect to bus: Connection refused", status=1)
    with pytest.raises(ProbeError, match="Failed to connect to bus"):
        probe("systemd").look()


def test_a_machine_without_systemd_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProbeError, match="no systemctl"):
        probe("systemd").look()
