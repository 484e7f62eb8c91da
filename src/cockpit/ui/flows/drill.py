"""Drilling a trap: who would be told when, the whole route or quietly, and how far it is."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Protocol

from ...core.actions import DrillTrap
from ...core.alerts import Ref
from ...core.drills import Stage
from ...core.traps import TrapView
from ...engine.desk import Desk
from ...engine.drill_words import said
from ...engine.drilling import Call, Route
from ...provider import Clock
from ..confirm import Confirm
from ..drill import Drilled
from ..look import Look
from ..page import Line
from ..palette import Entry, Picker
from .looked import looked
from .steps import Board, Rest, Speaker, fact, loud, refuse, show, tell

_WHOLE, _QUIET = "whole", "quiet"


class Drills(Speaker, Protocol):
    """Where one is: the board, or an incident that one follows."""

    clock: Clock
    zone: str


QUIETLY = ("quiet", "--quiet")
"""Words that stand for a drill which pages nobody."""


def drill(board: Board, desk: Desk, refs: Sequence[Ref], words: str = "") -> Rest:
    """Rehearse the trap under the cursor, after it was shown who would be told; one that is drilled already is followed. ``words``
    may say that nobody is to be paged."""
    if words and words not in QUIETLY:
        return refuse(board, f"a drill takes `quiet`, and no {words!r}")
    traps = [each for each in board.view.traps if Ref(each.source, each.trap.name) in refs]
    if len(traps) != 1:
        return refuse(board, "one trap at a time is drilled" if traps else "there is no trap under the cursor")
    return drilled(board, desk, traps[0], next(iter(board.panes.values())).look, quiet=bool(words))


def drilled(board: Drills, desk: Desk, trap: TrapView, look: Look, *, quiet: bool = False) -> Rest:
    """The same for this very trap, from wherever one is. ``look`` is how all is drawn."""
    ref = Ref(trap.source, trap.trap.name)
    if trap.drill is not Stage.NONE:
        return _followed(board, desk, ref, look)
    if reason := desk.why_not(DrillTrap(ref)):
        return refuse(board, reason)

    def routes() -> dict[bool, Route]:
        return {each: desk.drill_route(ref.id, quiet=each) for each in ((True,) if quiet else (False, True))}

    return _asked(board, desk, trap, look, looked(board, f"Drill {ref.id}", "Looking who would be told …", routes), quiet=quiet)


async def _asked(
    board: Drills, desk: Desk, trap: TrapView, look: Look, found: Awaitable[dict[bool, Route] | None], *, quiet: bool
) -> None:
    name, routes = trap.trap.name, await found
    if quiet and routes:
        await _confirmed(board, desk, trap, look, routes[True])
    elif routes:
        entries = [
            Entry(_WHOLE, "The whole route", _in_short(routes[False])),
            Entry(_QUIET, "Quietly, up to the alert", "nobody is told, and nothing is proven"),
        ]
        chosen = await show(board, Picker(f"Drill {name}: how far?", entries))
        if chosen is not None:
            await _confirmed(board, desk, trap, look, routes[chosen == _QUIET])


def _in_short(route: Route) -> str:
    names = list(dict.fromkeys(each.who or each.channel for each in route.calls if not each.gap))
    return f"tells {', then '.join(names)}" if names else "tells nobody"


async def _confirmed(board: Drills, desk: Desk, trap: TrapView, look: Look, route: Route) -> None:
    name, quiet = trap.trap.name, route.drill.quiet
    begins, told, ends = said(name, route)
    lines: list[Line] = [fact("trap", f"{name} · {trap.says}", "bold"), "", begins, ""]
    lines += [fact("tells" if not n else "", line) for n, line in enumerate(told)] if route.calls else [loud(line) for line in told]
    lines += ["", ends]
    if not await show(board, Confirm(f"Drill {name}{' quietly' if quiet else ''}?", lines, yes="drill")):
        return
    ref = Ref(trap.source, name)
    if tell(board, desk, DrillTrap(ref, quiet)) is not None:
        await _followed(board, desk, ref, look, route.calls)


async def _followed(board: Drills, desk: Desk, ref: Ref, look: Look, route: Sequence[Call] = ()) -> None:
    await show(board, Drilled(desk, look, board.clock, ref, board.zone, route))
