"""The steps all flows are made of: open a box and wait, hand an action over, name things for people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias, TypeVar

from textual.app import App
from textual.content import Content

from ...core.actions import Action
from ...core.alerts import Alert, Ref
from ...core.roster import Naming
from ...core.units import say_seconds, seconds
from ...core.view import Row, View
from ...engine.desk import Desk, Refused
from ...provider import Clock
from ..box import Box
from ..keys import Key
from ..lines import Lines
from ..page import Line
from ..runbooks import Offer
from ..times import city
from ..times import zone as at_zone

T = TypeVar("T")
Rest: TypeAlias = Coroutine[Any, Any, None]
"""What is left of a flow once its first box is open."""

LISTED = 200
"""So many alerts are listed in a preview; the others are counted."""


class Speaker(Protocol):
    """Whoever opens boxes and answers the person: the board, or a box over it."""

    @property
    def app(self) -> App[Any]: ...
    def say(self, text: str, kind: str = "message") -> None: ...


class Board(Speaker, Protocol):
    """What a flow needs of the board. ``why`` holds the reason by key id for each key that cannot work now, ``zone`` is that of
    whoever sits here: every time is on its clock; people are ``called`` so. ``voice`` says the board's answers while something
    stands over it that hides its footer. There is a ``reel`` where all this is a replay or the demo, whose journal no command
    reads."""

    zone: str
    table: tuple[Key, ...]
    why: Mapping[str, str]
    voice: Callable[[str], None] | None
    clock: Clock
    view: View
    panes: Mapping[str, Lines]
    called: Naming

    @property
    def reel(self) -> object | None: ...
    @property
    def offers(self) -> tuple[Offer, ...]: ...
    @property
    def filter_text(self) -> str: ...
    def cursor_row(self) -> Row | None: ...
    def alert_refs(self) -> tuple[Ref, ...]: ...
    def run_refs(self) -> tuple[Ref, ...]: ...
    def trap_refs(self) -> tuple[Ref, ...]: ...
    def do(self, id: str, key: str = "") -> None: ...
    def start(self, flow: Rest) -> None: ...
    def browse(self, url: str) -> None: ...
    def sift(self, text: str | None = None, mine: bool | None = None) -> None: ...
    def group(self, by: tuple[str, ...], *, apart: bool = False) -> None: ...
    def themes(self) -> Sequence[str]: ...
    def wear(self, name: str = "") -> None: ...


async def nothing() -> None:
    """The rest of a flow that ended before it began."""


def refuse(board: Speaker, reason: str) -> Rest:
    """Say why not; the rest is nothing."""
    board.say(reason, "refusal")
    return nothing()


def show(board: Speaker, box: Box[T]) -> Awaitable[T | None]:
    """Open a box, now; what comes back is its answer, to be awaited."""
    answer: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()

    def answered(value: T | None) -> None:
        if not answer.done():
            answer.set_result(value)

    board.app.push_screen(box, answered)
    return answer


def tell(board: Speaker, desk: Desk, action: Action) -> str | None:
    """Hand an action over; gives the run's id, or ``None`` after saying why it was refused."""
    try:
        return desk.ask(action)
    except Refused as no:
        board.say(str(no), "refusal")
        return None


def used(board: Board) -> None:
    """The marks have served."""
    for pane in board.panes.values():
        if pane.marks:
            pane.marks.clear()
            pane.redraw()


def ascii_only(board: Board) -> bool:
    """Whether the terminal shows nothing but ASCII: what must be exact is spelt so then."""
    return any(pane.look.ascii for pane in board.panes.values())


def named(alert: Alert) -> str:
    """An alert in one line: ``CRITICAL root-disk · / · disk 93 % used``."""
    return " · ".join(part for part in (f"{alert.severity.word.upper()} {alert.name}", alert.where, alert.summary) if part)


def counted(number: int, what: str) -> str:
    """``1 alert``, ``3 alerts``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def until(at: datetime, now: datetime, zone: str) -> str:
    """An end, on the clock of ``zone`` and with how far off it is: ``Mon 2 Nov 05:12 São Paulo (in 2 h)``."""
    there = at.astimezone(at_zone(zone))
    return f"{there:%a} {there.day} {there:%b %H:%M} {city(zone)} (in {say_seconds(max(0.0, (at - now).total_seconds()))})"


def fact(label: str, text: str, style: str = "") -> Line:
    """A labelled line of a preview; the labels stand in a column."""
    return Content.assemble((f"{label:<9} ", "$role-muted"), (text, style) if style else text)


def loud(text: str) -> Line:
    """A line that must not be overlooked."""
    return Content.styled(text, "bold $role-warning")


CHANGED = "This changed while it was shown. Nothing was done. This is how it is now:"
"""Said above what is shown anew (safety 10)."""


def duration(value: str, longest: timedelta = timedelta(days=365)) -> timedelta:
    """A duration as a person types it. Raises ``ValueError`` that says what would have been understood."""
    length = timedelta(seconds=seconds(value.strip()))
    if not timedelta(seconds=1) <= length <= longest:
        raise ValueError(f"{value.strip()!r} will not do: between 1 s and {say_seconds(longest.total_seconds())}")
    return length


def check_duration(value: str) -> str | None:
    """The check of a duration's field."""
    try:
        duration(value)
    except ValueError as fault:
        return str(fault)
    return None


def starts_with_duration(words: str, otherwise: str) -> tuple[str, str]:
    """``2h because`` → its duration and the rest; ``otherwise`` stands in where it does not begin with one."""
    first, _, rest = words.partition(" ")
    return (first, rest.strip()) if first and first[0].isdigit() and check_duration(first) is None else (otherwise, words.strip())
