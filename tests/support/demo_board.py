"""The real board on a real terminal, over a night that is made up: what bytes are counted on.

``python -m support.demo_board [--rows N] [--theme NAME] [--still]`` in tests/. ``--still``: every age and clock stands.
Keys are the cockpit's own.
"""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime

import msgspec

from cockpit.app import Cockpit
from cockpit.core.alerts import Ref
from cockpit.core.view import Row, View
from cockpit.engine.clock import SystemClock
from cockpit.ui.keys import TABLE
from cockpit.ui.life import run_app

from .desk import FakeDesk, StillClock
from .scene import NOW, config, scene

_NUMBER = re.compile(r"\d+")


def crowd(count: int, now: datetime) -> View:
    """The scene with ``count`` alerts: its own fifteen over and over, each time on another host, with other numbers and ages."""
    night = scene()
    rows = []
    for n in range(count):
        row = night.alerts[n % len(night.alerts)]
        alert, h = row.alert, n * 2654435761 & 0xFFFFFFFF
        changed = msgspec.structs.replace(
            alert,
            ref=Ref(alert.ref.source, f"{alert.ref.id}-{n}"),
            where=f"{alert.where.rstrip('0123456789')}{n}",
            summary=_NUMBER.sub(lambda found, h=h: str((int(found[0]) + h) % 97), alert.summary),  # type: ignore[misc]  # h is bound here
            started_at=now - (NOW - alert.started_at) * (1 + h % 9) if alert.started_at is not None else None,
        )
        rows.append(Row(changed, row.pending, row.stale))
    rows.sort(key=lambda row: -row.alert.severity)
    return msgspec.structs.replace(night, now=now, alerts=tuple(rows))


def main() -> int:
    """Run it, and give back the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--theme", default="sixteen")
    parser.add_argument("--still", action="store_true")
    options = parser.parse_args()
    clock = StillClock() if options.still else SystemClock()
    view = crowd(options.rows, NOW if options.still else datetime.now(UTC))
    app = Cockpit(config(theme=options.theme), FakeDesk(view), table=TABLE, clock=clock, environ={})
    return run_app(app, lambda: None)


if __name__ == "__main__":
    sys.exit(main())
