"""What the journal comes to over a time: fires and prevention, and the toil ledger. For the command line and the screen."""

from __future__ import annotations

from datetime import datetime, tzinfo

import msgspec

from ..config.model import Config
from ..core.report_fires import Fires, fires
from ..core.report_toil import Toil, ledger
from ..core.traps import Watch, view_of
from .journal import Journal
from .local import LOCAL
from .person import os_user
from .records import JournalError


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What is reported on the time from ``since`` to ``until`` (UTC). ``unproven`` are the traps that by ``until`` had
    neither tripped nor been drilled for longer than their ``drill_every``."""

    since: datetime
    until: datetime
    fires: Fires
    toil: tuple[Toil, ...]
    unproven: tuple[str, ...] = ()


def reported(journal: Journal, config: Config, since: datetime, until: datetime, clock: tzinfo | None) -> Reported:
    """The figures between two moments (UTC), with weeks on the clock of whoever reads them (``None``: this machine's). A million
    events take two seconds. Raises `JournalError` where there is nothing that could be read."""
    labours, facts = journal.labours(since, until), journal.fire_facts(since, until)
    if not labours and not facts and journal.problem:
        raise JournalError(journal.problem)
    watches = journal.watches()
    seen = (view_of(LOCAL, trap, watches.get(trap.name, Watch()), until) for trap in config.traps.values())
    people, stranger = tuple(config.people.values()), os_user()
    return Reported(
        since=since, until=until, fires=fires(facts, people, stranger, config.traps.keys(), since, until, clock),
        toil=ledger(labours, people, stranger), unproven=tuple(each.trap.name for each in seen if each.unproven),
    )  # fmt: skip
