"""What ``[incidents.NAME]`` of the config says; apart from what follows from it, for every start reads it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .alerts import Alert, AlertState, Severity
from .paged import PageState
from .policies import Target
from .units import Seconds

TITLE = "{name} {where}"
"""What an incident is called where its rule does not say."""
OWN = ("name", "where", "summary", "severity", "source", "trap")
"""What may stand in braces in a title beside the alert's labels."""


class IncidentRule(msgspec.Struct, frozen=True, kw_only=True):
    """One ``[incidents.NAME]``: an incident is opened for an alert that ``match`` (filter language) hits, once it has been firing
    ``after`` so many seconds. Other alerts of the rule join it while it is open; ``by`` names labels, and alerts that differ in one
    have an incident of their own.

    ``title`` is a template (`OWN` and the alert's labels in braces), ``severity`` how bad it is (``None``: as its worst alert), and
    ``roles`` whose each role is at that moment. ``even`` are states in which an alert counts beside firing: else one that somebody
    has, or that is hushed, opens nothing. ``paged``: it counts only once somebody was told of it.
    """

    name: str
    match: str
    after: Seconds = Seconds(0.0)
    by: tuple[str, ...] = ()
    title: str = TITLE
    severity: Severity | None = None
    roles: Mapping[str, Target] = {}
    even: tuple[AlertState, ...] = ()
    paged: bool = False

    @property
    def states(self) -> frozenset[AlertState]:
        """In which an alert counts."""
        return frozenset((AlertState.FIRING, *self.even))

    def counts(self, alert: Alert) -> bool:
        """Whether an alert that it matches counts now, however long it has been firing."""
        return alert.state in self.states and (not self.paged or was_paged(alert))


def was_paged(alert: Alert) -> bool:
    """Whether somebody was told of it: by the cockpit, or by its source, which says who has to see to it."""
    sent = (each.state is PageState.SENT or each.maybe for each in alert.pages if not each.ending)
    return bool(alert.assignees) or any(sent)
