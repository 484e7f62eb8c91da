"""``view = project(snapshots, runs, health)``: the one pure function that combines what sources say and what people did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from .actions import Run
from .alerts import LOCAL, Alert, Ref, Silence
from .approvals import Heard
from .covers import Standing
from .hopes import Hopes
from .ranking import Ranking
from .responses import Maintenance
from .roster import OnCall, believed
from .rows import Row
from .runbooks import Runbook
from .silences import standing
from .sources import Health, Snapshot, SourceHealth
from .traps import TrapState, TrapView
from .units import say_seconds
from .watchrule import Outside

__all__ = ["JournalHealth", "Ranking", "Row", "Told", "View", "blinded", "project", "ranked"]


class JournalHealth(msgspec.Struct, frozen=True):
    """Whether what happens is being written down. ``problem`` is for the person; "" = fine."""

    problem: str = ""

    @property
    def writes(self) -> bool:
        """Whether runs that change the world are allowed."""
        return not self.problem


_NAMED = 3


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that a screen or a listing draws. ``petitions`` is what waits for somebody's approval on this machine. ``alerts`` are
    ranked worst and newest first, whatever sequence of rows is given; ``now`` is UTC. ``outside`` is how the beat of the watch
    to an address outside fares, ``None`` where there is none."""

    now: datetime
    alerts: Ranking = Ranking()
    silences: tuple[Silence, ...] = ()
    traps: tuple[TrapView, ...] = ()
    rosters: tuple[OnCall, ...] = ()
    overrides: tuple[Standing, ...] = ()
    maintenances: tuple[Maintenance, ...] = ()
    runbooks: tuple[Runbook, ...] = ()
    runs: tuple[Run, ...] = ()
    sources: tuple[SourceHealth, ...] = ()
    journal: JournalHealth = JournalHealth()
    keeper: str = ""
    me: tuple[str, ...] = ()
    read_only: bool = False
    remarks: tuple[str, ...] = ()
    petitions: tuple[Heard, ...] = ()
    outside: Outside | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.alerts, Ranking):
            msgspec.structs.force_setattr(self, "alerts", Ranking(self.alerts))

    @property
    def blind(self) -> tuple[SourceHealth, ...]:
        """The sources whose silence says nothing; empty means that silence is good news."""
        return tuple(s for s in self.sources if not s.health.sees)

    @property
    def cannot_see(self) -> tuple[str, ...]:
        """What cannot be seen now, in words: ``icinga blind 3 m``, ``2 traps blind``. Empty means "all clear" may be said."""
        words = [f"{s.source} {s.health.value}" + (f" {say_seconds(s.age.total_seconds())}" if s.age else "") for s in self.blind]
        dark = [view for view in self.traps if view.state is TrapState.BLIND]
        fresh = sum(view.watch.checked_at is None for view in dark)
        for count, word in ((len(dark) - fresh, "blind"), (fresh, "not looked at yet")):
            words += [f"{count} trap{'s' * (count > 1)} {word}"] if count else []
        return tuple(words)

    @property
    def warned(self) -> str:
        """The traps that warn, or have tripped, in words: ``1 trap warns: root-disk``. While there are any, nothing that fires is
        not "all clear". "" where there are none."""
        words = []
        for state, one, many in ((TrapState.TRIPPED, "has tripped", "have tripped"), (TrapState.WARNING, "warns", "warn")):
            if found := [view.trap.name for view in self.traps if view.state is state]:
                names = ", ".join(found[:_NAMED]) + (", …" if len(found) > _NAMED else "")
                words.append(f"{len(found)} trap{'s' * (len(found) > 1)} {many if len(found) > 1 else one}: {names}")
        return "; ".join(words)

    @property
    def alarms(self) -> tuple[str, ...]:
        """What must not be overlooked: the sources that answer and must not be believed, with the reason; and a watch whose beat
        stays away."""
        late = (self.outside.late,) if self.outside is not None and self.outside.late else ()
        return (*(f"{s.source}: {s.reason}" for s in self.sources if s.health is Health.BLIND and s.answers), *late)

    @property
    def unwatched(self) -> str:
        """Why nothing is watched, though all is seen: this machine is the only source, and it has no traps, or all of them rest.
        "" where something watches."""
        others = any(each.provider != LOCAL for each in self.sources)
        if others or any(each.state is not TrapState.DISARMED for each in self.traps):
            return ""
        many = len(self.traps)
        return (f"{many} traps rest" if many > 1 else "the only trap rests") if many else "there are no traps"

    def alert(self, ref: Ref) -> Row | None:
        """The row of one alert."""
        return self.alerts.find(ref)


