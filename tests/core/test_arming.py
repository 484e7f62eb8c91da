"""A trap as a person fills it in, and the looks that fit an alert."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.arming import drafts, look_of, origin_of, read_look, table_of, values_of
from cockpit.core.traps import Trap, guards
from cockpit.core.units import bound

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
    values = values_of(draft, alert())
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
