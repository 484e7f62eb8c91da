"""The real board on a real terminal, over a night that is made up: what bytes and keys are counted on.

``python -m support.demo_board [--rows N] [--theme NAME] [--still] [--labels N] [--changing N]`` in tests/. ``--still``:
every age and clock stands. ``--changing``: so many alerts change each second, and their order with them, as a source that is
polled each second would tell. Keys are the cockpit's own.
SIGUSR1 wipes the terminal and draws everything again.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic

import msgspec

from cockpit.app import Cockpit
from cockpit.core.alerts import Alert, Ref, Severity
from cockpit.core.ranking import Ranking
from cockpit.core.sources import Snapshot
from cockpit.core.view import Row, View
from cockpit.engine.clock import SystemClock
from cockpit.engine.store import Store, Surroundings
from cockpit.ui import curtain, picture
from cockpit.ui.keys import TABLE
from cockpit.ui.life import run_app

from .bookcase import book
from .desk import FakeDesk, StillClock
from .scene import NOW, config, scene

_NUMBER = re.compile(r"\d+")


def crowd(many: int, now: datetime, labels: int = 0) -> View:
    """The scene with ``many`` alerts: its own fifteen over and over, each time on another host, with other numbers and ages, and
    with so many labels more."""
    night = scene()
    rows = []
    for n in range(many):
        row = night.alerts[n % len(night.alerts)]
        alert, h = row.alert, n * 2654435761 & 0xFFFFFFFF
        where = f"{alert.where.rstrip('0123456789')}{n}"
        changed = msgspec.structs.replace(
            alert,
            ref=Ref(alert.ref.source, f"{alert.ref.id}-{n}"),
            where=where,
            summary=_NUMBER.sub(lambda found, h=h: str((int(found[0]) + h) % 97), alert.summary),  # type: ignore[misc]  # h is bound here
            labels={**alert.labels, "instance": where, **{f"label_{k}": f"value-{(h >> k) % 89}-of-{k}" for k in range(labels)}},
            started_at=now - (NOW - alert.started_at) * (1 + h % 9) if alert.started_at is not None else None,
        )
        rows.append(Row(changed, row.outlook))
    return msgspec.structs.replace(night, now=now, alerts=Ranking(rows))


def prose(lines: int) -> str:
    """A runbook of so many paragraphs and items, no two alike, as long ones are written."""
    said = "the primary of this shard answers slowly when its disk is full so look at what grows and only then begin"
    words = said.split()
    parts = ["# A long one"]
    for n in range(lines):
        told = " ".join(words[n * (k + 3) % len(words)] for k in range(9 + n % 13))
        parts.append((f"## Part {n}", f"- [ ] {told} ({n})", f"```\n$ show {told[:40]} {n}\n```", f"{told} {n}. **{told}**")[n % 4])
    return "\n\n".join(parts) + "\n"


class Storm(FakeDesk):
    """A desk over a store in which ``changing`` alerts change each second once `begin` is called."""

    def __init__(self, view: View, changing: int) -> None:
        super().__init__(view)
        self._changing = changing
        self._facts: dict[str, list[Alert]] = {}
        for row in view.alerts:
            self._facts.setdefault(row.alert.ref.source, []).append(row.alert)
        self._around = Surroundings(health=view.sources, runbooks=view.runbooks, me=view.me, keeper=view.keeper)
        self._store = Store(view.now)
        self._told(view.now, tuple(self._facts))

    @property
    def view(self) -> View:
        return self._store.view

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        return self._store.on_change(callback)

    def begin(self) -> None:
        """Let it begin."""
        threading.Thread(target=self._blow, name="storm", daemon=True).start()

    def _told(self, now: datetime, sources: Sequence[str]) -> None:
        for source in sources:
            self._store.observe(Snapshot(source=source, asked_at=now, asked_mono=monotonic(), alerts=tuple(self._facts[source])))
        self._store.publish(now, self._around)

    def _blow(self) -> None:
        chance, due = random.Random(7), monotonic()
        every = [(source, n) for source, facts in self._facts.items() for n in range(len(facts))]
        wait = threading.Event()
        while True:
            now = datetime.now(UTC)
            for source, n in chance.sample(every, min(self._changing, len(every))):
                self._facts[source][n] = msgspec.structs.replace(
                    self._facts[source][n],
                    severity=chance.choice(tuple(Severity)),
                    started_at=now - timedelta(seconds=chance.random() * 90000),
                )
            self._told(now, tuple(self._facts))
            due += 1.0
            wait.wait(max(0.0, due - monotonic()))


def main() -> int:
    """Run it, and give back the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--labels", type=int, default=0)
    parser.add_argument("--theme", default="sixteen")
    parser.add_argument("--still", action="store_true")
    parser.add_argument("--changing", type=int, default=0)
    parser.add_argument("--picture", default="", help="a folder: show the last board that was kept there, and keep this one")
    options = parser.parse_args()
    hung = curtain.hang(options.picture, ()) if options.picture else None
    clock = StillClock() if options.still else SystemClock()
    view = crowd(options.rows, NOW if options.still else datetime.now(UTC), options.labels)
    desk = Storm(view, options.changing) if options.changing else FakeDesk(view)
    desk.shelf = {"long": book("long", prose(900))}
    app = Cockpit(config(theme=options.theme), desk, table=TABLE, clock=clock, environ={})

    def begin() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, app.repaint)
        if isinstance(desk, Storm):
            desk.begin()

    app.on_drawn = begin
    if hung is not None:
        app.curtain = hung
        hung.app_takes_signals()
    return run_app(app, lambda: keep(app, options.picture), settings=hung.settings if hung is not None else None)


def keep(app: Cockpit, folder: str) -> None:
    """Keep the board for the next start, if a folder was named for it."""
    shown = app.picture(picture.key_for((), "utf-8"))
    if folder and shown is not None:
        picture.write(f"{folder}/{picture.NAME}", shown)


if __name__ == "__main__":
    sys.exit(main())
