"""``http``: does it answer as it should, and how fast?"""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import urlsplit

import msgspec

from ..core.text import clean
from ..core.traps import TrapState
from ..core.units import Seconds, say_bytes
from ..provider import Host, ProbeError, Reading, Secret
from ..trust import HTTP, Trust, UnusableFile, context_for
from .dial import Down, addresses
from .fetch import MOST_BODY, Ask, Got, fetch
from .matching import Matcher, check_pattern

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_METHODS = ("GET", "HEAD", "OPTIONS", "POST")


class HttpConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``status`` lists what is right: ``200``, ``"200-299"``. The body (its first MiB) must hold ``contains``, match the regular
    expression ``matches``, and not hold ``lacks``. ``within`` bounds it all, redirects and body included.

    ``redirects`` is how many are followed (0: none, a 302 is then the answer); to another origin only with ``elsewhere``, and then
    without headers, body and credentials. ``bearer``, or ``user`` with ``password``, and ``secret_headers`` are secrets by
    reference. ``ca`` is a file with the authorities to trust instead of the system's. ``proxy`` is the only proxy used.
    """

    url: str
    method: str = "GET"
    headers: dict[str, str] = {}
    secret_headers: dict[str, Secret] = {}
    bearer: Secret | None = None
    user: str = ""
    password: Secret | None = None
    body: str = ""
    status: tuple[int | str, ...] = ("200-399",)
    contains: str = ""
    lacks: str = ""
    matches: str = ""
    redirects: int = 5
    elsewhere: bool = False
    verify: bool = True
    ca: str = ""
    proxy: str = ""
    within: Seconds = Seconds(8.0)

    def __post_init__(self) -> None:
        check_url("url", self.url)
        if self.proxy:
            check_url("proxy", self.proxy)
        if self.method not in _METHODS:
            raise ValueError(f"method must be one of {', '.join(_METHODS)}, not {self.method!r}")
        if self.bearer is not None and (self.user or self.password is not None):
            raise ValueError("give either bearer, or user and password")
        if (self.password is not None) != bool(self.user):
            raise ValueError("user and password go together")
        if not 0 <= self.redirects <= 20:
            raise ValueError("redirects must be from 0 to 20")
        for name in (*self.headers, *self.secret_headers):
            if not _TOKEN.fullmatch(name):
                raise ValueError(f"{name!r} is not the name of a header")
        if not all(map(_sendable, self.headers.values())):
            raise ValueError("a header is one line of printable ASCII, without spaces around it")
        for each in self.status:
            _range(each)
        check_pattern("matches", self.matches)


def check_url(name: str, url: str) -> None:
    """Raises `ValueError` where that is not a plain http or https address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{name} must begin with http:// or https:// and name a host")
    if parts.username is not None:
        raise ValueError(f"{name} must not hold a password: use user and password, by reference")
    _ = parts.port  # urlsplit checks a port when it is asked for


def _sendable(value: str) -> bool:
    return value.isascii() and value.isprintable() and value == value.strip()


def _range(each: int | str) -> range:
    first, dash, last = str(each).partition("-")
    try:
        return range(int(first), int(last if dash else first) + 1)
    except ValueError:
        raise ValueError(f'status is a number or a range like "200-299", not {each!r}') from None


class HttpProbe:
    """Seen to be wrong: refused, no whole answer ``within`` the time, a certificate that is not trusted, another status or body
    than wanted, too many redirects, one that leads elsewhere or from https down to http.

    Cannot see: the name does not resolve, this machine has no network, ``ca`` cannot be read, or the proxy refuses.
    """

    Config: ClassVar[type[msgspec.Struct]] = HttpConfig
    readings: ClassVar[Mapping[str, str]] = {
        "status": "the last answer's status code",
        "seconds": "seconds from the first connection to the end of the body, redirects included",
        "bytes": "bytes in the body, decoded (1 MiB at most)",
        "redirects": "how many redirects were followed",
        "tls_days_left": "days until the server's certificate ends (https with verify)",
    }

    def __init__(self, config: HttpConfig, host: Host) -> None:
        self._config = config
        self._clock = host.clock
        self._matcher = Matcher(config.matches) if config.matches else None
        self._trust = Trust(ca=config.ca, verify=config.verify, speaks=HTTP)
        self._context: ssl.SSLContext | None = None

    @property
    def subject(self) -> str:
        """Host and path, without the query."""
        parts = urlsplit(self._config.url)
        return f"{parts.netloc}{parts.path if parts.path != '/' else ''}"

    def look(self) -> Reading:
        """Ask once, following redirects."""
        config = self._config
        ask = Ask(
            method=config.method,
            url=config.url,
            headers=self._headers(),
            body=config.body.encode(),
            within=config.within,
            redirects=config.redirects,
            elsewhere=config.elsewhere,
            proxy=config.proxy or None,
            tls=self._trusted(),
        )
        parts = urlsplit(config.proxy or config.url)
        addresses(parts.hostname or "", parts.port or 0)  # a name that does not resolve is blindness, not a slow answer
        began = self._clock.mono()
        try:
            got = fetch(ask)
        except Down as down:
            return Reading({}, str(down), TrapState.TRIPPED)
        return self._judged(got, self._clock.mono() - began)

    def _judged(self, got: Got, took: float) -> Reading:
        values = {
            "status": float(got.status),
            "seconds": took,
            "bytes": float(len(got.body)),
            "redirects": float(len(got.hops)),
        }
        if got.tls_ends is not None:
            values["tls_days_left"] = (got.tls_ends - self._clock.now().timestamp()) / 86400
        size = f"more than {say_bytes(MOST_BODY)}" if got.cut else say_bytes(len(got.body))
        text = f"{got.status} in {took * 1000:.0f} ms, {size}"
        if got.hops:
            text += f", by way of {' → '.join(got.hops[-3:])}"
        wrong = self._wrong(got)
        if wrong:
            return Reading(values, f"{text}: {' and '.join(wrong)}", TrapState.TRIPPED)
        return Reading(values, text)

    def _wrong(self, got: Got) -> list[str]:
        config, wrong = self._config, []
        if not any(got.status in _range(each) for each in config.status):
            wrong.append(f"not {' or '.join(map(str, config.status))}")
        if not (config.contains or config.lacks or self._matcher):
            return wrong
        body = got.body.decode(got.charset, "replace")
        if config.contains and config.contains not in body:
            wrong.append(f"the body does not hold “{clean(config.contains, 60)}”")
        if config.lacks and config.lacks in body:
            wrong.append(f"the body holds “{clean(config.lacks, 60)}”")
        if self._matcher is not None and not self._matcher.pick([body], config.within):
            wrong.append(f"the body does not match {clean(config.matches, 60)}")
        return wrong

    def _headers(self) -> dict[str, str]:
        config = self._config
        headers = {**config.headers, **{name: secret.reveal() for name, secret in config.secret_headers.items()}}
        if config.bearer is not None:
            headers["Authorization"] = f"Bearer {config.bearer.reveal()}"
        if config.password is not None:
            pair = f"{config.user}:{config.password.reveal()}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        if not all(map(_sendable, headers.values())):  # checked here: the HTTP library would quote the secret in its complaint
            raise ProbeError("a secret for a header has spaces around it, a line break or what is not printable ASCII: not sent")
        return headers

    def _trusted(self) -> ssl.SSLContext:
        try:
            self._context = context_for(self._trust)  # held until the next look: others trust the same
        except UnusableFile as error:
            raise ProbeError(str(error)) from error
        return self._context
