"""Storms told from the trickle of every day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.ranking import Ranking
from cockpit.core.rows import Row
from cockpit.core.stormrule import StormRule
from cockpit.core.storms import NEWS, Storms, dense, told_by
from cockpit.core.units import Seconds

NOW = datetime(2026, 11, 25, 3, 12, 44, tzinfo=UTC)
RULE = StormRule(alerts=10, within=Seconds(60))


def row(number: int, ago: float = 0, name: str = "Down", **more: object) -> Row:
    """An alert that began so many seconds ago."""
    labels = {"alertname": name, "instance": f"web-{number}", "cluster": "eu-1"}
    made = Alert(
        ref=Ref("am", str(number)), name=name, severity=Severity.ERROR, state=AlertState.FIRING, labels=labels,
        started_at=NOW - timedelta(seconds=ago),
    )  # fmt: skip
    return Row(msgspec.structs.replace(made, **more))


def in_storm(storms: Storms, every: Ranking) -> set[str]:
    return {each.alert.ref.id for each in every if storms.of(each.alert.ref) is not None}


class TestDense:
    def test_it_takes_more_than_so_many_within_so_long(self) -> None:
        assert dense({100: 10}, 10, 60) == []
        assert dense({100: 11}, 10, 60) == [(100, 100)]
        assert dense({100: 6, 159: 5}, 10, 60) == [(100, 159)]
        assert dense({100: 6, 160: 5}, 10, 60) == []

    def test_it_lasts_while_half_as_many_go_on_to_begin(self) -> None:
        assert dense({100: 11, 150: 5, 200: 5, 260: 4}, 10, 60) == [(100, 200)]
        assert dense({100: 11, 400: 11}, 10, 60) == [(100, 100), (400, 400)]

    @settings(deadline=None)
    @given(st.dictionaries(st.integers(0, 500), st.integers(0, 30), max_size=40), st.integers(1, 40), st.integers(1, 90))
    def test_every_full_window_is_in_a_stretch_and_every_stretch_has_one(
        self, counts: dict[int, int], many: int, within: int
    ) -> None:
        def in_window(last: int) -> int:
            return sum(count for second, count in counts.items() if last - within < second <= last)

        found = dense(counts, many, within)
        full = [second for second in counts if counts[second] and in_window(second) > many]
        assert all(any(begin <= second <= until for begin, until in found) for second in full)
        assert all(any(begin <= second <= until for second in full) for begin, until in found)
        assert all(one[1] < two[0] for one, two in pairwise(found))


class TestStorms:
    def test_few_are_none_and_many_are_one(self) -> None:
        storms = Storms(RULE)
        every = Ranking(row(number, number) for number in range(10))
        storms.take(every, NOW)
        assert storms.storms == ()
        more = every.put([row(10, 3)])
        touched = storms.take(more, NOW)
        assert touched is not None
        assert {ref.id for ref in touched} == {str(number) for number in range(11)}, "those that were there before belong to it too"
        assert in_storm(storms, more) == {str(number) for number in range(11)}
        (storm,) = (storms.of(ref) for ref in list(touched)[:1])
        assert storm is not None
        assert storm.by == ("alertname",)

    def test_what_began_an_hour_ago_is_no_storm_but_one_that_is_known_lasts(self) -> None:
        old = Ranking(row(number, NEWS + 100) for number in range(50))
        storms = Storms(RULE)
        storms.take(old, NOW)
        assert storms.storms == ()
        storms.take(old, NOW - timedelta(minutes=30))  # as it was then
        storms = Storms(RULE)
        storms.take(old, NOW - timedelta(minutes=30))
        storms.take(old.put([row(99, 0)]), NOW)
        assert len(in_storm(storms, old)) == 50
        assert storms.of(Ref("am", "99")) is None

    def test_it_does_not_flap_about_the_bound_and_ends_with_the_last_few(self) -> None:
        storms = Storms(RULE)
        every = Ranking(row(number, 200) for number in range(12))
        storms.take(every, NOW)
        for left in (11, 9, 10, 7, 6):
            every = every.put([row(number, 200) for number in range(left)], [Ref("am", str(number)) for number in range(left, 12)])
            storms.take(every, NOW)
            assert len(in_storm(storms, every)) == left
        every = every.put((), [Ref("am", "5")])
        touched = storms.take(every, NOW)
        assert touched is not None
        assert len(touched) == 6
        assert storms.storms == ()

    def test_one_that_still_grows_does_not_end(self) -> None:
        storms = Storms(RULE)
        every = Ranking(row(number, 20) for number in range(12))
        storms.take(every, NOW)
        every = every.put((), [Ref("am", str(number)) for number in range(9)])
        storms.take(every, NOW)
        assert len(in_storm(storms, every)) == 3

    def test_later_ones_join_while_it_goes_on(self) -> None:
        storms = Storms(RULE)
        every = Ranking(row(number, 100) for number in range(12))
        storms.take(every, NOW)
        every = every.put([row(20 + number, 60) for number in range(5)])
        storms.take(every, NOW)
        assert len(in_storm(storms, every)) == 17
        assert len(storms.storms) == 1
        calm = every.put([row(50, 0)])
        storms.take(calm, NOW)
        assert storms.of(Ref("am", "50")) is None

    def test_an_acknowledged_one_stays_and_a_new_firing_of_it_is_looked_at_anew(self) -> None:
        storms = Storms(RULE)
        every = Ranking(row(number, 300) for number in range(12))
        storms.take(every, NOW)
        every = every.put([row(3, 300, state=AlertState.ACKNOWLEDGED)])
        storms.take(every, NOW)
        assert storms.of(Ref("am", "3")) is not None
        every = every.put([row(3, 0)])
        touched = storms.take(every, NOW)
        assert storms.of(Ref("am", "3")) is None
        assert touched == frozenset({Ref("am", "3")})

    def test_what_is_silenced_makes_no_storm(self) -> None:
        storms = Storms(RULE)
        every = Ranking(row(number, 5, state=AlertState.SUPPRESSED) for number in range(50))
        storms.take(every, NOW)
        assert storms.storms == ()

    def test_none_where_they_are_not_wanted(self) -> None:
        storms = Storms(StormRule(alerts=0))
        every = Ranking(row(number, 5) for number in range(50))
        assert storms.take(every, NOW) == frozenset()
        assert storms.storms == ()

    def test_what_cannot_be_followed_is_looked_at_again(self) -> None:
        storms = Storms(RULE)
        assert storms.take(Ranking(row(number, 5) for number in range(12)), NOW) is None
        assert storms.take(Ranking(row(number, 5) for number in range(13)), NOW) is None
        assert len(storms.storms) == 1

    @settings(deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 600), st.booleans()), max_size=60), st.integers(1, 12))
    def test_kept_by_differences_it_is_what_it_would_be_made_at_once_or_what_it_was(
        self, changes: list[tuple[int, int, bool]], step: int
    ) -> None:
        """Every alert in a dense stretch is in a storm, and none that began outside of all storms is."""
        storms, every = Storms(RULE), Ranking()
        storms.take(every, NOW)
        for start in range(0, len(changes), step):
            part = changes[start : start + step]
            every = every.put(
                [row(number, ago) for number, ago, there in part if there],
                [Ref("am", str(number)) for number, _, there in part if not there],
            )
            storms.take(every, NOW)
            fresh = Storms(RULE)
            fresh.take(every, NOW)
            assert in_storm(fresh, every) <= in_storm(storms, every)
            for each in every:
                second = int(each.alert.started_at.timestamp()) if each.alert.started_at is not None else -1
                inside = any(storm.begin <= second <= storm.until for storm in storms.storms)
                assert inside == (storms.of(each.alert.ref) is not None)
            assert {ref for storm in storms.storms for ref in storm.refs} <= {each.alert.ref for each in every}


class TestTold:
    def alerts(self, names: int, **labels: int) -> list[Alert]:
        made = []
        for number in range(120):
            values = {name: f"{name}-{number % count}" for name, count in labels.items()}
            alert = row(number, name=f"Kind{number % names}").alert
            made.append(msgspec.structs.replace(alert, labels={"alertname": alert.name, "instance": f"web-{number}", **values}))
        return made

    def test_by_name_where_there_are_few(self) -> None:
        assert told_by(self.alerts(5, cluster=1)) == ("alertname",)

    def test_by_what_they_have_in_common_where_names_are_too_many(self) -> None:
        assert told_by(self.alerts(60, job=1, cluster=2)) == ("cluster",)
        assert told_by(self.alerts(60, job=3, cluster=80)) == ("job",)
        assert told_by(self.alerts(60, zebra=2, apple=2)) == ("apple",)

    def test_by_name_where_nothing_is_better(self) -> None:
        assert told_by(self.alerts(60)) == ("alertname",)
        some = self.alerts(60, cluster=2)
        some[7] = msgspec.structs.replace(some[7], labels={"alertname": "Kind7"})
        assert told_by(some) == ("alertname",)

    def test_what_was_chosen_stays_until_it_is_far_off(self) -> None:
        assert told_by(self.alerts(20, cluster=2), ("alertname",)) == ("alertname",)
        assert told_by(self.alerts(60, cluster=2), ("alertname",)) == ("cluster",)
        assert told_by(self.alerts(60, cluster=20, job=2), ("cluster",)) == ("cluster",)

    @pytest.mark.parametrize(("alerts", "within"), [(-1, 60), (5, 0)])
    def test_a_rule_that_cannot_be_is_refused(self, alerts: int, within: float) -> None:
        with pytest.raises(ValueError, match="alerts must be 0 or more"):
            StormRule(alerts=alerts, within=Seconds(within))
