"""What can be done to an alert beyond taking it, at sources that people are paged through: one menu, and a box for each."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from ...core.actions import PagePeople
from ...core.alerts import Ref
from ...core.questions import Answered, AssigneesAt, LevelsOf, PlaysFor
from ...core.responses import (
    LONGEST_SNOOZE,
    Assignee,
    Escalate,
    Level,
    Merge,
    Play,
    Reassign,
    Resolve,
    RunPlay,
    Snooze,
)
from ...engine.desk import Desk
from ..ask import Ask, Field
from ..live import LivePicker, Offers
from ..page import Line
from ..palette import Entry
from ..subject import responds
from .decide import Decision, alert_lines, decided
from .maintenance import begin
from .page import page
from .steps import Board, Rest, check_duration, counted, duration, fact, refuse, show, starts_with_duration, until

T = TypeVar("T")
LENGTH = "1h"
"""What the form offers."""


def respond(board: Board, desk: Desk, refs: Sequence[Ref]) -> Rest:
    """The menu: escalate, give to somebody, merge, snooze, resolve, plays, maintenance, and paging people. Where the source of the
    alert knows nothing of that, people are paged."""
    refs = tuple(refs)
    if not refs or not responds(desk, refs):
        return page(board, desk, refs)
    several = f" and {counted(len(refs) - 1, 'other')}" if len(refs) > 1 else ""
    row = board.view.alert(refs[0])
    name = f"{row.alert.name} {row.alert.where}".strip() if row is not None else refs[0].id
    return _picked(board, desk, refs, show(board, LivePicker(f"{name}{several}: what to do?", lambda: _offers(board, desk, refs))))


def _offers(board: Board, desk: Desk, refs: tuple[Ref, ...]) -> Offers:
    levels, plays = desk.look_up(LevelsOf(refs[0])), desk.look_up(PlaysFor(refs[0]))
    entries = [
        Entry(
            f"level:{each.number}",
            f"Escalate to level {each.number}",
            _tells(each.who, refs),
            desk.why_not(Escalate(refs, each.number)) or "",
        )
        for each in _known(levels, Level)
    ]
    entries += _waiting("levels", levels, refs[0].source)
    entries.append(Entry("assign", "Give to somebody…", "", desk.why_not(Reassign(refs, ("…",))) or "", ("reassign",)))
    if len(refs) > 1:
        into, others = _into(board, refs)
        row = board.view.alert(into)
        name = f"{row.alert.name} {row.alert.where}".strip() if row is not None else into.id
        entries.append(
            Entry("merge", f"Merge {counted(len(others), 'other')} into {name}", "", desk.why_not(Merge(into, others)) or "")
        )
    later = board.clock.now() + timedelta(hours=1)
    entries.append(Entry("snooze", "Snooze…", "then it rings again", desk.why_not(Snooze(refs, later)) or ""))
    entries.append(Entry("resolve", "Resolve…", "it is over", desk.why_not(Resolve(refs)) or "", ("close",)))
    entries += [
        Entry(f"play:{each.id}", f"Run {each.name}", each.about, desk.why_not(RunPlay(refs[0], each.id, each.name)) or "")
        for each in _known(plays, Play)
    ]
    entries += _waiting("plays", plays, refs[0].source)
    entries.append(Entry("maintenance", "Begin a maintenance…", "nothing is raised meanwhile"))
    entries.append(Entry("page", "Page somebody…", "by the cockpit's own channels", desk.why_not(PagePeople) or ""))
    return entries, levels.asking or plays.asking


def _tells(who: Sequence[str], refs: Sequence[Ref]) -> str:
    """Who is on a level of the first one's policy: each of the others goes to that level of its own."""
    told = ", ".join(who) or "nobody, as it stands now"
    return told if len(refs) == 1 else f"{told} for the first; the others by their own policies"


def _waiting(what: str, answered: Answered, source: str) -> list[Entry]:
    """A line for an answer that is on its way, or could not be had."""
    if answered.value is not None or not (answered.asking or answered.problem):
        return []
    said = answered.problem or "on its way"
    return [Entry(f"no-{what}", f"Asking {source} for its {what}" if answered.asking else f"{what.capitalize()}?", "", said)]


def _known(answered: Answered, kind: type[T]) -> list[T]:
    return [each for each in answered.value if isinstance(each, kind)] if isinstance(answered.value, tuple) else []


def _into(board: Board, refs: tuple[Ref, ...]) -> tuple[Ref, tuple[Ref, ...]]:
    """The one under the cursor is the one that stays."""
    row = board.cursor_row()
    into = row.alert.ref if row is not None and row.alert.ref in refs else refs[0]
    return into, tuple(ref for ref in refs if ref != into)


async def _picked(board: Board, desk: Desk, refs: tuple[Ref, ...], answer: Awaitable[str | None]) -> None:
    """What was taken from the menu, with a box of its own."""
    kind, _, what = (await answer or "").partition(":")
    match kind:
        case "level":
            await _escalate(board, desk, refs, int(what))
        case "assign":
            await _assign(board, desk, refs)
        case "merge":
            await _merge(board, desk, refs)
        case "snooze":
            await snooze(board, desk, refs)
        case "resolve":
            await resolve(board, desk, refs)
        case "play":
            await _play(board, desk, refs[0], what)
        case "maintenance":
            await begin(board, desk, refs[0])
        case "page":
            await page(board, desk, refs)


