"""Running a runbook: what is missing is asked for, what changes the world is shown exactly and confirmed, and looked at again
before it is handed over."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from itertools import takewhile

import msgspec

from ...core.actions import Run, Start
from ...core.again import differences, values_again
from ...core.alerts import Alert, Ref
from ...core.beginning import begun_at
from ...core.plans import Plan, needs_typing
from ...core.steps.job import JobStep
from ...core.steps.kind import Shown
from ...core.steps.run import RunStep
from ...core.steps.script import ScriptStep
from ...core.steps.ssh import SshStep
from ...core.steps.step import Step
from ...core.units import say_seconds
from ...core.view import View
from ...engine.desk import Desk
from ...engine.listing import NotListed
from ..ask import Ask
from ..confirm import Confirm
from ..exact import spell, spell_argv, spell_shown
from ..page import Line
from ..palette import Entry, Picker
from ..runs import RunOutput
from ..subject import offer, titled
from ..undone import undo_again
from .params import Choices, choices_for, filled, fixed_choices, form, held, needs_listing, open_values, shown, unfit_in
from .steps import CHANGED, Board, Rest, ascii_only, fact, loud, named, nothing, refuse, show, tell


class _Wish(msgspec.Struct, frozen=True):
    """What is to be run, for which alert, with which values given by hand, and beginning with which step; ``before`` is what was
    run then, if it is run again."""

    name: str
    alert: Ref | None
    given: dict[str, str] = {}
    secrets: dict[str, str] = {}
    before: Run | None = None
    first: int = 1

    def plan(self, desk: Desk) -> Plan:
        """What would be done now."""
        return begun_at(desk.plan(self.name, self.alert, self.given), self.first)

    def start(self, plan: Plan, *, dry_run: bool = False) -> Start:
        """The action; it carries what was shown, so that the engine refuses anything else."""
        return Start(self.name, self.given, self.alert, plan.exact, dry_run, {} if dry_run else self.secrets, first=self.first)


def run(
    board: Board, desk: Desk, alert: Ref | None, name: str, given: Mapping[str, str] | None = None, *, ask: bool = False,
    before: Run | None = None, first: int = 1,
) -> Rest:  # fmt: skip
    """Run the runbook ``name`` for an alert or for none; one without steps is opened to be read. ``given`` are values by hand.
    ``ask``: show what would be run and ask, though it only reads (it was found by typing a few letters, and those may have meant
    another). So it is for every Markdown runbook: its file may have been written anew since one last looked. ``before``: it is run
    again, and what differs from then is said. ``first`` is the step (from 1) that it begins with."""
    runbook = next((each for each in board.view.runbooks if each.name == name), None)
    if runbook is None:
        return refuse(board, f"there is no runbook {name}")
    if not runbook.steps:
        from .read import read  # here: reading leads to running, too

        return read(board, desk, alert, name)
    wish = _Wish(name, alert, dict(given or {}), before=before, first=first)
    plan = wish.plan(desk)
    if plan.missing and (problem := unfit_in(plan, wish.given)):
        return refuse(board, f"{name}: {problem}")
    reason = desk.why_not(wish.start(plan))
    if reason:
        return refuse(board, reason)
    if open_values(plan, wish.given):
        if needs_listing(plan):
            return _listed(board, desk, wish, plan)
        choices = fixed_choices(plan)
        return _asked(board, desk, wish, plan, choices, show(board, _form(board, desk, wish, plan, choices)))
    return _planned(board, desk, wish, plan, ask=ask or name in desk.books())


def again(board: Board, desk: Desk, past: Run) -> Rest:
    """Run what was run then, for the same alert with the same values; secrets are asked for anew. It is always shown first, with
    what differs from then."""
    action = past.action
    if not isinstance(action, Start):
        return refuse(board, f"{past.what} was no runbook: it cannot be run again")
    if action.undoes:
        return refuse(board, f"{past.what} {undo_again(past)}")
    if action.alert is not None and desk.view.alert(action.alert) is None:
        return refuse(board, f"{past.target or action.alert.id} is not an alert any more: {past.what} was not run")
    return run(board, desk, action.alert, action.runbook, values_again(action), ask=True, before=past, first=action.first)


def dry_run(board: Board, desk: Desk, alert: Ref | None, name: str, given: Mapping[str, str] | None = None, first: int = 1) -> None:
    """Show what would be executed, executing nothing."""
    wish = _Wish(name, alert, dict(given or {}), first=first)
    plan = wish.plan(desk)
    problem = f"it needs {', '.join(plan.missing)} first" if plan.missing else plan.refused
    if problem:
        board.say(f"{name}: {problem}", "refusal")
        return
    _hand_over(board, desk, wish.start(plan, dry_run=True))


def pick_runbook(board: Board, desk: Desk, alert: Ref | None) -> Rest:
    """Pick from all runbooks: those offered here first, each with its digit."""
    runbooks = board.view.runbooks
    if not runbooks:
        return refuse(board, "no runbooks are configured")
    reason = desk.why_not(Start)
    if reason:
        return refuse(board, reason)
    entries = runbook_entries(board, desk, alert)
    box = Picker("Run which runbook?", entries, on_dry_run=lambda name: dry_run(board, desk, alert, name))
    return _picked(board, desk, alert, show(board, box))


def runbook_entries(board: Board, desk: Desk, alert: Ref | None) -> tuple[Entry, ...]:
    """Every runbook as an entry; its id is the runbook's name."""
    here = {each.runbook.name: number for number, each in enumerate(board.offers, 1)}
    ranked = sorted(board.view.runbooks, key=lambda each: (here.get(each.name, 1000), each.name))
    made = []
    for runbook in ranked:
        each = offer(runbook, alert, desk)
        digit = here.get(runbook.name, 10)
        detail = " ".join(
            filter(None, (runbook.name, "!" if runbook.changes is not None else "", str(digit) if digit <= 9 else ""))
        )
        made.append(Entry(runbook.name, each.title, detail, each.why_not))
    return tuple(made)


