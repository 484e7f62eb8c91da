"""The report over the board: of the last 30 days, or of as long as one says."""

from __future__ import annotations

from datetime import timedelta

from ...core.units import LONGEST
from ...engine.desk import Desk
from ..report import Report
from .steps import Board, Rest, duration, nothing, refuse

_PERIOD = "30d"


def report(board: Board, desk: Desk, words: str = "") -> Rest:
    """Count the time up to now, ``words`` long (``90d``), and show what it comes to."""
    try:
        length = duration(words or _PERIOD, timedelta(seconds=LONGEST))
    except ValueError as fault:
        return refuse(board, f"{fault}; :report 90d")
    now = board.clock.now()
    look = next(iter(board.panes.values())).look
    board.app.push_screen(Report(desk, look, now - length, now, board.zone))
    return nothing()
