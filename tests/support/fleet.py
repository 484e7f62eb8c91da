"""Four web servers that fail alike beside whatever else is wrong, and a run for them that is half done."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from cockpit.core.actions import Run, RunState, Start, StartMany
from cockpit.core.alerts import Ref
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.several import Aim, Many
from cockpit.core.steps.ssh import SshStep
from cockpit.core.steps.step import Step
from cockpit.core.view import View

from .scene import NOW, scene

ERRORS = Ref("am-prod", "HighErrorRate/web-3")
WEBS = tuple(Ref("am-prod", f"HighErrorRate/web-{n}") for n in (3, 4, 5, 6))

ROLL = Runbook(
    name="roll-web",
    title="Restart nginx on {host}, out of the pool meanwhile",
    match="alertname=HighErrorRate",
    changes="restarts nginx on {host}",
    target="{host}",
    params={"host": Param(source="label:instance")},
    steps=tuple(
        Step(SshStep("{host}", run=words), name=name)
        for name, words in (
            ("drain", ("pool", "leave")),
            ("restart", ("systemctl", "restart", "nginx")),
            ("back", ("pool", "join")),
        )
    ),
    canary=True,
    parallel=2,
)


def fleet() -> View:
    """The scene with three more such web servers, and a runbook for them."""
    view = scene()
    made = next(row for row in view.alerts if row.alert.ref == ERRORS)
    more = tuple(
        msgspec.structs.replace(
            made,
            alert=msgspec.structs.replace(
                made.alert,
                ref=ref,
                where=ref.id.rpartition("/")[2],
                labels={**made.alert.labels, "instance": ref.id.rpartition("/")[2]},
            ),
        )
        for ref in WEBS[1:]
    )
    return msgspec.structs.replace(view, alerts=(*view.alerts, *more), runbooks=(ROLL, *view.runbooks))


def half_done(rule: Many = ROLL.many) -> tuple[Run, ...]:
    """A run for the four: one is done, one goes on, one has failed, one was not begun."""
    aims = tuple(Aim(ref, ref.id.rpartition("/")[2], (("ssh", ref.id),)) for ref in WEBS)
    whole = Run(
        id="r9", at=NOW - timedelta(seconds=95), who="Ana", action=StartMany("roll-web", aims, {}, rule), what="roll-web",
        target="4 targets: web-3, web-4, web-5 …", state=RunState.RUNNING,
    )  # fmt: skip
    told = (
        (RunState.CONFIRMED, 0, 41.0, "step 3 of 3 (back)"),
        (RunState.RUNNING, None, None, "step 2 of 3 (restart)"),
        (RunState.FAILED, 4, 12.0, "step 1 of 3 (drain)"),
    )
    parts = tuple(
        Run(
            id=f"r9.{number}", at=NOW - timedelta(seconds=20 if state is RunState.RUNNING else 90), who="Ana",
            action=Start("roll-web", {}, aim.alert, aim.preview), what="roll-web", target=aim.name, state=state, exit_code=code,
            seconds=seconds, step=step, part_of="r9",
        )
        for number, (aim, (state, code, seconds, step)) in enumerate(zip(aims, told, strict=False), 1)
    )  # fmt: skip
    return (whole, *parts)
