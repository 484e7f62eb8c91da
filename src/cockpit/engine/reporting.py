"""What the journal comes to over a time: fires and prevention, what they taught, and the toil ledger. For the command line and the
screen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from math import inf

import msgspec

from ..config.model import Config
from ..core.action_items import Item, Owed, owed
from ..core.alerts import LOCAL
from ..core.incident_timeline import said
from ..core.incidents import Incident, Status
from ..core.report_fires import Fires, Spans, fires, weeks
from ..core.report_learnt import Armed, Burnt, Caught, Laid, Service, caught_by, coverage, untrapped_fires, untrapped_incidents
from ..core.report_toil import Toil, ledger
from ..core.roster import Person
from ..core.runbooks import Runbook
from ..core.traps import Trap, TrapView, Watch, view_of
from .incident_facts import noted_of
from .journal import Journal
from .person import os_user
from .records import JournalError, epoch, moment

_ALL = 1_000_000


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """What fires taught: closed ``incidents`` and ``fires`` after which no trap was armed, how the ``services`` are guarded, and
    which traps ``caught`` what became none; and what is ``owed`` after incidents: open and overdue at the end of the time, and
    done in it."""

    incidents: tuple[Incident, ...] = ()
    fires: tuple[Burnt, ...] = ()
    services: tuple[Service, ...] = ()
    caught: tuple[Caught, ...] = ()
    owed: tuple[Owed, ...] = ()


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What is reported on the time from ``since`` to ``until`` (UTC). ``unproven`` are the traps that by ``until`` had
    neither tripped nor been drilled for longer than their ``drill_every``, ``undrilled`` those that never were drilled."""

    since: datetime
    until: datetime
    fires: Fires
    toil: tuple[Toil, ...]
    learnt: Learnt = Learnt()
    unproven: tuple[str, ...] = ()
    undrilled: tuple[str, ...] = ()


def reported(
    journal: Journal,
    people: Sequence[Person],
    traps: Sequence[TrapView],
    host: str,
    runbooks: Collection[Runbook],
    since: datetime,
    until: datetime,
    clock: tzinfo | None,
) -> Reported:
    """The figures between two moments (UTC), with weeks on the clock of whoever reads them (``None``: this machine's). ``host`` is
    the name of the machine whose journal it is, ``traps`` are those that are laid on it (see `laid_here`), ``runbooks`` all that
    can be offered. A million events take a second. Raises `JournalError` where there is nothing that could be read."""
    if not journal.knows(since, until) and journal.problem:
        raise JournalError(journal.problem)
    stranger, laid = os_user(), [each.trap.name for each in traps]
    dark = {start for start, begins, ends in weeks(since, until, clock) if not journal.knows(max(begins, since), min(ends, until))}
    begun = journal.begun()
    incidents = tuple(journal.incidents().values())
    harm = _harm(incidents)
    made = journal.fire_facts(
        since, until, lambda facts: fires(facts, people, stranger, laid, since, until, clock, begun, dark, harm)
    )
    toil = journal.labours(since, until, lambda labours: ledger(labours, people, stranger))
    return Reported(
        since=since, until=until, fires=made, toil=toil,
        learnt=_learnt(journal, people, [each.trap for each in traps], host, incidents, tuple(runbooks), made, since, until),
        unproven=tuple(each.trap.name for each in traps if each.unproven),
        undrilled=tuple(each.trap.name for each in traps if not each.watch.drills and not each.watch.told),
    )  # fmt: skip


def laid_here(config: Config, journal: Journal, until: datetime) -> list[TrapView]:
    """The traps of a config, as the journal knows them at a moment (UTC). Raises `JournalError`."""
    watches = journal.watches()
    return [view_of(LOCAL, trap, watches.get(trap.name, Watch()), until) for trap in config.traps.values()]


def _harm(incidents: Iterable[Incident]) -> Mapping[str, Spans]:
    """When users were hurt, by the alerts of this machine in the incidents that say so."""
    found: dict[str, list[tuple[float, float]]] = {}
    for each in incidents:
        if each.impact_start is None or each.status is Status.MERGED:
            continue
        end = each.impact_end or each.closed_at  # nobody is hurt by what is over, also where nobody said until when
        over = epoch(end) if end is not None else inf
        for member in each.members:
            if member.source == LOCAL:
                found.setdefault(member.alert, []).append((epoch(each.impact_start), over))
    return found


def _learnt(
    journal: Journal,
    people: Sequence[Person],
    traps: Sequence[Trap],
    host: str,
    incidents: tuple[Incident, ...],
    runbooks: tuple[Runbook, ...],
    made: Fires,
    since: datetime,
    until: datetime,
) -> Learnt:
    laid = _laid(journal)
    armed = Armed(laid, incidents, traps)
    begun = [each for each in incidents if since <= each.began < until and each.status is not Status.MERGED]
    burnt = {trap: len(times) for trap, times in made.burnt.items()}
    return Learnt(
        incidents=untrapped_incidents(armed, incidents, since, until),
        fires=untrapped_fires(armed, {trap: tuple(map(moment, times)) for trap, times in made.burnt.items()}),
        services=coverage(traps, runbooks, begun, burnt, made.caught, host, until),
        caught=caught_by(laid, made.caught),
        owed=owed(_items(incidents, since, until), people, until),
    )


def _items(incidents: Iterable[Incident], since: datetime, until: datetime) -> Iterator[Item]:
    """The action items that there were by ``until``, without those that were done before ``since``."""
    for item in (item for each in incidents for item in each.items):
        if item.made_at < until and (item.ended_at is None or since <= item.ended_at < until):
            yield item


def _laid(journal: Journal) -> list[Laid]:
    """Whatever was armed, however long ago."""
    found = (noted_of(each) for each in journal.entries(kind="trap.laid", limit=_ALL))
    return [
        Laid(
            at=each.at, trap=each.subject, alert=said(each.data, "alert"), incident=said(each.data, "incident"),
            lead=_number(each.data.get("lead")),
        )
        for each in found
    ]  # fmt: skip


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
