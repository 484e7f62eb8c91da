"""What all flows share that change the incident that is followed."""

from __future__ import annotations

from ...core.actions import ChangeIncident
from ...core.incidents import Change, Incident, Status
from ...engine.desk import Desk
from ..incident import Following
from .steps import tell


def change(at: Following, desk: Desk, here: Incident, what: Change, data: dict[str, object]) -> None:
    """Have it written down, and look again."""
    if tell(at, desk, ChangeIncident(what.value, here.id, data)) is not None:
        at.look()


def barred(desk: Desk, here: Incident, *, closed: bool = False) -> str:
    """Why it cannot be changed; one that is ``closed`` can in some ways."""
    if reason := desk.why_not(ChangeIncident):
        return reason
    if here.status is Status.MERGED:
        return f"{here.id} was merged into {here.into}: say it of that one, or take it out again with o"
    if here.status is Status.CLOSED and not closed:
        return f"{here.id} is closed: o opens it again"
    return ""
