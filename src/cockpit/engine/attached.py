"""Looking through a watch: one source as the watch of this machine has polled it. All of it is done in the source's thread."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from ..core.sharing import LONGEST, VERSION, Ask, Hello, News, Part, Reader, Told, Welcome, shape
from ..core.text import clean
from .alive import boot
from .edits import append
from .frames import framed, received
from .peers import peer_of

SILENT = 5.0
"""Seconds without a word after which a watch that was asked does not answer."""
PATIENT = 16.0
"""The same, where it has to ask its source first."""

_said = msgspec.msgpack.Decoder(Welcome | News | Told | Part)


class NotShared(Exception):
    """A watch that lives and does not share this source; the message says why, for the person."""


class Lost(Exception):
    """There is no watch (any more), or it does not answer; the message says which, for the person."""


class Shared(NamedTuple):
    """How the source stands, and its records by kind; ``None`` in the place of one that did not come, or cannot be read."""

    told: Told
    records: dict[str, tuple[Any, ...]]


class Attached:
    """A connection to a watch, for one source. ``on_news`` is called when the watch knows something newer, or has gone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, welcome: Welcome, on_news: Callable[[], None]):
        self.pid, self.keeps = welcome.pid, welcome.keeps
        self._reader, self._writer, self._on_news = reader, writer, on_news
        self._records: dict[str, tuple[Any, ...]] = {}
        self._read = Reader()
        self._answer: asyncio.Future[Shared] | None = None
        self._heard = 0.0
        self._gone, self._asked = "", False
        self._listening = asyncio.ensure_future(self._listen())

    @property
    def gone(self) -> str:
        """Why nothing comes from it any more; "" while something may."""
        return self._gone

    async def ask(self, *, fresh: bool) -> Shared:
        """How the source stands now. Raises `Lost`."""
        if self._gone:
            raise Lost(self._gone)
        loop = asyncio.get_running_loop()
        self._asked = True
        self._answer, self._heard = loop.create_future(), loop.time()
        try:
            self._writer.write(framed(Ask(fresh)))
            patience = PATIENT if fresh or not self._records else SILENT
            answer = self._answer
            while not answer.done():
                left = self._heard + patience - loop.time()
                if left <= 0:
                    self._end(f"cockpit watch (process {self.pid}) does not answer")
                    break
                await asyncio.wait({answer}, timeout=left)
            return answer.result()
        except OSError as error:
            raise Lost(f"cockpit watch (process {self.pid}) has gone") from error
        finally:
            self._answer = None

    def close(self) -> None:
        """Let go of it."""
        self._on_news = lambda: None
        self._listening.cancel()
        self._writer.transport.abort()

    def _end(self, why: str) -> None:
        self._gone = self._gone or why
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Lost(self._gone))
        self._writer.transport.abort()
        self._on_news()

    async def _listen(self) -> None:
        try:
            while True:
                message = await self._next()
                if isinstance(message, Told):
                    await self._take(message)
                elif isinstance(message, News):
                    self._on_news()
                else:
                    raise ValueError("it speaks out of turn")
        except (EOFError, OSError):
            self._end(f"cockpit watch (process {self.pid}) has gone")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            why = f"what cockpit watch (process {self.pid}) says cannot be read: {clean(str(error), 200)}"
            self._end(why)

    async def _next(self) -> Welcome | News | Told | Part:
        message = await received(self._reader, _said, LONGEST)
        self._heard = asyncio.get_running_loop().time()
        return message  # type: ignore[no-any-return]  # the decoder's type

    async def _take(self, told: Told) -> None:
        """Take in an answer, a part at a time; what is kept is changed when all of it is there."""
        if not self._asked:
            raise ValueError("it answers what was not asked")
        self._asked = False
        news: dict[str, list[Any]] = {kind: [] for kind in told.anew}
        for _ in range(told.parts):
            more = True
            while more:
                part = await self._next()
                if not isinstance(part, Part):
                    raise ValueError("an answer that breaks off")
                append(news[part.kind], part, self._records.get(part.kind, ()), self._read)
                more = part.more
                await asyncio.sleep(0)  # a screen in this process has its turn
        self._records = {kind: self._records[kind] for kind in told.kinds if kind not in news} | {
            kind: tuple(records) for kind, records in news.items()
        }
        if (answer := self._answer) is not None and not answer.done():
            answer.set_result(Shared(told, dict(self._records)))


