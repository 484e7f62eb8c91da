"""Overrides of schedules: somebody has their time, whatever the layers say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from ..core.alerts import Ref
from ..core.covers import Cover, Standing
from ..core.text import clean
from ..provider import Answer, Clock, Forbidden, Malformed, NotFound, ProviderError
from .in_flight import together
from .pd_account import Account, part
from .pd_people import People
from .pd_rosters import Rosters, Target
from .pd_wire import UNREADABLE, Read, WireMade, WireOverride, page, read, stamp, when

AHEAD = timedelta(days=60)
"""How far overrides are read."""
KEPT_FOR = 300.0
"""Seconds that they are believed: it takes a question for each schedule."""
MOST_SCHEDULES = 20


class Overrides:
    """A schedule may stand on several levels: an override of it is told for each, with an id of its own."""

    def __init__(self, account: Account, source: str, clock: Clock, rosters: Rosters, people: People) -> None:
        self._account, self._source, self._clock = account, source, clock
        self._rosters, self._people = rosters, people
        self._kept: tuple[float, dict[str, Read[WireOverride]], bool] | None = None

    async def ask(self) -> Answer[Standing]:
        """Those that run now or will."""
        targets = await self._rosters.targets()
        found, complete = await self._schedules([each.schedule for each in targets if each.schedule])
        standing = [
            each
            for target in targets
            for wire in (found[target.schedule].records if target.schedule in found else ())
            if (each := self._standing(wire, target)) is not None
        ]
        rejected = sum(each.rejected for each in found.values())
        remarks = () if complete else (f"overrides are read of {MOST_SCHEDULES} schedules: name fewer policies",)
        return Answer(tuple(standing), rejected, complete, remarks)

    async def make(self, roster: str, covers: Sequence[Cover]) -> Sequence[str]:
        """Put people on call; the ids, in the order of ``covers``. Raises `NotFound`, `Forbidden` where that roster is no schedule,
        `ProviderError` with what was made where not all could be."""
        target = await self._target(roster)
        users = [await self._people.user(cover.person) for cover in covers]
        wanted = [
            {"start": stamp(cover.start), "end": stamp(cover.end), "user": {"id": user.id, "type": "user_reference"}}
            for cover, user in zip(covers, users, strict=True)
        ]
        reply = await self._account.write(
            "POST", f"/schedules/{part(target.schedule)}/overrides", {"overrides": wanted}, named=False
        )
        self.forget()
        try:
            made = msgspec.json.decode(reply.body, type=list[WireMade])
        except UNREADABLE as error:
            raise Malformed(f"it does not say what became of the overrides: {clean(str(error), 200)}") from error
        ids = [each.override.id for each in made if each.override is not None and each.override.id and not each.errors]
        if len(ids) < len(covers):
            why = "; ".join(clean(error, 200) for each in made for error in each.errors or ()) or "no reason is given"
            raise ProviderError(f"{len(ids)} of {len(covers)} overrides were made: {why}")
        return [_id(each or "", target) for each in ids]

    async def end(self, override_id: str) -> None:
        """End one that runs, take away one that has not begun. Raises `NotFound`."""
        override, _, rest = override_id.partition("@")
        schedule = rest.partition(".")[0]
        if not schedule:
            raise NotFound(f"there is no override {clean(override_id, 100)}")
        await self._account.write("DELETE", f"/schedules/{part(schedule)}/overrides/{part(override)}", named=False)
        self.forget()

    def forget(self) -> None:
        """Somebody wrote: they are read again."""
        self._kept = None
        self._rosters.forget()

    async def _target(self, roster: str) -> Target:
        target = next((each for each in await self._rosters.targets() if each.roster == roster), None)
        if target is None:
            raise NotFound(f"there is no roster {clean(roster, 100)} at PagerDuty")
        if not target.schedule:
            raise Forbidden(
                f"{target.name} stands on {clean(roster, 100)} in person and not by a schedule: there is nothing to override"
            )
        return target

    async def _schedules(self, schedules: Sequence[str]) -> tuple[dict[str, Read[WireOverride]], bool]:
        now = self._clock.mono()
        if self._kept is None or now - self._kept[0] >= KEPT_FOR:
            begins = self._clock.now()
            query = (("since", stamp(begins)), ("until", stamp(begins + AHEAD)), ("overflow", "true"))
            every = list(dict.fromkeys(schedules))
            wanted = every[:MOST_SCHEDULES]
            replies = await together([self._account.get(f"/schedules/{part(each)}/overrides", query) for each in wanted])
            told = (read(page(reply.body, "overrides").records, WireOverride) for reply in replies)
            self._kept = now, dict(zip(wanted, told, strict=True)), len(every) <= MOST_SCHEDULES
        return self._kept[1], self._kept[2]

    def _standing(self, wire: WireOverride, target: Target) -> Standing | None:
        start, end, person = when(wire.start), when(wire.end), self._people.person(wire.user)
        if start is None or end is None or end <= start or end <= self._clock.now():
            return None
        return Standing(
            ref=Ref(self._source, _id(wire.id, target)),
            roster=target.roster,
            person=person.id,
            name=person.name,
            start=start,
            end=end,
        )


def _id(override: str, target: Target) -> str:
    return clean(f"{override}@{target.schedule}.{target.level}", 200)
