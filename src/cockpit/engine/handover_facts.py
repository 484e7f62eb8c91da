"""What the journal has of a shift, gathered for its brief."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from ..core.actions import (
    Arm,
    ChangeIncident,
    Disarm,
    DrillTrap,
    EndOverride,
    EndSilence,
    MakeOverride,
    MakeSilence,
    Run,
    RunState,
    Start,
    touched,
)
from ..core.aftermath import Verdict
from ..core.alerts import LOCAL
from ..core.handover import BEFORE, DONE, LONGEST, NOTED, UNNOTED, Brief, Handed, Note, Shown, brief, duties, since_when
from ..core.incident_timeline import Line, line_of, ran, said
from ..core.postmortem import VERDICTS
from ..core.roster import Naming
from ..core.schedule import Schedule
from ..core.stormrule import StormRule
from ..core.view import View
from .disturbed import disturbances
from .incident_facts import noted_of
from .journal import Journal

_KINDS = ("alert.", "incident.", "mark", "override.", "page.", "silence.", "trap.")
_MOST = 100_000


def gathered(
    journal: Journal, view: View, laid: Schedule, storm: StormRule, since: datetime | None = None, called: Naming = str
) -> Brief:
    """The brief of the shift that is asked about now, or of the time since ``since`` (UTC), with people ``called`` so. ``laid`` are
    the rosters, `LONGEST` back and ahead; ``storm`` says what a storm is. Raises `JournalError`."""
    if since is None:
        since = since_when(duties(laid, view.now), handed(journal, view.now - LONGEST - BEFORE), view.now)
    made = brief(view, laid, shown(journal, since, view.now, called), storm)
    return msgspec.structs.replace(made, called_so=called)


def shown(journal: Journal, since: datetime, now: datetime, called: Naming = str) -> Shown:
    """Everything since ``since`` (UTC), with people ``called`` so in what happened. Raises `JournalError`."""
    entries = (noted_of(each) for kind in _KINDS for each in journal.entries(since=since, kind=kind, limit=_MOST))
    lines = [msgspec.structs.replace(line, number=each.number) for each in entries if (line := line_of(each, called)) is not None]
    runs = [run for run in journal.runs(_MOST) if run.at >= since and not _told_by_entry(run)]
    verdicts = _verdicts(journal, runs, now)
    return Shown(
        since=since, lines=tuple(sorted((*lines, *(_ran(run, verdicts.get(run.id), called) for run in runs)))),
        notes=notes(journal, since), handed=handed(journal, since), disturbances=disturbances(journal, since),
        incidents=tuple(journal.incidents().values()),
    )  # fmt: skip


def _ran(run: Run, verdict: Verdict | None, called: Naming) -> Line:
    line = ran(run, called)
    more = f" ({VERDICTS[verdict]})" if verdict is not None else ""
    return Line(at=line.at, what=line.what, who=line.who, text=line.text + more)


def _told_by_entry(run: Run) -> bool:
    """Whether what was done has an entry of its own, which tells more: marks on this machine's own alerts have, its overrides, and
    what was done to an incident or in a drill. What failed has none."""
    match run.action:
        case ChangeIncident() | DrillTrap():
            return run.state is RunState.CONFIRMED
        case MakeOverride(roster=roster):
            return roster.source == LOCAL and run.state is RunState.CONFIRMED
        case EndOverride(ref=ref):
            return ref.source == LOCAL and run.state is RunState.CONFIRMED
        case Start():
            return False
        case MakeSilence(source=source):
            return source == LOCAL
        case EndSilence(ref=ref):
            return ref.source == LOCAL
        case Arm() | Disarm():
            return True
    refs = touched(run.action)
    return bool(refs) and all(ref.source == LOCAL for ref in refs)


def _verdicts(journal: Journal, runs: list[Run], now: datetime) -> Mapping[str, Verdict]:
    """Whether each run helped the alert that it was for."""
    refs = {str(ref) for run in runs if isinstance(run.action, Start) for ref in touched(run.action)}
    pasts = (past for ref in sorted(refs) for past in journal.past_named(ref))
    return {past.run.id: found for past in pasts if (found := past.verdict(now)) is not None}


def notes(journal: Journal, since: datetime) -> tuple[Note, ...]:
    """The notes for the next shift since ``since`` that nobody took back, oldest first. Raises `JournalError`."""
    gone = {each.data.get("note") for each in journal.entries(since=since, kind=UNNOTED, limit=_MOST)}
    found = (noted_of(each) for each in journal.entries(since=since, kind=NOTED, limit=_MOST) if each.id not in gone)
    made = (Note(number=each.number, at=each.at, who=each.who, text=said(each.data, "text")) for each in found)
    return tuple(sorted(made, key=lambda note: (note.at, note.number)))


def handed(journal: Journal, since: datetime) -> tuple[Handed, ...]:
    """The hand-overs that were marked as done since ``since``, oldest first. Raises `JournalError`."""
    found = (noted_of(each) for each in journal.entries(since=since, kind=DONE, limit=_MOST))
    made = (
        Handed(
            at=each.at, who=each.who, giver=said(each.data, "from"), taker=said(each.data, "to"),
            alerts={str(ref): str(name) for ref, name in _table(each.data.get("alerts")).items()},
        )
        for each in found
    )  # fmt: skip
    return tuple(sorted(made, key=lambda each: each.at))


def _table(value: object) -> Mapping[object, object]:
    return value if isinstance(value, dict) else {}
