"""Runbooks: a procedure with its metadata, parameters and steps, and what exactly it will execute."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

import msgspec

from .alerts import Alert
from .units import Seconds


class Confirm(enum.Enum):
    """How a person confirms a runbook that changes the world: a ``y``, or typing the target's name."""

    YES = "yes"
    TYPE = "type"


class Param(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value a runbook needs.

    ``source`` is where it comes from: ``label:NAME``, ``annotation:NAME``, ``reading:NAME``, ``alert:name|where|id|source``
    or "" (only by hand, or ``default``). ``pattern`` is a regular expression the whole value must match. A value that begins
    with ``-``, or holds a newline or another control character, is refused unless ``allow_dash`` / ``allow_control``.
    """

    source: str = msgspec.field(name="from", default="")
    default: str | None = None
    pattern: str = r"[^\x00-\x1f\x7f]*"
    allow_dash: bool = False
    allow_control: bool = False
    help: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step: ``run`` is an argv (never a shell line) whose items may hold ``{param}``.

    ``timeout`` (seconds) bounds this step alone; ``env`` adds variables, whose values may hold ``{param}`` too.
    ``continue_on_error`` goes on after a status other than 0.
    """

    run: tuple[str, ...]
    name: str = ""
    timeout: Seconds | None = None
    env: dict[str, str] = {}
    cwd: str = ""
    continue_on_error: bool = False


class Runbook(msgspec.Struct, frozen=True, kw_only=True):
    """A procedure. ``match`` (filter language) says for which alerts it is offered; "" means it is offered in the picker only.

    ``changes`` says what it does to the world; None is read-only and needs no confirmation. ``timeout`` (seconds) bounds the
    whole run. ``target`` names what a person types for ``confirm = "type"``; may hold ``{param}``.
    """

    name: str
    title: str
    steps: tuple[Step, ...]
    key: str = ""
    match: str = ""
    changes: str | None = None
    confirm: Confirm = Confirm.YES
    timeout: Seconds = Seconds(600.0)
    target: str = ""
    params: dict[str, Param] = {}
    help: str = ""


class ResolvedStep(msgspec.Struct, frozen=True):
    """A step with every value in its place: exactly what will be executed."""

    argv: tuple[str, ...]
    env: dict[str, str]
    timeout: float | None
    cwd: str
    continue_on_error: bool
    name: str


class Plan(msgspec.Struct, frozen=True):
    """A runbook resolved for one alert (or none): what the preview shows and the runner executes.

    ``refused`` says why it cannot run ("" = it can); then ``steps`` may be empty.
    """

    runbook: Runbook
    values: dict[str, str]
    steps: tuple[ResolvedStep, ...]
    target: str
    refused: str = ""
    missing: tuple[str, ...] = ()

    @property
    def argvs(self) -> tuple[tuple[str, ...], ...]:
        """The argv of every step, for the comparison with what was shown."""
        return tuple(step.argv for step in self.steps)


def plan(
    runbook: Runbook, alert: Alert | None, given: Mapping[str, str], reading: Mapping[str, float] | None = None
) -> Plan:
    """Resolve ``runbook`` for ``alert`` with hand-given values winning over the alert's facts.

    Placeholders are substituted once: braces inside a value are never expanded again (safety 9). ``{{`` and ``}}`` are
    literal braces. A value that its parameter does not allow refuses the whole plan with the reason (safety 7).
    """
    raise NotImplementedError


def offered(runbooks: Sequence[Runbook], alert: Alert | None) -> tuple[Runbook, ...]:
    """The runbooks for the alert under the cursor, in the order of the digits that run them."""
    raise NotImplementedError
