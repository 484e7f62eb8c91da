"""Arming a trap after an alert or an incident: choose how to look, fill in a form that says what it would have done, see the exact
file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from ...core.alerts import SEVERITY_WORDS, Ref
from ...core.arming import Proposals
from ...core.why import READ_ONLY
from ...engine.desk import After, Desk, Refused
from ..ask import Ask, Field, wanted
from ..confirm import Confirm
from ..exact import spell_text
from ..page import Line
from ..palette import Entry, Picker
from .looked import looked
from .steps import Board, Rest, Speaker, ascii_only, fact, loud, named, refuse, show

if TYPE_CHECKING:  # most flows are begun where no incident is followed
    from ...core.incidents import Incident
    from ..incident import Following

_OTHER = "other"
_BOUNDS = {
    "disk": ("used_percent >= 80", "used_percent >= 90"), "memory": ("used_percent >= 85", "used_percent >= 95"),
    "load": ("per_cpu > 2", "per_cpu > 4"), "http": ("seconds > 1.5", "seconds > 10"), "tcp": ("seconds > 1", "seconds > 5"),
    "tls": ("days_left < 14", "days_left < 3"), "file": ("age_seconds > 26h", "age_seconds > 50h"),
}  # fmt: skip
"""Of the looks that have a usual bound: how one warns and trips."""
_LOOKING = "Looking at this machine, and back in the readings, for what could have told of it earlier …"


class _About(msgspec.Struct, frozen=True, kw_only=True):
    """What it is armed ``after``, its ``name`` in a title and as it is ``told`` in full; the runbooks that there are, and whether
    what must be exact is spelt in ASCII."""

    after: After
    name: str
    told: str
    runbooks: tuple[str, ...]
    ascii: bool


def lay(board: Board, desk: Desk, refs: Sequence[Ref]) -> Rest:
    """Arm a new trap after the alert under the cursor. Nothing is written before its exact file was confirmed."""
    row = board.view.alert(refs[0]) if refs else None
    if row is None:
        return refuse(board, "there is no alert under the cursor")
    runbooks = tuple(each.name for each in board.view.runbooks)
    alert = row.alert
    about = _About(after=alert.ref, name=alert.name, told=named(alert), runbooks=runbooks, ascii=ascii_only(board))
    return _begun(board, desk, about)


def lay_after(at: Following, desk: Desk, here: Incident) -> Rest:
    """Arm a new trap after the incident that is followed, likewise."""
    if here.into:
        return refuse(at, f"{here.id} was merged into {here.into}: say it of that one")
    name, runbooks = f"{here.id} {here.title}", tuple(each.name for each in at.view.runbooks)
    return _begun(at, desk, _About(after=here.id, name=here.id, told=name, runbooks=runbooks, ascii=at.text.look.ascii))


def _begun(board: Speaker, desk: Desk, about: _About) -> Rest:
    if desk.view.read_only:
        return refuse(board, READ_ONLY)
    found = looked(board, f"Arm a trap after {about.name}", _LOOKING, lambda: desk.propose_traps(about.after))
    return _drafted(board, desk, about, found)


async def _drafted(board: Speaker, desk: Desk, about: _About, found: Awaitable[Proposals | None]) -> None:
    if (proposed := await found) is None:
        return
    drafts = proposed.drafts
    if not drafts:
        await _filled_in(board, desk, about, proposed.blank, proposed.standing)
        return
    entries = [Entry(str(n), _looks(values), because) for n, (values, because) in enumerate(drafts)]
    other = Entry(_OTHER, "Something else", proposed.standing or "an empty form")
    picker = Picker(f"How should it look, after {about.name}?", [*entries, other])
    chosen = await show(board, picker)
    if chosen == _OTHER:
        await _filled_in(board, desk, about, proposed.blank, proposed.standing)
    elif chosen is not None:
        await _filled_in(board, desk, about, *drafts[int(chosen)])


def _looks(values: Mapping[str, str]) -> str:
    """How one looks and when it trips: two of them may look alike."""
    trip = values.get("trip", "")
    return f"{values['look']}  {trip}" if trip else values["look"]


async def _filled_in(board: Speaker, desk: Desk, about: _About, values: Mapping[str, str], because: str) -> None:
    drafted = bool(values.get("look"))

    def preview(typed: Mapping[str, str]) -> list[Line]:
        tried = desk.try_trap(typed, about.after)
        known = [fact("known" if not drafted else "chosen", because)] if because else []
        if not typed["look"].strip():  # a form that has only begun is not wrong
            return [*known, fact("next", "say how to look: a probe and its keys, as in disk path=/")]
        lines = [loud(tried.problem)] if tried.problem else [fact("tested", tried.would, "bold"), fact("file", tried.file)]
        return [*lines, *known]

    def refused(typed: Mapping[str, str]) -> tuple[str, str] | None:
        problem = desk.try_trap(typed, about.after).problem
        return ("look", problem) if problem else None

    form = Ask(f"Arm a trap after {about.name}", _fields(about, values), preview, refused, begin="trip")
    given = await show(board, form)
    if given is not None:
        await _confirmed(board, desk, about, given)


def _fields(about: _About, values: Mapping[str, str]) -> list[Field]:
    """The form, with what is proposed in it; its hints are of the look that it begins with."""
    warn, trip = _BOUNDS.get(values.get("look", "").partition(" ")[0], ("a bound on a number of the look", "such a bound"))

    def field(id: str, label: str, help: str, choices: Sequence[str] = ()) -> Field:
        return Field(id, label, values.get(id, ""), help, choices=tuple(choices))

    return [
        Field("name", "Name", values.get("name", ""), "a-z, 0-9 and -", wanted("what it is called")),
        Field("look", "Look", values.get("look", ""), "a probe and its keys: disk path=/", wanted("how to look: disk path=/")),
        field("warn", "Warns when", f"{warn}; may stay empty"),
        field("trip", "Trips when", f"{trip}: then it is an alert"),
        field("for", "For", "how long that must hold: 2m"),
        field("every", "Looks every", "30s, if it stays empty"),
        field("severity", "Severity", "of its alert", list(SEVERITY_WORDS)),
        field("went_wrong", "What went wrong?", "the first of the three answers"),
        field("detect", "How can it be detected?", "the second"),
        field("signs", "What signs show before?", "the third"),
        field("runbooks", "Runbooks", "that help, with commas", about.runbooks),
        field("owner", "Owner", "who looks after it"),
    ]


async def _confirmed(board: Speaker, desk: Desk, about: _About, given: Mapping[str, str]) -> None:
    """The file exactly as it will be written, and nothing else than that is."""
    tried = desk.try_trap(given, about.after)
    if tried.problem:
        board.say(tried.problem, "refusal")
        return
    lines: list[Line] = [fact("after", about.told), fact("tested", tried.would, "bold"), fact("writes", tried.file), ""]
    lines += [spell_text(line, ascii=about.ascii) for line in tried.text.splitlines()]
    if not await show(board, Confirm("Write this file, and arm the trap?", lines, yes="arm")):
        return
    name = given["name"].strip()
    try:
        file = await asyncio.to_thread(desk.lay_trap, name, tried.text, about.after)
    except Refused as no:
        board.say(str(no), "refusal")
    else:
        board.say(f"{name} is armed ({file})")
