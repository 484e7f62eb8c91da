"""Escalation policies: who is told of an alert that nobody has acknowledged, when, by which channel, and who comes next.

`due` is the whole of it, and pure: given a policy, the firing of an alert, and the attempts that are written down, it says what
must be begun now and when to look again. What is written down is all the memory there is, so that any process can go on where
another was killed.

The rules:

- A step is due ``after`` seconds of the firing without an acknowledgement. Steps keep their distance: one that comes late (nobody
  watched, quiet hours) moves the later ones with it, so that catching up never wakes everybody at once.
- A step that reached nobody (each of its pages failed for good, or there was nobody to page) hands on to the next at once.
- After the last step the policy begins again, ``repeat`` times, ``every`` seconds after it.
- A failed page is tried `TRIES` times in all, with `BACKOFF` seconds between; an end every `ENDS_EVERY` seconds after that, for
  `ENDS_FOR`.
- What is written down as later than now was so by a clock that has been put back: what comes after it is due at once.
- What is less severe than ``urgent`` waits for the end of the quiet hours.
- An acknowledgement, a silence and a resolution stop it. Channels that keep an incident at the far side (``lasting``) are told of
  the acknowledgement and of the end, once each, and that it still fires every `RETOLD` seconds. They hear of the end as well
  where nobody knows whether the page arrived, and where its policy is not configured any more (`endings`).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from .alerts import Severity
from .paged import PageState
from .pages import Attempt
from .paging import PageKind
from .policies import EscalationStep, Policy
from .quiet import quiet_until

TRIES = 3
BACKOFF = (20.0, 60.0)
"""Seconds after the first and the second failure of a page until it is tried again."""
ENDS_EVERY = 600.0
"""Seconds between later tries to tell an end: what nobody closes stays open at the far side."""
ENDS_FOR = timedelta(days=1)
"""For how long an end is tried to be told."""
AHEAD = timedelta(minutes=2)
"""How far what is written down may lie ahead of the clock until that is believed to have been put back."""
RETOLD = 6 * 3600.0
"""Seconds after which a channel that keeps an incident is told again that its alert still fires."""


class Attention(enum.Enum):
    """What an alert has of people's attention: ``OPEN`` nobody has it, ``HELD`` it is silenced, ``TAKEN`` somebody has it,
    ``OVER`` it has resolved."""

    OPEN = "open"
    HELD = "held"
    TAKEN = "taken"
    OVER = "over"


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """One firing of one alert: ``number`` tells it from others of the same ``alert``. ``since`` is UTC."""

    alert: str
    number: int
    since: datetime
    severity: Severity = Severity.UNKNOWN
    attention: Attention = Attention.OPEN


class Reached(msgspec.Struct, frozen=True):
    """Someone a step is for: the person's id, their zone (IANA), and the channels they can be told by. ``person`` is "" for those
    channels that leave it to the far side whom they wake."""

    person: str
    timezone: str
    channels: tuple[str, ...]


Reach = Callable[[Policy, EscalationStep, datetime], tuple[Sequence[Reached], Sequence[str]]]
"""Who is meant by a step of a policy at a moment (UTC), and a sentence for each target that is nobody then."""


class Due(msgspec.Struct, frozen=True):
    """What `due` says: the attempts to begin now (new ones, and failed or orphaned ones to try again), when to look again (UTC;
    ``None``: not until something changes), and the step that comes next with its moment, for people."""

    begin: tuple[Attempt, ...] = ()
    again_at: datetime | None = None
    next_step: EscalationStep | None = None
    next_at: datetime | None = None


def due(
    policy: Policy,
    firing: Firing,
    attempts: Sequence[Attempt],
    now: datetime,
    reach: Reach,
    *,
    lasting: frozenset[str] = frozenset(),
    orphaned: Callable[[Attempt], bool] = lambda _: False,
) -> Due:
    """What is to be done for one firing at ``now``. ``attempts`` are all that are written down for it; ``lasting`` names the
    channels that keep an incident; ``orphaned`` says of a begun attempt that the process which began it is gone."""
    mine = [each for each in attempts if each.alert == firing.alert and each.firing == firing.number and each.policy == policy.name]
    if firing.attention is not Attention.OPEN:
        return endings(firing, attempts, now, lasting=lasting, orphaned=orphaned)
    steps = [each for each in mine if each.kind is PageKind.TRIGGER]
    again = [each for each in steps if each.state is PageState.BEGUN and orphaned(each)]
    retried, next_try = _retries(steps, now)
    retold, next_tell = _retold(steps, now, lasting)
    place, at = _next(policy, firing, steps, now)
    begun: list[Attempt] = []
    step = policy.steps[place.step] if place is not None else None
    if place is not None and step is not None:
        at = _after_quiet(policy, firing, step, max(at, now), at, reach)
        if at <= now:
            begun = _begun(policy, firing, place, step, now, reach)
            step, at = None, now  # the one after it is reckoned when these are written down
    return Due(
        (*_anew(again), *retried, *retold, *begun), _first(next_try, next_tell, at if step else None), step, at if step else None
    )


def endings(
    firing: Firing,
    attempts: Sequence[Attempt],
    now: datetime,
    *,
    lasting: frozenset[str] = frozenset(),
    orphaned: Callable[[Attempt], bool] = lambda _: False,
) -> Due:
    """What is still to be told of a firing that somebody has or that is over, by whichever policy it was told: one that is renamed
    or taken out of the config leaves no incident behind. Pages by hand have no end. The arguments are those of `due`."""
    mine = [each for each in attempts if each.alert == firing.alert and each.firing == firing.number and each.policy]
    over = firing.attention is Attention.OVER  # then that somebody had it is not told any more: it would open anew what is closed
    ends = [each for each in mine if each.kind is PageKind.RESOLVE or (each.kind is PageKind.ACKNOWLEDGE and not over)]
    again = [each for each in ends if each.state is PageState.BEGUN and orphaned(each)]
    retried, next_try = _retries([each for each in ends if each.tries < TRIES], now)
    late, next_late = _late(ends, now, lasting)
    return Due((*_anew(again), *late, *_told(firing, mine, now, lasting, orphaned), *retried), _first(next_try, next_late))


def key_of(policy: str, firing: Firing, round: int, step: int, person: str, channel: str, kind: PageKind = PageKind.TRIGGER) -> str:
    """The name of one page: the same in every process."""
    return "/".join((firing.alert, str(firing.number), policy, f"{round}.{step}", person, channel, kind.value))


class _Place(NamedTuple):
    round: int
    step: int


def _since(moment: datetime, now: datetime) -> datetime:
    """When something happened, for reckoning what follows: long ago where that lies ahead, for then the clock has been put back and
    nobody knows how long ago it was. Rather told too early than hours too late."""
    return moment if moment <= now + AHEAD else datetime.min.replace(tzinfo=UTC)


def _first(*moments: datetime | None) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)


def _next(policy: Policy, firing: Firing, steps: Sequence[Attempt], now: datetime) -> tuple[_Place | None, datetime]:
    """The step that comes after those begun, and when."""
    if not steps:
        return _Place(0, 0), _since(firing.since, now) + timedelta(seconds=policy.steps[0].after)
    last = max(_Place(each.round, each.step) for each in steps)
    here = [each for each in steps if (each.round, each.step) == last]
    began = _since(min(each.begun_at for each in here), now)
    if last.step + 1 < len(policy.steps):
        place = _Place(last.round, last.step + 1)
        wait = policy.steps[place.step].after - policy.steps[last.step].after
    elif last.round < policy.repeat:
        place, wait = _Place(last.round + 1, 0), float(policy.every)
    else:
        return None, now
    at = began + timedelta(seconds=wait)
    if place.step and all(_failed_for_good(each) for each in here):
        at = min(at, max(each.settled_at or each.begun_at for each in here))
    return place, at


def _failed_for_good(attempt: Attempt) -> bool:
    return attempt.state is PageState.FAILED and attempt.tries >= TRIES


def _after_quiet(policy: Policy, firing: Firing, step: EscalationStep, moment: datetime, at: datetime, reach: Reach) -> datetime:
    """When the step may begin: ``at``, or the end of the quiet hours that ``moment`` falls into."""
    if policy.quiet is None or firing.severity >= policy.urgent or firing.severity is Severity.UNKNOWN:
        return at  # nobody has said of what is unknown that it can wait
    name = policy.quiet.timezone
    if not name:
        people, _ = reach(policy, step, moment)
        name = people[0].timezone if people else "UTC"
    return quiet_until(policy.quiet, moment, ZoneInfo(name)) or at


def _begun(policy: Policy, firing: Firing, place: _Place, step: EscalationStep, now: datetime, reach: Reach) -> list[Attempt]:
    """The pages of one step. Where there is nobody, one attempt that has failed says so, and the next step follows."""
    people, gaps = reach(policy, step, now)
    wanted = [(each.person, channel) for each in people for channel in each.channels]

    def attempt(person: str, channel: str) -> Attempt:
        return Attempt(
            key=key_of(policy.name, firing, *place, person, channel),
            alert=firing.alert,
            firing=firing.number,
            policy=policy.name,
            begun_at=now,
            round=place.round,
            step=place.step,
            person=person,
            channel=channel,
        )

    found = [attempt(*each) for each in dict.fromkeys(wanted)]
    if gaps or not found:
        why = "; ".join(gaps) or "it names nobody, and no channel that needs nobody"
        found.append(msgspec.structs.replace(attempt("", ""), state=PageState.FAILED, settled_at=now, tries=TRIES, why=why))
    return found


def _retries(steps: Iterable[Attempt], now: datetime) -> tuple[list[Attempt], datetime | None]:
    """Failed pages whose time to be tried again has come, and when the next one's comes."""
    ready: list[Attempt] = []
    later: list[datetime] = []
    for each in steps:
        if each.state is not PageState.FAILED or each.tries >= TRIES or each.settled_at is None:
            continue
        at = _since(each.settled_at, now) + timedelta(seconds=BACKOFF[min(each.tries, len(BACKOFF)) - 1])
        if at <= now:
            ready.append(each)
        else:
            later.append(at)
    return _anew(ready), min(later, default=None)


