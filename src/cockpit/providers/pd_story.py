"""What PagerDuty tells of one incident to whoever looks closer: what raised it, all that happened, what was like it before."""

from __future__ import annotations

import asyncio
from datetime import datetime

import msgspec

from ..core.story import Entry, Past, Story
from ..core.text import clean, clean_block
from ..provider import Forbidden, NotFound, ProviderError
from .pd_account import Account, part
from .pd_wire import NOBODY, UNREADABLE, WireRef, page, read, when

MOST_ENTRIES = 300
MOST_FACTS = 40
PAST = 5
_KINDS = {
    "trigger_log_entry": "fired",
    "acknowledge_log_entry": "acknowledged",
    "resolve_log_entry": "resolved",
    "notify_log_entry": "told",
    **dict.fromkeys(
        (
            "assign_log_entry", "delegate_log_entry", "escalate_log_entry", "snooze_log_entry", "unacknowledge_log_entry",
            "exhaust_escalation_path_log_entry", "repeat_escalation_path_log_entry", "urgency_change_log_entry",
        ),
        "moved",
    ),
}  # fmt: skip


class WireHappened(msgspec.Struct, frozen=True):
    """``LogEntry``."""

    type: str | None = None
    summary: str | None = None
    created_at: str | None = None
    agent: WireRef | None = None


class WireNote(msgspec.Struct, frozen=True):
    """``IncidentNote``."""

    content: str | None = None
    created_at: str | None = None
    user: WireRef | None = None


class WireBody(msgspec.Struct, frozen=True):
    """The body of an alert: whatever its monitoring said."""

    details: msgspec.Raw = msgspec.Raw(b"null")


class WireAlert(msgspec.Struct, frozen=True):
    """``Alert``: one of those that are in an incident."""

    summary: str | None = None
    severity: str | None = None
    body: WireBody | None = None


class WirePast(msgspec.Struct, frozen=True):
    """An incident of before."""

    incident: WirePastIncident | None = None


class WirePastIncident(msgspec.Struct, frozen=True):
    """What it was."""

    id: str | None = None
    title: str | None = None
    created_at: str | None = None


class Stories:
    """``web`` gives the address of an incident for a browser, by which those of others are known. Whether the account has past
    incidents at all is asked once."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._has_past = True

    async def tell(self, incident: str, web: str) -> Story:
        """The whole story. Raises what the log of the incident raises; a smaller part that cannot be had becomes a remark."""
        path = f"/incidents/{part(incident)}"
        log, notes, alerts, past = await asyncio.gather(
            self._account.listed(f"{path}/log_entries", "log_entries", most=MOST_ENTRIES),
            self._part(f"{path}/notes", "notes"),
            self._part(f"{path}/alerts", "alerts", (("limit", "25"),)),
            self._part(f"{path}/past_incidents", "past_incidents", (("limit", str(PAST)),)) if self._has_past else _nothing(),
            return_exceptions=True,
        )
        for told in (log, notes, alerts, past):
            if isinstance(told, BaseException) and not isinstance(told, ProviderError):
                raise told
        if isinstance(log, BaseException):
            raise log
        entries = [*_happened(read(log.records, WireHappened).records), *_notes(_raws(notes))]
        remarks = [] if log.complete else [f"older than the last {MOST_ENTRIES} entries is not shown"]
        if isinstance(past, (Forbidden, NotFound)):
            self._has_past = False  # the account's plan does not have them
        else:
            remarks += _missing("past incidents", past)
        remarks += _missing("notes", notes) + _missing("alerts", alerts)
        return Story(
            facts=_facts(_raws(alerts)),
            entries=tuple(sorted(entries, key=lambda each: each.at)),
            past=_past(_raws(past), web, incident),
            remarks=tuple(remarks),
        )

    async def _part(self, path: str, key: str, query: tuple[tuple[str, str], ...] = ()) -> tuple[msgspec.Raw, ...]:
        return page((await self._account.get(path, query)).body, key).records


Told = tuple[msgspec.Raw, ...] | BaseException


async def _nothing() -> tuple[msgspec.Raw, ...]:
    return ()


def _raws(told: Told) -> tuple[msgspec.Raw, ...]:
    return () if isinstance(told, BaseException) else told


def _missing(what: str, told: Told) -> list[str]:
    if isinstance(told, ProviderError):
        return [f"{what} could not be read: {told}"]
    return []


def _happened(entries: tuple[WireHappened, ...]) -> list[Entry]:
    """What the log tells; notes are told whole elsewhere."""
    found: list[Entry] = []
    for each in entries:
        at = when(each.created_at)
        if at is None or each.type == "annotate_log_entry":
            continue
        by = (each.agent or NOBODY).word
        text = clean(each.summary or (each.type or "something").replace("_log_entry", "").replace("_", " "), 500)
        said = text if not by or by in text else f"{text} ({by})"
        found.append(Entry(at, said[:1].lower() + said[1:], _KINDS.get(each.type or "", "")))
    return found[::-1]  # the log is told with the newest first


def _notes(raws: tuple[msgspec.Raw, ...]) -> list[Entry]:
    found: list[Entry] = []
    for each in read(raws, WireNote).records:
        at: datetime | None = when(each.created_at)
        if at is not None:
            found.append(Entry(at, f"{(each.user or NOBODY).word or 'somebody'}: {clean_block(each.content or '', 4000)}", "note"))
    return found


def _facts(raws: tuple[msgspec.Raw, ...]) -> dict[str, str]:
    """What the first alert in it said of itself; and how the others are called."""
    alerts = read(raws, WireAlert).records
    if not alerts:
        return {}
    facts = _details(alerts[0].body.details if alerts[0].body is not None else msgspec.Raw(b"null"))
    if alerts[0].severity:
        facts.setdefault("severity", clean(alerts[0].severity, 100))
    others = [clean(each.summary or "", 200) for each in alerts[1:] if each.summary]
    if others:
        facts["other alerts"] = "; ".join(dict.fromkeys(others))
    return facts


def _details(raw: msgspec.Raw) -> dict[str, str]:
    """Whatever JSON it is, as names and texts."""
    try:
        told: object = msgspec.json.decode(raw)
    except UNREADABLE:
        return {}
    if not isinstance(told, dict):
        return {"details": clean_block(_text(told), 4000)} if told else {}
    pairs = list(told.items())[:MOST_FACTS]
    return {clean(str(name), 100): clean_block(_text(value), 2000) for name, value in pairs if value not in (None, "", [], {})}


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _past(raws: tuple[msgspec.Raw, ...], web: str, incident: str) -> tuple[Past, ...]:
    found: list[Past] = []
    for each in read(raws, WirePast).records:
        told = each.incident
        at = when(told.created_at) if told is not None else None
        if told is not None and at is not None:
            url = web.replace(incident, told.id) if web.endswith(incident) and told.id else ""
            found.append(Past(at, clean(told.title or "(no title)", 300), clean(url, 2000)))
    return tuple(sorted(found, key=lambda past: past.at, reverse=True))
