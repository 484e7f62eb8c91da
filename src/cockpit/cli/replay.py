"""``cockpit --replay FILE``: the screen over a recording."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from ..app import Cockpit
from ..config.model import Config, ConfigError
from ..core.recorded import Header, position_of
from ..engine.recording_in import NotReplayed, Recording, opened
from ..engine.replay import Replay
from ..engine.replay_clock import FASTEST, SLOWEST
from ..engine.replay_desk import ReplayDesk
from ..engine.temporary import temporary
from ..heap import stays
from ..ui.keys import TABLE, remapped
from ..ui.life import run_app
from . import USAGE
from .configured import read_config, theme_dirs
from .options import Options, Stop

_OURS = ("theme", "mouse", "ascii", "keys")
"""What of the config of whoever looks counts in a replay, too."""


def replay(options: Options) -> int:
    """Open the screen over a recording; its exit status is that of the process."""
    speed = float(options.text("replay_speed") or 1.0)
    if not SLOWEST <= speed <= FASTEST:
        raise Stop(f"--speed is from {SLOWEST} to {FASTEST:.0f}, not {speed:g}", USAGE)
    try:
        recording = opened(Path(options.text("replay")))
    except NotReplayed as error:
        raise Stop(str(error)) from None
    with recording:
        return _shown(options, recording, speed)


def _shown(options: Options, recording: Recording, speed: float) -> int:
    position = _position(options.text("replay_at"), recording.header, recording.length)
    config = shown_by(recording.header, _own(options))
    with temporary("replay") as place:
        stands = bool(options.text("replay_at"))
        replayed = Replay(recording, place, position=position, plays=not stands)
        replayed.go_at(speed)
        replayed.start()
        app = Cockpit(
            config, ReplayDesk(replayed, config), table=remapped(TABLE, config.keys), theme_dirs=theme_dirs(os.environ),
            clock=replayed.clock, replay=replayed,
        )  # fmt: skip
        app.on_drawn = stays
        return run_app(app, replayed.stop, mouse=config.mouse)


def shown_by(header: Header, own: Config) -> Config:
    """What a screen shows a recording by: its people, zones and groups; theme and keys of whoever looks."""
    kept = {name: getattr(own, name) for name in _OURS}
    return Config(
        title=header.title, me=header.me, zones=header.zones, storm=header.storm, group_by=header.group_by,
        people={each.id: each for each in header.people}, bell=False, **kept,
    )  # fmt: skip


def _own(options: Options) -> Config:
    """The config of whoever looks, of which a replay takes how things look. One that cannot be used keeps nobody from looking."""
    try:
        own = read_config(options)
    except ConfigError as error:
        sys.stderr.write(f"cockpit: the config cannot be used, and the replay shows by the defaults: {error.problems[0]}\n")
        own = Config()
    return msgspec.structs.replace(own, theme=options.theme) if options.theme else own


def _position(text: str, header: Header, length: float) -> float:
    if not text:
        return 0.0
    try:
        found = position_of(text, header, 0.0, length)
    except ValueError as error:
        raise Stop(str(error), USAGE) from None
    if not -60.0 <= found <= length + 60.0:
        first, last = (f"{header.at(each):%Y-%m-%d %H:%M:%S}" for each in (0.0, length))
        raise Stop(f"the recording has nothing of {text}: it is from {first} to {last} UTC", USAGE)
    return found
