"""``cockpit`` without a command: the screen."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import msgspec

from ..engine.clock import SystemClock
from ..engine.opening import Opening
from ..heap import stays
from ..lent import slim_asyncio, standing_in
from ..ui import curtain
from . import USAGE
from .configured import proposed_config, read_config, reread, theme_dirs
from .keepsake import keep, keep_aside
from .options import Options, Stop
from .record import journal

if TYPE_CHECKING:
    from ..config.model import Config
    from ..config.reread import Reread
    from ..engine.engine import Engine
    from ..engine.journal import Journal
    from ..engine.recording import Recorder
    from ..ui.life import Shown

PROPOSED = "no config yet: proposed traps; `cockpit init` writes them down"
AT_THE_LATEST = 1.0
"""Seconds after which the engine begins, drawn or not."""


def screen(options: Options) -> int:
    """Open the screen; its exit status is that of the process. Whatever ends it before it stands is told on the terminal's own
    screen."""
    try:
        return _screen(options)
    except BaseException:  # an interrupt, too: the terminal is given back
        if curtain.hung is not None:
            curtain.hung.lift()
        raise


def _screen(options: Options) -> int:
    from ..ui.keys import TABLE, remapped
    from ..ui.lean import lean
    from ..ui.life import run_app, terminal_problem

    problem = terminal_problem(sys.stdin, sys.stdout, os.environ)
    if problem is not None:
        raise Stop(problem, USAGE)
    if options.flag("demo"):
        from .demo import demo  # deferred: as the next

        return demo(options)
    if options.text("replay"):
        from .replay import replay  # deferred: few look at a recording

        return replay(options)
    files = reread(options)
    with standing_in(slim_asyncio()):  # providers and probes come along, and with them asyncio
        config = read_config(options)
    if options.theme:
        config = msgspec.structs.replace(config, theme=options.theme)
    recorder = _recorder(options, config)
    with journal(aloud=False) as kept:
        desk = Opening(
            config, kept, SystemClock(), lambda: _engine(config, kept, files), lambda engine: _propose(config, engine, recorder)
        )
        desk.begin_within(AT_THE_LATEST)
        with lean():
            from ..app import Cockpit  # deferred: a config that is wrong needs no Textual

        app = Cockpit(config, desk, table=remapped(TABLE, config.keys), theme_dirs=theme_dirs(os.environ))
        app.on_drawn = lambda: _drawn(desk)
        app.on_board = lambda: keep_aside(app)
        app.curtain = hung = curtain.hung
        if hung is not None:
            hung.app_takes_signals()

        def close() -> None:
            if recorder is not None:
                recorder.stop()
            _close(app, desk, kept)
            keep(app)

        try:
            return run_app(app, close, mouse=config.mouse, settings=hung.settings if hung is not None else None)
        finally:
            if hung is not None:
                hung.handed_over()  # whatever became of the app, the terminal has been given back


def _drawn(desk: Opening) -> None:
    """The person sees something: now the rest."""
    desk.begin()
    stays()


def _engine(config: Config, kept: Journal, files: Reread) -> Engine:
    from .compose import engine

    return engine(config, kept, files)


def _recorder(options: Options, config: Config) -> Recorder | None:
    if not options.text("record_to"):
        return None
    from .recorder import recorded  # deferred: few record

    return recorded(options, config)


def _propose(config: Config, engine: Engine, recorder: Recorder | None) -> None:
    """With no config: look at this machine and go on with what `init` would propose. Where it is wanted, record."""
    if recorder is not None:
        recorder.follow(engine)
    if not config.files:
        found = proposed_config(config)
        engine.adopt(msgspec.structs.replace(found, remarks=(PROPOSED, *found.remarks)))


def _close(app: Shown, desk: Opening, kept: Journal) -> None:
    """Close what outlives the screen. Where the engine had died, or will not end, that is told, and the status says so."""
    ended = desk.stop()
    if desk.failed or not ended:
        word = desk.failed or "the engine does not answer and was left behind: what was going on will read 'outcome unknown'"
        app.crash = app.crash or f"cockpit: {word}"
    kept.close()
