"""Asking once what the person is called at a source that wants to know who writes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from ...core.actions import AddressWanted
from ...core.text import clean
from ...engine.desk import Desk, Refused
from ..ask import Ask, Field, wanted
from .steps import Board, Rest, show


def ask_address(board: Board, desk: Desk, wants: AddressWanted) -> Rest:
    """Ask for it, and keep it. What wanted it was not sent, and is not sent by itself then."""
    field = Field("address", clean(wants.what, 200), check=wanted("it, or leave with esc"))
    return _rest(board, desk, wants.source, show(board, Ask(f"{clean(wants.source)} wants to know who does that", [field])))


async def _rest(board: Board, desk: Desk, source: str, answer: Awaitable[dict[str, str] | None]) -> None:
    given = await answer
    if given is None:
        return
    try:
        file = await asyncio.to_thread(desk.tell_address, source, given["address"])
    except Refused as no:
        board.say(str(no), "refusal")
    else:
        board.say(f"kept; nothing was sent yet: press the key again ({file})")
