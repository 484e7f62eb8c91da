"""What was done by hand, as the journal has it: runs of runbooks with what became of their alerts, answers to steps that waited,
ticks, commands of recorded shells. What was done for a drill is practice, and no toil. A year of it is read in a second: only what
the ledger needs is decoded."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import TypeVar

import msgspec

from ..core.actions import RunState
from ..core.aftermath import Verdict, credited, verdict_of
from ..core.alerts import LOCAL, Ref
from ..core.drills import DRILL_SUFFIX
from ..core.marks import is_drill
from ..core.report_toil import Kind, Labour, shape
from ..core.text import clean
from .records import epoch, moment

T = TypeVar("T")
_clean = lru_cache(4096)(clean)  # the same few words come again and again
BY_HAND = ("hand.step", "hand.command", "reader.ticked")
"""The kinds of entries that tell of work by hand."""
_WENT = {RunState.CONFIRMED: True, RunState.FAILED: False, RunState.TIMED_OUT: False}


class _Run(msgspec.Struct):
    """Of a run, what is counted."""

    at: datetime
    who: str
    what: str
    state: RunState
    action: msgspec.Raw
    seconds: float | None = None
    drill: bool = False


class _Hand(msgspec.Struct):
    """Of an entry, what is counted."""

    what: str = ""
    step: str = ""
    book: str = ""
    box: str = ""
    command: str = ""
    run: str = ""
    alert: str = ""
    seconds: float = 0.0
    status: int = 0
    drill: bool = False


class _About(msgspec.Struct):
    """Of a run's action, the alert that it was for."""

    alert: Ref | None = None


_RUNBOOK = b'{"type":"run"'
_DRY = b'"dry_run":true'
_WRITES = b'["","changes",'
"""What `Start.writes` looks for: it stands in no text, where quotes are escaped."""
_UNDOES, _UNDOES_NONE = b'"undoes":"', b'"undoes":""'
_DRILL = DRILL_SUFFIX.encode() + b'"'


def reckoned(
    db: sqlite3.Connection, since: datetime, until: datetime, now: datetime, work: Callable[[Iterator[Labour]], T]
) -> tuple[T, int]:
    """What ``work`` makes of everything between two moments (UTC), as known at ``now``; and how many records could not be read."""
    drills, bad = set[str](), [0]
    return work(_whole(chain(_runs(db, since, until, now, drills), _by_hand(db, since, until, drills)), bad)), bad[0]


def _whole(found: Iterable[Labour | None], bad: list[int]) -> Iterator[Labour]:
    for one in found:
        if one is None:
            bad[0] += 1
        elif one.what:
            yield one


def _runs(db: sqlite3.Connection, since: datetime, until: datetime, now: datetime, drills: set[str]) -> Iterator[Labour | None]:
    """``drills`` is given the ids of those that were for a drill."""
    decode = msgspec.json.Decoder(_Run).decode
    at = epoch(now)
    rows = db.execute(
        "SELECT r.body, r.id, a.run, a.within, a.ended, a.there, a.gone, a.back FROM run r LEFT JOIN aftermath a ON a.run = r.id "
        "WHERE r.at >= ? AND r.at < ? AND r.settled",
        (epoch(since), epoch(until)),
    )
    for body, number, watched, within, ended, there, gone, back in rows:
        try:
            run = decode(body)
            action = bytes(run.action)
            if not action.startswith(_RUNBOOK) or _DRY in action:
                continue
            if run.drill or (_DRILL in action and _rehearses(action)):
                drills.add(number)
                continue
            well = _WENT.get(run.state)
            undoes = _UNDOES in action and _UNDOES_NONE not in action
            asked = watched is not None and _WRITES in action and not undoes  # what only reads cannot have helped
            verdict = credited(_verdict(within, ended, (there, gone, back), at), done=bool(well)) if asked else None
            yield Labour(Kind.RUN, run.what, run.at, run.seconds or 0.0, run.who, well, verdict)
        except (msgspec.DecodeError, TypeError, ValueError):
            yield None


def _rehearses(action: bytes) -> bool:
    about = msgspec.json.decode(action, type=_About).alert
    return about is not None and about.source == LOCAL and is_drill(about.id)


def _verdict(
    within: float | None, ended: float | None, seen: tuple[float | None, float | None, float | None], now: float
) -> Verdict:
    return Verdict.UNKNOWN if ended is None or within is None else verdict_of(ended + within, *seen, now)


def _by_hand(db: sqlite3.Connection, since: datetime, until: datetime, drills: Collection[str]) -> Iterator[Labour | None]:
    decode = msgspec.json.Decoder(_Hand).decode
    rows = db.execute(
        f"SELECT at, kind, who, subject, data FROM entry WHERE kind IN ({', '.join('?' * len(BY_HAND))}) AND at >= ? AND at < ?",  # noqa: S608
        (*BY_HAND, epoch(since), epoch(until)),
    )
    for at, kind, who, subject, data in rows:
        try:
            hand = decode(data)
            about = subject if kind == "reader.ticked" else hand.alert
            if hand.drill or hand.run in drills or (DRILL_SUFFIX in about and _drilled(about)):
                continue
            yield _labour(kind, moment(at), _clean(who), hand)
        except (msgspec.DecodeError, TypeError, ValueError, OverflowError, OSError):
            yield None


def _drilled(about: str) -> bool:
    """Whether that was for a drill: ``about`` is an alert, or an occasion (`margins.occasion`), which begins with one."""
    source, _, id = about.partition("/")
    return source == LOCAL and (is_drill(id) or f"{DRILL_SUFFIX} " in id)


def _labour(kind: str, at: datetime, who: str, hand: _Hand) -> Labour:
    match kind:
        case "hand.step":
            return Labour(Kind.STEP, _clean(f"{hand.what}: {hand.step}"), at, hand.seconds, who)
        case "reader.ticked":
            # one that a run waited for is counted as a step of that
            return Labour(Kind.TICK, "" if hand.run else _clean(f"{hand.book}: {hand.box}"), at, 0.0, who)
    return Labour(Kind.COMMAND, _clean(shape(hand.command)), at, hand.seconds, who, not hand.status)
