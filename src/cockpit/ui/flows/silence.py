"""Silencing what the cursor, the marks or the filter are on, or what a line says; and ending what hushes an alert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ...core.actions import MakeSilence
from ...core.alerts import Ref
from ...core.bunches import for_alerts, for_group
from ...core.filters import parse
from ...core.groups import GroupKey
from ...core.silences import may_be_at, over_all
from ...engine.desk import Desk
from .silence_form import Wish, form, made, problem
from .silence_line import LENGTH, understood
from .silences import end
from .steps import Board, Rest, refuse, show, starts_with_duration

_SOON = timedelta(hours=1)


def silence(board: Board, desk: Desk, refs: Sequence[Ref], words: str = "", group: GroupKey | None = None) -> Rest:
    """Silence what the cursor or the marks are on; on an alert that is silenced, offer to end that. ``words`` are a duration and a
    comment that came along; ``group`` says that they are one: what all of them have in common is silenced. Alerts that differ in
    more than one label get a silence for each bunch else: a silence has no "or"."""
    rows = [row for ref in refs if (row := board.view.alert(ref)) is not None]
    if not rows:
        return refuse(board, "there is no alert under the cursor")
    alerts = tuple(row.alert for row in rows)
    rules = for_group(group, alerts) if group is not None else for_alerts(alerts)
    far = board.clock.now() + _SOON
    reason = next(filter(None, (desk.why_not(MakeSilence(source, match, far, "…")) for source, match in rules)), None)
    if reason:
        return refuse(board, reason)
    ending = () if words else over_all(alerts, board.view.silences, board.clock.now(), board.view.me)
    if ending:
        return end(board, desk, [each.ref for each in ending])
    length, comment = starts_with_duration(words, LENGTH)
    return _begun(board, desk, Wish(alerts, rules), length, comment)


def silence_line(board: Board, desk: Desk, line: str) -> Rest:
    """``:silence`` with words after it: for a filter, or for what the cursor is on."""
    said = understood(line)
    if said.problem:
        return refuse(board, said.problem)
    if not said.match:
        return silence(board, desk, board.alert_refs(), f"{said.length} {said.comment}".strip())
    return _for_filter(board, desk, said.match, said.length, said.comment)


def silence_filter(board: Board, desk: Desk) -> Rest:
    """Silence what the filter in force shows."""
    text = board.filter_text
    return _for_filter(board, desk, text, LENGTH, "") if text else refuse(board, NO_FILTER)


NO_FILTER = "no filter is in force: / sets one"


def _for_filter(board: Board, desk: Desk, match: str, length: str, comment: str) -> Rest:
    far = board.clock.now() + _SOON
    wanted = parse(match)
    rows = (row.alert for row in board.view.alerts if wanted.matches(row.alert, board.view.now, board.view.me))
    alerts = tuple(alert for alert in rows if desk.why_not(MakeSilence(alert.ref.source, match, far, "…")) is None)
    sources = tuple(dict.fromkeys(alert.ref.source for alert in alerts))
    if not sources:  # it may hush what is still to come
        meant = [each.source for each in board.view.sources if may_be_at(wanted, each.source)]
        reasons = {source: problem(desk, MakeSilence(source, match, far, "…")) for source in meant}
        sources = tuple(source for source, reason in reasons.items() if not reason)
        if not sources:
            return refuse(board, next(filter(None, reasons.values()), "no source is as the filter says"))
        if len(sources) > 1:
            return refuse(board, f"it hits nothing now, and could be made at {', '.join(sources)}: add @source=NAME")
    return _begun(board, desk, Wish(alerts, tuple((source, match) for source in sources)), length, comment)


def _begun(board: Board, desk: Desk, wish: Wish, length: str, comment: str) -> Rest:
    return made(board, desk, wish, show(board, form(board, desk, wish, length, comment)))
