"""What adapters of engines that run jobs have in common: answers read whole, parts of paths, moments in sentences, a log's tail."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

from ..core.text import clean
from ..provider import Malformed, Reply
from .records import UNREADABLE, one

T = TypeVar("T")

LINES_AT_ONCE = 5000
"""Lines of a log that one progress tells at most; the rest comes with the next."""
_SECTION = re.compile(r"section_(?:start|end):\d+:[^\r\n\x1b]*\r?(?:\x1b\[0K)?")
_STAMP = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ")


def read(reply: Reply, kind: type[T]) -> T:
    """An answer that is one record. Raises `Malformed`."""
    try:
        return one(reply.body, kind)
    except UNREADABLE as error:
        raise Malformed(f"its answer cannot be read: {clean(str(error), 200)}") from error


def part(text: str) -> str:
    """A name or an id as one part of a path, slashes included. Raises `Malformed` where it would lead to another place: "" and what
    is only dots (RFC 3986, 5.2.4)."""
    if not text.strip("."):
        raise Malformed(f"{clean(text, 60)!r} is no name and no id: an address with it would lead to another place")
    return quote(text, safe="")


def since(at: datetime) -> str:
    """A moment in a sentence."""
    return f"since {at:%H:%M:%S} UTC"


def tail(log: bytes, told: int) -> tuple[tuple[str, ...], int]:
    """(the whole lines of a log from byte ``told`` on, the byte at which to go on). What a CI puts in for its own pages (marks of
    sections, a time before each line) is left out. A last line without an end is told when its end has come."""
    fresh = log[told:]
    end = fresh.rfind(b"\n") + 1
    lines = fresh[:end].split(b"\n")[:-1][:LINES_AT_ONCE]
    told += sum(len(line) + 1 for line in lines)
    return tuple(_plain(line.decode("utf-8", "replace")) for line in lines), told


def rest(log: bytes, told: int) -> tuple[str, ...]:
    """What `tail` leaves of a log that has ended: a last line without an end."""
    left = log[told:]
    return (_plain(left.decode("utf-8", "replace")),) if left and b"\n" not in left else ()


def _plain(line: str) -> str:
    return _STAMP.sub("", _SECTION.sub("", line)).rstrip("\r")
