"""What fires when: the parts that a night is told in, and what becomes of them by what is done about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from ...core.alerts import Alert, AlertState, Link, Ref, Severity
from ...core.text import clean

BEGINS, LENGTH = 100.0, 1900.0
"""The second of the night at which one comes in, and the one at which it has been told: half an hour."""

Cures = Mapping[str, float]
"""What has been done about it: the runbook, and the second at which it was done."""


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """An alert of the story. ``begins`` and ``ends`` are seconds of the night (before 0: earlier; ``ends`` ``None``: it outlasts
    it). ``says`` is its summary, each from a second on. ``cures`` are the runbooks that end it, and how many seconds after. One
    whose cause has been seen to before it begins never does. ``acked`` is who acknowledged it at its source, and when."""

    source: str
    name: str
    where: str
    severity: Severity
    begins: float
    says: tuple[tuple[float, str], ...]
    ends: float | None = None
    cures: tuple[tuple[str, float], ...] = ()
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    links: tuple[Link, ...] = ()
    acked: tuple[float, str] | None = None
    assignees: tuple[str, ...] = ()
    id: str = ""

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(self.source, self.id or f"{self.name}/{self.where}")

    def over_at(self, cures: Cures) -> float | None:
        """The second at which it ends, as things stand; ``None`` while nothing ends it."""
        known = [cures[name] + after for name, after in self.cures if name in cures]
        return min([*known, *([self.ends] if self.ends is not None else [])], default=None)

    def fires(self, at: float, cures: Cures) -> bool:
        """Whether it does at that second."""
        over = self.over_at(cures)
        return self.begins <= at and (over is None or at < over)


def told(beats: Iterable[Beat], source: str, at: float, cures: Cures, base: datetime) -> tuple[Alert, ...]:
    """What a source says at that second of a night that began at ``base`` (UTC)."""
    return tuple(_alert(beat, at, base) for beat in beats if beat.source == source and beat.fires(at, cures))


def _alert(beat: Beat, at: float, base: datetime) -> Alert:
    held = beat.acked if beat.acked is not None and beat.acked[0] <= at else None
    said = [text for since, text in beat.says if since <= at]
    labels = {"alertname": beat.name, **({"instance": beat.where} if beat.where else {}), **beat.labels}
    return Alert(
        ref=Ref(beat.source, clean(beat.ref.id)),
        name=clean(beat.name),
        severity=beat.severity,
        state=AlertState.ACKNOWLEDGED if held is not None else AlertState.FIRING,
        summary=clean(said[-1] if said else ""),
        where=clean(beat.where),
        labels={clean(name): clean(value) for name, value in labels.items()},
        annotations={clean(name): clean(value) for name, value in beat.annotations.items()},
        started_at=base + timedelta(seconds=beat.begins),
        acknowledged_by=held[1] if held is not None else "",
        acknowledged_at=base + timedelta(seconds=held[0]) if held is not None else None,
        links=beat.links,
        assignees=beat.assignees,
    )
