"""The open incidents of an account, in as few questions as can be.

Up to a hundred are one question. Where there are more, the whole list is read now and then, and what changed in between is asked
for (``/log_entries`` since the last look, with their incidents): an account in a storm costs about as much as a calm one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from ..core.alerts import Alert
from ..provider import Answer, Clock, Forbidden, Malformed, NotFound, Unreachable
from .pd_account import Account, Listed, Query, part
from .pd_alerts import Look, acknowledged_at, alert_of, unacknowledged_at
from .pd_wire import UNREADABLE, WireEntry, WireIncident, WireService, one, read

WHOLE = 300.0
"""Seconds after which the whole of a long list is read again."""
_AGAIN = timedelta(seconds=60)  # what the log shows late is asked for once more
_OVERLAP = 5  # incidents that are resolved while a long list is read move the others up
_CHANGES = 300  # log entries; with more of them, the whole list is not longer
_SINGLE = 20  # incidents that are asked for one by one
_TIMEOUTS = 3600.0  # seconds for which a service's timeout is believed
_SERVICES = 10  # services whose timeout is looked up in one poll
_SAME = timedelta(seconds=5)
_OPEN = ("triggered", "acknowledged")


class Incidents:
    """``query`` narrows what is asked for, to ids of teams and services and to urgencies; ``most`` is how many are read."""

    def __init__(self, account: Account, look: Look, clock: Clock, *, most: int, urgencies: Sequence[str] = ()) -> None:
        self._account, self._look, self._clock = account, look, clock
        self._most = most
        self._urgencies: Sequence[str] = tuple(urgencies)
        self._teams: tuple[str, ...] = ()
        self._services: tuple[str, ...] = ()
        self._timeouts = Timeouts(account, clock)
        self._known: dict[str, WireIncident] = {}
        self._whole_at: float | None = None
        self._since: datetime | None = None
        self._long = False
        self._rejected = 0
        self._complete = True

    def narrow(self, teams: Sequence[str], services: Sequence[str]) -> None:
        """Only those of these teams and services, by id; of all, where there are none."""
        self._teams, self._services = tuple(teams), tuple(services)

    async def ask(self) -> Answer[Alert]:
        """What is open now."""
        now = self._clock.mono()
        due = self._whole_at is None or not self._long or now - self._whole_at >= WHOLE
        if due or not await self._changes():
            await self._whole()
            self._whole_at = now
        snoozed = await self._snoozed()
        alerts = tuple(alert_of(each, self._look, snoozed) for each in self._known.values())
        remarks = [f"{self._rejected} incidents could not be read"] if self._rejected else []
        if not self._complete:
            remarks.append(f"more are open than the newest {self._most}, which are all that is read (most)")
        return Answer(alerts, self._rejected, self._complete, tuple(remarks))

    def known(self, incident_id: str) -> WireIncident | None:
        """One of those that were open at the last look."""
        return self._known.get(incident_id)

    def forget(self) -> None:
        """Somebody wrote: the next look is at the whole."""
        self._whole_at = None

    async def _whole(self) -> None:
        query = [
            *(("statuses[]", status) for status in _OPEN),
            ("date_range", "all"),
            ("sort_by", "created_at:desc"),
            ("include[]", "conference_bridge"),
            *self._narrowed(),
        ]
        listed = await self._account.listed("/incidents", "incidents", query, most=self._most, overlap=_OVERLAP)
        found = read(listed.records, WireIncident)
        self._known = {each.id: each for each in found.records if each.status in _OPEN and each.id}
        unread = sum(each.status not in (*_OPEN, "resolved") or not each.id for each in found.records)
        self._rejected, self._complete = found.rejected + unread, listed.complete
        self._long = listed.pages > 1
        self._since = self._asked(listed)

    async def _changes(self) -> bool:
        """Take in what changed since the last look; False where that cannot be known this way."""
        if self._since is None:
            return False
        query = [("since", f"{self._since:%Y-%m-%dT%H:%M:%SZ}"), ("include[]", "incidents")]
        query += [("team_ids[]", each) for each in self._teams]
        try:
            listed = await self._account.listed("/log_entries", "log_entries", query, most=_CHANGES)
        except (Forbidden, NotFound):
            return False
        entries = read(listed.records, WireEntry)
        changed, missing = _told(entries.records)
        if not listed.complete or entries.rejected or len(missing) > _SINGLE:
            return False
        for each in missing:
            reply = await self._account.get(f"/incidents/{part(each)}", accept=(404,))
            if reply.status != 404:
                changed[each] = one(reply.body, "incident", WireIncident)
        for each, wire in changed.items():
            if wire.status in _OPEN and self._ours(wire):
                self._known[each] = wire
            else:
                self._known.pop(each, None)
        self._since = self._asked(listed)
        return True

    def _narrowed(self) -> Query:
        return (
            *(("urgencies[]", each) for each in self._urgencies),
            *(("team_ids[]", each) for each in self._teams),
            *(("service_ids[]", each) for each in self._services),
        )

    def _ours(self, wire: WireIncident) -> bool:
        service = wire.service.id if wire.service is not None else None
        return (not self._urgencies or wire.urgency in self._urgencies) and (not self._services or service in self._services)

    def _asked(self, listed: Listed) -> datetime:
        """Since when changes are to be asked for, by the server's clock where it tells it."""
        return (listed.date or self._clock.now()) - _AGAIN

    async def _snoozed(self) -> frozenset[str]:
        """Those whose acknowledgement ends at another time than their service's timeout says: somebody chose it."""
        ending = [each for each in self._known.values() if each.status == "acknowledged" and unacknowledged_at(each) is not None]
        timeouts = await self._timeouts.of([each.service.id for each in ending if each.service and each.service.id])
        return frozenset(each.id for each in ending if _is_snoozed(each, timeouts))


