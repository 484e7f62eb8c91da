"""Work that blocks, in a thread of its own that holds up nobody: neither the loop nor the end of the program."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from ..awaited import awaited

T = TypeVar("T")


def apart(work: Callable[[], T], name: str) -> asyncio.Future[T]:
    """What ``work`` gives, or its error. The thread is a daemon: ``asyncio.to_thread`` would be waited for at exit, however long a
    far side takes. Work that nobody waits for any more goes on."""
    done, carry_out = awaited(work)
    threading.Thread(target=carry_out, name=name, daemon=True).start()
    return done
