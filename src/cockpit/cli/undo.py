"""``cockpit run --undo RUN``: what was done is taken back."""

from __future__ import annotations

from ..core.actions import Start, StartMany
from ..core.plans import Plan
from ..core.roster import display
from ..core.text import clean
from ..engine.desk import Refused
from ..ui.undone import not_undone
from . import BAD, USAGE
from .again import MOST
from .compose import House
from .named_run import named_run
from .options import Options, Stop
from .preview import show_plan


def undone(home: House, options: Options) -> tuple[Start, Plan]:
    """What takes the run back that the words of the command mean, shown, and as it would be begun. Ends the command where that
    cannot be, with the reason."""
    others = (
        *(options.text(each) for each in ("name", "again", "match", "first")),
        *options.words("values"),
        *options.words("alerts"),
    )
    if any(others):
        raise Stop("--undo is for what was run then: it takes no runbook, no value and no alert", USAGE)
    home.view(look=False)
    runs = home.journal.runs(MOST)
    run = named_run(runs, options.text("undo"))
    if isinstance(run.action, StartMany):
        raise Stop(f"{run.id} was for several targets, each of which is undone by itself: {run.id}.1 and so on", USAGE)
    if not isinstance(run.action, Start):
        raise Stop(f"{run.id} ({run.what}) was no runbook: it cannot be undone so", USAGE)
    if not run.state.settled:
        raise Stop(f"{run.id} goes on: it can be undone once it has ended", BAD)
    try:
        plan = home.desk.find_way_back(run)
    except Refused as no:
        raise Stop(str(no), BAD) from None
    if plan is None or plan.refused:
        raise Stop(f"nothing was executed: {plan.refused if plan is not None else clean(not_undone(run, runs), 1000)}", BAD)
    on, who = f" on {clean(plan.target)}" if plan.target else "", display(home.config.people.values())(run.who)
    show_plan(plan, f"undo {run.what}{on}, run by {who} as {run.id}")
    return Start(run.action.runbook, {}, run.action.alert, plan.exact, undoes=run.id), plan
