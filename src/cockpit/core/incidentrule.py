"""What ``[incidents.NAME]`` of the config says; apart from what follows from it, for every start reads it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .alerts import AlertState, Severity
from .escalation import Target
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
    has, or that is hushed, opens nothing.
    """

    name: str
    match: str
    after: Seconds = Seconds(0.0)
    by: tuple[str, ...] = ()
    title: str = TITLE
    severity: Severity | None = None
    roles: Mapping[str, Target] = {}
    even: tuple[AlertState, ...] = ()

    @property
    def states(self) -> frozenset[AlertState]:
        """In which an alert counts."""
        return frozenset((AlertState.FIRING, *self.even))
