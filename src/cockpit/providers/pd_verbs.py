"""What people do to incidents: taken, over, quiet for a while, given to others, put into one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from ..core.responses import Assignee, Level
from ..core.text import clean, clean_block
from ..provider import Clock, Malformed, NotReached, Partly, ProviderError, RateLimited, Unreachable
from .pd_account import Account, part
from .pd_incidents import Incidents
from .pd_people import People
from .pd_wire import NOBODY, WireIncident, WireOnCall, WirePolicy, WireUser, one, read

AT_ONCE = 250
"""Incidents in one request, the most there is (REST API, PUT /incidents)."""
ONE_BY_ONE = 25
"""So many are tried one by one, where several at once were refused because of one."""
LONGEST_SNOOZE = 604_800
"""Seconds (REST API, POST /incidents/{id}/snooze)."""
LONGEST_NOTE = 20_000
MOST_PEOPLE = 2000


Work: TypeAlias = Callable[[str], Awaitable[object]]


class Verbs:
    """Everything is done in the name of the person (`Account.email`)."""

    def __init__(self, account: Account, clock: Clock, incidents: Incidents, people: People) -> None:
        self._account, self._clock, self._incidents, self._people = account, clock, incidents, people

    async def ack(self, ids: Sequence[str], note: str) -> None:
        """Take them; the note, if any, is left on each. Raises `Partly` where they are taken, and a note could not be left."""
        await self._change(ids, {"status": "acknowledged"}, "acknowledged")
        left, why = 0, ""
        for each in ids if note.strip() else ():
            try:
                await self.note(each, note)
                left += 1
            except (RateLimited, Unreachable) as error:
                why = why or str(error)
                break  # those that follow would fare no better
            except ProviderError as error:
                why = why or str(error)
        if why:
            missing = "the note was not left" + (f" on {len(ids) - left} of {len(ids)}" if len(ids) > 1 else "")
            raise Partly(f"{missing}: {why}")

    async def resolve(self, ids: Sequence[str], note: str) -> None:
        """They are over."""
        more = {"resolution": clean_block(note, LONGEST_NOTE)} if note.strip() else {}
        await self._change(ids, {"status": "resolved", **more}, "resolved")

    async def snooze(self, ids: Sequence[str], ends_at: datetime) -> None:
        """Quiet until then."""
        seconds = round((ends_at - self._clock.now()).total_seconds())
        body = {"duration": min(LONGEST_SNOOZE, max(1, seconds))}
        await self._each(ids, "snoozed", lambda each: self._account.write("POST", f"/incidents/{part(each)}/snooze", body))

    async def escalate(self, ids: Sequence[str], level: int) -> None:
        """To whoever is on that level."""
        await self._change(ids, {"escalation_level": level}, "escalated")

    async def reassign(self, ids: Sequence[str], to: Sequence[str]) -> None:
        """To these people. Raises `NotFound` for somebody who is not there; then nothing was done."""
        users = [await self._people.user(each) for each in to]
        assigned = [{"assignee": {"id": user.id, "type": "user_reference"}} for user in users]
        await self._change(ids, {"assignments": assigned}, "given away")

    async def merge(self, into: str, ids: Sequence[str]) -> None:
        """Their alerts go into one."""
        sources = [{"id": each, "type": "incident_reference"} for each in ids]
        await self._account.write("PUT", f"/incidents/{part(into)}/merge", {"source_incidents": sources})
        self._incidents.forget()

    async def note(self, incident: str, text: str) -> None:
        """A remark."""
        body = {"note": {"content": clean_block(text, LONGEST_NOTE)}}
        await self._account.write("POST", f"/incidents/{part(incident)}/notes", body)

    async def levels(self, incident: str) -> Sequence[Level]:
        """The levels of its escalation policy, with who is on each now."""
        policy = ((await self.incident(incident)).escalation_policy or NOBODY).id
        if not policy:
            return ()
        told = one((await self._account.get(f"/escalation_policies/{part(policy)}")).body, "escalation_policy", WirePolicy)
        listed = await self._account.listed("/oncalls", "oncalls", (("escalation_policy_ids[]", policy),))  # of this moment
        on = read(listed.records, WireOnCall).records
        name = clean(told.name or told.summary or policy, 200)
        return tuple(
            Level(
                number,
                tuple(dict.fromkeys(self._people.person(each.user).name for each in on if each.escalation_level == number)),
                60.0 * (rule.escalation_delay_in_minutes or 0),
                name,
            )
            for number, rule in enumerate(told.escalation_rules or (), 1)
        )

    async def assignees(self) -> Sequence[Assignee]:
        """Everybody who is there."""
        listed = await self._account.listed("/users", "users", most=MOST_PEOPLE)
        users = read(listed.records, WireUser).records
        return tuple(
            Assignee(clean(each.id, 200), clean(each.name or each.summary or each.id, 200), clean(each.email or "", 200))
            for each in users
            if each.id
        )

    async def incident(self, incident: str) -> WireIncident:
        """One, as it was at the last look, or as it is where it was not among those. Raises `NotFound`."""
        known = self._incidents.known(incident)
        if known is not None:
            return known
        return one((await self._account.get(f"/incidents/{part(incident)}")).body, "incident", WireIncident)

    async def _change(self, ids: Sequence[str], change: dict[str, object], done: str) -> None:
        """The same change to several, in as few requests as can be."""
        self._incidents.forget()
        for begin in range(0, len(ids), AT_ONCE):
            some = ids[begin : begin + AT_ONCE]
            try:
                await self._put(some, change)
            except (Unreachable, RateLimited, Malformed):
                raise  # what was done, or may have been, is not done a second time: it would ring again
            except ProviderError:
                if not 1 < len(some) <= ONE_BY_ONE:
                    raise
                # one of them may have been resolved a moment ago: that must not leave the others ringing
                await self._each(some, done, lambda each: self._put([each], change))

    async def _put(self, ids: Sequence[str], change: dict[str, object]) -> object:
        wanted = [{"id": each, "type": "incident_reference", **change} for each in ids]
        return await self._account.write("PUT", "/incidents", {"incidents": wanted})

    async def _each(self, ids: Sequence[str], done: str, work: Work) -> None:
        """Each for itself. Raises, when all have been tried, what went wrong with how many were done; at once where the source
        cannot be reached, or wants to be left alone."""
        self._incidents.forget()
        good, wrong = 0, list[ProviderError]()
        for each in ids:
            try:
                await work(each)
                good += 1
            except (RateLimited, Unreachable) as error:
                if good and not isinstance(error, NotReached):
                    raise Unreachable(f"{good} of {len(ids)} were {done}, then: {error}") from error
                raise
            except ProviderError as error:
                wrong.append(error)
        if wrong and len(ids) > 1:
            raise type(wrong[0])(f"{good} of {len(ids)} were {done}: {wrong[0]}")
        if wrong:
            raise wrong[0]
