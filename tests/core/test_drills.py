"""What a drill is at each moment, and what it never does to what is really known of its trap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import msgspec
import pytest

from cockpit.core.alerts import Alert, AlertState, Ref, Severity, Silence
from cockpit.core.drills import LASTS, SIGNS, TAKEN, Drill, Stage, drill_of, marked_as_drill, rehearses, stage
from cockpit.core.filters import for_alert
from cockpit.core.marks import Marks, is_drill, local_alerts, rehearsed, trap_of
from cockpit.core.roster import Person
from cockpit.core.trap_steps import step
from cockpit.core.traps import Looked, Reading, Trap, TrapState, Watch, as_laid, drilled, view_of
from cockpit.core.units import Seconds, bound

NOW = datetime(2026, 11, 1, 3, 12, tzinfo=UTC)
DISK = Trap(name="disk", probe="disk", trip=bound("used_percent >= 90"), every=Seconds(1e6))
NOTHING = Marks({}, (), {})


def looked(watch: Watch, at: datetime, used: float) -> Watch:
    return step(DISK, watch, Looked(at, Reading({"used_percent": used}, f"{used:g} % used")))


def drilling(at: datetime = NOW) -> Watch:
    return msgspec.structs.replace(looked(Watch(), at, 40), drill=drill_of("ana", at, quiet=False), drills=1)


def ids(watch: Watch, at: datetime) -> list[str]:
    return [each.alert.ref.id for each in local_alerts("local", "web-1", (DISK,), {"disk": watch}, NOTHING, at)]


def test_it_shows_signs_then_trips_and_ends_by_itself() -> None:
    drill = drill_of("ana", NOW, quiet=False)
    moments = [NOW, NOW + SIGNS, NOW + SIGNS + LASTS - timedelta(seconds=1), NOW + SIGNS + LASTS]
    assert [stage(drill, None, at) for at in moments] == [Stage.SIGNS, Stage.TRIPPED, Stage.TRIPPED, Stage.NONE]


def test_a_clock_that_was_put_back_leaves_no_drill_running_and_a_real_trip_none_at_all() -> None:
    drill = drill_of("ana", NOW, quiet=False)
    assert stage(drill, None, NOW - timedelta(hours=1)) is Stage.NONE
    assert stage(drill, NOW, NOW + SIGNS) is Stage.NONE


def test_the_alert_is_marked_and_the_trap_says_what_it_really_is() -> None:
    watch, at = drilling(), NOW + SIGNS
    (alert, number) = local_alerts("local", "web-1", (DISK,), {"disk": watch}, NOTHING, at)[0]
    assert (alert.ref.id, alert.name, alert.labels["drill"]) == ("disk:drill", "DRILL disk", "true")
    assert alert.summary.startswith("nothing is wrong: ana rehearses")
    assert number == int(NOW.timestamp())
    ((named, _),) = local_alerts("local", "web-1", (DISK,), {"disk": watch}, NOTHING, at, people=(Person(id="ana", name="Ana Sá"),))
    assert named.summary.startswith("nothing is wrong: Ana Sá rehearses"), "people are called by their names"
    view = view_of("local", DISK, watch, at)
    assert (view.state, view.drill, view.says) == (TrapState.ARMED, Stage.TRIPPED, "DRILL, tripped · 40 % used")


def test_one_that_was_acknowledged_says_that_it_is_over_while_channels_still_hear_of_it() -> None:
    watch, at = drilling(), NOW + SIGNS
    assert watch.drill is not None
    taken = msgspec.structs.replace(watch, drill=msgspec.structs.replace(watch.drill, until=at + TAKEN, taken=True))
    view = view_of("local", DISK, taken, at)
    assert (view.drill, view.says) == (Stage.TAKEN, "DRILL, acknowledged: it is over · 40 % used")
    (alert, _) = local_alerts("local", "web-1", (DISK,), {"disk": taken}, NOTHING, at)[0]
    assert alert.summary == "nothing is wrong: the drill of ana was acknowledged, and is over"
    assert ids(taken, at + TAKEN) == []


def test_it_is_routed_as_the_real_one_would_be() -> None:
    real = looked(Watch(), NOW, 95)
    told = local_alerts("local", "web-1", (DISK,), {"disk": real}, NOTHING, NOW)[0].alert
    drill = local_alerts("local", "web-1", (DISK,), {"disk": drilling()}, NOTHING, NOW + SIGNS)[0].alert
    stands_for = rehearsed(drill)
    assert (stands_for.ref, stands_for.name, stands_for.labels) == (told.ref, told.name, told.labels)
    assert rehearsed(told) is told


def test_a_real_trip_is_the_only_alert_and_the_drill_does_not_come_back() -> None:
    watch = drilling()
    assert ids(watch, NOW + SIGNS) == ["disk:drill"]
    watch = looked(watch, NOW + SIGNS, 95)
    assert ids(watch, NOW + SIGNS) == ["disk"]
    watch = looked(watch, NOW + 2 * SIGNS, 40)
    assert ids(watch, NOW + 2 * SIGNS) == []
    assert watch.proven_at == NOW + SIGNS


def test_what_is_written_of_a_drill_does_not_outweigh_a_real_trip_nor_an_older_proof_a_newer() -> None:
    tripped = looked(Watch(), NOW, 95)
    written = msgspec.structs.replace(drilling(), proven_at=NOW - timedelta(days=1))
    assert drilled(tripped, written) == {"drill": None, "drills": 1, "proven_at": NOW}


def test_a_trap_that_is_laid_anew_is_not_proven() -> None:
    proven = msgspec.structs.replace(drilling(), proven_at=NOW)
    assert not view_of("local", DISK, proven, NOW).unproven
    tighter = msgspec.structs.replace(DISK, trip=bound("used_percent >= 80"))
    assert view_of("local", tighter, proven, NOW).unproven
    assert as_laid(tighter, proven).drills == 1
    fresh = step(tighter, Watch(), Looked(NOW, Reading({"used_percent": 40.0}, "")))
    assert drilled(fresh, proven)["proven_at"] is None, "what was written of the trap as it was is no proof either"


@pytest.mark.parametrize(("every", "days", "unproven"), [(90, 89, False), (90, 91, True), (0, 900, False), (7, 8, True)])
def test_a_proof_is_good_for_so_long(every: int, days: int, unproven: bool) -> None:
    trap = msgspec.structs.replace(DISK, drill_every=Seconds(every * 86400.0))
    watch = msgspec.structs.replace(looked(Watch(), NOW, 40), proven_at=NOW)
    assert view_of("local", trap, watch, NOW + timedelta(days=days)).unproven is unproven


def test_what_another_system_looks_at_is_not_ours_to_drill() -> None:
    assert not view_of("prom", DISK, Watch(told=True), NOW).unproven


def test_a_drill_whose_times_have_no_zone_cannot_be() -> None:
    with pytest.raises(ValueError, match="not in UTC"):
        Drill(began_at=NOW.replace(tzinfo=None), who="ana", trips_at=NOW, until=NOW)


def test_names() -> None:
    assert trap_of("disk:drill") == "disk"
    assert is_drill("disk:drill")
    assert not is_drill("disk")
    assert not is_drill("channel:x:drill")


def test_a_silence_of_a_drill_hushes_the_drill_and_never_the_real_trip() -> None:
    drill = local_alerts("local", "web-1", (DISK,), {"disk": drilling()}, NOTHING, NOW + SIGNS)[0].alert
    later = NOW + timedelta(hours=1)
    silence = Silence(ref=Ref("local", "1"), match=for_alert(drill), starts_at=NOW, ends_at=later, who="ana", comment="")
    hushed = Marks({}, (silence,), {})
    found = [
        local_alerts("local", "web-1", (DISK,), {"disk": watch}, hushed, NOW + SIGNS)[0].alert
        for watch in (drilling(), looked(Watch(), NOW, 95))
    ]
    assert [(each.ref.id, each.state) for each in found] == [
        ("disk:drill", AlertState.SUPPRESSED), ("disk", AlertState.FIRING),
    ]  # fmt: skip


def told(annotations: Mapping[str, str] = MappingProxyType({}), name: str = "disk", summary: str = "", **labels: str) -> Alert:
    """An alert that another source tells."""
    return Alert(
        ref=Ref("am", "1"), name=name, severity=Severity.ERROR, state=AlertState.FIRING,
        labels=labels, annotations=annotations, summary=summary,
    )  # fmt: skip


PAGE = "web-1/disk:drill/1790000000"


@pytest.mark.parametrize(
    ("alert", "is_one"),
    [
        (told({"cockpit_page": PAGE}, alertname="disk", trap="disk", drill="true"), True),
        (told({"cockpit_page": PAGE}, service="shop", drill="true"), True),
        (told({"cockpit_page": PAGE}, service="shop"), False),
        (told({"cockpit_page": "web-1/page/20261101-031200-1:drill/1"}, alertname="disk", drill="true"), True),
        (told({"cockpit_page": "web-1/page/20261101-031200-1"}, alertname="disk", trap="disk", drill="true"), False),
        (told({"cockpit_page": "web-1/channel:mail:drill/1790000000"}, alertname="ChannelFails", drill="true"), False),
        (told(alertname="disk", trap="disk", drill="true"), False),
        (told(alertname="disk", trap="disk", drill="quiet"), False),
        (told({"went_wrong": "it filled"}, alertname="disk", trap="disk", drill="true", stage="trip"), False),
        (told({"cockpit_page": "web-1/disk/1790000000"}, alertname="disk", trap="disk", drill="true"), False),
        (told(alertname="DrillBitWorn", drill="true", rig="north-4"), False),
        (told(alertname="disk", trap="disk", drill="rig-4"), False),
        (told(alertname="disk", trap="disk"), False),
        (told(service="shop", key=PAGE), False),
        (told(alertname="disk", cockpit_page=PAGE, drill="true"), False),
        (told(service="shop", key="web-1/disk/1790000000"), False),
        (told(service="shop", key="disk:drill"), False),
    ],
    ids=str,
)
def test_what_another_source_tells_of_a_drill_is_one_and_what_only_looks_like_it_is_not(alert: Alert, is_one: bool) -> None:
    assert rehearses(alert) is is_one
    marked = marked_as_drill(alert)
    assert ("DRILL" in f"{marked.name} {marked.summary}") is is_one
    assert marked_as_drill(marked) is marked, "once is enough"
    assert marked.labels == alert.labels, "by what its rules call it, it is still found"


def test_an_alert_of_this_machine_is_a_drill_by_its_id_alone() -> None:
    watch, at = drilling(), NOW + SIGNS
    (alert, _) = local_alerts("local", "web-1", (DISK,), {"disk": watch}, NOTHING, at)[0]
    assert rehearses(alert)
    assert marked_as_drill(alert) is alert, "it says so itself"
    labelled = msgspec.structs.replace(DISK, labels={"drill": "true"})
    ((real, _),) = local_alerts("local", "web-1", (labelled,), {"disk": looked(Watch(), NOW, 97)}, NOTHING, NOW)
    assert not rehearses(real)
    other = msgspec.structs.replace(told(alertname="db:drill"), ref=Ref("prom", "db:drill"), trap="db:drill")
    assert not rehearses(other)
    assert not rehearses(msgspec.structs.replace(other, labels={"drill": "true"}))
