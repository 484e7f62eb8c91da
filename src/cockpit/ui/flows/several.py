"""Running a runbook for all the alerts that are marked: every target shown exactly, who is left out and why; a run for each."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

import msgspec

from ...core.actions import Run, StartMany
from ...core.aiming import Aimed, Target, aimed, lacking
from ...core.alerts import Ref
from ...core.plans import Plan, needs_typing
from ...core.runbooks import Runbook
from ...core.several import Many, counted
from ...core.text import clean
from ...core.units import say_seconds
from ...core.values import SECRET
from ...engine.desk import Desk
from ...engine.listing import NotListed
from ..confirm_many import ConfirmMany
from ..exact import spell
from ..page import Line
from ..targets import Targets
from .params import choices_for, filled, form, held, shown
from .run import run, step_lines
from .steps import CHANGED, Board, Rest, ascii_only, fact, loud, refuse, show, tell, used

_FEW = 4  # a target that differs from the first in so many words at most is told by these


class _Wish(msgspec.Struct, frozen=True):
    """What is to be run, for which alerts, with which values given by hand, and how."""

    book: Runbook
    refs: tuple[Ref, ...]
    given: dict[str, str]
    rule: Many
    secrets: dict[str, str] = {}


def run_for(
    board: Board, desk: Desk, refs: Sequence[Ref], name: str, given: Mapping[str, str] | None = None, *, ask: bool = False,
    rule: Many | None = None,
) -> Rest:  # fmt: skip
    """Run the runbook ``name`` for these alerts; for one, or none, as `run` does. For several it is always shown first. ``rule``:
    how they are done, where that is not as the runbook says."""
    book = next((each for each in board.view.runbooks if each.name == name), None)
    if book is None or not book.steps or (len(refs) < 2 and rule is None):
        return run(board, desk, refs[0] if refs else None, name, given, ask=ask)
    if reason := desk.why_not(StartMany):
        return refuse(board, reason)
    wish = _Wish(book, tuple(refs), dict(given or {}), rule or book.many)
    if _lacking(board, desk, wish) is None:
        return _planned(board, desk, wish)
    return _asked(board, desk, wish)


def several_again(board: Board, desk: Desk, past: Run) -> Rest:
    """Run what was run then for those of its alerts that are still there, shown as at the first time."""
    action = past.action
    if not isinstance(action, StartMany):
        return refuse(board, f"{past.what} was not for several targets")
    refs = [aim.alert for aim in action.aims if desk.view.alert(aim.alert) is not None]
    if not refs:
        return refuse(board, f"none of its {counted(len(action.aims))} is an alert any more: {past.what} was not run")
    given = {name: value for name, value in action.params.items() if value != SECRET}
    return run_for(board, desk, refs, action.runbook, given, rule=action.rule)


def _sorted(board: Board, desk: Desk, wish: _Wish) -> Aimed:
    view = desk.view
    rows = (view.alert(ref) for ref in wish.refs)
    alerts = (row.alert for row in rows if row is not None)
    return aimed(wish.book, alerts, lambda ref: desk.plan(wish.book.name, ref, wish.given), board.clock.now())


def _lacking(board: Board, desk: Desk, wish: _Wish) -> tuple[Ref, Plan] | None:
    """What is to be asked for, for all of them."""
    rows = (desk.view.alert(ref) for ref in wish.refs)
    alerts = [row.alert for row in rows if row is not None]
    return lacking(wish.book, alerts, lambda ref: desk.plan(wish.book.name, ref, wish.given), board.clock.now())


async def _asked(board: Board, desk: Desk, wish: _Wish) -> None:
    """Ask for what is missing, once for all targets."""
    while (lacking := _lacking(board, desk, wish)) is not None:
        ref, plan = lacking
        try:
            choices = await choices_for(desk, plan)
        except NotListed as unlisted:
            board.say(f"{wish.book.name} was not run: {unlisted}", "refusal")
            return
        box = form(desk, ref, wish.given, plan, choices, lambda tried: step_lines(tried, ascii_only(board)))
        typed = await show(board, box)
        if typed is None:
            return
        said = filled(typed)
        wish = msgspec.structs.replace(
            wish, given={**wish.given, **shown(plan, said)}, secrets={**wish.secrets, **held(desk, plan, said)}
        )
    await _planned(board, desk, wish)


def _planned(board: Board, desk: Desk, wish: _Wish) -> Rest:
    known = _sorted(board, desk, wish)
    if not known.targets:
        why = "; ".join(dict.fromkeys(f"{name}: {reason}" for name, reason in known.out[:3])) or "the alerts are gone"
        return refuse(board, f"{wish.book.name} was not run: {clean(why, 300)}")
    action = StartMany(wish.book.name, known.aims, wish.given, wish.rule, wish.secrets)
    if reason := desk.why_not(action):
        return refuse(board, reason)
    box = _box(board, wish, known)
    answer = show(board, box)
    return _confirmed(board, desk, wish, known, box, answer)


def _box(board: Board, wish: _Wish, known: Aimed, remark: Sequence[Line] = ()) -> ConfirmMany:
    many, first = len(known.targets), known.targets[0].plan

    def lines(full: bool) -> list[Line]:
        return [*remark, *aimed_lines(known, full=full, ascii=ascii_only(board))]

    word = counted(many) if needs_typing(first) else ""
    return ConfirmMany(f"{wish.book.name} · {counted(many)}", lines, wish.rule, many, word)


async def _confirmed(board: Board, desk: Desk, wish: _Wish, known: Aimed, box: ConfirmMany, answer: Awaitable[bool | None]) -> None:
    """Looked at again once it is confirmed (safety 10): nothing is begun but exactly what was shown."""
    while await answer:
        now = _sorted(board, desk, wish)
        wish = msgspec.structs.replace(wish, rule=box.rule)
        if not now.targets:
            board.say(f"no target is left: {wish.book.name} was not run", "refusal")
            return
        if now == known:
            run_id = tell(board, desk, StartMany(wish.book.name, known.aims, wish.given, wish.rule, wish.secrets))
            if run_id is not None:
                used(board)
                board.app.push_screen(Targets(desk, run_id, board.zone, board.called, mono=board.clock.mono))
            return
        known, box = now, _box(board, wish, now, [loud(CHANGED), ""])
        again = show(board, box)
        answer = again


def aimed_lines(known: Aimed, *, full: bool, ascii: bool = False) -> list[Line]:
    """Who is left out and why, what it does to the world, and exactly what would be executed for each target. But for ``full``, one
    that differs from the first in a few whole words is told by these."""
    first = known.targets[0]
    lines: list[Line] = [fact("left out", f"{name}: {why}", "bold $role-warning") for name, why in known.out]
    lines += [""] if lines else []
    if first.plan.runbook.changes is None:
        lines.append(fact("changes", "nothing: it only reads", "$role-ok"))
    else:
        alike = len({each.plan.changes for each in known.targets}) == 1
        changes = first.plan.changes if alike else clean(first.plan.runbook.changes)
        lines.append(fact("changes", changes, "bold $role-warning"))
    lines.append(fact("at most", f"{say_seconds(first.plan.runbook.timeout)} for each"))
    for number, each in enumerate(known.targets, 1):
        short = "" if full or each is first else _told_by(first, each, ascii)
        if short:
            lines.append(fact(f"{number}", f"{each.name}: {short}", "bold"))
            continue
        lines += ["", fact(f"{number}", each.name, "bold $role-key")]
        lines += [fact("", f"with {name} = {spell(value, ascii=ascii)}") for name, value in each.plan.values.items()]
        lines += step_lines(each.plan, ascii)
        lines += [""] if number < len(known.targets) and not full else []
    return lines


def _told_by(first: Target, each: Target, ascii: bool) -> str:
    """A target told by what differs from the first: "as web-1, with web-2 for web-1". Only where that says all; else ""."""
    then, now = first.plan.deeds, each.plan.deeds
    if [len(words) for words in then] != [len(words) for words in now]:
        return ""
    pairs = [(old, new) for one, other in zip(then, now, strict=True) for old, new in zip(one, other, strict=True)]
    change = {old: new for old, new in pairs if old != new}
    if len(change) > _FEW or any(change.get(old, old) != new for old, new in pairs) or any(len(word) > 60 for word in change):
        return ""
    if any(old in word and word not in change for old in change for word, _ in pairs):
        return ""  # a reader would change it within that word too, where it stays
    told = " and ".join(f"{spell(new, ascii=ascii)} for {spell(old, ascii=ascii)}" for old, new in change.items())
    return f"as {first.name}, with {told}"
