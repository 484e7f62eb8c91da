"""Runbooks: list them, run one, look back."""

from __future__ import annotations

import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import NoReturn

import msgspec

from .. import plugins
from ..config.model import Config
from ..core.actions import Run, RunState, Start, StartMany, called
from ..core.asking import Want
from ..core.beginning import begun_at
from ..core.books import Book, Books
from ..core.elsewhere import source_of
from ..core.permits import barred
from ..core.plans import Plan, secrets_of
from ..core.runbooks import Confirm, Runbook, offered
from ..core.sources import Health
from ..core.text import clean, plain
from ..core.units import say_seconds
from ..core.view import View
from ..engine.spool import LINE_CAP, safe_line, unmarked
from ..ui.exact import spell
from . import BAD, COULD_NOT_SEE, FINE, USAGE
from .again import compared, wanted
from .alerts import find, outcome, state_word
from .answering import answered
from .books import shelf, show
from .compose import House, house
from .configured import configured, naming
from .listing import as_json, say, say_output, table, when
from .named_run import named_run
from .options import Options, Stop
from .params import ask_for, attended, how_to_say, secrets_among, shown
from .preview import show_plan
from .record import journal

MOST = 10_000
"""So many runs are listed at most."""


def runbooks(options: Options) -> int:
    """List the runbooks, or those for one alert in the order of their digits."""
    if options.text("show"):
        return show(options)
    config = configured(options)
    read = shelf(config).books
    books, dark = (_offered(options), ()) if options.text("alert") else _all(options, config, read)
    if options.json:
        as_json([{**_record(book), "file": read[book.name].file if book.name in read else None} for book in books])
    elif not books:
        say("There are no runbooks" + (" for this alert." if options.text("alert") else ". `cockpit init` proposes some."))
    else:
        rows = [
            (book.name, book.title, book.changes or "", book.confirm.value if book.changes else "", _match(book, read))
            for book in books
        ]
        table(("Name", "Title", "Changes", "Confirm", "Match"), rows)
    for each in dark:
        sys.stderr.write(f"cockpit: {clean(each)}\n")
    return COULD_NOT_SEE if dark else FINE


def _all(options: Options, config: Config, read: Books) -> tuple[tuple[Runbook, ...], tuple[str, ...]]:
    """Every runbook, and a sentence for each source that could not say what it offers. Where none offers any, none is asked."""
    own = (*config.runbooks.values(), *(book.runbook or _unrun(book) for book in read.values()))
    engines = [each.name for each in config.sources.values() if hasattr(plugins.load(plugins.PROVIDERS, each.provider), "run_job")]
    if not engines:
        return own, ()
    with house(options) as home:
        view = home.view(look=False)
    offered_elsewhere = tuple(book for book in view.runbooks if source_of(book))
    return (*own, *offered_elsewhere), tuple(said for name in engines if (said := _dark(view, name)))


def _dark(view: View, source: str) -> str:
    """Why a source cannot say what it offers; "" if it can."""
    health = next((each for each in view.sources if each.source == source), None)
    if health is None or health.health not in (Health.BLIND, Health.PARKED):
        return ""
    return f"{source} cannot say what it offers: {health.reason or health.health.value}"


def _unrun(book: Book) -> Runbook:
    """A Markdown file that is only read, as far as it is like a runbook."""
    return Runbook(name=book.name, title=book.title, steps=())


def _match(runbook: Runbook, read: Books) -> str:
    book = read.get(runbook.name)
    if book is not None and book.problems:
        return "(cannot be run: `cockpit check` says why)"
    return "(only to be read)" if book is not None and not runbook.steps and not runbook.match else runbook.match


def _offered(options: Options) -> tuple[Runbook, ...]:
    with house(options) as home:
        home.read_library()
        view = home.view()
        row = view.alert(find(home, view, options.text("alert")))
        return tuple(offered(view.runbooks, row.alert if row else None))


def _record(book: Runbook) -> dict[str, object]:
    params = {
        name: {
            "from": param.source,
            "default": param.default,
            "pattern": param.pattern,
            "help": param.help,
            "ask": param.ask.kind.value if param.ask is not None else None,
        }
        for name, param in book.params.items()
    }
    return {
        "name": book.name,
        "title": book.title,
        "key": book.key,
        "match": book.match,
        "changes": book.changes,
        "confirm": book.confirm.value if book.changes is not None else None,
        "source": source_of(book) or None,
        "params": params,
        "allow": book.allow,
        "deny": book.deny,
    }


