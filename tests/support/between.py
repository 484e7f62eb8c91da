"""What stands between a source and its real server: it passes all on, or does one wrong thing to the requests it is told to."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

__all__ = ["Between"]

_RESET = b"\1\0\0\0\0\0\0\0"
"""SO_LINGER: on, and no time: the connection is reset when it is closed."""
_HOP = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive", "date", "server"})


def everything(method: str, path: str) -> bool:
    """Whatever is asked."""
    return bool(method and path)


class Between:
    """A proxy of its own on the loopback, in front of ``upstream``. A context manager.

    ``fault`` is "" or: ``loses the answer`` (it is passed on, and then the connection breaks), ``swallows`` (it is never passed on,
    and the connection breaks), ``cuts the answer`` (half of its body comes), ``drips`` (a byte now and then), or a name in
    ``answers``, such as ``429``. It is done to the requests for which ``hits(method, path)`` holds. ``wants`` are header fields
    without which the answer is 401. ``heard`` keeps (method, path) of what came.
    """

    answers: ClassVar[Mapping[str, tuple[int, Mapping[str, str], bytes]]] = {
        "401": (401, {}, b"Unauthorized\n"),
        "403": (403, {}, b'{"message": "not in this team"}'),
        "429": (429, {"Retry-After": "600"}, b"slow down\n"),
        "500": (500, {}, b'"the disk is full"\n'),
        "a login page": (200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><title>Sign in</title>"),
        "elsewhere": (302, {"Location": "http://203.0.113.7/login"}, b""),
    }

    def __init__(self, upstream: str, wants: Mapping[str, str] | None = None) -> None:
        self.upstream, self.wants = urlsplit(upstream), dict(wants or {})
        self.fault = ""
        self.hits: Callable[[str, str], bool] = everything
        self.heard: list[tuple[str, str]] = []
        self.ended = threading.Event()
        between = self

        class Handler(_Handler):
            pass

        Handler.between = between
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{self.upstream.path}"

    def __enter__(self) -> Between:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """The other side may hang up at any moment: that is its right."""


class _Handler(BaseHTTPRequestHandler):
    between: ClassVar[Between]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""

    def _any(self) -> None:
        between = self.between
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        between.heard.append((self.command, self.path))
        fault = between.fault if between.hits(self.command, self.path.partition("?")[0]) else ""
        if any(self.headers.get(name) != value for name, value in between.wants.items()):
            fault = "401"
        if fault in between.answers:
            self._say(*between.answers[fault])
            return
        if fault == "swallows":
            self._break()
            return
        status, fields, answer = self._passed_on(body)
        if fault == "loses the answer":
            self._break()
        elif fault == "cuts the answer":
            self._say(status, fields, answer, answer[: len(answer) // 2])
            self.close_connection = True
        elif fault == "drips":
            self._say(status, fields, answer, b"")
            for at in range(len(answer)):
                self.wfile.write(answer[at : at + 1])
                if between.ended.wait(0.2):
                    return
        else:
            self._say(status, fields, answer)

    do_GET = do_POST = do_DELETE = _any

    def _passed_on(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        upstream = http.client.HTTPConnection(self.between.upstream.netloc, timeout=10)
        fields = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        upstream.request(self.command, self.path, body or None, fields)
        with contextlib.closing(upstream), upstream.getresponse() as answer:
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
            return answer.status, kept, answer.read()

    def _say(self, status: int, fields: Mapping[str, str], body: bytes, part: bytes | None = None) -> None:
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if part is None else part)

    def _break(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close_connection = True
        # the descriptor itself, for the handler's own files still hold the socket
        self.connection.shutdown(socket.SHUT_RDWR)
