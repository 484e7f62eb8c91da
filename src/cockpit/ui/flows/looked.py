"""What is looked for off the screen's own thread, behind a box that says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ...engine.desk import Refused
from ..looking import Looking
from .steps import Speaker, show

T = TypeVar("T")


def looked(board: Speaker, title: str, what: str, find: Callable[[], T]) -> Awaitable[T | None]:
    """What ``find`` gives, to be awaited: the box opens now, and is closed by then. ``None`` where it refuses, which is said, and
    where the person has left."""
    box = Looking(title, [("esc", "leave")], what)
    return _found(board, box, show(board, box), find)


async def _found(board: Speaker, box: Looking, left: Awaitable[None], find: Callable[[], T]) -> T | None:
    found, problem = None, ""
    try:
        found = await asyncio.to_thread(find)
    except Refused as no:
        problem = str(no)
    if not box.is_attached or box is not board.app.screen:
        return None  # the person has left
    box.dismiss(None)
    await left
    if problem:
        board.say(problem, "refusal")
    return found
