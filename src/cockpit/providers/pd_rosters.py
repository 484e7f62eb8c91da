"""Who is on call: escalation policies, their levels, and the shifts of everyone on them.

The shifts of a week are read at once and kept for two minutes, the policies for ten: a hand-over in between is mere arithmetic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from ..core.roster import OnCall, Shift
from ..core.text import clean
from ..provider import Answer, Clock
from .pd_account import Account
from .pd_people import People
from .pd_wire import NOBODY, Read, WireOnCall, WirePolicy, WireRef, read, stamp, when

AHEAD = timedelta(days=7)
"""How far shifts are read: whoever is next after that is not known."""
SHIFTS_FOR = 120.0
"""Seconds that shifts are believed."""
POLICIES_FOR = 600.0
"""Seconds that policies are believed."""
MOST_POLICIES = 1000
MOST_SHIFTS = 1000


class Target(msgspec.Struct, frozen=True):
    """Who or what stands on a level of a policy: the roster that the cockpit shows. ``schedule`` is its id, "" for a person."""

    roster: str
    level: int
    policy: str
    policy_name: str
    schedule: str
    user: str
    name: str


class _Kept(msgspec.Struct, frozen=True):
    at: float
    policies: Read[WirePolicy]
    complete: bool


class _Shifts(msgspec.Struct, frozen=True):
    asked: float
    of: datetime
    found: Read[WireOnCall]
    complete: bool


class Rosters:
    """``wanted`` names the policies to show, by name or id; all, where it is empty."""

    def __init__(self, account: Account, source: str, clock: Clock, people: People, wanted: Sequence[str] = ()) -> None:
        self._account, self._source, self._clock, self._people = account, source, clock, people
        self._wanted: Sequence[str] = tuple(wanted)
        self._kept: _Kept | None = None
        self._shifts: _Shifts | None = None

    async def ask(self, at: datetime) -> Answer[OnCall]:
        """Who is on at ``at`` on every level, until when, and who is next."""
        kept = await self._policies()
        shifts = await self._shifts_of(at, [each.id for each in kept.policies.records])
        targets = targets_of(kept.policies.records)
        found = tuple(self._on_call(target, shifts.found.records, at) for target in targets)
        rejected = kept.policies.rejected + shifts.found.rejected
        remarks: tuple[str, ...] = (f"{rejected} policies or shifts could not be read",) if rejected else ()
        if not kept.complete or not shifts.complete:
            remarks += ("not all policies and shifts were read: name fewer with policies",)
        return Answer(found, rejected, kept.complete and shifts.complete, remarks)

    async def shifts(self, since: datetime, until: datetime) -> Answer[Shift]:
        """Every shift that touches [since, until), on every level."""
        kept = await self._policies()
        asked = await self._asked(since, until, [each.id for each in kept.policies.records])
        found = [shift for target in targets_of(kept.policies.records) for shift in self._laid(target, asked.found.records)]
        touching = tuple(each for each in found if (each.start or since) < until and (each.end is None or each.end > since))
        return Answer(touching, asked.found.rejected, kept.complete and asked.complete)

    async def targets(self) -> tuple[Target, ...]:
        """Every level of every policy that is shown."""
        return targets_of((await self._policies()).policies.records)

    async def policy(self, policy_id: str) -> WirePolicy | None:
        """One of the policies that are shown."""
        return next((each for each in (await self._policies()).policies.records if each.id == policy_id), None)

    def forget(self) -> None:
        """Somebody wrote: the shifts are read again."""
        self._shifts = None

    async def _policies(self) -> _Kept:
        now = self._clock.mono()
        if self._kept is None or now - self._kept.at >= POLICIES_FOR:
            query: list[tuple[str, str]] = [("sort_by", "name")]
            listed = await self._account.listed("/escalation_policies", "escalation_policies", query, most=MOST_POLICIES)
            found = read(listed.records, WirePolicy)
            ours = tuple(each for each in found.records if each.id and (not self._wanted or _is_named(each, self._wanted)))
            self._kept = _Kept(now, Read(ours, found.rejected), listed.complete or bool(self._wanted))
        return self._kept

    async def _shifts_of(self, at: datetime, policies: Sequence[str]) -> _Shifts:
        now, had = self._clock.mono(), self._shifts
        if had is not None and now - had.asked < SHIFTS_FOR and had.of <= at <= had.of + timedelta(seconds=SHIFTS_FOR):
            return had
        made = await self._asked(at, at + AHEAD, policies)
        if abs((at - self._clock.now()).total_seconds()) < SHIFTS_FOR:
            self._shifts = made
        return made

    async def _asked(self, since: datetime, until: datetime, policies: Sequence[str]) -> _Shifts:
        asked = self._clock.mono()
        if not policies:
            return _Shifts(asked, since, Read(()), True)
        query = [("since", stamp(since)), ("until", stamp(until)), ("include[]", "users")]
        query += [("escalation_policy_ids[]", each) for each in policies] if self._wanted else []
        listed = await self._account.listed("/oncalls", "oncalls", query, most=MOST_SHIFTS)
        return _Shifts(asked, since, read(listed.records, WireOnCall), listed.complete)

    def _laid(self, target: Target, shifts: Iterable[WireOnCall]) -> tuple[Shift, ...]:
        return joined(self._shift(each, target) for each in shifts if _is_of(each, target))

    def _on_call(self, target: Target, shifts: Iterable[WireOnCall], at: datetime) -> OnCall:
        ours = self._laid(target, shifts)
        now = next((each for each in ours if (each.start or at) <= at and (each.end is None or at < each.end)), None)
        following = next((each for each in ours if each.start is not None and each.start > at), None)
        return OnCall(
            roster=target.roster,
            level=target.level,
            source=self._source,
            now=now,
            next=following,
            policy=target.policy_name,
        )

    def _shift(self, wire: WireOnCall, target: Target) -> Shift:
        person = self._people.person(wire.user)
        return Shift(
            roster=target.roster,
            level=target.level,
            person=person.id,
            name=person.name,
            timezone=person.timezone,
            start=when(wire.start),
            end=when(wire.end),
            source=self._source,
        )


def joined(shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    """In the order of time; what one person has without a break is one shift."""
    found: list[Shift] = []
    for each in sorted(shifts, key=lambda shift: (shift.start is not None, shift.start or _EVER, shift.person)):
        last = found[-1] if found else None
        if last is not None and last.person == each.person and (last.end is None or (each.start or last.end) <= last.end):
            ends = None if last.end is None or each.end is None else max(last.end, each.end)
            found[-1] = msgspec.structs.replace(last, end=ends)
        else:
            found.append(each)
    return tuple(found)


_EVER = datetime.min.replace(tzinfo=UTC)


def targets_of(policies: Iterable[WirePolicy]) -> tuple[Target, ...]:
    """The rosters that these policies make: each schedule that stands on a level, by its own name, and each person who stands there
    directly. The same schedule on the same level of several policies is one roster; where names meet, the person's comes after, or
    the policy's before, and then the level."""
    every: dict[tuple[int, str], Target] = {}
    for policy in policies:
        for level, rule in enumerate(policy.escalation_rules or (), 1):
            for each in rule.targets or ():
                if each.id:
                    made = _target(policy, level, each)
                    every.setdefault((level, made.schedule or f"{policy.id} {made.user}"), made)
    found = list(every.values())
    found = _longer(found, [each.roster if each.schedule else f"{each.roster} · {each.name}" for each in found])
    found = _longer(found, [f"{each.policy_name} · {each.roster}" for each in found])
    found = _longer(found, [f"{each.roster} · level {each.level}" for each in found])
    return tuple({each.roster: each for each in found}.values())


