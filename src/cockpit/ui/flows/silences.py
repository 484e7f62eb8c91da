"""What is done to silences that stand: changed, made to last longer, ended. Each shows exactly what will be sent, and waits."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime, timedelta

from ...core.actions import EndSilence, MakeSilence
from ...core.alerts import Ref, Silence, SilenceState
from ...core.silences import later
from ...engine.desk import Desk
from ..ask import Ask, Field
from ..confirm import Confirm
from ..page import Line
from .silence_form import End, Wish, form, hits, made, names, problem, until_words
from .steps import CHANGED, Board, Rest, check_duration, counted, duration, fact, loud, refuse, show, tell, used

BY = "1h"
"""What is offered for how much longer."""
NONE = "there is no silence under the cursor"


def change(board: Board, desk: Desk, refs: Sequence[Ref]) -> Rest:
    """Change one: what it matches, when it ends, why. One that has ended is made anew."""
    silences = _found(board, refs)
    if not silences:
        return refuse(board, NONE)
    if len(silences) > 1:
        return refuse(board, f"{len(silences)} are marked: one is changed at a time")
    (before,) = silences
    if before.ack:
        return refuse(board, f"that is an acknowledgement, by {before.who}: u takes it back")
    if before.match.endswith("…"):
        return refuse(
            board, "what it matches is too long to be shown whole: it cannot be changed here, but + extends it and u ends it"
        )
    wish = Wish((), ((before.ref.source, before.match),), before)
    stands = before.state is not SilenceState.EXPIRED
    far = board.clock.now() + timedelta(hours=1)
    asked = MakeSilence(before.ref.source, before.match, far, "…", replaces=before.ref.id if stands else "")
    if reason := desk.why_not(asked):
        return refuse(board, reason)
    answer = show(board, form(board, desk, wish, "" if stands else BY, before.comment))
    return made(board, desk, wish, answer)


def extend(board: Board, desk: Desk, refs: Sequence[Ref]) -> Rest:
    """Let them last longer than they would."""
    silences = _found(board, refs)
    if not silences:
        return refuse(board, NONE)
    ends = [each for each in silences if not each.ack and not each.until_resolved and each.state is not SilenceState.EXPIRED]
    if not ends:
        return refuse(board, "it has no end that could be put off: it has ended, or lasts until what it hushes has resolved")
    reason = next(filter(None, (desk.why_not(_longer(each, timedelta(hours=1), board.clock.now())) for each in ends)), None)
    if reason:
        return refuse(board, reason)

    def refused(values: Mapping[str, str]) -> tuple[str, str] | None:
        by, now = duration(values["by"]), board.clock.now()
        reason = next(filter(None, (problem(desk, _longer(each, by, now)) for each in ends)), None)
        return ("by", reason) if reason else None

    def preview(values: Mapping[str, str]) -> list[Line]:
        if check_duration(values["by"]):
            return []
        lines = _extending(ends, duration(values["by"]), board)
        blamed = refused(values)
        return [loud(blamed[1]), *lines] if blamed else lines

    title = "Let it last longer" if len(ends) == 1 else f"Let {len(ends)} silences last longer"
    asking = Ask(title, [Field("by", "By", BY, "45m, 2h, 1d, added to its end", check_duration)], preview, refused)
    return _extended(board, desk, ends, show(board, asking))


def _longer(each: Silence, by: timedelta, now: datetime) -> MakeSilence:
    end = later(each, by, now).replace(microsecond=0)
    return MakeSilence(each.ref.source, each.match, end, each.comment or "…", replaces=each.ref.id)


def _extending(silences: Sequence[Silence], by: timedelta, board: Board) -> list[Line]:
    now, lines = board.clock.now(), list[Line]()
    for each in silences:
        lines += [
            fact("at", each.ref.source),
            fact("match", each.match, "bold"),
            fact("until", until_words(End(_longer(each, by, now).ends_at), now, board.zone).removeprefix("until ")),
            fact("before", until_words(End(each.ends_at), now, board.zone)),
            fact("made by", f"{each.who}: {each.comment}"),
            "",
        ]
    return lines


async def _extended(board: Board, desk: Desk, silences: list[Silence], answer: Awaitable[dict[str, str] | None]) -> None:
    given = await answer
    if given is None:
        return
    by = duration(given["by"])
    remark: list[Line] = []
    while True:
        lines = [*remark, *_extending(silences, by, board)]
        title = "Extend this silence?" if len(silences) == 1 else f"Extend these {len(silences)} silences?"
        if not await show(board, Confirm(title, lines, yes="extend")):
            return
        still = [each for each in _found(board, [each.ref for each in silences]) if each.state is not SilenceState.EXPIRED]
        if still == silences:
            break
        if not still:
            board.say("it has ended meanwhile: nothing was sent. s makes it anew", "refusal")
            return
        silences, remark = still, [loud(CHANGED), ""]
    now = board.clock.now()
    sent = [each for each in silences if tell(board, desk, _longer(each, by, now)) is not None]
    if len(sent) == len(silences):
        used(board)
        board.say(f"silent {until_words(End(_longer(sent[0], by, now).ends_at), now, board.zone)}")


def end(board: Board, desk: Desk, refs: Sequence[Ref]) -> Rest:
    """End them now."""
    silences = [each for each in _found(board, refs) if each.state is not SilenceState.EXPIRED]
    if not silences:
        return refuse(board, "that silence has ended already" if refs else NONE)
    reason = next(filter(None, (desk.why_not(EndSilence(each.ref)) for each in silences)), None)
    if reason:
        return refuse(board, reason)
    answer = show(board, _ending(board, desk, silences, ()))
    return _ended(board, desk, silences, answer)


def _ending(board: Board, desk: Desk, silences: Sequence[Silence], remark: Sequence[Line]) -> Confirm:
    now, lines = board.clock.now(), list(remark)
    for each in silences:
        lines += [
            fact("at", each.ref.source),
            fact("matches", each.match),
            fact("until", until_words(End(each.ends_at, each.until_resolved), now, board.zone).removeprefix("until ")),
            fact("made by", f"{each.who}: {each.comment}" if each.comment else each.who),
            "",
        ]
    hit = _hushed(desk, silences)
    if hit:
        lines += [loud(f"{counted(len(hit), 'alert')} can ring again at once:"), *names(board, hit)]
    else:
        lines.append("It hushes nothing now.")
    return Confirm("End this silence?" if len(silences) == 1 else f"End these {len(silences)} silences?", lines, yes="end it")


def _hushed(desk: Desk, silences: Sequence[Silence]) -> list[Ref]:
    active = [each for each in silences if each.state is SilenceState.ACTIVE]
    return list(dict.fromkeys(ref for each in active for ref in hits(desk, each.ref.source, each.match)))


async def _ended(board: Board, desk: Desk, silences: Sequence[Silence], answer: Awaitable[bool | None]) -> None:
    shown = _hushed(desk, silences)
    while await answer:
        still = [each for each in _found(board, [each.ref for each in silences]) if each.state is not SilenceState.EXPIRED]
        if not still:
            board.say("it has ended meanwhile: nothing was sent")
            return
        if set(_hushed(desk, still)) == set(shown):
            sent = [each for each in still if tell(board, desk, EndSilence(each.ref)) is not None]
            if len(sent) == len(still):
                used(board)
                board.say("the silence ends" if len(sent) == 1 else f"{counted(len(sent), 'silence')} end")
            return
        silences, shown = still, _hushed(desk, still)
        anew = show(board, _ending(board, desk, silences, (loud(CHANGED), "")))
        answer = anew


def _found(board: Board, refs: Sequence[Ref]) -> list[Silence]:
    known = {each.ref: each for each in board.view.silences}
    return [known[ref] for ref in refs if ref in known]
