"""``/metrics`` for Prometheus: one page over HTTP/1.1, and nothing else. In a thread of its own.

A connection that does not ask within `PATIENCE` seconds, or does not read, is cut off; nobody else notices, the engine least of
all.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from ipaddress import ip_address

from ..core.exposition import CONTENT_TYPE, Family, exposition
from ..core.watchrule import metrics_place

PATIENCE = 5.0
"""Seconds that one who asks has for the question, and then for reading the answer."""
LONGEST = 8192
"""Bytes of a question."""
MOST = 32
"""Connections at a time."""
RETRY = 2.0
"""Seconds between attempts to listen where another process has the port."""


def open_to(place: str) -> str:
    """Who else than this machine may read the metrics there, for the person; "" where nobody may."""
    host, port = metrics_place(place)
    try:
        near = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        near = False
    return "" if near else f"metrics are open to whoever reaches {host} port {port}: names of sources and channels, and all counts"


class Metrics:
    """Serves what ``families`` gives at ``place`` (see `metrics_place`), from `start` to `end`. ``tell`` is called, from its
    thread, with a line when it listens, and once where it cannot."""

    def __init__(self, place: str, families: Callable[[], Iterable[Family]], tell: Callable[[str], None]) -> None:
        self._host, self._port = metrics_place(place)
        self._families, self._tell = families, tell
        self._loop = asyncio.new_event_loop()
        self._many = 0
        self._thread = threading.Thread(target=self._main, name="cockpit metrics", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """End all connections."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(2.0)

    def _main(self) -> None:
        serving = self._loop.create_task(self._serve())
        try:
            self._loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(self._loop) | {serving}
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.wait(tasks, timeout=1.0))
            self._loop.close()

    async def _serve(self) -> None:
        said = ""
        while True:
            try:
                server = await asyncio.start_server(self._talk, self._host, self._port, limit=LONGEST)
            except OSError as error:
                why = f"no metrics at {self._host} port {self._port}: {error.strerror or error}"
                if why != said:
                    said = why
                    self._tell(why)
                await asyncio.sleep(RETRY)
                continue
            self._tell(f"metrics at http://{f'[{self._host}]' if ':' in self._host else self._host}:{self._port}/metrics")
            async with server:
                await server.serve_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._many += 1
        try:
            if self._many <= MOST:
                async with asyncio.timeout(PATIENCE):
                    asked = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(asked.split(b"\r\n", 1)[0]))
                async with asyncio.timeout(PATIENCE):
                    await writer.drain()
                    writer.close()
                    await writer.wait_closed()
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass  # it has gone, does not ask, does not read, or speaks something else: that costs this connection alone
        except asyncio.CancelledError:
            pass  # the watch ends: this task is ours, and the stream's callback would complain of one that was cancelled
        finally:
            self._many -= 1
            writer.transport.abort()

    def _answer(self, line: bytes) -> bytes:
        method, _, rest = line.partition(b" ")
        path, _, version = rest.partition(b" ")
        if not version.startswith(b"HTTP/1."):
            return _reply("400 Bad Request")
        if method != b"GET":
            return _reply("405 Method Not Allowed", more="Allow: GET\r\n")
        if path.partition(b"?")[0] != b"/metrics":
            return _reply("404 Not Found")
        return _reply("200 OK", exposition(self._families()).encode("utf-8", "replace"), f"Content-Type: {CONTENT_TYPE}\r\n")


def _reply(status: str, body: bytes = b"", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
