"""Arming a trap after an alert: choose how to look, fill in a form that says what it would have done, see the exact file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence

from ...core.alerts import SEVERITY_WORDS, Alert, Ref
from ...core.why import READ_ONLY
from ...engine.desk import Desk, Refused
from ..ask import Ask, Field, wanted
from ..confirm import Confirm
from ..exact import spell_text
from ..looking import Looking
from ..page import Line
from ..palette import Entry, Picker
from .steps import Board, Rest, ascii_only, fact, loud, named, refuse, show

Drafts = Sequence[tuple[dict[str, str], str]]
_OTHER = "other"
_LOOKING = "Looking at this machine, and back in the readings, for what could have told of it earlier …"


def lay(board: Board, desk: Desk, refs: Sequence[Ref]) -> Rest:
    """Arm a new trap after the alert under the cursor. Nothing is written before its exact file was confirmed."""
    row = board.view.alert(refs[0]) if refs else None
    if row is None:
        return refuse(board, "there is no alert under the cursor")
    if board.view.read_only:
        return refuse(board, READ_ONLY)
    box = Looking(f"Arm a trap after {row.alert.name}", [("esc", "leave")], _LOOKING)
    return _drafted(board, desk, row.alert, box, show(board, box))


async def _drafted(board: Board, desk: Desk, alert: Alert, box: Looking, left: Awaitable[None]) -> None:
    try:
        drafts = await asyncio.to_thread(desk.propose_traps, alert.ref)
    except Refused as no:
        drafts = ()
        board.say(str(no), "refusal")
    if not box.is_attached or box is not board.app.screen:
        return  # the person has left
    box.dismiss(None)
    await left
    if not drafts:
        await _filled_in(board, desk, alert, {}, "")
        return
    entries = [Entry(str(n), values["look"], because) for n, (values, because) in enumerate(drafts)]
    picker = Picker(f"How should it look, after {alert.name}?", [*entries, Entry(_OTHER, "Something else", "an empty form")])
    chosen = await show(board, picker)
    if chosen == _OTHER:
        await _filled_in(board, desk, alert, {key: drafts[0][0][key] for key in ("name", "went_wrong")}, "")
    elif chosen is not None:
        await _filled_in(board, desk, alert, *drafts[int(chosen)])


async def _filled_in(board: Board, desk: Desk, alert: Alert, values: Mapping[str, str], because: str) -> None:
    def preview(typed: Mapping[str, str]) -> list[Line]:
        tried = desk.try_trap(typed, alert.ref)
        lines = [loud(tried.problem)] if tried.problem else [fact("tested", tried.would, "bold"), fact("file", tried.file)]
        return [*lines, *([fact("chosen", because)] if because else [])]

    def refused(typed: Mapping[str, str]) -> tuple[str, str] | None:
        problem = desk.try_trap(typed, alert.ref).problem
        return ("look", problem) if problem else None

    form = Ask(f"Arm a trap after {alert.name}", _fields(board, values), preview, refused, begin="trip")
    given = await show(board, form)
    if given is not None:
        await _confirmed(board, desk, alert, given)


def _fields(board: Board, values: Mapping[str, str]) -> list[Field]:
    """The form, with what is proposed in it."""

    def field(id: str, label: str, help: str, choices: Sequence[str] = ()) -> Field:
        return Field(id, label, values.get(id, ""), help, choices=tuple(choices))

    return [
        Field("name", "Name", values.get("name", ""), "a-z, 0-9 and -", wanted("what it is called")),
        Field("look", "Look", values.get("look", ""), "a probe and its keys: disk path=/", wanted("how to look: disk path=/")),
        field("warn", "Warns when", "used_percent >= 80; may stay empty"),
        field("trip", "Trips when", "used_percent >= 90: then it is an alert"),
        field("for", "For", "how long that must hold: 2m"),
        field("severity", "Severity", "of its alert", list(SEVERITY_WORDS)),
        field("went_wrong", "What went wrong?", "the first of the three answers"),
        field("detect", "How can it be detected?", "the second"),
        field("signs", "What signs show before?", "the third"),
        field("runbooks", "Runbooks", "that help, with commas", [each.name for each in board.view.runbooks]),
        field("owner", "Owner", "who looks after it"),
    ]


async def _confirmed(board: Board, desk: Desk, alert: Alert, given: Mapping[str, str]) -> None:
    """The file exactly as it will be written, and nothing else than that is."""
    tried = desk.try_trap(given, alert.ref)
    if tried.problem:
        board.say(tried.problem, "refusal")
        return
    ascii = ascii_only(board)
    lines: list[Line] = [fact("after", named(alert)), fact("tested", tried.would, "bold"), fact("writes", tried.file), ""]
    lines += [spell_text(line, ascii=ascii) for line in tried.text.splitlines()]
    if not await show(board, Confirm("Write this file, and arm the trap?", lines, yes="arm")):
        return
    name = given["name"].strip()
    try:
        file = await asyncio.to_thread(desk.lay_trap, name, tried.text, alert.ref)
    except Refused as no:
        board.say(str(no), "refusal")
    else:
        board.say(f"{name} is armed ({file})")
