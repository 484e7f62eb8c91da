"""What keys open over the board, screens of their own, and how it is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core import actions

if TYPE_CHECKING:
    from .board import Board

_GOING = (actions.RunState.RUNNING, actions.RunState.AWAITING)


def help(board: Board, _: str) -> None:
    """Every key."""
    from .help import Help

    board.app.push_screen(Help(board.table, board.why))


def runs(board: Board, _: str) -> None:
    """The runs, old and new."""
    from .run_list import RunList

    def again(run: actions.Run) -> None:
        from . import flows

        board.start((flows.several_again if isinstance(run.action, actions.StartMany) else flows.again)(board, board.desk, run))

    board.app.push_screen(RunList(board.desk, board.zone, again, board.called, mono=board.clock.mono))


def handover(board: Board, _: str) -> None:
    """What the next on call should know."""
    from .handover import HandoverBrief

    board.app.push_screen(HandoverBrief(board.desk, board.zone))


def report(board: Board, _: str) -> None:
    """A report: asks of which time."""
    from . import flows

    board.start(flows.report(board, board.desk))


def week(board: Board, _: str) -> None:
    """Who is on call this week."""
    from .week import Week

    board.app.push_screen(Week(board.desk, board.clock, board.zone))


def quit(board: Board, _: str) -> None:
    """Leave; while a runbook goes on, only after asking. Leaving what is replayed or played ends nothing that runs."""
    runs = board.view.runs if board.reel is None else ()
    if not any(isinstance(run.action, (actions.Start, actions.StartMany)) and run.state in _GOING for run in runs):
        board.app.exit(0)
        return
    from .leave import Leave, going

    def answered(yes: bool | None) -> None:
        if yes:
            board.app.exit(0)
        elif not going(board.desk.view):
            board.say("the run has ended: nothing would be lost by leaving now")

    board.app.push_screen(Leave(board.desk), answered)
