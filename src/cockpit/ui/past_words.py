"""What was run for an alert before, in words: who ran it, when, how long it took, and whether it helped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..core.actions import RunState
from ..core.aftermath import Past, Verdict
from ..core.roster import Naming
from ..core.units import say_seconds
from .fact import BLANK, Fact, title_fact
from .timeline import state_word
from .times import moment, said_age

_SHOWN = 5
_ROLES: dict[Verdict | None, str] = {Verdict.HELPED: "ok", Verdict.NOT: "warning", Verdict.UNKNOWN: "muted", Verdict.OPEN: "muted"}


def ended_how(past: Past, now: datetime) -> str:
    """How a run went and whether that helped: ``42 s, helped``; ``failed, 3 s, did not help``; ``3 s`` of what only reads."""
    run, verdict = past.run, past.verdict(now)
    state = "" if run.state is RunState.CONFIRMED else state_word(run.state)
    took = "" if run.seconds is None or not run.state.settled else say_seconds(run.seconds) if run.seconds >= 1 else "under 1 s"
    helped = "whether it helped is unknown" if verdict is Verdict.UNKNOWN else past.says(now)
    helped = helped if run.state.settled else ""
    return ", ".join(filter(None, (state, took, helped)))


def last_time(pasts: Sequence[Past], runbook: str, now: datetime, called: Naming = str) -> tuple[str, ...]:
    """When this runbook was last run for the alert, in full and in short: ``last time: Ana, 3 d ago, 42 s, helped``, ``3 d ago,
    helped``, ``helped``; nothing where it never was."""
    found = next((past for past in pasts if past.run.what == runbook), None)
    if found is None:
        return ()
    ago, run = f"{said_age(found.run.at, now)} ago", found.run
    verdict = found.verdict(now)
    in_short = state_word(run.state) if verdict is None or run.state is not RunState.CONFIRMED else verdict.value
    return f"last time: {called(run.who)}, {ago}, {ended_how(found, now)}", f"{ago}, {in_short}", in_short


def past_facts(pasts: Sequence[Past], now: datetime, zone: str, called: Naming = str) -> list[Fact]:
    """The section of an alert's detail that says what was run for it, now and when it fired before. Times in ``zone``; people
    are ``called`` so."""
    if not pasts:
        return []
    facts = [BLANK, title_fact("What was run for it")]
    for past in pasts[:_SHOWN]:
        text = f"{past.run.what} by {called(past.run.who)}: {ended_how(past, now)}"
        facts.append(Fact(" " + moment(past.run.at, now, zone), text, _ROLES.get(past.verdict(now), "muted")))
    more = len(pasts) - _SHOWN
    return [*facts, Fact(" ", f"and {more} more before: cockpit runs --alert", "muted")] if more > 0 else facts
