"""The socket of a watch: whoever may, looks through it at what the watch has polled. In a thread of its own.

A connection that says what is no message, or does not read for `STUCK` seconds, is closed; nobody else notices. One that does not
ask is sent one word at most, and after `FORGET` seconds it is no longer remembered what it was told.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import os
import pwd
import socket
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from ..core.sharing import VERSION, Ask, Hello, News, Part, Told, Welcome, shape
from .alive import boot
from .edits import Span, cut, parts, spans
from .frames import framed, received
from .hub import Hub, Standing
from .peers import Peer, peer_of

LONGEST = 4096
"""Bytes of a message that is taken from who looks."""
STUCK = 20.0
"""Seconds for which one that reads nothing is waited for."""
FORGET = 120.0
"""Seconds after which one that does not ask is told everything anew."""
FRESH = 10.0
"""Seconds that a source has to answer one who wants to know now."""
FIRST = 5.0
"""Seconds that a source has for its first answer."""
NUDGE = 1.0
"""Seconds between questions that are asked because somebody wants to know now."""
MOST, MOST_OF_ONE = 1000, 300
"""Connections, and those of one user."""

_asked = msgspec.msgpack.Decoder(Hello | Ask)


class Serving:
    """Serves ``hub`` on ``end``, a bound socket. ``keeps``: this watch keeps up acknowledgements; ``group``: whose members may look
    beside its own user and root."""

    def __init__(self, hub: Hub, end: socket.socket, keeps: bool, group: str = "") -> None:
        self._hub, self._end, self._keeps, self._group = hub, end, keeps, group
        self._loop = asyncio.new_event_loop()
        self._lines: set[_Line] = set()
        self._by_user: Counter[int] = Counter()
        self._nudged: dict[str, float] = {}
        self._edits: list[tuple[tuple[object, ...], tuple[object, ...], list[Span]]] = []
        self._thread = threading.Thread(target=self._main, name="cockpit sharing", daemon=True)
        hub.on_news = self._news

    @property
    def looking(self) -> int:
        """How many look now: one connection for each source of a screen."""
        return len(self._lines)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End all connections."""
        self._hub.on_news = lambda _: None
        with contextlib.suppress(RuntimeError):  # it has ended by itself
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(2.0)
        self._end.close()

    def _main(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_unix_server(self._talk, sock=self._end, limit=LONGEST * 2))
        try:
            self._loop.run_forever()
        finally:
            server.close()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()

    def _news(self, source: str) -> None:
        def tell() -> None:
            for line in tuple(self._lines):
                if line.source == source:
                    line.tell()

        with contextlib.suppress(RuntimeError):  # it is ending
            self._loop.call_soon_threadsafe(tell)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid = -1
        try:
            peer = peer_of(writer.get_extra_info("socket"))
            if not _may(peer, self._group) or len(self._lines) >= MOST or self._by_user[peer.uid] >= MOST_OF_ONE:
                return
            uid = peer.uid
            self._by_user[uid] += 1
            async with asyncio.timeout(STUCK):
                hello = await received(reader, _asked, LONGEST)
            if isinstance(hello, Hello):
                await self._serve(hello, reader, writer)
        except (OSError, EOFError, ValueError, TimeoutError, RecursionError):
            pass  # it has gone, does not read, or is no cockpit: that costs this connection alone
        except asyncio.CancelledError:
            pass  # the watch ends: this task is ours, and the stream's callback would complain of one that was cancelled
        finally:
            if uid >= 0:
                self._by_user[uid] -= 1
            writer.transport.abort()

    async def _serve(self, hello: Hello, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        refused = self._refusal(hello)
        writer.write(framed(Welcome(VERSION, shape(), os.getpid(), boot(), self._keeps, refused)))
        if refused:
            await writer.drain()
            return
        line = _Line(hello.source, writer)
        self._lines.add(line)
        try:
            while True:
                asked = await self._next(line, reader)
                await self._answer(line, hello, asked)
        finally:
            self._lines.discard(line)

    async def _next(self, line: _Line, reader: asyncio.StreamReader) -> Ask:
        forget = self._loop.call_later(FORGET, line.records.clear)
        try:
            asked = await received(reader, _asked, LONGEST)
        finally:
            forget.cancel()
        if not isinstance(asked, Ask):
            raise ValueError("it greets twice")
        return asked

    def _refusal(self, hello: Hello) -> str:
        if hello.version != VERSION or hello.shape != shape():
            return f"cockpit watch (process {os.getpid()}) is of another version than this cockpit: restart the older of the two"
        standing = self._hub.get(hello.source)
        if standing is None or standing.likeness != hello.likeness:
            return f"cockpit watch (process {os.getpid()}) has no such source, or has it configured otherwise"
        return ""

    async def _answer(self, line: _Line, hello: Hello, asked: Ask) -> None:
        before = self._hub.get(hello.source)
        line.quiet()
        if before is not None and asked.fresh:
            self._nudge(hello.source)
            await line.newer(lambda: self._differs(hello.source, before), FRESH)
        elif before is not None and not before.asked:
            await line.newer(lambda: self._differs(hello.source, before), FIRST)
        standing = self._hub.get(hello.source)
        if standing is None or standing.likeness != hello.likeness:
            raise EOFError  # it is configured otherwise by now: what looks finds that when it comes again
        await self._send(line, standing)

    def _differs(self, source: str, before: Standing) -> bool:
        now = self._hub.get(source)
        return now is None or now.number != before.number

    def _nudge(self, source: str) -> None:
        now = self._loop.time()
        if now - self._nudged.get(source, -NUDGE) >= NUDGE:
            self._nudged[source] = now
            self._hub.nudge(source)

    async def _send(self, line: _Line, standing: Standing) -> None:
        records = standing.records
        anew = [kind for kind in records if records[kind] is not line.records.get(kind)]
        groups = {kind: list(cut(self._spans(records[kind], line.records.get(kind, ())))) for kind in anew}
        told = standing.told(datetime.now(UTC))
        many = sum(map(len, groups.values()))
        await line.say(msgspec.structs.replace(told, anew=tuple(anew), parts=many))
        for kind, each in groups.items():
            for group in each:
                for part in parts(kind, records[kind], group):
                    await line.say(part)
        line.records = dict(records)
        line.answered()
        if self._differs(line.source, standing):
            line.tell()

    def _spans(self, now: tuple[object, ...], before: tuple[object, ...]) -> list[Span]:
        """As `spans`; those of a moment ago are remembered, for all that look at a source mostly come from the same answer."""
        for one, other, made in self._edits:
            if one is now and other is before:
                return made
        made = spans(now, before)
        self._edits = [(now, before, made), *self._edits[:3]]
        return made


class _Line:
    """One connection: what it was told last, and whether it knows that there is something newer."""

    def __init__(self, source: str, writer: asyncio.StreamWriter) -> None:
        self.source = source
        self.records: dict[str, tuple[object, ...]] = {}
        self._writer = writer
        self._changed = asyncio.Event()
        self._told = True  # until it asks for the first time

    def tell(self) -> None:
        """There is something newer: say so, once."""
        self._changed.set()
        if not self._told:
            self._told = True
            self._writer.write(framed(News()))

    def quiet(self) -> None:
        """It asks: what it is told now is the newest, and no word comes in between."""
        self._told = True
        self._changed.clear()

    def answered(self) -> None:
        """It knows the newest: a word is due when that changes."""
        self._told = False

    async def newer(self, found: Callable[[], bool], seconds: float) -> None:
        """Wait until ``found()``, or so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not found():
                    self._changed.clear()
                    await self._changed.wait()

    async def say(self, message: Told | Part) -> None:
        """Send, and wait until most of it has been read. Raises ``TimeoutError`` where it is not."""
        self._writer.write(framed(message))
        async with asyncio.timeout(STUCK):
            await self._writer.drain()
        await asyncio.sleep(0)  # others have their turn


def _may(peer: Peer, group: str) -> bool:
    """Whether that user may look, whatever the file's permissions let through."""
    if peer.uid in (os.geteuid(), 0):
        return True
    if not group:
        return False
    try:
        wanted = grp.getgrnam(group).gr_gid
        name = pwd.getpwuid(peer.uid).pw_name
    except KeyError:
        return False
    return wanted in (peer.gid, *os.getgrouplist(name, peer.gid))
