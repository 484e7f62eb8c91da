"""Where everything is put together: files → config → journal → engine."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from .. import plugins
from ..config.model import Config
from ..config.reread import Reread
from ..core.actions import Action, Run
from ..core.questions import Answered, Question
from ..core.roster import OnCall
from ..core.schedule import Schedule
from ..core.traps import Failed, Looked, Trap
from ..core.view import View
from ..engine.carrying import Answer
from ..engine.clock import SystemClock
from ..engine.engine import Engine
from ..engine.journal import Journal
from ..web import connect
from .configured import configured, read_config, reread
from .options import Ended, Options
from .record import journal, state_dir

T = TypeVar("T")


def engine(config: Config, kept: Journal, files: Reread, *, through: bool = True) -> Engine:
    """An engine over this config (which lies in ``files``) and journal, not started. ``through``: where this machine has a watch,
    it looks through that."""
    return Engine(
        config,
        kept,
        SystemClock(),
        load_provider=partial(plugins.load, plugins.PROVIDERS),
        load_probe=partial(plugins.load, plugins.PROBES),
        load_channel=partial(plugins.load, plugins.CHANNELS),
        state_dir=state_dir(os.environ),
        connect=connect,
        files=files,
        through=through,
    )


class House:
    """The engine without its thread, for one command: every method works until it has its answer."""

    def __init__(self, desk: Engine, runner: asyncio.Runner) -> None:
        self.desk = desk
        self.config = desk.config
        self.journal = desk.journal
        self.clock = desk.clock
        self._runner = runner

    @property
    def can(self) -> frozenset[tuple[str, str]]:
        """(source, capability) of every source that has been asked."""
        return self.desk.can

    def read_library(self) -> None:
        """Look at the directories of Markdown runbooks."""
        self._runner.run(self.desk.read_library())

    def view(self, *, look: bool = True) -> View:
        """Look at the traps that are due (unless another cockpit does), ask every source, and combine."""
        return self._runner.run(self.desk.once(look=look))

    def do(self, action: Action, follow: Callable[[str], None] = lambda _: None, answer: Answer | None = None) -> tuple[Run, ...]:
        """Do it and wait for what becomes of it; ``follow`` and ``answer`` as for `Works.do`. Ended from outside (TERM, HUP) it
        ends what it began, as at Ctrl-C."""
        told: list[int] = []
        try:
            return self._runner.run(_until_told(self.desk.do(action, follow, answer), told))
        except asyncio.CancelledError:
            if not told:
                raise
            raise Ended(told[0]) from None

    def inquire(self, question: Question) -> Answered:
        """What a source answers that is asked only when somebody wants to know."""
        return self._runner.run(self.desk.inquire(question))

    def look_once(self, trap: Trap) -> Looked | Failed:
        """One look with a trap's probe, that changes nothing."""
        return self._runner.run(self.desk.look(trap))

    def rosters(self, at: datetime | None) -> tuple[tuple[OnCall, ...], tuple[str, ...]]:
        """Who is on call at ``at`` (UTC; now if ``None``) everywhere, and which sources could not say."""
        return self._runner.run(self.desk.on_call(at or self.clock.now()))

    def schedule(self, since: datetime, until: datetime, roster: str = "") -> Schedule:
        """Every roster, or one, between two moments (UTC), with what follows from it."""
        return self._runner.run(self.desk.schedule(since, until, roster))


async def _until_told(work: Coroutine[Any, Any, T], told: list[int]) -> T:
    """Cancels ``work`` at the first signal that asks us to end, and puts its number into ``told``."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def end(number: int) -> None:
        if not told and task is not None:
            told.append(number)
            task.cancel()

    ours = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_DFL]  # but for nohup
    for number in ours:
        loop.add_signal_handler(number, end, int(number))
    try:
        return await work
    finally:
        for number in ours:
            loop.remove_signal_handler(number)


@contextmanager
def house(options: Options, *, propose: bool = True, aloud: bool = True) -> Iterator[House]:
    """Everything one command needs, and its orderly end. ``propose``: with no config, look at this machine for traps to lay;
    ``aloud``: what is wrong with the journal is told on standard error."""
    files = reread(options)
    config = configured(options) if propose else read_config(options)
    with journal(aloud=aloud) as kept, asyncio.Runner() as runner:
        desk = engine(config, kept, files)
        session = desk.session()
        runner.run(session.__aenter__())
        try:
            yield House(desk, runner)
        finally:
            runner.run(session.__aexit__(None, None, None))
