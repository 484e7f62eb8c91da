"""What the journal has of people, as it is told: by the names that the config has for them (`roster.display`)."""

from __future__ import annotations

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


_SILENCED = "silenced by "


def spoken_alert(alert: Alert, called: Naming) -> Alert:
    """The alert as it is told: who has it, hushed it and left notes by their names."""
    if not (alert.acknowledged_by or alert.suppressed_by or alert.assignees or alert.notes):
        return alert
    replace = msgspec.structs.replace
    return replace(
        alert,
        acknowledged_by=called(alert.acknowledged_by),
        suppressed_by=_silenced(alert.suppressed_by, called),
        assignees=tuple(map(called, alert.assignees)),
        notes=tuple(replace(each, who=called(each.who)) for each in alert.notes),
    )


def _silenced(said: str, called: Naming) -> str:
    """``silenced by ana: why`` with the name of Ana."""
    if not said.startswith(_SILENCED):
        return said
    begin = len(_SILENCED)
    end = next((at for at in range(begin, len(said)) if said[at] == ":" or said[at].isspace()), len(said))
    return _SILENCED + called(said[begin:end]) + said[end:] if end > begin else said


def hushed_by(said: str) -> tuple[str, bool]:
    """Who hushes an alert by what is said of that (`Alert.suppressed_by`), without the reason and the silence's id, and whether
    until it has resolved; what is no silence of a person is left as it is."""
    if not said.startswith(_SILENCED):
        return said, False
    who = said[len(_SILENCED) :].partition(": ")[0].partition(" (")[0]
    return who.removesuffix(_LASTING), who.endswith(_LASTING)


_LASTING = " until it has resolved"


def spoken_entry(each: Noted, called: Naming) -> Noted:
    """An entry of the journal, with its people by their names."""
    data = {key: called(value) if key in _PEOPLE and isinstance(value, str) else value for key, value in each.data.items()}
    return msgspec.structs.replace(each, who=called(each.who), data=data)


_PEOPLE = ("person", "before", "lead", "owner")
