"""A runbook for several alerts at once, from the command line."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Sequence

import msgspec

from ..core.actions import Run, RunState, StartMany
from ..core.aiming import Aimed, aimed, lacking
from ..core.alerts import Ref
from ..core.asking import Want
from ..core.filters import FilterError, parse
from ..core.permits import barred
from ..core.plans import needs_typing, secrets_of
from ..core.runbooks import Runbook
from ..core.several import Many, counted, said
from ..core.text import clean, plain
from ..core.units import say_seconds
from ..core.view import View
from ..engine.spool import LINE_CAP
from . import BAD, COULD_NOT_SEE, FINE, USAGE
from .alerts import find, outcome, state_word
from .answering import answered
from .compose import House
from .listing import say, say_output, table
from .options import Options, Stop
from .params import ask_for, attended, secrets_among, shown, values
from .preview import show_plan


def run_many(home: House, book: Runbook, options: Options) -> int:
    """Execute ``book`` for each of the alerts that were named, or that a filter matches."""
    view, given = home.desk.view, values(options.words("values"))
    alerts = [row.alert for ref in _refs(home, view, options) if (row := view.alert(ref)) is not None]
    secrets: dict[str, str] = {}
    if alerts:
        secrets = secrets_among(given, home.desk.plan(book.name, alerts[0].ref, given))
        given = shown(given, secrets)
    lacks = lacking(book, alerts, lambda ref: home.desk.plan(book.name, ref, given), view.now)
    if lacks is not None and sys.stdin.isatty() and sys.stdout.isatty():
        told = ask_for(home.desk, lacks[1])
        secrets |= {key: value for key, value in told.items() if key in secrets_of(book)}
        given = shown({**given, **told}, secrets)
    known = aimed(book, alerts, lambda ref: home.desk.plan(book.name, ref, given), view.now)
    rule = _rule(book, options)
    _show(book, known, rule)
    if not known.targets:
        raise Stop("no target is left: nothing was executed", BAD)
    if options.flag("dry_run"):
        say("Dry run: nothing was executed.")
        return FINE
    if who := barred(book, view.me, view.rosters):
        raise Stop(f"{who}; nothing was executed", BAD)
    _confirmed(known, options)
    for each in known.targets:
        attended(each.plan)
    _attended_after_first(known, rule)
    held = {key: home.desk.hold(value) for key, value in secrets.items()}
    return _execute(home, StartMany(book.name, known.aims, given, rule, held), known, options)


def _refs(home: House, view: View, options: Options) -> list[Ref]:
    named = [find(home, view, text) for text in options.words("alerts")]
    if not options.text("match"):
        return list(dict.fromkeys(named))
    try:
        rule = parse(options.text("match"))
    except FilterError as error:
        raise Stop(f"--match, at character {error.column + 1}: {error}", USAGE) from None
    matched = (row.alert for row in view.alerts if rule.matches(row.alert, view.now, view.me))
    return list(dict.fromkeys((*named, *(alert.ref for alert in matched))))


def _rule(book: Runbook, options: Options) -> Many:
    """As the runbook says, but for what was said otherwise here."""
    rule = book.many
    if word := options.text("canary"):
        rule = msgspec.structs.replace(rule, canary=word != "no", asks=word == "ask")
    if word := options.text("on_failure"):
        rule = msgspec.structs.replace(rule, stop=word == "stop")
    return msgspec.structs.replace(rule, parallel=int(options.text("parallel") or rule.parallel))


def _show(book: Runbook, known: Aimed, rule: Many) -> None:
    """Every target's exact steps, and what is left out."""
    for each in known.targets:
        show_plan(each.plan, f"{book.name} on {clean(each.name)}")
    for name, why in known.out:
        say(f"left out: {clean(name)}: {why}")
    say(f"{counted(len(known.targets))}: {said(rule, len(known.targets))}")


def _confirmed(known: Aimed, options: Options) -> None:
    plan, word = known.targets[0].plan, counted(len(known.targets))
    if needs_typing(plan) and options.text("confirm") != word:
        raise Stop(f"this is dangerous: nothing was executed. To do it, add --confirm '{word}'", USAGE)
    if plan.runbook.changes is not None and not needs_typing(plan) and not options.flag("yes"):
        raise Stop("this changes the world: nothing was executed. To do it, add --yes", USAGE)


def _attended_after_first(known: Aimed, rule: Many) -> None:
    """Ends the command where a person is to say whether to go on after the first and none is there: else the first would be done,
    and the others never."""
    if rule.canary and rule.asks and len(known.targets) > 1 and not sys.stdin.isatty():
        what = "after the first you are to be asked, and there is nobody to ask: nothing was executed"
        raise Stop(f"{what}. Run it on the screen, or at a terminal, or with --canary yes or no", BAD)


def _execute(home: House, action: StartMany, known: Aimed, options: Options) -> int:
    heard: dict[str, int] = {}
    going, waited = "", ""

    def follow(run_id: str) -> None:
        nonlocal going, waited
        going = run_id
        run = next((run for run in home.desk.view.runs if run.id == run_id), None)
        if run is None or not run.part_of:
            waits = run.reason if run is not None and run.state is RunState.AWAITING else ""
            if waits and waits != waited:
                say(f"It {waits}")
                sys.stdout.flush()
            waited = waits
            return
        name = action.aims[number_of(run) - 1].name
        output = home.desk.output(run_id, heard.get(run_id, 0))
        for line in output.lines:
            say_output(f"{clean(name)} | {line if options.color else plain(line, LINE_CAP)}")
        heard[run_id] = output.first + len(output.lines)

    def answer(want: Want) -> Awaitable[str | None]:
        asked = msgspec.structs.replace(want, place=want.where)
        return answered(asked, home.desk.terminal(going), lambda: home.desk.terminal(going) is None)

    (whole,) = home.do(action, follow, answer if sys.stdin.isatty() else None)
    parts = [run for run in home.desk.view.runs if run.part_of == whole.id]
    for run in parts:
        follow(run.id)
    return _told(whole, parts, known)


def number_of(part: Run) -> int:
    """The place (from 1) of a target among those that its run was for."""
    return int(part.id.rpartition(".")[2])


def _told(whole: Run, parts: Sequence[Run], known: Aimed) -> int:
    show_targets(whole, parts, known.out)
    say(outcome(whole))
    if whole.state is RunState.UNCERTAIN:
        return COULD_NOT_SEE
    return FINE if whole.state is RunState.CONFIRMED else BAD


def show_targets(whole: Run, parts: Sequence[Run], out: Sequence[tuple[str, str]] = ()) -> None:
    """The table of a run for several targets: how each stands."""
    action = whole.action
    if not isinstance(action, StartMany):
        return
    by_number = {number_of(run): run for run in parts}
    rows = [_row(clean(aim.name), by_number.get(number), whole) for number, aim in enumerate(action.aims, 1)]
    rows += [(clean(name), "left out", "", "", "", why) for name, why in out]
    table(("Target", "State", "Step", "Took", "Exit", "Reason"), rows)


def _row(name: str, run: Run | None, whole: Run) -> tuple[str, ...]:
    if run is None:
        return name, "not begun" if whole.state.settled else "waits its turn", "", "", "", ""
    took = say_seconds(run.seconds) if run.seconds is not None else ""
    code = str(run.exit_code) if run.exit_code is not None else ""
    state = "waits for you" if run.wants is not None else state_word(run)
    return name, state, run.step.removeprefix("step "), took, code, run.reason
