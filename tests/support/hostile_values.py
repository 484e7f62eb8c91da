"""Values that an enemy may put into a label, many of them and the same each time: what shells, ssh, printf and JSON take amiss."""

from __future__ import annotations

import random
from collections.abc import Iterator

__all__ = ["hostile_values"]

_PIECES = (
    "$(touch {canary})", "`touch {canary}`", "; touch {canary};", "&& touch {canary} &", "| touch {canary}",
    "\ntouch {canary}\n", "'; touch {canary}; '", '"; touch {canary}; "', "\\", "\\\\", "'", '"', "''", "\n",
    "\r\n", "\t", " ", "  ", "$HOME", "${IFS}", "$'\\x41'", "%s", "%%", "%n", "\\n", "\\0101", "\\c", "*", "?",
    "[a-z]", "~", "~root", "{a,b}", "{x}", "{{", "}}", "!!", "!$", "#", "-", "--", "-rf",
    "-oProxyCommand=touch {canary}", "=", "<", ">", ">>{canary}", "<(touch {canary})", "\x01", "\x07", "\x1b[2J",
    "\x7f", "\x80", "\x81", "\x88", "é", "漢字", "\u202e", "\u2028", "\U0001f600", "\udc80", "\udcff", "e\u0301", "a",
    "web-3", "0", "", "[cockpit ", "end\n", "EOF\n", "\x1e",
)  # fmt: skip
"""``{canary}`` is a file that nobody may make."""


def hostile_values(many: int, canary: str, seed: int = 7) -> Iterator[str]:
    """So many values, no NUL among their characters."""
    pieces = [piece.replace("{canary}", canary) for piece in _PIECES]
    chance = random.Random(seed)  # the same values each time is what is wanted
    for _ in range(many):
        yield "".join(chance.choices(pieces, k=chance.randrange(1, 6)))
