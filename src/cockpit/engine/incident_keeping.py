"""What is done about incidents without anybody's asking: opened by rule, and told what becomes of them elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from ..config.model import Config
from ..core.view import View
from ..provider import Clock
from .aside import Aside
from .crew import Crew
from .journal import Journal, JournalError
from .machine import Here

FOLLOW = 5.0
"""Seconds between looks at whether there is any incident, or any rule that opens one."""


async def keep_incidents(
    journal: Journal,
    clock: Clock,
    here: Here,
    crew: Crew,
    aside: Aside,
    *,
    config: Callable[[], Config],
    view: Callable[[], View],
    leads: Callable[[], bool],
    changed: Callable[[], None],
) -> None:
    """Have both done for as long as the engine lives. Nothing of either is there until it is needed: a screen that opens pays for
    neither. ``aside`` reads the journal."""
    witness = opener = False
    while not (witness and opener):
        await clock.sleep(FOLLOW)
        if not opener and config().incidents:
            from .incident_opener import Opener, duty  # deferred, as said

            opening = Opener(
                journal,
                clock,
                view=view,
                rules=lambda: config().incidents,
                duty=partial(duty, here),
                leads=leads,
                pid=os.getpid(),
                changed=changed,
            )
            crew.keep("opening incidents by rule", opening.run)
            opener = True
        if not witness and leads() and await aside.do(partial(_any, journal)):
            from .incident_witness import Witness  # deferred, as said

            crew.keep("seeing what becomes of incidents", Witness(journal, clock, view=view, leads=leads, pid=os.getpid()).run)
            witness = True


def _any(journal: Journal) -> bool:
    try:
        return bool(journal.entries(kind="incident.", limit=1))
    except JournalError:
        return False  # it is looked for again
