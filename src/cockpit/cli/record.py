"""The journal that a command writes to or reads."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..engine.clock import SystemClock
from ..engine.journal import Journal, open_journal
from .configured import state_dir


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
