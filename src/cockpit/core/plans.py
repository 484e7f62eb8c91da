"""A runbook resolved for an alert: what exactly would be done, or why it cannot be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from .alerts import Alert
from .placeholders import filled, placeholders, unfit
from .runbooks import Confirm, Param, Runbook
from .steps.step import ResolvedStep
from .text import clean


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
    def exact(self) -> tuple[tuple[str, ...], ...]:
        """All that would be done, step by step: it is compared with what was shown, and journalled. See `steps.kind.Kind.exact`."""
        return tuple(words for step in self.steps for words in step.exact())


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


_OF_THE_ALERT = ("alert_name", "alert_where", "alert_id", "alert_source")


def params_of(runbook: Runbook) -> dict[str, Param]:
    """All its parameters: those it declares, and those that only stand in braces. The latter are taken from the label of that name
    (``from = "label:NAME"``), ``alert_name`` and the like from the alert. Raises ``ValueError`` for malformed braces."""
    texts = (runbook.target, *(text for step in runbook.steps for text in step.texts()), runbook.title, runbook.changes or "")
    used = (name for text in texts for name in placeholders(text))
    given = {*runbook.params, *captured(runbook)}
    return {**runbook.params, **{name: _undeclared(name) for name in used if name not in given}}


def _undeclared(name: str) -> Param:
    if name in _OF_THE_ALERT:
        return Param(source=name.replace("_", ":"))
    return Param(source=f"label:{name}" if "-" not in name else "")


def _needed(runbook: Runbook, params: Mapping[str, Param]) -> set[str]:
    """The parameters that must have a value before it can run. ``title`` and ``changes`` only name what they can."""
    names = {*runbook.params, *placeholders(runbook.target)}
    return names.union(*(step.names(params) for step in runbook.steps)) - captured(runbook).keys()


def captured(runbook: Runbook) -> dict[str, int]:
    """The names that steps take from their output, and the number (from 1) of the step that does."""
    found: dict[str, int] = {}
    for number, step in enumerate(runbook.steps, 1):
        for name in step.gives():
            found.setdefault(name, number)
    return found


def plan(runbook: Runbook, alert: Alert | None, given: Mapping[str, str], reading: Mapping[str, float] | None = None) -> Plan:
    """Resolve ``runbook`` for ``alert`` with hand-given values winning over the alert's facts.

    Placeholders are substituted once: braces inside a value are never expanded again (safety 9). ``{{`` and ``}}`` are
    literal braces. A value that its parameter does not allow refuses the whole plan with the reason (safety 7). What has no
    value is in ``missing``, unless only the title or ``changes`` names it. Values in a remote command of ssh are quoted for the
    shell there (safety 8); a value inside the text of ``sh -c`` refuses the plan: it can travel in ``env``. A script gets the
    parameters that it names in its environment.
    """
    try:
        params = params_of(runbook)
        needed = _needed(runbook, params)
    except ValueError as error:
        return Plan(runbook, dict(given), (), "", refused=str(error), changes=clean(runbook.changes or ""))
    facts = _Facts(alert, given, reading or {})
    changes = _told(runbook.changes or "", runbook, facts)
    found = {name: facts.value(name, param) for name, param in params.items()}
    values = {name: value for name, value in found.items() if value is not None}
    missing = tuple(name for name in found if name not in values and name in needed)
    reasons = [_stranger(name, params, runbook) for name in given if name not in params]
    reasons += [each.do.unsafe() for step in runbook.steps for each in (step, step.undo) if each is not None]
    for name, value in values.items():
        if name in needed or name in given:
            param = params[name]
            reasons.append(unfit(name, value, param.pattern, allow_dash=param.allow_dash, allow_control=param.allow_control))
    if missing:
        reasons.append(f"needs a value for {' and '.join(missing)}")
    target = _target(runbook, alert, values)
    if any(reasons):
        return Plan(runbook, values, (), target, "; ".join(filter(None, reasons)), missing, changes)
    steps = _resolved(runbook, values)
    refused = _unrunnable(steps)
    return Plan(runbook, values, () if refused else steps, target, refused, changes=changes)


def _resolved(runbook: Runbook, values: Mapping[str, str]) -> tuple[ResolvedStep, ...]:
    steps: list[ResolvedStep] = []
    later: dict[str, int] = {}
    for number, step in enumerate(runbook.steps, 1):
        steps.append(step.resolved(values, later, number))
        later.update((name, number) for name in step.gives() if name not in later)
    return tuple(steps)


def _stranger(name: str, params: Mapping[str, Param], runbook: Runbook) -> str:
    from difflib import get_close_matches  # deferred: only a fault needs it

    near = get_close_matches(name, params, 1)
    hint = f", did you mean {near[0]}?" if near else f": it has {', '.join(params)}" if params else ": it has none"
    return f"{runbook.name} has no parameter {clean(name, 80)}{hint}"


def _unrunnable(steps: Sequence[ResolvedStep]) -> str:
    if not steps:
        return "it has no steps"
    for number, step in enumerate(steps, 1):
        if problem := step.problem():
            return f"step {number} {problem}"
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
