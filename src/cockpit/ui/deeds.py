"""What each key does: one function for each id of the key table. What needs boxes is a flow (``ui/flows``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..core import actions
from ..core.runbooks import Runbook
from ..core.text import clean
from ..core.traps import TrapState
from ..engine.desk import Refused
from . import silence_deeds
from .browsing import browsed
from .keys import NOT_REPLAYED

if TYPE_CHECKING:
    from .board import Board

Deed = Callable[["Board", str], None]


def _move(by: int) -> Deed:
    return lambda board, _: board.panes[board.pane].move(by)


def _half(way: int) -> Deed:
    def deed(board: Board, _: str) -> None:
        pane = board.panes[board.pane]
        pane.move(way * max(1, pane.page // 2))

    return deed


def _ends(last: bool) -> Deed:
    def deed(board: Board, _: str) -> None:
        pane = board.panes[board.pane]
        pane.go(pane.count() if last else 0)  # past the last: where a row is kept, the end may be another

    return deed


def _mark(board: Board, _: str) -> None:
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


def _filter(board: Board, _: str) -> None:
    _to_alerts(board)
    board.home = board.alerts.key
    board.opening()
    board.start(board.open_filter(board.filter.text))


def _command(board: Board, _: str) -> None:
    board.opening()
    board.start(board.open_command())


def _group(board: Board, _: str) -> None:
    said = board.filtering.toggle_groups()
    _to_alerts(board)
    board.say(said)
    board.follow()


def _to_alerts(board: Board) -> None:
    """What is said of the alerts is seen where they are."""
    if board.front != "alerts":
        board.to_pane("alerts")


def _mine(board: Board, _: str) -> None:
    _to_alerts(board)
    board.sift(mine=not board.filtering.mine)
    board.say("only mine: acknowledged by me, or assigned to me" if board.filtering.mine else "everybody's alerts")


def _link(board: Board, _: str) -> None:
    links = board.subject.links
    if len(links) == 1:
        _follow(board, links[0].url)
        return
    from .palette import Entry, Picker

    entries = tuple(Entry(str(number), link.name, link.url) for number, link in enumerate(links))
    board.app.push_screen(
        Picker("Open which link?", entries), lambda id: _follow(board, links[int(id)].url) if id is not None else None
    )


def _follow(board: Board, url: str) -> None:
    """What lies in a runbook repository is opened here, at its heading."""
    from ..core.books import addressed

    found = addressed(board.desk.books(), url)
    if found is None:
        browse(board, url)
    else:
        read(board, found[0].name, found[1])


def browse(board: Board, url: str) -> None:
    """Open an address in a browser; where there is none, copy it."""
    if board.reel is None:
        board.say(browsed(board.app, url))
    else:  # what a recording says starts no program
        board.app.copy_to_clipboard(url)
        board.say(f"copied, for this is {board.reel.replay.what}: {clean(url)}")


def _copy(board: Board, _: str) -> None:
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


def _refresh(board: Board, _: str) -> None:
    if board.reel is not None:
        board.say(f"this is {board.reel.replay.what}: there is nobody to ask", "refusal")
        return
    board.desk.refresh()
    board.told.ask()
    board.traps.settle()
    board.follow()
    board.say("asking every source and looking at every trap now")


def _ack(board: Board, _: str) -> None:
    refs = board.alert_refs()
    if ask(board, actions.Ack(refs)):
        board.undo.remember(refs, board.clock.now())
        board.follow()


def _unack(board: Board, _: str) -> None:
    if board.selection.about == "silences":
        silence_deeds.on_selected(board, "end")
    elif ask(board, actions.Unack(board.undo_refs())):
        board.undo.forget()
        board.follow()


def ask(board: Board, action: actions.Ack | actions.Unack) -> bool:
    """Ask for something that needs no box; a refusal is said. Marks that were used are put away. Gives back if it was taken."""
    try:
        board.desk.ask(action)
    except Refused as refused:
        board.say(str(refused), "refusal")
        return False
    for pane in board.panes.values():
        if pane.marks:
            pane.marks.clear()
            pane.redraw()
    many = len(action.refs)
    if many > 1:
        board.say(
            f"asked to acknowledge {many}" if isinstance(action, actions.Ack) else f"asked to take {many} acknowledgements back"
        )
    else:
        board.say(f"asked to {actions.WRITES[type(action)]}")
    board.pull()
    return True


def _disarm(board: Board, _: str) -> None:
    refs = board.trap_refs()
    from . import flows

    board.start(flows.disarm(board, board.desk, refs))


def _drill(board: Board, _: str) -> None:
    from .flows.drill import drill  # by itself: few drill

    board.start(drill(board, board.desk, board.trap_refs()))


def _lay_trap(board: Board, _: str) -> None:
    from . import flows

    board.start(flows.lay(board, board.desk, board.alert_refs()))


def incident(board: Board, words: str = "") -> None:
    """Open an incident with what is selected, or follow the one that it is in; or the one whose id is in ``words``."""
    from .flows.incident import incident  # by itself: the other flows need nothing of it

    board.start(incident(board, board.desk, board.alert_refs(), words))


def _incidents(board: Board) -> None:
    from .flows.incident_list import incidents  # by itself, as above

    board.start(incidents(board, board.desk))


def _run(board: Board, key: str) -> None:
    number = int(key) if key.isdigit() else 1
    if number > len(board.offers):
        board.say(f"there is no runbook {number} for this", "refusal")
        return
    offer = board.offers[number - 1]
    if offer.why_not:
        board.say(offer.why_not, "refusal")
        return
    run(board, offer.runbook)


def read(board: Board, name: str, anchor: str = "") -> None:
    """Read a Markdown runbook for what is selected."""
    from . import flows

    board.start(flows.read(board, board.desk, board.subject.alert, name, anchor))


def _pick_book(board: Board, _: str) -> None:
    from . import flows

    board.start(flows.pick_book(board, board.desk, board.subject.alert))


def run(board: Board, runbook: Runbook) -> None:
    """Run a runbook for what is selected, or for all that is marked."""
    from . import flows

    board.start(flows.run_for(board, board.desk, board.run_refs(), runbook.name))


def _pick_runbook(board: Board, _: str) -> None:
    from . import flows

    board.start(flows.pick_runbook(board, board.desk, board.subject.alert))


def _silence(board: Board, _: str) -> None:
    from . import flows
    from .subject import snoozes

    refs = board.alert_refs()
    if board.selection.about == "silences":
        silence_deeds.on_selected(board, "change")
    else:
        group = board.subject.group if not board.alerts.marks else None
        if snoozes(board.desk, refs):
            board.start(flows.snooze(board, board.desk, refs))
        else:
            board.start(flows.silence(board, board.desk, refs, group=group.key if group is not None else None))


def _escalate(board: Board, _: str) -> None:
    from . import flows

    board.start(flows.respond(board, board.desk, board.alert_refs()))


def _resolve(board: Board, _: str) -> None:
    from . import flows

    board.start(flows.resolve(board, board.desk, board.alert_refs()))


def _snooze(board: Board, _: str) -> None:
    from . import flows

    board.start(flows.snooze(board, board.desk, board.alert_refs()))


def _maintenance(board: Board, _: str) -> None:
    from . import flows

    board.start(flows.maintenance(board, board.desk))


def _note(board: Board, _: str) -> None:
    from . import flows

    board.start(flows.note(board, board.desk, board.alert_refs()))


def _palette(board: Board, _: str) -> None:
    from . import flows

    board.start(flows.palette(board, board.desk, board.target_refs()))


def _help(board: Board, _: str) -> None:
    from .help import Help

    board.app.push_screen(Help(board.table, board.why))


def _approve(board: Board, _: str) -> None:
    from . import flows

    board.start(flows.approve(board, board.desk))


def _runs(board: Board, _: str) -> None:
    from .run_list import RunList

    def again(run: actions.Run) -> None:
        from . import flows

        board.start((flows.several_again if isinstance(run.action, actions.StartMany) else flows.again)(board, board.desk, run))

    board.app.push_screen(RunList(board.desk, board.zone, again))


def _handover(board: Board, _: str) -> None:
    from .handover import HandoverBrief

    board.app.push_screen(HandoverBrief(board.desk, board.zone))


def _report(board: Board, _: str) -> None:
    from . import flows

    board.start(flows.report(board, board.desk))


def _replaying(id: str) -> Deed:
    def deed(board: Board, words: str) -> None:
        if board.reel is None:
            board.say(NOT_REPLAYED[id], "refusal")
        else:
            from .reel import DEEDS as REEL_DEEDS

            REEL_DEEDS[id](board, board.reel, words)

    return deed


def _week(board: Board, _: str) -> None:
    from .week import Week

    board.app.push_screen(Week(board.desk, board.clock, board.zone))


def _read_only(board: Board, _: str) -> None:
    on = not board.view.read_only
    problem = board.desk.set_read_only(on)
    board.say(
        problem or ("read-only: nothing that writes is done" if on else "read-only is off"), "refusal" if problem else "message"
    )
    board.pull()


def _quit(board: Board, _: str) -> None:
    if not any(isinstance(run.action, (actions.Start, actions.StartMany)) and run.state in _GOING for run in board.view.runs):
        board.app.exit(0)
        return
    from .leave import Leave, going

    def answered(yes: bool | None) -> None:
        if yes:
            board.app.exit(0)
        elif not going(board.desk.view):
            board.say("the run has ended: nothing would be lost by leaving now")

    board.app.push_screen(Leave(board.desk), answered)


def command(board: Board, text: str) -> None:
    """A line of the command line."""
    from . import flows

    board.start(flows.command(board, board.desk, text))


def words(board: Board) -> Mapping[str, Callable[[], list[str]]]:
    """What may follow a command's name, for its completion."""

    def traps(resting: bool) -> list[str]:
        return [each.trap.name for each in board.view.traps if (each.state is TrapState.DISARMED) == resting]

    return {
        "theme": lambda: list(board.themes()),
        "run": lambda: [each.name for each in board.view.runbooks],
        "read": lambda: list(board.desk.books()),
        "disarm": lambda: traps(False),
        "drill": lambda: traps(False),
        "arm": lambda: traps(True),
    }


