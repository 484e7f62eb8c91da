"""People are told of by their names, wherever the journal and sources have their ids."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cockpit.core.alerts import Alert, AlertState, Ref, Remark, Severity
from cockpit.core.spoken import spoken_alert

T0 = datetime(2026, 11, 27, 3, 12, tzinfo=UTC)


def called(who: str) -> str:
    return {"ana": "Ana Sá", "bo": "Bo"}.get(who, who)


def told(**facts: object) -> Alert:
    alert = Alert(ref=Ref("am", "1"), name="Down", severity=Severity.ERROR, state=AlertState.SUPPRESSED, **facts)  # type: ignore[arg-type]
    return spoken_alert(alert, called)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("silenced by ana: moving", "silenced by Ana Sá: moving"),
        ("silenced by ana until it has resolved: for bo", "silenced by Ana Sá until it has resolved: for bo"),
        ("silenced by ana", "silenced by Ana Sá"),
        ("silenced by stranger: x", "silenced by stranger: x"),
        ("silenced by : x", "silenced by : x"),
        ("silenced by ", "silenced by "),
        ("inhibited by ana", "inhibited by ana"),
        ("snoozed", "snoozed"),
    ],
)
def test_who_silenced_is_named(said: str, shown: str) -> None:
    assert told(suppressed_by=said).suppressed_by == shown


def test_who_has_it_and_who_said_something_is_named() -> None:
    alert = told(acknowledged_by="ana", assignees=("bo", "cy"), notes=(Remark(T0, "bo", "ana knows"),))
    assert (alert.acknowledged_by, alert.assignees, alert.notes) == ("Ana Sá", ("Bo", "cy"), (Remark(T0, "Bo", "ana knows"),))


def test_of_whom_nothing_is_said_is_the_very_same() -> None:
    alert = Alert(ref=Ref("am", "1"), name="Down", severity=Severity.ERROR, state=AlertState.FIRING)
    assert spoken_alert(alert, called) is alert
