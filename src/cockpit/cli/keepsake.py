"""The board as it was last drawn, kept for the next start; see `ui.picture`."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from ..ui import picture
from . import state_place

if TYPE_CHECKING:
    from ..app import Cockpit


def keep(app: Cockpit) -> None:
    """Keep it now."""
    _write(app.picture(_key()))


def keep_aside(app: Cockpit) -> None:
    """Keep it in a thread of its own: a disk may be slow."""
    threading.Thread(target=_write, args=(app.picture(_key()),), name="cockpit picture", daemon=True).start()


def _key() -> str:
    # the terminal's own: while the app runs, `sys.stdout` is Textual's catcher of what is printed, which has no encoding
    return picture.key_for(sys.argv[1:], getattr(sys.__stdout__, "encoding", None) or "ascii")


def _write(kept: picture.Picture | None) -> None:
    folder = state_place(os.environ)
    if kept is not None and folder:
        with suppress(OSError):  # the journal says that this place cannot be written; the next start begins without a picture
            picture.write(f"{folder}/{picture.NAME}", kept)
