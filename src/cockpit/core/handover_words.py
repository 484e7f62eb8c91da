"""The shift brief in words: sections of lines, the same on a screen, on paper and as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from .action_items import standing as item_standing
from .alerts import AlertState
from .groups import Group, GroupKey
from .handover import Brief, Duty, Happening
from .markdown import inert
from .rows import SEVERITIES, Row
from .traps import TrapView
from .units import say_seconds, short_age


class Section(NamedTuple):
    """A heading, and its lines; none where there is nothing to say."""

    heading: str
    lines: tuple[str, ...]


def at(moment: datetime | None, zone: tzinfo | None) -> str:
    """A time on the clock of whoever reads, ``Thu 11-26 03:12``; the zone's name stands once, at the head, but for the hour
    that the night of a change of clocks has twice."""
    if moment is None:
        return "?"
    there = moment.astimezone(zone)
    folded = there.replace(fold=1 - there.fold).utcoffset() != there.utcoffset()
    return f"{there:%a %m-%d %H:%M}" + (f" {there:%Z}" if folded else "")


def title(brief: Brief, zone: tzinfo | None) -> str:
    """Who hands over to whom, and when."""
    duty = brief.duty
    now = f"{brief.now.astimezone(zone):%Y-%m-%d %H:%M %Z}"
    if duty is None:
        return f"Handover, {now}: no roster says from whom to whom"
    return f"Handover from {duty.giver or 'nobody'} to {duty.taker or 'nobody'}, {now}"


def standing(brief: Brief) -> Iterator[str]:
    """What goes over to the next person, for whoever is about to mark it: open alerts, incidents and who leads them, notes, traps;
    and what cannot be seen."""
    untaken = sum(row.alert.state is AlertState.FIRING for row in brief.alerts)
    yield _many(len(brief.alerts), "open alert") + (f", {untaken} of them without anybody" if untaken else "")
    for each in sorted(brief.incidents, key=lambda each: each.opened_at):
        yield (
            f"incident {each.id} {each.title}: {brief.called_so(each.lead)} leads"
            if each.lead
            else f"incident {each.id} {each.title}: nobody leads"
        )
    yield _many(len(brief.notes), "note")
    yield _many(len(brief.traps), "trap") + " to look at"
    for word in brief.unseen:
        yield f"cannot see: {word}"


def _many(many: int, what: str) -> str:
    return f"{many} {what}{'s' * (many != 1)}"


def sections(brief: Brief, zone: tzinfo | None, shown: int) -> Iterator[Section]:
    """Everything there is to say, what changed since it was handed over at the head; of each list no more than ``shown`` lines."""
    since = at(brief.since, zone)
    handed = brief.handed
    if handed is not None:
        when = at(handed.at, zone)
        changes = [*_changed(brief), *_cut([*_happenings(brief.since_then, zone)], shown, newest=True)]
        giver, taker = (brief.called_so(each) or "nobody" for each in (handed.giver, handed.taker))
        heading = f"Changed since {giver} handed over to {taker}, {when}"
        yield Section(heading, tuple(changes) or ("nothing",))
    yield Section("On call", tuple(_duty(each, brief, zone) for each in brief.duties))
    open_ = [*_open(brief, zone)]
    hushed = [f"{brief.hushed} more kept quiet by silences and the like"] if brief.hushed else []
    yield Section("Open alerts", (*(_cut(open_, shown) or _clear(brief)), *hushed))
    yield Section(
        "Notes", tuple(f"[{each.number}] {at(each.at, zone)} {brief.called_so(each.who)}: {each.text}" for each in brief.notes)
    )
    yield Section("Incidents that are not over", tuple(_incidents(brief, zone)))
    yield Section("Action items: overdue, or due within a week", tuple(_cut([*_items(brief)], shown)))
    yield Section(f"In the shift, since {since}", tuple(_cut([*_happenings(brief.earlier, zone)], shown, newest=True)))
    yield Section("Whom it called", tuple(_called(brief)))
    yield Section("Traps to look at", tuple(_cut([_trap(each) for each in brief.traps], shown)))
    yield Section("Silences that end soon", tuple(_cut(list(_silences(brief, zone)), shown)))
    yield Section("Overrides", tuple(_cut([*_overrides(brief, zone)], shown)))
    yield Section("Gaps and absences ahead", tuple(_cut([*_gaps(brief, zone)], shown)))
    yield Section("Cannot see", brief.unseen)


def _cut(lines: Sequence[str], shown: int, *, newest: bool = False) -> list[str]:
    """So many of them, the first or, where they are told in order of time, the last; and how many those are that are left out."""
    more = len(lines) - shown
    if more <= 0:
        return list(lines)
    if newest:
        return [f"… {more} before: --limit {len(lines)} shows them", *lines[more:]]
    return [*lines[:shown], f"… and {more} more: --limit {len(lines)} shows them"]


def _clear(brief: Brief) -> list[str]:
    return ["nothing firing on what can be seen" if brief.unseen else "none"]


def _changed(brief: Brief) -> Iterator[str]:
    fresh = [row.alert.name for row in brief.alerts if str(row.alert.ref) in brief.fresh]
    if fresh:
        yield f"new and open: {_names(fresh)}"
    if brief.over:
        yield f"over: {_names(brief.over)}"


def _names(names: Iterable[str]) -> str:
    """Each once, with how many have it; of many the first ten."""
    counted = Counter(names)
    said = [name if many == 1 else f"{many}× {name}" for name, many in counted.items()]
    return ", ".join(said[:10]) + (f" and {len(said) - 10} more" if len(said) > 10 else "")


def _duty(duty: Duty, brief: Brief, zone: tzinfo | None) -> str:
    if duty.at is None:
        return f"{duty.roster}: {duty.giver or 'nobody'}, without end"
    if duty.giver == duty.taker:  # times without anybody lie between
        said = f"{duty.roster}: {duty.giver or 'nobody'}, again from {at(duty.at, zone)}"
        return said + (f"; then {duty.after}, {at(duty.then, zone)}" if duty.after else "")
    verb = "hands" if duty.at > brief.now else "handed"
    said = f"{duty.roster}: {duty.giver or 'nobody'} {verb} over to {duty.taker or 'nobody'}, {at(duty.at, zone)}"
    return said + (f"; then {duty.after}, {at(duty.then, zone)}" if duty.after else "")


def _open(brief: Brief, zone: tzinfo | None) -> Iterator[str]:
    """A line for each open alert, and one for each group of a storm where the first of it stands."""
    of = {row.alert.ref: group for group in brief.storms for row in group.members}
    told = set[GroupKey]()
    for row in brief.alerts:
        group = of.get(row.alert.ref)
        if group is None:
            yield _alert(row, brief, zone)
        elif group.key not in told:
            told.add(group.key)
            yield _storm(group, brief, zone)


def _storm(group: Group, brief: Brief, zone: tzinfo | None) -> str:
    """Many alerts in one line: the worst severity, since when, and how many of them nobody has."""
    rows = list(group.members)
    began = [row.alert.started_at for row in rows if row.alert.started_at is not None]
    worst = min((row.alert.severity for row in rows), key=SEVERITIES.index)
    first = min(began)
    words = [f"{worst.word} {short_age((brief.now - first).total_seconds())} {len(rows)}× {group.title}, since {at(first, zone)}"]
    free = group.count_in(AlertState.FIRING)
    if free:
        words.append(f"nobody has {'any of them' if free == len(rows) else f'{free} of them'}")
    held = Counter(row.alert.acknowledged_by for row in rows if row.alert.state is AlertState.ACKNOWLEDGED)
    words += [
        f"{brief.called_so(who) or 'somebody'} has {'all' if many == len(rows) else many} of them"
        for who, many in held.most_common()
    ]
    words += ["last known, its source is blind"] if any(row.stale for row in rows) else []
    return "; ".join(words)


def _alert(row: Row, brief: Brief, zone: tzinfo | None) -> str:
    alert = row.alert
    age = short_age((brief.now - alert.started_at).total_seconds()) if alert.started_at is not None else "?"
    place = f" on {alert.where}" if alert.where else ""
    words = [f"{alert.severity.word} {age} {alert.name}{place}" + (f": {alert.summary}" if alert.summary else "")]
    if alert.state is AlertState.ACKNOWLEDGED:
        since = f" for {say_seconds((brief.now - alert.acknowledged_at).total_seconds())}" if alert.acknowledged_at else ""
        why = f" ({alert.acknowledged_why})" if alert.acknowledged_why else ""
        words.append(f"{brief.called_so(alert.acknowledged_by) or 'somebody'} has it{since}{why}")
    elif alert.state is AlertState.FIRING:
        words.append("nobody has it")
    words += [f"note of {brief.called_so(note.who)}, {at(note.at, zone)}: {note.text}" for note in alert.notes[-1:]]
    words += ["last known, its source is blind"] if row.stale else []
    return "; ".join(words)


def _incidents(brief: Brief, zone: tzinfo | None) -> Iterator[str]:
    for each in sorted(brief.incidents, key=lambda each: each.opened_at):
        lead = f"{brief.called_so(each.lead)} leads" if each.lead else "nobody leads"
        yield f"{each.id} {each.title}: {each.status.value}, {each.severity.word}, since {at(each.opened_at, zone)}, {lead}"


def _items(brief: Brief) -> Iterator[str]:
    for each in brief.items:
        yield f"{each.id} {each.text} ({each.incident}): {item_standing(each, brief.people, brief.now, brief.known_traps)}"


def _happened(each: Happening, zone: tzinfo | None) -> str:
    again = f" ({each.times} times, last {at(each.last, zone)})" if each.times > 1 else ""
    return f"{at(each.first, zone)} {each.what}: " + (f"{each.who}: " if each.who else "") + each.text + again


def _happenings(some: Sequence[Happening], zone: tzinfo | None) -> Iterator[str]:
    """A line for each, and one for all of a storm."""
    storms: dict[str, list[Happening]] = {}
    for each in some:
        storms.setdefault(each.storm, []).append(each)
    for each in some:
        of = storms[each.storm]
        if not each.storm or len(of) == 1:
            yield _happened(each, zone)
        elif each is of[0]:
            yield f"{at(each.first, zone)} {each.what}: {len(of)}× {each.storm} fired (last {at(max(it.last for it in of), zone)})"


def _called(brief: Brief) -> Iterator[str]:
    for each in brief.called:
        woken = f", {each.woken} of them in their night" if each.woken else ", never in their night"
        yield f"{each.name}: {each.times} time{'s' * (each.times != 1)}{woken}"


def _trap(each: TrapView) -> str:
    return f"{each.trap.name} {each.state.value}: {each.says}"


def _silences(brief: Brief, zone: tzinfo | None) -> Iterator[str]:
    for each in brief.silences:
        left = say_seconds((each.ends_at - brief.now).total_seconds())
        yield f"{each.match}: ends {at(each.ends_at, zone)}, in {left}, by {brief.called_so(each.who)}: {each.comment}"


def _gaps(brief: Brief, zone: tzinfo | None) -> Iterator[str]:
    for gap in brief.gaps:
        yield f"nobody is on {gap.roster} (level {gap.level}), {at(gap.start, zone)} to {at(gap.end, zone)}"
    for clash in brief.clashes:
        yield f"{clash.says}, {at(clash.start, zone)} to {at(clash.end, zone)}"
    for gone in brief.away:
        why = f": {gone.why}" if gone.why else ""
        yield f"{gone.name} is away, {at(gone.start, zone)} to {at(gone.end, zone)}{why}"


def _overrides(brief: Brief, zone: tzinfo | None) -> Iterator[str]:
    for each in brief.overrides:
        more = (f", by {brief.called_so(each.who)}" if each.who else "") + (f": {each.why}" if each.why else "")
        yield f"{each.name} has {each.roster}, {at(each.start, zone)} to {at(each.end, zone)}{more}"


def markdown(heading: str, parts: Iterable[Section]) -> Iterator[str]:
    """The lines of a page; nothing in it is markup but the headings and the points."""
    yield f"# {inert(heading)}"
    for part in parts:
        if part.lines:
            yield from ("", f"## {inert(part.heading)}", "", *(f"- {inert(line)}" for line in part.lines))
