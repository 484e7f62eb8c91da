"""Asks sources what somebody wants to know who looks closer; remembers the answers for a while, and asks nothing twice at once."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

import msgspec

from ..core.actions import touched
from ..core.harmless import harmless
from ..core.questions import (
    NEEDS,
    Answered,
    AssigneesAt,
    HistoryOf,
    LevelsOf,
    PlaysFor,
    Question,
    ServicesAt,
    source_of,
)
from ..core.story import Story
from ..core.view import View
from ..provider import Clock, Malformed
from .source import Source

FRESH = 60.0
"""Seconds for which an answer about an alert is believed while nothing about the alert changes."""
LASTS = 300.0
"""Seconds for which an answer about a source (its people, its services) is believed."""
PAUSE = 0.5
"""Seconds that somebody must stay on an alert before its history is asked for: a cursor that passes by costs nothing."""
KEPT = 100


class _Known(msgspec.Struct):
    answered: Answered
    at: float
    about: object


class Ask(Protocol):
    """Has something done on the engine's loop; from any thread."""

    def __call__(self, name: str, work: Callable[[], Awaitable[None]], /) -> None: ...


class Inquiries:
    """``source`` finds a source; ``view`` gives the newest view; ``go`` has the asking done, ``changed`` is called when there is
    an answer. `told` may be called from any thread."""

    def __init__(
        self,
        clock: Clock,
        *,
        source: Callable[[str], Source | None],
        view: Callable[[], View],
        go: Ask,
        changed: Callable[[], None],
    ) -> None:
        self._clock, self._source, self._view, self._go, self._changed = clock, source, view, go, changed
        self._known: dict[Question, _Known] = {}
        self._newest: Question | None = None
        self._lock = threading.Lock()

    def told(self, question: Question) -> Answered:
        """What is known of the answer; asks, where that is nothing, old, or of something that has changed since."""
        source = self._source(source_of(question))
        if source is None or NEEDS[type(question)][0] not in source.can:
            return Answered()
        about, now = self._about(question), self._clock.mono()
        with self._lock:
            if isinstance(question, HistoryOf):
                self._newest = question
            known = self._known.setdefault(question, _Known(Answered(), -LASTS, about))
            lasts = LASTS if isinstance(question, (AssigneesAt, ServicesAt)) else FRESH
            if known.answered.asking or (now - known.at < lasts and known.about == about):
                return known.answered
            known.answered = msgspec.structs.replace(known.answered, asking=True)
            known.about = about
            self._forget_old()
        self._go(f"asking {source.name}", lambda: self._find_out(question, source))
        return known.answered

    @property
    def known(self) -> dict[Question, Answered]:
        """Every answer that is remembered. From any thread."""
        with self._lock:
            return {question: known.answered for question, known in self._known.items()}

    async def ask(self, question: Question) -> Answered:
        """The answer, waited for. On the engine's loop."""
        source = self._source(source_of(question))
        if source is None:
            return Answered(problem=f"there is no source {source_of(question)}")
        if NEEDS[type(question)][0] not in source.can:
            return Answered(problem=f"{source.name} cannot tell: {source.provider_name} does not know that")
        return await self._answer(question, source)

    async def _find_out(self, question: Question, source: Source) -> None:
        if isinstance(question, HistoryOf):
            await self._clock.sleep(PAUSE)
            if self._newest != question:  # whoever asked has gone on
                with self._lock:
                    self._known.pop(question, None)
                return
        answered = await self._answer(question, source)
        with self._lock:
            known = self._known.get(question)
            if known is None:
                return
            if answered.value is None:
                answered = msgspec.structs.replace(answered, value=known.answered.value)
            known.answered, known.at = answered, self._clock.mono()
        self._changed()

    async def _answer(self, question: Question, source: Source) -> Answered:
        try:
            return Answered(cast(Any, accepted(question, await source.send(_call(question)))))
        except Exception as error:  # noqa: BLE001  # whatever a provider raises is told to who asked
            return Answered(problem=source.why(error))

    def _about(self, question: Question) -> object:
        """What is known of what a question is about, and what has been done to it: when that differs, an answer is stale."""
        if isinstance(question, (AssigneesAt, ServicesAt)):
            return None
        view = self._view()
        row = view.alert(question.alert)
        done = tuple(run.id for run in view.runs if run.state.settled and question.alert in touched(run.action))
        return row.alert if row is not None else None, done

    def _forget_old(self) -> None:
        idle = [each for each, known in self._known.items() if not known.answered.asking]
        for each in sorted(idle, key=lambda one: self._known[one].at)[: max(0, len(self._known) - KEPT)]:
            del self._known[each]


def _call(question: Question) -> Callable[[Any], Awaitable[object]]:
    match question:
        case HistoryOf(alert=ref):
            return lambda at: at.history(ref.id)
        case LevelsOf(alert=ref):
            return lambda at: at.levels(ref.id)
        case PlaysFor(alert=ref):
            return lambda at: at.plays(ref.id)
        case AssigneesAt():
            return lambda at: at.assignees()
        case ServicesAt():
            return lambda at: at.services()


def accepted(question: Question, answer: object) -> object:
    """What a provider answered, looked at before anyone relies on it, its texts cleaned once more (safety 15, 18). Raises
    `Malformed`."""
    kind = NEEDS[type(question)][1]
    good = isinstance(answer, kind)
    if kind is not Story:
        good = isinstance(answer, (list, tuple)) and all(type(each) is kind for each in answer)
    try:
        return harmless(answer) if good else _refused(kind, answer)
    except (TypeError, ValueError, AttributeError) as error:
        raise Malformed(f"a part of it is not what it says it is: {error}") from error


def _refused(kind: type, answer: object) -> object:
    raise Malformed(f"it gave {type(answer).__name__} where {kind.__name__} was wanted")
