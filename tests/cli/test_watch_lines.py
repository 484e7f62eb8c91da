"""What ``cockpit watch`` prints: what is new, and when it was."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec

from cockpit.cli.watch import Telling
from cockpit.cli.watch_incidents import OfIncidents
from cockpit.core.incidents import Change
from cockpit.core.paged import Paged, PageState
from cockpit.core.sources import Health
from cockpit.core.view import View
from cockpit.engine.journal import open_journal
from cockpit.testing import FakeClock
from support.scene import NOW, scene

EARLY, LATE = NOW - timedelta(hours=1), NOW + timedelta(seconds=5)


def with_pages(view: View, *pages: Paged) -> View:
    """Its first alert alone, an hour old, with these pages."""
    row = view.alerts[0]
    alert = msgspec.structs.replace(row.alert, started_at=EARLY, pages=pages)
    return msgspec.structs.replace(view, alerts=type(view.alerts)([msgspec.structs.replace(row, alert=alert)]))


def test_what_was_before_its_start_is_told_as_that_and_old_pages_are_not_told_again() -> None:
    old, new = (Paged(at, "Ana", "mail", PageState.SENT) for at in (EARLY, LATE))
    told, view = Telling(NOW), scene()
    first = list(told.news(with_pages(view, old)))
    assert not [line for _, line in first if "paged" in line], "that was another process, an hour ago"
    (alert,) = [line for _, line in first if line.startswith("before: alert ")]
    later = list(told.news(with_pages(view, old, new)))
    assert [(at, "Ana paged by mail" in line) for at, line in later] == [(LATE, True)]
    assert alert


def seen(view: View, health: Health, *, gone: bool) -> View:
    """The view with its first alert alone, or with none, while all sources see so well."""
    sources = tuple(msgspec.structs.replace(each, health=health) for each in view.sources)
    rows = [] if gone else [view.alerts[0]]
    return msgspec.structs.replace(view, sources=sources, alerts=type(view.alerts)(rows))


def lines(told: Telling, view: View) -> list[str]:
    """What is told of alerts."""
    return [line for _, line in told.news(view) if "alert " in line]


def test_over_is_said_only_where_its_source_sees() -> None:
    told, view = Telling(NOW), scene()
    ref = view.alerts[0].alert.ref
    (first,) = lines(told, seen(view, Health.LIVE, gone=False))
    assert str(ref) in first
    assert lines(told, seen(view, Health.INCOMPLETE, gone=True)) == [
        f"alert {ref} is not seen any more ({ref.source} is incomplete): {view.alerts[0].alert.name}"
    ]
    assert lines(told, seen(view, Health.BLIND, gone=True)) == [], "once"
    assert lines(told, seen(view, Health.INCOMPLETE, gone=False)) == [f"alert {ref} is seen again: {view.alerts[0].alert.name}"]
    assert len(lines(told, seen(view, Health.LATE, gone=True))) == 1
    assert lines(told, seen(view, Health.LIVE, gone=True)) == [f"alert {ref} resolved: {view.alerts[0].alert.name}"]
    assert lines(told, seen(view, Health.LIVE, gone=True)) == []
    assert "seen again" not in lines(told, seen(view, Health.LIVE, gone=False))[0], "it began anew"


def test_of_a_source_that_is_none_any_more_nothing_is_resolved() -> None:
    told, view = Telling(NOW), scene()
    alert = view.alerts[0].alert
    lines(told, seen(view, Health.LIVE, gone=False))
    without = msgspec.structs.replace(seen(view, Health.LIVE, gone=True), sources=())
    assert lines(told, without) == [
        f"alert {alert.ref} is not seen any more ({alert.ref.source} is not asked any more): {alert.name}"
    ]
    assert lines(told, without) == []


def test_incidents_are_told_once_and_none_of_before(tmp_path: Path) -> None:
    clock = FakeClock()
    with closing(open_journal(tmp_path / "state", clock)) as journal:
        told = OfIncidents(journal)

        def opened(title: str) -> None:
            journal.change_incident("", Change.OPENED, who="ana", at=clock.now(), data={"title": title})

        opened("long ago")
        assert list(told.news()) == []
        opened("slow")
        journal.change_incident("i2", Change.NOTED, who="ana", at=clock.now(), data={"text": "hm"})
        journal.change_incident("i2", Change.CLOSED, who="bo", at=clock.now())
        assert [line for _, line in told.news()] == ["incident i2 opened: slow, by ana", "incident i2 closed, by bo"]
        assert list(told.news()) == []


def test_an_incident_opened_after_the_clock_stepped_back_is_told(tmp_path: Path) -> None:
    clock = FakeClock()
    with closing(open_journal(tmp_path / "state", clock)) as journal:
        told = OfIncidents(journal)
        journal.change_incident("", Change.OPENED, who="ana", at=clock.now(), data={"title": "by a clock that was ahead"})
        for number in range(120):
            journal.change_incident("i1", Change.NOTED, who="ana", at=clock.now(), data={"text": f"{number}"})
        assert list(told.news()) == []
        clock.step_wall(-3600)
        journal.change_incident("", Change.OPENED, who="bo", at=clock.now(), data={"title": "by one that is right"})
        assert [line for _, line in told.news()] == ["incident i2 opened: by one that is right, by bo"]
