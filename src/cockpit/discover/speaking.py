"""What a listening socket speaks, asked with a few harmless bytes.

Servers that greet (SSH, MySQL, SMTP, …) are listened to first; the rest are asked in an order that their port or program suggests.
Nothing is asked that changes anything, logs in, or can be taken for an attack (Redis takes a ``Host:`` header for one: it is pinged
before HTTP is tried, where its program or port is known).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

import msgspec

from ..core.text import clean
from .found import Listener
from .handshake import served, untrusting
from .timed import Deadline

GREETING_SECONDS = 0.25
ANSWER_SECONDS = 0.6
MOST = 4096

_PG_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"  # PostgreSQL, Message Formats, SSLRequest
_STATUS = re.compile(rb"HTTP/[0-9.]+ ([1-5][0-9][0-9])\b")
_SERVER = re.compile(rb"\r\nServer: ([^\r\n]{1,100})", re.IGNORECASE)
_PLAIN_TO_TLS = (b"HTTP request was sent to HTTPS", b"HTTP request to an HTTPS server", b"speaking plain HTTP to an SSL")

_PORTS = {5432: "postgres", 5433: "postgres", 6432: "postgres", 6379: "redis", 6380: "redis", 26379: "redis", 11211: "memcached",
          443: "tls", 8443: "tls", 9443: "tls", 6443: "tls", 993: "tls", 995: "tls", 465: "tls", 636: "tls"}  # fmt: skip
_PROGRAMS = {"postgres": "postgres", "pgbouncer": "postgres", "redis": "redis", "valkey": "redis", "keydb": "redis",
             "memcached": "memcached"}  # fmt: skip


def speaks(listener: Listener, deadline: Deadline) -> Listener:
    """The listener with what it speaks; unchanged if it answers nothing, or time is up."""
    greeting = _exchange(listener, b"", deadline, GREETING_SECONDS)
    if greeting is None:
        return listener  # it does not take connections
    if greeting:
        return _named(listener, _greeting(greeting), greeting)
    answered = b""
    for ask in _order(listener):
        if not deadline.left():
            break
        found, said = ask(listener, deadline)
        if found is not None:
            return found
        answered = answered or said
    return _named(listener, "other" if answered else "silent", answered)


Answer = tuple[Listener | None, bytes]
"""The listener understood, if it was; and whatever it said."""


def _order(listener: Listener) -> list[Callable[[Listener, Deadline], Answer]]:
    asks = {"tls": _tls, "http": _http, "redis": _redis, "postgres": _postgres, "memcached": _memcached}
    known = [kind for start, kind in _PROGRAMS.items() if listener.program.startswith(start)]
    first = known[0] if known else _PORTS.get(listener.port, "")
    if first:
        return [asks[first], *(ask for kind, ask in asks.items() if kind != first)]
    return list(asks.values())


def _tls(listener: Listener, deadline: Deadline) -> Answer:
    certificate = served(listener.connect, listener.port, deadline.left(ANSWER_SECONDS * 2))
    if certificate is None:
        return None, b""
    known = msgspec.structs.replace(listener, speaks="tls", certificate=certificate)
    found, _ = _http(known, deadline, tls=True)
    return found or known, b""


def _http(listener: Listener, deadline: Deadline, *, tls: bool = False) -> Answer:
    name = "localhost" if listener.connect in ("127.0.0.1", "::1") else listener.connect
    host = f"[{name}]" if ":" in name else name
    ask = f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: cockpit\r\nAccept: */*\r\nConnection: close\r\n\r\n".encode()
    said = _exchange(listener, ask, deadline, ANSWER_SECONDS, tls=tls) or b""
    found = _STATUS.match(said)
    if found is None or any(words in said for words in _PLAIN_TO_TLS):
        return None, said
    server = _SERVER.search(said)
    return (
        msgspec.structs.replace(
            listener,
            speaks="https" if tls else "http",
            status=int(found[1]),
            banner=_shown(server[1]) if server else "",
        ),
        said,
    )


def _redis(listener: Listener, deadline: Deadline) -> Answer:
    said = _exchange(listener, b"PING\r\n", deadline, ANSWER_SECONDS) or b""
    known = said.startswith((b"+PONG", b"-NOAUTH", b"-DENIED", b"-LOADING", b"-MASTERDOWN"))
    return (_named(listener, "redis", said) if known else None), said


def _postgres(listener: Listener, deadline: Deadline) -> Answer:
    said = _exchange(listener, _PG_SSL_REQUEST, deadline, ANSWER_SECONDS) or b""
    return (_named(listener, "postgres", b"") if said in (b"S", b"N") else None), said


def _memcached(listener: Listener, deadline: Deadline) -> Answer:
    said = _exchange(listener, b"version\r\n", deadline, ANSWER_SECONDS) or b""
    return (_named(listener, "memcached", said) if said.startswith(b"VERSION ") else None), said


def _greeting(said: bytes) -> str:
    """What a server is that speaks first."""
    if said.startswith(b"SSH-"):
        return "ssh"
    if said.startswith(b"220"):
        return "ftp" if b"ftp" in said[:200].lower() else "smtp"
    if said.startswith(b"* OK"):
        return "imap"
    if said.startswith(b"+OK"):
        return "pop3"
    if said.startswith(b"-DENIED Redis"):
        return "redis"
    # MySQL's first packet: length (3 bytes, little endian), sequence 0, then protocol 10, or 0xff for a refusal
    if (
        len(said) > 5
        and said[3] == 0
        and said[4] in (10, 255)
        and int.from_bytes(said[:3], "little") in (len(said) - 4, *range(8, 512))
    ):
        return "mysql"
    return "other"


def _named(listener: Listener, kind: str, said: bytes) -> Listener:
    first = said.split(b"\n", 1)[0]
    readable = first if kind != "mysql" else said[5:].split(b"\0", 1)[0]
    return msgspec.structs.replace(listener, speaks=kind, banner=_shown(readable))


def _shown(said: bytes) -> str:
    return clean(said.strip().decode("utf-8", "replace"), 80)


def _exchange(listener: Listener, ask: bytes, deadline: Deadline, seconds: float, *, tls: bool = False) -> bytes | None:
    """What comes back within ``seconds``: at most 4 kB, b"" for silence, ``None`` where no connection is to be had."""
    time = Deadline(deadline.left(seconds))
    try:
        with socket.create_connection((listener.connect, listener.port), max(0.01, time.left())) as plain:
            try:
                with untrusting().wrap_socket(plain) if tls else plain as connection:
                    if ask:
                        connection.sendall(ask)
                    return _received(connection, time, whole=bool(ask))
            except (OSError, ValueError):
                return b""
    except OSError:
        return None


def _received(connection: socket.socket, time: Deadline, *, whole: bool) -> bytes:
    said = b""
    while len(said) < MOST and time.left():
        connection.settimeout(max(0.01, time.left()))
        try:
            piece = connection.recv(MOST)
        except OSError:
            break
        said += piece
        if not piece or not whole or b"\r\n\r\n" in said or not said.startswith(b"HTTP"):
            break
    return said
