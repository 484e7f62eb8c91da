"""Words from outside as words in Markdown: nothing in them is markup, a link, a mention or HTML."""

from __future__ import annotations

import re

from .text import clean

_MARKS = re.compile(r"([!\"#$%&'()*+\-./:;<=>?@\[\\\]^_`{|}~])")
"""ASCII punctuation that may mean something: a backslash before it takes that away (CommonMark 0.31, section 2.4)."""


def inert(text: str) -> str:
    """One line that is shown as it is. A word with an ``@`` becomes code: some sites make a mention or a mail address of it
    whatever stands before it."""
    return " ".join(_word(word) for word in clean(text).split())


def _word(word: str) -> str:
    if "@" not in word:
        return _MARKS.sub(r"\\\1", word) if _LOUD.search(word) else word
    fence = "`" * (max((len(run) for run in re.findall("`+", word)), default=0) + 1)
    return f"{fence} {word} {fence}" if "`" in word else f"`{word}`"


_LOUD = re.compile(r"[!#$&*+<=>\[\\\]^_`{|}~/]|^-+$|^\d+[.)]$|:.|[^\W\d]\.\w|\.[^\W\d]")
"""What could be more than a word; plain ones stay as one reads them."""


def sparkline(points: tuple[tuple[float, float], ...], since: float, until: float, cells: int = 60) -> str:
    """``points`` (seconds since the epoch, value) as a line of bars from the least to the greatest, the highest of each cell; a gap
    where there was no reading. "" where there are none."""
    tops: dict[int, float] = {}
    for at, value in points:
        if since <= at <= until:
            cell = min(cells - 1, int((at - since) / max(1.0, until - since) * cells))
            tops[cell] = max(value, tops.get(cell, value))
    if not tops:
        return ""
    low, high = min(tops.values()), max(tops.values())
    span = (high - low) or 1.0
    return "".join(_BARS[round((tops[n] - low) / span * (len(_BARS) - 1))] if n in tops else " " for n in range(cells))


_BARS = "▁▂▃▄▅▆▇█"
