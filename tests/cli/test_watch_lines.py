"""What ``cockpit watch`` prints: what is new, and when it was."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from cockpit.cli.watch import Telling
from cockpit.core.paged import Paged, PageState
from cockpit.core.view import View
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
