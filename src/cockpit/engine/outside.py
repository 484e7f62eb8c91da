"""The beat of a watch to an address outside (a dead man's switch): sent from a thread of its own, and kept for all who look."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ..config.secrets import SecretError, resolve
from ..core.addresses import place_problem
from ..core.outside import Beaten
from ..core.text import clean
from ..core.units import Seconds
from ..core.watchrule import PLAIN, WatchRule
from ..provider import Clock, HttpSettings, ProviderError
from .machine import Connect

WITHIN = 10.0
"""Seconds that one beat may take, and never longer than the interval."""
TELLING = 6
"""Characters from which a piece of the address's path may be a secret by itself."""
FILE = "watch.beat"
"""Its name in the state directory."""


def beaten(state_dir: Path) -> Beaten | None:
    """What a watch with this state directory kept of its beats; ``None`` where none did, or it cannot be read. Reads a file."""
    try:
        return msgspec.json.decode((state_dir / FILE).read_bytes(), type=Beaten)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def forget(state_dir: Path) -> None:
    """A watch that does not beat has begun: nobody is to wait for the beats of an earlier one."""
    with contextlib.suppress(OSError):  # it is not there, or nothing can be written; then the journal's problem says so
        (state_dir / FILE).unlink()


class Beating:
    """Beats as ``rule`` says, while `alive` is called. ``tell`` is called, from its thread, with a line when the first one is not
    taken, and when one is again."""

    def __init__(self, rule: WatchRule, state_dir: Path, clock: Clock, connect: Connect, tell: Callable[[str], None]) -> None:
        self._rule, self._state_dir, self._clock, self._connect, self._tell = rule, state_dir, clock, connect, tell
        self._address = ""
        self._next = 0.0
        self._wanted, self._ended = threading.Event(), False
        before = beaten(state_dir)
        host = (urlsplit(rule.beat).hostname or "") if rule.beat.startswith(PLAIN) else "the address outside"
        # what an earlier watch had taken stands: a watch that begins again and again and never gets through is late all the same
        self.beaten = Beaten(
            to=clean(host, 200),
            every=float(rule.beat_every),
            since=before.since if before is not None and before.taken is None else clock.now(),
            taken=before.taken if before is not None else None,
        )
        """How it fares."""

    def start(self) -> None:
        """Be ready to beat."""
        self._keep()
        threading.Thread(target=self._main, name="the beat outside", daemon=True).start()

    def alive(self) -> None:
        """The engine lives: have the next beat sent if it is due. Never waits."""
        if self._clock.mono() >= self._next:
            self._next = self._clock.mono() + self._rule.beat_every
            self._wanted.set()

    def end(self) -> None:
        """Beat no more. What is under way is left to end by itself."""
        self._ended = True
        self._wanted.set()

    def _main(self) -> None:
        loop = asyncio.new_event_loop()
        try:
            while self._wanted.wait() and not self._ended:
                self._wanted.clear()
                self._beat(loop)
        finally:
            loop.close()

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        failed = self.beaten.fails
        try:
            loop.run_until_complete(self._ask())
        except (ProviderError, SecretError) as error:
            self._address = ""  # fetched anew: what was wrong with it may have been mended
            self.beaten = msgspec.structs.replace(self.beaten, failed=self._clock.now(), why=clean(str(error), 300))
            if not failed and not self._ended:
                self._tell(f"the beat to {self.beaten.to} was not taken: {self.beaten.why}")
        else:
            self.beaten = msgspec.structs.replace(self.beaten, taken=self._clock.now())
            if failed and not self._ended:
                self._tell(f"the beat to {self.beaten.to} is taken again")
        self._keep()

    async def _ask(self) -> None:
        """One beat. Raises `ProviderError` and `SecretError`; neither holds what of the address may be secret."""
        if not self._address:
            self._address = self._rule.beat if self._rule.beat.startswith(PLAIN) else resolve(self._rule.beat).reveal().strip()
            if place_problem(self._address):
                self._address = ""
                raise ProviderError("what [watch] beat refers to is no address that begins with http:// or https://")
        parts = urlsplit(self._address)
        query = parse_qsl(parts.query, keep_blank_values=True)
        settings = HttpSettings(within=Seconds(min(WITHIN, self._rule.beat_every)))
        http = self._connect(
            parts._replace(path="", query="", fragment="").geturl(), settings, self._clock, "where a beat is taken"
        )
        try:
            await http.get(parts.path or "/", query)
        except ProviderError as error:
            pieces = (piece for piece in parts.path.split("/") if len(piece) >= TELLING)
            hidden = [parts.path.strip("/"), *pieces, *(value for _, value in query)]
            if any(part and part in str(error) for part in hidden):
                raise type(error)("it refused (what it said holds the address and is not shown)") from None
            raise
        finally:
            await http.close()

    def _keep(self) -> None:
        """Write it down, whole or not at all, for this user alone."""
        beside = self._state_dir / f".{FILE}.{os.getpid()}"
        try:
            beside.unlink(missing_ok=True)
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "wb") as file:
                file.write(msgspec.json.encode(self.beaten))
            os.replace(beside, self._state_dir / FILE)
        except OSError as error:
            if not self._ended:
                self._tell(f"when the watch last beat outside cannot be kept: {error.strerror or error}")
