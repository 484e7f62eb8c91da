"""Words from outside as words in Markdown: nothing in them is markup, a link, a mention or HTML."""

from __future__ import annotations

import re

from .text import clean

_MARKS = re.compile(
    r"""[*`\[<~|$]                                     # emphasis, code, links, HTML, strike-through, tables; formulas on some sites
    | \\(?=[!-/:-@\[-`{-~]|$)                          # a backslash that would take the meaning of the next sign away
    | (?<![0-9A-Za-z])_ | _(?![0-9A-Za-z])              # emphasis, but not within a word
    | &(?=\#?\w+;)                                      # entities
    | /(?=/) | \.(?=[^\W\d])                            # what many take for an address: //host, host.name
    | (?<!\d):(?=[\w+-]+:) | \#(?=\w)                   # emoji and numbers of issues, on some sites
    | ^\#(?=\#*$)                                       # begins a heading, and ends one
    """,
    re.VERBOSE,
)
"""Signs that may mean something where they stand; a backslash before one takes that away (CommonMark 0.31, sections 2.4, 2.5 and 6;
GFM 0.29, section 6.9)."""


def inert(text: str) -> str:
    """One line that is shown as it is, with no more backslashes than it needs. A word with an ``@`` becomes code: some sites make a
    mention or a mail address of it whatever stands before it. So does an address: as code it can be read and copied."""
    words = clean(text).split()
    return " ".join(_word(word, first=not number) for number, word in enumerate(words))


def cell(text: str) -> str:
    """The same in a cell of a table, which a bar ends even within code (GFM 0.29, section 4.10)."""
    return _BAR.sub(lambda bar: bar[0] if len(bar[1]) % 2 else f"{bar[1]}\\|", inert(text))


_BAR = re.compile(r"(\\*)\|")


def code(text: str) -> str:
    """The same as code: for names and bounds, which are to be copied as they are."""
    line = " ".join(clean(text).split())
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def link(url: str) -> str:
    """An address that leads there and shows where; anything but plain http and https is only code."""
    return f"<{url}>" if _ADDRESS.fullmatch(url) else code(url)


_ADDRESS = re.compile(r"https?://[!#-;=?-\[\]_a-z~%]+")


def _word(word: str, *, first: bool) -> str:
    if "@" in word or "://" in word:
        return code(word)
    quiet = _MARKS.sub(r"\\\g<0>", word)
    return _BEGINS.sub(r"\1\\\2", quiet, count=1) if first else quiet


_BEGINS = re.compile(r"^(\d{0,9})((?:(?<=\d)[.)]|(?<!\d)(?:[-+]|-+|=+))$|(?<!\d)>)")
"""What begins a list, a rule or a quotation, or makes a heading of the line above, where it stands first (CommonMark 0.31, sections
4.1 to 4.3, 5.1 and 5.2)."""


BARS = "▁▂▃▄▅▆▇█"


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
    return "".join(BARS[round((tops[n] - low) / span * (len(BARS) - 1))] if n in tops else " " for n in range(cells))