def _longer(targets: Sequence[Target], names: Sequence[str]) -> list[Target]:
    """With these names for those that share theirs with others."""
    many = Counter(each.roster for each in targets)
    return [
        msgspec.structs.replace(each, roster=name) if many[each.roster] > 1 else each
        for each, name in zip(targets, names, strict=True)
    ]


def _target(policy: WirePolicy, level: int, ref: WireRef) -> Target:
    is_schedule, ref_id = "schedule" in (ref.type or ""), clean(ref.id or "", 60)
    policy_name = clean(policy.name or policy.summary or policy.id, 200)
    return Target(
        roster=(ref.word or ref_id) if is_schedule else f"{policy_name} level {level}",
        level=level,
        policy=policy.id,
        policy_name=policy_name,
        schedule=ref.id or "" if is_schedule else "",
        user="" if is_schedule else ref.id or "",
        name=ref.word,
    )


def _is_of(wire: WireOnCall, target: Target) -> bool:
    if wire.escalation_policy.id != target.policy or wire.escalation_level != target.level:
        return False
    schedule = (wire.schedule or NOBODY).id or ""
    return schedule == target.schedule if target.schedule else not schedule and wire.user.id == target.user


def _is_named(policy: WirePolicy, wanted: Sequence[str]) -> bool:
    names = {policy.id, (policy.name or "").casefold(), (policy.summary or "").casefold()}
    return any(each in names or each.casefold() in names for each in wanted)
