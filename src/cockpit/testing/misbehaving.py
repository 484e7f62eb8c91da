"""A real HTTP server on the loopback that answers as recorded, or misbehaves in exactly one way.

::

    with Misbehaving({"/api/alerts": b"[]"}) as server:            # answers well
        ...server.url...
    with Misbehaving({}, "drips its body") as server: ...          # `FAULTS` has them all, and the error that each must become
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from ..provider import AuthFailed, Conflict, Forbidden, Malformed, NotFound, ProviderError, RateLimited, Unreachable

Talk: TypeAlias = Callable[[socket.socket, "Misbehaving"], None]
LOGIN = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form action='/login'></form></body></html>"
BOMB = 1 << 30
"""Bytes that the bomb has when it is unpacked; it travels as a thousandth of them."""
_PAUSE = 0.1


class Misbehaving:
    """``answers`` are the bodies by path (the address's own path left out); all else is a 404. ``fault`` is a name in `FAULTS`, or
    "" for none. ``heard`` keeps what was asked: (method, path, header fields, body)."""

    def __init__(self, answers: Mapping[str, bytes], fault: str = "") -> None:
        self.answers, self.fault = dict(answers), fault
        self.heard: list[tuple[str, str, dict[str, str], bytes]] = []
        self.connections = 0
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, name="misbehaving", daemon=True).start()

    def __enter__(self) -> Misbehaving:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up on everybody."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in tuple(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    @property
    def stopping(self) -> threading.Event:
        """Set when it closes."""
        return self._stopping

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(20)
            self._open.add(connection)
            threading.Thread(target=self._hold, args=(connection,), daemon=True).start()

    def _hold(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:  # the other side may hang up at any moment: that is its right
            while self._request(connection):
                talk = FAULTS[self.fault][0] if self.fault else _answer_well
                talk(connection, self)
                if talk is not _answer_well:
                    connection.shutdown(socket.SHUT_WR)
                    return

    def _request(self, connection: socket.socket) -> bool:
        """Hear one request to its end; False if there is none."""
        heard = b""
        while b"\r\n\r\n" not in heard:
            piece = connection.recv(65536)
            if not piece:
                return False
            heard += piece
        head, _, body = heard.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(fields.get("content-length", "0")):
            body += connection.recv(65536)
        method, target, _ = first.split(" ", 2)
        self.heard.append((method, target, fields, body))
        return True


def send(connection: socket.socket, status: str, body: bytes, *fields: str, kind: str = "application/json") -> None:
    """A whole answer."""
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *fields, "", ""))
    connection.sendall(head.encode("latin-1") + body)


def _answer_well(connection: socket.socket, server: Misbehaving) -> None:
    body = server.answers.get(urlsplit(server.heard[-1][1]).path)
    if body is None:
        send(connection, "404 Not Found", b"404 page not found\n", kind="text/plain")
    else:
        send(connection, "200 OK", body)


def _saying(status: str, body: bytes, *fields: str, kind: str = "application/json") -> Talk:
    return lambda connection, _: send(connection, status, body, *fields, kind=kind)


def _pieces(server: Misbehaving, pieces: Iterator[bytes], connection: socket.socket) -> None:
    for piece in pieces:
        connection.sendall(piece)
        if server.stopping.wait(_PAUSE):
            return


def _drips_head(connection: socket.socket, server: Misbehaving) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    _pieces(server, (f"X-{n}: a\r\n".encode() for n in range(3000)), connection)


def _drips_body(connection: socket.socket, server: Misbehaving) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3000\r\n\r\n[")
    _pieces(server, (b" " for _ in range(3000)), connection)


def _says_nothing(_: socket.socket, server: Misbehaving) -> None:
    server.stopping.wait(20)


def _bombs(connection: socket.socket, _: Misbehaving) -> None:
    send(connection, "200 OK", _packed_bomb(), "Content-Encoding: gzip")


def _packed_bomb() -> bytes:
    if not _BOMB:
        _BOMB.append(
            b"".join((gzip.compress(b"[" + b" " * ((1 << 24) - 1)), gzip.compress(b" " * (1 << 24)) * (BOMB // (1 << 24))))
        )
    return _BOMB[0]


_BOMB: list[bytes] = []


def _endless(connection: socket.socket, server: Misbehaving) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not server.stopping.is_set():
        connection.sendall(b"100000\r\n" + b" " * 0x100000 + b"\r\n")


def _endless_head(connection: socket.socket, server: Misbehaving) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not server.stopping.is_set():
        connection.sendall(b"X-Again: " + b"a" * 65536 + b"\r\n")


def _resets(connection: socket.socket, _: Misbehaving) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def _hangs_up(connection: socket.socket, _: Misbehaving) -> None:
    connection.close()


def _cut_short(connection: socket.socket, _: Misbehaving) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n[{"a": ')


def _no_http(connection: socket.socket, _: Misbehaving) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")


def _elsewhere(connection: socket.socket, server: Misbehaving) -> None:
    send(connection, "302 Found", b"", f"Location: http://localhost:{server.port}/login")


def _round(connection: socket.socket, server: Misbehaving) -> None:
    send(connection, "302 Found", b"", f"Location: {server.url}{server.heard[-1][1]}")


def _echoes(connection: socket.socket, server: Misbehaving) -> None:
    send(connection, "400 Bad Request", f"I heard {server.heard[-1][2]}".encode(), kind="text/plain")


FAULTS: Mapping[str, tuple[Talk, type[ProviderError]]] = {
    "400 that echoes what it heard": (_echoes, ProviderError),
    "401": (_saying("401 Unauthorized", b"Unauthorized\n", kind="text/plain"), AuthFailed),
    "401 in HTML": (_saying("401 Unauthorized", LOGIN, kind="text/html"), AuthFailed),
    "403": (_saying("403 Forbidden", b'{"code": 403, "message": "no such right"}'), Forbidden),
    "404": (_saying("404 Not Found", b"404 page not found\n", kind="text/plain"), NotFound),
    "404 in HTML": (_saying("404 Not Found", LOGIN, kind="text/html"), NotFound),
    "409": (_saying("409 Conflict", b'"somebody else did"'), Conflict),
    "410": (_saying("410 Gone", b'{"status": "deprecated"}'), NotFound),
    "429": (_saying("429 Too Many Requests", b"{}", "Retry-After: 17"), RateLimited),
    "429 for years": (_saying("429 Too Many Requests", b"", "Retry-After: 99999999999999999999"), RateLimited),
    "429 until a date": (_saying("429 Too Many Requests", b"", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"), RateLimited),
    "500": (_saying("500 Internal Server Error", b'{"error": "the disk is full"}'), Unreachable),
    "502 in HTML": (_saying("502 Bad Gateway", LOGIN, kind="text/html"), Unreachable),
    "a login page with 200": (_saying("200 OK", LOGIN, kind="text/html; charset=utf-8"), Malformed),
    "a login page that says it is JSON": (_saying("200 OK", LOGIN), Malformed),
    "no JSON": (_saying("200 OK", b"fine"), Malformed),
    "nothing with 200": (_saying("200 OK", b""), Malformed),
    "another JSON": (_saying("200 OK", b'{"status": "success", "data": null}'), Malformed),
    "a list cut off": (_saying("200 OK", b'[{"labels": {"a": "b"}}, {"labels"'), Malformed),
    "brackets without end": (_saying("200 OK", b"[" * 200_000), Malformed),
    "packed wrongly": (_saying("200 OK", b"no gzip at all", "Content-Encoding: gzip"), Malformed),
    "packed and cut off": (_saying("200 OK", gzip.compress(b"[]" + b" " * 5000)[:-9], "Content-Encoding: gzip"), Malformed),
    "packed as nobody asked": (_saying("200 OK", b"[]", "Content-Encoding: br"), Malformed),
    "a bomb": (_bombs, ProviderError),  # the cap or the deadline, whichever comes first
    "an endless body": (_endless, ProviderError),
    "endless header fields": (_endless_head, Unreachable),
    "drips its header": (_drips_head, Unreachable),
    "drips its body": (_drips_body, Unreachable),
    "says nothing": (_says_nothing, Unreachable),
    "resets": (_resets, Unreachable),
    "hangs up": (_hangs_up, Unreachable),
    "a body cut short": (_cut_short, Unreachable),
    "no HTTP": (_no_http, Unreachable),
    "sends us to another origin": (_elsewhere, Forbidden),
    "sends us round in circles": (_round, Malformed),
}
"""Every way to misbehave, by name: how, and what it must become."""
