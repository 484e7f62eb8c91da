"""Alerts in groups."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.groups import Group, GroupKey, key_of, parse_by
from cockpit.core.rows import Ordered, Row, beginning, rank, unlike

NOW = datetime(2026, 11, 25, 3, 12, 44, tzinfo=UTC)


def row(number: int, name: str = "Down", cluster: str = "eu-1", **more: object) -> Row:
    made = Alert(
        ref=Ref("am", str(number)), name=name, severity=Severity.ERROR, state=AlertState.FIRING, where=f"web-{number}",
        labels={"alertname": name, "instance": f"web-{number}", "cluster": cluster, "team": "web"},
        started_at=NOW - timedelta(minutes=number),
    )  # fmt: skip
    return Row(msgspec.structs.replace(made, **more))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("alertname,cluster", ("alertname", "cluster")),
        (" cluster , team cluster", ("cluster", "team")),
        ("@group", ("@group",)),
        ("@source @severity", ("@source", "@severity")),
        ("@receiver", ("@receiver",)),
    ],
)
def test_what_to_group_by_is_understood(text: str, names: tuple[str, ...]) -> None:
    assert parse_by(text) == names


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "group by what"), ("@gruop", "did you mean @group"), ("@xyz", "there are @group"), ("team=web", "write names alone")],
)
def test_what_cannot_be_grouped_by_is_said(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_by(text)


def test_a_group_is_known_by_what_it_is_grouped_by() -> None:
    alert = row(1).alert
    assert key_of(alert, ("alertname", "cluster")) == GroupKey(("alertname", "cluster"), ("Down", "eu-1"))
    assert key_of(alert, ("@source", "@severity")).values == ("am", "error")
    assert key_of(alert, ("rack",)).said == "rack=(none)"
    routed = msgspec.structs.replace(alert, groups=("team: alertname=Down", "page: cluster=eu-1"))
    assert key_of(routed, ("@group",)).values == ("team: alertname=Down, page: cluster=eu-1",)
    told = msgspec.structs.replace(alert, receivers=("team", "mail"))
    assert key_of(told, ("@receiver",)).values == ("team, mail",)


def test_it_says_the_worst_the_newest_and_how_many_stand_how() -> None:
    group = Group(
        GroupKey(("cluster",), ("eu-1",)),
        [
            row(3),
            row(5, severity=Severity.CRITICAL),
            row(1, severity=Severity.WARNING),
            row(0, state=AlertState.ACKNOWLEDGED),
            row(9, "Full"),
        ],
    )
    assert group.worst.alert.ref.id == "5"
    assert group.newest == NOW - timedelta(minutes=1)
    assert (group.count_in(AlertState.FIRING), group.count_in(AlertState.ACKNOWLEDGED), len(group)) == (4, 1, 5)
    assert group.title == "cluster=eu-1"
    assert group.kinds == {"Down": 4, "Full": 1}
    calm = group.changed([each for each in group.members if each.alert.state is AlertState.FIRING], [])
    assert (calm.newest, calm.title) == (NOW, "Down")


def test_the_title_is_the_name_where_all_have_one() -> None:
    assert Group(key_of(row(1).alert, ("cluster",)), [row(1), row(2)]).title == "Down"


changes = st.lists(
    st.tuples(st.integers(0, 15), st.sampled_from(["Down", "Full"]), st.sampled_from("ab"), st.booleans()), max_size=40
)


@settings(deadline=None)
@given(changes, st.integers(1, 8))
def test_kept_by_differences_it_is_what_it_would_be_made_at_once(todo: list[tuple[int, str, str, bool]], step: int) -> None:
    key = GroupKey(("x",), ("y",))
    there: dict[int, Row] = {}
    group = Group(key)
    for start in range(0, len(todo), step):
        gone: list[Row] = []
        come: dict[int, Row] = {}
        for number, name, cluster, stays in todo[start : start + step]:
            if number in come:
                del come[number]
            elif number in there:
                gone.append(there.pop(number))
            if stays:
                come[number] = row(number, name, cluster)
        there |= come
        group = group.changed(gone, list(come.values()))
        fresh = Group(key, there.values())
        assert list(group.members) == list(fresh.members)
        assert group.kinds == fresh.kinds
        assert group.common.items() <= fresh.common.items(), "what it says that all share is true"
        assert all(each.alert.labels[name] == value for each in group.members for name, value in group.common.items())
    if there:
        assert group.newest == max(each.alert.started_at for each in there.values() if each.alert.started_at is not None)


@settings(deadline=None)
@given(st.lists(st.integers(0, 3000), unique=True, max_size=60), st.lists(st.integers(0, 3000), unique=True, max_size=60))
def test_what_differs_between_two_orders_is_found(one: list[int], other: list[int]) -> None:
    base = [row(number) for number in range(4000, 5500)]
    made = {number: row(number) for number in {*one, *other}}
    old = Ordered([*base, *(made[number] for number in one)])
    here, there = set(one), set(other)
    new = old.changed(
        [made[number] for number in one if number not in there], [made[number] for number in other if number not in here]
    )
    gone, come = unlike(old, new)
    assert {int(each.alert.ref.id) for each in gone} == here - there
    assert {int(each.alert.ref.id) for each in come} == there - here
    assert unlike(new, new) == ([], [])


def test_how_many_stand_before_a_rank_is_counted() -> None:
    rows = Ordered([row(number, severity=severity) for number, severity in enumerate(Severity)] * 1)
    assert [rows.before(rank(each)) for each in rows] == list(range(len(rows)))
    assert rows.before(beginning(AlertState.FIRING)) == 0
    assert rows.before(beginning(AlertState.FIRING, Severity.INFO)) == len(rows) - 1
    assert rows.before(beginning(AlertState.ACKNOWLEDGED)) == len(rows)
    assert Ordered().before(beginning(AlertState.FIRING)) == 0
