"""``cockpit --demo``: the screen over a night that was made up. Of what is the person's own, nothing is read but their themes."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from ..app import Cockpit
from ..demo.stage import Stage
from ..heap import stays
from ..ui.keys import TABLE
from ..ui.life import run_app
from ..ui.theme import DEFAULT
from .configured import theme_dirs
from .options import Options


def demo(options: Options) -> int:
    """Open it; its exit status is that of the process."""
    stage = Stage(datetime.now(UTC), options.theme or DEFAULT, read_only=options.read_only)
    app = Cockpit(stage.config, stage, table=TABLE, theme_dirs=theme_dirs(os.environ), clock=stage.clock, replay=stage)
    app.on_drawn = stays

    def close() -> None:
        if not stage.close():
            app.crash = app.crash or "cockpit: the demo's engine does not answer and was left behind"

    return run_app(app, close, mouse=stage.config.mouse)
