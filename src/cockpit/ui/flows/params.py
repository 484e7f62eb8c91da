"""The form for what a runbook needs and nobody has said: a field for each value, with what would come of it below."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from ...core.alerts import Ref
from ...core.asking import Answers
from ...core.plans import Plan, params_of
from ...core.runbooks import Param
from ...core.steps.job import JobStep
from ...core.values import SECRET, is_secret, unfit_for
from ...engine.desk import Desk
from ..ask import Ask, Field
from ..page import Line
from ..subject import titled
from .steps import loud

Choices = Mapping[str, tuple[str, ...]]
"""What can be chosen, by the parameter's name."""
_LISTED = 6
"""So many choices stand beside a field; the others come as one goes through them."""


def open_values(plan: Plan, given: Mapping[str, str]) -> tuple[str, ...]:
    """The parameters that a person is asked for: what is missing, and the options of a job elsewhere that nobody has settled."""
    if plan.refused and not plan.missing:
        return ()
    jobs = [step.do for step in plan.runbook.steps if isinstance(step.do, JobStep)]
    free = [name for job in jobs for name in job.free if name not in given]
    return tuple(dict.fromkeys((*plan.missing, *free)))


def fixed_choices(plan: Plan) -> dict[str, tuple[str, ...]]:
    """What can be chosen for what is missing, as far as the config says so."""
    found = dict[str, tuple[str, ...]]()
    for name in plan.missing:
        asked = params_of(plan.runbook)[name].ask
        if asked is not None and (asked.kind is Answers.YES_NO or asked.choices):
            found[name] = asked.choices or ("yes", "no")
    return found


async def choices_for(desk: Desk, plan: Plan) -> Choices:
    """`fixed_choices`, and those that commands say, which are executed off the screen's thread. Raises `NotListed`."""
    found, params = fixed_choices(plan), params_of(plan.runbook)
    for name in plan.missing:
        asked = params[name].ask
        if asked is not None and asked.choices_from:
            found[name] = await asyncio.to_thread(desk.choices, plan.runbook.name, name)
    return found


def needs_listing(plan: Plan) -> bool:
    """Whether a command has to say what can be chosen, before one can be asked."""
    params = params_of(plan.runbook)
    return any((asked := params[name].ask) is not None and asked.choices_from for name in plan.missing)


def form(
    desk: Desk, alert: Ref | None, given: Mapping[str, str], plan: Plan, choices: Choices, lines: Callable[[Plan], Sequence[Line]],
    typed: Mapping[str, str] | None = None,
) -> Ask:  # fmt: skip
    """The form; ``lines`` draws a plan, ``typed`` is what has been typed before."""
    params, before = params_of(plan.runbook), {**plan.values, **(typed or {})}

    def preview(values: Mapping[str, str]) -> Sequence[Line]:
        tried = desk.plan(plan.runbook.name, alert, {**given, **shown(plan, filled(values))})
        if tried.missing:
            return [f"still missing: {', '.join(tried.missing)}"]
        return [loud(tried.refused)] if tried.refused else lines(tried)

    fields = [
        _field(plan, name, params[name], before, choices.get(name, ()), alert=alert is not None)
        for name in open_values(plan, given)
    ]
    return Ask(titled(plan.runbook.title, plan), fields, preview)


def _field(
    plan: Plan, name: str, param: Param, before: Mapping[str, str], choices: tuple[str, ...], *, alert: bool
) -> Field:  # fmt: skip
    asked, about = param.ask, [_absent(param, alert=alert) if name in plan.missing else "", param.help]
    about.append(f"must match {param.pattern}" if param.pattern != Param().pattern and not choices else "")
    if asked is not None and asked.text:
        about.append(f"for {name}")
    if choices:
        about.append(", ".join(choices[:_LISTED]) + (f" and {len(choices) - _LISTED} more" if len(choices) > _LISTED else ""))
    if asked is not None:
        about += [f"at least {asked.min:g}"] if asked.min is not None else []
        about += [f"at most {asked.max:g}"] if asked.max is not None else []
        about += ["not shown, kept nowhere"] if is_secret(param) else []
    return Field(
        name,
        (asked.text if asked is not None else "") or name,
        before.get(name, param.default or ""),
        " · ".join(filter(None, about)),
        _check(plan, name, param, choices),
        is_secret(param),
        choices,
    )


def _absent(param: Param, *, alert: bool) -> str:
    """Why a value has to be said that comes from somewhere else, as a rule."""
    if not param.source:
        return ""
    if param.source.startswith("roster:"):
        return f"nobody is known for {param.source}: say it here"
    return (
        f"the alert has no {param.source}: say it here" if alert else f"no alert was picked whose {param.source} it is: say it here"
    )


def _check(plan: Plan, name: str, param: Param, choices: Sequence[str]) -> Callable[[str], str | None]:
    """The check of a parameter's field."""
    needs = f"it needs {name}" if name in plan.missing else None
    jobs = [step.do for step in plan.runbook.steps if isinstance(step.do, JobStep)]

    def fault(value: str) -> str | None:
        if not value:
            return needs
        return unfit_for(name, param, value, choices) or next(filter(None, (job.unfit(name, value) for job in jobs)), None)

    return fault


def filled(values: Mapping[str, str]) -> dict[str, str]:
    """What has been filled in; an empty field is a missing value."""
    return {name: value for name, value in values.items() if value}


def shown(plan: Plan, values: Mapping[str, str]) -> dict[str, str]:
    """The values with `SECRET` in the place of those that nobody may see."""
    params = params_of(plan.runbook)
    return {name: SECRET if name in params and is_secret(params[name]) else value for name, value in values.items()}


def held(desk: Desk, plan: Plan, values: Mapping[str, str]) -> dict[str, str]:
    """The words for which the secrets among the values are held."""
    params = params_of(plan.runbook)
    return {name: desk.hold(value) for name, value in values.items() if name in params and is_secret(params[name])}


def unfit_in(plan: Plan, values: Mapping[str, str]) -> str:
    """Why the runbook cannot take one of these values, which stand where anybody can read them; "" if it can take them all."""
    params = params_of(plan.runbook)
    for name, value in values.items():
        if name not in params:
            return f"it has no parameter {name}: there are {', '.join(params) or 'none'}"
        if is_secret(params[name]):
            return f"{name} is a secret: leave it out, and it is asked for where nobody sees it"
        if fault := unfit_for(name, params[name], value):
            return fault
    return ""
