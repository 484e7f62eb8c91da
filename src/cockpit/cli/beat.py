"""``cockpit beat``: a heartbeat from a job."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

from ..core.text import clean
from ..core.traps import LONGEST_BEAT
from ..engine.clock import SystemClock
from . import FINE, USAGE
from .listing import say
from .options import Options, Stop
from .record import journal

_QUICK = 2**20
"""A config of so many bytes is read quickly."""


def beat(options: Options) -> int:
    """Record a heartbeat, with a word to whoever tries it at a terminal. Quick, and quiet elsewhere: it stands at the end of a cron
    job, and never makes that fail for what it only warns of: a name that no trap waits for."""
    name = options.text("name")
    if not name or len(name) > LONGEST_BEAT or clean(name) != name:
        raise Stop(f"{clean(name, 200)!r} cannot be a heartbeat's name: 1 to {LONGEST_BEAT} characters that can be shown", USAGE)
    if options.read_only or _read_only(options):
        raise Stop("read-only is on: nothing that writes is done")
    with journal() as kept:
        kept.beat(name, SystemClock().now())
    waited = _waited_for(options)
    if waited is not None and name not in waited:
        known = f"; traps wait for {', '.join(sorted(waited))}" if waited else ""
        sys.stderr.write(f"cockpit: {clean(name, 200)} was written down, but no trap waits for it{clean(known, 500)}\n")
    elif sys.stdout.isatty() and not options.flag("quiet"):
        say(f"{name}: heartbeat written down")
    return FINE


def _read_only(options: Options) -> bool:
    """Whether the config says so. One that cannot be read stops no job's heartbeat."""
    from ..config.files import config_path

    try:
        with config_path(Path(options.config) if options.config else None, os.environ).open("rb") as file:
            return tomllib.load(file).get("read_only") is True
    except (OSError, ValueError):  # not there, not readable, no TOML, no UTF-8
        return False


def _waited_for(options: Options) -> set[str] | None:
    """The names that heartbeat traps wait for, read without judging the rest; ``None`` where that cannot be told quickly."""
    from ..config.files import config_files
    from ..config.merge import merge
    from ..config.model import ConfigError

    try:
        files = config_files(Path(options.config) if options.config else None, os.environ)
        if not all(file.is_file() for file in files) or sum(file.stat().st_size for file in files) > _QUICK:
            return None
        traps = merge(files).table.get("traps", {})
    except (ConfigError, OSError):
        return None  # `cockpit check` tells what is wrong with it; a job's mail is no place for that
    entries = list(traps.values()) if isinstance(traps, dict) else []
    return {str(entry.get("name")) for entry in entries if isinstance(entry, dict) and entry.get("probe") == "heartbeat"}
