"""What is measured: the real cockpit with an empty HOME, a demo screen behind the same edge, or the same demo on stock Textual."""

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

BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("BAREREADY")

Bare().run()
"""
"""The smallest Textual app: what start-up is compared with."""

DEMO = [sys.executable, "-m", "support.demo_screen", "--ansi", "--flat", "--rows", "1000"]


def options(what: str) -> argparse.ArgumentParser:
    """The options that every measurement has."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--subject", choices=("cockpit", "demo", "stock"), default="cockpit")
    parser.add_argument("--ready", help="the word on the screen that says that it stands, without spaces")
    parser.add_argument("--argument", action="append", default=[], help="handed on to the cockpit; may be repeated")
    return parser


@contextlib.contextmanager
def opened(chosen: argparse.Namespace, *more: str, columns: int = 120, lines: int = 40) -> Iterator[tuple[Pty, str]]:
    """The subject on a pseudo-terminal of its own, and the word that tells that it stands."""
    argv = [*DEMO, *more, *(["--stock"] if chosen.subject == "stock" else [])]
    with tempfile.TemporaryDirectory() as home:
        if chosen.subject == "cockpit":
            argv = [sys.executable, "-m", "cockpit", *chosen.argument]
        env = {"HOME": home, "XDG_STATE_HOME": None, "XDG_CONFIG_HOME": None, "XDG_RUNTIME_DIR": None}
        with Pty(argv, columns=columns, lines=lines, cwd=TESTS, env=env) as terminal:
            yield terminal, chosen.ready or ("armed" if chosen.subject == "cockpit" else "A0000005")


def versions() -> str:
    """What was measured with."""
    return f"{python_implementation()} {python_version()}, Textual {version('textual')}, rich {version('rich')}"