async def _picked(board: Board, desk: Desk, alert: Ref | None, answer: Awaitable[str | None]) -> None:
    from .several import run_for  # here: that leads to running one, too

    name = await answer
    if name is not None:
        await run_for(board, desk, board.run_refs() or ((alert,) if alert is not None else ()), name)


# ── what is missing ───────────────────────────────────────────────────────────────────────────────────────────────


async def _listed(board: Board, desk: Desk, wish: _Wish, plan: Plan) -> None:
    """Ask once the commands have said what there is to choose from."""
    board.say(f"{wish.name}: asking what there is to choose from…")
    try:
        choices = await choices_for(desk, plan)
    except NotListed as nothing:
        board.say(f"{wish.name} was not run: {nothing}", "refusal")
        return
    await _asked(board, desk, wish, plan, choices, show(board, _form(board, desk, wish, plan, choices)))


def _form(board: Board, desk: Desk, wish: _Wish, plan: Plan, choices: Choices, typed: Mapping[str, str] | None = None) -> Ask:
    return form(
        desk, wish.alert, wish.given, plan, choices, lambda tried: step_lines(begun_at(tried, wish.first), ascii_only(board)), typed
    )


async def _asked(
    board: Board, desk: Desk, wish: _Wish, plan: Plan, choices: Choices, answer: Awaitable[dict[str, str] | None]
) -> None:
    while (typed := await answer) is not None:
        said = filled(typed)
        more = msgspec.structs.replace(wish, given={**wish.given, **shown(plan, said)}, secrets=held(desk, plan, said))
        tried = more.plan(desk)
        if not tried.missing and not tried.refused:
            await _planned(board, desk, more, tried)
            return
        board.say(tried.refused or f"it needs {', '.join(tried.missing)}", "refusal")
        answer = show(board, _form(board, desk, wish, plan, choices, typed))


# ── confirming ────────────────────────────────────────────────────────────────────────────────────────────────────


def _planned(board: Board, desk: Desk, wish: _Wish, plan: Plan, *, ask: bool = False) -> Rest:
    """Nothing is missing: start it if it only reads, else show it and ask."""
    if plan.refused:
        return refuse(board, f"{wish.name}: {plan.refused}")
    reason = desk.why_not(wish.start(plan))
    if reason:
        return refuse(board, reason)
    if plan.runbook.changes is None and not ask:
        _hand_over(board, desk, wish.start(plan))
        return nothing()
    alert = _alert(desk, wish)
    answer = show(board, _box(board, desk, wish, plan, alert))
    return _confirmed(board, desk, wish, plan, alert, answer)


def _alert(desk: Desk, wish: _Wish) -> Alert | None:
    row = desk.view.alert(wish.alert) if wish.alert is not None else None
    return row.alert if row is not None else None


def _box(board: Board, desk: Desk, wish: _Wish, plan: Plan, alert: Alert | None, remark: Sequence[Line] = ()) -> Confirm:
    runbook = plan.runbook
    then = _differs(wish.before, plan, ascii_only(board)) if wish.before is not None else []
    return Confirm(
        titled(runbook.title, plan),
        [*remark, *then, *preview_lines(plan, alert, desk.view, ascii=ascii_only(board))],
        plan.word if needs_typing(plan) else "",
        yes="run exactly this",
        on_dry_run=lambda: dry_run(board, desk, wish.alert, wish.name, wish.given, wish.first),
    )


def _differs(before: Run, plan: Plan, ascii: bool) -> list[Line]:
    """What would be done otherwise than then."""
    found = differences(before, plan)
    if not found:
        return [fact("again", "the same as then")]
    lines = [loud("It would not be the same as then:")]
    for each in found:
        for label, words in (("then", each.then), ("now", each.now)):
            bare = words[1:] if words[:1] == ("",) else words
            lines.append(
                fact(f"{each.number or 'on'} {label}", spell_argv(bare, ascii=ascii) if words else "(nothing)", "$role-warning")
            )
    return [*lines, ""]


