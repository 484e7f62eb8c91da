"""What a provider answered, looked at record by record before anyone relies on it (safety 15, 18): what is kept of each.

A provider is other people's code: a record of the wrong type, a time without a zone, somebody else's reference or an id that comes
twice is left out and counted, so that accepted + rejected = received. Texts are cleaned a second time where that is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar, cast

import msgspec

from ..core.alerts import Alert, AlertState, Link, Ref, Remark, Severity, Silence, SilenceState
from ..core.covers import Standing
from ..core.days import Day, Holiday, Leave
from ..core.drills import marked_as_drill
from ..core.jobs import Job, Option, OptionKind
from ..core.packed import Packed
from ..core.responses import Maintenance
from ..core.roster import Gap, OnCall, Shift, zone
from ..core.text import clean, clean_block
from ..core.traps import Trap, TrapState, TrapView, Watch

T = TypeVar("T")

_ALERT_TEXTS = ("summary", "name", "where", "acknowledged_by", "acknowledged_why", "suppressed_by", "trap")
_ALERT_TIMES = ("started_at", "ended_at", "acknowledged_at", "suppressed_until")
_ALERT_LISTS = ("assignees", "receivers", "groups", "silences")
_REACHED = (1970, 2200)  # years that rosters reach
_SHORT = 2000  # what `clean` leaves whole
_texts_of = attrgetter(*_ALERT_TEXTS)
_packed_texts_of = attrgetter(*_ALERT_TEXTS[1:])
_times_of = attrgetter(*_ALERT_TIMES)


def _is_utc(time: object) -> bool:
    return type(time) is datetime and time.utcoffset() == timedelta(0)


def _utc(time: datetime | None) -> datetime | None:
    """The time in UTC. Raises `ValueError` where it has no zone, `TypeError` where it is none."""
    if time is None or (_is_utc(time) and time.tzinfo is UTC):
        return time
    if not isinstance(time, datetime):
        raise TypeError(type(time))
    if time.utcoffset() is None:
        raise ValueError("a time without a zone")
    return time.astimezone(UTC)


def _plain(texts: tuple[str, ...]) -> bool:
    """Whether no text needs any cleaning: looked at as one, which is much faster than one by one. Raises `TypeError` for what is
    no text."""
    joined = "".join(texts)
    return len(joined) <= _SHORT and joined.isascii() and joined.isprintable()


def _text(text: str) -> str:
    if type(text) is not str:
        raise TypeError(type(text))
    safe = clean(text)
    return text if safe == text else safe


def _block(text: str) -> str:
    if type(text) is not str:
        raise TypeError(type(text))
    safe = clean_block(text)
    return text if safe == text else safe


def _ours(ref: Ref, source: str) -> bool:
    return type(ref) is Ref and ref.source == source and type(ref.id) is str and ref.id != "" and clean(ref.id) == ref.id


def _alert(alert: Alert, source: str) -> Alert | None:
    if type(alert) not in (Alert, Packed) or not _ours(alert.ref, source):
        return None
    if type(alert.severity) is not Severity or type(alert.state) is not AlertState:
        return None
    times = _times_of(alert)
    texts, more = (_packed_texts_of(alert), ()) if _is_clean(alert) else (_texts_of(alert), _more(alert))
    if (
        _plain((*texts, *more, *_lists(alert)))
        and not alert.notes
        and all(time is None or (type(time) is datetime and time.tzinfo is UTC) for time in times)
    ):
        return marked_as_drill(alert)  # nearly all that ever comes
    texts = _texts_of(alert)
    changes: dict[str, object] = {
        name: new for name, old, new in zip(_ALERT_TEXTS, texts, map(_text, texts), strict=True) if new != old
    }
    changes |= {name: new for name, old, new in zip(_ALERT_TIMES, times, map(_utc, times), strict=True) if new is not old}
    for name, read in (("labels", _text), ("annotations", _block)):
        table = getattr(alert, name)
        new = {_text(key): read(value) for key, value in table.items()}
        if new != table:
            changes[name] = new
    links = tuple(Link(_text(link.name), _text(link.url)) for link in alert.links)
    notes = tuple(Remark(cast(datetime, _utc(note.at)), _text(note.who), _block(note.text)) for note in alert.notes)
    if any(note.at is None for note in notes):
        return None
    lists = ((name, tuple(map(_text, getattr(alert, name)))) for name in _ALERT_LISTS)
    for name, new_items in (*lists, ("links", links), ("notes", notes)):
        if new_items != getattr(alert, name):
            changes[name] = new_items
    return marked_as_drill(msgspec.structs.replace(alert, **changes) if changes else alert)


def _is_clean(alert: Alert) -> bool:
    """Whether its labels, annotations, links and summary need no look: a `Packer` has cleaned them."""
    return type(alert) is Packed and alert.untouched


def _more(alert: Alert) -> Iterator[str]:
    yield from (*alert.labels, *alert.labels.values(), *alert.annotations, *alert.annotations.values())
    for link in alert.links:
        yield from (link.name, link.url)


def _lists(alert: Alert) -> tuple[str, ...]:
    return (*alert.assignees, *alert.receivers, *alert.groups, *alert.silences)


def _silence(silence: Silence, source: str) -> Silence | None:
    if type(silence) is not Silence or not _ours(silence.ref, source):
        return None
    starts, ends = _utc(silence.starts_at), _utc(silence.ends_at)
    if starts is None or ends is None or type(silence.state) is not SilenceState:
        return None
    return msgspec.structs.replace(
        silence,
        match=_text(silence.match),
        starts_at=starts,
        ends_at=ends,
        who=_text(silence.who),
        comment=_block(silence.comment),
        ack=silence.ack is True,
        until_resolved=silence.until_resolved is True,
    )


def _trap(view: TrapView, source: str) -> TrapView | None:
    good = type(view) is TrapView and type(view.trap) is Trap and type(view.watch) is Watch and type(view.state) is TrapState
    if not good or view.source != source or clean(view.trap.name) != view.trap.name:
        return None
    for time in (
        view.watch.since,
        view.watch.checked_at,
        view.watch.good_at,
        view.watch.tripped_at,
        view.watch.rest_until,
        view.watch.proven_at,
    ):
        if time is not None and not _is_utc(time):
            return None
    return cast(TrapView, _scrubbed(view))


_AS_GIVEN = ("params", "memory")  # what a probe is configured with and what it remembers: nobody shows it as it is
_BLOCKS = ("went_wrong", "detect", "signs", "help")


def _scrubbed(value: object, name: str = "") -> object:
    """``value`` with every text in it cleaned; the very same object where that changes nothing. Raises `TypeError` for what is no
    text where one belongs."""
    if isinstance(value, str):
        return _block(value) if name in _BLOCKS else _text(value)
    if isinstance(value, msgspec.Struct):
        fields = ((each, getattr(value, each)) for each in value.__struct_fields__ if each not in _AS_GIVEN)
        changed = {each: new for each, old in fields if (new := _scrubbed(old, each)) is not old}
        return msgspec.structs.replace(value, **changed) if changed else value
    if isinstance(value, dict):
        table = {_scrubbed(key): _scrubbed(each) for key, each in value.items()}
        return value if table == value else table
    if isinstance(value, tuple):
        items = tuple(map(_scrubbed, value))
        return value if items == value else items
    return value


@lru_cache(maxsize=1024)
def _zone(name: str) -> str:
    """A zone that exists here: UTC for one that does not, so that everyone's hours can be counted."""
    try:
        return zone(name).key
    except ValueError:
        return "UTC"


