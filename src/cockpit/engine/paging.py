"""This machine's alerts as escalation sees them: which policy is for which, who is meant by a step, and what an alert shows of
it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from ..config.channels import target_of, way_of
from ..config.model import Config
from ..core.alerts import Alert, AlertState
from ..core.drills import DRILL_LABEL
from ..core.escalation import Attention, Firing, Reach, Reached, due
from ..core.filters import parse
from ..core.marks import channel_of, is_drill, rehearsed
from ..core.paged import Paged, PageState
from ..core.pages import Attempt
from ..core.paging import PageKind
from ..core.policies import Aim, EscalationStep, Policy, Target
from ..core.reaching import address_of, reached
from ..core.roster import OnCall, Person, as_of, at_address, called, told_apart
from ..core.rotation import on_call
from ..provider import NotFound
from .desk import Told

_ATTENTION = {
    AlertState.FIRING: Attention.OPEN,
    AlertState.ACKNOWLEDGED: Attention.TAKEN,
    AlertState.SUPPRESSED: Attention.HELD,
    AlertState.RESOLVED: Attention.OVER,
}
BY_HAND = Policy(name="", steps=())
"""The policy of what a person sends."""


class Plan:
    """A config's escalations. ``elsewhere`` gives who is on call by the rosters of other sources, as last answered."""

    def __init__(self, config: Config, me: Sequence[str], elsewhere: Callable[[], Sequence[OnCall]]) -> None:
        self._config, self._me, self._elsewhere = config, tuple(me), elsewhere
        self._rules = [(policy, parse(policy.match)) for policy in config.escalations.values()]
        self.ways = {name: way_of(each) for name, each in config.channels.items()}
        self.lasting = frozenset(name for name, way in self.ways.items() if way.lasting)

    @property
    def policies(self) -> Mapping[str, Policy]:
        """By name."""
        return self._config.escalations

    @property
    def people(self) -> Mapping[str, Person]:
        """By id."""
        return self._config.people

    def policy_for(self, alert: Alert, now: datetime) -> Policy | None:
        """The first policy that matches the alert as it fired, whoever has it by now; ``None``: nobody is told. A drill has that
        of the alert which it stands for, unless it is quiet."""
        if is_drill(alert.ref.id) and alert.labels.get(DRILL_LABEL) == "quiet":
            return None
        alert = rehearsed(alert)
        fired = msgspec.structs.replace(alert, state=AlertState.FIRING, acknowledged_by="", suppressed_by="", suppressed_until=None)
        return next((policy for policy, rule in self._rules if rule.matches(fired, now, self._me)), None)

    def on_call(self, at: datetime) -> tuple[OnCall, ...]:
        """Who is on call at ``at`` by the config's rosters, and by those of other sources as they last said: a source that has gone
        blind since has told who comes next, too."""
        own = [on_call(roster, tuple(self.people.values()), at) for roster in self._config.rosters.values()]
        return (*own, *(as_of(each, at) for each in self._elsewhere()))

    def reach(self, alert_id: str) -> Reach:
        """Who is meant by a step, for one alert: that a channel fails is not told by that channel."""
        without = frozenset({channel_of(alert_id)} - {""})

        def meant(policy: Policy, step: EscalationStep, at: datetime) -> tuple[Sequence[Reached], Sequence[str]]:
            return reached(policy, step, self.on_call(at), self.people, self.ways, without)

        return meant

    def named(self, text: str) -> Target:
        """Whom a person's own word means: ``person:ana``, ``roster:primary``, ``level:1``, or just the id of a person, the name
        of a roster, what a person is called, or the address of a contact, in this order. Raises `NotFound`, also where two people
        have it."""
        if ":" in text:
            try:
                return target_of(text)
            except ValueError as error:
                raise NotFound(str(error)) from None
        people = tuple(self.people.values())
        rosters = [*self._config.rosters, *(each.roster for each in self._elsewhere())]
        ids = [each for each in people if each.id.casefold() == text.casefold()]
        if not ids and text in rosters:
            return Target(Aim.ROSTER, text)
        meant = ids or called(people, text) or at_address(people, text)
        if len(meant) > 1:
            raise NotFound(f"{text!r} may be {told_apart(meant)}: say which, by the id")
        if meant:
            return Target(Aim.PERSON, meant[0].id)
        known = ", ".join(dict.fromkeys((*self.people, *rosters))) or "nobody: write [people] and [rosters]"
        raise NotFound(f"nobody is called {text!r}, and no roster; there are {known}")

    def by_hand(self, to: Iterable[str], via: tuple[str, ...], at: datetime) -> tuple[tuple[Reached, ...], tuple[str, ...]]:
        """Who is told, by which channels, where a person pages; and a sentence for each who is nobody. Raises `NotFound`."""
        if unknown := [name for name in via if name not in self.ways]:
            raise NotFound(f"there is no channel {unknown[0]!r}; there are {', '.join(self.ways) or 'none'}")
        personal = tuple(name for name, way in self.ways.items() if way.personal)
        step = EscalationStep(notify=tuple(map(self.named, to)), via=via or personal)
        return reached(BY_HAND, step, self.on_call(at), self.people, self.ways)

    def whom(self, to: Iterable[str], via: tuple[str, ...], at: datetime) -> tuple[tuple[Told, ...], tuple[str, ...]]:
        """As `by_hand`, for people."""
        people, gaps = self.by_hand(to, via, at)
        told = [
            Told(self.called(each.person), channel, self.address(each.person, channel))
            for each in people
            for channel in each.channels
        ]
        return tuple(told), gaps

    def address(self, person: str, channel: str) -> str:
        """Where a channel finds a person; "" where it needs no address."""
        known, way = self.people.get(person), self.ways.get(channel)
        return address_of(known, way.contact) if known is not None and way is not None and way.contact else ""

    def shown(self, alert: Alert, number: int, attempts: Sequence[Attempt], now: datetime) -> tuple[Paged, ...]:
        """Who was told of an alert (firing ``number``), and who comes next."""
        mine = [each for each in attempts if each.alert == alert.ref.id and each.firing == number]
        told = [self._paged(each) for each in sorted(mine, key=lambda each: (each.begun_at, each.key))]
        policy = self.policy_for(alert, now)
        if policy is None or alert.state is not AlertState.FIRING:
            return tuple(told)
        reach = self.reach(alert.ref.id)
        follows = due(policy, firing_of(alert, number), mine, now, reach, lasting=self.lasting)
        if follows.next_step is not None and follows.next_at is not None:
            at = follows.next_at
            people, gaps = reach(policy, follows.next_step, at)
            told += [Paged(at, self.called(each.person), ", ".join(each.channels), PageState.PLANNED) for each in people]
            told += [Paged(at, "nobody", "", PageState.PLANNED, gap) for gap in gaps]
        return tuple(told)

    def called(self, person: str) -> str:
        """A person's name for people; "" for a channel's own routing."""
        known = self.people.get(person)
        return known.name if known is not None else person

    def _paged(self, attempt: Attempt) -> Paged:
        who = self.called(attempt.person) if attempt.channel else "nobody"
        tried = f" ({attempt.tries} times)" if attempt.tries > 1 and attempt.state is PageState.FAILED and attempt.channel else ""
        at = attempt.settled_at or attempt.begun_at
        ending = "" if attempt.kind is PageKind.TRIGGER else attempt.kind.value
        maybe = attempt.lodged and attempt.state is PageState.FAILED
        return Paged(at, who, attempt.channel, attempt.state, attempt.why + tried, ending, maybe)


def firing_of(alert: Alert, number: int) -> Firing:
    """One firing of an alert of this machine."""
    since = alert.started_at
    if since is None:
        raise ValueError(f"{alert.ref} has no beginning: every alert of this machine has one")
    return Firing(alert=alert.ref.id, number=number, since=since, severity=alert.severity, attention=_ATTENTION[alert.state])


def over(alert_id: str, number: int, attempts: Iterable[Attempt]) -> Firing:
    """A firing that is not there any more, for what must be told of its end."""
    return Firing(alert=alert_id, number=number, since=min(each.begun_at for each in attempts), attention=Attention.OVER)
