"""What of the journal is in a recording: the kinds of entries and the keys of their data that are named here, and nothing else.

The journal has more than a recording must show: how a run is taken back (with its addresses, headers and bodies), what was typed
into a shell, what was answered to a runbook, where somebody's mail goes. What is new there stays out until it is named here.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .incidents import Change
from .recorded import Noted

_RUN = ("run", "what", "state", "reason", "exit_code", "drill")
_TURN = ("text", "reason", "values", "trips_in")
_PAGE = ("channel", "policy", "round", "step", "tries", "kind", "why", "firing")
_SILENCE = ("match", "until", "comment")
_OVERRIDE = ("id", "person", "start", "end", "why")
_ITEM = ("item", "text", "owner", "due", "trap", "how")

KEPT: Mapping[str, tuple[str, ...]] = {
    "alert.fired": ("text", "severity", "firing"),
    "alert.resolved": ("text", "seconds", "firing"),
    "alert.acked": ("firing", "note"),
    "alert.unacked": (),
    "alert.noted": ("text",),
    "silence.made": _SILENCE,
    "silence.changed": _SILENCE,
    "silence.ended": (),
    "page.sent": _PAGE,
    "page.failed": _PAGE,
    "trap.warning": _TURN,
    "trap.tripped": _TURN,
    "trap.blind": _TURN,
    "trap.armed": (*_TURN, "why", "rested"),
    "trap.disarmed": ("why", "until"),
    "trap.drilled": ("trips_at", "until", "quiet"),
    "trap.drill_acked": ("proven", "pages"),
    "trap.drill_ended": ("why",),
    "trap.laid": ("after", "lead", "incident", "alert"),
    "override.made": _OVERRIDE,
    "override.ended": _OVERRIDE,
    "roster.passed": ("person", "before"),
    "mark": ("text", "alert", "service", "incident"),
    "handover.noted": ("text",),
    "handover.unnoted": ("note",),
    "handover.done": ("from", "to", "alerts"),
    "run.started": _RUN,
    "run.ended": _RUN,
    "run.uncertain": _RUN,
    "run.cancelled": _RUN,
    "run.approved": (*_RUN, "by"),
    "run.unapproved": (*_RUN, "by"),
    Change.OPENED.value: ("title", "severity", "alerts", "rule", "group", "page", "lead"),
    Change.ADDED.value: ("alerts",),
    Change.ROLE.value: ("role", "person"),
    Change.STATUS.value: ("status",),
    Change.SEVERITY.value: ("severity",),
    Change.TITLE.value: ("title",),
    Change.IMPACT.value: ("text", "impact_start", "impact_end"),
    Change.NOTED.value: ("text",),
    Change.ARMED.value: ("trap", "trip", "would"),
    Change.ITEM_ADDED.value: _ITEM,
    Change.ITEM_EDITED.value: _ITEM,
    Change.ITEM_DONE.value: _ITEM,
    Change.ITEM_REOPENED.value: _ITEM,
    Change.ITEM_DROPPED.value: _ITEM,
    Change.MERGED.value: ("other",),
    Change.UNMERGED.value: ("other",),
    Change.SPLIT.value: ("new", "title", "alerts"),
    Change.SEEN.value: ("source", "alert", "name", "state", "before", "why", "at"),
    Change.CLOSED.value: (),
    Change.REOPENED.value: (),
}
"""The kinds that a replay shows anything by, and what it reads of each."""


def plain_entry(entry: Noted) -> Noted | None:
    """An entry as a recording may have it; ``None`` for one of a kind that it must not have, or that no replay shows."""
    keys = KEPT.get(entry.kind)
    if keys is None:
        return None
    return msgspec.structs.replace(entry, data={key: entry.data[key] for key in keys if key in entry.data})
