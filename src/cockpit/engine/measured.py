"""What a watch says of itself in figures, for Prometheus."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from ..core.alerts import AlertState
from ..core.exposition import Family
from ..core.ranking import Ranking
from ..core.sources import Health
from ..core.traps import TrapState
from .engine import Engine
from .journal import JournalError

_JOURNAL = ("journal.sqlite", "journal.sqlite-wal")


class Measured:
    """The figures of ``engine`` now, however long ago it gave a sign of life; from any one thread. ``looking`` gives the
    connections of those who look through the watch, ``taken`` when the last beat outside was taken (UTC). Pages are counted from
    ``since`` (UTC) on, whichever process of the state directory sent them."""

    def __init__(
        self,
        engine: Engine,
        state_dir: Path,
        *,
        since: datetime,
        looking: Callable[[], int],
        taken: Callable[[], datetime | None],
    ) -> None:
        self._engine, self._state_dir, self._since = engine, state_dir, since
        self._looking, self._taken = looking, taken
        self._counted: tuple[Ranking, Counter[tuple[str, str, str]]] | None = None
        self._pages: dict[tuple[str, str], int] = {}

    def families(self) -> list[Family]:
        """All of them. Reads the journal, and may block on it for half a second."""
        return [*self._of_sources(), *self._of_facts(), *self._of_pages(), *self._of_itself()]

    def _of_sources(self) -> list[Family]:
        health = self._engine.health()
        tallies = self._engine.tallies()
        by = {each.source: {"source": each.source, "provider": each.provider} for each in health}
        return [
            Family(
                "cockpit_source_up",
                "gauge",
                "Whether the source answers in time and whole: only then is its silence good news.",
                [(by[each.source], float(each.health.sees)) for each in health],
            ),
            Family(
                "cockpit_source_health",
                "gauge",
                "How well the source sees: 1 for the state it is in.",
                [
                    ({"source": each.source, "state": state.value}, float(each.health is state))
                    for each in health
                    for state in Health
                ],
            ),
            Family(
                "cockpit_source_answer_age_seconds",
                "gauge",
                "Seconds since the last good answer was asked for.",
                [({"source": each.source}, each.age.total_seconds()) for each in health if each.age is not None],
            ),
            Family(
                "cockpit_source_polls_total",
                "counter",
                "Polls that ended, since the watch began.",
                [({"source": name}, float(polls)) for name, (polls, _) in tallies.items()],
            ),
            Family(
                "cockpit_source_poll_failures_total",
                "counter",
                "Polls that brought nothing, since the watch began.",
                [({"source": name}, float(failures)) for name, (_, failures) in tallies.items()],
            ),
        ]

    def _of_facts(self) -> list[Family]:
        view = self._engine.peek
        if self._counted is None or self._counted[0] is not view.alerts:  # of a hundred thousand, once for each change
            rows = (row.alert for row in view.alerts)
            self._counted = view.alerts, Counter((each.ref.source, each.state.value, each.severity.name.lower()) for each in rows)
        traps = Counter((each.source, each.state.value) for each in view.traps)
        sources = sorted({source for source, _ in traps})
        alerts = [
            ({"source": source, "state": state, "severity": severity}, float(many))
            for (source, state, severity), many in sorted(self._counted[1].items())
            if state != AlertState.RESOLVED.value
        ]
        stand = [({"source": one, "state": state.value}, float(traps[one, state.value])) for one in sources for state in TrapState]
        return [
            Family("cockpit_alerts", "gauge", "Alerts that are not resolved.", alerts),
            Family("cockpit_traps", "gauge", "Traps by how they stand.", stand),
        ]

    def _of_pages(self) -> list[Family]:
        with suppress(JournalError):  # busy: a counter says what it said before
            self._pages = self._engine.journal.pages_by_channel(self._since)
        channels = sorted({*self._engine.config.channels, *(channel for channel, _ in self._pages)})
        return [
            Family(
                f"cockpit_pages_{word}_total",
                "counter",
                f"Pages by this channel that {what}, since the watch began.",
                [({"channel": each}, float(self._pages.get((each, word), 0))) for each in channels],
            )
            for word, what in (("sent", "were sent"), ("failed", "failed, each attempt by itself"))
        ]

    def _of_itself(self) -> list[Family]:
        engine, taken = self._engine, self._taken()
        size = 0
        for name in _JOURNAL:
            with suppress(OSError):  # a log that has been worked in is not there
                size += os.stat(self._state_dir / name).st_size
        figures = [
            ("cockpit_engine_silence_seconds", "Seconds since the engine gave a sign of life.", engine.silent_for()),
            ("cockpit_lease_held", "Whether this process looks at the traps and pages.", float(engine.keeper.leads)),
            ("cockpit_journal_size_bytes", "Bytes of the journal on the disk.", float(size)),
            ("cockpit_journal_writable", "Whether what happens is written down.", float(not engine.journal.problem)),
            (
                "cockpit_attached_connections",
                "Connections that look through the watch: one a source of each screen.",
                self._looking(),
            ),
        ]
        if taken is not None:
            told = "When the last beat outside was taken, in seconds since the epoch."
            figures.append(("cockpit_beat_last_success_timestamp_seconds", told, taken.timestamp()))
        return [Family(name, "gauge", told, [({}, value)]) for name, told, value in figures]
