"""``ask``: a person says something in the middle of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec

from ..asking import Answers, Asked, Want
from ..placeholders import ANY, filled
from .kind import Fault, KeyPath, Shown, named, odd_pattern


class AskStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``ask`` is the question, which may hold ``{param}``; the answer is the value ``into`` of later steps, and must match
    ``pattern``. ``kind`` is text, number (from ``min`` to ``max``), yes/no or secret: that is shown and kept nowhere, and later
    steps get it in their environment alone. It waits as long as the whole run may take."""

    question: str = msgspec.field(name="ask")
    into: str
    kind: Answers = Answers.TEXT
    min: float | None = None
    max: float | None = None
    pattern: str = ANY
    allow_dash: bool = False
    allow_control: bool = False

    @property
    def asked(self) -> Asked:
        """The question for the person."""
        return Asked(text=self.question, kind=self.kind, min=self.min, max=self.max)

    def want(self, place: str) -> Want:
        """What the run waits for."""
        return Want(
            number=0,
            place=place,
            name=self.into,
            asked=self.asked,
            pattern=self.pattern,
            allow_dash=self.allow_dash,
            allow_control=self.allow_control,
        )

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """See `Kind`."""
        yield ("ask",), self.question

    def names(self, params: Collection[str]) -> tuple[str, ...]:  # noqa: ARG002  # all that it takes stands in braces
        """See `Kind`."""
        return ()

    def faults(self, params: Collection[str]) -> Iterator[Fault]:  # noqa: ARG002  # nothing depends on them
        """See `Kind`."""
        yield from named("into", self.into)
        if self.kind is Answers.CHOICE:
            yield Fault(("kind",), "ask has no choices: a step that picks does", 'pick = "Which?", choices = ["a", "b"]')
        elif fault := self.asked.fault():
            yield Fault(("kind",), fault)
        yield from odd_pattern(self.pattern)

    def unsafe(self) -> str:
        """See `Kind`."""
        return ""

    def filled(self, values: Mapping[str, str]) -> AskStep:
        """See `Kind`."""
        return msgspec.structs.replace(self, question=filled(self.question, values))

    def problem(self) -> str:
        """See `Kind`."""
        return "" if self.question.strip() else "asks nothing"

    def exact(self) -> tuple[str, ...]:
        """See `Kind`."""
        allowed = (str(self.allow_dash), str(self.allow_control))
        return ("", "ask", self.question, self.into, self.kind.value, self.pattern, str(self.min), str(self.max), *allowed)

    def shown(self) -> tuple[Shown, ...]:
        """See `Kind`."""
        which = "" if self.kind is Answers.TEXT else f", a {self.kind.value}"
        ends = (("from", self.min), ("to", self.max))
        which += "".join(f" {word} {end:g}" for word, end in ends if end is not None)
        which += f", which must match {self.pattern}" if self.pattern != ANY else ""
        which += " (it may begin with -)" * self.allow_dash + " (it may hold control characters)" * self.allow_control
        return (Shown("asks", (self.question,), text=True), Shown("", (f"for {self.into}{which}",), text=True, beside=True))

    def said(self) -> tuple[str, ...]:
        """See `Kind`."""
        return (f"? {self.question}",)
