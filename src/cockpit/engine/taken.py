"""What a watch told of a source, taken over as if it had been asked from here: looked at record by record, like any answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.sources import Health, Snapshot
from ..core.text import clean
from ..provider import Answer
from .accepting import Accepting
from .failures import Failure

if TYPE_CHECKING:
    from .attached import Shared

_SAID = frozenset({Health.LATE.value, Health.INCOMPLETE.value, Health.BLIND.value})


def failure_of(shared: Shared, wait: float) -> Failure | None:
    """Why the watch's last question brought nothing, if that is so; ``wait`` in seconds, as for `Failure`."""
    told = shared.told
    return Failure(Health(told.health), clean(told.reason), wait) if told.health in _SAID else None


def taken(shared: Shared, accepting: Accepting, source: str, mono: float) -> Snapshot:
    """The snapshot, asked at ``mono`` (seconds of the machine's monotonic clock)."""
    told = shared.told
    parts = {kind: accepting.accept(kind, Answer(records)) for kind, records in shared.records.items()}
    return Snapshot(
        source=source,
        asked_at=told.asked_at,
        asked_mono=mono,
        complete=told.complete and not shared.rejected,
        rejected=max(0, told.rejected) + sum(part.rejected for part in parts.values()),
        blind=clean(told.blind),
        remarks=tuple(map(clean, told.remarks)) + tuple(each for part in parts.values() for each in part.remarks),
        **{kind: part.records for kind, part in parts.items()},
    )
