"""``view = project(snapshots, runs, health)``: the one pure function that combines what sources say and what people did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from .actions import Run
from .alerts import Alert, Ref, Silence
from .roster import OnCall
from .runbooks import Runbook
from .sources import Snapshot, SourceHealth
from .traps import TrapView


class Row(msgspec.Struct, frozen=True):
    """An alert with what is expected of it: ``pending`` is the verb under way ("ack…", "outcome unknown"), "" if none.

    The alert's ``state`` is already the expected one while an action is pending. ``stale`` means that its source does not
    see any more and this is the last that was known.
    """

    alert: Alert
    pending: str = ""
    stale: bool = False


class JournalHealth(msgspec.Struct, frozen=True):
    """Whether what happens is being written down. ``problem`` is for the person; "" = fine."""

    problem: str = ""

    @property
    def writes(self) -> bool:
        """Whether runs that change the world are allowed."""
        return not self.problem


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that a screen or a listing draws. ``alerts`` are sorted worst and newest first; ``now`` is UTC.

    ``blind`` names what cannot see, worst first, for "all clear": empty means that silence is good news.
    """

    now: datetime
    alerts: tuple[Row, ...] = ()
    silences: tuple[Silence, ...] = ()
    traps: tuple[TrapView, ...] = ()
    rosters: tuple[OnCall, ...] = ()
    runbooks: tuple[Runbook, ...] = ()
    runs: tuple[Run, ...] = ()
    sources: tuple[SourceHealth, ...] = ()
    journal: JournalHealth = JournalHealth()
    keeper: str = ""
    me: tuple[str, ...] = ()
    read_only: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def blind(self) -> tuple[SourceHealth, ...]:
        """The sources whose silence says nothing."""
        return tuple(s for s in self.sources if not s.health.sees)

    def alert(self, ref: Ref) -> Row | None:
        """The row of one alert."""
        return next((row for row in self.alerts if row.alert.ref == ref), None)


def project(
    snapshots: Mapping[str, Snapshot],
    runs: Sequence[Run],
    health: Sequence[SourceHealth],
    *,
    now: datetime,
    runbooks: Sequence[Runbook] = (),
    journal: JournalHealth = JournalHealth(),
    keeper: str = "",
    me: tuple[str, ...] = (),
    read_only: bool = False,
    remarks: tuple[str, ...] = (),
) -> View:
    """Combine facts and runs.

    A run in ``PENDING`` or ``ACCEPTED`` shows its expected state; ``UNCERTAIN`` shows the facts, and the word. A failed one
    leaves the facts as they are. Rows of sources that do not see stay, marked stale.
    """
    raise NotImplementedError


