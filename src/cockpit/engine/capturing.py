"""Values out of what a step printed. A person's pattern meets a stranger's text here: it is matched in a process of its own, which
is ended where that takes long (Python's ``re`` holds the interpreter for as long as one search takes)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping

import msgspec

from ..core.placeholders import unfit
from ..core.steps.capture import Capture, at_path
from ..core.text import clean
from ..core.units import say_seconds

MOST = 2**20
"""Bytes of a step's output, from its beginning, in which is looked."""
WITHIN = 5.0
"""Seconds that one search may take."""
_CHILD = r"""
import re, sys
name, pattern, text = sys.stdin.buffer.read().decode("utf-8", "surrogatepass").split("\0", 2)
found = re.compile(pattern, re.MULTILINE).search(text)
if found is None:
    sys.exit(3)
group = name if name in found.re.groupindex else 1 if found.re.groups else 0
sys.stdout.buffer.write((found[group] or "").encode("utf-8", "surrogatepass"))
"""


class NotCaptured(Exception):
    """A value that could not be had, or may not be used; the message goes on after the step's name."""


async def capture_all(wanted: Mapping[str, Capture], output: bytes) -> dict[str, str]:
    """Every value of ``wanted``, by name. Raises `NotCaptured`."""
    text = output.decode("utf-8", "replace").replace("\r\n", "\n").replace("\0", "\ufffd")
    return {name: await _captured(name, each, text) for name, each in wanted.items()}


async def _captured(name: str, wanted: Capture, text: str) -> str:
    value = _out_of_json(name, wanted.json, text) if wanted.json else await asyncio.to_thread(_matched, name, wanted.regex, text)
    if value is None:
        if wanted.default is None:
            raise NotCaptured(f"printed nothing of which {name} could be taken ({wanted.json or wanted.regex})")
        value = wanted.default
    if why := unfit(name, value, wanted.pattern, allow_dash=wanted.allow_dash, allow_control=wanted.allow_control):
        raise NotCaptured(f"printed what may not be used: {why}")
    return value


def _out_of_json(name: str, path: str, text: str) -> str | None:
    try:
        tree: object = msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise NotCaptured(f"printed no JSON of which {name} could be taken: {clean(str(error), 200)}") from None
    return at_path(tree, path)


def _matched(name: str, pattern: str, text: str) -> str | None:
    wire = "\0".join((name, pattern, text)).encode("utf-8", "surrogatepass")
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _CHILD], input=wire, capture_output=True, timeout=WITHIN, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotCaptured(f"printed what the regex of {name} does not get through within {say_seconds(WITHIN)}") from None
    except OSError as error:
        raise NotCaptured(f"printed what could not be looked through for {name}: {error.strerror}") from error
    return child.stdout.decode("utf-8", "replace") if child.returncode == 0 else None
