"""The members of one Alertmanager cluster: each is asked, what they say is put together, and one that answers is told to write.

Prometheus sends every alert to every member, and members tell each other of silences: any one knows all, a moment later. So what
one member alone knows counts, where they differ the louder wins (`am_merge`), and that they differ is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from ..core.text import clean
from ..provider import AuthFailed, Forbidden, Http, Malformed, NotFound, NotReached, ProviderError, RateLimited, Reply, Unreachable
from .am_alerts import Look, Seen, digest, seen
from .am_wire import WireAlert, WireGroup, WireServer, WireSilence, flat
from .records import Records

API = "/api/v2"
PATIENCE = 3.0
"""Seconds that the others have once one member has answered, and what one can do without once a member has told its alerts."""
MOST_GROUPED = 5000
"""With more alerts than this, the groups of the routing tree are not read: they would be as large again."""
T = TypeVar("T")


class Told(msgspec.Struct, frozen=True):
    """What one member said. ``alerts`` and ``silences`` by id; ``server`` and ``groups`` are ``None`` where it did not say, and
    ``unsaid`` is why it did not tell its silences: then they are those of the last time that it did."""

    alerts: Mapping[str, Seen]
    silences: Mapping[str, WireSilence]
    rejected_alerts: int = 0
    rejected_silences: int = 0
    unsaid: str = ""
    server: WireServer | None = None
    groups: tuple[WireGroup, ...] | None = None
    date: datetime | None = None


class Member:
    """One Alertmanager. ``query`` goes with every question for alerts."""

    def __init__(self, http: Http, look: Look, query: Sequence[tuple[str, str]]) -> None:
        self.http, self.name = http, _short(http.address)
        self._look, self._query = look, tuple(query)
        self._alerts, self._silences, self._groups = Records(WireAlert), Records(WireSilence), Records(WireGroup)
        self._server = msgspec.json.Decoder(WireServer)
        self._before: dict[int, tuple[WireAlert, Seen]] = {}
        self._kept: tuple[list[WireSilence], int] = [], 0
        self._many = False

    async def ask(self) -> Told:
        """All it knows. Raises the tree's errors where it does not tell its alerts, or wants no questions at all."""
        alerts, silences, status, groups = await self._asked()
        read, bad_alerts = self._alerts.read(alerts.body)
        unsaid = self._keep(silences)
        kept, bad_silences = self._kept
        self._many = len(read) > MOST_GROUPED
        by_id, twice = self._by_id(read)
        return Told(
            alerts=by_id,
            silences={silence.id: silence for silence in kept if silence.id},
            rejected_alerts=bad_alerts + twice,
            rejected_silences=bad_silences + sum(not silence.id for silence in kept),
            unsaid=unsaid,
            server=self._read_server(status),
            groups=self._read_groups(groups),
            date=alerts.date,
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

    async def _asked(self) -> tuple[Reply, Reply | ProviderError, Reply | None, Reply | None]:
        """Alerts, silences, status, groups: the alerts are needed, and the last two get no more than `PATIENCE` after them."""
        listed = asyncio.ensure_future(self.listed(self._query))
        silences = asyncio.ensure_future(_or_why(self._get("/silences")))
        status = asyncio.ensure_future(_perhaps(self._get("/status")))
        groups = asyncio.ensure_future(_perhaps(self._get("/alerts/groups", self._query)) if not self._many else _nothing())
        tasks: set[asyncio.Future[Any]] = {listed, silences, status, groups}
        try:
            alerts, kept = await listed, await silences
            await asyncio.wait({status, groups}, timeout=PATIENCE)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if isinstance(kept, (AuthFailed, RateLimited)):
            raise kept
        return alerts, kept, _done(status), _done(groups)

    async def listed(self, query: Sequence[tuple[str, str]]) -> Reply:
        """Its alerts. Where there is no such list, for something between lets through no more than karma asks for, or it is a
        recording: those that stand in its groups."""
        try:
            return await self._get("/alerts", query)
        except (NotFound, Forbidden, Malformed):
            try:
                groups = await self._get("/alerts/groups", query)
                return msgspec.structs.replace(groups, body=flat(groups.body))
            except ProviderError:
                pass  # what is wrong with the list itself says more
            raise

    async def _get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Reply:
        reply = await self.http.get(API + path, query, accept=(404,))
        if reply.status != 404:
            return reply
        where = f"{self.http.address}{API} (404): is the path in the url right?"
        if reply.body.lstrip().startswith(b"<"):
            raise NotFound(f"this is not an Alertmanager: it answered HTML at {where}")
        raise NotFound(f"there is no Alertmanager API at {where}")

    def _by_id(self, read: Sequence[WireAlert]) -> tuple[dict[str, Seen], int]:
        """The alerts by id, and how many came twice. What has not changed is not looked at again."""
        found: dict[str, Seen] = {}
        fresh, twice = dict[int, tuple[WireAlert, Seen]](), 0
        for wire in read:
            before = self._before.get(id(wire))
            it = before[1] if before is not None and before[0] is wire else seen(wire, self._look)
            fresh[id(wire)] = (wire, it)
            each = it.alert.ref.id
            if each in found:
                if found[each].labels == it.labels:
                    twice += 1
                    continue
                each = f"{each}-{digest(it.labels)}"  # two alerts that claim one fingerprint: neither is lost
                it = msgspec.structs.replace(
                    it, alert=msgspec.structs.replace(it.alert, ref=type(it.alert.ref)(self._look.source, each))
                )
            found[each] = it
        self._before = fresh
        return found, twice

    def _read_server(self, reply: Reply | None) -> WireServer | None:
        try:
            return self._server.decode(reply.body) if reply is not None else None
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None

    def _read_groups(self, reply: Reply | None) -> tuple[WireGroup, ...] | None:
        try:
            return tuple(self._groups.read(reply.body)[0]) if reply is not None else None
        except Malformed:
            return None


class Cluster:
    """The members, in the order of the configuration; the one that answered last is told first."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = tuple(members)
        self._first = self.members[0]

    async def ask(self) -> tuple[list[tuple[Member, Told]], list[tuple[Member, ProviderError]]]:
        """What each said, and why others did not. Raises where none did."""
        good, bad = await self.each(lambda member: member.ask())
        if not good:
            raise whole(bad)
        self._first = good[0][0]
        return good, bad

    async def each(
        self, question: Callable[[Member], Awaitable[T]]
    ) -> tuple[list[tuple[Member, T]], list[tuple[Member, ProviderError]]]:
        """Ask every member at once; when the first has answered, the others have `PATIENCE` seconds left."""
        tasks = {asyncio.ensure_future(question(member)): member for member in self.members}
        waiting: set[asyncio.Future[T]] = set(tasks)
        patience: float | None = None
        try:
            while waiting:
                done, waiting = await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    break
                if any(task.exception() is None for task in done):
                    patience = PATIENCE
        finally:
            for task in waiting:
                task.cancel()
            if waiting:
                await asyncio.wait(waiting)
        good: list[tuple[Member, T]] = []
        bad: list[tuple[Member, ProviderError]] = []
        for task, member in tasks.items():
            if task.cancelled():
                bad.append((member, Unreachable(f"no answer within {PATIENCE:g} s of the others")))
                continue
            error = task.exception()
            if error is None:
                good.append((member, task.result()))
            elif isinstance(error, ProviderError):
                bad.append((member, error))
            else:
                raise error
        return good, bad

    async def write(self, method: str, path: str, body: bytes = b"", accept: Sequence[int] = ()) -> Reply:
        """Write at one member; at another where that one was certainly not reached. Nothing is sent twice."""
        failed: list[tuple[Member, ProviderError]] = []
        for member in sorted(self.members, key=lambda each: each is not self._first):
            try:
                return await member.http.send(method, API + path, body, accept=accept)
            except NotReached as error:
                failed.append((member, error))
        raise whole(failed)

    async def read(self, path: str, query: Sequence[tuple[str, str]] = (), accept: Sequence[int] = ()) -> Reply:
        """Ask one member; another where that one does not answer."""
        return await self._of_one(lambda member: member.http.get(API + path, query, accept=accept))

    async def listed(self, query: Sequence[tuple[str, str]]) -> Reply:
        """The alerts that these matchers select, of one member; of another where that one does not answer."""
        return await self._of_one(lambda member: member.listed(query))

    async def _of_one(self, question: Callable[[Member], Awaitable[Reply]]) -> Reply:
        failed: list[tuple[Member, ProviderError]] = []
        for member in sorted(self.members, key=lambda each: each is not self._first):
            try:
                return await question(member)
            except Unreachable as error:
                failed.append((member, error))
        raise whole(failed)

    async def knows(self, silence_id: str, within: float) -> None:
        """Wait until every member that answers knows this silence, for so many seconds at most: they tell each other."""
        if len(self.members) == 1:
            return

        async def known(member: Member) -> bool:
            pause = 0.05
            while (await member.http.get(f"{API}/silence/{silence_id}", accept=(404, 500))).status != 200:
                await asyncio.sleep(pause)
                pause = min(0.4, pause * 2)
            return True

        try:
            async with asyncio.timeout(within):
                await self.each(known)
        except TimeoutError:
            pass  # the next answer says that they differ

    async def close(self) -> None:
        """Close every member's connections."""
        for member in self.members:
            await member.http.close()


def whole(failed: Sequence[tuple[Member, ProviderError]]) -> ProviderError:
    """One error for a cluster in which no member answered: of the kind that says most about what to do."""
    errors = [error for _, error in failed]
    if len(failed) == 1:
        return errors[0]
    said = f"none of {len(failed)} members answers: {told_by(failed)}"
    limited = [error for error in errors if isinstance(error, RateLimited)]
    if limited:
        return RateLimited(said, max((each.retry_after for each in limited if each.retry_after is not None), default=None))
    if all(isinstance(error, NotReached) for error in errors):
        return NotReached(said)
    if all(isinstance(error, AuthFailed) for error in errors):
        return AuthFailed(said)
    if any(isinstance(error, Unreachable) for error in errors):
        return Unreachable(said)
    return type(errors[0])(said)


def told_by(failed: Sequence[tuple[Member, ProviderError]]) -> str:
    """Who says no and why, each reason once."""
    names: dict[str, list[str]] = {}
    for member, error in failed:
        names.setdefault(str(error), []).append(member.name)
    return "; ".join(f"{', '.join(members)}: {reason}" for reason, members in names.items())


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
