"""Which of several alerts a runbook would be done for, and what is asked for once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from cockpit.core.aiming import Aimed, aimed, lacking
from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.plans import Plan, plan
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step

NOW = datetime(2026, 11, 26, 3, 12, tzinfo=UTC)
BOOK = Runbook(
    name="mend", title="Mend {host}", match="team=web", changes="mends {host}", target="{host}",
    params={"host": Param(source="label:host"), "why": Param()},
    steps=(Step(RunStep(("mend", "{host}", "{why}"))),),
)  # fmt: skip


def alert(id: str, **labels: str) -> Alert:
    return Alert(
        ref=Ref("am", id), name="Down", where=id, summary="", severity=Severity.CRITICAL, state=AlertState.FIRING,
        started_at=NOW, labels={"team": "web", **labels},
    )  # fmt: skip


ALERTS = (
    alert("a", host="web-1"),
    alert("b", host="web-2"),
    alert("again", host="web-1"),
    alert("bare"),
    alert("db", host="db-1", team="db"),
)


def sorted_out(**given: str) -> Aimed:
    return aimed(BOOK, ALERTS, made(**given), NOW)


def made(**given: str) -> Callable[[Ref], Plan]:
    known = {each.ref: each for each in ALERTS}

    def resolved(ref: Ref) -> Plan:
        return plan(BOOK, known[ref], given)

    return resolved


def test_what_it_is_not_for_what_is_refused_and_what_is_the_same_is_left_out_with_the_reason() -> None:
    known = sorted_out(why="down")
    assert [each.name for each in known.targets] == ["web-1", "web-2"]
    assert [each.plan.deeds for each in known.targets] == [(("mend", name, "down"),) for name in ("web-1", "web-2")]
    reasons = dict(known.out)
    assert reasons["Down · again"] == "the very same as for web-1"
    assert reasons["Down · db"] == "mend is not for it"
    assert any("needs a value for host" in reason for reason in reasons.values())


def test_only_what_all_of_them_lack_is_asked_for() -> None:
    """A value that is said for all would go before what the labels of the others say."""
    asked = lacking(BOOK, ALERTS, made(), NOW)
    assert asked is not None
    assert (asked[0], asked[1].missing) == (Ref("am", "a"), ("why",))
    assert lacking(BOOK, ALERTS, made(why="down"), NOW) is None, "that one of them has no host is asked of nobody"
    assert lacking(BOOK, (), made(), NOW) is None