def _late(ends: Iterable[Attempt], now: datetime, lasting: frozenset[str]) -> tuple[list[Attempt], datetime | None]:
    """The ends that are tried once more though they failed as often as a page may, and when the next one is."""
    at = {
        each.key: _since(each.settled_at, now) + timedelta(seconds=ENDS_EVERY)
        for each in ends
        if _failed_for_good(each) and each.settled_at is not None and each.channel in lasting
    }
    open_ones = [each for each in ends if each.key in at and at[each.key] <= each.begun_at + ENDS_FOR]
    ready = [each for each in open_ones if at[each.key] <= now]
    return _anew(ready), min((at[each.key] for each in open_ones if each not in ready), default=None)


def _anew(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Begun once more. When each was begun first stays: the later steps keep their distance from that. What a killed process had
    begun may have got through."""
    return [
        msgspec.structs.replace(
            each, lodged=each.lodged or each.state is PageState.BEGUN, state=PageState.BEGUN, tries=each.tries + 1, settled_at=None
        )
        for each in attempts
    ]


def _retold(steps: Sequence[Attempt], now: datetime, lasting: frozenset[str]) -> tuple[list[Attempt], datetime | None]:
    """The newest page of each lasting channel that tells nobody in person, to be sent again while its alert fires."""
    newest: dict[str, Attempt] = {}
    for each in steps:
        known = newest.get(each.channel)
        settled = each.settled_at or each.begun_at
        if each.channel in lasting and not each.person and (known is None or settled >= (known.settled_at or known.begun_at)):
            newest[each.channel] = each
    ready: list[Attempt] = []
    later: list[datetime] = []
    for each in newest.values():
        if each.state is not PageState.SENT or each.settled_at is None:
            continue
        at = each.settled_at + timedelta(seconds=RETOLD)
        if at <= now:
            ready.append(each)
        else:
            later.append(at)
    again = [msgspec.structs.replace(each, state=PageState.BEGUN, tries=1, lodged=True) for each in ready]
    return again, min(later, default=None)


_ENDS: Mapping[Attention, PageKind] = {Attention.TAKEN: PageKind.ACKNOWLEDGE, Attention.OVER: PageKind.RESOLVE}


def _told(
    firing: Firing, mine: Sequence[Attempt], now: datetime, lasting: frozenset[str], orphaned: Callable[[Attempt], bool]
) -> list[Attempt]:
    """What lasting channels must hear of an alert that somebody has, or that is over: those that took a page of it or may have. A
    page on its way is waited for, and so is that somebody has it: its end must not come before."""
    kind = _ENDS.get(firing.attention)
    if kind is None:
        return []
    heard = {(each.channel, each.person) for each in mine if each.kind is kind}
    pages = [each for each in mine if each.kind is PageKind.TRIGGER and each.channel in lasting]
    on_their_way = {(each.channel, each.person) for each in mine if each.state is PageState.BEGUN and not orphaned(each)}
    found: dict[tuple[str, str], Attempt] = {}
    for each in pages:
        known = each.lodged or each.state is not PageState.FAILED
        told = (each.channel, each.person)
        if known and told not in heard | on_their_way and told not in found:
            key = key_of(each.policy, firing, each.round, each.step, each.person, each.channel, kind)
            found[told] = msgspec.structs.replace(
                each, key=key, kind=kind, state=PageState.BEGUN, begun_at=now, settled_at=None, tries=1, why="", lodged=False
            )
    return list(found.values())