_GOING = (actions.RunState.RUNNING, actions.RunState.AWAITING)

DEEDS: Mapping[str, Deed] = {
    "down": _move(1),
    "up": _move(-1),
    "top": _ends(False),
    "bottom": _ends(True),
    "half-down": _half(1),
    "half-up": _half(-1),
    "next-pane": lambda board, _: board.next_pane(1),
    "previous-pane": lambda board, _: board.next_pane(-1),
    "open": lambda board, _: board.open(),
    "group": _group,
    "back": lambda board, _: board.back(),
    "mark": _mark,
    "filter": _filter,
    "mine": _mine,
    "link": _link,
    "read": _pick_book,
    "copy": _copy,
    "refresh": _refresh,
    "runs": _runs,
    "approve": _approve,
    "week": _week,
    "handover": _handover,
    "report": _report,
    "ack": _ack,
    "unack": _unack,
    "silence": _silence,
    "escalate": _escalate,
    "silence-filter": lambda board, _: silence_deeds.of_filter(board),
    "silences": lambda board, _: board.to_pane("alerts" if board.front == "silences" else "silences"),
    "extend": lambda board, _: silence_deeds.on_selected(board, "extend"),
    "resolve": _resolve,
    "snooze": _snooze,
    "maintenance": _maintenance,
    "note": _note,
    "disarm": _disarm,
    "drill": _drill,
    "lay-trap": _lay_trap,
    "incident": lambda board, _: incident(board),
    "incidents": lambda board, _: _incidents(board),
    "run": _run,
    "pick-runbook": _pick_runbook,
    **{id: _replaying(id) for id in NOT_REPLAYED},
    "command": _command,
    "palette": _palette,
    "read-only": _read_only,
    "theme": lambda board, _: board.wear(),
    "help": _help,
    "quit": _quit,
}
"""The function for every id of the table (a test holds the two together)."""
