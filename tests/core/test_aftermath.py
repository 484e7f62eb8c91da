"""Whether a run helped, as far as anybody saw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.actions import Ack, Run, RunState, Start
from cockpit.core.aftermath import Aftermath, Past, Verdict, beginning, merged, seen, verdict, watched
from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.sources import Snapshot
from cockpit.core.traps import Trap, TrapState, TrapView, Watch

T0 = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
DOWN = Alert(
    ref=Ref("am", "f1"), name="PostgresDown", where="db-1", severity=Severity.CRITICAL, state=AlertState.FIRING,
    started_at=T0 - timedelta(minutes=5),
)  # fmt: skip
RUN = Run(
    id="r1",
    at=T0,
    who="Ana",
    action=Start("restart", alert=DOWN.ref, preview=(("", "changes", "restarts"),)),
    what="restart",
    target="db-1",
    state=RunState.RUNNING,
)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def begun(**more: object) -> Aftermath:
    after = beginning(RUN, DOWN, 600.0)
    assert after is not None
    return msgspec.structs.replace(after, **more)


def ended(**more: object) -> Aftermath:
    """The run took a minute: it can help until minute 11."""
    return begun(ended=at(1), **more)


def said(minutes: float, *alerts: Alert, **more: object) -> Snapshot:
    made = Snapshot(source="am", asked_at=at(minutes), asked_mono=0.0, alerts=alerts)
    return msgspec.structs.replace(made, **more)


def test_what_is_watched_is_the_alert_whatever_its_id_becomes_later() -> None:
    after = begun()
    assert (after.source, after.alert, after.name, after.place) == ("am", "f1", "PostgresDown", "db-1")
    dry = msgspec.structs.replace(RUN, action=Start("restart", alert=DOWN.ref, dry_run=True))
    assert beginning(dry, DOWN, 600.0) is None
    assert beginning(msgspec.structs.replace(RUN, action=Ack((DOWN.ref,))), DOWN, 600.0) is None


@pytest.mark.parametrize(
    ("known", "now", "expected"),
    [
        ({}, 5, Verdict.OPEN),
        ({"there": at(4)}, 5, Verdict.OPEN),
        ({"gone": at(3)}, 5, Verdict.HELPED),
        ({"gone": at(0.5)}, 5, Verdict.HELPED),  # over while the run still went on
        ({"gone": at(11)}, 60, Verdict.HELPED),
        ({"gone": at(3), "back": at(7)}, 60, Verdict.NOT),  # it came back within the same time
        ({"gone": at(3), "back": at(30)}, 60, Verdict.HELPED),
        ({"there": at(11)}, 60, Verdict.NOT),
        ({"there": at(12), "gone": at(13)}, 60, Verdict.NOT),
        ({"there": at(4)}, 12, Verdict.OPEN),  # the next look is on its way
        ({"there": at(4)}, 60, Verdict.UNKNOWN),  # nobody looked in between
        ({"there": at(4), "gone": at(40)}, 60, Verdict.UNKNOWN),  # over at some time between minutes 4 and 40
        ({"gone": at(40)}, 60, Verdict.UNKNOWN),
    ],
)
def test_a_run_helped_if_its_alert_was_seen_gone_in_time_and_did_not_if_it_was_seen_there_after_it(
    known: dict[str, object], now: float, expected: Verdict
) -> None:
    assert verdict(ended(**known), at(now)) is expected


@pytest.mark.parametrize(
    ("known", "now", "says"),
    [
        ({"gone": at(3)}, 5, "helped so far"),
        ({"gone": at(3)}, 12, "helped"),
        ({"gone": at(3), "back": at(5)}, 6, "did not help: it came back 2 m later"),
        ({"gone": at(3), "back": at(11)}, 60, "did not help: it came back 8 m later"),
        ({"gone": at(3), "back": at(12)}, 60, "helped"),  # it held for as long as was asked: this is another fire
        ({"there": at(12)}, 60, "did not help"),
        ({"there": at(4)}, 5, "too early to say"),
    ],
)
def test_what_helped_is_told_as_so_far_until_its_time_is_over_and_what_came_back_within_it_says_when(
    known: dict[str, object], now: float, says: str
) -> None:
    run = msgspec.structs.replace(RUN, state=RunState.CONFIRMED)
    assert Past(run, ended(**known)).says(at(now)) == says
    assert Past(msgspec.structs.replace(run, action=Ack((DOWN.ref,))), ended(**known)).says(at(now)) == ""


def test_a_look_tells_when_it_was_last_there_and_first_gone_and_back() -> None:
    after = seen(ended(), said(2, DOWN), DOWN)
    after = seen(after, said(3, DOWN), DOWN)
    assert (after.there, after.gone) == (at(3), None)
    after = seen(seen(after, said(4), None), said(5), None)
    assert (after.there, after.gone, after.back) == (at(3), at(4), None)
    after = seen(seen(after, said(6, DOWN), DOWN), said(7, DOWN), DOWN)
    assert (after.gone, after.back) == (at(4), at(6))


def test_where_the_source_says_when_it_was_over_that_counts() -> None:
    over = msgspec.structs.replace(DOWN, state=AlertState.RESOLVED, ended_at=at(2.5))
    assert seen(ended(there=at(2)), said(30, over), over).gone == at(2.5)
    odd = msgspec.structs.replace(over, ended_at=at(-60))  # its clock is another
    assert seen(ended(there=at(2)), said(30, odd), odd).gone == at(30)


def test_another_firing_means_that_the_one_that_was_worked_on_was_over() -> None:
    again = msgspec.structs.replace(DOWN, started_at=at(20))
    after = seen(ended(there=at(2)), said(30, again), again)
    assert (after.gone, after.back) == (at(20), at(20))
    assert verdict(after, at(60)) is Verdict.UNKNOWN, "it was over between minutes 2 and 20"


TRAP = Trap(name="root-disk", probe="disk", params={})


@pytest.mark.parametrize(
    "snapshot",
    [
        said(5, complete=False),
        said(5, alerts=None),
        said(5, blind="the watchdog is silent"),
        said(-1),
        said(5, traps=(TrapView(source="am", trap=TRAP, watch=Watch(), state=TrapState.BLIND, says=""),)),
        said(5, traps=(TrapView(source="am", trap=TRAP, watch=Watch(), state=TrapState.DISARMED, says=""),)),
    ],
)
def test_who_does_not_see_tells_nothing(snapshot: Snapshot) -> None:
    after = ended(trap="root-disk")
    assert seen(after, snapshot, None) is after


def test_it_is_watched_until_another_look_would_tell_nothing_more() -> None:
    assert watched(ended(), at(30))
    assert watched(ended(gone=at(4)), at(8)), "it may come back"
    assert not watched(ended(gone=at(4)), at(12))
    assert not watched(ended(gone=at(4), back=at(5)), at(8))
    assert not watched(ended(there=at(11)), at(12))
    assert not watched(ended(), at(60 * 24 + 12))
    assert not watched(begun(), at(60 * 24 + 1)), "its process is long gone"


def test_a_run_whose_process_died_is_unknown_and_one_that_goes_on_is_open() -> None:
    lost = msgspec.structs.replace(RUN, state=RunState.UNCERTAIN)
    assert Past(RUN, begun()).verdict(at(1)) is Verdict.OPEN
    assert Past(lost, begun(gone=at(2))).verdict(at(60)) is Verdict.UNKNOWN


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.TIMED_OUT, RunState.CANCELLED, RunState.UNCERTAIN])
def test_no_run_that_did_not_reach_its_end_is_said_to_have_helped(state: RunState) -> None:
    broke = msgspec.structs.replace(RUN, state=state)
    assert Past(msgspec.structs.replace(RUN, state=RunState.CONFIRMED), ended(gone=at(3))).verdict(at(60)) is Verdict.HELPED
    assert Past(broke, ended(gone=at(3))).verdict(at(60)) is Verdict.UNKNOWN
    assert Past(broke, ended(there=at(11))).verdict(at(60)) is Verdict.NOT


def test_what_took_a_run_back_is_said_nothing_of() -> None:
    done = msgspec.structs.replace(RUN, state=RunState.CONFIRMED)
    undo = msgspec.structs.replace(
        done, action=Start("restart", alert=DOWN.ref, preview=(("", "changes", "restarts"),), undoes="r0")
    )
    assert Past(done, ended(gone=at(3))).verdict(at(60)) is Verdict.HELPED
    assert Past(undo, ended(gone=at(3))).verdict(at(60)) is None
    assert Past(undo, ended(gone=at(3))).says(at(60)) == ""


def test_what_only_reads_is_said_nothing_of() -> None:
    reads = msgspec.structs.replace(
        RUN, state=RunState.CONFIRMED, action=Start("look", alert=DOWN.ref, preview=(("true", "changes"),))
    )
    assert Past(reads, ended(gone=at(3))).verdict(at(60)) is None
    assert Past(reads, ended(there=at(11))).verdict(at(60)) is None


@given(st.lists(st.tuples(st.floats(0, 40), st.booleans()), max_size=12), st.integers(0, 12))
def test_what_two_watchers_saw_is_put_together_in_any_order(looks: list[tuple[float, bool]], cut: int) -> None:
    looks = sorted(looks)

    def watcher(those: list[tuple[float, bool]]) -> Aftermath:
        after = ended()
        for minutes, there in those:
            after = seen(after, said(minutes), DOWN if there else None)
        return after

    one, two = watcher(looks[:cut]), watcher(looks[cut:])
    assert merged(one, two) == merged(two, one)
    if not any(there for _, there in looks):
        assert merged(one, two) == watcher(looks)
