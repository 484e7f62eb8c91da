"""Where ssh keeps its connections for the next step: a directory that only this user can enter, with a path short enough."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_LONGEST = 104 - len("/") - 40 - len(".0123456789abcdef") - 1
"""Bytes that the directory's path may have: of the shortest sun_path there is (104 on BSD and macOS, 108 on Linux), 40 are for
ssh's ``%C`` and 17 for the name under which it makes the socket."""


def sockets(state_dir: Path) -> str:
    """The directory, made if need be; "" where none can be had that is private and short: then no connection is kept."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    places = [Path(runtime) / "cockpit-ssh"] if runtime.startswith("/") else []
    return next((str(place) for place in (*places, state_dir / "ssh") if _private(place)), "")


def _private(place: Path) -> bool:
    if len(os.fsencode(place)) > _LONGEST or "%" in str(place):
        return False
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        facts = place.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid() and not facts.st_mode & 0o077
