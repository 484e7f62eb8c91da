"""The jobs that sources offer, as runbooks."""

from __future__ import annotations

from collections.abc import Callable

from ..config.model import Config, SourceConfig
from ..core.elsewhere import runbooks_of
from ..core.jobs import Job
from ..core.runbooks import Runbook
from ..core.sources import Snapshot


class Offers:
    """``snapshot`` gives what a source last said. What a source's jobs are as runbooks is made anew when they, or what the config
    says of them, have changed."""

    def __init__(self, snapshot: Callable[[str], Snapshot | None]) -> None:
        self._snapshot = snapshot
        self._made: dict[str, tuple[SourceConfig, tuple[Job, ...], tuple[Runbook, ...]]] = {}

    def all(self, config: Config) -> tuple[Runbook, ...]:
        """All of them, in the order of the config's sources. On the engine's loop."""
        return tuple(book for source in config.sources.values() for book in self._of(source))

    def _of(self, source: SourceConfig) -> tuple[Runbook, ...]:
        said = self._snapshot(source.name)
        jobs = said.jobs if said is not None else None
        if not jobs:
            return ()
        made = self._made.get(source.name)
        if made is None or made[0] is not source or made[1] is not jobs:
            made = self._made[source.name] = (source, jobs, runbooks_of(jobs, source.runbooks))
        return made[2]
