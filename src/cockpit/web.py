"""HTTP for adapters: `provider.Http` over httpx, which is imported when the first request is made (safety 13, 14).

httpx's own timeouts never fire against a server that sends a byte now and then, its limits count connections and not bytes, and a
redirect takes an ``X-Api-Key`` along to wherever it leads. So the deadline is for the whole, bodies are unpacked here piece by
piece under a cap, redirects are followed by hand and to the same origin alone, and what goes wrong becomes an error of the SDK.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import re
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from .core.addresses import address_problem
from .core.metadata import hands_out_credentials
from .core.text import clean
from .provider import (
    AuthFailed,
    Clock,
    Forbidden,
    HttpSettings,
    Malformed,
    NotReached,
    ProviderError,
    Reply,
    Sink,
    Unreachable,
)
from .web_bodies import Budget, body_of
from .web_kept import Kept
from .web_words import refusal, sent_date, untrusted

if TYPE_CHECKING:
    import httpx

REDIRECTS = 5
_FIELD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.1


def connect(url: str, settings: HttpSettings, clock: Clock, speaks: str = "") -> Web:
    """HTTP to ``url``. Nothing is opened or imported yet. Raises `ProviderError` for an address or a header that cannot be."""
    return Web(url, settings, clock, speaks)


class Web:
    """Implements `provider.Http`. Connections are kept and used again; they belong to the loop that uses them."""

    def __init__(self, url: str, settings: HttpSettings, clock: Clock, speaks: str = "") -> None:
        if problem := address_problem(url):
            raise ProviderError(problem)
        parts = urlsplit(url)
        self._base = parts._replace(path=parts.path.rstrip("/")).geturl()
        self._named = parts.hostname or ""
        self._settings, self._clock, self._speaks = settings, clock, speaks or "what was expected"
        self._budget = Budget()
        self._kept = Kept(settings, clock, secured=parts.scheme == "https" or settings.proxy.startswith("https:"))
        self._fields()  # what cannot be sent is said now, and not at the first request

    def __repr__(self) -> str:
        return f"Web({self.address})"

    @property
    def address(self) -> str:
        """Its url, safe to show."""
        return clean(self._base, 200)

    async def get(
        self,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        *,
        accept: Sequence[int] = (),
        into: Sink | None = None,
        fields: Mapping[str, str] = {},
    ) -> Reply:
        """Ask; once more where a kept connection had been closed meanwhile. Redirects are followed within the same origin."""
        return await self._in_time(_Question("GET", path, query, accept, into=into, fields=fields))

    async def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        query: Sequence[tuple[str, str]] = (),
        content_type: str = "application/json",
        accept: Sequence[int] = (),
    ) -> Reply:
        """Write, once. `NotReached` where it has certainly not arrived; any other `Unreachable` is "outcome unknown"."""
        return await self._in_time(_Question(method, path, query, accept, body, content_type))

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._kept.close()

    async def _in_time(self, question: _Question) -> Reply:
        within = float(self._settings.within)
        way = _Way(self._named)
        trusted = None
        try:
            async with asyncio.timeout(within):
                trusted = await self._kept.trusted()
                async with self._kept.opened(trusted) as client:
                    return await self._asked(question, way, client)
        except TimeoutError:
            if way.begun:
                raise Unreachable(f"no whole answer within {within:g} s") from None
            if trusted is None:
                raise NotReached(f"cannot read {self._kept.files}: no answer within {within:g} s") from None
            raise NotReached(f"no connection within {within:g} s") from None

    async def _asked(self, question: _Question, way: _Way, client: httpx.AsyncClient) -> Reply:
        import httpx  # it has been loaded: see `Kept`

        fields = self._fields(question.fields)
        if question.body:
            fields["Content-Type"] = question.content_type
        where, query = self._base + question.path, list(question.query)
        try:
            url = httpx.URL(where, params=query) if query else httpx.URL(where)
        except httpx.InvalidURL as error:  # it says which part, and quotes none of it
            raise ProviderError(f"this cannot be asked for: {clean(str(error), 200)}") from None
        again = question.method == "GET"
        for _ in range(REDIRECTS + 1):
            try:
                request = client.build_request(
                    question.method, url, headers=fields, content=question.body or None, extensions={"trace": way.trace}
                )
                async with self._answer(client, request) as response:
                    if not response.is_redirect or response.status_code in question.accept:
                        return await self._judged(response, question, way)
                    url = self._onward(response, question.method)
            except httpx.RemoteProtocolError as error:
                if not again or not way.kept or way.told:
                    raise self._meaning(error, way) from error
                again = False
            except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
                raise self._meaning(error, way) from error
        raise Malformed(f"it sends us on more than {REDIRECTS} times")

    @contextlib.asynccontextmanager
    async def _answer(self, client: httpx.AsyncClient, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        response = await client.send(request, stream=True)
        try:
            yield response
        finally:
            await response.aclose()

    def _fields(self, more: Mapping[str, str] = {}) -> dict[str, str]:
        """The header fields, secrets among them: made for each request, and kept nowhere."""
        settings = self._settings
        fields = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "ops-cockpit"}
        fields |= {**more, **settings.headers}
        fields |= {name: secret.reveal() for name, secret in settings.secret_headers.items()}
        if settings.auth.bearer is not None:
            scheme = settings.auth.scheme
            fields["Authorization"] = scheme + " " * (scheme[-1:] != "=") + settings.auth.bearer.reveal()
        if settings.auth.password is not None:
            pair = f"{settings.auth.user}:{settings.auth.password.reveal()}".encode()
            fields["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        for name, value in fields.items():
            if not _FIELD.fullmatch(name):
                raise ProviderError(f"{clean(name, 60)!r} is not the name of a header")
            if not value.isascii() or not value.isprintable() or value != value.strip():
                # said here: the HTTP library would quote the secret in its complaint
                raise AuthFailed(f"the header {name} would hold spaces at its ends, a line break or more than ASCII: not sent")
        return fields

    async def _judged(self, response: httpx.Response, question: _Question, way: _Way) -> Reply:
        good = response.is_success or response.status_code in question.accept
        kind = response.headers.get("content-type", "").lower()
        into = self._passing_on(question.into, kind, way) if question.into is not None and response.is_success else None
        body = await body_of(response, self._budget, whole=good, into=into)
        reply = Reply(
            status=response.status_code,
            body=body,
            headers={name.lower(): value for name, value in response.headers.items()},
            date=sent_date(response.headers.get("date", "")),
        )
        if good:
            if response.is_success and question.method == "GET" and response.status_code not in question.accept:
                self._no_page(kind, body)
            return reply
        raise refusal(reply, self._clock.now(), self._scrubbed, known=self._says_who())

    def _passing_on(self, into: Sink, kind: str, way: _Way) -> Sink:
        async def passed(piece: bytes) -> None:
            if not way.told:
                self._no_page(kind, piece)
                way.told = True
            await into(piece)

        return passed

    def _no_page(self, kind: str, body: bytes) -> None:
        """Raises where this is a page for people, by its kind or by how it begins."""
        if "html" in kind or ("json" not in kind and body.lstrip()[:1] == b"<"):
            raise Malformed(f"this is not {self._speaks}: it answered HTML")

    def _onward(self, response: httpx.Response, method: str) -> httpx.URL:
        """Where a redirect leads. Raises where that is another origin: no credential goes there."""
        target = response.next_request.url if response.next_request is not None else None
        if target is None:
            raise Malformed(f"it answered {response.status_code} and does not say where to go")
        here, there = _origin(response.request.url), _origin(target)
        shown = clean(self._scrubbed("{}://{}:{}".format(*there)), 200)
        if here != there:
            hint = ": write https:// in the address" if there[0] == "https" and here[1] == there[1] else ""
            raise Forbidden(f"it sends us on to {shown}, another origin, and nothing was sent there{hint}")
        if method != "GET":
            raise Forbidden(
                f"it answered a write with a redirect ({response.status_code}), which is not followed: nothing was done"
            )
        return target

    def _meaning(self, error: Exception, way: _Way) -> ProviderError:
        """What a failure below HTTP means, without what it may quote of a request."""
        tls = untrusted(error)
        if tls is not None:
            return tls
        said = clean(self._scrubbed(_below(error)), 200) or type(error).__name__
        if not way.begun:
            return NotReached(f"cannot be reached: {said}")
        return Unreachable(f"the connection broke: {said}")

    def _says_who(self) -> bool:
        settings = self._settings
        return bool(settings.auth.bearer or settings.auth.password or settings.secret_headers or settings.certificate)

    def _scrubbed(self, text: str) -> str:
        """Whatever a server echoes, no secret of ours is repeated."""
        auth = self._settings.auth
        hidden = [
            each.reveal() for each in (auth.bearer, auth.password, *self._settings.secret_headers.values()) if each is not None
        ]
        if auth.password is not None:
            hidden.append(base64.b64encode(f"{auth.user}:{auth.password.reveal()}".encode()).decode())
        for each in filter(None, hidden):
            text = text.replace(each, "***")
        return text


class _Question(NamedTuple):
    """What is asked or written, and what is to become of the answer: see `provider.Http`."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    accept: Sequence[int]
    body: bytes = b""
    content_type: str = ""
    into: Sink | None = None
    fields: Mapping[str, str] = {}


