"""The form of a silence, its live preview, and the box that shows exactly what will be sent: for a new one and for a change."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from ...core.actions import MakeSilence
from ...core.alerts import Alert, Ref, Silence, SilenceState
from ...core.filters import FilterError
from ...core.silences import lasting, later
from ...engine.desk import Desk
from ..ask import Ask, Field, wanted
from ..confirm import Confirm
from ..page import Line
from .silence_line import match_problem, words_of
from .steps import CHANGED, LISTED, Board, counted, duration, fact, loud, named, show, tell, until, used

RESOLVED = ("resolved", "until resolved")
"""What is written for the end of a silence that lasts until what it hushes has resolved."""
_AT_ONCE = "nothing that it matches fires now: a silence until resolved would end at once"


class Wish(msgspec.Struct, frozen=True):
    """What the person began with: alerts, the (source, match) pairs that would hush them, and the silence that is to be changed
    (then there is one pair)."""

    alerts: tuple[Alert, ...]
    rules: tuple[tuple[str, str], ...]
    before: Silence | None = None


class End(msgspec.Struct, frozen=True):
    """When a silence ends (UTC), or that it lasts until resolved."""

    at: datetime
    resolved: bool = False


def end_of(value: str, now: datetime, before: Silence | None = None) -> End:
    """An end as a person types it: ``2h`` from now, ``resolved``; of a silence that is changed also ``+1h`` later than it is, and
    nothing for its own. Raises ``ValueError`` that says what would have been understood."""
    said = value.strip().lower()
    if said in RESOLVED:
        return End(now, resolved=True)
    if before is not None and not said:
        return End(before.ends_at, before.until_resolved)
    if before is not None and said.startswith("+"):
        return End(later(before, duration(said[1:]), now).replace(microsecond=0))
    return End(lasting(duration(said), now, before).replace(microsecond=0))


def actions_of(wish: Wish, values: Mapping[str, str], now: datetime) -> list[MakeSilence]:
    """What would be sent. Raises ``ValueError`` where the end cannot be read."""
    end, comment = end_of(values["for"], now, wish.before), values["comment"].strip()
    stands = wish.before is not None and wish.before.state is not SilenceState.EXPIRED
    replaces = wish.before.ref.id if wish.before is not None and stands else ""
    return [
        MakeSilence(source, match, end.at, comment, replaces=replaces, until_resolved=end.resolved)
        for source, match in _rules(wish, values)
    ]


def problem(desk: Desk, action: MakeSilence) -> str:
    """Why it would not be taken; "" where nothing is against it."""
    reason = desk.why_not(msgspec.structs.replace(action, comment=action.comment or "…"))
    reason = reason or desk.silence_problem(action.source, action.match, None if action.until_resolved else action.ends_at)
    if not reason and action.until_resolved and not hits(desk, action.source, action.match):
        reason = _AT_ONCE
    return reason or ""


def hits(desk: Desk, source: str, match: str) -> tuple[Ref, ...]:
    """What it would hush now; nothing where the matcher is another system's own, and cannot be read here."""
    try:
        return desk.hits(source, match)
    except FilterError:
        return ()


def form(board: Board, desk: Desk, wish: Wish, length: str, comment: str) -> Ask:
    """The fields: what it matches (where it is one silence), how long, and why."""
    if wish.before is None:
        help = "90s, 45m, 2h, 1d12h, or: resolved"
    else:
        help = "empty: its end stays. 2h from now, +1h later, or: resolved"
    fields = [
        Field("for", "For", length, help, lambda value: _unreadable(board, wish, value)),
        Field("comment", "Comment", comment, "the next person will ask why", wanted("why it should be silent")),
    ]
    if len(wish.rules) == 1:
        fields.insert(0, Field("match", "Match", wish.rules[0][1], "what it hushes, in the filter language", match_problem))
    many = f", {len(wish.rules)} of them" if len(wish.rules) > 1 else ""
    verb = "Change the silence" if wish.before is not None else "Silence"
    title = f"{verb} at {', '.join(dict.fromkeys(source for source, _ in wish.rules))}{many}"
    return Ask(
        title,
        fields,
        lambda values: _preview(board, desk, wish, values),
        lambda values: _refused(board, desk, wish, values),
        begin="for" if wish.before is not None else "match",
    )


