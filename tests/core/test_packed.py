"""Packed alerts say what plain ones say, and hold nothing that a terminal may not see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.alerts import Alert, AlertState, Link, Ref, Severity
from cockpit.core.filters import parse
from cockpit.core.links import links_of
from cockpit.core.packed import Packed, Packer
from cockpit.core.text import clean, clean_block
from cockpit.engine.accepting import Accepting
from cockpit.provider import Answer

NOW = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "ref": Ref("am", "1"), "name": "DiskFull", "severity": Severity.CRITICAL, "state": AlertState.FIRING, "started_at": NOW,
}  # fmt: skip
LABELS = {"alertname": "DiskFull", "instance": "db-1:9100", "team": "web"}
TEXTS = {"summary": "the disk is full", "description": "a\nb", "runbook_url": "https://runbooks.example/disk"}
GENERATOR = "http://prometheus.example/graph?g0.expr=up"


def pack(
    labels: Mapping[str, str] = LABELS, texts: Mapping[str, str] = TEXTS, packer: Packer | None = None, **facts: Any
) -> Packed:
    return (packer or Packer()).packed(labels, texts, GENERATOR, texts.get("summary", ""), **FACTS | facts)


def plain(labels: Mapping[str, str] = LABELS, texts: Mapping[str, str] = TEXTS) -> Alert:
    links = links_of(GENERATOR, texts)
    return Alert(labels=labels, annotations=texts, links=links, summary=texts.get("summary", ""), **FACTS)


def test_it_says_what_it_was_given() -> None:
    alert = pack()
    assert (alert.labels, alert.annotations, alert.summary) == (LABELS, TEXTS, "the disk is full")
    assert alert.links == (Link("runbook", "https://runbooks.example/disk"), Link("generator", GENERATOR))
    assert (dict(alert.labels), list(alert.labels), len(alert.labels)) == (LABELS, list(LABELS), 3)
    assert (alert.label("team"), alert.label("rack"), alert.labels.get("rack", "")) == ("web", None, "")
    assert "team" in alert.labels
    assert "rack" not in alert.labels


def test_it_equals_the_plain_alert_and_one_that_is_packed_otherwise() -> None:
    used = Packer()
    for number in range(2000):
        pack({"team": f"team-{number}", "rack": "r1"}, packer=used)
    assert pack() == plain() == pack(packer=used) == pack()
    assert plain() == pack()
    assert (pack() != plain()) is False
    assert pack() != pack(LABELS | {"team": "db"})
    assert pack() != plain(LABELS, TEXTS | {"summary": "the disk is fuller"})
    with pytest.raises(TypeError):
        hash(pack())


texts = st.text(max_size=40)
tables = st.dictionaries(texts, texts, max_size=6)


@given(st.lists(st.tuples(tables, tables, texts), max_size=12))
def test_whatever_comes_is_clean_when_it_is_read(alerts: list[tuple[dict[str, str], dict[str, str], str]]) -> None:
    packer = Packer()
    made = [packer.packed(labels, notes, text, text, **FACTS) for labels, notes, text in alerts]
    for alert, (labels, notes, text) in zip(made, alerts, strict=True):
        assert alert.labels == {clean(name): clean(value) for name, value in labels.items()}
        assert alert.annotations == {clean(name): clean_block(value) for name, value in notes.items()}
        assert alert.summary == clean(text)
        for name in alert.labels:
            assert alert.label(name) == alert.labels[name]


def test_a_label_with_a_new_value_each_time_is_kept_beside_those_that_repeat() -> None:
    packer = Packer()
    alerts = [pack(LABELS | {"pod": f"pod-{number}"}, packer=packer, ref=Ref("am", str(number))) for number in range(9000)]
    assert [alert.label("pod") for alert in alerts] == [f"pod-{number}" for number in range(9000)]
    assert all(alert.labels == LABELS | {"pod": f"pod-{number}"} for number, alert in enumerate(alerts))
    assert all(alert.annotations == TEXTS for alert in alerts[::97])
    assert sum(len(alert.kept) for alert in alerts) / len(alerts) < 60  # the description alone and all urls are longer


@pytest.mark.parametrize("values", [255, 256, 257, 1023, 1024, 1025])
def test_a_label_may_have_as_many_values_as_it_likes(values: int) -> None:
    packer = Packer()
    labels = [LABELS | {"rack": f"r{number}", "hall": f"h{number % 7}"} for number in (*range(values), *range(values))]
    alerts = [pack(each, packer=packer) for each in labels]
    assert [dict(alert.labels) for alert in alerts] == labels
    assert [(alert.label("rack"), alert.label("hall")) for alert in alerts] == [(each["rack"], each["hall"]) for each in labels]


def test_what_replaces_a_field_counts() -> None:
    alert = msgspec.structs.replace(pack(), state=AlertState.ACKNOWLEDGED, labels={"team": "db"}, summary="gone")
    assert (alert.labels, alert.label("team"), alert.summary) == ({"team": "db"}, "db", "gone")
    assert alert.annotations == TEXTS
    assert not alert.untouched
    assert msgspec.structs.replace(pack(), state=AlertState.ACKNOWLEDGED).untouched


@pytest.mark.parametrize("text", ["team=web", 'instance=~"db-.*"', "full", "DB-1", "summary=~.*full", "rack=r1", 'rack=""', "!web"])
def test_filters_read_it_as_they_read_a_plain_one(text: str) -> None:
    assert parse(text).matches(pack(), NOW) == parse(text).matches(plain(), NOW)


def test_it_is_accepted_as_the_very_same_object_and_what_replaced_its_texts_is_cleaned() -> None:
    alert = pack({"title": "\x1b]0;gone\x07"})
    assert Accepting("am").accept("alerts", Answer((alert,))).records[0] is alert
    touched = msgspec.structs.replace(pack(), labels={"title": "\x1b]0;gone\x07"}, summary="\x1b[2J")
    (accepted,) = Accepting("am").accept("alerts", Answer((touched,))).records
    assert (accepted.labels, accepted.summary) == ({"title": "␛]0;gone␇"}, "␛[2J")
    assert Accepting("am").accept("alerts", Answer((msgspec.structs.replace(alert, ref=Ref("elsewhere", "1")),))).rejected == 1
