"""A page that a person sends about an alert says what kind of alert that is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cockpit.core.actions import PagePeople, Run, RunState
from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.drills import rehearses
from cockpit.core.paging import Page
from cockpit.engine.by_hand import paged_by_hand


@pytest.mark.parametrize(("id", "drill"), [("disk:drill", True), ("disk", False)])
def test_a_page_about_a_drill_is_a_drill(id: str, drill: bool) -> None:
    alert = Alert(
        ref=Ref("local", id), name=id, severity=Severity.CRITICAL, state=AlertState.FIRING, summary="",
        started_at=datetime(2026, 11, 1, tzinfo=UTC), trap="disk", labels={"drill": "true"} if drill else {},
    )  # fmt: skip
    sent: list[Page] = []

    async def by_hand(run: str, to: object, via: object, page: Page, numbered: object) -> SimpleNamespace:
        sent.append(page)
        return SimpleNamespace(told="Bo", amiss="")

    action = PagePeople(("person:bo",), "come", alert=alert.ref)
    run = Run(
        id="1", at=datetime(2026, 11, 1, tzinfo=UTC), who="ana", action=action, what="page", target="", state=RunState.PENDING
    )
    escalator: Any = SimpleNamespace(by_hand=by_hand)
    here: Any = SimpleNamespace(host="web-1", alerts=tuple)
    incidents: Any = SimpleNamespace()
    view: Any = SimpleNamespace(alert=lambda ref: SimpleNamespace(alert=alert))
    done = asyncio.run(paged_by_hand(escalator, here, view, incidents, run, action))
    assert done.state is RunState.CONFIRMED
    assert [page.drill for page in sent] == [drill]
    back = Alert(
        ref=Ref("am", "1"), name="disk", severity=Severity.CRITICAL, state=AlertState.FIRING,
        labels={"drill": "true"}, annotations={"cockpit_page": sent[0].key},
    )  # fmt: skip
    assert rehearses(back) is drill, "as its source tells it again"