def _shift(shift: Shift | None) -> Shift | None:
    if shift is None:
        return None
    if type(shift) is not Shift:
        raise TypeError(type(shift))
    return msgspec.structs.replace(
        shift, name=_text(shift.name), timezone=_zone(_text(shift.timezone)), start=_utc(shift.start), end=_utc(shift.end)
    )


def _on_call(roster: OnCall, source: str) -> OnCall | None:
    if type(roster) is not OnCall or roster.source != source or type(roster.level) is not int:
        return None
    return msgspec.structs.replace(
        roster,
        roster=_text(roster.roster),
        now=_shift(roster.now),
        next=_shift(roster.next),
        remark=_text(roster.remark),
        policy=_text(roster.policy),
        gap=None if roster.gap is None else _gap(roster.gap),
    )


def _gap(gap: Gap) -> Gap:
    if type(gap) is not Gap:
        raise TypeError(type(gap))
    return msgspec.structs.replace(gap, roster=_text(gap.roster), start=_utc(gap.start), end=_utc(gap.end))


def _one_shift(shift: Shift, source: str) -> Shift | None:
    good = type(shift) is Shift and shift.source == source and type(shift.level) is int
    if not good or (shift.start is not None and shift.end is not None and shift.end <= shift.start):
        return None
    checked = _shift(shift)
    return None if checked is None else msgspec.structs.replace(checked, roster=_text(shift.roster), person=_text(shift.person))


