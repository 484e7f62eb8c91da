"""How long the journal keeps what."""

from __future__ import annotations

import msgspec

from .units import Seconds

_DAY = 86400.0


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seconds, all counted from now. Every look at a trap is kept for ``looks``; of older ones the median of each five minutes,
    until they are ``five_minutes`` old; then the lowest, the median and the highest of each three hours, until they are
    ``three_hours`` old. ``events`` is how long everything else is kept: what happened, was run, noted and told.
    What people mark (``cockpit mark``) and hand over, with the notes for it, is kept for ``marks``. Incidents, and which trap was
    armed after what, stay; the looks of a trap around an incident that its alert is in stay whole, as long as ``events``. Where the
    wall clock jumped by more than an hour, or the journal has no look of the last day, nothing is dropped for a
    day."""

    looks: Seconds = Seconds(2 * _DAY)
    five_minutes: Seconds = Seconds(14 * _DAY)
    three_hours: Seconds = Seconds(400 * _DAY)
    events: Seconds = Seconds(800 * _DAY)
    marks: Seconds = Seconds(1830 * _DAY)

    def __post_init__(self) -> None:
        if self.looks < 6 * 3600:
            raise ValueError("looks must be 6h or more: forecasts are drawn from them")
        if not self.looks <= self.five_minutes <= self.three_hours:
            raise ValueError("looks must not outlast five_minutes, nor five_minutes three_hours")
        if self.events < 30 * _DAY:
            raise ValueError("events must be 30d or more: `cockpit report` looks back so far")
        if self.marks < 64 * _DAY:
            raise ValueError("marks must be 64d or more: a shift brief looks back a month, and for the hand-over before it")
