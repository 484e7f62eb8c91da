"""The shift brief as JSON."""

from __future__ import annotations

from ..core.alerts import Alert
from ..core.handover import Brief, Duty, Happening
from .action_items import record as item_record
from .listing import when


def record(made: Brief) -> dict[str, object]:
    """Everything, nothing cut."""
    handed = made.handed
    return {
        "at": when(made.now),
        "since": when(made.since),
        "duties": [_duty(each) for each in made.duties],
        "handed": None if handed is None else {"at": when(handed.at), "who": handed.who, "from": handed.giver, "to": handed.taker},
        "changed": [_happening(each) for each in made.since_then],
        "over": list(made.over),
        "action_items": [item_record(each, made.people, made.now, made.known_traps) for each in made.items],
        "alerts": [_alert(row.alert, made) | {"stale": row.stale} for row in made.alerts],
        "suppressed": made.hushed,
        "notes": [{"id": each.number, "at": when(each.at), "who": each.who, "text": each.text} for each in made.notes],
        "incidents": [
            {
                "id": each.id, "title": each.title, "status": each.status.value, "severity": each.severity.word,
                "lead": each.lead or None, "opened_at": when(each.opened_at),
            }
            for each in made.incidents
        ],
        "happened": [_happening(each) for each in made.earlier],
        "called": [{"who": each.name, "times": each.times, "woken": each.woken} for each in made.called],
        "traps": [
            {"source": each.source, "name": each.trap.name, "state": each.state.value, "says": each.says} for each in made.traps
        ],
        "silences": [
            {
                "source": each.ref.source, "id": each.ref.id, "match": each.match, "ends_at": when(each.ends_at), "who": each.who,
                "comment": each.comment,
            }
            for each in made.silences
        ],
        "gaps": [
            {"roster": each.roster, "level": each.level, "start": when(each.start), "end": when(each.end)} for each in made.gaps
        ],
        "clashes": [{"says": each.says, "start": when(each.start), "end": when(each.end)} for each in made.clashes],
        "away": [{"who": each.name, "start": when(each.start), "end": when(each.end), "why": each.why} for each in made.away],
        "overrides": [
            {
                "roster": each.roster, "who": each.name, "start": when(each.start), "end": when(each.end), "by": each.who,
                "why": each.why,
            }
            for each in made.overrides
        ],
        "cannot_see": list(made.unseen),
    }  # fmt: skip


def _duty(each: Duty) -> dict[str, object]:
    return {
        "roster": each.roster, "level": each.level, "from": each.giver or None, "to": each.taker or None,
        "began": when(each.began), "at": when(each.at), "after": each.after or None, "after_at": when(each.then),
    }  # fmt: skip


def _alert(alert: Alert, made: Brief) -> dict[str, object]:
    return {
        "source": alert.ref.source, "id": alert.ref.id, "name": alert.name, "where": alert.where,
        "severity": alert.severity.word, "state": alert.state.value, "summary": alert.summary,
        "started_at": when(alert.started_at), "acknowledged_by": alert.acknowledged_by or None,
        "acknowledged_at": when(alert.acknowledged_at), "new": str(alert.ref) in made.fresh,
    }  # fmt: skip


def _happening(each: Happening) -> dict[str, object]:
    return {
        "first": when(each.first), "last": when(each.last), "times": each.times, "what": each.what, "who": each.who or None,
        "text": each.text,
    }  # fmt: skip
