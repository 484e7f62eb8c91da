"""Runbooks: a procedure with its metadata, parameters and steps, and what exactly it will execute."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from .alerts import Alert
from .filters import parse
from .placeholders import ANY, encodes, filled, placeholders, unfit
from .shells import evaluated, quoted, remote
from .text import clean
from .units import Seconds

__all__ = [
    "Confirm", "Param", "Plan", "ResolvedStep", "Runbook", "Step", "asks", "needs_typing", "offered", "params_of", "placeholders",
    "plan", "title_for",
]  # fmt: skip


class Confirm(enum.Enum):
    """How a person confirms a runbook that changes the world: a ``y``, or typing the target's name."""

    YES = "yes"
    TYPE = "type"


class Param(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value a runbook needs.

    ``source`` is where it comes from: ``label:NAME``, ``annotation:NAME``, ``reading:NAME``, ``alert:name|where|id|source``
    or "" (only by hand, or ``default``). ``pattern`` is a regular expression the whole value must match, as `core.patterns` takes
    them. A value that begins with ``-``, or holds a newline or another control character, is refused unless ``allow_dash`` /
    ``allow_control``; NUL always is.
    """

    source: str = msgspec.field(name="from", default="")
    default: str | None = None
    pattern: str = ANY
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
    whole run. ``target`` names what it is done to, which a person types for ``confirm = "type"``. ``title``, ``changes`` and
    ``target`` may hold ``{param}``.
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

    ``target`` is what it is done to ("" = nothing is known of that). ``changes`` is what it does to the world, with what is known
    in its placeholders, safe to show ("" = nothing). ``refused`` says why it cannot run ("" = it can); then ``steps`` may be empty.
    """

    runbook: Runbook
    values: dict[str, str]
    steps: tuple[ResolvedStep, ...]
    target: str
    refused: str = ""
    missing: tuple[str, ...] = ()
    changes: str = ""

    @property
    def word(self) -> str:
        """What a person types to confirm it, where it must be typed: the target; the runbook's own name where there is none."""
        return self.target or self.runbook.name

    @property
    def argvs(self) -> tuple[tuple[str, ...], ...]:
        """Every step as it is shown, and compared with what was shown: its argv, and where it sets variables or a directory, those
        too, in the words of env(1): ``env -C DIR NAME=VALUE PROGRAM …``. A value that travels in the environment changes what is
        done as much as one in the argv."""
        return tuple(_with_surroundings(step) for step in self.steps)


def _with_surroundings(step: ResolvedStep) -> tuple[str, ...]:
    place = ("-C", step.cwd) if step.cwd else ()
    around = (*place, *(f"{name}={value}" for name, value in step.env.items()))
    return ("env", *around, *step.argv) if around else step.argv


class _Facts(msgspec.Struct, frozen=True):
    """All that parameters can be taken from."""

    alert: Alert | None
    given: Mapping[str, str]
    reading: Mapping[str, float]

    def value(self, name: str, param: Param) -> str | None:
        """The value of a parameter: given by hand, else from its source, else its default. A fact that is empty is not there: an
        empty argument where a path was meant is how files get lost."""
        if name in self.given:
            return self.given[name]
        kind, _, what = param.source.partition(":")
        return self._fact(kind, what) or param.default

    def _fact(self, kind: str, what: str) -> str:
        if kind == "reading":
            number = self.reading.get(what)
            if number is None or not math.isfinite(number):
                return ""
            return str(int(number)) if number == int(number) else repr(float(number))
        if self.alert is None:
            return ""
        match kind:
            case "label":
                return self.alert.labels.get(what, "")
            case "annotation":
                return self.alert.annotations.get(what, "")
            case "alert":
                ref = self.alert.ref
                return {"name": self.alert.name, "where": self.alert.where, "id": ref.id, "source": ref.source}.get(what, "")
            case _:
                return ""


def params_of(runbook: Runbook) -> dict[str, Param]:
    """All its parameters: those it declares, and those that only stand in braces. The latter are taken from the label of that name
    (``from = "label:NAME"``). Raises ``ValueError`` for malformed braces."""
    used = (name for text in (*_needed(runbook), runbook.title, runbook.changes or "") for name in placeholders(text))
    return {**runbook.params, **{name: _undeclared(name) for name in used if name not in runbook.params}}


def _undeclared(name: str) -> Param:
    return Param(source=f"label:{name}" if "-" not in name else "")


def _needed(runbook: Runbook) -> list[str]:
    """Every text whose placeholders must have a value before it can run. ``title`` and ``changes`` only name what they can."""
    texts = [runbook.target]
    for step in runbook.steps:
        texts += (*step.run, *step.env.values(), step.cwd)
    return texts


def plan(runbook: Runbook, alert: Alert | None, given: Mapping[str, str], reading: Mapping[str, float] | None = None) -> Plan:
    """Resolve ``runbook`` for ``alert`` with hand-given values winning over the alert's facts.

    Placeholders are substituted once: braces inside a value are never expanded again (safety 9). ``{{`` and ``}}`` are
    literal braces. A value that its parameter does not allow refuses the whole plan with the reason (safety 7). What has no
    value is in ``missing``, unless only the title or ``changes`` names it. Values in a remote command of ssh are quoted for the
    shell there (safety 8); a value inside the text of ``sh -c`` refuses the plan: it can travel in ``env``.
    """
    try:
        params = params_of(runbook)
    except ValueError as error:
        return Plan(runbook, dict(given), (), "", refused=str(error), changes=clean(runbook.changes or ""))
    facts = _Facts(alert, given, reading or {})
    changes = _told(runbook.changes or "", runbook, facts)
    found = {name: facts.value(name, param) for name, param in params.items()}
    values = {name: value for name, value in found.items() if value is not None}
    needed = {*runbook.params, *(name for text in _needed(runbook) for name in placeholders(text))}
    missing = tuple(name for name in found if name not in values and name in needed)
    reasons = [_stranger(name, params, runbook) for name in given if name not in params]
    reasons += [evaluated(step.run) for step in runbook.steps]
    for name, value in values.items():
        if name in needed or name in given:
            param = params[name]
            reasons.append(unfit(name, value, param.pattern, allow_dash=param.allow_dash, allow_control=param.allow_control))
    if missing:
        reasons.append(f"needs a value for {' and '.join(missing)}")
    target = _target(runbook, alert, values)
    if any(reasons):
        return Plan(runbook, values, (), target, "; ".join(filter(None, reasons)), missing, changes)
    steps = tuple(_resolved(step, values) for step in runbook.steps)
    refused = _unrunnable(steps)
    return Plan(runbook, values, () if refused else steps, target, refused, changes=changes)


def _stranger(name: str, params: Mapping[str, Param], runbook: Runbook) -> str:
    from difflib import get_close_matches  # deferred: only a fault needs it

    near = get_close_matches(name, params, 1)
    hint = f", did you mean {near[0]}?" if near else f": it has {', '.join(params)}" if params else ": it has none"
    return f"{runbook.name} has no parameter {clean(name, 80)}{hint}"


def _resolved(step: Step, values: Mapping[str, str]) -> ResolvedStep:
    return ResolvedStep(
        argv=tuple(
            filled(item, {name: quoted(value, times) for name, value in values.items()} if times else values)
            for item, times in zip(step.run, remote(step.run), strict=True)
        ),
        env={name: filled(text, values) for name, text in step.env.items()},
        timeout=step.timeout,
        cwd=filled(step.cwd, values),
        continue_on_error=step.continue_on_error,
        name=step.name,
    )


def _unrunnable(steps: Sequence[ResolvedStep]) -> str:
    if not steps:
        return "it has no steps"
    for number, step in enumerate(steps, 1):
        if not step.argv or not step.argv[0]:
            return f"step {number} names no program"
        if any("\0" in text or not encodes(text) for text in (*step.argv, *step.env.values(), *step.env, step.cwd)):
            return f"step {number} holds a NUL character or half a character, which no program can be given"
    return ""


def _target(runbook: Runbook, alert: Alert | None, values: Mapping[str, str]) -> str:
    """What it is done to, for people, and what they type to confirm: as configured; else the alert's place; else, where that is no
    more than the machine that a trap of ours stands on, the alert's name; "" without an alert."""
    named = clean(filled(runbook.target, values), 200).strip()
    if named or alert is None:
        return named
    place = alert.where.strip()
    return alert.name.strip() if not place or (alert.trap and place == alert.labels.get("host")) else place


def title_for(
    runbook: Runbook, alert: Alert | None, given: Mapping[str, str] | None = None, reading: Mapping[str, float] | None = None
) -> str:
    """The title with what is known in its placeholders, safe to show; ``{path}`` stays where nothing is known of it."""
    return _told(runbook.title, runbook, _Facts(alert, given or {}, reading or {}))


def _told(text: str, runbook: Runbook, facts: _Facts) -> str:
    try:
        names = placeholders(text)
    except ValueError:
        return clean(text)
    found = {name: facts.value(name, runbook.params.get(name, _undeclared(name))) for name in names}
    return clean(filled(text, {name: value for name, value in found.items() if value}))


def asks(plan: Plan) -> bool:
    """Whether a person must confirm it: it changes the world."""
    return plan.runbook.changes is not None


def needs_typing(plan: Plan) -> bool:
    """Whether they confirm it by typing ``plan.word``."""
    return asks(plan) and plan.runbook.confirm is Confirm.TYPE


def offered(runbooks: Sequence[Runbook], alert: Alert | None, now: datetime | None = None) -> tuple[Runbook, ...]:
    """The runbooks for the alert under the cursor, in the order of the digits that run them: first those that its trap names
    (annotation ``runbooks``, of this machine's own alerts alone), then those whose ``match`` holds, as in config.

    ``now`` (UTC) is for ``@age`` in a ``match``; without it, every alert has only just begun.
    """
    if alert is None:
        return ()
    by_name = {runbook.name: runbook for runbook in runbooks}
    named = alert.annotations.get("runbooks", "").split(",") if alert.trap else []
    chosen = {name.strip(): by_name[name.strip()] for name in named if name.strip() in by_name}
    at = now or alert.started_at or datetime.min.replace(tzinfo=UTC)
    for runbook in runbooks:
        if runbook.match.strip() and parse(runbook.match).matches(alert, at):
            chosen.setdefault(runbook.name, runbook)
    return tuple(chosen.values())
