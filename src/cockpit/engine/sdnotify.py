"""Telling the service manager how this process fares: sd_notify(3), over the socket that ``NOTIFY_SOCKET`` names."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping


class Notify:
    """Does nothing where no service manager listens. The variables are taken out of ``env``, so that no program that is begun from
    here speaks in our name."""

    def __init__(self, env: MutableMapping[str, str]) -> None:
        address = env.pop("NOTIFY_SOCKET", "")
        wanted, whose = env.pop("WATCHDOG_USEC", ""), env.pop("WATCHDOG_PID", "")
        # a name that begins with @ is in the abstract namespace, whose names begin with a zero byte (unix(7))
        self._address = f"\0{address[1:]}" if address[:1] == "@" else address if address[:1] == "/" else ""
        self.watched = wanted.isdigit() and int(wanted) > 0 and whose in ("", str(os.getpid()))
        """Whether it is waited for a sign of life again and again."""
        self._status = ""

    def ready(self) -> None:
        """What was to be begun has begun."""
        self._send("READY=1")

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """A sign of life."""
        if self.watched:
            self._send("WATCHDOG=1")

    def status(self, words: str) -> None:
        """One line on what is going on, where it is another than the last."""
        if words != self._status:
            self._status = words
            self._send("STATUS=" + words.replace("\n", " "))

    def _send(self, text: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | getattr(socket, "SOCK_CLOEXEC", 0)) as end:
                end.setblocking(False)
                end.sendto(text.encode(), self._address)
        except OSError:
            return  # a manager that does not listen is no reason to stop watching; one that minds ends us by its watchdog
