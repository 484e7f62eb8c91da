"""Facts of the detail, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cockpit.core.roster import OnCall, Shift
from cockpit.ui.facts import of_roster

NOW = datetime(2026, 11, 27, 5, 0, tzinfo=UTC)


def test_the_clock_of_whoever_is_on_call_is_a_label_and_a_time() -> None:
    end = NOW + timedelta(hours=4)
    shift = Shift(roster="primary", level=1, person="bo", name="Bo", timezone="UTC", start=NOW, end=end, source="local")
    told = of_roster(OnCall(roster="primary", level=1, source="local", now=shift, next=None), NOW, "UTC", {})
    assert (" their time", "05:00 UTC") in [(fact.label, fact.text) for fact in told]