class Told(NamedTuple):
    """The alerts that a source last told of, and whether it sees now."""

    source: str
    alerts: tuple[Alert, ...] = ()
    sees: bool = True


def ranked(told: Sequence[Told], hopes: Hopes, now: datetime, me: tuple[str, ...]) -> Ranking:
    """The rows of all alerts, each as it is expected to be."""
    return Ranking(hopes.row(alert, now, me, not each.sees) for each in told for alert in each.alerts)


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
    petitions: Sequence[Heard] = (),
    outside: Outside | None = None,
    ranked: Callable[[Sequence[Told], Hopes, datetime, tuple[str, ...]], Ranking] = ranked,
) -> View:
    """Combine facts and runs. ``ranked`` is `ranked`, or gives the same in less time.

    A run in ``PENDING`` or ``ACCEPTED`` shows its expected state; ``UNCERTAIN`` shows the facts, and the word. A failed one
    leaves the facts as they are. Rows of sources that do not see stay, marked stale; their traps are blind.
    """
    sees = {s.source: s.answers or not _dark(s) for s in health}
    hopes = Hopes(runs, now)
    told = [snapshots[s.source] for s in health if s.source in snapshots]
    return View(
        now=now,
        alerts=ranked([Told(said.source, said.alerts or (), sees[said.source]) for said in told], hopes, now, me),
        silences=tuple(standing(silence, now) for said in told for silence in said.silences or ()),
        traps=tuple(hopes.trap(view, now, sees[said.source], said.asked_at) for said in told for view in said.traps or ()),
        rosters=believed(roster for said in told for roster in said.rosters or ()),
        overrides=tuple(each for said in told for each in said.overrides or () if each.end > now),
        maintenances=tuple(each for said in told for each in said.maintenances or () if each.ends_at > now),
        runbooks=tuple(runbooks),
        runs=tuple(runs),
        sources=tuple(health),
        journal=journal,
        keeper=keeper,
        me=me,
        read_only=read_only,
        remarks=_remarks(health, snapshots, remarks),
        petitions=tuple(petitions),
        outside=outside,
    )


def _dark(health: SourceHealth) -> bool:
    return health.health in (Health.BLIND, Health.PARKED)


def _remarks(health: Sequence[SourceHealth], snapshots: Mapping[str, Snapshot], own: tuple[str, ...]) -> tuple[str, ...]:
    """Why sources do not see, what the cockpit says about itself, and what sources remarked. Where the last question failed, its
    reason stands instead of what was remarked with the answer before it."""
    dark: list[str] = []
    rest: list[str] = []
    for each in health:
        remarks = snapshots[each.source].remarks if each.source in snapshots else ()
        failed = each.reason and not each.answers and each.reason != "; ".join(remarks)
        said = dark if _dark(each) and not each.answers else rest
        said += [f"{each.source}: {text}" for text in ((each.reason,) if failed else remarks)]
    return (*dark, *own, *rest)


def blinded(view: View, why: str) -> View:
    """The view as it must be read when nobody makes a newer one: every source blind for the reason ``why``, every alert the last
    that was known, every trap blind."""
    dark = {"state": TrapState.BLIND, "says": f"blind: {why}"}
    return msgspec.structs.replace(
        view,
        alerts=view.alerts.dark,
        traps=tuple(msgspec.structs.replace(each, **dark) for each in view.traps),
        sources=tuple(msgspec.structs.replace(each, health=Health.BLIND, reason=why, answers=False) for each in view.sources),
    )
