"""Silencing by matcher, with an end, a comment and a preview of what it hits; and ending a silence."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime

import msgspec

from ...core.actions import EndSilence, MakeSilence
from ...core.alerts import Alert, AlertState, Ref, Silence
from ...core.filters import FilterError, for_alert, parse
from ...engine.desk import Desk
from ..ask import Ask, Field, wanted
from ..confirm import Confirm
from ..page import Line
from .silence_line import LENGTH, match_problem, understood, words_of
from .steps import (
    CHANGED,
    LISTED,
    Board,
    Rest,
    check_duration,
    counted,
    duration,
    fact,
    loud,
    named,
    refuse,
    show,
    starts_with_duration,
    tell,
    until,
    used,
)


class _Wish(msgspec.Struct, frozen=True):
    """What the person began with: alerts, and the (source, match) pairs that would hush them."""

    alerts: tuple[Alert, ...]
    rules: tuple[tuple[str, str], ...]


def silence(board: Board, desk: Desk, refs: Sequence[Ref], words: str = "") -> Rest:
    """Silence what the cursor or the marks are on; on an alert that is silenced, offer to end that. ``words`` are a duration and a
    comment that came along. Alerts with different matchers get one silence each: a silence has no "or"."""
    rows = [row for ref in refs if (row := board.view.alert(ref)) is not None]
    if not rows:
        return refuse(board, "there is no alert under the cursor")
    alerts = tuple(row.alert for row in rows)
    rules = tuple(dict.fromkeys((alert.ref.source, for_alert(alert)) for alert in alerts))
    far = board.clock.now() + duration("1h")
    reason = next(filter(None, (desk.why_not(MakeSilence(source, match, far, "…")) for source, match in rules)), None)
    if reason:
        return refuse(board, reason)
    ending = () if words else _silences_of(board, alerts)
    if ending:
        answer = show(board, Confirm("End this silence?", _end_lines(board, ending), yes="end it"))
        return _end(board, desk, ending, answer)
    length, comment = starts_with_duration(words, LENGTH)
    wish = _Wish(alerts, rules)
    return _make(board, desk, wish, show(board, _form(board, desk, wish, length, comment)))


def silence_line(board: Board, desk: Desk, line: str) -> Rest:
    """``:silence`` with words after it: for a filter, or for what the cursor is on."""
    said = understood(line)
    if said.problem:
        return refuse(board, said.problem)
    if not said.match:
        return silence(board, desk, board.alert_refs(), f"{said.length} {said.comment}".strip())
    far = board.clock.now() + duration("1h")
    wanted_by = parse(said.match)
    rows = (row.alert for row in board.view.alerts if wanted_by.matches(row.alert, board.view.now, board.view.me))
    alerts = tuple(alert for alert in rows if desk.why_not(MakeSilence(alert.ref.source, said.match, far, "…")) is None)
    sources = tuple(dict.fromkeys(alert.ref.source for alert in alerts))
    if not sources:  # it may hush what is still to come
        reasons = {each.source: desk.why_not(MakeSilence(each.source, said.match, far, "…")) for each in board.view.sources}
        sources = tuple(source for source, reason in reasons.items() if reason is None)
        if not sources:
            return refuse(board, next(filter(None, reasons.values()), "no source is configured"))
        if len(sources) > 1:
            names = ", ".join(sources)
            return refuse(board, f"nothing matches {said.match} now, and it could be made at {names}: press s on an alert of one")
    wish = _Wish(alerts, tuple((source, said.match) for source in sources))
    return _make(board, desk, wish, show(board, _form(board, desk, wish, said.length, said.comment)))


# ── ending ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _silences_of(board: Board, alerts: Sequence[Alert]) -> tuple[Silence, ...]:
    """The silences that hush these alerts, if every one of them is silenced."""
    if any(alert.state is not AlertState.SUPPRESSED for alert in alerts):
        return ()
    return tuple(each for each in board.view.silences if any(_hushes(board, each, alert) for alert in alerts))


def _hushes(board: Board, each: Silence, alert: Alert) -> bool:
    if each.ref.source != alert.ref.source:
        return False
    try:
        return parse(each.match).matches(alert, board.clock.now(), board.view.me)
    except FilterError:
        return False  # another system's own matcher; that system says which alerts it hushes, not which silence does


def _end_lines(board: Board, ending: Sequence[Silence]) -> list[Line]:
    now, lines = board.clock.now(), list[Line]()
    for each in ending:
        lines += [
            fact("at", each.ref.source),
            fact("matches", each.match),
            fact("until", until(each.ends_at, now)),
            fact("made by", f"{each.who}: {each.comment}"),
            "",
        ]
    return [*lines, "What it hushes can ring again at once."]


async def _end(board: Board, desk: Desk, ending: Sequence[Silence], answer: Awaitable[bool | None]) -> None:
    if not await answer:
        return
    ended = [each for each in ending if tell(board, desk, EndSilence(each.ref)) is not None]
    if len(ended) == len(ending):
        used(board)
        board.say("the silence ends" if len(ended) == 1 else f"{counted(len(ended), 'silence')} end")


# ── making ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _form(board: Board, desk: Desk, wish: _Wish, length: str, comment: str) -> Ask:
    fields = [
        Field("for", "For", length, "90s, 45m, 2h, 1d12h", check_duration),
        Field("comment", "Comment", comment, "the next person will ask why", wanted("why it should be silent")),
    ]
    if len(wish.rules) == 1:
        fields.insert(0, Field("match", "Match", wish.rules[0][1], "what it hushes, in the filter language", _check_match))
    many = f", {len(wish.rules)} of them" if len(wish.rules) > 1 else ""
    return Ask(
        f"Silence at {', '.join(dict.fromkeys(source for source, _ in wish.rules))}{many}", fields, _previewed(board, desk, wish)
    )


def _check_match(value: str) -> str | None:
    return match_problem(value)


class _Previewed:
    """The live preview under the form."""

    def __init__(self, board: Board, desk: Desk, wish: _Wish) -> None:
        self._board, self._desk, self._wish = board, desk, wish

    def __call__(self, values: Mapping[str, str]) -> list[Line]:
        lines: list[Line] = []
        if len({match for _, match in self._wish.rules}) > 1:
            lines.append('The marked alerts have different matchers, and a silence has no "or": one is made for each.')
        for source, match in _rules(self._wish, values):
            problem = _check_match(match)
            if problem:
                continue  # it is said under the field
            if len(self._wish.rules) > 1:
                lines.append(match)
            if words := words_of(match):
                lines.append(loud(f"{' and '.join(map(repr, words))}: plain words, matched anywhere in an alert"))
            lines += _hit_lines(self._board, self._desk, source, match)
        missed = _missed(self._desk, self._wish, values)
        if missed:
            lines.append(loud(f"It does not hush {', '.join(alert.name for alert in missed)}."))
        return lines


def _previewed(board: Board, desk: Desk, wish: _Wish) -> _Previewed:
    return _Previewed(board, desk, wish)


def _rules(wish: _Wish, values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if "match" in values:
        return ((wish.rules[0][0], values["match"].strip()),)
    return wish.rules


def _hits(desk: Desk, rules: Sequence[tuple[str, str]]) -> tuple[frozenset[Ref], ...]:
    return tuple(frozenset(desk.hits(source, match)) for source, match in rules)


def _missed(desk: Desk, wish: _Wish, values: Mapping[str, str]) -> list[Alert]:
    """The alerts one began with that would go on ringing."""
    rules = _rules(wish, values)
    if any(_check_match(match) for _, match in rules):
        return []
    hit = frozenset[Ref]().union(*_hits(desk, rules))
    return [alert for alert in wish.alerts if alert.ref not in hit]


def _hit_lines(board: Board, desk: Desk, source: str, match: str) -> list[Line]:
    hits = desk.hits(source, match)
    total = sum(row.alert.ref.source == source for row in board.view.alerts)
    head = f"hushes {len(hits)} of {counted(total, 'alert')} at {source} now"
    lines: list[Line] = [loud(head + ": all of them") if len(hits) == total > 1 else head]
    rows = (board.view.alert(ref) for ref in hits[:LISTED])
    lines += [f"  {named(row.alert)}" for row in rows if row is not None]
    return [*lines, f"  … and {len(hits) - LISTED} more"] if len(hits) > LISTED else lines


async def _make(board: Board, desk: Desk, wish: _Wish, answer: Awaitable[dict[str, str] | None]) -> None:
    given = await answer
    if given is None:
        return
    rules, comment = _rules(wish, given), given["comment"].strip()
    ends = (board.clock.now() + duration(given["for"])).replace(microsecond=0)
    remark: list[Line] = []
    while True:
        hits = _hits(desk, rules)
        lines = [*remark, *_confirm_lines(board, desk, rules, ends, comment)]
        if not await show(
            board, Confirm("Make this silence?" if len(rules) == 1 else f"Make these {len(rules)} silences?", lines, yes="silence")
        ):
            return
        if _hits(desk, rules) == hits:
            break
        remark = [loud(CHANGED), ""]
    made = [match for source, match in rules if tell(board, desk, MakeSilence(source, match, ends, comment)) is not None]
    if len(made) == len(rules):
        used(board)
        board.say(f"silent until {until(ends, board.clock.now())}")


def _confirm_lines(board: Board, desk: Desk, rules: Sequence[tuple[str, str]], ends: datetime, comment: str) -> list[Line]:
    lines: list[Line] = []
    for source, match in rules:
        lines += [fact("at", source), fact("match", match, "bold"), *_hit_lines(board, desk, source, match)[1:], ""]
    hit = len(frozenset[Ref]().union(*_hits(desk, rules)))
    return [
        *lines,
        fact("hushes", f"{counted(hit, 'alert')} now, and whatever matches later"),
        fact("until", until(ends, board.clock.now())),
        fact("comment", comment),
    ]
