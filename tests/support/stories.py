"""What the stories of tests/real share: confirming a box as a person does, and looking into the journal."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import open_journal
from support.home import Home
from support.real import wait_until
from support.tmux import Tmux

__all__ = ["CONFIRMS", "confirm", "entries", "holder", "press_until", "runs_of", "settled", "trap", "wait_shown"]

CONFIRMS = "run exactly this"
"""Stands in the box that asks before a runbook changes the world, and nowhere else."""


def confirm(screen: Tmux) -> None:
    """Answer the open box with ``y``. It takes no key within 300 ms of its opening, so a person presses again."""
    press_until((screen,), "y", lambda: CONFIRMS not in screen.text, "the box to take the y")


def press_until(screens: Sequence[Tmux], key: str, met: Callable[[], object], what: str, timeout: float = 30.0) -> None:
    """Press a key on these screens, look for a second whether it did what it should, and press it again."""
    end = time.monotonic() + timeout
    while not met():
        assert time.monotonic() < end, "\n".join((f"never came: {what}", *(screen.text for screen in screens)))
        for screen in screens:
            screen.keys(key)
        with contextlib.suppress(TimeoutError):
            wait_until(met, 1.0)


def wait_shown(screen: Tmux, *texts: str, timeout: float = 30.0) -> str:
    """Wait until all of these are on the screen, which meanwhile never says that all is well. Gives the screen."""

    def shown() -> bool:
        now = screen.text
        assert "All clear" not in now, now
        return all(text in now for text in texts)

    try:
        wait_until(shown, timeout, f"{texts} on the screen")
    except TimeoutError as error:
        raise AssertionError(f"{error}:\n{screen.text}") from None
    return screen.text


def trap(home: Home, name: str) -> dict[str, Any]:
    """The trap of that name in ``cockpit traps --json``."""
    (found,) = [each for each in home.json("traps") if each["name"] == name]
    return dict(found)


def runs_of(home: Home, what: str) -> list[dict[str, Any]]:
    """The runs of a runbook or verb in ``cockpit runs --json``, newest first."""
    return [each for each in home.json("runs") if each["what"] == what]


def settled(home: Home, what: str, timeout: float = 30.0) -> dict[str, Any]:
    """The newest run of ``what``, once nothing more will happen to it."""
    wait_until(
        lambda: any(each["state"] not in ("pending", "running", "accepted") for each in runs_of(home, what)[:1]),
        timeout,
        f"the end of {what}",
    )
    return runs_of(home, what)[0]


def entries(home: Home, kind: str = "") -> list[Any]:
    """What the journal holds, of one kind or of all."""
    journal = open_journal(home.state, SystemClock())
    try:
        return [entry for entry in journal.entries() if kind in ("", entry.kind)]
    finally:
        journal.close()


def holder(home: Home) -> int:
    """The process that looks at the traps; 0 if none does."""
    journal = open_journal(home.state, SystemClock())
    try:
        lease = journal.lease()
        return lease.pid if lease is not None else 0
    finally:
        journal.close()
