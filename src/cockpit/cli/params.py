"""Values for a runbook's parameters, from the words of a command and from whoever sits at its terminal."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence

from ..core.asking import Answers, Asked, Want
from ..core.plans import Plan, params_of
from ..core.runbooks import Param
from ..core.steps.ask import AskStep
from ..core.steps.interactive import InteractiveStep
from ..core.steps.manual import ManualStep
from ..core.steps.pick import PickStep
from ..core.values import SECRET, is_secret, unfit_for
from ..engine.engine import Engine
from ..engine.listing import NotListed
from . import BAD, USAGE
from .answering import answered
from .options import Stop

_BY_HAND = (AskStep, InteractiveStep, ManualStep, PickStep)


def values(words: Sequence[str]) -> dict[str, str]:
    """``KEY=VALUE`` …"""
    given: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise Stop(f"{word!r} is not KEY=VALUE", USAGE)
        given[key] = value
    return given


def secrets_among(given: Mapping[str, str], plan: Plan) -> dict[str, str]:
    """The secrets that the words name: ``KEY=@-`` reads a line of standard input, ``KEY=@env:NAME`` a variable. One that stands
    there itself is refused: everybody on the machine can read it."""
    params, found = params_of(plan.runbook), dict[str, str]()
    for name in (name for name in given if name in params and is_secret(params[name])):
        word = given[name]
        if word == "@-":
            found[name] = sys.stdin.readline().rstrip("\r\n")
        elif word.startswith("@env:"):
            found[name] = os.environ.get(word.removeprefix("@env:"), "")
        else:
            hint = f"{name}=@- reads it from standard input, {name}=@env:NAME from a variable; at a terminal it is asked for"
            raise Stop(f"{name} is a secret, and everybody can read it there; nothing was executed. {hint}", USAGE)
        if why := unfit_for(name, params[name], found[name]):
            raise Stop(f"{why} (from {word})", USAGE)
    return found


def ask_for(desk: Engine, plan: Plan) -> dict[str, str]:
    """What is missing, asked at the terminal one after the other. Ends the command at the end of its input."""
    params, found = params_of(plan.runbook), dict[str, str]()
    for number, name in enumerate(plan.missing, 1):
        want = _want(desk, plan, name, params[name], f"{plan.runbook.name} needs {name} ({number} of {len(plan.missing)})")
        said = asyncio.run(answered(want, None, lambda: False))
        if said is None:
            raise Stop(f"{name} was not said: nothing was executed", BAD)
        found[name] = said
    return found


def attended(plan: Plan) -> None:
    """Ends the command where a step surely wants a person and none is there: else the run would break off in the middle."""
    wants = (each.number for each in plan.steps if isinstance(each.do, _BY_HAND) and not (each.skipped or each.open))
    if not sys.stdin.isatty() and (number := next(wants, 0)):
        what = f"step {number} of {len(plan.steps)} waits for a person, and there is nobody to ask: nothing was executed"
        raise Stop(f"{what}. Run it on the screen, or at a terminal", BAD)


def how_to_say(plan: Plan, *, alert: bool) -> str:
    """What is to be added to the command for what is missing; ``alert``: it was for one, which has no such fact, then."""
    return "; add " + ", ".join(_word(name, params_of(plan.runbook)[name], alert=alert) for name in plan.missing)


def _word(name: str, param: Param, *, alert: bool) -> str:
    if is_secret(param):
        return f"{name}=@- (the secret, from standard input)"
    if param.ask is not None and param.ask.choices:
        return f"{name}=… ({' or '.join(param.ask.choices)})"
    if not param.source:
        return f"{name}=…"
    if param.source.startswith("roster:"):
        return f"{name}=… (nobody is known for {param.source})"
    return f"{name}=… ({'the alert has no' if alert else 'or --alert ID, whose'} {param.source}{'' if alert else ' it is'})"


def _want(desk: Engine, plan: Plan, name: str, param: Param, place: str) -> Want:
    asked = param.ask or Asked(text=param.help)
    choices: tuple[str, ...] = asked.choices
    if asked.kind is Answers.CHOICE and asked.choices_from:
        try:
            choices = desk.choices(plan.runbook.name, name)
        except NotListed as nothing:
            raise Stop(f"{nothing}: nothing was executed. {name}=VALUE says it by hand", BAD) from None
    return Want(
        number=0, place=place, name=name, asked=asked, choices=choices, pattern=param.pattern,
        allow_dash=param.allow_dash, allow_control=param.allow_control, default=param.default or "",
    )  # fmt: skip


def shown(given: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """The values as a plan may have them."""
    return {**given, **dict.fromkeys(secrets, SECRET)}
