"""What stands on the screen of a runbook that another engine runs."""

from __future__ import annotations

from cockpit.core.alerts import Ref
from cockpit.core.elsewhere import runbook_of
from cockpit.core.jobs import Job, Option
from cockpit.core.offering import Rule
from cockpit.core.plans import plan
from cockpit.ui.flows.run import preview_lines
from support.scene import scene

RESTART = Job(
    ref=Ref("rundeck-prod", "7400"),
    name="web/Restart",
    title="Restart",
    request="POST https://rundeck.example/api/44/job/7400/run",
    adds="KEY: the id of this run",
    options=(Option(name="node", required=True), Option(name="how", default="gently"), Option(name="pin", secret=True)),
)


def test_the_box_shows_the_engine_the_job_the_request_and_every_option() -> None:
    book = runbook_of(RESTART, Rule(secrets={"pin": "keyring:pin"}))
    lines = [str(line) for line in preview_lines(plan(book, None, {"node": "web\u202e-3"}), None, scene())]
    shown = "\n".join(lines)
    for wanted in (
        "runs web/Restart at rundeck-prod",
        "web/Restart at rundeck-prod",
        "POST https://rundeck.example/api/44/job/7400/run",
        "node=$'web\\u202e-3'",
        "how=gently",
        "pin=(secret, keyring:pin)",
        "and KEY: the id of this run",
        "1 h in all; run by rundeck-prod, which is asked to end it then",
    ):
        assert wanted in shown, shown
    assert "on this machine" not in shown
