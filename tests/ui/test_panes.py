"""What each pane says: of a bad night, of a good one, and of one where an enemy writes the alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from cockpit.core.alerts import Ref
from cockpit.core.runbooks import Param, Runbook, Step
from cockpit.core.sources import Health
from cockpit.core.traps import TrapState
from cockpit.core.view import JournalHealth, View
from cockpit.ui.keys import TABLE, remapped
from cockpit.ui.places import PANES
from cockpit.ui.spark import number, sparkline
from cockpit.ui.times import moment
from support.boards import Sitting, sitting
from support.scene import NOW, calm, config, scene
from support.storms import hostile, many


def run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(body())


def with_source(view: View, name: str, **changes: object) -> View:
    """The view with one source changed."""
    sources = tuple(msgspec.structs.replace(each, **changes) if each.source == name else each for each in view.sources)
    return msgspec.structs.replace(view, sources=sources)


def line(person: Sitting, text: str) -> str:
    """The first line of the screen with this text."""
    return person.lines[person.line_of(text)]


# ── alerts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_alert_is_one_line_with_a_glyph_a_word_and_its_facts() -> None:
    async def body() -> None:
        async with sitting() as person:
            row = line(person, "LatencyP99 ")
            for part in ("■ ERR", "25m", "LatencyP99", "shop-eu", "p99 2.4 s, objective 800 ms", "am-prod"):
                assert part in row
            assert "Ana" in line(person, "PostgresDown")
            assert "12 firing · 2 acked · 1 suppressed" in line(person, "─ Alerts ─")

    run(body)


def test_all_clear_is_said_only_when_every_source_sees() -> None:
    async def body() -> None:
        async with sitting(calm()) as person:
            assert "All clear" in person.text
            assert "2 sources live, 20 traps armed" in person.text

    run(body)


@pytest.mark.parametrize("health", [Health.STARTING, Health.LATE, Health.INCOMPLETE, Health.BLIND, Health.PARKED])
def test_while_a_source_does_not_see_nothing_is_called_clear(health: Health) -> None:
    async def body() -> None:
        view = with_source(calm(), "local", health=health, age=timedelta(minutes=3))
        async with sitting(view) as person:
            assert "All clear" not in person.text
            assert f"Nothing firing on what I can see (local {health.value} 3 m)" in person.text

    run(body)


def test_a_blind_trap_is_not_called_clear_either() -> None:
    async def body() -> None:
        traps = tuple(msgspec.structs.replace(each, state=TrapState.BLIND) for each in calm().traps[:1])
        async with sitting(msgspec.structs.replace(calm(), traps=traps)) as person:
            assert "All clear" not in person.text
            assert "1 trap blind" in person.text

    run(body)


def test_without_any_source_nothing_is_called_clear() -> None:
    async def body() -> None:
        async with sitting(msgspec.structs.replace(calm(), sources=())) as person:
            assert "All clear" not in person.text

    run(body)


def test_rows_of_a_source_that_is_blind_stay_struck_and_say_how_old_they_are() -> None:
    async def body() -> None:
        async with sitting() as person:
            assert "3m old" in line(person, "check_raid")
            pane = person.board.alerts
            at = next(n for n, row in enumerate(pane.rows) if row.alert.name == "check_raid")
            struck = [segment.text for segment in pane.render_line(at + 2) if segment.style and segment.style.strike]
            assert struck == ["check_raid", "nas-1", "RAID degraded: 1 of 6 disks failed"]

    run(body)


def test_columns_stand_under_their_titles_at_any_width() -> None:
    async def body() -> None:
        async with sitting() as person:
            for width in (40, 56, 80, 96, 120, 200):
                await person.resize(width, 30)
                head, row = line(person, "Sev   Age"), line(person, "▲ CRIT   2m")
                assert row.index("HighErrorR") == head.index("Alert"), width
                assert head.index("Sev") == row.index("CRIT"), width
                assert head.index("Age") + 3 == row.index("2m") + 2, width
                if "Where" in head:
                    assert row.index("web-3") == head.index("Where")
                if "Summary" in head:
                    assert row.index("5xx") == head.index("Summary")

    run(body)


def test_an_age_that_reads_differently_is_drawn_as_time_goes_by() -> None:
    async def body() -> None:
        async with sitting() as person:
            assert " 2m " in line(person, "HighErrorRate ")
            person.clock.turn(60)
            await person.sees("  3m  HighErrorRate")

    run(body)


# ── header ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_header_says_the_time_in_every_zone_who_is_on_call_and_how_old_the_news_is() -> None:
    async def body() -> None:
        async with sitting(size=(160, 40)) as person:
            head = person.lines[0]
            for part in ("cockpit · prod", "03:12:44 UTC", "00:12 São Paulo", "on call Ana → Bo in 5 h 48 m"):
                assert part in head
            for part in ("● am-prod <15s", "● local  15s", "◌ icinga blind  3m"):
                assert part in head

    run(body)


def test_ages_in_the_header_grow_by_the_clock_that_never_steps() -> None:  # safety 20
    async def body() -> None:
        async with sitting(size=(160, 40)) as person:
            person.clock.turn(60)
            await person.sees("◌ icinga blind  4m")
            assert "● local  1m" in person.lines[0]
            assert "03:13:44 UTC" in person.lines[0]

    run(body)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_what_is_not_journalled_is_said_loudly_at_every_width(width: int) -> None:  # safety 24
    async def body() -> None:
        view = msgspec.structs.replace(scene(), journal=JournalHealth("the disk is full"))
        async with sitting(view, (width, 24)) as person:
            assert "NOT JOURNALLED" in person.lines[0]

    run(body)


def test_read_only_is_said_in_header_and_footer() -> None:
    async def body() -> None:
        async with sitting(msgspec.structs.replace(scene(), read_only=True)) as person:
            assert "READ-ONLY" in person.lines[0]
            assert "read-only on" in person.footer

    run(body)


def test_remarks_stand_under_the_header_until_they_are_put_away() -> None:
    async def body() -> None:
        view = msgspec.structs.replace(scene(), remarks=("no config yet: these traps are proposals", "another"))
        async with sitting(view) as person:
            assert "no config yet" in person.lines[1]
            assert "1 more" in person.lines[1]
            await person.press("escape")
            assert "another" in person.lines[1]
            await person.press("escape")
            assert "Alerts" in person.lines[1]
            person.desk.change(runs=())
            await person.until(lambda: not person.board.view.runs, "the new view")
            assert "no config yet" not in person.text

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
                "What went wrong?", "Postgres stopped for five days", "How is it detected?", "used space on /", "What are the signs?",
                "grows by more than 1 % an hour", "used_percent >= 80", "used_percent >= 92 for 2 m", "93.1", "owner", "▇",
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
            assert "until 01:59 (1 h 47 m), by Ana: migration" in person.text

    run(body)


# ── on call ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_roster_says_who_until_when_who_next_and_the_time_for_each() -> None:
    async def body() -> None:
        async with sitting() as person:
            assert "Ana → 06:00" in person.text
            assert "00:12 for Ana · then Bo" in person.text
            assert "Bo → Mon 06:00" in person.text
            assert "04:12 for Bo · then Cy" in person.text
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
            await person.press("j", "j")
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
        step = Step(run=("echo", "{it}"))
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
                "https://grafana.example/d/web?var-host=web-3", "Bo: started with the 03:05 deploy?", "slow-requests by Ana: confirmed",
                "am-prod · HighErrorRate/web-3",
            ):  # fmt: skip
                assert part in person.text, part

    run(body)


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


def test_a_chart_is_as_wide_as_asked_and_no_hill_of_a_plain() -> None:
    assert sparkline([(n, n) for n in range(8)], 8) == "▁▂▃▄▅▆▇█"
    assert set(sparkline([(n, 50.0 + n % 2 / 1000) for n in range(40)], 10)) == {"▁"}
    assert sparkline([(0, 1.0), (99, 2.0)], 10) == "▁        █"
    assert sparkline([(0, float("nan"))], 10) == ""
    assert len(sparkline([(n, n) for n in range(1000)], 33)) == 33


@pytest.mark.parametrize(
    ("value", "said"), [(93.14, "93.1"), (4.0, "4"), (1.5e9, "1.5 G"), (0.123456, "0.123"), (float("inf"), "inf")]
)
def test_numbers_are_as_short_as_they_can_be_said(value: float, said: str) -> None:
    assert number(value) == said


# ── the enemy, and every size ─────────────────────────────────────────────────────────────────────────────────────

SIZES = [(200, 60), (120, 40), (104, 26), (80, 60), (80, 24), (60, 16), (40, 15), (40, 10), (20, 5), (3, 2)]


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_whatever_an_enemy_says_every_line_is_printable_and_fills_its_width(
    size: tuple[int, int], raw: bool
) -> None:  # safety 1 3 4
    async def body() -> None:
        async with sitting(hostile(raw=raw), size) as person:
            for _ in PANES:
                for each in person.board.children:
                    for y in range(each.size.height):
                        made = each.render_line(y)
                        assert cell_len(made.text) == each.size.width
                        assert made.text.replace("\xa0", " ").isprintable()
                await person.press("tab")
            if size[0] >= 104:
                assert "[@click=app.bell]" in person.text

    run(body)


@pytest.mark.parametrize("size", SIZES)
def test_at_every_size_nothing_is_lost_only_folded(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(size=size) as person:
            if size[0] < 40 or size[1] < 10:
                assert "needs 40×10"[: size[0] - 1] in person.lines[0]
                return
            for word in ("Alerts", "Traps", "Run"):
                assert word in person.text, word
            seen = set()
            for _ in PANES:
                seen.add(person.board.pane)
                assert person.board.panes[person.board.pane].size.height >= 4
                await person.press("tab")
            assert seen == set(PANES)

    run(body)


def test_a_flood_says_how_much_is_out_of_sight() -> None:
    async def body() -> None:
        async with sitting(many(500)) as person:
            assert "500 firing" in person.text
            await person.press("G")
            assert "↑" in line(person, "─ Alerts ─")
            assert person.board.alerts.key == Ref("am-prod", "499")

    run(body)


# ── footer ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_footer_shows_keys_as_remapped() -> None:
    async def body() -> None:
        async with sitting(table=remapped(TABLE, {"ack": "A", "silence": ""})) as person:
            assert "A ack" in person.footer
            assert "silence" not in person.footer

    run(body)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_help_and_quit_are_in_the_footer_at_every_width(width: int) -> None:
    async def body() -> None:
        async with sitting(size=(width, 24)) as person:
            assert "? help" in person.footer
            assert "q quit" in person.footer
            assert "a ack" in person.footer

    run(body)


def test_keys_that_cannot_work_are_dimmed() -> None:
    async def body() -> None:
        async with sitting(calm(), config=config()) as person:
            dim = {
                segment.text
                for segment in person.board.footer.render_line(0)
                if segment.style == person.board.footer.look.style("key-off")
            }
            assert {"a", " ack  ", "s", "n", "d", "1-9"} <= dim
            assert "?" not in dim

    run(body)
