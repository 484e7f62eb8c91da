"""What a change in what is known of a trap means: the entries it leaves in the journal."""

from __future__ import annotations

from ..core.alerts import LOCAL
from ..core.marks import BLIND_SUFFIX
from ..core.traps import Trap, TrapState, Watch, gone_by
from .records import Happened


def turns(trap: Trap, before: Watch, after: Watch) -> tuple[Happened, ...]:
    """``trap.warning``, ``trap.tripped``, ``trap.blind``, ``trap.armed``, ``alert.fired`` and ``alert.resolved``, as they apply.

    That a trap which was never looked at is found armed is no news.
    """
    if after.checked_at is None:
        return ()
    at = after.checked_at
    found: list[Happened] = []

    def happened(kind: str, subject: str, **data: object) -> None:
        found.append(Happened(at=at, kind=kind, source=LOCAL, subject=subject, data=data))

    text = after.reading.text if after.reading is not None and after.state is not TrapState.BLIND else after.reason
    fresh = before.checked_at is None
    if (after.state is not before.state and not (fresh and after.state is TrapState.ARMED)) or (
        fresh and after.state is TrapState.BLIND
    ):
        values = after.reading.values if after.reading is not None else {}
        happened(f"trap.{after.state.value}", trap.name, text=text, reason=after.reason, values=values, trips_in=after.trips_in)
    if after.firing > before.firing:
        happened("alert.fired", trap.name, text=text, severity=trap.severity.word, firing=after.firing)
    elif before.tripped_at is not None and after.tripped_at is None:
        happened("alert.resolved", trap.name, text=text, seconds=(at - before.tripped_at).total_seconds(), firing=after.firing)
    was_blind, is_blind = _blind_alert(trap, before), _blind_alert(trap, after)
    if is_blind and not was_blind:
        happened("alert.fired", trap.name + BLIND_SUFFIX, text=after.reason)
    elif was_blind and not is_blind:
        happened("alert.resolved", trap.name + BLIND_SUFFIX, text=text)
    return tuple(found)


def _blind_alert(trap: Trap, watch: Watch) -> bool:
    """Whether it had been blind long enough for an alert when it was last looked at."""
    if watch.state is not TrapState.BLIND or watch.blind_since is None or watch.checked_at is None:
        return False
    return gone_by(watch.blind_since, trap.blind_after, watch.checked_at)