def _unreadable(board: Board, wish: Wish, value: str) -> str | None:
    try:
        end_of(value, board.clock.now(), wish.before)
    except ValueError as fault:
        return str(fault)
    return None


def _refused(board: Board, desk: Desk, wish: Wish, values: Mapping[str, str]) -> tuple[str, str] | None:
    """The field that is to blame, and the reason, where such a silence would not be taken."""
    now = board.clock.now()
    for action in actions_of(wish, values, now):
        if reason := problem(desk, action):
            brief = msgspec.structs.replace(action, ends_at=now + timedelta(minutes=1), until_resolved=False)
            return ("match" if "match" in values and problem(desk, brief) else "for"), reason
    return None


def _rules(wish: Wish, values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if "match" in values:
        return ((wish.rules[0][0], values["match"].strip()),)
    return wish.rules


def _preview(board: Board, desk: Desk, wish: Wish, values: Mapping[str, str]) -> list[Line]:
    """What stands under the fields while somebody types: what would be hushed, until when, and what is against it."""
    lines: list[Line] = []
    if len({match for _, match in wish.rules}) > 1:
        lines.append('The marked alerts differ in more than one label, and a silence has no "or": one is made for each bunch.')
    rules = _rules(wish, values)
    readable = not any(match_problem(match) for _, match in rules) and not _unreadable(board, wish, values["for"])
    refused = _refused(board, desk, wish, values) if readable else None
    for source, match in rules:
        if match_problem(match):
            continue  # it is said under the field
        if len(rules) > 1:
            lines.append(match)
        if words := words_of(match):
            lines.append(loud(f"{' and '.join(map(repr, words))}: plain words, matched anywhere in an alert"))
        lines += hit_lines(board, desk, source, match, "matches" if refused else "hushes")
    if readable:
        now = board.clock.now()
        if wish.before is not None:
            lines.insert(0, until_words(end_of(values["for"], now, wish.before), now, board.zone))
        if refused:
            lines.insert(0, loud(f"Refused: {refused[1]}"))
        else:
            lines = [*_beside(desk, wish, rules), *lines]
    return lines


def _hits(desk: Desk, rules: Sequence[tuple[str, str]]) -> tuple[frozenset[Ref], ...]:
    return tuple(frozenset(hits(desk, source, match)) for source, match in rules)


def _beside(desk: Desk, wish: Wish, rules: Sequence[tuple[str, str]]) -> list[Line]:
    """What it does not hush of what one began with, and how much more it hushes."""
    if missed := _missed(desk, wish, rules):
        return [loud(f"It does not hush {', '.join(alert.name for alert in missed)}.")]
    meant = {alert.ref for alert in wish.alerts}
    more = len(frozenset[Ref]().union(*_hits(desk, rules)) - meant) if meant else 0
    return [loud(f"It hushes {counted(more, 'alert')} besides the {len(meant)} you began with.")] if more else []


def _missed(desk: Desk, wish: Wish, rules: Sequence[tuple[str, str]]) -> list[Alert]:
    """The alerts one began with that would go on ringing."""
    hit = frozenset[Ref]().union(*_hits(desk, rules))
    return [alert for alert in wish.alerts if alert.ref not in hit]


def hit_lines(board: Board, desk: Desk, source: str, match: str, verb: str = "hushes") -> list[Line]:
    """How many alerts a silence hits now, and which. ``verb`` is what it does to them: one that is refused hushes nothing."""
    hit = hits(desk, source, match)
    total = sum(row.alert.ref.source == source for row in board.view.alerts)
    head = f"{verb} {len(hit)} of {counted(total, 'alert')} at {source} now"
    lines: list[Line] = [loud(head + ": all of them") if len(hit) == total > 1 else head]
    return lines + names(board, hit)


def names(board: Board, refs: Sequence[Ref]) -> list[Line]:
    """These alerts, a line each."""
    rows = (board.view.alert(ref) for ref in refs[:LISTED])
    lines: list[Line] = [f"  {named(row.alert)}" for row in rows if row is not None]
    return [*lines, f"  … and {len(refs) - LISTED} more"] if len(refs) > LISTED else lines


def until_words(end: End, now: datetime, zone: str) -> str:
    """The end of a silence in words, on the clock of ``zone``."""
    return "until what it hushes has resolved" if end.resolved else f"until {until(end.at, now, zone)}"


async def made(board: Board, desk: Desk, wish: Wish, answer: Awaitable[dict[str, str] | None]) -> None:
    """What follows once the form is filled in: what will be sent is shown, confirmed, looked at again, and handed over."""
    given = await answer
    if given is not None:
        await send(board, desk, wish, given)


async def send(board: Board, desk: Desk, wish: Wish, given: Mapping[str, str]) -> None:
    """Show what these values mean, and send it when it is confirmed as shown."""
    remark: list[Line] = []
    while True:
        now = board.clock.now()
        actions = actions_of(wish, given, now)
        rules = [(action.source, action.match) for action in actions]
        shown = _hits(desk, rules)
        if not await show(board, _confirm(board, desk, wish, actions, remark)):
            return
        before = _as_it_is(board, wish.before)
        if _hits(desk, rules) == shown and before == wish.before:
            break
        remark = [loud(CHANGED)]
        if before is not None and before.state is SilenceState.EXPIRED:
            remark.append(loud("It has ended meanwhile: what you wrote makes another."))
        remark.append("")
        wish = msgspec.structs.replace(wish, before=before)
    sent = [action for action in actions if tell(board, desk, action) is not None]
    if len(sent) == len(actions):
        used(board)
        board.say(f"silent {until_words(End(actions[0].ends_at, actions[0].until_resolved), board.clock.now(), board.zone)}")


def _as_it_is(board: Board, before: Silence | None) -> Silence | None:
    """The silence that is to be changed, as it is now; one that is not there any more has ended."""
    if before is None:
        return None
    gone = msgspec.structs.replace(before, state=SilenceState.EXPIRED)
    return next((each for each in board.view.silences if each.ref == before.ref), gone)


def _confirm(board: Board, desk: Desk, wish: Wish, actions: Sequence[MakeSilence], remark: Sequence[Line]) -> Confirm:
    now = board.clock.now()
    lines: list[Line] = list(remark)
    for action in actions:
        hit = hit_lines(board, desk, action.source, action.match)[1:]
        lines += [fact("at", action.source), fact("match", action.match, "bold"), *_was_match(wish, action), *hit, ""]
    hit_refs = frozenset[Ref]().union(*_hits(desk, [(action.source, action.match) for action in actions]))
    first = actions[0]
    lines += [
        fact("hushes", f"{counted(len(hit_refs), 'alert')} now, and whatever matches later"),
        fact("until", until_words(End(first.ends_at, first.until_resolved), now, board.zone).removeprefix("until ")),
    ]
    if wish.before is not None:
        was = until_words(End(wish.before.ends_at, wish.before.until_resolved), now, board.zone)
        lines.append(fact("before", was))
        if freed := [ref for ref in hits(desk, first.source, wish.before.match) if ref not in hit_refs]:
            lines += [loud(f"{counted(len(freed), 'alert')} can ring again:"), *names(board, freed)]
    lines.append(fact("comment", first.comment))
    title = "Change this silence?" if first.replaces else "Make this silence?"
    title = title if len(actions) == 1 else f"Make these {len(actions)} silences?"
    return Confirm(title, lines, yes="change" if first.replaces else "silence")


def _was_match(wish: Wish, action: MakeSilence) -> list[Line]:
    changed = wish.before is not None and wish.before.match != action.match
    return [fact("before", wish.before.match)] if wish.before is not None and changed else []
