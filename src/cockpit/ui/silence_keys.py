"""Why a key cannot work on the silences that are selected, and on the filter in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from ..core import actions
from ..core.alerts import Ref, SilenceState
from ..core.view import View
from ..engine.desk import Desk

ELSEWHERE = "that is for silences: S lists them"
_OURS = ("open", "mark", "copy", "silence", "unack", "extend")
"""Keys that mean the silence under the cursor while the Silences pane is what the others are about."""


def with_silences(
    why: Mapping[str, str], desk: Desk, view: View, silences: Sequence[Ref] | None, filter_text: str
) -> Mapping[str, str]:
    """The reasons by key id, with those of silences put in their place. ``silences`` are those that an action would be for, or
    ``None`` while the keys are about something else."""
    reasons = {id: reason for id, reason in why.items() if silences is None or id not in _OURS}
    wanted = {"silence-filter": _filter(desk, filter_text)}
    if silences is None:
        wanted["extend"] = ELSEWHERE
    elif not silences:
        wanted |= dict.fromkeys(_OURS, "there is no silence under the cursor")
    else:
        wanted |= _one(desk, view, silences[0])
    return reasons | {id: reason for id, reason in wanted.items() if reason}


def _filter(desk: Desk, filter_text: str) -> str:
    return desk.why_not(actions.MakeSilence) or ("" if filter_text else "no filter is in force: / sets one")


def _one(desk: Desk, view: View, ref: Ref) -> Mapping[str, str]:
    found = next((each for each in view.silences if each.ref == ref), None)
    if found is None:
        return dict.fromkeys(("silence", "unack", "extend"), "that silence is not there any more")
    stands, soon = found.state is not SilenceState.EXPIRED, view.now + timedelta(hours=1)
    changing = actions.MakeSilence(ref.source, found.match, soon, "…", replaces=ref.id if stands else "")
    reasons = {
        "silence": desk.why_not(changing) or "",
        "unack": desk.why_not(actions.EndSilence(ref)) or "",
        "extend": desk.why_not(changing) or "",
    }
    if found.ack:
        reasons["silence"] = f"that is an acknowledgement, by {found.who}: u takes it back"
    if found.ack or found.until_resolved:
        reasons["extend"] = "it is renewed until what it hushes has resolved"
    elif not stands:
        reasons["extend"] = "it has ended: s makes it anew"
    return reasons
