"""A runbook resolved for an alert: what exactly would be done, or why it cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from .alerts import Alert
from .placeholders import filled, placeholders
from .runbooks import Confirm, Param, Runbook
from .steps.step import ResolvedStep, references
from .text import clean
from .values import Facts, is_secret, unfit_for


class Plan(msgspec.Struct, frozen=True):
    """A runbook resolved for one alert (or none): what the preview shows and the runner executes.

    ``target`` is what it is done to ("" = nothing is known of that). ``changes`` is what it does to the world, with what is known
    in its placeholders, safe to show ("" = nothing). ``refused`` says why it cannot run ("" = it can); then ``steps`` may be empty.
    ``warning`` is what must be known before somebody says yes to it. Of one that takes a run back, ``after`` is the newest run that
    was to do so, of which ``warning`` tells ("" = none).
    """

    runbook: Runbook
    values: dict[str, str]
    steps: tuple[ResolvedStep, ...]
    target: str
    refused: str = ""
    missing: tuple[str, ...] = ()
    changes: str = ""
    warning: str = ""
    after: str = ""

    @property
    def word(self) -> str:
        """What a person types to confirm it, where it must be typed: the target; the runbook's own name where there is none."""
        return self.target or self.runbook.name

    @property
    def exact(self) -> tuple[tuple[str, ...], ...]:
        """All that would be done, step by step, and the terms on which: it is compared with what was shown, and journalled. See
        `steps.kind.Kind.exact`."""
        return (*self.deeds, *self._terms)

    @property
    def deeds(self) -> tuple[tuple[str, ...], ...]:
        """What would be done, step by step."""
        return tuple(words for step in self.steps for words in step.exact())

    @property
    def _terms(self) -> Iterator[tuple[str, ...]]:
        """How long it may take, what it says that it changes, and what people have to say to it; where that is not the usual."""
        book, usual = self.runbook, Runbook(name="", title="", steps=())
        if book.timeout != usual.timeout:
            yield ("", "in all", str(float(book.timeout)))
        if book.changes is not None:
            yield ("", "changes", self.changes)
        if book.confirm is not usual.confirm:
            yield ("", "confirmed by", book.confirm.value)
        if book.approve is not None:
            yield ("", "approved by", book.approve.value, str(float(book.approve_within)))

    @property
    def references(self) -> tuple[str, ...]:
        """The secrets that its steps send, and what takes them back."""
        steps = (step for step in self.steps if not step.skipped)
        dos = (do for step in steps for do in (step.do, step.undo) if do is not None)
        return tuple(dict.fromkeys(reference for do in dos for reference in references(do)))


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


def plan(
    runbook: Runbook,
    alert: Alert | None,
    given: Mapping[str, str],
    reading: Mapping[str, float] | None = None,
    rosters: Mapping[str, str] | None = None,
) -> Plan:
    """Resolve ``runbook`` for ``alert`` with hand-given values winning over the alert's facts; ``reading`` and ``rosters`` as in
    `Facts`.

    Placeholders are substituted once: braces inside a value are never expanded again (safety 9). ``{{`` and ``}}`` are
    literal braces. A value that its parameter does not allow refuses the whole plan with the reason (safety 7). What has no
    value is in ``missing``, unless only the title or ``changes`` names it. Values in a remote command of ssh are quoted for the
    shell there (safety 8); a value inside the text of ``sh -c`` refuses the plan: it can travel in ``env``. A script gets the
    parameters that it names in its environment. A secret counts as given where there is anything for it in ``given``; it is never
    in the plan, which has `SECRET` in its place.
    """
    try:
        params = params_of(runbook)
        needed = _needed(runbook, params)
    except ValueError as error:
        return Plan(runbook, {}, (), "", refused=str(error), changes=clean(runbook.changes or ""))
    facts = Facts(alert, given, reading or {}, rosters or {})
    changes = _told(runbook.changes or "", runbook, facts)
    found = {name: facts.value(name, param) for name, param in params.items()}
    values = {name: value for name, value in found.items() if value is not None}
    missing = tuple(name for name in found if name not in values and name in needed)
    reasons = [_stranger(name, params, runbook) for name in given if name not in params]
    reasons += [each.do.unsafe() for step in runbook.steps for each in (step, step.undo) if each is not None]
    for name, value in values.items():
        if name in needed or name in given:
            reasons.append(unfit_for(name, params[name], value))
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
    later = dict.fromkeys(secrets_of(runbook), 0)
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
        if not step.later and (problem := step.problem()):  # else it is looked at once they are known
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


def _told(text: str, runbook: Runbook, facts: Facts) -> str:
    """The text with what is known in its placeholders, safe to show; ``{path}`` stays where nothing is known of it."""
    try:
        names = placeholders(text)
    except ValueError:
        return clean(text)
    found = {name: facts.value(name, runbook.params.get(name, _undeclared(name))) for name in names}
    return clean(filled(text, {name: value for name, value in found.items() if value}))


def secrets_of(runbook: Runbook) -> tuple[str, ...]:
    """The names of the parameters that are secrets."""
    return tuple(name for name, param in runbook.params.items() if is_secret(param))


def asks(plan: Plan) -> bool:
    """Whether a person must confirm it: it changes the world."""
    return plan.runbook.changes is not None


def needs_typing(plan: Plan) -> bool:
    """Whether they confirm it by typing ``plan.word``."""
    return asks(plan) and plan.runbook.confirm is Confirm.TYPE
