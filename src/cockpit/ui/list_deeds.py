"""What keys do to the lists: the cursor, marks, the filter, groups, and what is copied out of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import silence_deeds

if TYPE_CHECKING:
    from .board import Board

Deed = Callable[["Board", str], None]
"""What a key does; the text is the key that was pressed."""


def move(by: int) -> Deed:
    """Move the cursor of the pane that has the keys by so many rows."""
    return lambda board, _: board.panes[board.pane].move(by)


def half(way: int) -> Deed:
    """Move it by half of what is seen: down (1) or up (-1)."""

    def deed(board: Board, _: str) -> None:
        pane = board.panes[board.pane]
        pane.move(way * max(1, pane.page // 2))

    return deed


def ends(last: bool) -> Deed:
    """To the last row, or the first."""

    def deed(board: Board, _: str) -> None:
        pane = board.panes[board.pane]
        pane.go(pane.count() if last else 0)  # past the last: where a row is kept, the end may be another

    return deed


def mark(board: Board, _: str) -> None:
    """Mark what the cursor is on, or take its mark away, and go on to the next."""
    pane = board.panes[board.pane]
    if pane.id not in ("alerts", "traps", "silences") or pane.key is None:
        board.say("only alerts, traps and silences are marked", "refusal")
        return
    if board.selection.ghost:
        board.say(board.selection.ghost, "refusal")
        return
    pane.marks ^= {pane.key}
    pane.move(1)
    board.follow()


def filter(board: Board, _: str) -> None:
    """Open the filter line over the alerts."""
    _to_alerts(board)
    board.home = board.alerts.key
    board.opening()
    board.start(board.open_filter(board.filter.text))


def group(board: Board, _: str) -> None:
    """Group the alerts, or no more."""
    said = board.filtering.toggle_groups()
    _to_alerts(board)
    board.say(said)
    board.follow()


def mine(board: Board, _: str) -> None:
    """Only mine, or everybody's."""
    _to_alerts(board)
    board.sift(mine=not board.filtering.mine)
    board.say("only mine: acknowledged by me, or assigned to me" if board.filtering.mine else "everybody's alerts")


def _to_alerts(board: Board) -> None:
    """What is said of the alerts is seen where they are."""
    if board.front != "alerts":
        board.to_pane("alerts")


def copy(board: Board, _: str) -> None:
    """Copy what is selected, a line each."""
    if board.selection.about == "silences":
        _copied(board, silence_deeds.lines(board), "silence")
        return
    rows = [row for ref in board.alert_refs() if (row := board.view.alert(ref)) is not None]
    rows = rows or [row for row in (board.cursor_row(),) if row is not None]  # what has just resolved can still be told of
    lines = []
    for alert in (row.alert for row in rows):
        labels = " ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()))
        since = f" since {alert.started_at:%Y-%m-%dT%H:%M:%SZ}" if alert.started_at else ""
        lines.append(
            f"{alert.severity.word} {alert.name} {alert.where} {alert.state.value}{since}: {alert.summary} [{alert.ref}] {labels}"
        )
    _copied(board, lines, "alert")


def _copied(board: Board, lines: list[str], what: str) -> None:
    board.app.copy_to_clipboard("\n".join(lines))
    board.say(f"copied 1 {what}" if len(lines) == 1 else f"copied {len(lines)} {what}s")
