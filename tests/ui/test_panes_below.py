"""What the panes below the alerts say: traps, who is on call, runbooks, detail."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from cockpit.core.alerts import Link, Ref
from cockpit.core.curves import Curve
from cockpit.core.paged import Paged, PageState
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.sources import Health, SourceHealth
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.traps import Reading, TrapState
from cockpit.core.units import Seconds, bound
from cockpit.core.view import JournalHealth, View
from cockpit.ui.detail import laid_out
from cockpit.ui.fact import Fact
from cockpit.ui.facts import watched
from cockpit.ui.measured import measured
from cockpit.ui.times import moment
from support.boards import Sitting, run, sitting
from support.scene import NOW, scene, trap


def with_source(view: View, name: str, **changes: object) -> View:
    """The view with one source changed."""
    sources = tuple(msgspec.structs.replace(each, **changes) if each.source == name else each for each in view.sources)
    return msgspec.structs.replace(view, sources=sources)


def line(person: Sitting, text: str) -> str:
    """The first line of the screen with this text."""
    return person.lines[person.line_of(text)]


# ── alerts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_detail_of_an_alert_says_whom_its_source_tells_and_in_which_groups() -> None:
    async def body() -> None:
        view = scene()
        first, *others = view.alerts
        routed = msgspec.structs.replace(
            first, alert=msgspec.structs.replace(first.alert, receivers=("team", "night"), groups=("team: a=b", "night: c=d"))
        )
        async with sitting(msgspec.structs.replace(view, alerts=(routed, *others)), size=(120, 90)) as person:
            assert "team, night" in line(person, "goes to")
            assert "team: a=b" in line(person, "in group")
            assert "night: c=d" in person.text

    run(body)


def test_the_detail_tells_a_page_that_may_have_arrived_from_one_that_has_not() -> None:
    async def body() -> None:
        view = scene()
        first, *others = view.alerts
        pages = (
            Paged(NOW, "Ana", "mail", PageState.SENT),
            Paged(NOW, "Bo", "mail", PageState.FAILED, "refused"),
            Paged(NOW, "Cy", "mail", PageState.FAILED, "no answer", maybe=True),
            Paged(NOW, "Di", "mail", PageState.PLANNED),
        )
        told = msgspec.structs.replace(first, alert=msgspec.structs.replace(first.alert, pages=pages))
        async with sitting(msgspec.structs.replace(view, alerts=(told, *others)), size=(120, 90)) as person:
            for words in (
                "✓ Ana told by mail",
                "✗ Bo not told by mail: refused",
                "? Cy perhaps told by mail: no",
                "→ Di next by mail",
            ):
                assert words in person.text

    run(body)


# ── traps ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_traps_that_need_a_person_stand_first_and_are_counted() -> None:
    async def body() -> None:
        async with sitting(size=(80, 24)) as person:
            states = [each.state for each in person.board.traps.traps]
            order = [TrapState.TRIPPED, TrapState.BLIND, TrapState.WARNING, TrapState.ARMED, TrapState.DISARMED]
            assert states == sorted(states, key=order.index)
            assert "15 armed · 1 tripped · 1 blind · 2 warning · 1 disarmed" in line(person, "─ Traps ─")
            await person.press("tab", "tab", "tab")
            assert "93 %, full in 2 h 10 m" in line(person, "✗ root-disk  ")
            assert "blind 9 m" in line(person, "◌ backups  ")

    run(body)


def test_the_detail_of_a_trap_has_its_three_answers_and_where_it_is_heading() -> None:
    async def body() -> None:
        async with sitting(size=(200, 70)) as person:
            await person.press("tab", "tab", "tab")
            for part in (
                "What went wrong?", "Postgres stopped for five days", "How is it detected?", "used space on /",
                "What are the signs?", "grows by more than 1 % an hour", "used_percent >= 80", "used_percent >= 92 for 2 m",
                "93.1", "owner", "▇",
                "free-disk, show-biggest", "this cockpit",
            ):  # fmt: skip
                assert part in person.text, part

    run(body)


def test_an_answer_that_is_missing_is_shown_as_missing() -> None:
    async def body() -> None:
        async with sitting(size=(200, 70)) as person:
            await person.press("tab", "tab", "tab", "j")
            assert "nobody has answered this yet" in person.text
            assert "/backup is not mounted" in person.text

    run(body)


def test_a_resting_trap_says_by_whom_why_and_until_when() -> None:
    async def body() -> None:
        async with sitting(size=(200, 70)) as person:
            await person.press("tab", "tab", "tab", "G")
            assert "until 01:59 São Paulo (1 h 47 m), by Ana: migration" in person.text

    run(body)


def told(state: TrapState = TrapState.ARMED, says: str = "errors / total > 0.1", **changes: object) -> View:
    """The scene with one trap more, a rule that another system looks at."""
    rule = trap(
        "ErrorBudgetBurn",
        state,
        says,
        "rule",
        params={"group": "slo", "file": "/etc/rules.yml", "query": "errors / total > 0.1"},
        hold=Seconds(300),
        detect="1 h burns too fast",
        labels={"service": "shop"},
        told=True,
        **changes,
    )
    rule = msgspec.structs.replace(rule, source="prom", links=(Link("runbook", "https://wiki.example/burn"),))
    prom = SourceHealth(source="prom", provider="prometheus", health=Health.LIVE)
    return msgspec.structs.replace(scene(), traps=(rule,), sources=(*scene().sources, prom))


def test_a_rule_that_another_system_looks_at_is_told_in_its_words() -> None:
    async def body() -> None:
        async with sitting(told(), size=(200, 70)) as person:
            await person.press("tab", "tab", "tab")
            for part in ("query", "errors / total > 0.1", "group", "slo", "for", "5 m", "service", "shop", "1 h burns too fast"):
                assert part in person.text, part
            assert "https://wiki.example/burn" in person.text
            assert "nobody has answered this yet" not in person.text

    run(body)


def test_a_rule_s_link_opens_and_why_it_cannot_be_rested_is_said() -> None:
    async def body() -> None:
        async with sitting(told(), can=frozenset({("prom", "Traps")})) as person:
            await person.press("tab", "tab", "tab", "d")
            assert "prom cannot do that: prometheus has no way to rest a trap" in person.footer
            await person.press("o")
            assert "https://wiki.example/burn" in person.footer

    run(body)


def test_a_rule_is_drawn_over_time_by_who_measures_it() -> None:
    async def body() -> None:
        async with sitting(told()) as person:
            ref = Ref("prom", "ErrorBudgetBurn")
            start = NOW.timestamp() - 6 * 3600
            points = tuple((start + n * 600, n / 100) for n in range(36))
            person.desk.curves[ref] = Curve(points=points, what="burns, worst of 3", bound=bound("value > 0.3"))
            await person.press("tab", "tab", "tab")
            await person.follow()
            assert "burns, worst of 3" in person.text
            assert "╌" in person.text
            assert "> 0.3" in person.text
            asked, cells = person.desk.drawn[-1]
            assert asked == ref
            assert 20 < cells < person.board.detail.room

    run(body)


def test_an_alert_is_drawn_too_and_what_is_on_its_way_keeps_its_place() -> None:
    async def body() -> None:
        async with sitting() as person:
            row = person.board.cursor_row()
            assert row is not None
            asked = (row.alert.ref, person.board.detail.room - 12)
            await person.until(lambda: asked in person.desk.drawn, "the question for its curve")
            below = person.line_of("Labels")
            person.desk.curves[row.alert.ref] = Curve()
            await person.follow()
            assert person.line_of("Labels") == below + 5
            person.desk.curves[row.alert.ref] = Curve(points=tuple((NOW.timestamp() + n, n) for n in range(9)), what="5xx")
            await person.follow()
            assert person.line_of("Labels") == below + 5, "nothing jumps when it comes"
            assert "last 1 m: 5xx" in person.text
            person.desk.curves[row.alert.ref] = Curve(problem="prom: no whole answer within 8 s")
            await person.follow()
            assert "no picture: prom: no whole answer" in person.text

    run(body)


def test_nobody_is_asked_for_what_nobody_sees() -> None:
    async def body() -> None:
        async with sitting(size=(80, 24)) as person:
            await person.press("j", "k")
            await person.follow()
            assert person.desk.drawn == []
            await person.press("enter")
            await person.follow()
            assert person.desk.drawn

    run(body)


# ── on call ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_roster_says_who_until_when_who_next_and_the_time_for_each() -> None:
    async def body() -> None:
        async with sitting() as person:
            assert "Ana → 06:00" in person.text
            assert "00:12 for Ana" in person.text
            assert "then Bo · 04:12 for Bo" in person.text
            assert "Bo → Mon 06:00" in person.text
            assert "then Cy · 12:12 for Cy" in person.text
            assert "São Paulo time" in person.text

    run(body)


def test_a_gap_is_said_in_the_severest_role() -> None:
    async def body() -> None:
        gap = msgspec.structs.replace(scene().rosters[0], now=None)
        async with sitting(msgspec.structs.replace(scene(), rosters=(gap,))) as person:
            assert "nobody until 06:00" in person.text
            assert "on call nobody" in person.lines[0]

    run(body)


def test_the_pane_says_how_to_add_others() -> None:
    async def body() -> None:
        alone = msgspec.structs.replace(scene().rosters[0], next=None, remark="you alone: add [people] and [rosters] to the config")
        async with sitting(msgspec.structs.replace(scene(), rosters=(alone,))) as person:
            assert "you alone: add [people]" in person.text

    run(body)


def test_the_detail_of_a_roster_has_contacts_and_both_zones() -> None:
    async def body() -> None:
        async with sitting(size=(200, 60)) as person:
            await person.press("shift+tab")
            assert "+55 11 5550 1234" in person.text
            await person.press("j", "j", "j")
            await person.follow()
            assert "bo@example.com" in person.text
            assert "Mon 06:00 São Paulo · Mon 10:00 Berlin" in person.text

    run(body)


@pytest.mark.parametrize(
    ("hours", "said"), [(0, "03:12"), (5, "08:12"), (30, "Thu 09:12"), (24 * 30, "25 Dec 03:12"), (24 * 60, "24 Jan 03:12 2027")]
)
def test_a_time_has_as_much_of_its_date_as_it_needs(hours: float, said: str) -> None:
    assert moment(NOW + timedelta(hours=hours), NOW, "UTC") == said


# ── runbooks ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_runbooks_are_numbered_and_marked_where_they_change_the_world() -> None:
    async def body() -> None:
        async with sitting() as person:
            assert "1 Restart web-3" in person.text
            assert line(person, "1 Restart web-3").split("│")[1].rstrip().endswith("!")
            assert not line(person, "2 Show slow requests").split("│")[1].rstrip().endswith("!")
            await person.press("j")
            await person.follow()
            assert "1 Free space on /" in person.text
            await person.press("G")
            await person.follow()
            assert "Free space on /" not in person.text

    run(body)


def test_a_runbook_that_cannot_run_says_why() -> None:
    async def body() -> None:
        view = msgspec.structs.replace(scene(), journal=JournalHealth("disk full"))
        async with sitting(view, (200, 50)) as person:
            assert "  what changes the world is" in line(person, "1 Restart web-3")
            await person.press("1")
            assert "what changes the world is blocked" in person.footer
            assert person.desk.asked == []

    run(body)


def test_the_detail_of_a_runbook_is_exactly_what_it_would_execute() -> None:
    async def body() -> None:
        step = Step(RunStep(("echo", "{it}")))
        odd = Runbook(
            name="odd",
            title="Odd {it} {{x}}",
            match="alertname=HighErrorRate",
            steps=(step,),
            params={"it": Param(default="a b; rm -rf {it}")},
        )
        async with sitting(msgspec.structs.replace(scene(), runbooks=(odd,)), (200, 50)) as person:
            assert "1 Odd a b; rm -rf {it} {x}" in person.text  # safety 9
            await person.press("tab", "tab")
            assert "echo 'a b; rm -rf {it}'" in person.text
            assert "reads only" in person.text

    run(body)


def test_what_a_runbook_changes_is_told_of_the_thing_that_it_would_change() -> None:
    path = {"path": Param(default="/var/lib/postgresql")}
    step = Step(RunStep(("rm", "{path}/log")))
    frees = Runbook(
        name="frees",
        title="Free {path}",
        match="alertname=HighErrorRate",
        changes="deletes logs under {path}",
        steps=(step,),
        params=path,
    )

    async def body() -> None:
        async with sitting(msgspec.structs.replace(scene(), runbooks=(frees,)), (200, 50)) as person:
            await person.press("tab", "tab")
            assert "! deletes logs under /var/lib/postgresql" in person.text

    run(body)


def test_the_runbooks_that_a_trap_names_are_offered_though_it_raised_no_alert() -> None:
    async def body() -> None:
        view = msgspec.structs.replace(scene(), alerts=())
        async with sitting(view) as person:
            await person.press("tab", "tab", "tab")
            assert [each.runbook.name for each in person.board.offers] == ["free-disk", "show-biggest"]

    run(body)


# ── detail ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_detail_of_an_alert_has_all_that_is_known() -> None:
    async def body() -> None:
        async with sitting(size=(200, 70)) as person:
            for part in (
                "firing 2 m", "since 00:10 São Paulo", "5xx 12 % for 5 m", " team         web", "Load balancer still sends traffic",
                "https://grafana.example/d/web?var-host=web-3", "Bo: started with the 03:05 deploy?",
                "slow-requests by Ana: done",
                "am-prod · HighErrorRate/web-3",
            ):  # fmt: skip
                assert part in person.text, part

    run(body)


def test_the_firing_and_what_was_done_about_it_have_a_time_each() -> None:
    async def body() -> None:
        async with sitting(size=(200, 70)) as person:
            person.board.alerts.seek(Ref("am-prod", "PostgresDown/db-1"))
            await person.follow()
            assert "firing 9 m since 00:03 São Paulo · acknowledged by Ana 4 m ago" in person.text
            person.board.alerts.seek(Ref("am-prod", "NodeMaintenance/k8s-14"))
            await person.follow()
            assert "firing 2 h since 22:12" in person.text or "firing 2 h since Tue 22:12 São Paulo" in person.text
            assert "· suppressed until 02:59 São Paulo" in person.text
            assert "suppressed    silenced by Cy: new disks" in person.text
            assert " 2h left · Cy " in line(person, "k8s-14"), "the list says until when, and who"

    run(body)


def test_tab_to_runbooks_where_none_matches_keeps_the_detail_with_its_alert_and_esc_leads_back() -> None:
    async def body() -> None:
        async with sitting() as person:
            person.board.alerts.seek(Ref("icinga", "check_raid/nas-1"))
            await person.press("tab", "tab")
            assert person.board.pane == "runbooks"
            assert "None matches check_raid" in person.text
            assert "─ ■ check_raid · nas-1" in person.text
            await person.press("escape")
            assert person.board.pane == "alerts"
            assert person.board.alerts.key == Ref("icinga", "check_raid/nas-1")

    run(body)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("free_bytes", 8_123_456.0, "8.1 MB"),
        ("used_percent", 93.14159, "93.1 %"),
        ("used_percent", 4.0, "4 %"),
        ("age_seconds", 18123.4, "5 h 2 m"),
        ("seconds", 0.0123, "12.3 ms"),
        ("inodes_free", 52_000.0, "52000"),
        ("days_left", 6.21, "6.21"),
        ("used_percent", float("nan"), "nan"),
    ],
)
def test_a_reading_has_the_unit_its_name_says(name: str, value: float, said: str) -> None:
    assert measured(name, value) == said


def test_the_chart_is_of_the_reading_that_trips_the_trap() -> None:
    made = trap("x", TrapState.ARMED, "", trip=bound("free_bytes < 5GB"), warn=bound("used_percent > 80"), forecast="used_percent")
    assert watched(made) == "free_bytes"
    assert watched(trap("x", TrapState.ARMED, "", warn=bound("days_left < 14"), forecast="other")) == "days_left"
    assert watched(trap("x", TrapState.ARMED, "", forecast="other")) == "other"
    plain = trap("web", TrapState.ARMED, "")
    read = Reading({"status": 204.0, "seconds": 0.01, "bytes": 187.0}, "204 in 10 ms")
    answered = msgspec.structs.replace(plain, watch=msgspec.structs.replace(plain.watch, reading=read))
    assert watched(answered) == "seconds", "a code is no amount"
    chosen = msgspec.structs.replace(answered, trap=msgspec.structs.replace(plain.trap, trip=bound("status >= 500")))
    assert watched(chosen) == "status", "where its bound is about it, it is shown"


def test_the_detail_scrolls_and_begins_at_the_top_for_another_thing() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("enter", "G")
            assert person.board.detail.top > 0
            assert "am-prod · HighErrorRate" in person.text
            await person.press("escape", "j")
            await person.follow()
            assert person.board.detail.top == 0

    run(body)


def test_a_fact_that_is_wider_than_its_pane_is_wrapped_and_no_line_begins_or_ends_with_what_stands_between_two() -> None:
    parts = (
        "firing <1 m",
        " since 23:00 São Paulo",
        " · ",
        "suppressed until 01:00 São Paulo",
        " · ",
        "kept up by a watch elsewhere",
    )
    for width in (12, 24, 34, 60):
        lines = ["".join(text for text, _ in line) for line in laid_out(Fact(spans=tuple((each, "text") for each in parts)), width)]
        assert all(len(line) <= width for line in lines), lines
        assert not any(line.strip().startswith((":", "·")) or line.strip().endswith("·") for line in lines), lines
        words = " ".join(lines).split()
        assert [each for each in words if each != "·"] == [each for each in " ".join(parts).split() if each != "·"]
