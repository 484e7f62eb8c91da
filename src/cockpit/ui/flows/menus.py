"""The two ways to everything by its name: the palette and the command line. Both end in the same flows and deeds as the keys do."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Sequence

from ...core.actions import Ack
from ...core.alerts import Ref
from ...core.filters import FilterError, parse
from ...core.groups import parse_by
from ...core.traps import TrapView
from ...engine.desk import Desk
from ..command import UnknownCommand
from ..command import read as read_line
from ..palette import Entry, Picker, key_entries
from .note import note
from .page import page
from .read import read
from .report import report
from .respond import resolve, snooze
from .run import dry_run, runbook_entries
from .several import run_for
from .silence import silence_line
from .steps import Board, Rest, nothing, refuse, show, tell, used
from .trap import disarm

_RUN, _THEME = "run:", "theme:"


def palette(board: Board, desk: Desk, refs: Sequence[Ref] = ()) -> Rest:  # noqa: ARG001 - every flow is given what is selected
    """Everything that can be done now: the keys' verbs, every runbook, every theme."""
    row = board.cursor_row()
    alert = row.alert.ref if row is not None else None
    runbooks = (
        Entry(_RUN + each.id, f"Run: {each.text}", each.detail, each.why_not, (each.id, each.text))
        for each in runbook_entries(board, desk, alert)
    )
    themes = (Entry(_THEME + name, f"Theme: {name}", also=(name,)) for name in board.themes())

    def rehearse(id: str) -> None:
        if id.startswith(_RUN):
            dry_run(board, desk, alert, id.removeprefix(_RUN))

    box = Picker("What to do?", (*key_entries(board.table, board.why), *runbooks, *themes), on_dry_run=rehearse)
    return _picked(board, desk, alert, show(board, box))


async def _picked(board: Board, desk: Desk, alert: Ref | None, answer: Awaitable[str | None]) -> None:
    id = await answer
    if id is None:
        return
    if id.startswith(_RUN):
        await run_for(board, desk, board.run_refs() or ((alert,) if alert is not None else ()), id.removeprefix(_RUN), ask=True)
    elif id.startswith(_THEME):
        board.wear(id.removeprefix(_THEME))
    else:
        board.do(id)


def command(board: Board, desk: Desk, text: str) -> Rest:
    """Do what a line says. What takes words takes them here; every other command is what its key does."""
    try:
        said = read_line(text, board.table)
    except UnknownCommand as unknown:
        return refuse(board, str(unknown))
    if said.id == "filter" and not said.rest:
        board.sift("")
        return nothing()
    with_words = _WITH_WORDS.get(said.id)
    if with_words is not None and said.rest:
        return with_words(board, desk, said.rest)
    if said.id == "incident":
        return _incident(board, desk, "")
    if said.id == "arm":
        return disarm(board, desk, board.trap_refs(), arm=True)
    if said.rest:
        return refuse(board, f":{said.id} takes no words after it")
    if said.id == "run":
        return refuse(board, "run which? :run NAME, or its digit")
    if said.id == "trap":
        return refuse(board, _TRAP_HOW)
    board.do(said.id)
    return nothing()


def _filter(board: Board, desk: Desk, rest: str) -> Rest:  # noqa: ARG001 - the signature of a command
    try:
        parse(rest)
    except FilterError as fault:
        return refuse(board, f"{fault} (at character {fault.column + 1})")
    board.sift(rest)
    return nothing()


def _group(board: Board, desk: Desk, rest: str) -> Rest:  # noqa: ARG001 - the signature of a command
    """``group by alertname,cluster``, ``group off`` (every alert by itself, of a storm too), ``group auto`` (as it begins)."""
    if rest in ("off", "auto"):
        board.group((), apart=rest == "off")
        board.say("every alert by itself" if rest == "off" else "storms are told in groups")
        return nothing()
    try:
        names = parse_by(rest.removeprefix("by ") if rest != "by" else "")
    except ValueError as fault:
        return refuse(board, str(fault))
    board.group(names)
    board.say(f"grouped by {', '.join(names)}")
    return nothing()


def _theme(board: Board, desk: Desk, rest: str) -> Rest:  # noqa: ARG001 - the signature of a command
    names = list(board.themes())
    if rest not in names:
        return refuse(board, f"there is no theme {rest!r}: there are {', '.join(names)}")
    board.wear(rest)
    return nothing()


def _ack(board: Board, desk: Desk, rest: str) -> Rest:
    if tell(board, desk, Ack(board.alert_refs(), rest)) is not None:
        used(board)
        board.say("acknowledge: asked")
    return nothing()


def _note(board: Board, desk: Desk, rest: str) -> Rest:
    return note(board, desk, board.alert_refs(), rest)


def _page(board: Board, desk: Desk, rest: str) -> Rest:
    """``:page primary TEXT``."""
    return page(board, desk, board.alert_refs(), rest)


