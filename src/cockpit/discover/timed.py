"""Looks that may hang, done side by side and bounded in time."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
T = TypeVar("T")


class Deadline:
    """A moment on the monotonic clock, ``seconds`` from now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float | None = None) -> float:
        """The seconds left, at most ``most``, never negative."""
        rest = max(0.0, self._end - time.monotonic())
        return rest if most is None else min(rest, most)


class Look(Generic[T]):
    """One look in a thread of its own; ``value`` is what it gave, or ``otherwise`` as long as it has given nothing.

    A thread that hangs (a dead network mount) is left behind; it does not keep the process alive.
    """

    def __init__(self, name: str, work: Callable[[], T], otherwise: T) -> None:
        self.name = name
        self.value = otherwise
        self.failure = ""
        self._work = work
        self._thread = threading.Thread(target=self._run, name=f"finding {name}"[:60], daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.value = self._work()
        except Exception as error:  # noqa: BLE001  # a strange machine can fail in any way; `remark` says so, the other looks go on
            self.failure = f"{type(error).__name__}: {error}"

    def wait(self, deadline: Deadline) -> None:
        """Wait for it, no longer than the deadline."""
        self._thread.join(deadline.left())

    @property
    def remark(self) -> str:
        """Why nothing was seen; "" if something was."""
        if self._thread.is_alive():
            return f"{self.name}: no answer in time"
        return f"{self.name}: {self.failure}" if self.failure else ""


def together(looks: Mapping[Key, Callable[[], T]], deadline: Deadline) -> dict[Key, T]:
    """Do all looks at once; gives the answers of those that came in time and did not fail."""
    running = {key: Look(str(key), work, None) for key, work in looks.items()}
    answers: dict[Key, T] = {}
    for key, look in running.items():
        look.wait(deadline)
        if look.value is not None:
            answers[key] = look.value
    return answers


def output(argv: Sequence[str], deadline: Deadline, most: float = 2.0) -> str | None:
    """What a program prints, or ``None`` if it is missing, fails or takes longer than ``most`` seconds. Its language is C."""
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0"},
            start_new_session=True,
        )
    except (OSError, ValueError):
        return None
    try:
        raw, _ = process.communicate(timeout=max(0.05, deadline.left(most)))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None
    return raw.decode("utf-8", "replace") if process.returncode == 0 else None
