"""Writing silences: posted, changed, ended, and the record of one as the cockpit shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from ..core.alerts import Ref, Silence, SilenceState
from ..core.text import clean, clean_block
from ..core.units import say_seconds
from ..provider import Malformed, NotFound, ProviderError, Unreachable
from .am_acks import PREFIX, mark_of
from .am_matchers import written
from .am_members import Cluster
from .am_wire import WireMatcher, WirePost, WireSilence, stamp
from .records import when

SPREADS = 2.0
"""Seconds that a new silence has to reach the other members before the next question."""
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_STATES = {each.value: each for each in SilenceState}


class _Posted(msgspec.Struct):
    id: str = msgspec.field(name="silenceID")


class Silencer:
    """Silences of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._one = msgspec.json.Decoder(WireSilence)
        self._all = msgspec.json.Decoder(list[msgspec.Raw])

    async def get(self, silence_id: str) -> WireSilence:
        """One silence. Raises `NotFound`."""
        reply = await self._cluster.read(_path(silence_id), accept=(404, 422, 500))
        if reply.status == 500 and b"not found" not in reply.body:
            raise Unreachable("it answered 500 when asked for the silence")
        if reply.status != 200:
            raise NotFound(f"there is no silence {clean(silence_id, 60)}")
        try:
            return self._one.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Malformed(f"the silence {clean(silence_id, 60)} cannot be read") from error

    async def active(self) -> list[WireSilence]:
        """Those that hush now, asked anew."""
        query = (("active", "true"), ("pending", "false"), ("expired", "false"))
        reply = await self._cluster.read("/silences", query)
        found = []
        try:
            raws = self._all.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Malformed("its silences cannot be read") from error
        for raw in raws:
            try:
                found.append(self._one.decode(raw))
            except msgspec.DecodeError:
                continue  # the polls count it
        return [each for each in found if each.active]

    async def put(
        self, matchers: Sequence[WireMatcher], starts: str, ends: datetime, who: str, comment: str, changes: str = ""
    ) -> str:
        """Make one, or change that with the id ``changes``: gives its id, which may be another then."""
        post = WirePost(
            matchers=tuple(matchers),
            starts_at=starts,
            ends_at=stamp(ends),
            created_by=who or "cockpit",
            comment=comment,
            id=changes,
        )
        reply = await self._cluster.write("POST", "/silences", msgspec.json.encode(post))
        try:
            return msgspec.json.decode(reply.body, type=_Posted).id
        except msgspec.DecodeError as error:
            raise Malformed("it took the silence and did not say which id it has") from error

    async def extend(self, silence: WireSilence, ends: datetime) -> None:
        """The same until later."""
        await self.put(silence.matchers, silence.starts_at, ends, silence.created_by, silence.comment, silence.id)

    async def end(self, silence_id: str) -> None:
        """End one now. Raises `NotFound`; one that has ended already is fine. An unknown one is a 500 in 0.25, a 404 later."""
        reply = await self._cluster.write("DELETE", _path(silence_id), accept=(404, 422, 500))
        if reply.status == 200 or b"already expired" in reply.body:
            return
        if reply.status == 500 and b"not found" not in reply.body:
            raise Unreachable("it answered 500 when the silence was to end")
        raise NotFound(f"there is no silence {clean(silence_id, 60)} (any more)")

    async def spread(self, silence_id: str) -> None:
        """Give the other members a moment to learn of it."""
        await self._cluster.knows(silence_id, SPREADS)


def told(silence: WireSilence, source: str, now: datetime, ahead: timedelta = timedelta(), prefix: str = PREFIX) -> Silence | None:
    """A silence as the cockpit shows it; ``None`` where it does not say when it ends. ``now`` is its Alertmanager's clock, which is
    so far ``ahead`` of ours: what is shown is by ours. The comment of an acknowledgement begins with ``prefix``."""
    ends, starts = when(silence.ends_at), when(silence.starts_at) or when(silence.updated_at)
    if ends is None or not silence.matchers or clean(silence.id) != silence.id:
        return None
    mark = mark_of(silence, prefix)
    state = _STATES.get(silence.status.state)
    if state is None:
        state = (
            SilenceState.EXPIRED
            if ends <= now
            else SilenceState.PENDING
            if starts is not None and starts > now
            else SilenceState.ACTIVE
        )
    return Silence(
        ref=Ref(source, silence.id),
        match=clean(match_of(silence)),
        starts_at=(starts or ends) - ahead,
        ends_at=ends - ahead,
        who=clean(silence.created_by),
        comment=clean_block(silence.comment) if mark is None else mark.why,
        state=state,
        ack=mark is not None and mark.ack,
        until_resolved=mark is not None and mark.ours and not mark.ack,
    )


def _path(silence_id: str) -> str:
    if not _ID.fullmatch(silence_id):
        raise NotFound(f"there is no silence {clean(silence_id, 60)}")
    return f"/silence/{silence_id}"


def match_of(silence: WireSilence) -> str:
    """What it matches, in the filter language."""
    return " ".join(map(written, silence.matchers))


def check_end(now: datetime, ends_at: datetime, longest: timedelta) -> None:
    """Raises `ProviderError` for an end in the past, or too far off."""
    if ends_at <= now:
        raise ProviderError("the silence would end in the past")
    if ends_at - now > longest:
        left = say_seconds(longest.total_seconds())
        raise ProviderError(
            f"a silence lasts {left} at most here (longest_silence): whoever comes after must not inherit it unknowing"
        )
