"""Who imports whom, proven at run time: a static graph misses deferred imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

from support.home import Home

PROBE = """
import sys
from cockpit.cli import main
try:
    main({words!r})
except SystemExit:
    pass
print("MODULES", *sorted(sys.modules))
"""


def everything(home: Home, *words: str) -> set[str]:
    """All modules in memory after a command, the standard library's too."""
    done = subprocess.run(
        (sys.executable, "-c", PROBE.format(words=list(words))),
        capture_output=True,
        text=True,
        env=home.env,
        timeout=60,
        check=False,
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("MODULES")]
    return set(line.split()[1:])


def modules(home: Home, *words: str) -> set[str]:
    """The cockpit's own modules after a command, and those that it may not import."""
    return {name for name in everything(home, *words) if name.split(".")[0] in ("textual", "httpx", "cockpit")}


CONFIG = """
[traps.root]
probe = "disk"
path = "/"
trip = "used_percent >= 101"
"""


@pytest.mark.parametrize("words", [("alerts",), ("oncall", "--json"), ("traps",), ("runs",), ("beat", "x"), ("check",), ("keys",)])
def test_a_command_without_a_screen_never_imports_textual_or_httpx(home: Home, words: tuple[str, ...]) -> None:
    home.config(CONFIG)
    loaded = modules(home, *words)
    assert not {name for name in loaded if name.startswith(("textual", "httpx"))}


def test_what_the_config_does_not_name_is_not_imported(home: Home) -> None:
    home.config(CONFIG)
    loaded = modules(home, "alerts")
    assert "cockpit.probes.disk" in loaded
    assert not loaded & {"cockpit.probes.tls", "cockpit.probes.http", "cockpit.probes.command", "cockpit.probes.systemd"}


def test_the_version_needs_nothing_at_all(home: Home) -> None:
    assert modules(home, "--version") == {"cockpit", "cockpit.cli"}


def test_who_is_on_call_is_told_without_the_engine_and_what_it_needs(home: Home) -> None:
    for config in ("", CONFIG):
        if config:
            home.config(config)
        loaded = everything(home, "oncall", "--json")
        assert not loaded & {
            "asyncio",
            "sqlite3",
            "textual",
            "httpx",
            "keyring",
            "rich",
            "cockpit.engine.engine",
            "cockpit.discover",
        }


def test_a_heartbeat_loads_the_journal_and_no_more(home: Home) -> None:
    loaded = everything(home, "beat", "nightly")
    assert "cockpit.engine.journal" in loaded
    assert not loaded & {
        "asyncio",
        "textual",
        "httpx",
        "psutil",
        "rich",
        "cockpit.engine.engine",
        "cockpit.discover",
        "cockpit.config.decode",
    }
