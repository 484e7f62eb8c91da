"""Words from outside as words in Markdown: nothing in them is markup, a link, a mention or HTML."""

from __future__ import annotations

import re

from .text import clean

_MARKS = re.compile(
    r"[!#$%&()*+\-.;<=>?\[\\\]^`{|}~]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|(?<![0-9]{2}):|:(?![0-9]{2}(?![:0-9]))|(?<=/)/|/(?=/)"
)
"""ASCII punctuation that may mean something where it stands: a backslash before it takes that away (CommonMark 0.31, sections 2.4
and 6.2). Within a word ``_`` means nothing, nor a single ``/``, nor the colon of a time of day."""


def inert(text: str) -> str:
    """One line that is shown as it is. A word with an ``@`` becomes code: some sites make a mention or a mail address of it
    whatever stands before it."""
    return " ".join(_word(word) for word in clean(text).split())


def code(text: str) -> str:
    """The same as code: for names and bounds, which are to be copied as they are."""
    line = " ".join(clean(text).split())
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def _word(word: str) -> str:
    if "@" in word:
        return code(word)
    return _MARKS.sub(r"\\\g<0>", word) if _LOUD.search(word) else word


_LOUD = re.compile(
    r"[!#$&*+<=>\[\\\]^`{|}~]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|//|^-+$|^\d+[.)]$"
    r"|(?<![0-9]{2}):.|:(?![0-9]{2}(?![:0-9])).|[^\W\d]\.\w|\.[^\W\d]"
)
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
