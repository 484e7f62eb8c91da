"""One HTTP request with everything bounded: total time, decoded bytes, redirects, and where a credential may go.

httpx bounds the time of each read, never the whole (a slow drip goes on for ever); decodes a compressed body without a limit; takes
proxies from the environment; and keeps headers such as ``X-Api-Key`` when it is sent to another origin. None of that here.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import ipaddress
import re
import ssl
import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from ..core.text import clean
from ..lent import slim_httpx, standing_in
from ..provider import ProbeError
from .dial import Deadline, Down, verdict

if TYPE_CHECKING:
    import httpx

MOST_BODY = 2**20
_TEXT = re.compile(r"utf-(?:8|16|32).*|ascii|iso8859-\d+|cp125\d|koi8-[ru]|shift_jis|euc_(?:jp|kr)|gb(?:2312|k|18030)|big5")
_PORTS = {"http": 80, "https": 443}


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask, and the bounds. ``headers`` hold secrets: they go to the url's own origin alone."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    within: float
    redirects: int
    elsewhere: bool
    proxy: str | None
    tls: ssl.SSLContext


class Got(msgspec.Struct, frozen=True, kw_only=True):
    """What came. ``body`` is decoded; ``cut`` says that there was more. ``hops`` are the addresses redirected to, without their
    queries. ``tls_ends`` is when the certificate ends, as seconds since the epoch."""

    status: int
    body: bytes
    cut: bool
    charset: str
    hops: tuple[str, ...]
    tls_ends: float | None


def fetch(ask: Ask) -> Got:
    """Ask. Raises `Down` for what the other side did, `ProbeError` for what this side cannot do."""
    return asyncio.run(_within(ask))


async def _within(ask: Ask) -> Got:
    deadline = Deadline(ask.within)
    progress = ["no answer"]
    try:
        async with asyncio.timeout(ask.within):
            return await _follow(ask, deadline, progress)
    except TimeoutError as error:
        raise deadline.missed(progress[0]) from error


async def _follow(ask: Ask, deadline: Deadline, progress: list[str]) -> Got:
    with standing_in(slim_httpx()):
        import httpx  # here, because it takes 90 ms: only a configuration that asks over HTTP pays

    hops: list[str] = []
    method, headers, body = ask.method, dict(ask.headers), ask.body
    try:
        url = httpx.URL(ask.url)
        # The deadline above is the only clock: none of httpx's own, which start anew at each read.
        async with httpx.AsyncClient(verify=ask.tls, trust_env=False, proxy=ask.proxy, timeout=None) as client:  # noqa: S113
            while True:
                request = client.build_request(method, url, headers={**_OURS, **headers}, content=body or None)
                with _told(deadline):
                    response = await client.send(request, stream=True, follow_redirects=False)
                try:
                    progress[0] = f"{response.status_code} came, but not the whole answer"
                    if ask.redirects == 0 or not response.has_redirect_location:
                        with _told(deadline):
                            return await _read(response, hops)
                    onward = _onward(url, response.headers["location"], hops)
                    if len(hops) >= ask.redirects:
                        raise Down(f"redirected more than {ask.redirects} times: {_way([*hops, onward])}")
                    if not _same_origin(url, onward):
                        _check_elsewhere(url, onward, ask.elsewhere)
                        headers, body = {}, b""
                    if response.status_code == 303 or (response.status_code in (301, 302) and method == "POST"):
                        method, body = ("HEAD" if method == "HEAD" else "GET"), b""
                finally:
                    await response.aclose()
                hops.append(shown(onward))
                url, progress[0] = onward, f"no answer from {shown(onward)}"
    except httpx.InvalidURL as error:
        raise ProbeError(f"the url cannot be asked: {clean(str(error), 200)}") from error
    except httpx.ProxyError as error:
        raise ProbeError(f"the proxy does not let it through: {clean(str(error), 200)}") from error
    except httpx.HTTPError as error:
        raise Down(f"no proper HTTP: {clean(str(error) or type(error).__name__, 200)}") from error


_OURS = {"User-Agent": "cockpit", "Accept": "*/*", "Accept-Encoding": "identity"}


def _onward(url: httpx.URL, location: str, hops: list[str]) -> httpx.URL:
    import httpx

    try:
        onward = url.join(location)
    except (httpx.InvalidURL, ValueError) as error:
        raise Down(f"redirected to what is no address: {clean(location, 120)}") from error
    if onward.scheme not in _PORTS or not onward.host:
        raise Down(f"redirected to {clean(location, 120)}, which is not on the web")
    if url.scheme == "https" and onward.scheme == "http":
        raise Down(f"redirected from https down to {_way([*hops, onward])}")
    return onward


def _check_elsewhere(url: httpx.URL, onward: httpx.URL, allowed: bool) -> None:
    if not allowed:
        raise Down(f"redirected to another origin, {shown(onward)}: give that as url, or set elsewhere = true")
    try:
        address = ipaddress.ip_address(onward.host)
    except ValueError:
        return
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if (mapped or address).is_link_local and onward.host != url.host:
        raise Down(f"redirected to {shown(onward)}, a link-local address where cloud machines keep their credentials: not followed")


def _same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Scheme, host and port are the same; or it is the host's own step up from http to https, both on their usual ports."""
    before, after = _origin(one), _origin(other)
    return before == after or (before[1] == after[1] and (before[0], before[2], *after[::2]) == ("http", 80, "https", 443))


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host.lower(), url.port or _PORTS.get(url.scheme, 0)


