"""``cockpit run --again RUN``: what was run before, once more."""

from __future__ import annotations

import shlex

import msgspec

from ..core.actions import Run, Start
from ..core.again import differences, values_again
from ..core.alerts import Ref
from ..core.plans import Plan
from ..core.text import clean
from ..engine.journal import Journal
from ..ui.exact import spell_argv
from ..ui.undone import undo_again
from . import BAD, COULD_NOT_SEE, USAGE
from .alerts import find
from .compose import House
from .listing import say, unicode_out
from .named_run import named_run
from .options import Options, Stop
from .params import values

MOST = 10_000
"""So many runs are looked through."""


class Wanted(msgspec.Struct, frozen=True):
    """What is to be run: the runbook's name, for which alert, with which values given by hand, what was run before, if it is that
    once more, and with which step (from 1) it begins."""

    name: str
    alert: Ref | None
    given: dict[str, str]
    before: Run | None = None
    first: int = 1


def wanted(home: House, options: Options) -> Wanted:
    """What the words of a command want run. Ends the command where that is nothing."""
    if options.text("again"):
        return _once_more(home, options)
    if not options.text("name"):
        raise Stop("name the runbook; `cockpit runbooks` lists them", USAGE)
    given = values(options.words("values"))
    view = home.view(look=bool(options.text("alert")))
    ref = find(home, view, options.text("alert")) if options.text("alert") else None
    return Wanted(options.text("name"), ref, given, first=int(options.text("first") or 1))


def _once_more(home: House, options: Options) -> Wanted:
    words = [word for word in (options.text("name"), *options.words("values")) if word]
    if options.text("first"):
        raise Stop("--again begins where it began then: leave --from out", USAGE)
    if options.text("alert"):
        raise Stop("--again is for the alert that it was for then: leave --alert out", USAGE)
    run, action = _found(home.journal, options.text("again"))
    given = {**values_again(action), **values(words)}
    view = home.view(look=action.alert is not None)
    if action.alert is not None and view.alert(action.alert) is None:
        if blind := [each.source for each in view.blind if each.source == action.alert.source]:
            raise Stop(f"{clean(str(action.alert))} cannot be seen ({blind[0]} is blind): nothing was executed", COULD_NOT_SEE)
        spelt = " ".join(shlex.quote(f"{name}={value}") for name, value in given.items())
        without = f"cockpit run {shlex.quote(action.runbook)} {spelt}".rstrip()
        raise Stop(f"{clean(str(action.alert))} is not an alert any more: nothing was executed. Without it: {clean(without)}", BAD)
    return Wanted(action.runbook, action.alert, given, None if words else run, action.first)


def _found(kept: Journal, run_id: str) -> tuple[Run, Start]:
    run = named_run(kept.runs(MOST), run_id)
    if not isinstance(run.action, Start):
        raise Stop(f"{run_id} ({run.what}) was no runbook: it cannot be run again", USAGE)
    if run.action.undoes:
        raise Stop(f"{run.id} {undo_again(run)}", USAGE)
    return run, run.action


def compared(before: Run, plan: Plan, *, rehearsed: bool) -> None:
    """Say what would be done otherwise than then. Ends the command if there is anything, unless it only rehearses."""
    found = differences(before, plan)
    escape = not unicode_out()
    for each in found:
        for label, words in (("then", each.then), ("now ", each.now)):
            shown = spell_argv(words[1:] if words[:1] == ("",) else words, ascii=escape) if words else "(nothing)"
            say(f"  {f'{each.number}.' if each.number else 'on'} {label}: {shown}")
    action = before.action
    if found and not rehearsed and isinstance(action, Start):
        spelt = " ".join(shlex.quote(f"{name}={value}") for name, value in values_again(action).items())
        alert = f" --alert {shlex.quote(str(action.alert))}" if action.alert is not None else ""
        now = f"cockpit run {shlex.quote(action.runbook)}{alert} {spelt}".rstrip()
        raise Stop(f"that is not what was run then: nothing was executed. As it would be now: {clean(now)}", BAD)