def resolve(board: Board, desk: Desk, refs: Sequence[Ref], note: str = "") -> Rest:
    """Say that these are over; ``note`` says how."""
    action = Resolve(tuple(refs), note.strip())
    if reason := desk.why_not(action):
        return refuse(board, reason)

    def lines() -> list[Line]:
        return [*alert_lines(board, refs), *([fact("note", note.strip())] if note.strip() else [])]

    title = "Resolve this?" if len(refs) == 1 else f"Resolve these {len(refs)}?"
    return decided(board, desk, Decision(action, title, lines, refs, "resolve", f"asked to resolve {len(refs)}"))


def snooze(board: Board, desk: Desk, refs: Sequence[Ref], words: str = "") -> Rest:
    """Keep these quiet for a while. ``words`` may say for how long; then nothing is left to ask but the confirmation."""
    refs = tuple(refs)
    if reason := desk.why_not(Snooze(refs, board.clock.now() + timedelta(hours=1))):
        return refuse(board, reason)
    length, rest = starts_with_duration(words, "")
    if rest:
        return refuse(board, f"{rest!r} is no duration: write 30m, 2h or 1d")
    if length:
        return _snoozed(board, desk, refs, length)
    field = Field("for", "For", LENGTH, "30m, 2h, 1d; then it rings again by itself", _check)
    many = "" if len(refs) == 1 else f" {len(refs)}"
    box = Ask(f"Snooze{many}", [field], lambda values: _preview(board, refs, values))
    return _snooze_asked(board, desk, refs, show(board, box))


def _check(value: str) -> str | None:
    if fault := check_duration(value):
        return fault
    return f"{LONGEST_SNOOZE.days} days at most" if duration(value) > LONGEST_SNOOZE else None


def _preview(board: Board, refs: Sequence[Ref], values: Mapping[str, str]) -> list[Line]:
    if _check(values["for"]):
        return []
    now = board.clock.now()
    return [fact("until", until(now + duration(values["for"]), now, board.zone)), *alert_lines(board, refs)]


async def _snooze_asked(board: Board, desk: Desk, refs: tuple[Ref, ...], answer: Awaitable[dict[str, str] | None]) -> None:
    given = await answer
    if given is not None:
        await _snoozed(board, desk, refs, given["for"])


def _snoozed(board: Board, desk: Desk, refs: tuple[Ref, ...], length: str) -> Rest:
    if fault := _check(length):
        return refuse(board, fault)
    ends = (board.clock.now() + duration(length) + timedelta(seconds=1)).replace(microsecond=0)  # no shorter than was said

    def lines() -> list[Line]:
        return [fact("until", until(ends, board.clock.now(), board.zone), "bold"), *alert_lines(board, refs)]

    title = "Snooze this?" if len(refs) == 1 else f"Snooze these {len(refs)}?"
    done = f"quiet until {until(ends, board.clock.now(), board.zone)}"
    return decided(board, desk, Decision(Snooze(refs, ends), title, lines, refs, "snooze", done))


def _escalate(board: Board, desk: Desk, refs: tuple[Ref, ...], number: int) -> Rest:
    levels = _known(desk.look_up(LevelsOf(refs[0])), Level)
    who = next((each.who for each in levels if each.number == number), ())
    policy = next((each.policy for each in levels), "")

    def lines() -> list[Line]:
        return [
            fact("level", f"{number} of {policy}" if policy else str(number), "bold"),
            fact("tells", _tells(who, refs)),
            *alert_lines(board, refs),
            "",
            "They ring again, whoever has them now.",
        ]

    title = f"Escalate to level {number}?"
    return decided(board, desk, Decision(Escalate(refs, number), title, lines, refs, "escalate", f"escalating to level {number}"))


async def _assign(board: Board, desk: Desk, refs: tuple[Ref, ...]) -> None:
    question = AssigneesAt(refs[0].source)

    def offers() -> Offers:
        answered = desk.look_up(question)
        people = [Entry(each.id, each.name, each.about) for each in _known(answered, Assignee)]
        return people or _waiting("people", answered, refs[0].source), answered.asking

    to = await show(board, LivePicker("Give to whom?", offers))
    found = next((each for each in _known(desk.look_up(question), Assignee) if each.id == to), None)
    if found is not None:
        await reassign(board, desk, refs, found)


def reassign(board: Board, desk: Desk, refs: tuple[Ref, ...], to: Assignee) -> Rest:
    """Give these to somebody."""

    def lines() -> list[Line]:
        known = f"{to.name} ({to.about})" if to.about else to.name
        return [fact("to", known, "bold"), *alert_lines(board, refs), "", "They ring again, for the one they are given to."]

    title = "Give this away?" if len(refs) == 1 else f"Give these {len(refs)} away?"
    action = Reassign(refs, (to.id,), (to.name,))
    return decided(board, desk, Decision(action, title, lines, refs, "give", f"given to {to.name}"))


def _merge(board: Board, desk: Desk, refs: tuple[Ref, ...]) -> Rest:
    into, others = _into(board, refs)

    def lines() -> list[Line]:
        stays = alert_lines(board, (into,))
        return ["Into", *stays, "", "go, and are over then:", *alert_lines(board, others)]

    title = f"Merge {counted(len(others), 'alert')} into one?"
    return decided(board, desk, Decision(Merge(into, others), title, lines, refs, "merge", f"merging {len(refs)} into one"))


def _play(board: Board, desk: Desk, ref: Ref, play: str) -> Rest:
    found = next((each for each in _known(desk.look_up(PlaysFor(ref)), Play) if each.id == play), Play(play, play))

    def lines() -> list[Line]:
        about = [fact("does", found.about)] if found.about else []
        return [fact("at", ref.source), fact("runs", found.name, "bold"), *about, *alert_lines(board, (ref,))]

    action = RunPlay(ref, found.id, found.name)
    return decided(board, desk, Decision(action, f"Run {found.name}?", lines, (ref,), "run it", f"{ref.source} runs {found.name}"))