async def _confirmed(
    board: Board, desk: Desk, wish: _Wish, plan: Plan, alert: Alert | None, answer: Awaitable[bool | None]
) -> None:
    while await answer:
        now, alert_now = wish.plan(desk), _alert(desk, wish)
        if alert is not None and alert_now is None:
            board.say(f"{alert.name} is gone: {wish.name} was not run", "refusal")
            return
        if now.refused or now.missing:
            board.say(f"{wish.name} was not run: {now.refused or 'it needs ' + ', '.join(now.missing)}", "refusal")
            return
        as_shown = (now.steps, now.runbook, now.target) == (plan.steps, plan.runbook, plan.target)
        if as_shown and _same(alert, alert_now):
            _hand_over(board, desk, wish.start(plan))
            return
        plan, alert = now, alert_now
        again = show(board, _box(board, desk, wish, plan, alert, [loud(CHANGED), ""]))
        answer = again


def _same(before: Alert | None, now: Alert | None) -> bool:
    """Whether it is still the alert that was shown: the same firing, in the same state, as bad as it was. What its summary says
    may have moved on (a percentage does at every look); what of that matters is in the argv, which is compared by itself."""
    if before is None or now is None:
        return before is now
    return all(
        getattr(before, name) == getattr(now, name) for name in ("name", "where", "severity", "state", "started_at", "labels")
    )


def _hand_over(board: Board, desk: Desk, start: Start) -> None:
    run_id = tell(board, desk, start)
    if run_id is not None:
        board.app.push_screen(RunOutput(desk, run_id, board.zone, board.called, mono=board.clock.mono))


# ── what is shown ─────────────────────────────────────────────────────────────────────────────────────────────────


def preview_lines(plan: Plan, alert: Alert | None, view: View, *, ascii: bool = False) -> list[Line]:
    """Exactly what will be executed, with what it does to the world, for what, and how long it may take. ``ascii``: the terminal
    shows nothing else."""
    runbook = plan.runbook
    lines: list[Line] = [loud(plan.warning), ""] if plan.warning else []
    if runbook.changes is not None:
        lines.append(fact("changes", changes_of(plan), "bold $role-warning"))
    else:
        lines.append(fact("changes", "nothing: it only reads", "$role-ok"))
    if alert is not None:
        lines.append(fact("for", f"{named(alert)} ({alert.ref})"))
    if plan.target:
        lines.append(fact("target", plan.target, "bold"))
    lines += [
        fact("with" if number == 0 else "", f"{name} = {spell(value, ascii=ascii)}")
        for number, (name, value) in enumerate(plan.values.items())
    ]
    going = sum(each.what == runbook.name and not each.state.settled for each in view.runs)
    if going:
        lines.append(loud(f"{runbook.name} is running already, {going} time{'s' * (going > 1)}."))
    return [
        *lines,
        "",
        *step_lines(plan, ascii),
        "",
        fact("at most", f"{say_seconds(runbook.timeout)} in all{_where(plan)}"),
    ]


def _where(plan: Plan) -> str:
    """On which machines programs are started, or by which engine, and whether a shell reads them."""
    for step in plan.steps:
        if isinstance(step.do, JobStep):
            return f"; run by {step.do.source}, which is asked to end it then"
    done = [step for step in plan.steps if not step.left]
    here = [step.do for step in done if isinstance(step.do, (RunStep, ScriptStep))]
    there = [step.do.host for step in done if isinstance(step.do, SshStep)]
    places = (*(["this machine"] if here else []), *dict.fromkeys(there))
    bare = len(here) == len(done) and all(isinstance(each, RunStep) for each in here)
    return f"; run on {' and '.join(places)}{', without a shell' if bare else ''}" if places else ""


def changes_of(plan: Plan) -> str:
    """What it does to the world, with the plan's values in their places."""
    return plan.changes or titled(plan.runbook.changes or "", plan)


def step_lines(plan: Plan, ascii: bool) -> list[Line]:
    """What each step does, every byte visible; below it whatever else makes up the step."""
    lines: list[Line] = []
    many = len(plan.steps) > 1
    for number, resolved in enumerate(plan.steps, 1):
        first, *more = resolved.shown()
        step = resolved.step
        lines.append(fact(f"step {number}" if many else first.label, spell_shown(first, ascii=ascii), "bold"))
        body = list(takewhile(lambda each: not each.beside and not each.label, more))
        lines += [fact("", spell_shown(each, ascii=ascii), "bold") for each in body]
        lines += _beside_lines(step, more, ascii)
        for each in more[len(body) :]:
            if not each.beside or each.label in ("", "with"):
                label = "" if each.beside else each.label
                lines.append(fact(label, spell_shown(each, ascii=ascii), "$role-muted" if each.beside else "bold"))
    return lines


def _beside_lines(step: Step, shown: Sequence[Shown], ascii: bool) -> list[Line]:
    beside = [
        step.name,
        *(f"{each.label} {spell_shown(each, ascii=ascii)}" for each in shown if each.beside and each.label not in ("", "with")),
        f"at most {say_seconds(step.timeout)}" if step.timeout is not None else "",
        "goes on if it fails" if step.continue_on_error else "",
    ]
    return [fact("", " · ".join(filter(None, beside)), "$role-muted")] if any(beside) else []
