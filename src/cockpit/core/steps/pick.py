"""``pick``: a person chooses in the middle of a run."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping

import msgspec

from ..asking import Answers, Asked, Want
from ..placeholders import ANY, filled
from .kind import Fault, KeyPath, Shown, cannot_be_given, named, odd_pattern
from .run import RunStep


class PickStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``pick`` is the question, which may hold ``{param}``; ``choices`` is what can be chosen, or ``choices_from`` a program and
    its arguments, each line of whose output can be (those that ``pattern`` does not match are left out). The choice is the value
    ``into`` of later steps. It waits as long as the whole run may take."""

    question: str = msgspec.field(name="pick")
    into: str
    choices: tuple[str, ...] = ()
    choices_from: tuple[str, ...] = ()
    pattern: str = ANY
    allow_dash: bool = False

    @property
    def command(self) -> RunStep | None:
        """What is executed for the choices."""
        return RunStep(self.choices_from) if self.choices_from else None

    @property
    def asked(self) -> Asked:
        """The question for the person."""
        return Asked(text=self.question, kind=Answers.CHOICE, choices=self.choices, choices_from=self.choices_from)

    def want(self, place: str, choices: tuple[str, ...] = ()) -> Want:
        """What the run waits for; ``choices`` are those of the command."""
        return Want(
            number=0,
            place=place,
            name=self.into,
            asked=self.asked,
            choices=choices or self.choices,
            pattern=self.pattern,
            allow_dash=self.allow_dash,
        )

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """See `Kind`."""
        yield ("pick",), self.question
        yield from ((("choices", place), item) for place, item in enumerate(self.choices))
        yield from ((("choices_from", place), item) for place, item in enumerate(self.choices_from))

    def names(self, params: Collection[str]) -> tuple[str, ...]:  # noqa: ARG002  # all that it takes stands in braces
        """See `Kind`."""
        return ()

    def faults(self, params: Collection[str]) -> Iterator[Fault]:
        """See `Kind`."""
        yield from named("into", self.into)
        if fault := self.asked.fault():
            yield Fault(("choices",), fault, 'choices = ["a", "b"], or choices_from = ["ls", "/srv"]')
        for each in self.command.faults(params) if self.command is not None else ():
            yield Fault(("choices_from",), each.what, each.hint)
        yield from odd_pattern(self.pattern)

    def unsafe(self) -> str:
        """See `Kind`."""
        return self.command.unsafe() if self.command is not None else ""

    def filled(self, values: Mapping[str, str]) -> PickStep:
        """See `Kind`."""
        return msgspec.structs.replace(
            self,
            question=filled(self.question, values),
            choices=tuple(filled(each, values) for each in self.choices),
            choices_from=self.command.filled(values).argv if self.command is not None else (),
        )

    def problem(self) -> str:
        """See `Kind`."""
        if not self.choices and not self.choices_from:
            return "has nothing to choose from"
        return cannot_be_given(*self.choices_from)

    def exact(self) -> tuple[str, ...]:
        """See `Kind`."""
        how = (self.pattern, str(self.allow_dash), str(len(self.choices)))
        return ("", "pick", self.question, self.into, *how, *self.choices, *self.choices_from)

    def shown(self) -> tuple[Shown, ...]:
        """See `Kind`."""
        source = (Shown("runs", self.choices_from),) if self.choices_from else (Shown("of", self.choices, beside=True),)
        which = f", which must match {self.pattern}" if self.pattern != ANY else ""
        which += " (it may begin with -)" * self.allow_dash
        return (
            Shown("asks", (self.question,), text=True),
            *source,
            Shown("", (f"for {self.into}{which}",), text=True, beside=True),
        )

    def said(self) -> tuple[str, ...]:
        """See `Kind`."""
        return (f"? {self.question}", f"| {shlex.join(self.choices_from)}" if self.choices_from else f"| {', '.join(self.choices)}")