async def _read(response: httpx.Response, hops: list[str]) -> Got:
    """The body, decoded and cut at the cap, while it comes."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    unpack = _unpacker(encoding)
    body, cut = bytearray(), False
    async for piece in response.aiter_raw():
        room = MOST_BODY + 1 - len(body)
        try:
            body += unpack.decompress(piece, room) if unpack is not None else piece[:room]
        except zlib.error as error:
            raise Down(
                f"{response.status_code} came, with a body that is not the {clean(encoding, 20)} it says: {error}"
            ) from error
        if len(body) > MOST_BODY:
            del body[MOST_BODY:]
            cut = True
            break
    return Got(
        status=response.status_code,
        body=bytes(body),
        cut=cut,
        charset=_charset(response),
        hops=tuple(hops),
        tls_ends=_ends(response),
    )


def _unpacker(encoding: str) -> zlib._Decompress | None:
    """Asked for none, some servers compress anyway: gzip and deflate can be read within a limit."""
    if encoding in ("identity", ""):
        return None
    if encoding in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(zlib.MAX_WBITS | 32)
    raise Down(f"the body came compressed as {clean(encoding, 40)}, which was not asked for")


def _charset(response: httpx.Response) -> str:
    """The body's encoding, of those that decode in one pass: Python also has codecs such as ``punycode``, which take minutes for
    a mebibyte."""
    try:
        named = codecs.lookup(response.charset_encoding or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
    return named if _TEXT.fullmatch(named) else "utf-8"


def _ends(response: httpx.Response) -> float | None:
    stream = response.extensions.get("network_stream")
    secured = stream.get_extra_info("ssl_object") if stream is not None else None
    told = secured.getpeercert() if secured is not None else None
    return float(ssl.cert_time_to_seconds(told["notAfter"])) if told else None


@contextlib.contextmanager
def _told(deadline: Deadline) -> Iterator[None]:
    """httpx's errors hide what the system said: dig it out, and tell whose fault it is."""
    import httpx

    try:
        yield
    except httpx.ProxyError:
        raise
    except httpx.TransportError as error:
        causes = list(_causes(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise Down(f"not trusted: {clean(cause.verify_message, 200)}") from error
            if isinstance(cause, ssl.SSLError):
                raise Down(f"no TLS: {clean((cause.reason or 'the handshake failed').replace('_', ' ').lower(), 200)}") from error
        failures = [cause for cause in causes if isinstance(cause, OSError) and (cause.errno or isinstance(cause, TimeoutError))]
        if failures:
            raise verdict(failures, deadline) from error
        raise Down(f"no proper HTTP: {clean(str(error) or 'the connection ended early', 200)}") from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """What led to an error, groups taken apart; each once, for chains can loop."""
    waiting, met = [error], set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in met:
            continue
        met.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions


def shown(url: httpx.URL) -> str:
    """An address for people, without its query and without what it may hold before an ``@``: both carry secrets."""
    port = f":{url.port}" if url.port else ""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return clean(f"{url.scheme}://{host}{port}{url.path}", 150)


def _way(hops: list[httpx.URL | str]) -> str:
    said = [hop if isinstance(hop, str) else shown(hop) for hop in hops]
    return " → ".join(said if len(said) <= 3 else [*said[:2], "…", said[-1]])
