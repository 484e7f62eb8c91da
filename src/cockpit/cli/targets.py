"""A runbook for several alerts at once, from the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from ..core.actions import RunState, Start
from ..core.alerts import Ref
from ..core.filters import FilterError, parse
from ..core.permits import barred
from ..core.plans import Plan, needs_typing, secrets_of
from ..core.runbooks import Runbook, offered
from ..core.text import clean, plain
from ..core.units import say_seconds
from ..core.view import View
from ..engine.spool import LINE_CAP
from ..engine.targets import Aimed, Came
from . import BAD, COULD_NOT_SEE, FINE, USAGE
from .alerts import find, state_word
from .compose import House
from .listing import say, say_output, table
from .options import Options, Stop
from .params import values
from .preview import show_plan


class _Sorted(msgspec.Struct, frozen=True):
    """What can be done, by target, and what is left out and why."""

    plans: tuple[tuple[str, Ref, Plan], ...]
    out: tuple[tuple[str, str], ...]


def run_many(home: House, book: Runbook, options: Options) -> int:
    """Execute ``book`` for each of the alerts that were named, or that a filter matches."""
    view, given = home.desk.view, values(options.words("values"))
    if secrets_of(book) or book.approve is not None:
        what = "asks for a secret" if secrets_of(book) else "wants another's approval"
        raise Stop(f"{book.name} {what}: run it for one alert at a time", BAD)
    known = _sorted(home, view, book, _refs(view, options), given)
    _show(book, known)
    if not known.plans:
        raise Stop("no target is left: nothing was executed", BAD)
    if options.flag("dry_run"):
        say("Dry run: nothing was executed.")
        return FINE
    if who := barred(book, view.me, view.rosters):
        raise Stop(f"{who}; nothing was executed", BAD)
    _confirmed(known, options)
    aims = [Aimed(name, Start(book.name, given, ref, plan.exact)) for name, ref, plan in known.plans]
    heard: dict[str, int] = {}

    def follow(name: str, run_id: str) -> None:
        output = home.desk.output(run_id, heard.get(run_id, 0))
        for line in output.lines:
            say_output(f"{name} | {line if options.color else plain(line, LINE_CAP)}")
        heard[run_id] = output.first + len(output.lines)

    return _told(home.do_many(aims, book.many, follow), known)


def _refs(view: View, options: Options) -> list[Ref]:
    named = [find(view, text) for text in options.words("alerts")]
    if not options.text("match"):
        return list(dict.fromkeys(named))
    try:
        rule = parse(options.text("match"))
    except FilterError as error:
        raise Stop(f"--match, at character {error.column + 1}: {error}", USAGE) from None
    matched = (row.alert for row in view.alerts if rule.matches(row.alert, view.now, view.me))
    return list(dict.fromkeys((*named, *(alert.ref for alert in matched))))


def _sorted(home: House, view: View, book: Runbook, refs: Sequence[Ref], given: dict[str, str]) -> _Sorted:
    plans: list[tuple[str, Ref, Plan]] = []
    out: list[tuple[str, str]] = []
    seen: dict[tuple[tuple[str, ...], ...], str] = {}
    for ref in refs:
        row = view.alert(ref)
        if row is None:
            continue
        plan = home.desk.plan(book.name, ref, given)
        name = plan.target or row.alert.name
        if book.match.strip() and not offered((book,), row.alert, view.now):
            out.append((f"{row.alert.name} · {row.alert.where}", f"{book.name} is not for it"))
        elif plan.refused:
            out.append((name, plan.refused))
        elif plan.exact in seen:
            out.append((f"{row.alert.name} · {row.alert.where}", f"the very same as for {seen[plan.exact]}"))
        else:
            seen[plan.exact] = name
            plans.append((name, ref, plan))
    many = Counter(name for name, _, _ in plans)
    apart = tuple((name if many[name] == 1 else f"{name} ({ref})", ref, plan) for name, ref, plan in plans)
    return _Sorted(apart, tuple(out))


def _show(book: Runbook, known: _Sorted) -> None:
    """Every target's exact steps, and what is left out."""
    for name, _, plan in known.plans:
        show_plan(plan, f"{book.name} on {clean(name)}")
    for name, why in known.out:
        say(f"left out: {clean(name)}: {why}")
    rule = book.many
    first = "the first alone, the others only if it succeeds; " if rule.canary and len(known.plans) > 1 else ""
    then = "stops at the first that fails" if rule.stop else "goes on whatever fails"
    say(f"{_counted(known)}: {first}{rule.parallel} at a time; {then}")


def _counted(known: _Sorted) -> str:
    many = len(known.plans)
    return f"{many} target{'s' * (many != 1)}"


def _confirmed(known: _Sorted, options: Options) -> None:
    plan = known.plans[0][2]
    if needs_typing(plan) and options.text("confirm") != _counted(known):
        raise Stop(f"this is dangerous: nothing was executed. To do it, add --confirm '{_counted(known)}'", USAGE)
    if plan.runbook.changes is not None and not needs_typing(plan) and not options.flag("yes"):
        raise Stop("this changes the world: nothing was executed. To do it, add --yes", USAGE)


def _told(came: Sequence[Came], known: _Sorted) -> int:
    rows = [_row(each) for each in came]
    rows += [(clean(name), "left out", "", why) for name, why in known.out]
    table(("Target", "State", "Took", "Reason"), rows)
    if any(each.run is not None and each.run.state is RunState.UNCERTAIN for each in came):
        return COULD_NOT_SEE
    return FINE if all(each.well for each in came) else BAD


def _row(came: Came) -> tuple[str, str, str, str]:
    run = came.run
    if run is None:
        return clean(came.name), "not begun", "", came.reason.removeprefix("not begun: ")
    took = say_seconds(run.seconds) if run.seconds is not None else ""
    return clean(came.name), state_word(run), took, run.reason