class _Way:
    """One request on its way: whether a connection is used again, whether anything has been sent, and whether any of its answer
    was passed on. Refuses to speak to where a name leads that hands out credentials."""

    def __init__(self, named: str) -> None:
        self._named = named
        self.begun = False
        self.kept = True
        self._stream: Any = None
        self.told = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpx's extension ``trace``, called by httpcore at each step."""
        if event.endswith("connect_tcp.started"):
            self.kept = False
        elif event.endswith("send_request_headers.started"):
            self.begun = True
        elif event.endswith("start_tls.failed") and self._stream is not None:
            await self._stream.aclose()  # httpcore does so for errors alone, and not where it is cancelled in mid-handshake
        elif event.endswith("connect_tcp.complete"):
            self._stream = info["return_value"]
            peer = (self._stream.get_extra_info("server_addr") or ("",))[0]
            if hands_out_credentials(peer) and self._named != peer:
                await self._stream.aclose()
                raise Forbidden(f"{clean(self._named, 200)} leads to {peer}, where a cloud keeps credentials: not asked")


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme, 0)


def _below(error: BaseException) -> str:
    """The system's own word, from under the libraries' exceptions."""
    deepest: BaseException | None = error
    while deepest is not None:
        if isinstance(deepest, OSError) and deepest.strerror and not isinstance(deepest, ssl.SSLError):
            # asyncio puts a sentence of its own here, where the system has a word for it
            return os.strerror(deepest.errno).lower() if deepest.errno and deepest.errno > 0 else deepest.strerror
        deepest = deepest.__cause__ or deepest.__context__
    return str(error)
