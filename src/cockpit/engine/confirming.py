"""What became of what was sent: a source's later snapshots show it, or do not."""

from __future__ import annotations

import msgspec

from ..core.actions import Run, RunState
from ..core.sources import Snapshot
from . import verbs
from .logbook import Logbook
from .store import Store

PATIENCE = 3
"""So many complete snapshots, asked for after it settled, may fail to show an effect."""


class Confirming:
    """What was accepted is confirmed by a snapshot asked for after that; what is uncertain is read back the same way. Belongs to
    the engine's loop."""

    def __init__(self, store: Store, logbook: Logbook) -> None:
        self._store, self._logbook = store, logbook
        self._results: dict[str, object] = {}
        self._sent: dict[str, str] = {}  # runs of this process that a snapshot can still settle, and their source
        self._unseen: dict[str, int] = {}

    def expect(self, run_id: str, source: str, result: object) -> None:
        """A run was sent to ``source``, whose provider gave ``result``: its next snapshots may settle it."""
        self._results[run_id], self._sent[run_id] = result, source

    def awaited(self, run_id: str) -> str:
        """The source whose next snapshots may settle this run; "" if nothing will."""
        return self._sent.get(run_id, "")

    def observe(self, snapshot: Snapshot) -> None:
        """Settle what this snapshot settles."""
        for run_id, source in list(self._sent.items()):
            run = self._store.run(run_id)
            if source != snapshot.source or run is None or run.settled_mono is None or snapshot.asked_mono <= run.settled_mono:
                continue
            shown = verbs.shows(run.action, self._results.get(run_id), snapshot)
            uncertain = run.state is RunState.UNCERTAIN
            if shown or (shown is None and snapshot.complete and not uncertain):
                read_back = "no answer came, but reading it back showed that it was done"
                self._seen(run, RunState.CONFIRMED, read_back if uncertain else run.reason)
            elif shown is False and snapshot.complete:
                self._unseen[run_id] = self._unseen.get(run_id, 0) + 1
                if self._unseen[run_id] >= PATIENCE:
                    self._give_up(run)

    def _give_up(self, run: Run) -> None:
        if run.state is RunState.UNCERTAIN:
            undone = f"{run.done:,} are done, the others are not" if run.done else "it was not done"
            self._seen(run, RunState.FAILED, f"no answer came, and {PATIENCE} readings later it is not there: {undone}")
        else:
            source = self._sent[run.id]
            self._seen(run, RunState.UNCERTAIN, f"{source} said yes, but {PATIENCE} answers later it does not show: look there")

    def _seen(self, run: Run, state: RunState, reason: str) -> None:
        for book in (self._sent, self._results, self._unseen):
            book.pop(run.id, None)
        self._logbook.soon(msgspec.structs.replace(run, state=state, reason=reason))
