"""``--record FILE`` of the screen and of the watch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..config.model import Config
from ..engine.clock import SystemClock
from .options import Options, Stop

if TYPE_CHECKING:
    from ..engine.recording import Recorder


def recorded(options: Options, config: Config) -> Recorder | None:
    """What records into the file that is wanted, which is made here; ``None`` where none is. Ends the command where it cannot be
    made."""
    if not options.text("record_to"):
        return None
    from ..engine.recording import Recorder  # deferred: few record
    from ..engine.recording_out import NotRecorded
    from ..engine.recording_room import LARGEST

    largest, files = int(options.text("record_most") or LARGEST), int(options.text("record_files") or 1)
    try:
        return Recorder(Path(options.text("record_to")), config, SystemClock(), largest, files)
    except NotRecorded as error:
        raise Stop(f"nothing would be recorded, so nothing was begun: {error}") from None
