"""Resting a trap for a while, with a reason; and arming one that rests."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

from ...core.actions import Arm, Disarm
from ...core.alerts import Ref
from ...core.traps import TrapState, TrapView, rest_problem
from ...engine.desk import Desk
from ..ask import Ask, Field, wanted
from ..confirm import Confirm
from ..page import Line
from .steps import Board, Rest, check_duration, counted, duration, fact, loud, refuse, show, starts_with_duration, tell, until, used

LENGTH = "2h"
"""What the form offers."""


def disarm(board: Board, desk: Desk, refs: Sequence[Ref], words: str = "", *, arm: bool = False) -> Rest:
    """Rest these traps; where all of them rest already (or ``arm`` is wanted), arm them again. ``words`` are a duration and a
    reason that came along: with both, nothing is left to ask but the confirmation."""
    traps = [each for each in board.view.traps if Ref(each.source, each.trap.name) in refs]
    if not traps:
        return refuse(board, "there is no trap under the cursor")
    if arm or all(each.state is TrapState.DISARMED for each in traps):
        return _arm(board, desk, traps)
    awake = [each for each in traps if each.state is not TrapState.DISARMED]
    reason = desk.why_not(Disarm(_ref(awake[0]), board.clock.now() + duration("1h"), "…"))
    if reason:
        return refuse(board, reason)
    length, why = starts_with_duration(words, LENGTH)
    if why and length != LENGTH:
        return _confirmed(board, desk, awake, {"for": length, "why": why})
    fields = [
        Field("for", "For", length, "45m, 2h, 1d; it arms itself again then", _check_rest),
        Field("why", "Why", why, "the next person will ask", wanted("why it should rest")),
    ]
    title = f"Disarm {awake[0].trap.name}" if len(awake) == 1 else f"Disarm {len(awake)} traps"
    return _asked(board, desk, awake, show(board, Ask(title, fields, lambda values: _preview(board, awake, values))))


def _ref(trap: TrapView) -> Ref:
    return Ref(trap.source, trap.trap.name)


def _check_rest(value: str) -> str | None:
    return check_duration(value)


def _preview(board: Board, traps: Sequence[TrapView], values: Mapping[str, str]) -> list[Line]:
    """What resting means: until when, and which eyes are closed meanwhile."""
    if check_duration(values["for"]):
        return []
    now = board.clock.now()
    ends = now + duration(values["for"])
    problem = rest_problem(now, ends, values["why"] or "…")
    lines: list[Line] = [loud(problem)] if problem else [fact("until", until(ends, now, board.zone))]
    lines += [fact("trap", f"{each.trap.name} · {each.says}") for each in traps]
    burning = [each.trap.name for each in traps if each.state is TrapState.TRIPPED]
    if burning:
        lines.append(loud(f"{', '.join(burning)} has tripped: its alert goes while it rests."))
    return lines


async def _asked(board: Board, desk: Desk, traps: Sequence[TrapView], answer: Awaitable[dict[str, str] | None]) -> None:
    given = await answer
    if given is not None:
        await _confirmed(board, desk, traps, given)


def _confirmed(board: Board, desk: Desk, traps: Sequence[TrapView], given: Mapping[str, str]) -> Rest:
    now = board.clock.now()
    ends, why = (now + duration(given["for"])).replace(microsecond=0), given["why"].strip()
    problem = rest_problem(now, ends, why)
    if problem:
        return refuse(board, problem)
    lines = [
        *_preview(board, traps, given),
        fact("why", why),
        "",
        "While it rests it warns of nothing and raises no alert. It arms itself again.",
    ]
    answer = show(board, Confirm(f"Disarm {counted(len(traps), 'trap')}?", lines, yes="disarm"))
    return _disarmed(board, desk, [Disarm(_ref(each), ends, why) for each in traps], answer)


async def _disarmed(board: Board, desk: Desk, actions: Sequence[Disarm], answer: Awaitable[bool | None]) -> None:
    if not await answer:
        return
    done = [action for action in actions if tell(board, desk, action) is not None]
    if len(done) == len(actions):
        used(board)
        board.say(f"at rest until {until(done[0].until, board.clock.now(), board.zone)}")


def _arm(board: Board, desk: Desk, traps: Sequence[TrapView]) -> Rest:
    reason = desk.why_not(Arm(_ref(traps[0])))
    if reason:
        return refuse(board, reason)
    now, lines = board.clock.now(), list[Line]()
    for each in traps:
        rest = each.watch
        lines.append(fact("trap", each.trap.name, "bold"))
        if rest.rest_until is not None:
            lines += [
                fact("rests", f"until {until(rest.rest_until, now, board.zone)}"),
                fact("by", f"{rest.rest_by}: {rest.rest_why}"),
            ]
    answer = show(board, Confirm("Arm it again?", lines, yes="arm"))
    return _armed(board, desk, [Arm(_ref(each)) for each in traps], answer)


async def _armed(board: Board, desk: Desk, actions: Sequence[Arm], answer: Awaitable[bool | None]) -> None:
    if not await answer:
        return
    done = [action for action in actions if tell(board, desk, action) is not None]
    if len(done) == len(actions):
        used(board)
        board.say(f"{counted(len(done), 'trap')} armed again")
