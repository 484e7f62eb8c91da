"""``command``: a program of yours is run for each page: whatever can be scripted can wake people.

The page is JSON on its standard input and a few words in its environment, never text of its command line: nothing in an alert can
become a command.
"""

from __future__ import annotations

import asyncio
import os
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

    async def page(self, page: Page, to: Recipient) -> str:
        """Run it once. Gives the first line that it prints."""
        told = {"person": to.person, "name": to.name, "address": to.address}
        given = msgspec.json.encode({**payload_of(page), "to": told})
        shown = clean(os.path.basename(self._config.run[0]), 100)
        try:
            child = await asyncio.create_subprocess_exec(
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
        said = bytearray()
        try:
            async with asyncio.timeout(float(self._config.within)):
                reading = asyncio.ensure_future(_heard(child, given, said))
                await child.wait()
                await asyncio.wait({reading}, timeout=_LAST_WORDS)  # what it left in the background may hold its output
                reading.cancel()
        except TimeoutError:
            with suppress(ProcessLookupError, PermissionError):  # nothing is left of it
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
            raise Unreachable(f"{shown} did not end within {self._config.within:g} s and was ended") from None
        first = clean(said.decode("utf-8", "replace").strip().partition("\n")[0], 200)
        if child.returncode:
            raise ProviderError(f"{shown} ended with status {child.returncode}" + (f": {first}" if first else ""))
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


async def _heard(child: asyncio.subprocess.Process, given: bytes, said: bytearray) -> None:
    """Give it the page, and keep the beginning of what it prints: the rest is read and dropped."""
    if child.stdin is not None:
        with suppress(BrokenPipeError, ConnectionResetError):  # it does not want to know
            child.stdin.write(given)
            await child.stdin.drain()
        child.stdin.close()
    while child.stdout is not None and (piece := await child.stdout.read(65536)):
        said += piece[: _MOST - len(said)]
