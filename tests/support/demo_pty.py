"""The demo screen on a pseudo-terminal, and what can be seen of it."""

from __future__ import annotations

import sys
from pathlib import Path

from .pty import Pty

TESTS = Path(__file__).parents[1]
DEMO = (sys.executable, "-m", "support.demo_screen")
"""How it is started, in ``TESTS``."""

HARD_TEXT = """漢字 and full width ｆｕｌｌ
combining e\u0301 a\u0308 n\u0303 marks
emoji 🔥 🚀 and boxes ┌─┐ ▲ ■ ●
ünïcödé ─ Ελλάδα Кириллица
plain"""


def demo(*options: str, columns: int = 90, lines: int = 24, **more: object) -> Pty:
    """The demo screen behind the edge, with its own options (and ``Pty``'s)."""
    return Pty([*DEMO, *options], columns=columns, lines=lines, cwd=TESTS, **more)  # type: ignore[arg-type]  # handed on as they are


def visible(t: Pty) -> list[list[tuple[object, ...]]]:
    """What can be seen of each cell: letters do not colour a space."""
    lines = []
    for row in t.grid():
        line: list[tuple[object, ...]] = []
        for cell in row:
            drawn = cell.underscore or cell.strikethrough or cell.reverse
            ink = (cell.fg, cell.bold, cell.italics) if cell.text != " " or drawn else ()
            line.append((cell.text, cell.bg, cell.underscore, cell.strikethrough, cell.reverse, ink))
        lines.append(line)
    return lines


def stopped(t: Pty) -> bool:
    """Whether the process is stopped (state T)."""
    t.pump(0.02)
    return Path(f"/proc/{t.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
