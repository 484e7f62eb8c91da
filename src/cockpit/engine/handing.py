"""What is written down at a hand-over: notes for the next shift, taken back again, and the mark that it was done."""

from __future__ import annotations

from datetime import datetime

from ..core.handover import BEFORE, DONE, LONGEST, NOTED, UNNOTED, Brief, Note
from ..core.text import clean
from .handover_facts import notes
from .journal import Journal

_MOST = 1000
"""So many open alerts are kept with a mark, to tell later which of them are new."""


def leave(journal: Journal, text: str, who: str, now: datetime) -> int:
    """Leave a note for the next shift. Gives its number, which takes it back. Raises ``ValueError`` where it says nothing, and
    `JournalError`."""
    text = clean(text).strip()
    if not text:
        raise ValueError("there is nothing to note: say it in a few words")
    journal.record(NOTED, at=now, who=who, data={"text": text})
    mine = [each for each in notes(journal, now) if (each.who, each.text) == (clean(who), text)]
    return mine[-1].number if mine else 0


def take_back(journal: Journal, number: int, who: str, now: datetime) -> Note:
    """Take a note back; gives what it was. Raises ``LookupError`` where there is none, and `JournalError`."""
    found = next((each for each in notes(journal, now - LONGEST - BEFORE) if each.number == number), None)
    if found is None:
        raise LookupError(f"there is no note {number}, or it was taken back; `cockpit handover` lists them")
    journal.record(UNNOTED, at=now, who=who, data={"note": number})
    return found


def mark(journal: Journal, made: Brief, taker: str, who: str, now: datetime) -> str:
    """Mark the hand-over of this brief as done, to ``taker``; gives from whom, as it is kept. What is open now is kept with it.
    Raises `JournalError`."""
    giver = made.duty.giver if made.duty is not None and made.duty.giver else who
    alerts = {str(row.alert.ref): row.alert.name for row in made.alerts[:_MOST]}
    journal.record(DONE, at=now, who=who, data={"from": giver, "to": clean(taker, 200).strip(), "alerts": alerts})
    return giver
