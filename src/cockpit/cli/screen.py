"""``cockpit`` without a command: the screen."""

from __future__ import annotations

import os
import sys
import threading

import msgspec

from ..engine.engine import Engine
from ..engine.journal import Journal
from . import USAGE
from .compose import engine
from .configured import proposed_config, read_config, theme_dirs
from .record import journal
from .run import Options, Stop

PROPOSED = "no config yet: these traps are what `cockpit init` would propose for this machine; it asks, and writes them down"


def screen(options: Options) -> int:
    """Open the screen; its exit status is that of the process."""
    from ..ui.keys import TABLE, remapped
    from ..ui.life import run_app, terminal_problem

    problem = terminal_problem(sys.stdin, sys.stdout, os.environ)
    if problem is not None:
        raise Stop(problem, USAGE)
    config = read_config(options)
    if options.theme:
        config = msgspec.structs.replace(config, theme=options.theme)
    with journal(aloud=False) as kept:
        desk = engine(config, kept)
        desk.start()
        if not config.files:
            threading.Thread(target=_propose, args=(desk,), name="cockpit discovery", daemon=True).start()
        from ..app import Cockpit  # deferred: the engine works while Textual is being imported

        app = Cockpit(config, desk, table=remapped(TABLE, config.keys), theme_dirs=theme_dirs(os.environ))
        return run_app(app, lambda: _close(desk, kept), mouse=config.mouse)


def _propose(desk: Engine) -> None:
    """Look at this machine and go on with what `init` would propose: the first screen does not wait for that."""
    found = proposed_config(desk.config)
    desk.adopt(msgspec.structs.replace(found, remarks=(PROPOSED, *found.remarks)))


def _close(desk: Engine, kept: Journal) -> None:
    desk.stop()
    kept.close()
