"""The text of a calendar (RFC 5545), cut into its parts, so that a broken part costs itself and nothing else.

Of an event only the lines that say when it is and whose are kept: whatever else an exporter writes cannot break it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ..core.text import clean
from ..provider import Malformed

MOST_EVENTS = 20_000
"""Events of a calendar that are read."""
KEPT = frozenset(
    {"UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "SEQUENCE", "STATUS"}
    | {"SUMMARY", "DESCRIPTION", "LOCATION", "ORGANIZER", "ATTENDEE"}
)
"""The lines of an event that count."""
LINE = re.compile(r'([A-Za-z0-9-]+)((?:;[^:";]*(?:"[^"]*"[^:";]*)*)*):(.*)', re.DOTALL)
"""One line: its name, its parameters (each behind a ``;``, names of zones with a colon in quotes), its value."""
_FOLD = re.compile(r"(?:\r\n|\n|\r)[ \t]")
_BREAK = re.compile(r"\r\n|\n|\r")
_DAY = re.compile(r"\s*(\d{8})", re.ASCII)
_MOVABLE = ("RRULE", "RDATE", "RECURRENCE-ID", "DURATION")


class Written(msgspec.Struct, frozen=True):
    """An event as written. ``first`` and ``last`` are the days (``20261125``) on which it begins and ends, by its own clock; "" for
    one that may be at any time: a series, or a text without such days."""

    uid: str
    lines: tuple[str, ...]
    first: str = ""
    last: str = ""


class Parts(msgspec.Struct, frozen=True):
    """A calendar: its name and its zone (``X-WR-…``, not cleaned), its events, and its zones' rules by TZID. ``cut`` counts events
    that do not end, ``more`` those that are too many."""

    name: str
    zone: str
    events: tuple[Written, ...]
    zones: Mapping[str, str]
    cut: int = 0
    more: int = 0


class _Walk:
    """Goes through the lines once."""

    def __init__(self) -> None:
        self.own: dict[str, str] = {}
        self.events: list[Written] = []
        self.zones: dict[str, str] = {}
        self.cut = self.more = 0
        self.begun = self.ended = False
        self._inside: list[str] = []
        self._lines: list[str] = []

    def take(self, line: str) -> None:
        """The next line, unfolded."""
        word, colon, rest = line.partition(":")
        mark, what = word.strip().upper(), rest.strip().upper()
        if colon and mark == "BEGIN":
            self._begin(what)
        elif colon and mark == "END":
            self._end(what)
        elif self._inside == ["VCALENDAR"]:
            self._of_the_calendar(line)
        elif self._inside and (self._inside[-1] == "VEVENT" or "VTIMEZONE" in self._inside):
            self._lines.append(line)

    def _begin(self, what: str) -> None:
        if what == "VCALENDAR":
            self.cut += "VEVENT" in self._inside
            self.begun, self.ended, self._inside = True, False, []
        elif what in ("VEVENT", "VTIMEZONE") and self._inside[1:]:
            self.cut += "VEVENT" in self._inside
            self._inside = self._inside[:1]
        self._inside.append(what)
        if what in ("VEVENT", "VTIMEZONE"):
            self._lines = []
        elif "VTIMEZONE" in self._inside:
            self._lines.append(f"BEGIN:{what}")

    def _end(self, what: str) -> None:
        if what not in self._inside:
            return
        if what == "VCALENDAR":
            self.cut += "VEVENT" in self._inside
            self.ended = True
        elif what == "VEVENT" and len(self.events) < MOST_EVENTS:
            self.events.append(written(self._lines))
        elif what == "VEVENT":
            self.more += 1
        elif what == "VTIMEZONE":
            self._zone()
        elif "VTIMEZONE" in self._inside:
            self._lines.append(f"END:{what}")
        while self._inside.pop() != what:
            pass

    def _zone(self) -> None:
        found = next((match for match in map(LINE.match, self._lines) if match is not None and match[1].upper() == "TZID"), None)
        if found is not None:
            self.zones.setdefault(found[3].strip(), "\r\n".join(self._lines))

    def _of_the_calendar(self, line: str) -> None:
        found = LINE.match(line)
        if found is not None and found[1].upper().startswith("X-WR-"):
            self.own.setdefault(found[1].upper(), found[3].strip())


def parts(body: bytes) -> Parts:
    """A calendar's parts. Raises `Malformed` for what is none, and for one that ends in the middle: half a calendar is no
    answer."""
    text = body.decode("utf-8-sig", "replace")
    walk = _Walk()
    for line in _BREAK.split(_FOLD.sub("", text)):
        if line:
            walk.take(line)
    if not walk.begun:
        start = clean(text.lstrip()[:40], 40)
        raise Malformed("this is no calendar: " + (f"it begins with {start!r}" if start else "it is empty"))
    if not walk.ended:
        raise Malformed("the calendar ends in the middle: there is no END:VCALENDAR")
    name, zone = walk.own.get("X-WR-CALNAME", ""), walk.own.get("X-WR-TIMEZONE", "")
    return Parts(plain(name), zone, tuple(walk.events), walk.zones, walk.cut, walk.more)


def written(lines: Iterable[str]) -> Written:
    """An event of its lines: those that count, its UID (one made of its text where it has none), and its days."""
    kept = [(match[1].upper(), match) for line in lines if (match := LINE.match(line)) is not None and match[1].upper() in KEPT]
    values = {name: match[3] for name, match in reversed(kept)}
    texts = tuple(match[0] for _, match in kept)
    uid = values.get("UID", "").strip() or hashlib.sha256("\n".join(texts).encode()).hexdigest()[:20]
    start, end = _DAY.match(values.get("DTSTART", "")), _DAY.match(values.get("DTEND", values.get("DTSTART", "")))
    if start is None or end is None or any(name in values for name in _MOVABLE):
        return Written(uid, texts)
    return Written(uid, texts, start[1], end[1])


def values_of(lines: Iterable[str], name: str) -> Iterator[tuple[str, str]]:
    """The (parameters, value) of each line of this name."""
    for match in map(LINE.match, lines):
        if match is not None and match[1].upper() == name:
            yield match[2], match[3]


def plain(value: str) -> str:
    """A text value without its escapes (RFC 5545, 3.3.11). Not cleaned."""
    return re.sub(r"\\([\\;,nN])", lambda found: "\n" if found[1] in "nN" else found[1], value)
