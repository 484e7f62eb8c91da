"""The connections that HTTP keeps: they belong to the loop that uses them, and trust what their files say now."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from .lent import slim_httpx, standing_in
from .provider import AuthFailed, HttpSettings, ProviderError
from .trust import HTTP, Trust, UnusableFile, context_for

if TYPE_CHECKING:
    import httpx


class _Open:
    """Connections of one loop, made by one context, and how many requests use them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, context: ssl.SSLContext, client: httpx.AsyncClient) -> None:
        self.loop, self.context, self.client = loop, context, client
        self.users = 0


class Kept:
    """Those to one address. Without ``secured`` nothing goes over TLS: no authorities are loaded."""

    def __init__(self, settings: HttpSettings, *, secured: bool) -> None:
        self._settings = settings
        ours = Trust(settings.ca, settings.certificate, settings.certificate_key, settings.verify, speaks=HTTP)
        self._trust = ours if secured else Trust(verify=False, speaks=HTTP)
        self._open: _Open | None = None
        self._context: ssl.SSLContext | None = None  # outlives the connections: others trust the same

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[httpx.AsyncClient]:
        """What asks through them; another as soon as the authorities or our certificate have changed: those before are closed once
        nobody uses them any more. Raises `AuthFailed` for a certificate, `ProviderError` for authorities that cannot be used."""
        loop, before = asyncio.get_running_loop(), self._open
        kept = before if before is not None and before.loop is loop else None
        context = self._trusted(kept)
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

    def _trusted(self, kept: _Open | None) -> ssl.SSLContext:
        try:
            self._context = context_for(self._trust)
        except UnusableFile as error:
            if kept is not None:
                return kept.context  # somebody is writing it: what was trusted so far is, until it can be read
            raise (AuthFailed if error.own else ProviderError)(str(error)) from None
        return self._context