def _told(entries: Iterable[WireEntry]) -> tuple[dict[str, WireIncident], set[str]]:
    """The incidents that log entries bring along, and the ids of those that are only referred to."""
    whole: dict[str, WireIncident] = {}
    referred: set[str] = set()
    for entry in entries:
        try:
            wire = msgspec.json.decode(entry.incident, type=WireIncident | None)
        except UNREADABLE:
            continue  # the whole list, which is read soon, counts what cannot be read
        if wire is not None and wire.status is None:
            referred.add(wire.id)
        elif wire is not None:
            whole.setdefault(wire.id, wire)  # the newest entry stands first
    return whole, referred - whole.keys()


def _is_snoozed(wire: WireIncident, timeouts: Mapping[str, int]) -> bool:
    service = wire.service.id if wire.service is not None and wire.service.id else ""
    ends, began = unacknowledged_at(wire), acknowledged_at(wire)
    if service not in timeouts or ends is None or began is None:
        return False
    return not timeouts[service] or abs(ends - began - timedelta(seconds=timeouts[service])) > _SAME


class Timeouts:
    """After how many seconds acknowledgements end, by service; looked up when it matters, and kept for an hour."""

    def __init__(self, account: Account, clock: Clock) -> None:
        self._account, self._clock = account, clock
        self._known: dict[str, tuple[float, int]] = {}

    async def of(self, services: Sequence[str]) -> Mapping[str, int]:
        """What is known of these; 0 where they last. A service that cannot be looked up is left out."""
        now = self._clock.mono()
        unknown = [each for each in dict.fromkeys(services) if self._known.get(each, (-_TIMEOUTS, 0))[0] <= now - _TIMEOUTS]
        for each in unknown[:_SERVICES]:
            try:
                service = one((await self._account.get(f"/services/{part(each)}")).body, "service", WireService)
            except (Forbidden, NotFound, Unreachable, Malformed):
                continue  # then its acknowledgements are shown as such, and not as snoozes
            self._known[each] = now, service.acknowledgement_timeout or 0
        return {each: self._known[each][1] for each in services if each in self._known}
