"""What is done from the shift brief: a note for the next shift, and the mark that it was handed over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from textual.content import Content

from ...core.handover import Brief
from ...core.handover_words import at as moment
from ...core.handover_words import standing
from ...core.why import READ_ONLY
from ...engine.desk import Desk, Refused
from ..ask import Ask, Field, wanted
from ..confirm import Confirm
from ..page import Line
from ..times import city
from ..times import zone as at_zone
from .steps import Rest, Speaker, fact, refuse, show


class Shift(Speaker, Protocol):
    """The box with the brief: ``zone`` is the viewer's, `again` gathers it anew and then says ``text``."""

    zone: str

    def again(self, text: str) -> None: ...


def note(at: Shift, desk: Desk) -> Rest:
    """Ask for a note, and leave it."""
    if desk.view.read_only:
        return refuse(at, READ_ONLY)
    form = Ask("Note for the next shift", [Field("text", "Note", check=wanted("what the next person must know"))])
    return _noted(at, desk, show(at, form))


async def _noted(at: Shift, desk: Desk, answer: Awaitable[dict[str, str] | None]) -> None:
    if (given := await answer) is not None:
        text = given["text"].strip()
        done = "noted for the next shift: `cockpit handover --unnote N` takes it back"
        await _written(at, lambda: desk.note_for_next(text), lambda _: done)


def hand_over(at: Shift, desk: Desk, brief: Brief | None) -> Rest:
    """Show what goes over to whom, and mark it once that is confirmed. Where no roster says who takes over, ask first."""
    if desk.view.read_only:
        return refuse(at, READ_ONLY)
    if brief is None:
        return refuse(at, "the brief is not there yet")
    taker = brief.duty.taker if brief.duty is not None else ""
    if taker:
        answer = show(at, _box(at, desk, brief, taker))
        return _asked(at, desk, brief, taker, answer)
    form = Ask("Hand over", [Field("to", "To whom", help="no roster says it", check=wanted("who takes over"))])
    return _named(at, desk, brief, show(at, form))


async def _named(at: Shift, desk: Desk, brief: Brief, answer: Awaitable[dict[str, str] | None]) -> None:
    if (given := await answer) is not None:
        taker = given["to"].strip()
        sure = show(at, _box(at, desk, brief, taker))
        await _asked(at, desk, brief, taker, sure)


def _box(at: Shift, desk: Desk, brief: Brief, taker: str) -> Confirm:
    giver = brief.duty.giver if brief.duty is not None and brief.duty.giver else next(iter(desk.view.me), "you")
    clock = at_zone(at.zone)
    lines: list[Line] = [fact("from", giver, "bold"), fact("to", taker, "bold")]
    lines.append(fact("brief of", f"{moment(brief.now, clock)}, {city(at.zone)} time"))
    if brief.handed is not None:
        lines.append(fact("before", f"marked already, {moment(brief.handed.at, clock)}, to {brief.handed.taker}"))
    lines += ["", *(Content.styled(f"  {line}", "$role-text") for line in standing(brief))]
    return Confirm(f"Hand over to {taker}?", lines, yes="mark as handed over")


async def _asked(at: Shift, desk: Desk, brief: Brief, taker: str, answer: Awaitable[bool | None]) -> None:
    if await answer:
        await _written(at, lambda: desk.hand_over(brief, taker), lambda giver: f"handed over from {giver} to {taker}")


async def _written(at: Shift, work: Callable[[], object], said: Callable[[object], str]) -> None:
    """Off the screen's thread: it may wait for the disk."""
    try:
        done = await asyncio.to_thread(work)
    except Refused as no:
        at.say(str(no), "refusal")
        return
    at.again(said(done))