def _silence(board: Board, desk: Desk, rest: str) -> Rest:
    return silence_line(board, desk, rest)


def _disarm(board: Board, desk: Desk, rest: str) -> Rest:
    name, _, words = rest.partition(" ")
    found = _traps(board, name)
    return disarm(board, desk, found, words) if found else _no_trap(board, name)


def _drill(board: Board, desk: Desk, rest: str) -> Rest:
    """``drill NAME``, ``drill NAME quiet``, ``drill quiet`` for the trap under the cursor."""
    from .drill import QUIETLY, drill  # by itself: few drill

    name, _, words = rest.partition(" ")
    if name in QUIETLY:
        return drill(board, desk, board.trap_refs(), name)
    found = _traps(board, name)
    return drill(board, desk, found, words.strip()) if found else _no_trap(board, name)


def _arm(board: Board, desk: Desk, rest: str) -> Rest:
    found = _traps(board, rest)
    return disarm(board, desk, found, arm=True) if found else _no_trap(board, rest)


_TRAP_HOW = "trap what? :trap disarm NAME 2h WHY, :trap arm NAME, :trap drill NAME, :trap check, or :trap add"


def _trap(board: Board, desk: Desk, rest: str) -> Rest:
    """The command line's words for traps."""
    verb, _, words = rest.partition(" ")
    words = words.strip()
    match verb:
        case "add" if not words:
            board.do("lay-trap")
            return nothing()
        case "disarm":
            return _disarm(board, desk, words) if words else disarm(board, desk, board.trap_refs())
        case "arm":
            return _arm(board, desk, words) if words else disarm(board, desk, board.trap_refs(), arm=True)
        case "drill":
            if words:
                return _drill(board, desk, words)
            board.do("drill")
            return nothing()
        case "check" if not words or _traps(board, words):
            board.do("refresh")
            return nothing()
        case "check":
            return _no_trap(board, words)
    return refuse(board, _TRAP_HOW)


def _traps(board: Board, name: str) -> tuple[Ref, ...]:
    """The trap of that name: ``root-disk``, or ``local/root-disk`` where several sources have one."""

    def fits(each: TrapView) -> bool:
        return name in (each.trap.name, f"{each.source}/{each.trap.name}")

    return tuple(Ref(each.source, each.trap.name) for each in board.view.traps if fits(each))


def _no_trap(board: Board, name: str) -> Rest:
    from difflib import get_close_matches

    near = get_close_matches(name, [each.trap.name for each in board.view.traps], 1)
    return refuse(board, f"there is no trap {name!r}" + (f": did you mean {near[0]}?" if near else ""))


def _run(board: Board, desk: Desk, rest: str) -> Rest:
    """``run NAME [KEY=VALUE…]``; values with spaces stand in quotes. A digit is the runbook with that number."""
    try:
        name, *pairs = shlex.split(rest)
    except ValueError as fault:
        return refuse(board, f"{fault} in {rest!r}")
    if name.isdigit() and not pairs:
        board.do("run", name)
        return nothing()
    given: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            return refuse(board, f"{pair!r} is not KEY=VALUE")
        given[key] = value
    if name.isdigit() and 1 <= int(name) <= len(board.offers):
        name = board.offers[int(name) - 1].runbook.name
    return run_for(board, desk, board.run_refs(), name, given)


def _incident(board: Board, desk: Desk, rest: str) -> Rest:
    from .incident import incident  # by itself: the other flows need nothing of it

    return incident(board, desk, (), rest)


def _read(board: Board, desk: Desk, rest: str) -> Rest:
    """``read NAME`` or ``read NAME#heading``."""
    name, _, anchor = rest.partition("#")
    row = board.cursor_row()
    return read(board, desk, row.alert.ref if row is not None else None, name, anchor)


def _seek(board: Board, desk: Desk, rest: str) -> Rest:  # noqa: ARG001 - the signature of a command
    board.do("seek", rest)
    return nothing()


def _speed(board: Board, desk: Desk, rest: str) -> Rest:  # noqa: ARG001 - the signature of a command
    board.do("speed", rest)
    return nothing()


_WITH_WORDS: dict[str, Callable[[Board, Desk, str], Rest]] = {
    "filter": _filter,
    "group": _group,
    "theme": _theme,
    "ack": _ack,
    "note": _note,
    "escalate": _page,
    "resolve": lambda board, desk, rest: resolve(board, desk, board.alert_refs(), rest),
    "snooze": lambda board, desk, rest: snooze(board, desk, board.alert_refs(), rest),
    "silence": _silence,
    "disarm": _disarm,
    "drill": _drill,
    "arm": _arm,
    "trap": _trap,
    "run": _run,
    "read": _read,
    "report": report,
    "incident": _incident,
    "seek": _seek,
    "speed": _speed,
}
