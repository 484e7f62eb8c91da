"""Drills for a screen: what one would do, beginning it as an action like all others, and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from ..core.actions import DrillTrap, Run, RunState
from ..core.drills import DRILL_SUFFIX, Drill, Stage, stage
from ..core.harmless import reckons
from ..core.incident_timeline import Line, line_of, said
from ..core.roster import Naming
from ..core.spoken import spoken_entry
from ..provider import Clock, Conflict, NotFound, ProviderError
from .desk import Refused, Rehearsed
from .drilling import Drilling, Route
from .failures import said as told
from .incident_facts import noted_of
from .journal import Entry, Journal, JournalError
from .machine import Here

_MOST = 1000


class Rehearsals:
    """``keeps`` says whether this very process keeps the traps. Everything here may block on the disk."""

    def __init__(self, here: Here, journal: Journal, clock: Clock, keeps: Callable[[], bool]) -> None:
        self._journal, self._clock = journal, clock
        self._drilling = Drilling(here, journal, clock, keeps)

    def route(self, trap: str, who: str, *, quiet: bool) -> Route:
        """See `Desk.drill_route`."""
        try:
            if why := self._drilling.why_not(trap):
                raise Refused(why)
            return self._drilling.route(trap, who, quiet=quiet)
        except (ProviderError, JournalError) as error:
            raise Refused(told(error)) from error

    def begun(self, run: Run, action: DrillTrap) -> Run:
        """Begin one. Gives the run as it stands then."""
        replace, seconds = msgspec.structs.replace, (self._clock.now() - run.at).total_seconds()
        try:
            self._drilling.begin(action.trap.id, run.who, quiet=action.quiet)
        except (Conflict, NotFound, JournalError) as error:
            return replace(run, state=RunState.FAILED, reason=told(error), seconds=seconds)
        return replace(run, state=RunState.CONFIRMED, seconds=seconds)


def followed(journal: Journal, trap: str, now: datetime, called: Naming = str) -> Rehearsed | None:
    """See `Desk.follow_drill`. People are ``called`` so."""
    try:
        last = next(iter(journal.entries(subject=trap, kind="trap.drilled", limit=1)), None)
        if last is None:
            return None
        after = journal.entries(since=last.at, subject=trap, kind="trap.", limit=_MOST)
        about = journal.entries(since=last.at, subject=trap + DRILL_SUFFIX, limit=_MOST)
    except JournalError as error:
        raise Refused(f"the drill of {trap} cannot be followed: {told(error)}") from error
    entries = sorted({each.id: each for each in (*after, *about)}.values(), key=lambda each: each.id)
    try:
        return _rehearsed(last, [each for each in entries if each.id >= last.id], now, called)
    except ValueError:
        raise Refused(f"the drill of {trap} cannot be followed: its entry in the journal does not say from when to when") from None


def _rehearsed(begun: Entry, entries: list[Entry], now: datetime, called: Naming) -> Rehearsed:
    drill = _drill(begun, called)
    acked = next((each for each in entries if each.kind == "trap.drill_acked"), None)
    tripped = next((each for each in entries if each.kind == "trap.tripped"), None)
    ended = next((each for each in entries if each.kind == "trap.drill_ended"), None)
    over = tripped or acked or ended
    noted = [spoken_entry(noted_of(each), called) for each in entries]
    lines = [msgspec.structs.replace(line, number=each.number) for each in noted if (line := line_of(each)) is not None]
    why = "" if tripped is None else "the trap has really tripped: see to that, it is no drill"
    if acked is not None and tripped is None:
        proven = acked.data.get("proven") is True
        why = f"{called(acked.who)} has it: " + ("the trap is proven" if proven else "it pages nobody, and so proves nothing")
    elif why == "" and (ended is not None or now >= drill.until):
        why = "nobody acknowledged it: nothing is proven"
    going = stage(drill, None, now) if over is None else Stage.NONE
    return Rehearsed(drill=drill, stage=going, lines=_once(lines), over=why)


def _once(lines: list[Line]) -> tuple[Line, ...]:
    """An acknowledgement is told by the alert and by the trap: the alert's line will do."""
    return tuple(each for each in sorted(lines) if "drill acked" not in each.text)


def _drill(begun: Entry, called: Naming) -> Drill:
    data = noted_of(begun).data
    moments = [datetime.fromisoformat(said(data, key)) for key in ("trips_at", "until")]
    if not all(map(reckons, moments)):
        raise ValueError("a time that one cannot reckon with")
    return Drill(began_at=begun.at, who=called(begun.who), trips_at=moments[0], until=moments[1], quiet=data.get("quiet") is True)