def _standing(each: Standing, source: str) -> Standing | None:
    if type(each) is not Standing or not _ours(each.ref, source):
        return None
    start, end = _utc(each.start), _utc(each.end)
    if start is None or end is None or end <= start:
        return None
    texts = {name: _text(getattr(each, name)) for name in ("roster", "person", "name", "who", "why", "undone", "together")}
    return msgspec.structs.replace(each, start=start, end=end, **texts)


def _day(each: Day, source: str) -> Day | None:
    if each.source != source:
        return None
    if type(each) is Holiday:
        good = type(each.day) is date and _REACHED[0] <= each.day.year <= _REACHED[1]
        return msgspec.structs.replace(each, name=_text(each.name)) if good else None
    if type(each) is not Leave:
        raise TypeError(type(each))
    start, end = _utc(each.start), _utc(each.end)
    if start is None or end is None or end <= start:
        return None
    return msgspec.structs.replace(each, person=_text(each.person), start=start, end=end, why=_text(each.why))


def _maintenance(each: Maintenance, source: str) -> Maintenance | None:
    if type(each) is not Maintenance or not _ours(each.ref, source):
        return None
    starts, ends = _utc(each.starts_at), _utc(each.ends_at)
    if starts is None or ends is None or ends <= starts:
        return None
    return msgspec.structs.replace(
        each,
        services=tuple(map(_text, each.services)),
        starts_at=starts,
        ends_at=ends,
        who=_text(each.who),
        comment=_block(each.comment),
    )


def _job(job: Job, source: str) -> Job | None:
    if type(job) is not Job or not _ours(job.ref, source) or not job.name or clean(job.name) != job.name:
        return None
    names = [each.name for each in job.options]
    if not all(map(_option_is_good, job.options)) or len(set(names)) < len(names):
        return None
    return cast(Job, _scrubbed(job))


def _option_is_good(option: Option) -> bool:
    good = type(option) is Option and type(option.kind) is OptionKind and option.name != "" and clean(option.name) == option.name
    return good and not (option.secret and option.default is not None)


def _key_of_day(each: Day) -> Hashable:
    return (each.day, each.name) if isinstance(each, Holiday) else (each.person, each.start, each.end)


CHECKS: dict[str, tuple[Callable[[Any, str], object | None], Callable[[Any], Hashable]]] = {
    "alerts": (_alert, attrgetter("ref")),
    "silences": (_silence, attrgetter("ref")),
    "traps": (_trap, attrgetter("trap.name")),
    "rosters": (_on_call, attrgetter("roster", "level")),
    "shifts": (_one_shift, attrgetter("roster", "level", "start")),
    "overrides": (_standing, attrgetter("ref")),
    "days": (_day, _key_of_day),
    "maintenances": (_maintenance, attrgetter("ref")),
    "jobs": (_job, attrgetter("name")),
}
"""How each kind of record is looked at, and what makes two of them the same."""
