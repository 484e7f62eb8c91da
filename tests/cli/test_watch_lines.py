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
