"""A trap as a person fills it in, and the looks that fit an alert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.arming import (
    Draft,
    blank_of,
    drafts,
    look_of,
    moved_before,
    named,
    originals,
    read_look,
    standing,
    table_of,
    together,
    told_of,
    values_of,
)
from cockpit.core.causes import LONGEST_WINDOW, of_alert, of_incident, origin_of
from cockpit.core.incidents import Incident, member
from cockpit.core.lookback import WINDOW, Series, lookback
from cockpit.core.traps import Origin, Trap, guards
from cockpit.core.units import Seconds, bound

DISK = Trap(
    name="var-disk", probe="disk", params={"path": "/var"}, trip=bound("used_percent >= 92"), runbooks=("free-disk",), owner="ops"
)
CRON = Trap(name="cron", probe="process", params={"name": "cron"})


def alert(name: str = "DiskFull", trap: str = "", **labels: str) -> Alert:
    return Alert(
        ref=Ref("am", "1"),
        name=name,
        severity=Severity.CRITICAL,
        state=AlertState.FIRING,
        summary="/var is full",
        where=labels.get("instance", ""),
        labels=labels,
        trap=trap,
        started_at=datetime(2026, 11, 26, 3, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "params",
    [
        {"path": "/srv/a b"},
        {"host": "db-1", "port": 5432},
        {"unit": "x.service", "allow": 0, "user": True, "states": ["active", "reloading"]},
        {"url": "https://shop.example/?a=1&b=2"},
        {"name": "1.2.3"},
        {},
    ],
)
def test_a_look_is_read_as_it_is_written(params: dict[str, object]) -> None:
    assert read_look(look_of(Trap(name="x", probe="p", params=params))) == ("p", params)


@pytest.mark.parametrize("text", ["", "path=/", "disk /var", 'disk "path=/'])
def test_a_look_that_is_none_says_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"look|KEY=VALUE|quotation"):
        read_look(text)


def test_what_speaks_of_the_same_path_comes_first() -> None:
    first, *_ = drafts(alert(mountpoint="/var"), [CRON, DISK], [], "web-3")
    assert first.trap.params == {"path": "/var"}
    assert first.trap.name == "disk-full-early"
    assert first.because == "the look of var-disk"


@pytest.mark.parametrize(
    ("trip", "kept"),
    [
        ("used_percent >= 92", False), ("used_percent > 92", False), ("used_percent >= 97", False), ("used_percent >= 80", True),
        ("used_percent <= 5", True), ("inodes_used_percent >= 99", True), (None, False),
    ],
)  # fmt: skip
def test_what_would_not_trip_before_the_trap_that_stands_only_repeats_it(trip: str | None, kept: bool) -> None:
    trap = Trap(name="", probe="disk", params={"path": "/var"}, trip=bound(trip) if trip else None)
    found, repeated = originals([Draft(trap, "")], [CRON, DISK])
    assert (bool(found), repeated) == (kept, "" if kept else "var-disk")


def test_what_falls_is_told_earlier_by_a_higher_bound_and_another_look_repeats_nothing() -> None:
    tls = Trap(name="tls", probe="tls", params={"host": "shop"}, trip=bound("days_left < 3"))
    later, earlier = (msgspec.structs.replace(tls, name="", trip=bound(f"days_left < {days}")) for days in (2, 10))
    other = msgspec.structs.replace(later, params={"host": "mail"})
    judged = Trap(name="", probe="tls", params={"host": "shop"})
    found, repeated = originals([Draft(each, "") for each in (later, earlier, other, judged)], [tls])
    assert ([each.trap for each in found], repeated) == ([earlier, other], "tls")


def test_a_usual_bound_where_the_probe_judges_by_itself_is_not_known_to_be_earlier() -> None:
    web = Trap(name="web", probe="http", params={"url": "https://shop.example/"})
    offered = Trap(name="", probe="http", params={"url": "https://shop.example/", "redirects": 0}, trip=bound("seconds > 5"))
    assert originals([Draft(offered, "it answers")], [web]) == ([], "web")
    end = HURT.timestamp()
    slow = [(end - 5 * 86400 + n * 300, 0.2 + n % 3 / 100 + max(0, n - 1416) * 0.1) for n in range(1440)]
    (moved,) = lookback([Series("web", "seconds", slow)], HURT).moved
    assert originals([Draft(msgspec.structs.replace(offered, trip=moved.bound), "", moved)], [web])[0], "this one is"


def test_another_disk_is_no_sign_of_the_one_that_a_trap_told_of() -> None:
    other = Trap(name="boot-disk", probe="disk", params={"path": "/boot"})
    told = alert("var-disk", trap="var-disk", path="/var", probe="disk", url="http://127.0.0.1:80/")
    web = Trap(name="app-8080", probe="http", params={"url": "http://127.0.0.1:8080/"})
    assert [each.because for each in drafts(told, [DISK], [(other, "seen"), (web, "seen")], "web-3")][:1] == [
        "the look of var-disk"
    ]
    assert "seen" not in [each.because for each in drafts(told, [DISK], [(other, "seen")], "web-3")]


def test_only_a_trap_that_looks_at_the_very_thing_is_named() -> None:
    assert told_of(alert(trap="cron"), CRON), "it raised it"
    assert told_of(alert(mountpoint="/var"), DISK)
    assert not told_of(alert(trap="var-disk"), CRON)
    assert not told_of(alert(), DISK)


def test_traps_that_stand_are_named_once() -> None:
    assert standing(["", ""]) == ""
    assert standing(["web", "", "web"]).startswith("trap web looks there already;")
    assert standing(["web", "fill"]).startswith("the traps web and fill look there already;")


def test_an_empty_form_has_a_name_and_what_is_known() -> None:
    values = blank_of("disk-full-early", of_incident(incident()), ["make-room"])
    assert (values["name"], values["owner"], values["runbooks"]) == ("disk-full-early", "Bo", "make-room")
    assert values["went_wrong"] == "2026-11-26, i7: Shop is down: no orders"


def test_an_alert_of_another_machine_is_not_looked_at_on_this_one() -> None:
    found = drafts(alert(mountpoint="/var", instance="db-1:9100"), [DISK], [(DISK, "seen")], "web-3")
    assert [look_of(each.trap) for each in found] == ["tcp host=db-1 port=9100"]
    assert drafts(alert(mountpoint="/var", instance="web-3:9100"), [DISK], [], "web-3")[0].trap.probe == "disk"


def test_an_address_is_fetched() -> None:
    (found,) = drafts(alert("ShopDown", instance="https://shop.example/health"), [], [], "web-3")
    assert look_of(found.trap) == "http url=https://shop.example/health"


def test_its_name_is_free_and_its_form_holds_what_is_known() -> None:
    taken = Trap(name="disk-full-early", probe="disk", params={"path": "/"})
    (draft, *_) = drafts(alert(trap="var-disk"), [DISK, taken], [], "web-3")
    values = values_of(draft, of_alert(alert()))
    assert values["name"] == "disk-full-early-2"
    assert values["went_wrong"] == "2026-11-26: DiskFull: /var is full"
    assert table_of(values, origin_of(alert(instance="web-3"))) == {
        "probe": "disk",
        "path": "/var",
        "trip": "used_percent >= 92",
        "severity": "warning",
        "went_wrong": "2026-11-26: DiskFull: /var is full",
        "owner": "ops",
        "runbooks": ["free-disk"],
        "origin": {"alert": "DiskFull", "where": "web-3", "source": "am", "at": "2026-11-26 03:12 UTC"},
    }


def test_it_guards_the_alert_that_it_was_armed_after_and_no_other() -> None:
    trap = Trap(name="x", probe="disk", origin=origin_of(alert(instance="web-3")))
    assert guards(trap, alert(instance="web-3"))
    assert not guards(trap, alert(instance="web-4"))
    assert not guards(DISK, alert())
    assert str(trap.origin) == "DiskFull · web-3 (am), 2026-11-26 03:12 UTC"


HURT = datetime(2026, 11, 26, 3, 2, tzinfo=UTC)


def incident(**more: object) -> Incident:
    facts: dict[str, object] = {"impact_start": HURT, "impact": "no orders", "roles": {"lead": "Bo"}, "members": (member(alert()),)}
    opened = HURT + timedelta(minutes=30)
    return Incident(id="i7", title="Shop is down", opened_at=opened, opened_by="ana", **(facts | more))  # type: ignore[arg-type]


def test_an_incident_is_a_cause_from_when_users_were_hurt_and_its_trap_is_born_of_it() -> None:
    cause = of_incident(incident())
    assert (cause.name, cause.began, cause.owner) == ("i7 Shop is down", HURT, "Bo")
    assert cause.went_wrong == "2026-11-26, i7: Shop is down: no orders"
    trap = Trap(name="x", probe="disk", origin=cause.origin)
    assert str(trap.origin) == "incident i7: DiskFull (am), 2026-11-26 03:02 UTC"
    assert trap.origin is not None
    assert trap.origin.incident == "i7"
    assert guards(trap, alert()), "and it guards its alert, too"


def test_an_incident_without_alerts_is_a_cause_by_itself() -> None:
    cause = of_incident(incident(members=(), impact_start=None, impact=""))
    assert cause.began == HURT + timedelta(minutes=30)
    assert str(cause.origin) == "incident i7, 2026-11-26 03:32 UTC"
    assert not guards(Trap(name="x", probe="disk", origin=cause.origin), alert(name=""))


def test_signs_are_looked_for_before_its_first_sign_however_late_users_were_hurt() -> None:
    assert of_incident(incident()).window == WINDOW, "users were hurt first"
    late = of_incident(incident(impact_start=HURT + timedelta(hours=2)))
    assert late.window == WINDOW + 110 * 60, "its alert fired 1 h 50 m before that"
    assert of_incident(incident(impact_start=HURT + timedelta(days=9))).window == LONGEST_WINDOW


def test_what_moved_before_an_incident_comes_first_with_its_bound_its_answers_and_what_helped() -> None:
    end = HURT.timestamp()
    calm = [(end - 5 * 86400 + n * 300, 50.0 + n % 3) for n in range(1416)]
    rising = [(end - 7200 + n * 300, 60.0 + n * 1.5) for n in range(24)]
    looked = lookback([Series("var-disk", "used_percent", (*calm, *rising)), Series("gone", "n", (*calm, *rising))], HURT)
    moved = moved_before(looked, [CRON, DISK])
    assert [each.trap.name for each in moved] == ["var-disk"], "of a trap that is gone nobody knows how it looked"
    found = named(together(moved, drafts(alert(trap="var-disk"), [DISK, CRON], [], "web-3")), "Shop is down", [DISK])
    assert len(found) == 1, "the same look on the same number is proposed once"
    values = values_of(found[0], of_incident(incident()), ["make-room", "free-disk"])
    assert values["name"] == "shop-is-down-early"
    assert values["trip"].startswith("used_percent >= ")
    assert values["trip"] != "used_percent >= 92"
    assert (values["owner"], values["runbooks"]) == ("Bo", "make-room, free-disk")
    assert values["detect"] == "used_percent of disk path=/var"
    assert values["signs"].startswith("used_percent rose to 94.5 (usual: 51) from 2026-11-26 01:")
    assert table_of(values, of_incident(incident()).origin)["origin"] == {
        "alert": "DiskFull", "source": "am", "at": "2026-11-26 03:02 UTC", "incident": "i7",
    }  # fmt: skip


def test_it_looks_as_often_as_what_it_was_tested_on_and_is_followed_to_its_end() -> None:
    end = HURT.timestamp()
    points = [(end - 5 * 86400 + n * 300, 50.0 + n % 3 + max(0, n - 1416) * 1.5) for n in range(1440)]
    often = msgspec.structs.replace(DISK, every=Seconds(5.0))
    (moved,) = moved_before(lookback([Series("var-disk", "used_percent", points)], HURT), [often])
    values = values_of(moved, of_incident(incident()))
    assert (values["every"], values["forecast"]) == ("5s", "used_percent")
    table = table_of(values, None)
    assert (table["every"], table["forecast"]) == ("5s", "used_percent")
    (usual,) = moved_before(lookback([Series("var-disk", "used_percent", points)], HURT), [DISK])
    assert "every" not in table_of(values_of(usual, of_incident(incident())), None), "the default needs no words"


def test_a_trap_that_was_armed_before_there_were_incidents_is_read_as_it_is() -> None:
    assert str(Origin(alert="A", where="A", source="am")) == "A (am)"
