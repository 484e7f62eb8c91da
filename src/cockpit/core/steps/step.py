"""A step of a runbook: what it does, which is of one kind, and what every step has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from ..units import Seconds
from .kind import Kind, Shown
from .run import RunStep
from .script import ScriptStep
from .ssh import SshStep

Do = RunStep | ScriptStep | SshStep
"""What a step does; the kinds of which the cockpit executes each."""

KINDS: dict[str, type[Do]] = {"run": RunStep, "script": ScriptStep, "ssh": SshStep}
"""The kinds, by the key of a step's table that says which it is. One may have another's key among its own: ``ssh`` with ``run``."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step. ``name`` is for people; ``timeout`` (seconds) bounds this step alone; ``continue_on_error`` goes on after it has
    failed (not after a deadline or a cancellation)."""

    do: Do
    name: str = ""
    timeout: Seconds | None = None
    continue_on_error: bool = False

    def texts(self) -> Iterator[str]:
        """Every text that may hold ``{param}``."""
        yield from (text for _, text in self.do.texts())

    def resolved(self, values: Mapping[str, str]) -> ResolvedStep:
        """With every value in its place."""
        return ResolvedStep(self.do.filled(values), self)


class ResolvedStep(msgspec.Struct, frozen=True):
    """A step with every value in its place: ``do`` is exactly what will be executed, ``step`` the step as configured."""

    do: Do
    step: Step

    def exact(self) -> tuple[str, ...]:
        """What is compared with what a person saw; see `Kind.exact`."""
        return self.do.exact()

    def shown(self) -> tuple[Shown, ...]:
        """The preview; see `Kind.shown`."""
        return self.do.shown()


def kind_of(do: Do) -> str:
    """The name of its kind."""
    return next(name for name, kind in KINDS.items() if type(do) is kind)


_: type[Kind] = RunStep
_ = ScriptStep
_ = SshStep