def run(options: Options) -> int:
    """Execute a runbook. One that changes the world wants ``--yes``; a dangerous one ``--confirm TARGET``."""
    if options.text("record"):
        from .recording import run_recorded

        return run_recorded(options)
    with house(options) as home:
        home.read_library()
        if options.text("undo"):
            return _undo(home, options)
        if len(options.words("alerts")) > 1 or options.text("match"):
            return _for_many(home, options)
        wish = wanted(home, options)
        name, ref, given, view = wish.name, wish.alert, wish.given, home.desk.view
        if all(book.name != name for book in view.runbooks):
            _unknown(name, view, home.desk.books())
        plan = home.desk.plan(name, ref, given)
        secrets = secrets_among(given, plan)
        if plan.missing and sys.stdin.isatty() and sys.stdout.isatty():
            said = ask_for(home.desk, plan)
            secrets |= {key: value for key, value in said.items() if key in secrets_of(plan.runbook)}
            given |= said
        given = shown(given, secrets)
        plan = begun_at(home.desk.plan(name, ref, given), wish.first)
        if plan.refused:
            how = how_to_say(plan, alert=ref is not None) if plan.missing else ""
            raise Stop(f"{name} cannot run: {plan.refused}{how}", USAGE if plan.missing else BAD)
        show_plan(plan, plan.runbook.name + (f" on {clean(plan.target)}" if plan.target else ""))
        if wish.before is not None:
            compared(wish.before, plan, rehearsed=options.flag("dry_run"))
        if not _meant(home, plan, options):
            return FINE
        attended(plan)
        held = {key: home.desk.hold(value) for key, value in secrets.items()}
        return _execute(home, Start(name, given, ref, plan.exact, secrets=held, first=wish.first), options)


def _undo(home: House, options: Options) -> int:
    """Take a run back: by what was kept of it, whichever cockpit ran it."""
    from .undo import undone  # here: most runs are not taken back

    action, plan = undone(home, options)
    return _execute(home, action, options) if _meant(home, plan, options) else FINE


def _meant(home: House, plan: Plan, options: Options) -> bool:
    """Whether it is to be executed: a dry run is not. Raises `Stop` where it may not be, or where nobody confirms it."""
    if options.flag("dry_run"):
        say("Dry run: nothing was executed.")
        return False
    view = home.desk.view
    if who := barred(plan.runbook, view.me, view.rosters):
        raise Stop(f"{who}; nothing was executed", BAD)
    _confirmed(plan, options)
    return True


def _for_many(home: House, options: Options) -> int:
    from .targets import run_many  # here: most runs are for one alert

    view, name = home.view(), options.text("name")
    book = next((each for each in view.runbooks if each.name == name), None)
    if options.text("again"):
        raise Stop("--again is for the alert that it was for then: leave --alert and --match out", USAGE)
    if options.text("first"):
        raise Stop("--from is for one target: the others have not come as far", USAGE)
    if not name:
        raise Stop("name the runbook; `cockpit runbooks` lists them", USAGE)
    if book is None:
        _unknown(name, view, home.desk.books())
    return run_many(home, book, options)


def _unknown(name: str, view: View, books: Books) -> NoReturn:
    from difflib import get_close_matches

    if name in books:
        why = books[name].problems[0] if books[name].problems else "it has no front matter, which says what it is for"
        raise Stop(f"{name} can only be read (`cockpit runbooks --show {name}`): {why}", BAD)
    if dark := _dark(view, name.partition("/")[0]):
        raise Stop(dark, COULD_NOT_SEE)
    near = get_close_matches(name, [book.name for book in view.runbooks], 1)
    raise Stop(
        f"there is no runbook {name!r}" + (f"; did you mean {near[0]!r}?" if near else "; `cockpit runbooks` lists them"), USAGE
    )


def _confirmed(plan: Plan, options: Options) -> None:
    """Ends the command unless what was said on the command line is enough for this runbook."""
    book = plan.runbook
    if book.changes is None:
        return
    if book.confirm is Confirm.TYPE:
        if options.text("confirm") != plan.word:
            own = "" if plan.target else " (it has no target: this is its own name)"
            raise Stop(f"this is dangerous: nothing was executed. To do it, add --confirm {spell(plan.word)}{own}", USAGE)
    elif not options.flag("yes"):
        raise Stop("this changes the world: nothing was executed. To do it, add --yes", USAGE)


