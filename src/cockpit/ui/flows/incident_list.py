"""All incidents, open and recent: narrowed by typing, followed with enter, and back to the list."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from datetime import datetime

from ...core.incidents import Incident, Status
from ...core.roster import Naming
from ...engine.desk import Desk, Refused
from ..palette import Entry, Picker
from ..times import said_age
from .incident import followed
from .looked import looked
from .steps import Board, Rest, counted, show

RECENT = 500
"""So many are listed; `cockpit incident list --all` has the others."""


def incidents(board: Board, desk: Desk) -> Rest:
    """List them until the person leaves."""
    return _listed(board, desk, looked(board, "Incidents", "Looking in the journal …", desk.incidents))


async def _listed(board: Board, desk: Desk, found: Awaitable[Mapping[str, Incident] | None]) -> None:
    if (known := await found) is None:
        return
    if not known:
        board.say("there is no incident yet: i on an alert opens one", "refusal")
        return
    while (id := await show(board, Picker("Incidents", entries(known.values(), board.clock.now(), board.called)))) is not None:
        await followed(board, desk, id)
        try:
            known = await asyncio.to_thread(desk.incidents)
        except Refused as no:
            board.say(str(no), "refusal")
            return


def entries(known: Iterable[Incident], now: datetime, called: Naming = str) -> list[Entry]:
    """Those that are open first, the newest of each above. People are ``called`` so."""
    every = sorted(known, key=lambda each: (each.status.over, -each.opened_at.timestamp()))
    return [
        Entry(each.id, f"{each.id} {each.title}", _about(each, now, called), also=(each.id, each.lead)) for each in every[:RECENT]
    ]


def _about(each: Incident, now: datetime, called: Naming) -> str:
    lead = called(each.lead) or ("nobody leads" if not each.status.over else "nobody led")
    stands = f"into {each.into}" if each.status is Status.MERGED else each.status.value
    many = f" · {counted(len(each.members), 'alert')}" if each.members else ""
    return f"{each.severity.word} · {stands} · {lead}{many} · {said_age(each.opened_at, now)}"
