"""A real tmux: the screen as a person sees it, on a server of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from support.real import need, wait_until


class Tmux:
    """One session of one private server; ``text`` is what the pane shows."""

    def __init__(self, socket: str) -> None:
        self._socket = socket

    def call(self, *words: str) -> str:
        """Run a tmux command and give what it prints."""
        done = subprocess.run(("tmux", "-L", self._socket, *words), capture_output=True, text=True, check=True, timeout=20)
        return done.stdout

    @property
    def text(self) -> str:
        """The pane's lines."""
        return self.call("capture-pane", "-p", "-t", "0")

    @property
    def pid(self) -> int:
        """The process in the pane."""
        return int(self.call("display-message", "-p", "-t", "0", "#{pane_pid}"))

    @property
    def ended(self) -> bool:
        """Whether the program in the pane has ended. (How, tmux 3.3 does not always learn: have a shell print ``$?``.)"""
        return self.call("display-message", "-p", "-t", "0", "#{pane_dead}").strip() == "1"

    def keys(self, *names: str) -> None:
        """Press keys by tmux's names, one after the other."""
        for name in names:
            self.call("send-keys", "-t", "0", name)

    def type(self, text: str) -> None:
        """Type text as it is."""
        self.call("send-keys", "-t", "0", "-l", text)

    def wait(self, text: str, timeout: float = 30.0) -> str:
        """Wait until the pane shows ``text``; gives the whole screen. Where the program has ended, it waits no longer."""
        try:
            wait_until(lambda: text in self.text or self.ended, timeout, f"{text!r} on the screen")
        except TimeoutError as error:
            raise AssertionError(f"{error}:\n{self.text}") from None
        shown = self.text
        assert text in shown or not self.ended, f"the program ended before {text!r} was on the screen:\n{shown}"
        return shown

    def wait_gone(self, text: str, timeout: float = 30.0) -> str:
        """Wait until the pane does not show ``text`` any more."""
        try:
            wait_until(lambda: text not in self.text, timeout, f"{text!r} to leave the screen")
        except TimeoutError as error:
            raise AssertionError(f"{error}:\n{self.text}") from None
        return self.text


@contextlib.contextmanager
def tmux(argv: Sequence[str], env: Mapping[str, str], cwd: Path, columns: int = 120, rows: int = 40) -> Iterator[Tmux]:
    """Run ``argv`` in a new tmux server; the server is ended at the end. The pane stays when the program ends."""
    need("tmux")
    session = Tmux(f"cockpit-test-{os.getpid()}-{uuid.uuid4().hex[:8]}")
    words = [word for key, value in env.items() for word in ("-e", f"{key}={value}")]
    plain = {
        key: value for key, value in os.environ.items() if key not in ("TMUX", "NO_COLOR", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
    }
    start = (
        "tmux",
        "-L",
        session._socket,
        "-f",
        "/dev/null",
        "new-session",
        "-d",
        "-x",
        str(columns),
        "-y",
        str(rows),
        "-c",
        str(cwd),
    )
    option = (";", "set-option", "-g", "remain-on-exit", "on", ";", "set-option", "-g", "status", "off")
    subprocess.run((*start, *words, "--", *argv, *option), check=True, timeout=20, env=plain | {"LC_ALL": "C.UTF-8", **env})
    try:
        yield session
    finally:
        with contextlib.suppress(subprocess.SubprocessError):
            session.call("kill-server")
