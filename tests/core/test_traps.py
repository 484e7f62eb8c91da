"""How a trap changes state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cockpit.core.forecast import Outlook
from cockpit.core.trap_steps import step
from cockpit.core.traps import Armed, Failed, Looked, Reading, Rested, Trap, TrapState, Watch, rest_problem, seen, subject, view_of
from cockpit.core.units import Seconds, bound

T0 = datetime(2026, 11, 23, 3, 12, 44, tzinfo=UTC)
DISK = Trap(
    name="root-disk",
    probe="disk",
    params={"path": "/"},
    warn=bound("used_percent >= 80"),
    trip=bound("used_percent >= 92"),
    hold=Seconds(120),
    every=Seconds(30),
    forecast="used_percent",
    warn_within=Seconds(4 * 3600),
)


NEVER_LOOKED = Watch()


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def looked(seconds: float, used: float) -> Looked:
    return Looked(at(seconds), Reading({"used_percent": used}, f"{used:g} % used"))


def after(*events: Looked | Failed | Rested | Armed, trap: Trap = DISK, watch: Watch = NEVER_LOOKED) -> Watch:
    for event in events:
        watch = step(trap, watch, event)
    return watch


def test_a_trap_never_looked_at_is_blind_not_armed() -> None:
    assert view_of("local", DISK, Watch(), T0).state is TrapState.BLIND


def test_a_content_reading_arms_it_and_a_high_one_warns() -> None:
    assert after(looked(0, 50)).state is TrapState.ARMED
    assert after(looked(0, 85)).state is TrapState.WARNING


def test_it_trips_only_when_the_bound_has_held_for_its_time() -> None:
    pending = after(looked(0, 95), looked(30, 95))
    assert pending.state is TrapState.WARNING
    assert pending.tripped_at is None
    assert "trips in 1 m 30 s" in pending.reason
    tripped = after(looked(60, 95), looked(120, 96), watch=pending)
    assert tripped.state is TrapState.TRIPPED
    assert tripped.tripped_at == at(120)
    assert tripped.firing == 1


def test_one_good_reading_starts_the_time_anew() -> None:
    watch = after(looked(0, 95), looked(60, 91), looked(90, 95), looked(130, 95))
    assert watch.state is TrapState.WARNING


def test_it_is_armed_again_when_things_are_well_and_the_next_trip_is_another_firing() -> None:
    first = after(looked(0, 95), looked(120, 95))
    well = after(looked(150, 40), watch=first)
    assert (well.state, well.tripped_at, well.over_since) == (TrapState.ARMED, None, None)
    again = after(looked(180, 95), looked(300, 95), watch=well)
    assert again.firing == 2


def test_losing_sight_of_a_fire_does_not_put_it_out() -> None:
    blind = after(looked(0, 95), looked(120, 95), Failed(at(150), "did not answer"))
    assert blind.state is TrapState.BLIND
    assert blind.tripped_at == at(120)
    assert after(looked(180, 95), watch=blind).firing == 1, "the same fire, not a new one"


def test_a_failed_look_is_blind_at_once_and_keeps_the_time_it_began() -> None:
    watch = after(looked(0, 50), Failed(at(30), "a"), Failed(at(60), "b"))
    assert watch.state is TrapState.BLIND
    assert watch.blind_since == at(30)
    assert watch.reason == "b"


def test_a_reading_without_the_number_the_bound_is_about_is_blind() -> None:
    watch = after(Looked(T0, Reading({"free": 1.0}, "odd")))
    assert watch.state is TrapState.BLIND
    assert "used_percent" in watch.reason


def test_a_number_that_may_be_missing_meets_no_bound() -> None:
    watch = after(Looked(T0, Reading({}, "nothing there", lacks=("used_percent",))))
    assert (watch.state, watch.over_since) == (TrapState.ARMED, None)


@pytest.mark.parametrize("verdict", [TrapState.WARNING, TrapState.TRIPPED])
def test_a_probe_that_judges_for_itself_is_believed(verdict: TrapState) -> None:
    trap = Trap(name="ping", probe="command")
    assert after(Looked(T0, Reading({}, "CRITICAL", verdict)), trap=trap).state is verdict


def test_a_probe_that_says_it_cannot_see_is_blind() -> None:
    trap = Trap(name="ping", probe="command")
    assert after(Looked(T0, Reading({}, "UNKNOWN", TrapState.BLIND)), trap=trap).state is TrapState.BLIND


def test_it_warns_on_lead_time_alone() -> None:
    watch = step(DISK, Watch(), looked(0, 50), Outlook(trips_in=3 * 3600.0))
    assert watch.state is TrapState.WARNING
    assert "3 h" in watch.reason
    assert step(DISK, Watch(), looked(0, 50), Outlook(trips_in=5 * 3600.0)).state is TrapState.ARMED


def test_not_being_looked_at_blinds_it_within_two_intervals() -> None:
    watch = after(looked(0, 50))
    assert seen(DISK, watch, at(60)).state is TrapState.ARMED
    overdue = seen(DISK, watch, at(61))
    assert overdue.state is TrapState.BLIND
    assert "not looked at for" in overdue.reason


def test_a_look_that_fell_due_since_it_was_asked_for_is_not_missed() -> None:
    often = msgspec.structs.replace(DISK, every=Seconds(3.0))
    watch = after(looked(0, 50), trap=often)
    assert seen(often, watch, at(9), asked=at(4)).state is TrapState.ARMED
    assert seen(often, watch, at(9), asked=at(7)).state is TrapState.BLIND
    assert seen(often, watch, at(17), asked=at(4)).state is TrapState.BLIND, "nobody asks any more"


def test_what_another_system_looks_at_is_not_blinded_by_the_time_that_passes_here() -> None:
    told = msgspec.structs.replace(after(looked(0, 50)), told=True, trips_in=90.0)
    assert seen(DISK, told, at(3600)).state is TrapState.ARMED
    assert seen(DISK, told, at(-3600)).state is TrapState.ARMED, "its clock is not ours"
    assert seen(DISK, told, at(60)).trips_in == 30, "what it promised still comes nearer"


def test_a_clock_that_stepped_back_an_hour_does_not_keep_it_armed() -> None:
    # safety 20
    assert seen(DISK, after(looked(3600, 50)), at(0)).state is TrapState.BLIND


def test_a_clock_that_steps_back_a_minute_and_more_is_noticed_however_seldom_it_looks() -> None:
    # safety 20
    daily = msgspec.structs.replace(DISK, every=Seconds(86400))
    assert seen(daily, after(looked(3600, 50), trap=daily), at(3500)).state is TrapState.BLIND
    assert seen(daily, after(looked(3600, 50), trap=daily), at(3590)).state is TrapState.ARMED


def test_a_clock_that_steps_back_an_hour_postpones_no_trip() -> None:
    # safety 20
    watch = after(looked(3600, 95), looked(0, 95))
    assert watch.state is TrapState.TRIPPED
    assert after(looked(3600, 95), looked(3590, 95)).state is TrapState.WARNING, "ten seconds are no step"


def test_no_text_shows_a_negative_age() -> None:
    watch = after(Failed(at(3600), "hangs"))
    assert view_of("local", DISK, watch, at(0)).says == "blind: hangs"


def test_what_a_probe_remembers_outlives_a_look_that_failed_but_not_another_config() -> None:
    trap = Trap(name="errors", probe="log", params={"path": "/a"})
    watch = after(Looked(T0, Reading({}, "", memory={"at": 7.0})), Failed(at(30), "gone"), trap=trap)
    assert watch.memory == {"at": 7.0}
    assert watch.reading is not None
    assert watch.reading.memory == {}, "it is kept once"
    moved = msgspec.structs.replace(trap, params={"path": "/b"})
    assert after(Failed(at(60), "gone"), trap=moved, watch=watch).memory == {}


def test_a_rest_hides_the_state_and_ends_by_itself() -> None:
    resting = after(looked(0, 95), looked(120, 95), Rested(at(121), "ana", "disk is being replaced", at(7321)))
    view = view_of("local", DISK, msgspec.structs.replace(resting, checked_at=at(121)), at(121))
    assert view.state is TrapState.DISARMED
    assert "ana" in view.says
    assert "2 h" in view.says
    later = view_of("local", DISK, msgspec.structs.replace(resting, checked_at=at(7320)), at(7321))
    assert later.state is TrapState.TRIPPED
    assert after(Armed(at(200), "bo"), watch=resting).rest_until is None


def test_the_forecast_counts_down_and_says_when_it_is_full() -> None:
    watch = step(DISK, Watch(), looked(0, 85), Outlook(trips_in=5000.0, full_in=7860.0))
    assert view_of("local", DISK, watch, at(60)).says == "85 % used · full in 2 h 10 m"
    assert seen(DISK, watch, at(60)).trips_in == 4940.0


def test_the_forecast_stands_where_a_narrow_pane_does_not_cut_it_off() -> None:
    event = Looked(at(0), Reading({"used_percent": 85.0}, "85 % used, 1.2 GB free of 8 GB"))
    watch = step(DISK, Watch(), event, Outlook(full_in=600.0))
    assert view_of("local", DISK, watch, at(0)).says == "85 % used · full in 10 m · 1.2 GB free of 8 GB"


def test_of_what_is_full_no_forecast_is_said() -> None:
    assert (
        view_of("local", DISK, step(DISK, Watch(), looked(0, 100), Outlook(trips_in=0.0, full_in=0.0)), at(0)).says == "100 % used"
    )


def test_a_rest_needs_a_reason_and_an_end_that_is_not_too_far() -> None:
    assert rest_problem(T0, at(60), " ") is not None
    assert rest_problem(T0, at(-1), "why") is not None
    assert rest_problem(T0, at(31 * 86400), "why") is not None
    assert rest_problem(T0, at(7200), "why") is None


@pytest.mark.parametrize(
    ("params", "where"),
    [({"path": "/var"}, "/var"), ({"host": "db", "port": 5432}, "db:5432"), ({"url": "https://x"}, "https://x"), ({}, "web-3")],
)
def test_where_is_what_it_looks_at(params: dict[str, object], where: str) -> None:
    assert subject(Trap(name="t", probe="p", params=params), "web-3") == where


def test_what_is_known_survives_the_journal() -> None:
    watch = after(looked(0, 95), looked(120, 95), Failed(at(150), "gone"), Rested(at(151), "ana", "why", at(900)))
    assert msgspec.json.decode(msgspec.json.encode(watch), type=Watch) == watch


def test_what_was_seen_of_one_port_says_nothing_of_another() -> None:
    port = Trap(name="web", probe="tcp", params={"port": 80})
    watch = after(Looked(T0, Reading({}, "refused", TrapState.TRIPPED)), Rested(T0, "ana", "why", at(900)), trap=port)
    moved = msgspec.structs.replace(port, params={"port": 81})
    anew = seen(moved, watch, T0)
    assert (anew.state, anew.tripped_at, anew.rest_by) == (TrapState.BLIND, None, "ana")
    again = step(moved, watch, Looked(T0, Reading({}, "refused", TrapState.TRIPPED)))
    assert again.firing == 2, "an acknowledgement of the old one does not cover the new one"
    runbooks = msgspec.structs.replace(port, runbooks=("restart",), owner="bo")
    assert seen(runbooks, watch, T0).tripped_at is not None, "what it does not judge by changes nothing"
