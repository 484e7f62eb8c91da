"""A small real HTTP server on the loopback, for stand-ins that keep state: a function answers each request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit


class Asked(NamedTuple):
    """A request: ``path`` is decoded, ``fields`` are in lower case, ``query`` keeps its order."""

    method: str
    path: str
    query: list[tuple[str, str]]
    fields: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def get(self, name: str, otherwise: str = "") -> str:
        return dict(self.query).get(name, otherwise)


class Said(NamedTuple):
    """An answer. ``lost``: what was asked is done, and the connection breaks before a word of it arrives."""

    status: int = 200
    body: object = None
    fields: Mapping[str, str] = {}
    lost: bool = False


class SmallHttp:
    """Answers with what ``answer`` gives; ``heard`` keeps all that was asked."""

    def __init__(self) -> None:
        self.heard: list[Asked] = []
        self.lock = threading.RLock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                fields = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, unquote(parts.path), parse_qsl(parts.query, keep_blank_values=True), fields, body)
                with outer.lock:
                    outer.heard.append(asked)
                    said = outer.answer(asked)
                if said.lost:
                    self.close_connection = True
                    return
                sent = said.body if isinstance(said.body, bytes) else b"" if said.body is None else json.dumps(said.body).encode()
                self.send_response(said.status)
                kind = "text/plain" if isinstance(said.body, bytes) else "application/json"
                for name, value in {"Content-Type": kind, "Content-Length": str(len(sent)), **said.fields}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(sent)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def answer(self, asked: Asked) -> Said:
        raise NotImplementedError

    def asked(self, method: str, ending: str) -> list[Asked]:
        """What was asked by this method, at paths that end so."""
        return [each for each in self.heard if each.method == method and each.path.endswith(ending)]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):  # type: ignore[no-untyped-def]  # the stand-in itself
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


Answer = Callable[[Asked], Said]
