"""What others write down in the night, and what a newcomer is told to look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ...core.alerts import Severity
from ...core.incident_timeline import MARK
from ...core.incidents import Change, member
from .beats import LENGTH, Beat, Cures, told
from .night import BLIND, FREE_DISK, NIGHT, OTHERS, ROLL_BACK, done_before


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody else writes down at second ``at``: a change of the night's incident, or a mark. ``unless`` is the
    runbook that makes it pointless, where somebody at this screen was faster with it."""

    at: float
    who: str
    change: Change | None
    data: dict[str, object]
    unless: str = ""


CHECKOUT = next(beat for beat in NIGHT if beat.name == "HighErrorRate")
"""The alert that the night's incident is about."""


def chronicle(base: datetime) -> tuple[Written, ...]:
    """All of it, in the order of time, of a night that began at ``base`` (UTC)."""
    opened, hurt = 250.0, f"{base + timedelta(seconds=60):%Y-%m-%dT%H:%M:%S}Z"
    alerts = msgspec.to_builtins([_member(beat, opened, base) for beat in NIGHT if beat.id == "P4711" or beat is CHECKOUT])
    title = {"title": "Checkout fails for one in eight", "severity": Severity.CRITICAL.word, "alerts": alerts}
    rows: tuple[tuple[float, str, Change | None, dict[str, object], str], ...] = (
        (-240.0, "Bo", None, {"text": "deployed shop 1.4", "service": "shop"}, ""),
        (opened, "Bo", Change.OPENED, title, ""),
        (255.0, "Bo", Change.ROLE, {"role": "lead", "person": "Bo"}, ""),
        (320.0, "Bo", Change.IMPACT, {"impact_start": hurt, "text": "orders are lost at the last step"}, ""),
        (470.0, "Bo", Change.NOTED, {"text": "the rack's switch restarts: a planned update, and not our fire"}, ""),
        (600.0, "Bo", Change.STATUS, {"status": "identified"}, ""),
        (610.0, "Bo", Change.NOTED, {"text": "1.4 writes every query down: its log eats the disk and the time of checkout"}, ""),
        (OTHERS[ROLL_BACK], "Bo", None, {"text": "rolled back to shop 1.3", "service": "shop"}, ROLL_BACK),
        (OTHERS[FREE_DISK], "Bo", Change.NOTED, {"text": "shipped query logs deleted, db-1 writes again"}, FREE_DISK),
        (1180.0, "Bo", Change.STATUS, {"status": "monitoring"}, ""),
        (1185.0, "Bo", Change.IMPACT, {"impact_end": f"{base + timedelta(seconds=1120):%Y-%m-%dT%H:%M:%S}Z"}, ""),
        (1500.0, "Bo", Change.CLOSED, {}, ""),
    )  # fmt: skip
    return tuple(Written(at=at, who=who, change=change, data=data, unless=less) for at, who, change, data, less in rows)


def _member(beat: Beat, at: float, base: datetime) -> Any:
    (alert,) = told((beat,), beat.source, at, {}, base)
    return member(alert)


def due(base: datetime, since: float, until: float, by_hand: Cures) -> tuple[Written, ...]:
    """What is written down after second ``since`` and by ``until``, as far as it still makes sense."""
    every = (each for each in chronicle(base) if since < each.at <= until)
    return tuple(each for each in every if not each.unless or not done_before(each.unless, each.at, by_hand))


KIND = MARK
"""The kind of an entry that is no change of the incident."""

_CAPTIONS: Mapping[float, str] = {
    -1.0: "a made-up night: press any key, nothing is real. ? lists all keys",
    140.0: "HighErrorRate: a takes it, 1 rolls back, s silences, i an incident",
    168.0: "web-2's labels hold commands: they are shown, and do nothing",
    212.0: "the trap db-disk sees it coming: nothing is full yet. tab goes there",
    252.0: "Bo leads an incident: i follows it live, with its own timeline",
    300.0: "prom-eu is blind: its rows stay, struck. R lists runs, w the week",
    450.0: "a rack falls silent: 42 alerts, 3 lines. enter opens one, a takes it",
    541.0: "the disk trap trips and pages you, in 4 min Bo: a takes it, 1 helps",
    640.0: "prom-eu sees again. e pages, t arms a trap, / filters (team=db)",
    790.0: "the disk is full, Postgres stands still: 1 on db-disk frees space",
    1020.0: "Bo rolls back. :report counts fires, :handover briefs, S: silences",
    1200.0: "it calms down. :incidents lists them all, with what was done",
    1440.0: "Divya has the shift now: 09:00 in Kolkata. :handover tells her all",
    1500.0: "Bo closes the incident. What would have caught it? t arms a trap",
    LENGTH: "that was the night: p tells it again, < goes back, q leaves",
}
"""From which second on what is said; short enough for 80 columns."""


def caption(at: float) -> str:
    """What to look at and to press at that second."""
    return _CAPTIONS[max(since for since in _CAPTIONS if since <= at)]


def events(base: datetime) -> tuple[float, ...]:
    """The seconds at which something happens, in the order of time: what one would step to."""
    begins = (each for beat in NIGHT if "rack" not in beat.labels for each in (beat.begins, beat.ends) if each is not None)
    moments = {*begins, *_CAPTIONS, *BLIND[1:3], *(each.at for each in chronicle(base))}
    return tuple(sorted(each for each in moments if 0.0 < each <= LENGTH))
