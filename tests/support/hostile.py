"""What an enemy may say, and how one sees that it stayed text: on the screen beside a harmless twin, and in every byte sent."""

from __future__ import annotations

import re

from cockpit.ui.places import places
from support.pty import Pty

__all__ = ["SAID", "UNSAFE", "only_ours", "settle_alike"]

UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066\u200b]")
"""What must be in no line that a command prints."""

OURS = re.compile(
    rb"\x1b\[\?(?:7|25|1000|1004|1006|1015|1049|2004|2026)[hl]"  # modes
    rb"|\x1b\[\?2026\$p|\x1b\[>25u|\x1b\[<u"  # one question, and the keyboard
    rb"|\x1b\[2[23];2t|\x1b\]2;[^\x00-\x1f\x7f]*\x07|\x07"  # title, bell
    rb"|\x1b\[[0-9;]*[ABCDHJKLMmr]|[\r\n\b]|[^\x00-\x1f\x7f]"  # frames
)
"""Every byte that may ever leave for the terminal in these stories."""

SAID = {
    "screen": "cleared \x1b[2J\x1b[H\x1b[31m\x1b[?1049l\x1bc and red",
    "clipboard": "copies \x1b]52;c;b3duZWQ=\x07 asks \x1b]52;c;?\x07 \x1b[c\x1b[6n\x1b]11;?\x07 end",
    "title": "names \x1b]0;owned\x07\x1b]2;owned\x1b\\ and \x1bPq#0\x1b\\ \x1b_x\x1b\\ end",
    "c1": "eight bits \u009b2J\u009d0;owned\u009c \u0090q\u009c end",
    "odd": "nul \x00 bell \x07 back \b\b\b so \x0e si \x0f del \x7f end",
    "markup": "[red]red[/red] [@click=app.quit]quit[/] [link=file:///etc/passwd]x[/link] [[ $x {path}",
    "bidi": "\u202egnp.exe\u202c \u2066x\u2069 zero\u200b\u200d\ufeffwidth \U000e0041tag wide 漢字 e\u0301 end",
    "long": "long " + "A" * 100_000 + "\x1b[2J",
}
"""Texts that would drive a terminal, by what they would do."""


def shown(t: Pty) -> list[str]:
    """The screen without what differs between any two: figures, and the detail with its curves."""
    away = places(t.columns, t.lines, "alerts").regions["detail"]
    lines = t.display
    for y in range(away.y, away.bottom):
        lines[y] = " " * away.width + lines[y][away.width :]
    return [re.sub(r"[0-9]+", "0", line) for line in lines]


def settle_alike(one: Pty, other: Pty) -> None:
    """Wait until both show the same; if they never do, say where they differ."""
    for _ in range(60):
        one.pump(0.2)
        other.pump(0.2)
        if shown(one) == shown(other):
            return
    differing = [pair for pair in zip(shown(one), shown(other), strict=True) if pair[0] != pair[1]]
    assert differing == [], f"{one.picture()}\n{other.picture()}"


def only_ours(t: Pty) -> bytes:
    """What left for the terminal and is not ours: must be nothing."""
    return OURS.sub(b"", t.raw)