def _execute(home: House, action: Start, options: Options) -> int:
    shown, going, waited, last = 0, "", "", ""

    def follow(run_id: str) -> None:
        nonlocal shown, going, waited, last
        going = run_id
        waits = next((run.reason for run in home.desk.view.runs if run.id == run_id and run.state is RunState.AWAITING), "")
        if waits and waits != waited:
            say(f"It {waits}")
            sys.stdout.flush()
        waited = waits
        output = home.desk.output(run_id, shown)
        for line in output.lines:
            say_output(line if options.color else plain(line, LINE_CAP))
        if output.lines:
            last = plain(output.lines[-1], LINE_CAP)
            sys.stdout.flush()
        shown = output.first + len(output.lines)

    def answer(want: Want) -> Awaitable[str | None]:
        return answered(want, home.desk.terminal(going), lambda: home.desk.terminal(going) is None)

    (run,) = home.do(action, follow, answer if sys.stdin.isatty() else None)
    told = msgspec.structs.replace(run, reason="") if run.reason == last else run  # it stands in the line above
    say(outcome(told) + (f" (exit status {run.exit_code})" if run.exit_code else ""))
    if run.state is RunState.UNCERTAIN:
        return COULD_NOT_SEE
    return FINE if run.state is RunState.CONFIRMED else BAD


def runs(options: Options) -> int:
    """What was done, newest first; or what one run printed. It needs no config, so that a broken one hides nothing."""
    wanted = options.text("output") or options.text("targets")
    if options.text("alert"):
        from .history import for_alert

        return for_alert(options)
    if options.text("grep"):
        from .searched import searched

        return searched(options)
    with journal() as kept:
        found = kept.runs(MOST if wanted else int(options.text("limit")))
        if not found and kept.problem:
            raise Stop(kept.problem, COULD_NOT_SEE)
    if options.text("targets"):
        return _targets(found, wanted, options)
    if wanted:
        return _output(found, wanted, options)
    if options.json:
        as_json([_run_record(each) for each in found])
    elif not found:
        say("Nothing has been done yet.")
    else:
        of = naming(options)
        rows = [
            (each.id, f"{each.at.astimezone():%m-%d %T}", of(each.who), called(each), each.target, state_word(each), _took(each))
            for each in found
            if not each.part_of
        ]
        table(("Id", "At (local)", "Who", "What", "On", "State", "Took"), rows)
    return FINE


def _targets(found: tuple[Run, ...], wanted: str, options: Options) -> int:
    from .targets import show_targets  # here: most runs are for one alert

    run = named_run(found, wanted)
    if not isinstance(run.action, StartMany):
        raise Stop(f"{wanted} ({run.what}) was not for several targets", USAGE)
    parts = [each for each in found if each.part_of == run.id]
    if options.json:
        as_json([_run_record(each) for each in reversed(parts)])
    else:
        say(outcome(run))
        show_targets(run, parts)
        say("`cockpit runs --output ID.1` prints what the first of them printed, and so on.".replace("ID", run.id))
    return FINE


def _took(run: Run) -> str:
    return say_seconds(run.seconds) if run.seconds is not None else ""


def _output(found: tuple[Run, ...], wanted: str, options: Options) -> int:
    run = named_run(found, wanted)
    if not run.output_path:
        raise Stop(f"{wanted} ({run.what}) printed nothing: it is no runbook", USAGE)
    try:
        text = Path(run.output_path).read_text("utf-8", "replace")
    except OSError as error:
        raise Stop(f"{run.output_path} cannot be read: {error.strerror}") from None
    for line in map(unmarked, text.removesuffix("\n").split("\n")):
        say_output(safe_line(line) if options.color else plain(line, LINE_CAP))
    return FINE


def _run_record(run: Run) -> dict[str, object]:
    return {
        "id": run.id,
        "at": when(run.at),
        "who": run.who,
        "what": run.what,
        "target": run.target,
        "state": run.state.value,
        "exit_code": run.exit_code,
        "seconds": run.seconds,
        "output_path": run.output_path or None,
        "reason": run.reason or None,
        "url": (run.far.url or None) if run.far is not None else None,
        "part_of": run.part_of or None,
        "targets": [aim.name for aim in run.action.aims] if isinstance(run.action, StartMany) else None,
        "step": run.step or None,
        "waits_for": run.wants.asked.text if run.wants is not None else None,
    }
