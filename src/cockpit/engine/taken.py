"""What a watch told of a source, taken over as if it had been asked from here: looked at record by record, like any answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    lost = {kind: sum(each is None for each in records) for kind, records in shared.records.items()}
    parts = {kind: accepting.accept(kind, Answer(there(records, lost[kind]))) for kind, records in shared.records.items()}
    return Snapshot(
        source=source,
        asked_at=told.asked_at,
        asked_mono=mono,
        complete=told.complete and not any(lost.values()),
        rejected=max(0, told.rejected) + sum(lost.values()) + sum(part.rejected for part in parts.values()),
        blind=clean(told.blind),
        remarks=(
            *map(clean, told.remarks),
            *(
                f"{many} of {len(shared.records[kind])} {kind} did not come through cockpit watch: too long, or not to be read"
                for kind, many in lost.items()
                if many
            ),
            *(each for part in parts.values() for each in part.remarks),
        ),
        **{kind: part.records for kind, part in parts.items()},
    )


def there(records: tuple[Any, ...], lost: int) -> tuple[Any, ...]:
    """The records but for those that did not come; the very same tuple where all did."""
    return tuple(each for each in records if each is not None) if lost else records
