"""What people put on this machine's own alerts (acks, silences, notes), and the alerts that its traps raise under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from .alerts import Alert, Remark, Silence
from .traps import Trap, Watch


class AckMark(msgspec.Struct, frozen=True):
    """Someone has the alert ``id``. It covers firing number ``firing`` alone. ``at`` is UTC."""

    id: str
    firing: int
    who: str
    at: datetime
    note: str


class Marks(msgspec.Struct, frozen=True):
    """All that people have put on local alerts; keys are alert ids. Ended acks and silences are not in here."""

    acks: Mapping[str, AckMark]
    silences: tuple[Silence, ...]
    notes: Mapping[str, tuple[Remark, ...]]


def local_alerts(
    source: str, host: str, traps: Sequence[Trap], watches: Mapping[str, Watch], marks: Marks, now: datetime
) -> tuple[Alert, ...]:
    """The alerts of this machine at ``now``: one (id = the trap's name) for each trap that has tripped, also while it is blind;
    one (id = ``NAME:blind``) for each that has been blind longer than its ``blind_after``. A disarmed trap raises none."""
    raise NotImplementedError
