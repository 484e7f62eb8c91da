"""The last step of what changes the world: shown exactly as it will be done, asked, looked at once more, and handed over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from ...core.actions import Action
from ...core.alerts import Alert, Ref
from ...engine.desk import Desk
from ..confirm import Confirm
from ..page import Line
from .steps import CHANGED, LISTED, Board, Rest, loud, named, show, tell, used


def alert_lines(board: Board, refs: Sequence[Ref]) -> list[Line]:
    """What it is done to, a line each."""
    rows = [row for ref in refs[:LISTED] if (row := board.view.alert(ref)) is not None]
    more = [f"  … and {len(refs) - LISTED} more"] if len(refs) > LISTED else []
    return [*(f"  {named(row.alert)}" for row in rows), *more]


class Decision(NamedTuple):
    """An action, and how it is asked for: what ``lines`` show (made anew each time), which alerts it is ``about``, the word of the
    key ``yes``, and what is said when it was taken (``done``)."""

    action: Action
    title: str
    lines: Callable[[], list[Line]]
    about: Sequence[Ref] = ()
    yes: str = "do it"
    done: str = "asked"


def decided(board: Board, desk: Desk, it: Decision) -> Rest:
    """Ask; the box is open when this returns. If one of the alerts that it is about has changed by the time of the answer, nothing
    is done, and it is shown anew (safety 10)."""
    before = _known(board, it.about)
    answer = show(board, Confirm(it.title, it.lines(), yes=it.yes))
    return _answered(board, desk, it, before, answer)


async def _answered(
    board: Board, desk: Desk, it: Decision, before: tuple[Alert | None, ...], answer: Awaitable[bool | None]
) -> None:
    yes = await answer
    while yes:
        now = _known(board, it.about)
        if now == before:
            if tell(board, desk, it.action) is not None:
                used(board)
                board.say(it.done)
            return
        before = now
        yes = await show(board, Confirm(it.title, [loud(CHANGED), "", *it.lines()], yes=it.yes))


def _known(board: Board, about: Sequence[Ref]) -> tuple[Alert | None, ...]:
    rows = (board.view.alert(ref) for ref in about)
    return tuple(row.alert if row is not None else None for row in rows)
