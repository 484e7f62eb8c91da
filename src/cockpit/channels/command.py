"""``command``: a program of yours is run for each page: whatever can be scripted can wake people.

The page is JSON on its standard input and a few words in its environment, never text of its command line: nothing in an alert can
become a command.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from contextlib import suppress
from typing import ClassVar

import msgspec

from ..core.paging import Page
from ..core.text import clean
from ..core.units import Seconds
from ..provider import Host, NotReached, ProviderError, Recipient, Unreachable
from .wording import payload_of, subject_of

_HANDED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "XDG_RUNTIME_DIR")


_MOST = 2000  # bytes of what it prints that are kept
_LAST_WORDS = 0.2  # seconds for what it printed last, once it has ended


class CommandConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``run`` is the program and its arguments, as they are: no shell. ``env`` adds to its surroundings. It has ``within`` to end;
    exit status 0 is a yes."""

    run: tuple[str, ...]
    env: dict[str, str] = {}
    within: Seconds = Seconds(15.0)

    def __post_init__(self) -> None:
        if not self.run or not self.run[0]:
            raise ValueError('run must be a program and its arguments, like ["/usr/local/bin/wake"]')
        if any("\0" in word for word in (*self.run, *self.env, *self.env.values())):
            raise ValueError("run and env must not hold a NUL")


class Command:
    """Runs it in a session of its own, ended as a whole when its time is up. What it leaves in the background lives on."""

    Config: ClassVar[type[msgspec.Struct]] = CommandConfig
    contact: ClassVar[str] = ""
    lasting: ClassVar[bool] = False

    def __init__(self, config: CommandConfig, host: Host) -> None:  # noqa: ARG002  # every channel is handed its host
        self._config = config

    @staticmethod
    def unready(config: CommandConfig) -> str:
        """Why the program cannot be run on this machine by this user, as far as can be seen without running it; "" = it can."""
        program, path = config.run[0], config.env.get("PATH", os.environ.get("PATH", os.defpath))
        shown = clean(program, 200)
        if os.sep not in program:
            return "" if shutil.which(program, path=path) else f"{shown} cannot be run: no such program in {clean(path, 200)}"
        place = os.path.join("/", program)  # it is begun there
        if not os.path.exists(place):
            return f"{shown} cannot be run: there is no such file"
        if not os.path.isfile(place) or not os.access(place, os.X_OK):
            return f"{shown} cannot be run: it is no program that this user may run (chmod +x it)"
        return ""

    async def page(self, page: Page, to: Recipient) -> str:
        """Run it once. Gives the first line that it prints."""
        told = {"person": to.person, "name": to.name, "address": to.address}
        given = msgspec.json.encode({**payload_of(page), "to": told})
        shown = clean(os.path.basename(self._config.run[0]), 100)
        try:
            transport, child = await asyncio.get_running_loop().subprocess_exec(
                _Child,
                *self._config.run,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=self._surroundings(page, to),
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise NotReached(f"{shown} cannot be run: {error.strerror}") from None
        try:
            stdin = transport.get_pipe_transport(0)
            if isinstance(stdin, asyncio.WriteTransport):
                stdin.write(given)  # a program that does not want to know closes it
                stdin.write_eof()
            await asyncio.wait({child.ended}, timeout=float(self._config.within))
            if not child.ended.done():
                raise Unreachable(f"{shown} did not end within {self._config.within:g} s and was ended")
            await asyncio.wait({child.silent}, timeout=_LAST_WORDS)  # what it left in the background may hold its output
        finally:
            if not child.ended.done():
                with suppress(ProcessLookupError, PermissionError):  # nothing is left of it
                    os.killpg(transport.get_pid(), signal.SIGKILL)
            transport.close()
            await child.let_go.wait()
        first = clean(child.said.decode("utf-8", "replace").strip().partition("\n")[0], 200)
        if status := transport.get_returncode():
            raise ProviderError(f"{shown} ended with status {status}" + (f": {first}" if first else ""))
        return first

    def _surroundings(self, page: Page, to: Recipient) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
        told = {
            "COCKPIT_PAGE_KEY": page.key,
            "COCKPIT_PAGE_KIND": page.kind.value,
            "COCKPIT_PAGE_SUBJECT": subject_of(page),
            "COCKPIT_PAGE_SEVERITY": page.severity.word,
            "COCKPIT_PAGE_PERSON": to.person,
            "COCKPIT_PAGE_ADDRESS": to.address,
            "COCKPIT_PAGE_DRILL": "1" if page.drill else "",
        }
        return {"PATH": os.defpath, **kept, "LC_ALL": "C.UTF-8", **self._config.env, **told}


class _Child(asyncio.SubprocessProtocol):
    """The program: it is given the page, and the beginning of what it prints is kept; the rest is read and dropped."""

    def __init__(self) -> None:
        self.said = bytearray()
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = loop.create_future()
        """Done once it has ended."""
        self.silent: asyncio.Future[None] = loop.create_future()
        """Done once nobody can print any more."""
        self.let_go = asyncio.Event()
        """Set once nothing of it is held open here."""

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002  # the protocol's; there is one pipe to read
        """It printed something."""
        self.said += data[: max(0, _MOST - len(self.said))]

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002  # the protocol's
        """A pipe is closed."""
        if fd == 1 and not self.silent.done():
            self.silent.set_result(None)

    def process_exited(self) -> None:
        """It has ended."""
        if not self.ended.done():
            self.ended.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the protocol's
        """It has ended, and its pipes are closed."""
        self.let_go.set()
