"""Traps for what listens on a port: asked in its own tongue, as it answered when it was found."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.alerts import Severity
from ..core.text import clean
from ..core.traps import Trap
from ..core.units import Seconds, bound
from .books import Shelf
from .found import Found, Listener, Served
from .proposal import Suggestion

_EPHEMERAL = 32768  # Linux gives out ports from here on to whoever asks: what is there is gone tomorrow
_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE)
_DAY = 86400.0
_SAYS: dict[str, tuple[str, str]] = {
    "ssh": ("", "SSH-"),
    "smtp": ("", "220"),
    "ftp": ("", "220"),
    "imap": ("", "* OK"),
    "pop3": ("", "+OK"),
    "memcached": ("version\r\n", "VERSION "),
}
_NAMES = {"ssh": "SSH", "smtp": "SMTP", "ftp": "FTP", "imap": "IMAP", "pop3": "POP3", "memcached": "Memcached", "redis": "Redis",
          "postgres": "PostgreSQL", "mysql": "MySQL", "http": "HTTP", "https": "HTTPS", "tls": "TLS"}  # fmt: skip


def recognised(seen: Listener) -> bool:
    """Whether it is worth a trap: it speaks something known, or a known program keeps a port that it will have tomorrow, too."""
    if seen.speaks in _NAMES:
        return True
    return seen.speaks in ("other", "silent") and seen.port < _EPHEMERAL and bool(seen.program)


def propose_listener(seen: Listener, found: Found, shelf: Shelf) -> Iterator[Suggestion]:
    """The trap for its service, and one for its certificate if it shows one."""
    if seen.speaks in ("http", "https"):
        yield _http(seen, shelf)
    elif seen.speaks == "postgres" and "pg_isready" in found.programs:
        yield _postgres(seen, shelf)
    elif seen.speaks == "mysql" and seen.program:  # MySQL counts connections that do not log in, and may lock out who makes them
        yield _process(seen, shelf)
    elif seen.speaks != "tls":
        yield _tcp(seen, shelf)
    if seen.certificate is not None:
        yield _tls(seen, seen.certificate, shelf)


def _http(seen: Listener, shelf: Shelf) -> Suggestion:
    host = f"[{seen.connect}]" if ":" in seen.connect else seen.connect
    default = 443 if seen.speaks == "https" else 80
    params: dict[str, object] = {"url": f"{seen.speaks}://{host}{'' if seen.port == default else f':{seen.port}'}/", "redirects": 0}
    status = seen.status or 0
    if 400 <= status < 500:
        params["status"] = [status]
    if seen.speaks == "https":
        params["verify"] = False  # the certificate is for a name, not for this address: the trap beside this one looks at it
    trap = Trap(
        name=_name(seen, "web"),
        probe="http",
        params=params,
        warn=bound("seconds >= 1"),
        trip=bound("seconds >= 5"),
        hold=Seconds(30.0),
        every=Seconds(15.0),
        severity=Severity.CRITICAL if seen.everyone else Severity.ERROR,
        went_wrong=f"When did {_who(seen)} last stop answering, and how did you learn of it?",
        detect=f"It answers as it does today ({status}). Which page would show that it truly works, with its database?",
        signs="Does it get slow before it stops?",
        runbooks=(*shelf.service(seen.program, seen.unit), *shelf.sockets()),
    )
    return Suggestion(because=f"{_seen(seen)}; it answers / with {status}", trap=trap)


def _postgres(seen: Listener, shelf: Shelf) -> Suggestion:
    trap = Trap(
        name=_name(seen, "postgres"),
        probe="command",
        params={"run": ["pg_isready", "-h", seen.connect, "-p", str(seen.port), "-t", "5"], "within": "10s"},
        hold=Seconds(30.0),
        every=Seconds(15.0),
        severity=Severity.CRITICAL,
        went_wrong="When did PostgreSQL last refuse connections: a full disk, too many clients, a crash?",
        detect="It takes connections (pg_isready).",
        signs="How many connections are there on a normal day, and what is the limit?",
        runbooks=(*shelf.service("postgres", seen.unit), *shelf.postgres(), *shelf.sockets()),
    )
    return Suggestion(because=_seen(seen), trap=trap)


def _process(seen: Listener, shelf: Shelf) -> Suggestion:
    trap = Trap(
        name=_name(seen, seen.speaks),
        probe="process",
        params={"name": seen.program},
        hold=Seconds(30.0),
        severity=Severity.CRITICAL,
        went_wrong=f"When was {_who(seen)} last down?",
        detect=f"There is a process {clean(seen.program, 60)}.",
        signs="What does its log say before it goes down?",
        runbooks=(*shelf.service(seen.program, seen.unit), *shelf.sockets()),
    )
    return Suggestion(because=_seen(seen), trap=trap)


def _tcp(seen: Listener, shelf: Shelf) -> Suggestion:
    send, expect = _SAYS.get(seen.speaks, ("", ""))
    if seen.speaks == "redis":
        send, expect = "PING\r\n", "PONG" if "PONG" in seen.banner else seen.banner.split(" ")[0]
    params: dict[str, object] = {"host": seen.connect, "port": seen.port}
    if send:
        params["send"] = send
    if expect:
        params["expect"] = expect
    books = shelf.redis(seen.connect, seen.port) if seen.speaks == "redis" and expect == "PONG" else ()
    trap = Trap(
        name=_name(seen, slug(seen.program) or "port"),
        probe="tcp",
        params=params,
        hold=Seconds(30.0),
        every=Seconds(30.0),
        severity=Severity.CRITICAL if seen.speaks == "redis" else Severity.ERROR,
        went_wrong=f"When was {_who(seen)} last down, and what depended on it?",
        detect="It takes connections" + (" and answers as it should." if expect else "."),
        signs=f"What does {_who(seen)} do before it goes down?",
        runbooks=(*books, *shelf.service(seen.program, seen.unit), *shelf.sockets()),
    )
    return Suggestion(because=_seen(seen), trap=trap)


def _tls(seen: Listener, certificate: Served, shelf: Shelf) -> Suggestion:
    name = next(
        (each.replace("*.", "www.", 1) for each in certificate.names if _HOST_NAME.fullmatch(each.replace("*.", "www.", 1))), ""
    )
    params: dict[str, object] = {"host": seen.connect, "port": seen.port}
    if name:
        params["server_name"] = name
    if not certificate.trusted:
        params["verify"] = False
    warn, trip = _days(certificate)
    because = f"port {seen.port} shows a certificate" + (f" for {clean(name, 80)}" if name else "")
    because += (
        ", which has expired" if certificate.expired else ("" if certificate.trusted else ", which no authority here vouches for")
    )
    return Suggestion(
        because=because,
        trap=Trap(
            name=f"tls-{slug(name) or seen.port}",
            probe="tls",
            params=params,
            warn=bound(f"days_left <= {warn}"),
            trip=bound(f"days_left <= {trip}"),
            every=Seconds(3600.0),
            blind_after=Seconds(4 * 3600.0),
            severity=Severity.ERROR,
            went_wrong="When did a certificate last end before anyone renewed it?",
            detect=f"Days left on the certificate that port {seen.port} shows (the file alone may be newer).",
            signs="Who or what renews it, and when should that have happened?",
            runbooks=(*shelf.certificate("", seen.connect, seen.port, name), *shelf.service(seen.program, seen.unit)),
        ),
    )


def _days(certificate: Served) -> tuple[int, int]:
    """When to warn and to trip, in days. Long-lived ones are renewed 30 days before; short-lived ones at a third of their life."""
    if certificate.begins is None or certificate.ends is None:
        return 21, 7
    life = (certificate.ends - certificate.begins).total_seconds() / _DAY
    return (21, 7) if life >= 60 else (max(2, round(life / 4)), max(1, round(life / 10)))


def _name(seen: Listener, word: str) -> str:
    """``nginx-80``: the program if it is known, else what it speaks."""
    return f"{slug(seen.program) or slug(word)}-{seen.port}"


def _who(seen: Listener) -> str:
    return clean(seen.program, 60) or f"port {seen.port}"


def _seen(seen: Listener) -> str:
    where = "every address" if seen.everyone else seen.connect
    who = clean(seen.program, 60) or "something"
    what = f" and speaks {_NAMES[seen.speaks]}" if seen.speaks in _NAMES else ""
    return f"{who} listens on port {seen.port} ({where}){what}" + (f" ({seen.banner})" if seen.banner else "")


def slug(text: str) -> str:
    """Letters, digits and dashes of a name; "" if nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[-48:].strip("-")
