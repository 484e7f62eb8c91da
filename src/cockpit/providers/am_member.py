"""One member of an Alertmanager cluster: what it is asked at each poll, and what it said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from ..core.same import differing
from ..core.text import clean
from ..provider import AuthFailed, Forbidden, Http, Malformed, NotFound, ProviderError, RateLimited, Reply, Sink
from .am_alerts import Look, One, Seen, digest, id_of, listed, renamed, seen, whole
from .am_groups import Groups
from .am_wire import WireAlert, WireGroup, WireServer, WireSilence, flat
from .followed import Common
from .listed import Listed
from .records import Records, reader
from .streamed import Streamed

API = "/api/v2"
PATIENCE = 3.0
"""Seconds that the others have once one member has answered, and what one can do without once a member has told its alerts."""
_PIECE = 65536


class Told(msgspec.Struct, frozen=True):
    """What one member said. ``alerts`` and ``silences`` by id; ``server`` and ``groups`` are ``None`` where it did not say, and
    ``unsaid`` is why it did not tell its silences: then they are those of the last time that it did."""

    alerts: Listed[One, Seen]
    silences: Mapping[str, WireSilence]
    rejected_alerts: int = 0
    rejected_silences: int = 0
    unsaid: str = ""
    server: WireServer | None = None
    groups: tuple[WireGroup, ...] | None = None
    date: datetime | None = None


class _Alerts(NamedTuple):
    records: tuple[One, ...]
    rejected: int
    date: datetime | None


class Member:
    """One Alertmanager. ``query`` goes with every question for alerts; ``beside`` are the lists of the cluster's other members."""

    def __init__(self, http: Http, look: Look, query: Sequence[tuple[str, str]], beside: Common[One] | None = None) -> None:
        self.http, self.name = http, _short(http.address)
        self._look, self._query = look, tuple(query)
        read = reader(WireAlert)
        self._alerts = Streamed(lambda raw: seen(read(raw), look), ("endsAt", "updatedAt"), beside)
        self._silences, self._groups = Records(WireSilence), Groups()
        self._status = msgspec.json.Decoder(WireServer)
        self._server: WireServer | None = None
        self._before: tuple[tuple[One, ...], Listed[One, Seen], int] = (), listed(()), 0
        self._kept: tuple[list[WireSilence], int] = [], 0
        self._renamed: dict[str, tuple[One, One]] = {}

    async def ask(self) -> Told:
        """All it knows. Raises the tree's errors where it does not tell its alerts, or wants no questions at all."""
        told, silences, server, groups = await self._asked()
        unsaid = self._keep(silences)
        kept, bad_silences = self._kept
        alerts, twice = self._by_id(told.records)
        return Told(
            alerts=alerts,
            silences={silence.id: silence for silence in kept if silence.id},
            rejected_alerts=told.rejected + twice,
            rejected_silences=bad_silences + sum(not silence.id for silence in kept),
            unsaid=unsaid,
            server=server,
            groups=groups,
            date=told.date,
        )

    def _keep(self, told: Reply | ProviderError) -> str:
        """Take its silences in; gives why they cannot be."""
        try:
            if isinstance(told, ProviderError):
                raise told
            self._kept = self._silences.read(told.body)
        except ProviderError as error:
            return str(error)
        return ""

    async def _asked(self) -> tuple[_Alerts, Reply | ProviderError, WireServer | None, tuple[WireGroup, ...] | None]:
        """Alerts, silences, status, groups: the alerts are needed, and the last two get no more than `PATIENCE` after them."""
        arrival = asyncio.ensure_future(self._arrived())
        silences = asyncio.ensure_future(_or_why(self._get("/silences")))
        status = asyncio.ensure_future(_perhaps(self._get("/status")))
        tasks: set[asyncio.Future[Any]] = {arrival, silences, status}
        try:
            alerts = await arrival
            due = self._groups.due(alerts.records, self._server)
            groups = asyncio.ensure_future(_perhaps(self._get("/alerts/groups", self._query)) if due else _nothing())
            tasks.add(groups)
            kept = await silences
            await asyncio.wait({status, groups}, timeout=PATIENCE)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if isinstance(kept, (AuthFailed, RateLimited)):
            raise kept
        server = self._server = self._read_server(_done(status))
        return alerts, kept, server, self._groups.told(_done(groups), alerts.records, server, asked=due)

    async def _arrived(self) -> _Alerts:
        """Its alerts, taken in while they arrive."""
        arrival = self._alerts.arrival()
        try:
            reply = await self._get("/alerts", self._query, into=arrival.take)
        except (NotFound, Forbidden, Malformed):
            if arrival.begun:
                raise
            found = await self._elsewhere(self._query)
            if found is None:
                raise
            reply = found
            for start in range(0, len(reply.body), _PIECE):
                await arrival.take(reply.body[start : start + _PIECE])
        records, bad = await arrival.end()
        return _Alerts(records, bad, reply.date)

    async def listed(self, query: Sequence[tuple[str, str]]) -> Reply:
        """The alerts that these matchers select."""
        try:
            return await self._get("/alerts", query)
        except (NotFound, Forbidden, Malformed):
            reply = await self._elsewhere(query)
            if reply is None:
                raise
            return reply

    async def _elsewhere(self, query: Sequence[tuple[str, str]]) -> Reply | None:
        """Where there is no list of alerts, for something between lets through no more than karma asks for, or it is a recording:
        those that stand in its groups. ``None`` where there are none either: what is wrong with the list itself says more."""
        try:
            groups = await self._get("/alerts/groups", query)
            return msgspec.structs.replace(groups, body=flat(groups.body))
        except ProviderError:
            return None

    async def _get(self, path: str, query: Sequence[tuple[str, str]] = (), into: Sink | None = None) -> Reply:
        reply = await self.http.get(API + path, query, accept=(404,), into=into)
        if reply.status != 404:
            return reply
        where = f"{self.http.address}{API} (404): is the path in the url right?"
        if reply.body.lstrip().startswith(b"<"):
            raise NotFound(f"this is not an Alertmanager: it answered HTML at {where}")
        raise NotFound(f"there is no Alertmanager API at {where}")

    def _by_id(self, read: tuple[One, ...]) -> tuple[Listed[One, Seen], int]:
        """The alerts by id, and how many came twice. What has not changed is not looked at again."""
        before, known, _ = self._before
        if read is not before:
            other = differing(read, before) if before and known.records is before else None
            few = other is not None and all(id_of(read[place]) == id_of(before[place]) for place in other)
            alone = few or len(set(map(id_of, read))) == len(read)
            self._before = (read, listed(read), 0) if alone else (read, *self._told_apart(read))
        return self._before[1:]

    def _told_apart(self, read: tuple[One, ...]) -> tuple[Listed[One, Seen], int]:
        """The same where some claim one id: those with other labels get another, so that neither is lost."""
        found: dict[str, One] = {}
        twice = 0
        for it in read:
            each = id_of(it)
            if each in found:
                if whole(found[each]).labels == whole(it).labels:
                    twice += 1
                    continue
                each = f"{each}-{digest(whole(it).labels)}"
                before = self._renamed.get(each)
                if before is None or before[0] is not it:
                    self._renamed[each] = before = it, renamed(it, each)
                it = before[1]
            found[each] = it
        self._renamed = {each: pair for each, pair in self._renamed.items() if each in found}
        return listed(tuple(found.values())), twice

    def _read_server(self, reply: Reply | None) -> WireServer | None:
        try:
            return self._status.decode(reply.body) if reply is not None else None
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None


async def _perhaps(asked: Awaitable[Reply]) -> Reply | None:
    """An answer that one can do without."""
    try:
        return await asked
    except ProviderError:
        return None


async def _or_why(asked: Awaitable[Reply]) -> Reply | ProviderError:
    """An answer, or why there is none."""
    try:
        return await asked
    except ProviderError as error:
        return error


async def _nothing() -> None:
    return None


def _done(task: asyncio.Future[Reply | None]) -> Reply | None:
    return None if task.cancelled() else task.result()


def _short(address: str) -> str:
    parts = urlsplit(address)
    return clean(parts.netloc + parts.path, 100)
