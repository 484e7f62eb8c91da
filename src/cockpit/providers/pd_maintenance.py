"""Maintenance windows: for some services, for a while, no incident is opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ..core.alerts import Ref
from ..core.responses import Maintenance, Service
from ..core.text import clean, clean_block
from ..provider import Answer, Clock, NotFound
from .pd_account import Account, part
from .pd_wire import NOBODY, WireRef, one, read, stamp, when

KEPT_FOR = 300.0
"""Seconds that windows are believed."""
MOST = 500
MOST_SERVICES = 2000


class WireWindow(msgspec.Struct, frozen=True):
    """``MaintenanceWindow``."""

    id: str
    start_time: str
    end_time: str
    summary: str | None = None
    description: str | None = None
    services: list[WireRef] | None = None
    created_by: WireRef | None = None


class Windows:
    """Those that run or will."""

    def __init__(self, account: Account, source: str, clock: Clock) -> None:
        self._account, self._source, self._clock = account, source, clock
        self._kept: tuple[float, Answer[Maintenance]] | None = None

    async def ask(self) -> Answer[Maintenance]:
        """All of them."""
        now = self._clock.mono()
        if self._kept is None or now - self._kept[0] >= KEPT_FOR:
            listed = await self._account.listed("/maintenance_windows", "maintenance_windows", (("filter", "open"),), most=MOST)
            found = read(listed.records, WireWindow)
            good = [each for wire in found.records if (each := self._told(wire)) is not None]
            rejected = found.rejected + len(found.records) - len(good)
            remarks = (f"{rejected} maintenance windows could not be read",) if rejected else ()
            self._kept = now, Answer(tuple(good), rejected, listed.complete, remarks)
        return self._kept[1]

    async def services(self) -> Sequence[Service]:
        """Every service of the account."""
        listed = await self._account.listed("/services", "services", (("sort_by", "name"),), most=MOST_SERVICES)
        return tuple(
            Service(clean(each.id, 200), clean(each.name or each.summary or each.id, 200))
            for each in read(listed.records, WireRef).records
            if each.id
        )

    async def begin(self, services: Sequence[str], starts_at: datetime, ends_at: datetime, comment: str) -> str:
        """Open one; its id."""
        window = {
            "type": "maintenance_window",
            "start_time": stamp(max(starts_at, self._clock.now())),
            "end_time": stamp(ends_at),
            "description": clean_block(comment, 2000),
            "services": [{"id": each, "type": "service_reference"} for each in services],
        }
        reply = await self._account.write("POST", "/maintenance_windows", {"maintenance_window": window})
        self._kept = None
        return clean(one(reply.body, "maintenance_window", WireWindow).id, 200)

    async def end(self, window: str) -> None:
        """End it now, or take it away. Raises `NotFound` where it is not there, or has ended already."""
        reply = await self._account.write("DELETE", f"/maintenance_windows/{part(window)}", named=False, accept=(405,))
        self._kept = None
        if reply.status == 405:  # REST API: one that has ended cannot be deleted
            raise NotFound("that maintenance has ended already")

    def _told(self, wire: WireWindow) -> Maintenance | None:
        starts, ends = when(wire.start_time), when(wire.end_time)
        if starts is None or ends is None or ends <= starts:
            return None
        return Maintenance(
            ref=Ref(self._source, clean(wire.id, 200)),
            services=tuple(sorted(filter(None, (each.word for each in wire.services or ())))),
            starts_at=starts,
            ends_at=ends,
            who=(wire.created_by or NOBODY).word,
            comment=clean_block(wire.description or wire.summary or "", 2000),
        )
