"""One look of a probe, in a thread that nobody has to wait for."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime

from ..config.secrets import resolve
from ..core.traps import Failed, Looked, Trap, Watch, as_laid
from ..provider import Clock, Host, Probe
from .probing import LOOK, Outcome, build, event_of, recalled

Answered = Callable[["Look", Outcome], None]


class Look:
    """A look under way. It runs in a daemon thread of its own, so that one that hangs holds up no other look, no loop and no exit;
    a probe whose ``look`` is a coroutine gets a loop of its own in there, so that one which blocks does no more harm.

    ``began`` is UTC, ``began_mono`` and ``deadline`` are monotonic seconds. ``over`` says that its answer counts no more, ``holds``
    that it takes one of the places for looks at once.
    """

    def __init__(self, began: datetime, began_mono: float, limit: float) -> None:
        self.began, self.began_mono, self.limit = began, began_mono, limit
        self.deadline = began_mono + limit
        self.over = False
        self.holds = True
        self._lock = threading.Lock()
        self._own: tuple[asyncio.AbstractEventLoop, asyncio.Task[object]] | None = None

    def start(self, name: str, probe: Callable[[], Probe], answered: Answered) -> None:
        """Look. ``answered`` is called once, on the running loop, whenever the thread ends, be it after the deadline.

        Raises ``RuntimeError`` where no thread can be had.
        """
        loop = asyncio.get_running_loop()

        def work() -> None:
            outcome = self._outcome(probe)
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(answered, self, outcome)

        threading.Thread(target=work, name=f"look {name}", daemon=True).start()

    def cancel(self) -> None:
        """Ask a coroutine to end. A plain function cannot be asked."""
        with self._lock:
            if self._own is not None:
                with suppress(RuntimeError):  # it ended just now
                    self._own[0].call_soon_threadsafe(self._own[1].cancel)

    def _outcome(self, probe: Callable[[], Probe]) -> Outcome:
        try:
            found = probe().look()
            return self._awaited(found) if inspect.isawaitable(found) else found
        except (Exception, SystemExit, asyncio.CancelledError) as error:  # noqa: BLE001  # a probe may raise anything: it is judged there
            return error

    def _awaited(self, found: Awaitable[object]) -> object:
        async def wait() -> object:
            task = asyncio.current_task()
            with self._lock:
                self._own = (asyncio.get_running_loop(), task) if task is not None else None
            try:
                return await found
            finally:
                with self._lock:
                    self._own = None

        return asyncio.run(wait())


async def look_once(
    trap: Trap,
    load_probe: Callable[[str], type],
    host: Host,
    clock: Clock,
    watches: Callable[[], Mapping[str, Watch]],
) -> Looked | Failed:
    """One look with a trap's probe, that changes nothing. ``watches`` gives how all traps stand; it may block."""
    began, seconds = clock.now(), trap.timeout or LOOK
    answered: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def tell(_: Look, outcome: Outcome) -> None:
        if not answered.done():
            answered.set_result(outcome)

    def probe() -> Probe:
        return recalled(build(trap, load_probe, host, resolve), as_laid(trap, watches().get(trap.name, Watch())))

    look = Look(began, clock.mono(), seconds)
    try:
        look.start(trap.name, probe, tell)
        async with asyncio.timeout(seconds):
            return event_of(trap, began, await answered)
    except TimeoutError:
        return Failed(began, f"no answer within {seconds:g} s")
    except RuntimeError as error:  # no thread can be had
        return event_of(trap, began, error)
    finally:
        look.cancel()
