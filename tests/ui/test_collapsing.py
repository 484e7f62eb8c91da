"""Groups in the alert list, kept by differences and made in slices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.groups import Group, GroupKey, key_of
from cockpit.core.ranking import Ranking
from cockpit.core.rows import Ordered, Row, rank
from cockpit.core.stormrule import StormRule
from cockpit.core.storms import FEWEST, Storms
from cockpit.core.units import Seconds
from cockpit.ui.collapsing import Collapsing
from cockpit.ui.entries import Entries, Entry
from cockpit.ui.sieve import Passed

NOW = datetime(2026, 11, 25, 3, 12, 44, tzinfo=UTC)
STORMY = ("alertname", "@severity")


def row(number: int, name: str = "Down", ago: float = 10, **more: object) -> Row:
    labels = {"alertname": name, "instance": f"web-{number}", "cluster": f"eu-{number % 3}"}
    made = Alert(
        ref=Ref("am", str(number)), name=name, severity=Severity.ERROR, state=AlertState.FIRING, labels=labels,
        started_at=NOW - timedelta(seconds=ago),
    )  # fmt: skip
    return Row(msgspec.structs.replace(made, **more))


class Bench:
    """The list as `Filtering` feeds it."""

    def __init__(self, alerts: int = 5) -> None:
        self.storms = Storms(StormRule(alerts=alerts, within=Seconds(60)))
        self.made = Collapsing(self.storms, ("cluster",))
        self.every = Ranking()

    def show(self, every: Ranking, rows: Ordered | None = None, *, all: bool = True) -> list[Entry]:
        """New facts; ``rows`` are those that a filter lets through."""
        self.every = every
        self.made.take(Passed(every if rows is None else rows, every, {}, 1.0), every, self.storms.take(every, NOW))
        if all:
            self.made.step(60)
        return list(self.made.listed)

    def put(self, *rows: Row, gone: tuple[int, ...] = ()) -> list[Entry]:
        return self.show(self.every.put(rows, [Ref("am", str(number)) for number in gone]))


def said(entries: list[Entry]) -> list[str]:
    return [f"{len(each)}x{each.title}" if isinstance(each, Group) else each.alert.ref.id for each in entries]


STORM = [row(number, ago=10 + number) for number in range(8)]


def test_without_a_storm_the_list_is_the_list() -> None:
    bench = Bench()
    bench.show(Ranking([row(1), row(2)]))
    assert bench.made.listed.place(Ref("am", "1")) is not None
    assert isinstance(bench.made.listed, Passed)


def test_a_storm_is_a_group_among_what_is_not_of_it() -> None:
    bench = Bench()
    old = row(50, "Old", 9000)
    worse = row(60, "Worse", 9000, severity=Severity.CRITICAL)
    assert said(bench.show(Ranking([*STORM, old, worse]))) == ["60", "8xDown", "50"]
    assert said(bench.put(row(9, ago=3))) == ["60", "9xDown", "50"]


def test_what_is_rare_in_a_storm_and_what_is_worse_stay_visible_as_themselves() -> None:
    bench = Bench()
    rare, worse = row(70, "Rare", 12), row(71, "Down", 12, severity=Severity.CRITICAL)
    assert said(bench.show(Ranking([*STORM, rare, worse]))) == ["71", "8xDown", "70"]


def test_the_list_finds_groups_and_alerts_and_says_where_they_stand() -> None:
    bench = Bench()
    every = Ranking([*STORM, *(row(100 + number, "Old", 9000 + number) for number in range(1500)), row(70, "Rare", 12)])
    entries = bench.show(every)
    listed = bench.made.listed
    assert isinstance(listed, Entries)
    assert len(entries) == len(listed) == 1502
    for at in (0, 1, 2, 700, 1501):
        each = entries[at]
        assert listed.place(each.key if isinstance(each, Group) else each.alert.ref) == at
    assert listed.place(STORM[0].alert.ref) is None, "it is in the group"
    assert listed.place(Ref("am", "nobody")) is None
    assert listed.place(GroupKey(("x",), ("y",))) is None
    assert (listed.many, listed.collapsed) == (1509, 8)


def test_acknowledged_it_goes_down_and_what_comes_then_brings_it_up() -> None:
    bench = Bench()
    bench.show(Ranking([*STORM, row(50, "Old", 9000)]))
    acked = [row(number, ago=10 + number, state=AlertState.ACKNOWLEDGED) for number in range(8)]
    assert said(bench.put(*acked)) == ["50", "8xDown"]
    assert said(bench.put(row(9, ago=3))) == ["9xDown", "50"]
    (group,) = [each for each in bench.made.listed if isinstance(each, Group)]
    assert (group.count_in(AlertState.ACKNOWLEDGED), group.count_in(AlertState.FIRING)) == (8, 1)


def test_the_last_few_of_a_storm_are_themselves_again() -> None:
    bench = Bench()
    bench.show(Ranking([row(number, ago=100) for number in range(8)]))
    assert said(bench.put(gone=(0, 1, 2))) == ["5xDown"]
    assert said(bench.put(gone=(3, 4))) == ["3xDown"]
    assert said(bench.put(gone=(5,))) == ["6", "7"]
    assert isinstance(bench.made.listed, Passed), "the storm is over"


def test_somebody_may_see_every_alert_by_itself_and_the_groups_again() -> None:
    bench = Bench()
    bench.show(Ranking(STORM))
    assert bench.made.toggle() == "every alert by itself, those of the storm too"
    assert len(bench.show(bench.every)) == 8
    assert bench.made.toggle() == "the storm is told in groups again"
    assert said(bench.show(bench.every)) == ["8xDown"]
    bench.made.toggle()
    later = [row(200 + number, "Later", 3000 + number) for number in range(7)]
    assert "7xLater" in said(bench.put(*later)), "another storm is told in groups all the same"


def test_without_a_storm_it_groups_by_what_the_config_says() -> None:
    bench = Bench(alerts=0)
    bench.show(Ranking([row(number) for number in range(7)]))
    assert bench.made.toggle() == "grouped by cluster"
    assert sorted(said(bench.show(bench.every))) == ["2xDown", "2xDown", "3xDown"]
    assert bench.made.toggle() == "not grouped any more"
    assert len(bench.show(bench.every)) == 7


def test_alone_in_its_group_an_alert_is_itself() -> None:
    bench = Bench(alerts=0)
    bench.made.regroup(("instance",))
    assert said(bench.show(Ranking([row(1), row(2, ago=20)]))) == ["1", "2"]


def test_an_opened_group_shows_its_alerts_as_they_come_and_go() -> None:
    bench = Bench()
    bench.show(Ranking([*STORM, row(50, "Old", 9000)]))
    key = key_of(STORM[0].alert, STORMY)
    bench.made.open(key)
    assert said(list(bench.made.listed)) == [str(number) for number in range(8)]
    assert bench.made.listed.place(STORM[3].alert.ref) == 3
    assert said(bench.put(row(9, ago=3), gone=(0,))) == ["9", *(str(number) for number in range(1, 8))]
    assert bench.made.listed.count_in(AlertState.FIRING) == 8
    bench.made.close()
    assert said(list(bench.made.listed)) == ["8xDown", "50"]


def test_a_filter_is_in_force_within_groups() -> None:
    bench = Bench()
    every = Ranking([*STORM, row(50, "Old", 9000)])
    assert said(bench.show(every, Ordered(each for each in every if each.alert.labels["cluster"] == "eu-1"))) == ["3xDown"]
    assert said(bench.show(every, Ordered(each for each in every if each.alert.name == "Old"))) == ["50"]
    assert said(bench.show(every)) == ["8xDown", "50"]


def test_very_many_are_grouped_slice_by_slice_and_what_is_shown_meanwhile_is_true() -> None:
    bench = Bench(alerts=0)
    bench.made.regroup(("cluster",))
    bench.show(Ranking([row(number) for number in range(3000)]), all=False)
    assert bench.made.busy
    shares = []
    while bench.made.busy:
        bench.made.step(0)
        listed = bench.made.listed
        shares.append(listed.looked)
        assert all(isinstance(each, Row) or len({key_of(m.alert, ("cluster",)) for m in each.members}) == 1 for each in listed)
    assert shares == sorted(shares)
    assert sum(len(each) for each in bench.made.listed if isinstance(each, Group)) == 3000


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 25), st.sampled_from("AB"), st.integers(0, 400), st.integers(0, 3)), max_size=50),
    st.integers(1, 9),
    st.booleans(),
    st.booleans(),
)
def test_nothing_is_lost_and_nothing_is_there_twice(
    changes: list[tuple[int, str, int, int]], step: int, grouped: bool, patient: bool
) -> None:
    """Whatever comes and goes, each alert is in the list once, as itself or in one group; the list is in order, and knows its
    places; and it is what it would be if it were made at once."""
    bench = Bench()
    if grouped:
        bench.made.regroup(("cluster", "@severity"))
    for start in range(0, len(changes), step):
        part = changes[start : start + step]
        rows = [row(number, name, ago, severity=Severity(what + 1)) for number, name, ago, what in part if what]
        gone = [Ref("am", str(number)) for number, _, _, what in part if not what]
        bench.show(bench.every.put(rows, gone), all=patient)
    bench.made.step(60)
    entries = list(bench.made.listed)
    there = [one.alert.ref for each in entries for one in (each.members if isinstance(each, Group) else (each,))]
    assert sorted(there) == sorted(each.alert.ref for each in bench.every)
    ranks = [rank(each.members[0] if isinstance(each, Group) else each) for each in entries]
    assert ranks == sorted(ranks)
    for at, each in enumerate(entries):
        assert bench.made.listed.place(each.key if isinstance(each, Group) else each.alert.ref) == at
        assert not isinstance(each, Group) or len(each) >= (2 if grouped else FEWEST)
    fresh = Collapsing(bench.storms, ())
    if grouped:
        fresh.regroup(("cluster", "@severity"))
    fresh.take(Passed(bench.every, bench.every, {}, 1.0), bench.every, None)
    fresh.step(60)
    assert said(list(fresh.listed)) == said(entries)
