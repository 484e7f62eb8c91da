"""Approving what another user of this machine asks for, or refusing it: shown exactly, and only that is approved."""

from __future__ import annotations

from collections.abc import Awaitable

from ...core.actions import Approve
from ...core.approvals import Heard
from ...engine.desk import Desk
from ..ask import Ask, Field
from ..confirm import Confirm
from ..page import Line
from ..palette import Entry, Picker
from ..petitions import facts_of, step_words
from .steps import Board, Rest, ascii_only, fact, refuse, show, tell

_REFUSE = "refuse:"


def approve(board: Board, desk: Desk) -> Rest:
    """Show what waits for somebody's approval: which, and then exactly what."""
    asked = [each for each in desk.view.petitions if not each.mine]
    if not asked:
        mine = any(each.mine for each in desk.view.petitions)
        return refuse(board, "what waits is yours: another user has to approve it" if mine else "nothing waits for approval")
    if reason := desk.why_not(Approve):
        return refuse(board, reason)
    return _picked(board, desk, show(board, Picker("What waits for another's approval", _entries(asked))))


def _entries(asked: list[Heard]) -> list[Entry]:
    entries = []
    for each in asked:
        what = f"{each.petition.runbook} on {each.target}" if each.target else each.petition.runbook
        entries.append(Entry(each.petition.run, f"See and approve {what}", f"{each.login} {each.short}", ""))
        entries.append(Entry(_REFUSE + each.petition.run, f"Refuse {what}, with a reason", f"{each.login} {each.short}", ""))
    return entries


async def _picked(board: Board, desk: Desk, answer: Awaitable[str | None]) -> None:
    chosen = await answer
    if chosen is None:
        return
    asked = next((each for each in desk.view.petitions if each.petition.run == chosen.removeprefix(_REFUSE)), None)
    if asked is None:
        board.say("it does not wait any more", "refusal")
    elif chosen.startswith(_REFUSE):
        await _refused(board, desk, asked)
    elif await show(board, Confirm("Approve this?", _lines(board, asked), yes="approve exactly this")):
        _tell(board, desk, Approve(asked.petition.run, asked.digest))


async def _refused(board: Board, desk: Desk, asked: Heard) -> None:
    field = Field("why", "why", "", f"{asked.login} reads it", lambda text: None if text.strip() else "say why")
    typed = await show(board, Ask(f"Refuse {asked.petition.runbook} of {asked.login}", [field], lambda _: _lines(board, asked)))
    if typed is not None:
        _tell(board, desk, Approve(asked.petition.run, asked.digest, approved=False, why=typed["why"]))


def _lines(board: Board, asked: Heard) -> list[Line]:
    ascii = ascii_only(board)
    bold = {"changes": "bold $role-warning"}
    facts = [fact(label, text, bold.get(label, "")) for label, text in facts_of(asked)]
    return [*facts, "", *(fact("", line, "bold") for line in step_words(asked.petition, ascii=ascii))]


def _tell(board: Board, desk: Desk, action: Approve) -> None:
    if tell(board, desk, action) is not None:
        board.say("your answer is on its way: R shows what came of it")
