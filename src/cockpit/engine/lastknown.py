"""What the journal knows of this machine: the view that a screen can draw before anybody has been asked."""

from __future__ import annotations

from contextlib import suppress

from ..config.model import Config
from ..core.alerts import LOCAL
from ..core.marks import local_alerts
from ..core.rotation import alone, on_call
from ..core.sources import Health, Snapshot, SourceHealth
from ..core.traps import Watch, as_told
from ..core.view import JournalHealth, View, project
from ..provider import Clock, Unreachable
from .journal import Journal
from .local import configured
from .machine import Here
from .person import known_by


def last_known(config: Config, journal: Journal, clock: Clock) -> View:
    """Traps, alerts and rosters of this machine as of the last time, read as they must be read now: what nobody has looked at for
    too long is blind. Every source is still starting, so nothing here is "all clear"."""
    here, now = Here(config, journal, clock), clock.now()
    sources = configured(config)
    local = [each.name for each in sources.values() if each.provider == LOCAL]
    snapshots: dict[str, Snapshot] = {}
    with suppress(Unreachable):  # the journal's `problem` says it
        snapshots = {name: _facts(name, config, here, clock) for name in local}
    return project(
        snapshots,
        (),
        [SourceHealth(source=each.name, provider=each.provider, health=Health.STARTING) for each in sources.values()],
        now=now,
        runbooks=tuple(config.runbooks.values()),
        journal=JournalHealth(journal.problem),
        me=known_by(config),
        read_only=config.read_only,
        remarks=(*config.remarks, *journal.remarks),
    )


def _facts(source: str, config: Config, here: Here, clock: Clock) -> Snapshot:
    now, watches, me, channels = clock.now(), here.watches(), here.me, here.channels()
    names = (me.id, me.name, *me.also)
    rosters = sorted(config.rosters.values(), key=lambda roster: (roster.level, roster.name))
    return Snapshot(
        source=source,
        asked_at=now,
        asked_mono=clock.mono(),
        alerts=tuple(
            alert
            for alert, _ in local_alerts(source, here.host, here.traps, watches, here.marks(), now, names, channels, here.people)
        ),
        traps=tuple(as_told(source, trap, watches.get(trap.name, Watch()), now) for trap in here.traps),
        rosters=tuple(on_call(each, here.people, now, source) for each in rosters) or (alone(me, source),),
    )
