"""What keys do to silences: one function for each meaning. What needs boxes is a flow (``ui/flows``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .board import Board


def on_selected(board: Board, what: str) -> None:
    """``change``, ``extend`` or ``end`` the silences that are selected."""
    from . import flows

    flow = {"change": flows.change, "extend": flows.extend, "end": flows.end}[what]
    board.start(flow(board, board.desk, board.selection.silence_refs()))


def of_filter(board: Board) -> None:
    """Silence what the filter in force shows."""
    from . import flows

    board.start(flows.silence_filter(board, board.desk))


def lines(board: Board) -> list[str]:
    """The silences that are selected, as text."""
    known = {each.ref: each for each in board.view.silences}
    found = []
    for each in (known[ref] for ref in board.selection.silence_refs() if ref in known):
        until = "resolved" if each.until_resolved else f"{each.ends_at:%Y-%m-%dT%H:%M:%SZ}"
        found.append(f"{each.state.value} {each.match} until {until} by {each.who}: {each.comment} [{each.ref}]")
    return found
