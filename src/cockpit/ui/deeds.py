"""What each key does: one function for each id of the key table. What needs boxes is a flow (``ui/flows``); what keys do to lists
and silences, and the screens that they open, stand beside: ``list_deeds``, ``silence_deeds``, ``screen_deeds``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..core import actions
from ..core.runbooks import Runbook
from ..core.text import clean
from ..core.traps import TrapState
from ..engine.desk import Refused
from . import list_deeds, screen_deeds, silence_deeds
from .browsing import browsed
from .keys import NOT_REPLAYED
from .list_deeds import Deed

if TYPE_CHECKING:
    from .board import Board


def _command(board: Board, _: str) -> None:
    board.opening()
    board.start(board.open_command())


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
        run = board.desk.ask(action)
    except Refused as refused:
        board.say(str(refused), "refusal")
        return False
    for pane in board.panes.values():
        if pane.marks:
            pane.marks.clear()
            pane.redraw()
    many = len(action.refs)
    said = f"asked to {actions.WRITES[type(action)]}"
    if many > 1:
        said = f"asked to acknowledge {many}" if isinstance(action, actions.Ack) else f"asked to take {many} acknowledgements back"
    board.say(said)
    board.awaited = (run, said)
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


def _approve(board: Board, _: str) -> None:
    from . import flows

    board.start(flows.approve(board, board.desk))


def _replaying(id: str) -> Deed:
    def deed(board: Board, words: str) -> None:
        if board.reel is None:
            board.say(NOT_REPLAYED[id], "refusal")
        else:
            from .reel import DEEDS as REEL_DEEDS

            REEL_DEEDS[id](board, board.reel, words)

    return deed


def _read_only(board: Board, _: str) -> None:
    on = not board.view.read_only
    problem = board.desk.set_read_only(on)
    board.say(
        problem or ("read-only: nothing that writes is done" if on else "read-only is off"), "refusal" if problem else "message"
    )
    board.pull()


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


DEEDS: Mapping[str, Deed] = {
    "down": list_deeds.move(1),
    "up": list_deeds.move(-1),
    "top": list_deeds.ends(False),
    "bottom": list_deeds.ends(True),
    "half-down": list_deeds.half(1),
    "half-up": list_deeds.half(-1),
    "next-pane": lambda board, _: board.next_pane(1),
    "previous-pane": lambda board, _: board.next_pane(-1),
    "open": lambda board, _: board.open(),
    "group": list_deeds.group,
    "back": lambda board, _: board.back(),
    "mark": list_deeds.mark,
    "filter": list_deeds.filter,
    "mine": list_deeds.mine,
    "link": _link,
    "read": _pick_book,
    "copy": list_deeds.copy,
    "refresh": _refresh,
    "runs": screen_deeds.runs,
    "approve": _approve,
    "week": screen_deeds.week,
    "handover": screen_deeds.handover,
    "report": screen_deeds.report,
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
    "help": screen_deeds.help,
    "quit": screen_deeds.quit,
}
"""The function for every id of the table (a test holds the two together)."""
