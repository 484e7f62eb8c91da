"""Matching a person's pattern against a stranger's text, so that neither can freeze the cockpit.

Python's ``re`` holds the interpreter for as long as one search takes, and a pattern such as ``(a+)+$`` takes years on thirty
characters that someone else chose. A thread does not help: every other thread waits. So a pattern that repeats anything is
matched in a process of its own, which is killed at the deadline; one that repeats nothing (``ERROR|CRIT``, ``" 50[234] "``)
takes time proportional to the text, and is matched here.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence

from ..core.text import clean
from ..core.units import say_seconds
from ..provider import ProbeError

_CHILD = r"""
import re, sys
pattern, ignore, *texts = sys.stdin.buffer.read().decode("utf-8", "surrogatepass").split("\0")
wanted, unwanted = re.compile(pattern), re.compile(ignore) if ignore else None
for at, text in enumerate(texts):
    if wanted.search(text) and not (unwanted and unwanted.search(text)):
        sys.stdout.write("%d\n" % at)
"""
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_REPEATS = re.compile(r"[*+{]|(?<!\()\?")  # "(?" opens a group; any other "?" repeats


def check_pattern(name: str, pattern: str) -> None:
    """Raises `ValueError` that says what is wrong with the pattern, and where."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{name} is not a regular expression: {error}") from error
    if "\0" in pattern:
        raise ValueError(f"{name} must not hold a NUL")


class Matcher:
    """A pattern, and another for what to leave out ("" = nothing)."""

    def __init__(self, pattern: str, ignore: str = "") -> None:
        self._patterns = (pattern, ignore)
        self._apart = any(_REPEATS.search(_ESCAPED.sub("", each)) for each in self._patterns)
        self._wanted = re.compile(pattern)
        self._unwanted = re.compile(ignore) if ignore else None

    def pick(self, texts: Sequence[str], within: float) -> list[int]:
        """Which of the texts match, by place. Raises `ProbeError` where that takes longer than ``within`` seconds."""
        if not texts:
            return []
        if not self._apart:
            return [at for at, text in enumerate(texts) if self._matches(text)]
        wire = "\0".join([*self._patterns, *(text.replace("\0", "\ufffd") for text in texts)]).encode("utf-8", "surrogatepass")
        try:
            child = subprocess.run(
                [sys.executable, "-I", "-S", "-c", _CHILD], input=wire, capture_output=True, timeout=within, check=True
            )
        except subprocess.TimeoutExpired as error:
            shown = clean(self._patterns[0], 60)
            raise ProbeError(
                f"the pattern {shown} took longer than {say_seconds(within)} on this text: avoid repeats within repeats"
            ) from error
        except (OSError, subprocess.CalledProcessError) as error:
            raise ProbeError(f"the pattern cannot be matched: {error}") from error
        return [int(line) for line in child.stdout.split()]

    def _matches(self, text: str) -> bool:
        return bool(self._wanted.search(text)) and not (self._unwanted is not None and self._unwanted.search(text))
