"""Leaving a note on alerts."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from ...core.actions import AddNote
from ...core.alerts import Ref
from ...engine.desk import Desk
from ..ask import Ask, Field, wanted
from .steps import Board, Rest, counted, nothing, refuse, show, tell, used


def note(board: Board, desk: Desk, refs: Sequence[Ref], words: str = "") -> Rest:
    """Ask for the words (unless they came along), and leave them on each of the alerts."""
    if not refs:
        return refuse(board, "there is no alert under the cursor")
    reason = desk.why_not(AddNote(refs[0], words or "…"))
    if reason:
        return refuse(board, reason)
    if words:
        _leave(board, desk, refs, words)
        return nothing()
    row = board.view.alert(refs[0])
    on = row.alert.name if row is not None and len(refs) == 1 else counted(len(refs), "alert")
    return _rest(board, desk, refs, show(board, Ask(f"Note on {on}", [Field("text", "Note", check=wanted("something"))], None)))


async def _rest(board: Board, desk: Desk, refs: Sequence[Ref], answer: Awaitable[dict[str, str] | None]) -> None:
    given = await answer
    if given is not None:
        _leave(board, desk, refs, given["text"])


def _leave(board: Board, desk: Desk, refs: Sequence[Ref], words: str) -> None:
    left = [ref for ref in refs if tell(board, desk, AddNote(ref, words.strip())) is not None]
    if len(left) == len(refs):
        used(board)
        board.say(f"note left on {counted(len(left), 'alert')}")
