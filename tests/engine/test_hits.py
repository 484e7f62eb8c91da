"""What a silence would hush, asked again and again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.filters import FilterError
from cockpit.core.ranking import Ranking
from cockpit.core.rows import Row
from cockpit.core.view import View
from cockpit.engine.hits import Hits

NOW = datetime(2026, 11, 25, 3, 12, 44, tzinfo=UTC)


def row(number: int, source: str = "am") -> Row:
    ref = Ref(source, str(number))
    labels = {"alertname": "Down", "rack": f"r{number % 2}"}
    began = NOW - timedelta(minutes=number)
    return Row(Alert(ref=ref, name="Down", severity=Severity.ERROR, state=AlertState.FIRING, labels=labels, started_at=began))


VIEW = View(now=NOW, alerts=Ranking([row(1), row(2), row(3), row(3, "other")]))


def test_it_says_which_of_its_source_match() -> None:
    hits = Hits()
    assert set(hits.of(VIEW, NOW, "am", "rack=r1")) == {Ref("am", "1"), Ref("am", "3")}
    assert hits.of(VIEW, NOW, "other", "rack=r1") == (Ref("other", "3"),)
    assert hits.of(VIEW, NOW, "am", "rack=r1") is hits.of(VIEW, NOW, "am", "rack=r1"), "it is not gone through again"


def test_newer_alerts_are_gone_through_anew() -> None:
    hits = Hits()
    hits.of(VIEW, NOW, "am", "rack=r1")
    more = msgspec.structs.replace(VIEW, alerts=VIEW.alerts.put([row(5)]))
    assert len(hits.of(more, NOW, "am", "rack=r1")) == 3


def test_what_depends_on_the_age_is_asked_anew_with_the_time() -> None:
    hits = Hits()
    assert hits.of(VIEW, NOW, "am", "@age>150s") == (Ref("am", "3"),)
    assert len(hits.of(VIEW, NOW + timedelta(minutes=1), "am", "@age>150s")) == 2


def test_a_matcher_that_cannot_be_read_is_said() -> None:
    with pytest.raises(FilterError):
        Hits().of(VIEW, NOW, "am", "@nothing")
