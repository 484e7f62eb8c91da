"""What is seen of an open incident's alerts at their sources while it goes on: who took one on the phone, which are over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from .alerts import LOCAL, Alert, AlertState, Ref
from .incidents import Incident, Member
from .view import View

TURNS = 40
"""So often what becomes of one alert is written down: one that comes and goes all night must not fill the journal."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """How an alert of an incident stands at its source: ``data`` is what its entry says, ``who`` acknowledged it, where somebody
    did."""

    incident: str
    ref: Ref
    state: AlertState
    who: str
    data: Mapping[str, object]

    def is_news(self, here: Incident | None) -> bool:
        """Whether it is another state than was seen last, of an incident that goes on."""
        held = next((each for each in here.members if each.ref == self.ref), None) if here is not None else None
        return here is not None and not here.status.over and held is not None and differs(held, self.state)


def differs(held: Member, state: AlertState) -> bool:
    """Whether a state is another one than was seen last, of an alert that has not turned too often. What nobody has looked at was
    firing."""
    return held.turns < TURNS and (held.state or AlertState.FIRING.value) != state.value


def sight(known: Iterable[Incident], view: View) -> Iterator[Seen]:
    """How the alerts of those that are open stand, where that is another way than was seen last. Nothing of a source that does not
    see everything now, nor of an alert to which something is being done."""
    sees = {each.source for each in view.sources if each.health.sees and each.provider != LOCAL}
    for here in known:
        for member in here.members if not here.status.over else ():
            if member.source not in sees:
                continue
            row = view.alert(member.ref)
            if row is not None and (row.stale or row.pending):
                continue
            alert = row.alert if row is not None else None
            state = alert.state if alert is not None else AlertState.RESOLVED
            if differs(member, state):
                yield _seen(here, member, state, alert)


def _seen(here: Incident, member: Member, state: AlertState, alert: Alert | None) -> Seen:
    data = {"source": member.source, "alert": member.alert, "name": member.name, "state": state.value, "before": member.state}
    who = when = None
    if alert is not None and state is AlertState.ACKNOWLEDGED:
        who, when = alert.acknowledged_by, alert.acknowledged_at
    elif alert is not None and state is AlertState.SUPPRESSED:
        data["why"] = alert.suppressed_by
    elif alert is not None and state is AlertState.RESOLVED:
        when = alert.ended_at
    elif alert is not None and member.since is not None and alert.started_at is not None and alert.started_at > member.since:
        when = alert.started_at  # a new fire, and no acknowledgement that ended
    if member.turns == TURNS - 1:
        data["why"] = "it comes and goes, and its further turns are not written down"
    data |= {"at": when.isoformat()} if when is not None else {}
    return Seen(incident=here.id, ref=member.ref, state=state, who=who or "", data=data)
