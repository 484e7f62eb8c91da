"""A watch that shares what it polls: its socket, bound by one watch at a time, and how its sources get there."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import grp
import os
import socket
from pathlib import Path
from typing import IO

from ..core.alerts import LOCAL
from ..core.sharing import likeness
from ..core.watchrule import WatchRule, socket_of
from .engine import Engine
from .hub import Hub, Standing
from .serving import Serving


class Unshared(Exception):
    """Nothing is shared; the message says why, for the person."""


class Sharing:
    """Shares what ``engine`` polls, from `begin` to `end`. ``rule`` and ``state_dir`` say where. `begin` may be called again where
    another watch had the socket."""

    def __init__(self, engine: Engine, rule: WatchRule, state_dir: Path, *, keeps: bool) -> None:
        self._engine, self._rule, self._keeps = engine, rule, keeps
        self.path = socket_of(rule, state_dir)
        self.hub = Hub(engine.nudge)
        self._serving: Serving | None = None
        self._lock: IO[bytes] | None = None

    @property
    def looking(self) -> int:
        """Connections of those who look: one for each source of a screen."""
        return self._serving.looking if self._serving is not None else 0

    @property
    def shares(self) -> bool:
        """Whether it is this watch that shares."""
        return self._serving is not None

    def begin(self) -> None:
        """Bind the socket and serve. Raises `Unshared`."""
        self._lock = _locked(self.path)
        try:
            end = _bound(self.path, self._rule.group)
        except OSError as error:
            self._lock.close()
            raise Unshared(f"nothing is shared: {self.path} cannot be made: {error.strerror or error}") from error
        except Unshared:
            self._lock.close()
            raise
        self._serving = Serving(self.hub, end, self._keeps, self._rule.group)
        self._engine.on_polled = self._polled
        self._polled()
        self._serving.start()

    def end(self) -> None:
        """Close the socket and take it away."""
        if self._serving is None or self._lock is None:
            return
        self._engine.on_polled = lambda: None
        with contextlib.suppress(OSError):  # somebody took it away: it is not there, as is wanted
            os.unlink(self.path)
        self._serving.stop()
        self._lock.close()

    def _polled(self) -> None:
        """How each source stands now, for those who look. On the engine's loop, but for the first time."""
        shared = {name: each for name, each in self._engine.standings().items() if each[0].provider != LOCAL}
        for name, (config, standing) in shared.items():
            self.hub.put(name, Standing(0, likeness(config.provider, config.settings), *standing))
        self.hub.keep_only(frozenset(shared))


def _locked(path: str) -> IO[bytes]:
    """The right to the socket, for as long as this is open. Raises `Unshared`."""
    try:
        lock = open(os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600), "r+b")  # noqa: SIM115  # it stays open
    except OSError as error:
        raise Unshared(f"nothing is shared: {path}.lock cannot be made: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        what = "another watch shares already" if error.errno in (errno.EWOULDBLOCK, errno.EACCES) else str(error.strerror)
        raise Unshared(f"nothing is shared from here: {what}") from error
    return lock


def _bound(path: str, group: str) -> socket.socket:
    """The socket, of those who may look. What an earlier watch left there is taken away; anything else is not."""
    with contextlib.suppress(FileNotFoundError):
        if not Path(path).is_socket():
            os.lstat(path)  # nothing at all is fine
            raise Unshared(f"nothing is shared: {path} is there already, and is no socket")
        os.unlink(path)
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | getattr(socket, "SOCK_CLOEXEC", 0))
    try:
        end.bind(path)
        os.chmod(path, 0o600)  # until it listens nobody gets in; the umask is of all threads
        if group:
            os.chown(path, -1, grp.getgrnam(group).gr_gid)
            os.chmod(path, 0o660)
        end.listen(64)
        end.setblocking(False)
    except KeyError:
        end.close()
        raise Unshared(f"nothing is shared: there is no group {group} here ([watch] group)") from None
    except OSError:
        end.close()
        raise
    return end
