"""Telling people: whom, what, and by which channels exactly, before anybody is woken."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

from ...core.actions import PagePeople
from ...core.alerts import Ref
from ...engine.desk import Desk
from ...provider import NotFound
from ..ask import Ask, Field, wanted
from ..confirm import Confirm
from ..page import Line
from .steps import Board, Rest, fact, loud, named, refuse, show, tell, used


def page(board: Board, desk: Desk, refs: Sequence[Ref], words: str = "") -> Rest:
    """Ask whom and what (``words`` are the person or roster and the text that came along), show who is told how, and send. The
    alert under the cursor goes with it."""
    reason = desk.why_not(PagePeople)
    if reason:
        return refuse(board, reason)
    row = board.view.alert(refs[0]) if refs else None
    who, _, text = words.partition(" ")
    if who and text.strip():
        return _confirmed(board, desk, refs, {"who": who, "text": text.strip()})
    fields = [
        Field(
            "who",
            "Whom",
            who or _first(board),
            "a person, a roster, level:2; several with commas",
            lambda value: _check(desk, value),
        ),
        Field(
            "text",
            "Text",
            named(row.alert) if row is not None else "",
            "whoever is woken has nothing else",
            wanted("what it is about"),
        ),
        Field("incident", "Incident", "", INCIDENT, _yes_no, choices=("no", "yes")),
    ]
    title = f"Page somebody about {row.alert.name}" if row is not None else "Page somebody"
    return _asked(board, desk, refs, show(board, Ask(title, fields, lambda values: _preview(desk, values))))


INCIDENT = "yes opens one with it, unless the alert is in one"


def _yes_no(value: str) -> str | None:
    return None if value.strip() in ("", "yes", "no") else "yes or no"


def _first(board: Board) -> str:
    """The roster that is paged first, to begin with."""
    rosters = sorted(board.view.rosters, key=lambda each: (each.level, each.roster))
    return next((each.roster for each in rosters if each.now is not None), "")


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _check(desk: Desk, value: str) -> str | None:
    if not _names(value):
        return "say who is to be told"
    try:
        told, gaps = desk.reached(_names(value))
    except NotFound as error:
        return str(error)
    return None if told else "; ".join(gaps) or "there is nobody to tell"


def _preview(desk: Desk, values: Mapping[str, str]) -> list[Line]:
    """Who is told, by which channel, at which address; and who is not."""
    if _check(desk, values["who"]):
        return []
    told, gaps = desk.reached(_names(values["who"]))
    lines: list[Line] = [
        fact("tells", f"{each.who} by {each.channel}" + (f" at {each.address}" if each.address else "")) for each in told
    ]
    return [*lines, *(loud(f"Not told: {gap}") for gap in gaps)]


async def _asked(board: Board, desk: Desk, refs: Sequence[Ref], answer: Awaitable[dict[str, str] | None]) -> None:
    given = await answer
    if given is not None:
        await _confirmed(board, desk, refs, given)


def _confirmed(board: Board, desk: Desk, refs: Sequence[Ref], given: Mapping[str, str]) -> Rest:
    if wrong := _check(desk, given["who"]):
        return refuse(board, wrong)
    text = given["text"].strip()
    lines = [*_preview(desk, given), fact("text", text)]
    row = board.view.alert(refs[0]) if refs else None
    if row is not None:
        lines.append(fact("about", named(row.alert)))
    opens = given.get("incident", "").strip() == "yes"
    if opens:
        known = desk.incident_of(refs[0]) if row is not None else ""
        lines.append(fact("incident", f"it is in {known}" if known else "opens one with it"))
    action = PagePeople(_names(given["who"]), text, refs[0] if row is not None else None, incident=opens)
    shown = desk.reached(action.to)
    answer = show(board, Confirm("Wake them?", lines, yes="page"))
    return _sent(board, desk, action, shown, answer)


async def _sent(board: Board, desk: Desk, action: PagePeople, shown: object, answer: Awaitable[bool | None]) -> None:
    if not await answer:
        return
    if desk.reached(action.to) != shown:
        board.say("who would be told has changed while it was shown: nothing was sent", "refusal")
    elif tell(board, desk, action) is not None:
        used(board)
        board.say(f"paging {', '.join(action.to)}")
