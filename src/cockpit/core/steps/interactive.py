"""``interactive``: a program that has the terminal for itself, and a person at it."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping

import msgspec

from ..asking import Answers, Asked, Want
from .kind import Fault, KeyPath, Shown, variables
from .run import RunStep


class InteractiveStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``interactive`` is a program and its arguments, as for ``run``. The screen steps aside for it once a person says so, and
    comes back when it has ended; on the command line it has the terminal of the command. Nothing of what it shows is kept. It waits
    as long as the whole run may take."""

    argv: tuple[str, ...] = msgspec.field(name="interactive")
    env: dict[str, str] = {}
    cwd: str = ""

    @property
    def run(self) -> RunStep:
        """The program."""
        return RunStep(self.argv, self.env, self.cwd)

    def want(self, place: str) -> Want:
        """What the run waits for."""
        return Want(number=0, place=place, name="status", asked=Asked(text=shlex.join(self.argv), kind=Answers.TERMINAL))

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """See `Kind`."""
        yield from ((("interactive", *where[1:]) if where[0] == "run" else where, text) for where, text in self.run.texts())

    def names(self, params: Collection[str]) -> tuple[str, ...]:
        """See `Kind`."""
        return self.run.names(params)

    def faults(self, params: Collection[str]) -> Iterator[Fault]:
        """See `Kind`."""
        for each in self.run.faults(params):
            where = ("interactive", *each.where[1:]) if each.where[0] == "run" else each.where
            yield Fault(where, each.what.replace("run ", "interactive ", 1), each.hint.replace("run = ", "interactive = "))

    def unsafe(self) -> str:
        """See `Kind`."""
        return self.run.unsafe()

    def filled(self, values: Mapping[str, str]) -> InteractiveStep:
        """See `Kind`."""
        run = self.run.filled(values)
        return InteractiveStep(run.argv, run.env, run.cwd)

    def problem(self) -> str:
        """See `Kind`."""
        return self.run.problem()

    def exact(self) -> tuple[str, ...]:
        """See `Kind`."""
        return ("", "interactive", *self.run.exact())

    def shown(self) -> tuple[Shown, ...]:
        """See `Kind`."""
        first, *more = self.run.shown()
        terminal = Shown("", ("in the terminal, with you at it: what it shows is not kept",), text=True, beside=True)
        return (msgspec.structs.replace(first, label="terminal"), terminal, *more)

    def said(self) -> tuple[str, ...]:
        """See `Kind`."""
        return (" ".join(filter(None, (variables(self.env), shlex.join(self.argv)))) + "   (in the terminal)",)
