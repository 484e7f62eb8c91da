"""An incident in words: how it stands, when users were hurt, and its timeline as lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from ..core.alerts import AlertState
from ..core.incident_timeline import Line
from ..core.incidents import LEAD, Incident, Status
from .box import Hint, hints
from .spans import Row, Span, Spans, fit, wrapped
from .times import city, clock, moment, said_age
from .times import zone as at_zone

ROLES = {"alert": "warning", "page": "critical", "run": "text", "trap": "warning", "mark": "info", "roster": "who", "note": "text"}
"""How each kind of line is drawn; the others are muted."""
_KIND, _NARROW = 9, 60


def standing(here: Incident, now: datetime) -> tuple[tuple[str, str], ...]:
    """Severity, status, who leads and for how long it has been going on, as (text, style)."""
    severity = here.severity.word
    role = severity if severity in ("critical", "warning", "info") else "muted"
    status = {Status.CLOSED: "$role-ok", Status.MERGED: "$role-muted"}.get(here.status, "bold $role-warning")
    lead = (f"{here.lead} leads", "$role-who") if here.lead else ("nobody leads: l takes it", "$role-refusal")
    if here.status.over:
        lead = (f"{here.lead} led" if here.lead else "nobody led", "$role-who")
    last = here.closed_at or now
    took = f"{'took' if here.status.over else 'for'} {said_age(here.began, last)}"
    into = f" into {here.into}" if here.into else ""
    gap = ("  ·  ", "$role-muted")
    return (
        (severity, f"bold $role-{role}"), gap, (here.status.value + into, status), gap, lead, gap, (took, "$role-muted"),
    )  # fmt: skip


def hurt(here: Incident, now: datetime, zone: str) -> str:
    """When users were hurt and how, as far as anybody has said."""
    if here.impact_start is None and here.impact_end is None:
        return here.impact or ("not said" if here.status.over else "not said yet: u says it")
    start = moment(here.impact_start, now, zone) if here.impact_start is not None else "?"
    end = moment(here.impact_end, now, zone) if here.impact_end is not None else "now" if not here.status.over else "?"
    return f"{start} until {end}" + (f": {here.impact}" if here.impact else "")


def since(here: Incident, now: datetime, zone: str) -> str:
    """When it began, and who opened it; when that was, where it was not then."""
    began, opened = moment(here.began, now, zone), moment(here.opened_at, now, zone)
    if began == opened:
        return f"{began} {city(zone)}, opened by {here.opened_by}"
    alike = here.began.astimezone(at_zone(zone)).date() == here.opened_at.astimezone(at_zone(zone)).date()
    return f"{began} {city(zone)}; opened {clock(here.opened_at, zone) if alike else opened} by {here.opened_by}"


def alerts(here: Incident) -> str:
    """Which alerts are in it, and how those stand that do not fire."""
    names = [f"{each.name} {each.where}".strip() + _stands(each.state) for each in here.members]
    return ", ".join(names) or "none"


def roles(here: Incident) -> str:
    """Who has which role beside the lead."""
    return ", ".join(f"{role}: {who}" for role, who in sorted(here.roles.items()) if role != LEAD)


_ANY = (("l", "lead"), ("n", "note"), ("u", "hurt…"), ("a", "actions…"), ("t", "trap…"), ("e", "edit…"), ("r", "roles…"))
_WORKING = (("s", "status…"), ("m", "merge…"), ("x", "split…"), ("c", "close…"))


def keys_of(here: Incident | None) -> tuple[Hint, ...]:
    """The keys that do something to it as it stands."""
    if here is None:
        return (("esc", "back"),)
    if here.status is Status.MERGED:
        return (("o", "take out…"), ("esc", "back"))
    return (*_ANY, *((("o", "reopen…"),) if here.status is Status.CLOSED else _WORKING), ("esc", "back"))


def packed(keys: Sequence[Hint], width: int) -> list[Content]:
    """Keys and their words in lines of so many cells at most, none of them parted."""
    lines: list[list[Hint]] = [[]]
    for each in keys:
        if lines[-1] and hints([*lines[-1], each]).cell_length > width:
            lines.append([])
        lines[-1].append(each)
    return [hints(line) for line in lines]


def _stands(state: str) -> str:
    return f" ({'over' if state == AlertState.RESOLVED.value else state})" if state not in ("", AlertState.FIRING.value) else ""


def rows(lines: Sequence[Line], width: int, zone: str) -> list[Row]:
    """A timeline, oldest first, in so many cells: texts that do not fit go on in the next row. The day stands where it changes."""
    made: list[Row] = []
    kind = _KIND if width >= _NARROW else 0
    day, clock = "", 10
    for line in lines:
        there = line.at.astimezone(at_zone(zone))
        if (today := f"{there:%a} {there.day} {there:%b}") != day:
            day = today
            made.append(((today,), ((day, "muted"),)))
        who = f"{line.who}: " if line.who else ""
        role = ROLES.get(line.what, "muted")
        head: list[Span] = [(f"{there:%H:%M:%S}  ", "muted"), *([(fit(line.what, kind), role)] if kind else [])]
        for number, text in enumerate(wrapped(who + line.told(at_zone(zone)), max(10, width - clock - kind))):
            front: Spans = tuple(head) if not number else ((" " * (clock + kind), ""),)
            told = (text[: len(who)], "who"), (text[len(who) :], "text")
            words: Spans = told if not number and text.startswith(who) else ((text, "text"),)
            made.append(((line.at, line.number, line.what, line.text, number), (*front, *words)))
    return made
