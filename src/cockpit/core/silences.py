"""Silences as people look at them: which stand, which end soon, what each hushes now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from .actions import EndSilence, MakeSilence, Run
from .alerts import Alert, AlertState, Ref, Severity, Silence, SilenceState
from .filters import Filter, FilterError, parse
from .terms import Is

SOON = timedelta(hours=1)
"""A silence that ends within this time stands out: what it hushes may ring then."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ODD = ("cockpit-canary-7Q", "zz 0", "\u00e9\u00df-9.x:1/y")
"""Values that nobody's alerts have."""
_CANARIES = tuple(
    Alert(
        ref=Ref(odd, odd),
        name=odd,
        severity=severity,
        state=AlertState.FIRING,
        summary=odd,
        where=odd,
        started_at=_EPOCH,
        trap=odd,
    )
    for odd in _ODD
    for severity in Severity
)


def takes_everything(rule: Filter, now: datetime) -> bool:
    """Whether a silence with this filter would hush whatever fires: none of its terms tells one alert from another. So does one
    that only leaves something out (``team!=web``)."""
    return all(Filter("", (term,)).matches(alert, now) for term in rule.terms for alert in _CANARIES)


def may_be_at(rule: Filter, source: str) -> bool:
    """Whether what a filter says of the source (``@source=am-prod``), if anything, is true of this one."""
    there = Alert(ref=Ref(source, ""), name="", severity=Severity.UNKNOWN, state=AlertState.FIRING)
    return all(term.holds(there) for term in rule.terms if isinstance(term, Is) and term.fact and term.name == "source")


def standing(silence: Silence, now: datetime) -> Silence:
    """The silence as it stands at ``now`` (UTC): its source may have told of it before it began, or ended."""
    state = silence.state
    if silence.ends_at <= now:
        state = SilenceState.EXPIRED
    elif state is SilenceState.PENDING and silence.starts_at <= now:
        state = SilenceState.ACTIVE
    return silence if state is silence.state else msgspec.structs.replace(silence, state=state)


def listed(silences: Iterable[Silence]) -> list[Silence]:
    """In the order in which they are looked at: those that hush now, the first to end first; those that will, the first to begin
    first; those that have ended, the last first; then acknowledgements, which end by themselves. One of those that has ended tells
    nothing any more, and is left out."""
    return sorted((each for each in silences if not (each.ack and each.state is SilenceState.EXPIRED)), key=order_of)


_GROUPS = {SilenceState.ACTIVE: 0, SilenceState.PENDING: 1, SilenceState.EXPIRED: 2}


def order_of(silence: Silence) -> tuple[int, int, float, Ref]:
    """What that order goes by."""
    at = silence.starts_at if silence.state is SilenceState.PENDING else silence.ends_at
    sign = -1 if silence.state is SilenceState.EXPIRED else 1
    # one that lasts until resolved has an end that is put off again and again: those whose end is meant come first
    return int(silence.ack) * 3 + _GROUPS[silence.state], int(silence.until_resolved), sign * at.timestamp(), silence.ref


def ends_soon(silence: Silence, now: datetime) -> bool:
    """Whether it hushes now, and ends within `SOON` for good."""
    lasts = silence.ack or silence.until_resolved
    return silence.state is SilenceState.ACTIVE and not lasts and silence.ends_at - now <= SOON


def later(silence: Silence, by: timedelta, now: datetime) -> datetime:
    """The end of a silence that is to last so much longer (UTC)."""
    return max(silence.ends_at, now) + by


def lasting(length: timedelta, now: datetime, silence: Silence | None = None) -> datetime:
    """The end of a silence that lasts ``length`` from now on, or from when it begins (UTC)."""
    begins = silence.starts_at if silence is not None and silence.state is SilenceState.PENDING else now
    return max(begins, now) + length


def over_all(alerts: Sequence[Alert], silences: Iterable[Silence], now: datetime, me: Sequence[str] = ()) -> tuple[Silence, ...]:
    """The silences that hush these alerts now, where every one of them is suppressed; else none."""
    if not alerts or any(alert.state is not AlertState.SUPPRESSED for alert in alerts):
        return ()
    return tuple(each for each in silences if any(_hushes(each, alert, now, me) for alert in alerts))


def _hushes(each: Silence, alert: Alert, now: datetime, me: Sequence[str]) -> bool:
    if each.ref.source != alert.ref.source or each.state is not SilenceState.ACTIVE or each.ack:
        return False
    if alert.silences:
        return each.ref.id in alert.silences
    try:
        return parse(each.match).matches(alert, now, tuple(me))
    except FilterError:
        return False  # another system's own matcher; that system says which alerts it hushes, not which silence does


def hushed(alerts: Iterable[Alert]) -> Mapping[tuple[str, str], int]:
    """How many of the alerts each silence hushes, by its source and id: as their sources told it."""
    return Counter((alert.ref.source, each) for alert in alerts if alert.silences for each in alert.silences)


def under_way(runs: Sequence[Run]) -> Mapping[Ref, str]:
    """What is being done to silences, in a word by silence: ``ending…``, ``changing…``."""
    words: dict[Ref, str] = {}
    for run in runs:
        if run.state.settled:
            continue
        match run.action:
            case EndSilence(ref=ref):
                words[ref] = "ending…"
            case MakeSilence(source=source, replaces=old) if old:
                words[Ref(source, old)] = "changing…"
    return words
