"""What the journal has of people, as it is told: by the names that the config has for them (`roster.display`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from .alerts import Alert
    from .incident_timeline import Noted
    from .incidents import Incident
    from .roster import Naming


def spoken(incident: Incident, called: Naming) -> Incident:
    """The incident as it is told: its people by their names."""
    replace = msgspec.structs.replace
    return replace(
        incident,
        opened_by=called(incident.opened_by),
        roles={role: called(who) for role, who in incident.roles.items()},
        guards=tuple(replace(each, who=called(each.who)) for each in incident.guards),
    )


_SILENCED = re.compile(r"(?<=^silenced by )[^\s:]+")


def spoken_alert(alert: Alert, called: Naming) -> Alert:
    """The alert as it is told: who has it, hushed it and left notes by their names."""
    if not (alert.acknowledged_by or alert.suppressed_by or alert.assignees or alert.notes):
        return alert
    replace = msgspec.structs.replace
    return replace(
        alert,
        acknowledged_by=called(alert.acknowledged_by),
        suppressed_by=_SILENCED.sub(lambda found: called(found[0]), alert.suppressed_by),
        assignees=tuple(map(called, alert.assignees)),
        notes=tuple(replace(each, who=called(each.who)) for each in alert.notes),
    )


def spoken_entry(each: Noted, called: Naming) -> Noted:
    """An entry of the journal, with its people by their names."""
    data = {key: called(value) if key in _PEOPLE and isinstance(value, str) else value for key, value in each.data.items()}
    return msgspec.structs.replace(each, who=called(each.who), data=data)


_PEOPLE = ("person", "before", "lead", "owner")
