"""What becomes of an incident's alerts elsewhere stands in its timeline, each turn once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from cockpit.core.actions import MakeOverride, Run, RunState
from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.incident_sight import TURNS, Seen, sight
from cockpit.core.incident_timeline import Noted, line_of, timeline
from cockpit.core.incidents import Change, Incident, Step, fold, member
from cockpit.core.rows import Outlook
from cockpit.core.sources import Health, SourceHealth
from cockpit.core.view import Row, View

T0 = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALERT = Alert(ref=Ref("pd", "P1"), name="Shop", severity=Severity.CRITICAL, state=AlertState.FIRING, started_at=T0, where="#7")
TAKEN = {"state": AlertState.ACKNOWLEDGED, "acknowledged_by": "Bo", "acknowledged_at": T0 + MINUTE}


def view(*alerts: Alert, health: Health = Health.LIVE, provider: str = "pagerduty", **row: object) -> View:
    rows = tuple(Row(alert, Outlook(**row)) for alert in alerts)  # type: ignore[arg-type]  # its fields
    return View(now=T0, alerts=rows, sources=(SourceHealth(source="pd", provider=provider, health=health),))  # type: ignore[arg-type]  # ranked


def now(**fields: object) -> Alert:
    return msgspec.structs.replace(ALERT, **fields)


class Book:
    """One incident with the alert, and what is written of it."""

    def __init__(self) -> None:
        alerts = msgspec.to_builtins((member(ALERT),))
        self.steps = [Step(number=1, at=T0, who="ana", incident="i1", change=Change.OPENED, data={"title": "x", "alerts": alerts})]

    @property
    def here(self) -> Incident:
        return fold(self.steps)["i1"]

    def sees(self, view: View, minutes: float = 5) -> list[str]:
        found = list(sight([self.here], view))
        for each in found:
            assert each.is_news(self.here)
            at, number = T0 + minutes * MINUTE, len(self.steps) + 1
            self.steps.append(Step(number=number, at=at, who=each.who, incident="i1", change=Change.SEEN, data=each.data))
        return [each.state.value for each in found]

    def told(self) -> list[tuple[datetime, str, str]]:
        noted = [
            Noted(number=s.number, at=s.at, kind=s.change.value, who=s.who, subject=s.incident, data=s.data) for s in self.steps
        ]
        return [(line.at, line.who, line.text) for line in timeline(self.here, noted, ()) if line.what == "alert"]


def test_who_took_it_on_the_phone_and_its_end_are_told_with_the_sources_own_times() -> None:
    book = Book()
    assert book.sees(view(ALERT)) == []
    assert book.sees(view(now(**TAKEN))) == ["acknowledged"]
    assert book.sees(view(now(**TAKEN))) == [], "once"
    assert book.here.members[0].state == "acknowledged"
    assert book.sees(view(ALERT), 7) == ["firing"], "the acknowledgement ran out"
    assert book.sees(view(), 9) == ["resolved"]
    assert book.sees(view(now(started_at=T0 + 11 * MINUTE)), 12) == ["firing"]
    assert book.told() == [
        (T0, "", "Shop on #7 fired (critical)"),
        (T0 + MINUTE, "Bo", "Shop acknowledged at pd"),
        (T0 + 7 * MINUTE, "", "Shop no longer acknowledged at pd"),
        (T0 + 9 * MINUTE, "", "Shop is over at pd"),
        (T0 + 11 * MINUTE, "", "Shop fires again at pd"),
    ]


def test_of_what_nobody_sees_nothing_is_said() -> None:
    book = Book()
    for health in (Health.BLIND, Health.INCOMPLETE, Health.LATE, Health.STARTING):
        assert book.sees(view(health=health)) == []
    assert book.sees(view(now(**TAKEN), stale=True)) == []
    assert book.sees(view(now(**TAKEN), pending="ack…")) == [], "it is only expected"
    assert book.sees(view(provider="local")) == [], "this machine's own have entries of their own"


def test_of_two_who_saw_the_same_the_second_has_no_news() -> None:
    book = Book()
    (seen,) = sight([book.here], view())
    book.sees(view())
    assert isinstance(seen, Seen)
    assert not seen.is_news(book.here)
    assert not seen.is_news(None)


def test_what_comes_and_goes_all_night_is_told_so_often_and_then_no_more() -> None:
    book = Book()
    for minute in range(0, 400, 2):
        book.sees(view(), minute)
        book.sees(view(ALERT), minute + 1)
    told = [text for _, _, text in book.told()]
    assert len(told) == TURNS + 1
    assert told[-1] == "Shop fires again at pd: it comes and goes, and its further turns are not written down"


def test_whoever_comes_on_call_and_overrides_elsewhere_are_of_its_story() -> None:
    passed = Noted(number=1, at=T0, kind="roster.passed", source="pd", subject="primary", data={"person": "Bo", "before": "Ana"})
    line = line_of(passed)
    assert line is not None
    assert (line.what, line.text) == ("roster", "Bo is on call (primary), after Ana")
    action = MakeOverride(Ref("pd", "primary"), (), "")
    run = Run(id="r", at=T0, who="cy", action=action, what="override", target="primary", state=RunState.CONFIRMED)
    lines = timeline(Book().here, [passed], [run])
    assert [each.what for each in lines if each.what == "roster"] == ["roster", "roster"]
