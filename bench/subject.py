"""What is measured: the real cockpit with a config and a journal, the real board over a made-up night, or the terminal's edge alone
before a demo list, and the same list on stock Textual."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from platform import python_implementation, python_version

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))

from support.pty import Pty as Pty  # noqa: E402  # the path above makes it importable
from wire import Wire  # noqa: E402

COMMAND = Path(sys.executable).with_name("cockpit")
"""What people type; ``python -m cockpit`` is some milliseconds slower."""

BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("BAREREADY")

Bare().run()
"""
"""The smallest Textual app: what start-up is compared with."""

CONFIG = """
me = ["ana"]
zones = ["America/Sao_Paulo"]

[people.ana]
name = "Ana"
timezone = "America/Sao_Paulo"

[people.bo]
name = "Bo"
timezone = "Europe/Berlin"

[rosters.primary]
timezone = "Europe/Berlin"
[[rosters.primary.layers]]
people = ["ana", "bo"]
start = 2026-01-05T09:00:00
turn = "1 week"

[traps.root-disk]
probe = "disk"
path = "/"
warn = "used_percent >= 98"
trip = "used_percent >= 99"
forecast = "used_percent"
runbooks = ["look"]

[traps.memory]
probe = "memory"
trip = "used_percent >= 101"

[traps.load]
probe = "load"
trip = "per_cpu >= 1000"

[traps.python]
probe = "process"
pattern = "python"

[traps.ssh]
probe = "tcp"
host = "127.0.0.1"
port = 22

[traps.nightly-dump]
probe = "file"
path = "/nonexistent/nightly.dump"
trip = "age_seconds > 26h"
severity = "critical"

[traps.queue]
probe = "command"
run = ["sh", "-c", "echo 'QUEUE CRITICAL - 84112 jobs wait | jobs=84112;1000;5000'; exit 2"]
severity = "critical"

[runbooks.look]
match = "trap=root-disk"
steps = [{ run = ["df", "-h"] }]
"""
"""An evening like any other: seven traps, of which two or three have tripped, a roster, a runbook."""

DEMO = ("--ansi", "--flat", "--rows", "5000")


SOURCE = """
[sources.am-{number}]
provider = "alertmanager"
url = "{url}"
"""
"""A source that is polled every 15 s, as they are unless told otherwise."""


def options(what: str) -> argparse.ArgumentParser:
    """The options that every measurement has."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--subject", choices=("cockpit", "new", "board", "demo", "stock"), default="cockpit")
    parser.add_argument("--ready", help="the word on the screen that says that it stands, without spaces")
    parser.set_defaults(sources=(), first="QUEUE")
    parser.add_argument("--argument", action="append", default=[], help="handed on to the subject; may be repeated")
    return parser


class Subject:
    """``cockpit`` in a home with a config (`CONFIG`, or what ``sources`` say) and the journal of an earlier run, which lasted until
    the word ``first`` stood there; ``new`` is the same in an empty home; ``board`` the real board over `support.demo_board`;
    ``demo`` and ``stock`` the list of `support.demo_screen`, behind the edge and without."""

    def __init__(self, chosen: argparse.Namespace, home: Path) -> None:
        self.name: str = chosen.subject
        self._home, self._arguments = home, chosen.argument
        # in the list of alerts alone; in the title of the traps
        said = {"cockpit": "CRIT", "new": "armed", "board": "CRIT"}
        self.ready: str = chosen.ready or said.get(self.name, "A0000005")
        self._homes = 0
        if self.name == "cockpit":
            folder = home / ".config" / "cockpit"
            folder.mkdir(parents=True)
            (folder / "config.toml").write_text("".join(chosen.sources) or CONFIG, "utf-8")
            with self.opened() as terminal:
                terminal.wait_for(chosen.first, timeout=120)
                terminal.wait_until(lambda: "not looked" not in terminal.text, what="the first look of every trap")

    @property
    def env(self) -> dict[str, str | None]:
        """The surroundings of a command in its home."""
        return _at_home(self._home)

    def opened(
        self, *more: str, columns: int = 120, lines: int = 40, truecolor: bool = True, over: Wire | None = None, draws: bool = True
    ) -> Pty:
        """It, on a pseudo-terminal of its own; ``more`` are options of the demos, ``over`` an ssh session between it and us. With
        ``draws=False`` the terminal takes no time."""
        home = self._home
        argv = [str(COMMAND)] if COMMAND.is_file() else [sys.executable, "-m", "cockpit"]
        if self.name == "new":
            self._homes += 1
            home = home / str(self._homes)
            home.mkdir()
        elif self.name == "board":
            argv = [sys.executable, "-m", "support.demo_board"]
        elif self.name != "cockpit":
            argv = [sys.executable, "-m", "support.demo_screen", *DEMO, *more, *(["--stock"] if self.name == "stock" else [])]
        env = _at_home(home)
        command = [*argv, *self._arguments]
        if over is not None:
            command = over.command(command, env, TESTS)
        return Pty(command, columns=columns, lines=lines, cwd=TESTS, env=env, truecolor=truecolor, draws=draws)


@contextlib.contextmanager
def subject(chosen: argparse.Namespace) -> Iterator[Subject]:
    """What the options ask for, in a home that goes away."""
    with tempfile.TemporaryDirectory() as home:
        yield Subject(chosen, Path(home))


@contextlib.contextmanager
def cockpit_at(alertmanager: str, every: str, columns: int = 120, lines: int = 40) -> Iterator[Pty]:
    """The cockpit on a terminal of its own, with one source and no trap."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / ".config" / "cockpit"
        folder.mkdir(parents=True)
        source = f'provider = "alertmanager"\nurl = "{alertmanager}"\nevery = "{every}"\nwithin = "60s"\ntimeout = "60s"\n'
        (folder / "config.toml").write_text(f'me = ["ana"]\n[sources.am]\n{source}', "utf-8")
        with Pty([str(COMMAND)], columns=columns, lines=lines, env=_at_home(Path(home))) as terminal:
            yield terminal


def _at_home(home: Path) -> dict[str, str | None]:
    return {"HOME": str(home), "XDG_STATE_HOME": None, "XDG_CONFIG_HOME": None, "XDG_RUNTIME_DIR": None, "COCKPIT_CONFIG": None}


def versions() -> str:
    """What was measured with."""
    return f"{python_implementation()} {python_version()}, Textual {version('textual')}, rich {version('rich')}"