async def attach(path: str, source: str, likeness: str, on_news: Callable[[], None]) -> Attached | None:
    """A connection to the watch at ``path``; ``None`` where there is none. Raises `NotShared`."""
    end = _connected(path)
    if end is None:
        return None
    reader, writer = await asyncio.open_unix_connection(sock=end)
    try:
        writer.write(framed(Hello(VERSION, shape(), source, likeness)))
        async with asyncio.timeout(SILENT):
            welcome = await received(reader, _said, LONGEST)
        if not isinstance(welcome, Welcome):
            raise ValueError("no greeting")
        if refused := _refusal(welcome):
            raise NotShared(refused)
        return Attached(reader, writer, welcome, on_news)
    except (OSError, EOFError, ValueError, TimeoutError) as error:
        writer.transport.abort()
        raise NotShared(f"what listens at {clean(path)} does not speak as a watch of this version does") from error
    except BaseException:
        writer.transport.abort()
        raise


def _refusal(welcome: Welcome) -> str:
    if welcome.refused:
        return clean(welcome.refused, 300)
    if welcome.version != VERSION or welcome.shape != shape():
        return f"cockpit watch (process {welcome.pid}) is of another version than this cockpit: restart the older of the two"
    if welcome.boot != boot():
        return f"cockpit watch (process {welcome.pid}) counts time otherwise: it runs in another container"
    return ""


def _connected(path: str) -> socket.socket | None:
    """A connection to whom the socket belongs. Raises `NotShared` where another could have put it there."""
    try:
        facts = os.lstat(path)
    except OSError:
        return None
    if problem := _problem(path, facts):
        raise NotShared(problem)
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        end.setblocking(False)
        end.connect(path)
        if peer_of(end).uid != facts.st_uid:
            raise NotShared(f"{clean(path)} is not the socket of who listens there: it is not looked through")
    except OSError as error:
        end.close()
        if isinstance(error, PermissionError):
            raise NotShared(f"{clean(path)} may not be read by this user: who may, is [watch] group") from error
        return None
    except NotShared:
        end.close()
        raise
    return end


def _problem(path: str, facts: os.stat_result) -> str:
    place = os.path.dirname(os.path.abspath(path))
    folder = os.stat(place)
    trusted = {0, os.geteuid(), facts.st_uid}
    if not stat.S_ISSOCK(facts.st_mode):
        return f"{clean(path)} is no socket"
    if folder.st_uid not in trusted or folder.st_mode & (stat.S_IWOTH | stat.S_IWGRP):
        return f"others may write where {clean(path)} lies: it is not looked through"
    if facts.st_uid not in {0, os.geteuid(), folder.st_uid}:
        return f"{clean(path)} is not of who owns its directory: it is not looked through"
    if folder.st_uid not in {0, os.geteuid()} and (shared := _anybodys(place) or _anybodys(os.path.realpath(place))):
        return f"{clean(path)} is not looked through: anybody who may write in {clean(shared)} could have put it there"
    return ""


def _anybodys(place: str) -> str:
    """The directory above ``place`` in which others than its owner may write, and somebody else than root and this user has made
    what leads to it; "" where there is none."""
    while (above := os.path.dirname(place)) != place:
        made_by = os.lstat(place).st_uid
        if os.stat(above).st_mode & (stat.S_IWOTH | stat.S_IWGRP) and made_by not in {0, os.geteuid()}:
            return above
        place = above
    return ""
