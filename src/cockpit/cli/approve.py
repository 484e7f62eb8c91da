"""What other users of this machine wait for another's approval for: listed, shown exactly, approved or refused."""

from __future__ import annotations

import sys

from ..core.actions import Approve, RunState
from ..core.approvals import Heard
from ..core.text import clean
from ..core.view import View
from ..ui.petitions import facts_of, step_words
from . import BAD, COULD_NOT_SEE, FINE, USAGE
from .compose import House, house
from .listing import as_json, say, table, unicode_out, when
from .options import Options, Stop


def approve(options: Options) -> int:
    """List what waits; or show one exactly, and ask."""
    with house(options) as home:
        if not home.config.approvals:
            raise Stop('nothing can wait here: no directory is configured for that (approvals = "/run/cockpit")', BAD)
        view = home.view(look=False)
        if home.desk.approving.fault:
            raise Stop(home.desk.approving.fault, COULD_NOT_SEE)
        if options.text("id"):
            return _one(home, _found(view, options.text("id")), options)
        return _listed(view, options)


def _listed(view: View, options: Options) -> int:
    if options.text("why"):
        raise Stop("--refuse needs the ID of what is refused", USAGE)
    if options.json:
        as_json([_record(each) for each in view.petitions])
    elif not view.petitions:
        say("Nothing waits for approval.")
    else:
        rows = [
            (
                each.short,
                each.login,
                each.petition.runbook,
                each.target,
                f"{each.petition.until.astimezone():%H:%M:%S}",
                _whose(each),
            )
            for each in view.petitions
        ]
        table(("Id", "Who", "Runbook", "On", "Until (local)", ""), rows)
    return FINE


def _whose(asked: Heard) -> str:
    return "yours: another has to" if asked.mine else ""


def _found(view: View, wanted: str) -> Heard:
    found = [each for each in view.petitions if wanted in (each.petition.run, each.short)]
    if len(found) != 1:
        raise Stop(f"nothing waits under {clean(wanted, 80)!r} (any more); `cockpit approve` lists what does", BAD)
    return found[0]


def _one(home: House, asked: Heard, options: Options) -> int:
    why = options.text("why")
    if options.json:
        as_json([_record(asked)])
        return FINE
    for label, text in facts_of(asked):
        say(f"{label + ':':<9} {text}")
    for line in step_words(asked.petition, ascii=not unicode_out()):
        say(line)
    action = Approve(asked.petition.run, asked.digest, not why, why)
    if reason := home.desk.why_not(action):
        raise Stop(reason, BAD)
    if not why and not _agreed():
        say("Nothing was said to it: it waits on.")
        return BAD
    (run,) = home.do(action)
    if run.state is RunState.CONFIRMED:
        say("Refused." if why else "Approved: it begins now.")
        return FINE
    raise Stop(f"{run.state.value}: {run.reason}", COULD_NOT_SEE if run.state is RunState.UNCERTAIN else BAD)


def _agreed() -> bool:
    """Whether the person at the terminal, or whoever writes to us, says y to exactly this."""
    sys.stdout.write("Approve exactly this? Type y: ")
    sys.stdout.flush()
    return sys.stdin.readline().strip() == "y"


def _record(asked: Heard) -> dict[str, object]:
    petition = asked.petition
    return {
        "id": asked.short,
        "run": petition.run,
        "who": asked.login,
        "uid": asked.uid,
        "mine": asked.mine,
        "runbook": petition.runbook,
        "targets": [part.target for part in petition.parts],
        "changes": petition.changes,
        "order": petition.order,
        "at": when(petition.at),
        "until": when(petition.until),
        "digest": asked.digest,
        "steps": [[list(words) for words in part.exact] for part in petition.parts],
    }
