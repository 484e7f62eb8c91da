"""What is typed behind a line that closes, before anybody can see what comes of that: it waits for the screen that opens, or for
the board, and goes there in its order. What would do something to a thing that nobody has seen is left out, and that is said."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from textual import events
from textual.message import Message
from textual.screen import Screen

from .keys import printed

if TYPE_CHECKING:
    from textual.worker import Worker

    from .box import Box
    from .inputs import InputLines

BREATH = 0.005
"""Seconds between two looks at whether it has opened."""
PATIENCE = 5.0
"""Seconds that is waited for what opens nothing and does not end."""
_CLOSES = 1.0
"""Seconds in which esc closes what it closes."""

Pressed = events.Key | events.Paste


class Ahead:
    """Keeps keys from when a line of the ``board`` is left until one sees what comes of it."""

    def __init__(self, board: InputLines) -> None:
        self.on = False
        """Whether keys are kept."""
        self.unseen = False
        """Whether the line was left by a key that was itself kept: who pressed it did not see what the line was for."""
        self._board = board
        self._keys: list[Pressed] = []
        self._flows: list[Worker[Any]] = []
        self._whole = self._told = self._line_unseen = False
        self._not_done = ""
        self._seen = math.inf
        self._passing: Message | None = None

    def begin(self, seen: float = math.inf) -> None:
        """The line is left: from now on they are kept. Whoever presses one after ``seen`` (monotonic seconds)
        sees what the board will show then, unless the line itself was left `unseen`."""
        self.unseen, self._line_unseen = self._line_unseen, False
        self.on, self._whole, self._told, self._seen = True, False, False, math.inf if self.unseen else seen
        self._keys, self._flows, self._not_done = [], [], ""

    def before(self, keys: Iterable[Pressed]) -> None:
        """These came to the line itself, behind the key that closed it, and no more will: they are the first."""
        self._keys[:0] = keys
        self._whole = True

    def wait_for(self, flow: Worker[Any]) -> None:
        """This was started by what the line said: it may open something until it ends."""
        if self.on:
            self._flows.append(flow)

    def keeps(self, event: Message) -> bool:
        """Whether an event that has come to the app is kept. What does not come can always be left."""
        if not (self.on and isinstance(event, Pressed)) or event.is_forwarded or event is self._passing:
            return False
        if isinstance(event, events.Key) and event.key == "escape":
            over = _over(self._board.app.screen)
            if over is not None and not over.ready:
                self._leave_out(self._refused)
                return False
        self._keys.append(event)
        return True

    def let_go(self, not_done: str = "") -> None:
        """What the line said is being done: once that is seen, they go there. Where it is ``not_done``, they are left out with
        it."""
        self._told, self._not_done = True, not_done
        self._board.run_worker(self._let_go(), exit_on_error=True)

    async def _let_go(self) -> None:
        app, loop = self._board.app, asyncio.get_running_loop()
        while self.on:
            screen, left = await self._arrived(), loop.create_future()
            app.call_later(self._pass_on, screen, left)
            if await left:
                await _until(lambda: app.screen is not screen, loop.time() + _CLOSES)  # noqa: B023 - it is awaited here

    async def _arrived(self) -> Screen[Any]:
        """The screen that they are for, once it has been painted."""
        app, clock = self._board.app, asyncio.get_running_loop().time
        until = clock() + PATIENCE
        while True:
            screen = app.screen
            over = _over(screen)
            there = over.ready if over is not None else clock() > until or all(flow.is_finished for flow in self._flows)
            if self._whole and self._told and there and await _painted(screen):
                return screen
            await asyncio.sleep(BREATH)

    async def _pass_on(self, screen: Screen[Any], left: asyncio.Future[bool]) -> None:
        """In the app's own turn, so that no other key comes between them. ``left``: one of them leaves the screen, and the others
        are for what is there then."""
        over = _over(screen)
        line = over is None and self._board.has_line
        if line:
            self._left_unseen()
        while self._keys or self._not_done:
            seen = over is None and bool(self._keys) and self._keys[0].time > self._seen
            if self._not_done or not (line or seen or (over or self._board).harmless(self._keys[0])):
                self._leave_out(over.remark if over is not None else self._refused)
                break
            self._passing = key = self._keys.pop(0)
            if not line and over is None and self._board.opens_line(key):
                line = True  # which has all that comes behind it
                self._left_unseen()
            await self._board.app.on_event(key)
            if over is not None and isinstance(key, events.Key) and key.key == "escape":
                left.set_result(True)
                return
        self.on = False
        left.set_result(False)

    def _left_unseen(self) -> None:
        """The line that has the keys now is left by the first of them that leaves one, if there is any."""
        leaves = next((key for key in self._keys if isinstance(key, events.Key) and key.key in ("enter", "escape")), None)
        self._line_unseen = leaves is not None and leaves.time <= self._seen

    def _leave_out(self, say: Callable[[str], None]) -> None:
        """They are not taken: nor are those behind the first that is not, for nobody knows what they are for now."""
        keys, self._keys, self.on = self._keys, [], False
        left = [printed(each.key) if isinstance(each, events.Key) else "what was pasted" for each in keys]
        left[:0] = [self._not_done] * bool(self._not_done)
        self._not_done = ""
        if left:
            say(f"not taken, typed before this could be seen: {left[0]}" + (f" and {len(left) - 1} more" if left[1:] else ""))

    def _refused(self, text: str) -> None:
        self._board.call_later(self._board.say, text, "refusal")  # behind the keys that were taken


def _over(screen: Screen[Any]) -> Box[Any] | None:
    """The box that a screen is; ``None`` for the board."""
    from .box import Box  # here: it is wanted where something opens

    return screen if isinstance(screen, Box) else None


async def _painted(screen: Screen[Any]) -> bool:
    """Wait until it has been; false where it is not what one sees any more."""
    painted = asyncio.Event()
    screen.call_after_refresh(painted.set)
    await _until(lambda: painted.is_set() or not screen.is_current)
    return screen.is_current


async def _until(met: Callable[[], bool], at: float = math.inf) -> None:
    """Wait for it, up to a time of the loop. Of a screen nobody is told that it opens, or closes, before it has."""
    while not met() and asyncio.get_running_loop().time() < at:  # noqa: ASYNC110 - see above
        await asyncio.sleep(BREATH)
