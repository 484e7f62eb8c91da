"""``command``: any check that keeps the monitoring plug-ins' contract, of which there are hundreds.

Source: Monitoring Plugins Development Guidelines, "Plugin Return Codes": 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import IO, ClassVar, cast

import msgspec

from ..core.text import clean
from ..core.traps import TrapState
from ..core.units import Seconds
from ..provider import Host, ProbeError, Reading
from .dial import Deadline, Down, say_within
from .perfdata import metrics, split_output

MOST_OUTPUT = 65536
_TICK = 0.05  # seconds between looks at whether the check has ended while something still holds its pipes
_HANDED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "XDG_RUNTIME_DIR")
_VERDICTS = {0: TrapState.ARMED, 1: TrapState.WARNING, 2: TrapState.TRIPPED}
_running: set[int] = set()


class CommandConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``run`` is the program and its arguments, as they are: no shell. ``env`` adds to its surroundings, which otherwise hold only
    PATH, HOME, USER and the locale: secrets in the cockpit's own stay there. ``within`` ends it, and whatever it started that has
    not left for a session of its own: a daemon lives on."""

    run: tuple[str, ...]
    env: dict[str, str] = {}
    within: Seconds = Seconds(9.0)

    def __post_init__(self) -> None:
        if not self.run or not self.run[0]:
            raise ValueError('run must be a program and its arguments, like ["/usr/lib/nagios/plugins/check_load", "-w", "4"]')
        if any("\0" in word for word in (*self.run, *self.env, *self.env.values())):
            raise ValueError("run and env must not hold a NUL")


class Command:
    """Seen to be wrong: exit status 2 (trips) or 1 (warns). Cannot see: 3 and every other status, a signal, no end ``within`` the
    time, or a program that is not there or not executable. The text is its first line; the readings are its performance data."""

    Config: ClassVar[type[msgspec.Struct]] = CommandConfig
    readings: ClassVar[Mapping[str, str]] = {
        "seconds": "seconds it took",
        "exit_status": "its exit status: 0, 1 or 2",
        "*": "the check's own performance data in seconds, bytes or as it is, with .warn, .crit, .min and .max where it gives them",
    }

    def __init__(self, config: CommandConfig, host: Host) -> None:
        self._config = config
        self._clock = host.clock

    @property
    def subject(self) -> str:
        """The program's name."""
        return os.path.basename(self._config.run[0])

    def look(self) -> Reading:
        """Run it once."""
        began = self._clock.mono()
        status, output, errors = _run(self._config.run, self._surroundings(), self._config.within)
        text, data = split_output(output.decode("utf-8", "replace"))
        text = clean(text, 300) or clean(errors.decode("utf-8", "replace").strip(), 300)
        if status in _VERDICTS:
            own = {"seconds": self._clock.mono() - began, "exit_status": float(status)}
            return Reading({**own, **metrics(data)}, text or "no word", _VERDICTS[status])
        if status == 3:
            raise ProbeError(f"unknown: {text}" if text else "the check says that it does not know")
        how = f"ended with status {status}" if status >= 0 else f"was ended by {_signal_name(-status)}"
        raise ProbeError(f"{clean(self.subject, 100)} {how}, which says nothing of what it checks" + (f": {text}" if text else ""))

    def _surroundings(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
        return {"PATH": os.defpath, **kept, "LC_ALL": "C.UTF-8", **self._config.env}


def _run(argv: Sequence[str], env: Mapping[str, str], within: float) -> tuple[int, bytes, bytes]:
    """(exit status, negative for a signal; output; errors), each cut at the cap. Raises `ProbeError`."""
    shown = clean(argv[0], 200)
    try:
        child = subprocess.Popen(
            [item.encode("utf-8", "surrogateescape") for item in argv],  # as its LC_ALL says, whatever ours is
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            cwd="/",
            start_new_session=True,
        )
    except FileNotFoundError as error:
        if os.path.exists(argv[0]):
            raise ProbeError(f"{shown} is there, but not the interpreter that its first line names") from error
        raise ProbeError(f"there is no program {shown}") from error
    except PermissionError as error:
        raise ProbeError(f"{shown} may not be executed by this user") from error
    except OSError as error:
        raise ProbeError(f"{shown} cannot be executed: {error.strerror}") from error
    deadline = Deadline(within)
    _running.add(child.pid)
    try:
        with child:
            try:
                output, errors = _drained(child, deadline)
                while not _ended(child):
                    time.sleep(min(_TICK, deadline.left()))
            finally:
                _end(child.pid)  # before it is reaped: until then its number cannot be another's
    except Down as error:
        raise ProbeError(f"{shown} did not end within {say_within(within)} and was ended") from error
    finally:
        _running.discard(child.pid)
    return child.returncode, output, errors


def _drained(child: subprocess.Popen[bytes], deadline: Deadline) -> tuple[bytes, bytes]:
    """All that it prints until it ends; past the cap it is read and dropped, so that the check does not stall on a full pipe."""
    stdout, stderr = cast("IO[bytes]", child.stdout), cast("IO[bytes]", child.stderr)  # both were asked for as pipes
    kept = {stdout: bytearray(), stderr: bytearray()}
    ended = False
    with selectors.DefaultSelector() as ready:
        for pipe in kept:
            ready.register(pipe, selectors.EVENT_READ, pipe)
        while ready.get_map():
            events = ready.select(0 if ended else min(_TICK, deadline.left()))
            if ended and not events:
                break  # something that left the group holds the pipes: what was there is all
            for key, _ in events:
                piece = os.read(key.fd, 65536)
                if not piece:
                    ready.unregister(key.data)
                kept[key.data] += piece[: MOST_OUTPUT - len(kept[key.data])]
            deadline.left()
            if not ended and _ended(child):
                ended = True
                _end(child.pid)  # what it left in the background must not hold up the look
    return bytes(kept[stdout]), bytes(kept[stderr])


def _ended(child: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended, without reaping it where the system can tell so (macOS before Python 3.13 cannot)."""
    if not hasattr(os, "waitid"):
        return child.poll() is not None
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(group: int) -> None:
    """KILL whatever is left of the group: the check, what hangs, and what it put into the background."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nothing is left, or only what is another user's now
        os.killpg(group, signal.SIGKILL)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


@atexit.register
def _end_all() -> None:
    """The cockpit goes: so do the checks that it was waiting for."""
    for group in list(_running):
        _end(group)
