"""The connections that HTTP keeps: they belong to the loop that uses them, and trust what their files say now."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from .awaited import awaited
from .lent import slim_httpx, standing_in
from .provider import AuthFailed, Clock, HttpSettings, NotReached, ProviderError
from .trust import HTTP, Trust, UnusableFile, context_for

if TYPE_CHECKING:
    import httpx

HALF_WRITTEN = 10.0
"""Seconds for which what was trusted before still is, where the files cannot be used: somebody may just be writing them."""


class _Open:
    """Connections of one loop, made by one context, and how many requests use them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, context: ssl.SSLContext, client: httpx.AsyncClient) -> None:
        self.loop, self.context, self.client = loop, context, client
        self.users = 0


class _Look:
    """One look at what trust is made of, in a thread of its own, and those who wait for it, each in whatever loop."""

    def __init__(self, trust: Trust) -> None:
        self._lock = threading.Lock()
        self._waiting: set[Callable[[], None]] = set()
        self.found: Future[ssl.SSLContext] = Future()
        threading.Thread(target=self._carry_out, args=(trust,), name="TLS files", daemon=True).start()

    async def ended(self) -> ssl.SSLContext:
        """What it has found. Raises `UnusableFile`."""
        done, wake = awaited(self.found.result)
        with self._lock:
            if self.found.done():
                wake()
            else:
                self._waiting.add(wake)
        try:
            return await done
        finally:
            with self._lock:
                self._waiting.discard(wake)  # it may hang for days, and be waited for again and again

    def _carry_out(self, trust: Trust) -> None:
        try:
            self.found.set_result(context_for(trust))
        except Exception as error:  # noqa: BLE001  # it is handed to those who wait
            self.found.set_exception(error)
        with self._lock:
            for wake in self._waiting:
                wake()


class Kept:
    """Those to one address. Without ``secured`` nothing goes over TLS: no authorities are loaded. ``files`` says what is read for
    it, for people, "" where nothing is."""

    def __init__(self, settings: HttpSettings, clock: Clock, *, secured: bool) -> None:
        self._settings, self._clock = settings, clock
        ours = Trust(settings.ca, settings.certificate, settings.certificate_key, settings.verify, speaks=HTTP)
        self._trust = ours if secured else Trust(verify=False, speaks=HTTP)
        self.files = self._trust.files
        self._open: _Open | None = None
        self._context: ssl.SSLContext | None = None  # outlives the connections: others trust the same
        self._unusable_since: float | None = None
        self._lock = threading.Lock()
        self._looking: _Look | None = None

    async def trusted(self) -> ssl.SSLContext:
        """What is trusted by what the files say now: for `opened`, and for one request. A disk may hang: they are looked at in a
        thread, one at a time, and all who ask meanwhile wait for that one. Raises where they cannot be used: `NotReached` once
        that has lasted (`HALF_WRITTEN`); where they never could be, `AuthFailed` for a certificate, else `ProviderError`."""
        if not self.files:
            self._context = self._context or context_for(self._trust)
            return self._context
        try:
            self._context = await self._look().ended()
        except UnusableFile as error:
            return self._before(error)
        self._unusable_since = None
        return self._context

    def _before(self, error: UnusableFile) -> ssl.SSLContext:
        if self._context is None:
            raise (AuthFailed if error.own else ProviderError)(str(error)) from None
        now = self._clock.mono()
        since = self._unusable_since = now if self._unusable_since is None else self._unusable_since
        if now - since >= HALF_WRITTEN:
            raise NotReached(str(error)) from None  # whom it no longer trusts it does not ask; mended, it goes on by itself
        return self._context

    def _look(self) -> _Look:
        with self._lock:
            last = self._looking
            if last is not None and not last.found.done():
                return last
            if last is not None and last.found.exception() is None:
                self._context = last.found.result()  # also where nobody waited so long: it need not be loaded again
            self._looking = _Look(self._trust)
            return self._looking

    @contextlib.asynccontextmanager
    async def opened(self, context: ssl.SSLContext) -> AsyncIterator[httpx.AsyncClient]:
        """What asks through them; another as soon as ``context`` is: those before are closed once nobody uses them any more."""
        loop, before = asyncio.get_running_loop(), self._open
        kept = before if before is not None and before.loop is loop else None
        if kept is None or kept.context is not context:
            self._open = made = _Open(loop, context, self._made(context))
            if kept is not None and not kept.users:
                await kept.client.aclose()
            kept = made
        kept.users += 1
        try:
            yield kept.client
        finally:
            kept.users -= 1
            if kept is not self._open and not kept.users:
                await kept.client.aclose()

    async def close(self) -> None:
        """Close them."""
        kept, self._open = self._open, None
        if kept is not None and kept.loop is asyncio.get_running_loop():
            await kept.client.aclose()

    def _made(self, context: ssl.SSLContext) -> httpx.AsyncClient:
        with standing_in(slim_httpx()):
            import httpx  # deferred: takes a tenth of a second, and most configurations need none of it

        return httpx.AsyncClient(
            verify=context,
            trust_env=False,  # neither proxies nor credentials from the environment or from ~/.netrc
            proxy=self._settings.proxy or None,
            timeout=None,  # noqa: S113  # the deadline is for the whole request
            follow_redirects=False,
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=60),
        )
