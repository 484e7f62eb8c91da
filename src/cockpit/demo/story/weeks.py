"""The seven weeks before the night: fires that became fewer, because traps caught more and more of them."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec

WEEKS = 7
_WEEK, _DAY = 7 * 86400.0, 86400.0
_TRAPS = ("db-disk", "db-disk", "backups", "load", "oom-kills")
_PEOPLE = ("Ana", "Bo", "Divya")
NOISY = "load"
"""The trap that nobody does anything for."""


class Earlier(msgspec.Struct, frozen=True):
    """Something that the journal has of then: at which second of the night (long before 0), what kind of entry, who, and of which
    trap. ``text`` is what it said."""

    at: float
    kind: str
    who: str
    trap: str
    text: str = ""


class Helped(msgspec.Struct, frozen=True):
    """A runbook that somebody ran for a trap's alert then, for so many seconds, and whether it helped."""

    at: float
    runbook: str
    who: str
    trap: str
    seconds: float
    helped: bool = True


def weeks() -> tuple[tuple[Earlier, ...], tuple[Helped, ...]]:
    """All of it, of the runs the last two; the same each time. The last day before the night was quiet."""
    chance = random.Random(15)  # noqa: S311  # a story that is the same for everybody
    entries, runs = list[Earlier](), list[Helped]()
    for week in range(WEEKS):
        for _ in range(11 - week):
            at = -_DAY - _WEEK * (WEEKS - week) + _DAY + chance.random() * 5.5 * _DAY
            trap, caught = chance.choice(_TRAPS), chance.random() < week / (WEEKS - 1)
            who = chance.choice(_PEOPLE)
            entries += _caught(at, trap) if caught else _fire(at, trap, who, chance.random())
            if not caught and trap == "db-disk":
                runs.append(Helped(at + 2580.0, "free-disk", who, trap, 8.0 + 6.0 * chance.random(), week > 3))
    return tuple(sorted(entries, key=lambda each: each.at)), tuple(runs[-2:])


def _caught(at: float, trap: str) -> Iterator[Earlier]:
    yield Earlier(at, "trap.warning", "", trap, "growing")
    yield Earlier(at + 2400.0, "trap.armed", "", trap, "as it should be")


def _fire(at: float, trap: str, who: str, luck: float) -> Iterator[Earlier]:
    over = at + 3600.0 + luck * 5400.0
    yield Earlier(at, "trap.warning", "", trap, "growing")
    yield Earlier(at + 1800.0, "trap.tripped", "", trap, "over its bound")
    yield Earlier(at + 1800.0, "alert.fired", "", trap, "over its bound")
    if trap != NOISY:
        yield Earlier(at + 1980.0, "page.sent", who, trap)
        yield Earlier(at + 2160.0 + luck * 540.0, "alert.acked", who, trap)
    yield Earlier(over, "trap.armed", "", trap, "as it should be")
    yield Earlier(over, "alert.resolved", "", trap)
