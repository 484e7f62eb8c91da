"""The journal that a command writes to or reads."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..engine.clock import SystemClock
from ..engine.journal import Journal, open_journal
from ..provider import Conflict
from . import state_place
from .options import Stop


def state_dir(env: Mapping[str, str]) -> Path:
    """Where the journal and the outputs of runs live: ``$XDG_STATE_HOME/cockpit``, or the platform's place for it."""
    path = _state_dir(env)
    try:
        str(path).encode()
    except UnicodeEncodeError:
        why = "its name holds bytes that are no text (not UTF-8), so nothing can refer to it: set XDG_STATE_HOME to another place"
        raise Stop(f"{path} cannot be the state directory: {why}") from None
    return path


def _state_dir(env: Mapping[str, str]) -> Path:
    if place := state_place(env):
        return Path(place)
    from platformdirs import user_state_path  # deferred: only where the environment does not say

    return user_state_path("cockpit")


@contextmanager
def journal(*, aloud: bool = True) -> Iterator[Journal]:
    """This person's journal, open. It never raises for a place that cannot be written: ``problem`` says so, and with ``aloud`` the
    person is told on standard error, as of whatever had to be set aside."""
    opened = open_journal(state_dir(os.environ), SystemClock())
    told: tuple[str, ...] = ()
    try:
        yield opened
        told = (opened.problem,) if opened.problem else ()  # after an error it has been told with that
    finally:
        opened.close()
        for remark in (*opened.remarks, *told) if aloud else ():
            sys.stderr.write(f"cockpit: {remark}\n")


@contextmanager
def told_why() -> Iterator[None]:
    """What cannot be as the journal stands by now is told, and nothing was changed."""
    try:
        yield
    except Conflict as error:
        raise Stop(str(error)) from None
