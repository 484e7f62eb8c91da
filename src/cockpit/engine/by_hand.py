"""A page that a person sends: from the action to what was told to whom."""

from __future__ import annotations

import msgspec

from ..core.actions import PagePeople, Run, RunState
from ..core.alerts import Alert, Severity
from ..core.drills import DRILL_SUFFIX, rehearses
from ..core.marks import Numbered
from ..core.paging import Page, PageKind
from ..core.text import clean, clean_block
from ..core.view import View
from ..provider import NotFound
from .channels import NotTold
from .escalator import Escalator
from .incidents import Incidents
from .machine import Here


async def paged_by_hand(escalator: Escalator, here: Here, view: View, incidents: Incidents, run: Run, action: PagePeople) -> Run:
    """Tell the people that an action names, and open the incident that is to be. Gives the run with what became of it, in words
    for the person."""
    row = view.alert(action.alert) if action.alert is not None else None
    alert = row.alert if row is not None else None
    if not action.incident or (alert is not None and rehearses(alert)):
        return await _paged(escalator, here, alert, run, action)
    opened = await incidents.of_page(run, action, alert)
    paged = await _paged(escalator, here, alert, run, action)
    return msgspec.structs.replace(paged, reason="; ".join(filter(None, (paged.reason, opened))))


async def _paged(escalator: Escalator, here: Here, alert: Alert | None, run: Run, action: PagePeople) -> Run:
    about = f" ({alert.name})" if alert is not None else ""
    drill = alert is not None and rehearses(alert)
    page = Page(
        key=f"{here.host}/page/{run.id}" + f"{DRILL_SUFFIX}/1" * drill,  # as that of a drill: it is known by it when it comes back
        kind=PageKind.TRIGGER,
        summary=f"{clean(run.who, 100)}: {clean(action.text, 200)}{about}",
        severity=alert.severity if alert is not None else Severity.CRITICAL,
        where=alert.where if alert is not None else here.host,
        details=clean_block(action.text, 4000),
        labels=dict(alert.labels) if alert is not None else {},
        links=alert.links if alert is not None else (),
        drill=drill,
        test=action.test,
    )
    own = next((each for each in here.alerts() if alert is not None and each.alert.ref == alert.ref), None)
    numbered: Numbered | None = own
    try:
        told = await escalator.by_hand(run.id, action.to, action.via, page, numbered)
    except NotTold as error:
        return msgspec.structs.replace(run, state=RunState.UNCERTAIN if error.maybe else RunState.FAILED, reason=str(error))
    except NotFound as error:
        return msgspec.structs.replace(run, state=RunState.FAILED, reason=str(error))
    words = "; ".join(filter(None, (f"told {told.told}", told.amiss)))
    return msgspec.structs.replace(run, state=RunState.CONFIRMED, reason=words, amiss=bool(told.amiss))
