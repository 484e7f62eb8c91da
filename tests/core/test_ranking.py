"""Rows in their order: worst first, found by their reference, compared with an earlier ranking by what changed alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.ranking import REMEMBERED, Ranking
from cockpit.core.rows import SIZE, STALE, Ordered, Row, rank

T0 = datetime(2026, 11, 23, 3, 12, 44, tzinfo=UTC)


def row(number: int, *, source: str = "am", age: int | None = 60, trap: str = "", state: AlertState = AlertState.FIRING) -> Row:
    started = T0 - timedelta(seconds=age) if age is not None else None
    severity = Severity(number % len(Severity))
    ref = Ref(source, f"{number:06}")
    return Row(Alert(ref=ref, name=f"A{number}", severity=severity, state=state, started_at=started, trap=trap))


def rows(count: int) -> list[Row]:
    """So many, in no order."""
    states = tuple(AlertState)
    return [row(n, age=n * 7919 % 5000, state=states[n % len(states)]) for n in range(count)]


ROWS = st.builds(
    row,
    st.integers(0, 40),
    source=st.sampled_from(["am", "pd"]),
    age=st.none() | st.integers(0, 5),
    trap=st.sampled_from(["", "", "disk"]),
    state=st.sampled_from(list(AlertState)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(ROWS, max_size=12), max_size=8), st.data())
def test_a_ranking_that_was_changed_is_the_one_made_of_all_its_rows(steps: list[list[Row]], data: st.DataObject) -> None:
    known: dict[Ref, Row] = {}
    ranking = Ranking()
    earlier = [ranking]
    for put in steps:
        dropped = data.draw(st.lists(st.sampled_from(sorted(known)), max_size=4)) if known else []
        ranking = ranking.put(put, dropped)
        for ref in dropped:
            known.pop(ref, None)
        known |= {each.alert.ref: each for each in put}
        earlier.append(ranking)
    ordered = sorted(known.values(), key=rank)
    assert list(ranking) == ordered
    assert ranking == Ranking(known.values())
    assert [ranking[n] for n in range(len(ranking))] == ordered
    assert all(ranking.find(ref) == each for ref, each in known.items())
    assert [ranking.place(each) for each in ordered] == list(range(len(ordered)))
    assert {state: ranking.count_in(state) for state in AlertState} == {
        state: sum(each.alert.state is state for each in ordered) for state in AlertState
    }
    for source in ("am", "pd"):
        raised = [each for each in ordered if (each.alert.ref.source, each.alert.trap) == (source, "disk")]
        assert list(ranking.raised(source, "disk")) == raised
    for old in earlier:
        change = ranking.since(old)
        assert change is not None
        assert Ordered(old).changed(change.gone, change.come) == ranking
        assert not {id(each) for each in change.gone} & {id(each) for each in change.come}


def test_many_rows_are_in_their_order_wherever_their_blocks_end() -> None:
    every = rows(5 * SIZE)
    ranking = Ranking(every)
    assert list(ranking) == sorted(every, key=rank)
    assert ranking[-1] == list(ranking)[-1]
    assert ranking[SIZE - 3 : SIZE + 3] == tuple(sorted(every, key=rank)[SIZE - 3 : SIZE + 3])
    assert ranking.put(every) is ranking, "nothing differs"


def test_blocks_are_split_as_they_grow_and_joined_as_they_empty() -> None:
    every = rows(6 * SIZE)
    ranking = Ranking(every[:SIZE])
    for start in range(SIZE, len(every), 50):
        ranking = ranking.put(every[start : start + 50])
    assert list(ranking) == sorted(every, key=rank)
    for start in range(0, len(every) - 10, 30):
        ranking = ranking.put((), [each.alert.ref for each in every[start : start + 30]][: len(every) - 10 - start])
    assert list(ranking) == sorted(every[-10:], key=rank)
    assert ranking.place(every[0]) is None


@given(st.lists(ROWS, max_size=30, unique_by=lambda each: each.alert.ref), st.integers(0, 30), st.integers(0, 30))
def test_rows_that_are_sorted_already_are_put_between_or_among_the_others(every: list[Row], start: int, end: int) -> None:
    ordered = sorted(every, key=rank)
    here = Ordered(ordered[:start] + ordered[start + end :])
    assert list(here.spliced(ordered[start : start + end])) == ordered
    assert list(Ordered(ordered[::2]).spliced(ordered[1::2])) == ordered


def test_a_change_leaves_what_it_does_not_touch() -> None:
    every = rows(5 * SIZE)
    before = Ranking(every)
    worse = row(0, age=1, state=AlertState.RESOLVED)
    after = before.put([worse])
    assert before.find(worse.alert.ref) == every[0]
    assert after.find(worse.alert.ref) is worse
    change = after.since(before)
    assert change is not None
    assert (change.gone, change.come) == ((every[0],), (worse,))


def test_what_happened_too_long_ago_or_elsewhere_is_not_made_up() -> None:
    first = Ranking(rows(10))
    assert Ranking(rows(10)).since(first) is None
    later = first
    for n in range(REMEMBERED // 1000 + 2):
        later = later.put(row(n, source=f"s{k}") for k in range(1000))
    assert later.since(first) is None
    assert first.put([row(99)]).since(first.put([row(98)])) is None, "neither came of the other"


def test_two_sources_with_one_id_are_two_alerts() -> None:
    one, other = row(7, source="am-eu"), row(7, source="am-us")
    ranking = Ranking([one, other])
    assert len(ranking) == 2
    assert ranking.find(Ref("am-eu", "000007")) is one
    assert ranking.find(Ref("am-us", "000007")) is other
    assert list(ranking.put((), [one.alert.ref])) == [other]


def test_when_nobody_sees_every_row_is_the_last_that_was_known() -> None:
    ranking = Ranking(rows(30))
    dark = ranking.dark
    assert [each.alert for each in dark] == [each.alert for each in ranking]
    assert all(each.stale for each in dark)
    assert dark.find(Ref("am", "000003")) == Row(rows(4)[3].alert, STALE)
    assert ranking.dark is dark, "made once"
