"""``cockpit beat``: a heartbeat from a job."""

from __future__ import annotations

from ..engine.clock import SystemClock
from . import FINE
from .record import journal
from .run import Options, Stop


def beat(options: Options) -> int:
    """Record a heartbeat. Quick and quiet: it stands at the end of a cron job."""
    if options.read_only:
        raise Stop("read-only is on: nothing that writes is done")
    with journal() as kept:
        kept.beat(options.text("name"), SystemClock().now())
    return FINE
