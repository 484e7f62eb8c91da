"""Who imports whom, proven at run time: a static graph misses deferred imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.home import Home
from support.pty import Pty

PROBE = """
import sys
from pathlib import Path
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
    watching = {"cockpit.engine.outside", "cockpit.core.outside", "cockpit.engine.metrics", "cockpit.engine.measured"}
    assert not loaded & {*watching, "cockpit.core.exposition"}, "what only a watch needs"


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


FIRST_FRAME = """
import os, sys
from cockpit.lent import slim_msgspec, standing_in
with standing_in(slim_msgspec()):  # as the command does
    import cockpit.cli.screen
from cockpit.cli import main

def drawn(desk):
    with open({out!r}, "w") as file:
        print(*sorted(sys.modules), file=file)
    os._exit(0)

cockpit.cli.screen._drawn = drawn
main([])
"""


def test_the_first_frame_waits_for_nothing_that_it_does_not_show(home: Home, tmp_path: Path) -> None:
    more = '[traps.memory]\nprobe = "memory"\ntrip = "used_percent >= 101"\n[traps.python]\nprobe = "process"\nname = "x"\n'
    home.config(CONFIG + more)
    out = tmp_path / "modules"
    with Pty([sys.executable, "-c", FIRST_FRAME.format(out=str(out))], env=home.env) as terminal:
        terminal.wait_exit()
    loaded = set(out.read_text("utf-8").split())
    assert {"textual.app", "cockpit.ui.board", "cockpit.probes.disk", "cockpit.engine.journal"} <= loaded
    later = {
        "argparse",
        "asyncio.sslproto",
        "base64",
        "calendar",
        "difflib",
        "email",
        "hashlib",
        "httpx",
        "importlib.metadata",
        "mimetypes",
        "keyring",
        "platformdirs",
        "psutil",
        "secrets",
        "ssl",
        "statistics",
        "typing_extensions",
        "zipfile",
        "msgspec.inspect",
        "textual.fuzzy",
        "textual.layouts.grid",
        "textual.widgets._input",
        "textual.widgets._option_list",
        "textual.widgets._static",
        "cockpit.capabilities",
        "cockpit.config.laying",
        "cockpit.core.answer",
        "cockpit.core.arming",
        "cockpit.core.backtest",
        "cockpit.core.books",
        "cockpit.core.escalation",
        "cockpit.core.export",
        "cockpit.core.handover",
        "cockpit.core.handover_words",
        "cockpit.core.incident_timeline",
        "cockpit.core.incidents",
        "cockpit.core.lookback",
        "cockpit.core.patterns",
        "cockpit.core.policies",
        "cockpit.core.postmortem",
        "cockpit.core.recorded",
        "cockpit.core.report_fires",
        "cockpit.core.report_toil",
        "cockpit.core.schedule",
        "cockpit.core.sharing",
        "cockpit.discover",
        "cockpit.engine.aftermath_table",
        "cockpit.engine.arming",
        "cockpit.engine.attached",
        "cockpit.engine.engine",
        "cockpit.engine.fire_facts",
        "cockpit.engine.frames",
        "cockpit.engine.hub",
        "cockpit.engine.handover_facts",
        "cockpit.engine.incidents_table",
        "cockpit.engine.keeper",
        "cockpit.engine.pages_table",
        "cockpit.engine.recording",
        "cockpit.engine.replay",
        "cockpit.engine.serving",
        "cockpit.engine.reporting",
        "cockpit.engine.sharing",
        "cockpit.engine.thinning",
        "cockpit.cli.recorder",
        "cockpit.ui.reel",
        "cockpit.engine.toil_facts",
        "cockpit.engine.works",
        "cockpit.providers.local",
        "cockpit.responding",
        "cockpit.running",
        "cockpit.ui.deeds",
        "cockpit.ui.flows.lay",
        "cockpit.ui.incident",
        "cockpit.ui.palette",
        "cockpit.ui.report",
    }
    assert loaded & later == set()


def test_the_command_itself_loads_nothing_before_the_last_board_hangs() -> None:
    script = Path(__file__).parents[1] / "scripts" / "cockpit"
    assert script.stat().st_mode & 0o111 == 0o111, "it is installed as it is"
    done = subprocess.run((sys.executable, "-X", "importtime", script, "--version"), capture_output=True, text=True, check=True)
    assert done.stdout.startswith("cockpit ")
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "cockpit.cli" in loaded
    assert not loaded & {"re", "enum", "collections", "typing", "pathlib"}
