"""Who is on call: escalation policies, their levels, and the shifts of everyone on them.

The shifts of a week are read at once and kept for two minutes, the policies for ten: a hand-over in between is mere arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from ..core.roster import OnCall, Person, Shift, zone
from ..core.text import clean
from ..provider import Answer, Clock, Machine
from .pd_account import Account
from .pd_wire import NOBODY, Read, WireOnCall, WirePolicy, WireRef, WireUser, read, stamp, when

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
    """The people of the config (``machine``) are known by an e-mail address, a name or an id that PagerDuty has for them, too.
    ``wanted`` names the policies to show, by name or id; all, where it is empty."""

    def __init__(self, account: Account, source: str, clock: Clock, machine: Machine, wanted: Sequence[str] = ()) -> None:
        self._account, self._source, self._clock, self._machine = account, source, clock, machine
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
        if not policies:
            return _Shifts(now, at, Read(()), True)
        query = [("since", stamp(at)), ("until", stamp(at + AHEAD)), ("include[]", "users")]
        query += [("escalation_policy_ids[]", each) for each in policies] if self._wanted else []
        listed = await self._account.listed("/oncalls", "oncalls", query, most=MOST_SHIFTS)
        made = _Shifts(now, at, read(listed.records, WireOnCall), listed.complete)
        if abs((at - self._clock.now()).total_seconds()) < SHIFTS_FOR:
            self._shifts = made
        return made

    def _on_call(self, target: Target, shifts: Iterable[WireOnCall], at: datetime) -> OnCall:
        ours = joined(self._shift(each, target) for each in shifts if _is_of(each, target))
        now = next((each for each in ours if (each.start or at) <= at and (each.end is None or at < each.end)), None)
        following = next((each for each in ours if each.start is not None and each.start > at), None)
        return OnCall(roster=target.roster, level=target.level, source=self._source, now=now, next=following)

    def _shift(self, wire: WireOnCall, target: Target) -> Shift:
        person = self.person(wire.user)
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

    def person(self, user: WireUser) -> Person:
        """Who that is: one of the config's people, or as PagerDuty has them."""
        names, who = (user.id, user.email, user.name, user.summary), _by_name(self._machine.people)
        known = next((who[name.casefold()] for name in names if name and name.casefold() in who), None)
        if known is not None:
            return known
        name = clean(user.name or user.summary or user.id, 200)
        return Person(id=clean(user.id, 200), name=name, timezone=_zone(user.time_zone))


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
    """The rosters that these policies make: one for each level, or for each that stands on it where there are several. Names that
    two of them would share get the policy's id."""
    named = [(policy, clean(policy.name or policy.summary or policy.id, 200)) for policy in policies]
    twice = {name for _, name in named if sum(name == other for _, other in named) > 1}
    found: list[Target] = []
    for policy, name in named:
        roster = f"{name} ({clean(policy.id, 60)})" if name in twice else name
        for level, rule in enumerate(policy.escalation_rules or (), 1):
            targets = list({each.id: each for each in rule.targets or () if each.id}.values())
            for each in targets:
                whole = f"{roster} · {each.word or clean(each.id or '', 60)}" if len(targets) > 1 else roster
                found.append(_target(whole, level, policy.id, each))
    return tuple({(each.roster, each.level): each for each in found}.values())


def _target(roster: str, level: int, policy: str, ref: WireRef) -> Target:
    is_schedule = "schedule" in (ref.type or "")
    ref_id = ref.id or ""
    return Target(
        roster=roster,
        level=level,
        policy=policy,
        schedule=ref_id if is_schedule else "",
        user="" if is_schedule else ref_id,
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


def _by_name(people: Sequence[Person]) -> Mapping[str, Person]:
    """The config's people by everything they may be called at PagerDuty, in lower case."""
    known: dict[str, Person] = {}
    for person in people:
        emails = (contact.to for contact in person.contacts if contact.via == "email")
        for name in (person.id, person.name, *person.also, *emails):
            known.setdefault(name.casefold(), person)
    return known


def _zone(name: str | None) -> str:
    try:
        return zone(name).key if name else "UTC"
    except ValueError:
        return "UTC"  # Rails has names of its own for zones, which nothing here knows
