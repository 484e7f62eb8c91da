"""Whose an alert is: it is in one open incident at a time."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .incidents import Change, Incident, Member


def taken(known: Mapping[str, Incident], incident: str, change: Change, data: Mapping[str, object]) -> str:
    """Why alerts cannot go into an incident: an alert is in one open incident at a time, whoever was first. "" where they can."""
    if change not in (Change.OPENED, Change.ADDED):
        return ""
    for each in msgspec.convert(data.get("alerts", ()), tuple[Member, ...]):
        here = next((one for one in known.values() if not one.status.over and one.holds(each.source, each.alert)), None)
        if here is not None and here.id != incident:
            also = "" if change is Change.OPENED else ": merge the two, or split it off there first"
            return f"{each.name} is in {here.id} {here.title} already{also}"
    return ""
