"""What the journal comes to over a time: fires and prevention, and the toil ledger. For the command line and the screen."""

from __future__ import annotations

from datetime import datetime, tzinfo

import msgspec

from ..config.model import Config
from ..core.report_fires import Fires, fires, weeks
from ..core.report_toil import Toil, ledger
from ..core.traps import Watch, view_of
from .journal import Journal
from .local import LOCAL
from .person import os_user
from .records import JournalError


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What is reported on the time from ``since`` to ``until`` (UTC). ``unproven`` are the traps that by ``until`` had
    neither tripped nor been drilled for longer than their ``drill_every``, ``undrilled`` those that never were drilled."""

    since: datetime
    until: datetime
    fires: Fires
    toil: tuple[Toil, ...]
    unproven: tuple[str, ...] = ()
    undrilled: tuple[str, ...] = ()


def reported(journal: Journal, config: Config, since: datetime, until: datetime, clock: tzinfo | None) -> Reported:
    """The figures between two moments (UTC), with weeks on the clock of whoever reads them (``None``: this machine's). A million
    events take two seconds. Raises `JournalError` where there is nothing that could be read."""
    if not journal.knows(since, until) and journal.problem:
        raise JournalError(journal.problem)
    people, stranger = tuple(config.people.values()), os_user()
    dark = {start for start, begins, ends in weeks(since, until, clock) if not journal.knows(max(begins, since), min(ends, until))}
    begun = journal.begun()
    made = journal.fire_facts(
        since, until, lambda facts: fires(facts, people, stranger, config.traps.keys(), since, until, clock, begun, dark)
    )
    toil = journal.labours(since, until, lambda labours: ledger(labours, people, stranger))
    watches = journal.watches()
    seen = [view_of(LOCAL, trap, watches.get(trap.name, Watch()), until) for trap in config.traps.values()]
    return Reported(
        since=since, until=until, fires=made,
        toil=toil, unproven=tuple(each.trap.name for each in seen if each.unproven),
        undrilled=tuple(each.trap.name for each in seen if not each.watch.drills and not each.watch.told),
    )  # fmt: skip
