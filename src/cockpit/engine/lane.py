"""A thread with a loop of its own for one source: a provider that blocks, spins or never lets go stops nobody but itself."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from ..provider import Clock

T = TypeVar("T")

LET_GO = 1.0
"""Seconds of real time that a call has to end after it was cancelled; then its provider counts as blocking."""


class Overran(Exception):
    """A call did not end in its time. ``begun``: it was reached at all; ``blocks``: it did not let go when it was cancelled."""

    def __init__(self, *, begun: bool, blocks: bool) -> None:
        super().__init__("it blocks: it did not stop when its time was up" if blocks else "no answer in time")
        self.begun = begun
        self.blocks = blocks


class Burst(Exception):
    """Something left a provider that would have ended its thread (``SystemExit``, say); the message names it."""


class _Call(Generic[T]):
    """One call under way: made on the caller's loop, carried out on the lane's."""

    def __init__(self, work: Callable[[], Awaitable[T]], caller: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.caller = caller
        self.begun = False
        self.dropped = False
        self.task: asyncio.Task[None] | None = None
        # a pair, so that an answer which nobody waits for any more is no "exception was never retrieved"
        self.answer: asyncio.Future[tuple[T | None, BaseException | None]] = caller.create_future()

    def launch(self) -> None:
        if self.dropped:
            self._deliver(None, asyncio.CancelledError())
            return
        self.begun = True
        self.task = asyncio.get_running_loop().create_task(self._carry_out())

    async def _carry_out(self) -> None:
        try:
            result = await self.work()
        except asyncio.CancelledError as error:
            self._deliver(None, error)
        except Exception as error:  # noqa: BLE001  # it is handed to the caller, who judges it
            self._deliver(None, error)
        except BaseException as error:  # noqa: BLE001  # SystemExit from a plug-in must end neither this thread nor the cockpit
            self._deliver(None, Burst(f"it raised {type(error).__name__}"))
        else:
            self._deliver(result, None)

    def _deliver(self, result: T | None, error: BaseException | None) -> None:
        def settle() -> None:
            if not self.answer.done():
                self.answer.set_result((result, error))

        with contextlib.suppress(RuntimeError):  # the caller's loop is closed: nobody waits
            self.caller.call_soon_threadsafe(settle)

    def drop(self) -> None:
        self.dropped = True
        if self.task is not None:
            self.task.cancel()


class Lane:
    """The thread of one source. ``on_noise`` is called, from that thread, with what went wrong in a task that nobody awaits."""

    def __init__(self, name: str, clock: Clock, on_noise: Callable[[str], None]) -> None:
        self._clock = clock
        self._on_noise = on_noise
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(self._heard)
        self._stuck: _Call[Any] | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._main, name=f"source {name}", daemon=True)
        self._thread.start()

    async def call(self, work: Callable[[], Awaitable[T]], seconds: float) -> T:
        """Carry out ``work`` on the lane within so many seconds. Raises what it raises, or `Overran`; cancelling is passed on."""
        if self._stuck is not None:
            if not self._stuck.answer.done():
                raise Overran(begun=False, blocks=True)
            self._stuck = None
        call = _Call(work, asyncio.get_running_loop())
        self._loop.call_soon_threadsafe(call.launch)
        timer = asyncio.ensure_future(self._clock.sleep(seconds))
        ends: set[asyncio.Future[Any]] = {call.answer, timer}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._loop.call_soon_threadsafe(call.drop)
            raise
        finally:
            timer.cancel()
        if not call.answer.done():
            await self._end(call)
        result, error = call.answer.result()
        if isinstance(error, asyncio.CancelledError):
            raise Burst("it cancelled itself")
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # no error: there is a result, which may be None where T allows it

    async def _end(self, call: _Call[T]) -> None:
        """Its time is up: take it back. Always raises `Overran`, unless an answer came in this very moment."""
        self._loop.call_soon_threadsafe(call.drop)
        await asyncio.wait({call.answer}, timeout=LET_GO)
        if not call.answer.done():
            self._stuck = call
            raise Overran(begun=call.begun, blocks=True)
        if isinstance(call.answer.result()[1], asyncio.CancelledError):
            raise Overran(begun=call.begun, blocks=False)

    def close(self) -> None:
        """Cancel what is going on and end the thread; one that blocks is left behind (it is a daemon)."""
        self._closing = True
        with contextlib.suppress(RuntimeError):  # closed already
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(0.1 if self._stuck is not None else LET_GO)

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        while not self._closing:
            try:
                self._loop.run_forever()
            except BaseException as error:  # noqa: BLE001  # SystemExit in a task that a plug-in left behind: the thread goes on
                self._on_noise(f"it raised {type(error).__name__} in the background")
        self._wind_up()

    def _wind_up(self) -> None:
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self._loop.run_until_complete(asyncio.wait(tasks, timeout=LET_GO))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _heard(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self._on_noise(f"{context.get('message', 'something failed')}" + (f" ({type(error).__name__})" if error else ""))
