"""The shop of docs/story.md: its tables, config and commands as they stand there, its users, and what fills its disk."""

from __future__ import annotations

import math
import os
import platform
import re
import shlex
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cockpit.core.traps import TrapState, Watch, fingerprint
from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import open_journal
from cockpit.probes.disk import space
from support.configs import loaded
from support.home import Home
from support.postgres import Postgres
from support.real import wait_until

from .known import put_watch

__all__ = ["STORY", "Shop", "block", "command", "form", "quoted"]

STORY = (Path(__file__).parents[2] / "docs" / "story.md").read_text("utf-8")
ORDER = "INSERT INTO orders (form) VALUES (repeat('x', 7000))"
PACE = 0.5
"""Seconds between two orders of the users."""
READER = "shop-inodes"
"""The trap that looks at the shop's disk from the beginning."""


def block(language: str) -> str:
    """The story's one block in this language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", STORY, re.DOTALL)
    return str(found)


def command(begins: str) -> list[str]:
    """The words of the story's one command that begins so, without the first (``cockpit``)."""
    lines = [line for found in re.findall(r"```sh\n(.*?)```", STORY, re.DOTALL) for line in found.splitlines()]
    (line,) = [line for line in lines if line.startswith(begins)]
    first, *words = shlex.split(line, comments=True)
    assert first == "cockpit", line
    return words


def quoted() -> list[str]:
    """What the story quotes of the cockpit's own words, a line each."""
    lines = [line for found in re.findall(r"```text\n(.*?)```", STORY, re.DOTALL) for line in found.splitlines()]
    return [line for line in lines if line.strip() not in ("", "…")]


_FORMS = (
    (rf"\b{re.escape(platform.node().partition('.')[0])}\b", "db-1"),
    (r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?|\d\d:\d\d(:\d\d)?", "TIME"),
    (r"\b(CET|CEST|UTC)\b", "ZONE"),
    (r"\d+ [dhms]( \d+ [hms])?(?![a-z])", "LENGTH"),
    (r"[▁▂▃▄▅▆▇█]([▁▂▃▄▅▆▇█ ]*[▁▂▃▄▅▆▇█])?", "BARS"),  # with gaps where no look fell
    (r"\d[\d.,]*", "N"),
    (r"(N BARS +N BARS +N).*", r"\1"),
    (r"With it moved .*", "With it moved"),
    (r"\s+", " "),
)


def form(line: str) -> str:
    """A line without what is another one on every machine and every night: times, lengths, numbers, bars, the machine's name, and
    whether it was at night that somebody was called."""
    for found, stands in _FORMS:
        line = re.sub(found, stands, line)
    return line.strip()


class Shop:
    """It is open as long as users find it so: ``refused`` has when and why they did not. ``printed`` is what the cockpit said."""

    def __init__(self, server: Postgres, home: Home) -> None:
        self.server, self.home = server, home
        self.pages = home.path / "pages"
        self.taken = 0
        self.refused: list[tuple[datetime, str]] = []
        self.printed: list[str] = []
        home.env["PATH"] = f"{server.bin}:{os.environ['PATH']}"
        self.config = home.config(self.here(block("toml")))
        self.config.chmod(0o600)
        made = server.sql(*(each for each in self.here(block("sql")).split(";\n") if each.strip()))
        assert made.returncode == 0, made.stderr

    def here(self, text: str) -> str:
        """What the story says, on this machine."""
        return text.replace("/srv/shop", str(self.server.disk)).replace("/tmp/pages", str(self.pages))  # its words

    def there(self, text: str) -> str:
        """What is said on this machine, as the story would say it."""
        return text.replace(str(self.server.disk), "/srv/shop").replace(str(self.home.path), "/home/ana")

    def run(self, begins: str, others: Mapping[str, str] | None = None) -> str:
        """Run that command of the story, with ``others`` in place of some of its words; gives what it printed."""
        words = [(others or {}).get(word, word) for word in command(begins)]
        done = self.home.run(*words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        self.printed += self.there(done.stdout).splitlines()
        return self.there(done.stdout)

    @property
    def used(self) -> float:
        """Percent of its disk in use."""
        return space(os.statvfs(self.server.disk))["used_percent"]

    def remembered(self, days: int = 3) -> None:
        """The days before: its disk was as it is now, give or take a quarter of a percent, until five minutes ago."""
        trap, now = loaded(self.config).traps[READER], datetime.now(UTC)
        values = space(os.statvfs(self.server.disk))
        journal = open_journal(self.home.state, SystemClock())
        try:
            for i in range(days * 48, 0, -1):
                at = now - timedelta(minutes=30 * i - 25)
                watch = Watch(state=TrapState.ARMED, since=at, checked_at=at, good_at=at, reason="", laid=fingerprint(trap))
                put_watch(journal, trap.name, watch, {**values, "used_percent": values["used_percent"] + math.sin(i) / 4})
        finally:
            journal.close()

    @contextmanager
    def users(self) -> Iterator[None]:
        """They place orders all the time."""
        gone = threading.Event()

        def buy() -> None:
            while not gone.wait(PACE):
                ordered = self.server.sql(ORDER)
                if ordered.returncode:
                    self.refused.append((datetime.now(UTC), ordered.stderr))
                else:
                    self.taken += 1

        buyer = threading.Thread(target=buy)
        buyer.start()
        try:
            yield
        finally:
            gone.set()
            buyer.join()

    def known(self) -> dict[str, Watch]:
        """What is known of its traps."""
        journal = open_journal(self.home.state, SystemClock())
        try:
            return journal.watches()
        finally:
            journal.close()

    def stands(self, trap: str) -> str:
        """The state that a trap was last seen in; "" if it was never looked at."""
        watch = self.known().get(trap)
        return watch.state.value if watch is not None and watch.good_at is not None else ""

    def log_views_until(self, met: Callable[[], object], what: str, reader: str = READER, many: int = 45_000) -> None:
        """Keep page views until that is met: so many at each look of the trap that reads the disk, however slow this machine is."""
        looked: datetime | None = None

        def going_on() -> object:
            nonlocal looked
            watch = self.known().get(reader)
            if watch is not None and watch.good_at != looked:
                looked = watch.good_at
                self.server.sql(f"INSERT INTO page_views SELECT md5(n::text) FROM generate_series(1, {many}) n")
            return met()

        wait_until(going_on, 120, what)
