"""What somebody found who sat before the board for the first time: what it says must stay true, and whole, at any width."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from cockpit.core.actions import Action, EndSilence, Run, RunState, Unack
from cockpit.core.alerts import AlertState, Ref, Severity
from cockpit.core.sources import Health, SourceHealth
from cockpit.core.view import Row
from cockpit.ui.spans import cells, middle
from support.boards import run, sitting
from support.scene import NOW, alert, calm, scene


@pytest.mark.parametrize("width", [80, 120])
def test_a_filter_says_how_many_new_critical_alerts_it_hides(width: int) -> None:
    async def body() -> None:
        async with sitting(size=(width, 40)) as person:
            person.board.sift("@severity=warning")
            await person.sees("/ @severity=warning")
            assert "filter hides" not in person.text, "what it hid when it was chosen is no news"
            new = [Row(alert("am-prod", "Gone", f"node-{n}", Severity.CRITICAL, 5, "gone")) for n in range(300)]
            mild = [Row(alert("am-prod", "Mild", f"node-{n}", Severity.INFO, 5, "a little")) for n in range(5)]
            person.desk.change(alerts=scene().alerts.put([*new, *mild]))
            await person.sees("filter hides 300 new criticals")
            assert "/ @severity=warning" in person.lines[person.line_of("─ Alerts")]
            person.desk.change(alerts=scene().alerts.put(new[:1]))
            await person.until(lambda: "filter hides 1 new critical ·" in person.text.replace("─", "·"), "the others to be gone")
            person.board.sift("@severity=warning team!=x")
            await person.until(lambda: "filter hides" not in person.text, "another filter, which was chosen knowing that")

    run(body)


GONE = alert("am-prod", "Gone", "node-0", Severity.CRITICAL, 5, "gone")
HAD = {"state": AlertState.ACKNOWLEDGED, "acknowledged_by": scene().me[0]}
HUSHED = {"state": AlertState.SUPPRESSED, "silences": ("s1",)}


def by(who: str, action: Action, state: RunState = RunState.PENDING) -> Run:
    return Run(id="r1", at=NOW, who=who, action=action, what="x", target="Gone", state=state)


UNACK, END = Unack((GONE.ref,)), EndSilence(Ref("am-prod", "s1"))
ME = scene().me[0]


@pytest.mark.parametrize(
    ("sift", "before", "earlier", "now", "told"),
    [
        pytest.param("@mine", HAD, (), (by(ME, UNACK),), False, id="given back"),
        pytest.param("@mine", HAD, (by(ME, UNACK),), (by(ME, UNACK, RunState.CONFIRMED),), False, id="given back, as seen"),
        pytest.param("@mine", HAD, (), (), True, id="timed out"),
        pytest.param("@mine", HAD, (), (by("somebody", UNACK),), True, id="taken away by another"),
        pytest.param("@mine", HAD, (), (by(ME, UNACK, RunState.FAILED),), True, id="refused"),
        pytest.param("@mine", HAD, (), (by(ME, Unack((Ref("am-prod", "x"),))),), True, id="another was given back"),
        pytest.param("@mine", HAD, (by(ME, UNACK, RunState.CONFIRMED),), (by(ME, UNACK, RunState.CONFIRMED),), True,
                     id="given back before, had again, and timed out"),
        pytest.param("@state=acknowledged", HAD, (), (), True, id="timed out, by its state"),
        pytest.param("@severity=warning", {"severity": Severity.WARNING}, (), (), True, id="turned critical"),
        pytest.param("@severity=warning", {**HAD, "severity": Severity.WARNING}, (), (by(ME, UNACK),), True,
                     id="turned critical, and given back"),
        pytest.param("@state=suppressed", HUSHED, (), (by(ME, END),), False, id="its silence ended here"),
        pytest.param("@state=suppressed", HUSHED, (), (), True, id="its silence ran out"),
        pytest.param("@state=suppressed", {**HUSHED, "silences": ("s1", "s2")}, (), (by(ME, END),), True,
                     id="another silence ran out"),
    ],
)  # fmt: skip
def test_what_the_filter_comes_to_hide_is_new_unless_the_person_gave_it_back(
    sift: str, before: dict[str, Any], earlier: tuple[Run, ...], now: tuple[Run, ...], told: bool
) -> None:
    async def body() -> None:
        async with sitting() as person:
            shown = msgspec.structs.replace(GONE, **before)
            person.desk.change(alerts=scene().alerts.put([Row(shown)]), runs=earlier)
            person.board.sift("" if sift == "@mine" else sift, mine=sift == "@mine")
            await person.sees(f"/ {sift}")
            await person.sees("node-0")
            person.desk.change(alerts=person.desk.view.alerts.put([Row(GONE)]), runs=now)
            await person.until(lambda: person.board.view == person.desk.view, "the newer view")
            await person.follow()
            assert ("filter hides 1 new critical" in person.text) is told
            new = Row(alert("am-prod", "Gone", "node-9", Severity.CRITICAL, 1, "gone"))
            person.desk.change(alerts=person.desk.view.alerts.put([new]))
            await person.sees(f"filter hides {1 + told} new critical")

    run(body)


@pytest.mark.parametrize("width", [80, 120])
def test_a_long_filter_is_cut_in_the_title_and_never_dropped(width: int) -> None:
    async def body() -> None:
        async with sitting(size=(width, 40)) as person:
            person.board.sift("@severity>=info team!=nobody cluster!=nowhere alertname!=Nothing instance!=never")
            await person.sees("/ @severity>=info")
            assert "… ──" in person.lines[person.line_of("─ Alerts")]

    run(body)


def test_a_long_remark_keeps_how_it_ends() -> None:
    long = "am: 127.0.0.1:19293 alone hushes " + "VeryLongName" * 12 + " and 330 more: taken as firing"

    async def body() -> None:
        async with sitting(msgspec.structs.replace(scene(), remarks=(long,)), (80, 24)) as person:
            line = person.lines[person.line_of("⚑")]
            assert "am: 127.0.0.1" in line
            assert "and 330 more: taken as firing" in line

    run(body)


@pytest.mark.parametrize("width", [5, 20, 41])
def test_the_middle_is_cut_to_the_cell(width: int) -> None:
    assert cells(middle("漢字 abc " * 20 + "and 3 more", width)) <= width


@pytest.mark.parametrize("size", [(80, 24), (40, 15)])
def test_what_cannot_be_seen_does_not_run_off_the_edge(size: tuple[int, int]) -> None:
    blind = tuple(
        SourceHealth(source=f"a-source-with-a-long-name-{n}", provider="icinga", health=Health.BLIND, age=timedelta(minutes=3))
        for n in range(9)
    )

    async def body() -> None:
        async with sitting(msgspec.structs.replace(calm(), sources=blind), size) as person:
            line = person.lines[person.line_of("Nothing firing on")]
            assert len(line.rstrip()) < size[0]
            if size[0] == 80:
                assert "more)" in line or "9 unseen)" in line

    run(body)


def test_the_primary_is_said_first_and_what_is_mine_before_it_where_there_is_one_line() -> None:
    first, second = scene().rosters
    named = (
        msgspec.structs.replace(second, roster="backup", level=1),
        msgspec.structs.replace(second, roster="web", level=2),
        msgspec.structs.replace(second, roster="db-primary", level=1),
        msgspec.structs.replace(first, roster="own", level=3),
    )

    async def body() -> None:
        async with sitting(msgspec.structs.replace(scene(), rosters=named), (80, 24)) as person:
            assert [each.roster for each in person.board.oncall.rosters] == ["db-primary", "backup", "web", "own"]
            line = person.lines[person.line_of("─ On call")]
            assert line.index("own") < line.index("db-primary")

    run(body)


@pytest.mark.parametrize("width", [80, 100])
def test_who_is_on_call_is_said_while_a_source_is_incomplete(width: int) -> None:
    sources = (
        SourceHealth(source="alertmanager-prod", provider="alertmanager", health=Health.INCOMPLETE, age=timedelta(seconds=4)),
        SourceHealth(source="local", provider="local", health=Health.LIVE, age=timedelta(seconds=1)),
    )

    async def body() -> None:
        async with sitting(msgspec.structs.replace(scene(), sources=sources), (width, 24)) as person:
            assert "on call Ana" in person.lines[0]
            assert "incomplete" in person.lines[0] or "◑1" in person.lines[0]

    run(body)


def test_an_alert_that_begins_in_the_future_is_not_said_to_fire_since_then() -> None:
    ahead = alert("am-prod", "Ahead", "web-1", Severity.CRITICAL, 60, "from a clock that is wrong")
    ahead = msgspec.structs.replace(ahead, started_at=NOW + timedelta(minutes=40))

    async def body() -> None:
        async with sitting(msgspec.structs.replace(scene(), alerts=scene().alerts.put([Row(ahead)]))) as person:
            assert person.board.alerts.seek(ahead.ref)
            await person.follow()
            assert "source's clock?" in person.text
            assert "firing <1 m" not in person.text

    run(body)
