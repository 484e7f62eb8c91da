"""The board: keys do what they say to what the cursor is on, views arrive from another thread, and no size loses anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.actions import Ack, Start, Unack
from cockpit.core.alerts import AlertState, Ref, Severity
from cockpit.core.text import clean
from cockpit.core.view import Row, View
from cockpit.ui.bell import Bell
from cockpit.ui.board import SAID_FOR
from cockpit.ui.confirm import Confirm
from cockpit.ui.filterline import FilterLine
from cockpit.ui.keys import TABLE, remapped
from cockpit.ui.places import PANES, SMALLEST, places
from support.boards import Sitting, sitting
from support.scene import alert, calm, config, scene
from support.storms import hostile, many

WEB, DISK = Ref("am-prod", "HighErrorRate/web-3"), Ref("local", "root-disk")


def run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(body())


def with_first(view: View, row: Row) -> View:
    """The view with one alert more, at the head."""
    return msgspec.structs.replace(view, alerts=(row, *view.alerts))


NEW = Row(alert("am-prod", "NewAndWorst", "web-1", Severity.CRITICAL, 3, "just now"))


# ── facts from the engine's thread ────────────────────────────────────────────────────────────────────────────────


def test_a_new_view_from_another_thread_is_drawn_and_the_cursor_stays_on_its_alert() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("j")
            assert person.board.alerts.key == DISK
            person.desk.show(with_first(scene(), NEW))
            await person.sees("NewAndWorst")
            assert person.board.alerts.key == DISK
            assert "▌" in person.lines[person.line_of("93 % used")]

    run(body)


def test_a_storm_of_views_is_conflated_and_the_newest_is_shown() -> None:
    async def body() -> None:
        async with sitting() as person:
            pulls = 0
            pull = person.board.pull

            def counted() -> None:
                nonlocal pulls
                pulls += 1
                pull()

            person.board.pull = counted  # type: ignore[method-assign]  # counted, nothing else
            for n in range(200):
                person.desk.show(with_first(scene(), msgspec.structs.replace(NEW, pending=f"try {n:03}")))
            await person.sees("try 199")
            assert pulls < 50

    run(body)


def test_an_engine_that_says_the_same_again_draws_nothing() -> None:
    async def body() -> None:
        async with sitting() as person:
            drawn = []
            for each in person.board.children:
                refresh = each.refresh
                each.refresh = lambda *regions, refresh=refresh, **rest: (drawn.append(regions), refresh(*regions, **rest))[1]  # type: ignore[method-assign]
            person.desk.show(msgspec.structs.replace(scene()))
            await person.press("f9")  # means nothing; the pull is done when it returns
            assert drawn == []

    run(body)


def test_when_the_app_ends_the_engine_is_not_listened_to_any_more() -> None:
    async def body() -> None:
        async with sitting() as person:
            assert person.desk.listeners == 1
            desk = person.desk
        assert desk.listeners == 0
        desk.show(calm())

    run(body)


def test_marks_of_alerts_that_are_gone_are_gone() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("space", "space")
            assert "2 marked" in person.footer
            person.desk.change(alerts=scene().alerts[1:])
            await person.until(lambda: person.board.alerts.marks == {DISK}, "the first mark to go")

    run(body)


# ── acting ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_acknowledges_what_the_cursor_is_on_at_once_and_u_takes_it_back() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("j", "a")
            assert person.desk.asked == [Ack((DISK,))]
            assert "asked to acknowledge" in person.footer
            await person.press("j", "u")
            assert person.desk.asked[1:] == [Unack((Ref("am-prod", "PostgresDown/db-1"),))]

    run(body)


def test_actions_are_for_the_marked_rows_and_marks_are_used_up() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("space", "space", "j", "a")
            assert person.desk.asked == [Ack((WEB, DISK))]
            assert person.board.alerts.marks == set()

    run(body)


def test_in_the_traps_pane_a_acknowledges_the_alert_that_the_trap_raised() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("tab", "tab", "tab", "a")
            assert person.desk.asked == [Ack((DISK,))]

    run(body)


@pytest.mark.parametrize("pane", range(len(PANES)))
def test_a_digit_runs_the_runbook_with_that_number_in_every_pane(pane: int) -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("j", *["tab"] * pane)
            await person.press("2")  # reads only: it runs without asking
            (action,) = person.desk.asked
            assert isinstance(action, Start)
            assert (action.runbook, action.alert) == ("show-biggest", DISK)

    run(body)


def test_a_digit_pressed_right_after_moving_is_for_what_the_cursor_is_on_now() -> None:  # safety 10
    async def body() -> None:
        async with sitting() as person:
            person.board.pressed("j")
            person.board.pressed("2")  # before the other panes have followed the cursor
            await person.until(lambda: person.desk.asked, "the run")
            (action,) = person.desk.asked
            assert isinstance(action, Start)
            assert action.alert == DISK

    run(body)


def test_a_digit_without_a_runbook_says_so() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("9")
            assert "there is no runbook 9" in person.footer
            assert person.desk.asked == []

    run(body)


@pytest.mark.parametrize("key", ["a", "u", "s", "n", "d", "1", "x"])
def test_read_only_lets_no_key_write(key: str) -> None:  # safety 12
    async def body() -> None:
        async with sitting(msgspec.structs.replace(scene(), read_only=True)) as person:
            await person.press("j", key)
            assert person.app.screen is person.board
            assert person.desk.asked == []
            assert "read-only is on" in person.footer

    run(body)


def test_ctrl_o_switches_read_only_unless_the_config_locks_it() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("ctrl+o")
            await person.sees("READ-ONLY")
            await person.press("ctrl+o")
            await person.until(lambda: "READ-ONLY" not in person.text, "read-only to end")
        async with sitting(msgspec.structs.replace(scene(), read_only=True), locked="read_only = true in the config") as person:
            await person.press("ctrl+o")
            assert "read_only = true in the config" in person.footer
            assert person.desk.view.read_only

    run(body)


def test_a_key_that_cannot_work_gives_its_reason() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("j", "j", "a")
            assert "PostgresDown is acknowledged by Ana already" in person.footer
            await person.press("o")
            assert "the alert has no link" in person.footer
            assert person.desk.asked == []

    run(body)


def test_an_answer_in_the_footer_fades() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("o", "escape", "j", "o")
            assert "a ack" not in person.footer
            for _ in range(int(SAID_FOR * 4)):
                await person.pilot.pause(0.5)
                if "a ack" in person.footer:
                    return
            raise AssertionError("it never faded")

    run(body)


def test_keys_typed_for_a_box_that_is_opening_never_reach_the_board() -> None:  # safety 10
    async def body() -> None:
        async with sitting() as person:
            for key in ("question_mark", "a", "1", "q"):
                person.app.simulate_key(key)
            await person.until(lambda: person.app.screen is not person.board, "help")
            await person.press("f9")
            assert person.desk.asked == []
            assert person.app.is_running

    run(body)


def test_q_leaves_with_status_0() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("q")
            assert person.app.return_code == 0
            assert not person.app.is_running

    run(body)


def test_q_asks_while_a_run_is_going_on() -> None:
    async def body() -> None:
        going = msgspec.structs.replace(scene().runs[0], state=type(scene().runs[0].state).RUNNING)
        async with sitting(msgspec.structs.replace(scene(), runs=(going,))) as person:
            await person.press("q")
            assert isinstance(person.app.screen, Confirm)
            assert "slow-requests is going on" in person.text
            await person.press("escape")
            assert person.app.screen is person.board

    run(body)


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+q"])
def test_a_habit_throws_nobody_out(key: str) -> None:
    async def body() -> None:
        async with sitting(table=remapped(TABLE, {"quit": "f10"})) as person:
            await person.press(key, "q")
            assert person.app.is_running
            await person.press("ctrl+c")
            assert "f10 quits" in person.footer

    run(body)


def test_y_copies_the_facts_and_o_a_link_where_there_is_no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")

    async def body() -> None:
        row = scene().alerts[0]
        one = msgspec.structs.replace(row, alert=msgspec.structs.replace(row.alert, links=row.alert.links[:1]))
        async with sitting(msgspec.structs.replace(scene(), alerts=(one,))) as person:
            await person.press("y")
            assert "critical HighErrorRate web-3 firing since 2026-11-25T03:10:34Z" in person.app.clipboard
            assert "team=web" in person.app.clipboard
            await person.press("o")
            assert person.app.clipboard == "https://grafana.example/d/web?var-host=web-3"

    run(body)


# ── filter ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_filter_is_in_force_while_one_types_and_the_last_good_one_stays() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("slash")
            await person.type("team=db")
            await person.sees("team=db ─")
            assert {row.alert.name for row in person.board.alerts.rows} == {"PostgresDown", "ReplicaLag"}
            await person.type(" a=~")
            assert person.board.filter.text.strip() == "team=db"
            assert "^" in person.text
            await person.press("escape")
            assert len(person.board.alerts.rows) == 15

    run(body)


def test_keys_typed_before_the_filter_line_is_there_are_typed_into_it() -> None:
    async def body() -> None:
        async with sitting() as person:
            for key in ("slash", "a", "s", "1", "q"):
                person.app.simulate_key(key)
            await person.until(lambda: person.board.query(FilterLine) and person.board.filter.text == "as1q", "the text")
            assert person.desk.asked == []
            assert person.app.screen is person.board

    run(body)


def test_esc_clears_marks_then_the_filter_and_the_cursor_is_back_on_its_alert() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("j")
            await person.press("slash")
            await person.type("disk")
            await person.press("enter", "space")
            assert person.board.focused is None
            assert "/ disk" in person.text
            await person.press("escape")
            assert person.board.alerts.marks == set()
            assert "/ disk" in person.text
            await person.press("escape")
            assert "/ disk" not in person.text
            assert person.board.alerts.key == DISK

    run(body)


def test_while_a_filter_comes_to_nothing_the_cursor_remembers_its_alert() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("j", "slash")
            await person.type("xyzzy")
            await person.sees("No alert matches the filter; 15 are hidden")
            await person.press("escape")
            assert person.board.alerts.key == DISK

    run(body)


def test_m_shows_mine_then_all_again() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("m")
            assert [row.alert.name for row in person.board.alerts.rows] == ["PostgresDown"]
            await person.press("m")
            assert len(person.board.alerts.rows) == 15

    run(body)


def test_a_filter_by_age_goes_with_the_time() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("slash")
            await person.type("web-3 @age>3m")
            await person.press("enter")
            assert person.board.alerts.count() == 0
            person.clock.turn(120)
            await person.sees("HighErrorRate ")

    run(body)


# ── panes and sizes ───────────────────────────────────────────────────────────────────────────────────────────────


def test_enter_opens_the_detail_and_esc_goes_back_where_it_came_from() -> None:
    async def body() -> None:
        async with sitting(size=(80, 24)) as person:
            await person.press("j", "enter")
            assert "What went wrong?" in person.text
            await person.press("escape")
            assert person.board.pane == "alerts"
            assert person.board.alerts.key == DISK

    run(body)


def test_resizing_never_loses_cursor_marks_or_filter() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("slash")
            await person.type("am-prod")
            await person.press("enter", "j", "space", "j")
            board = person.board
            before = (board.alerts.key, set(board.alerts.marks), board.filter_text, board.pane)
            for size in ((80, 24), (20, 5), (40, 10), (1, 1), (200, 60), (120, 40)):
                await person.resize(*size)
                assert (board.alerts.key, set(board.alerts.marks), board.filter_text, board.pane) == before
            assert "1 marked" in person.footer

    run(body)


@given(
    width=st.integers(SMALLEST.width, 300), height=st.integers(SMALLEST.height, 120), pane=st.sampled_from(PANES),
    banner=st.integers(0, 1), line=st.integers(0, 2),
)  # fmt: skip
def test_every_cell_belongs_to_exactly_one_widget_at_every_size(width: int, height: int, pane: str, banner: int, line: int) -> None:
    where = places(width, height, pane, banner=banner, line=line)
    assert sum(region.area for region in where.regions.values()) == width * height
    regions = list(where.regions.values())
    assert not any(one.overlaps(other) for n, one in enumerate(regions) for other in regions[n + 1 :])
    assert where.regions[pane].height >= 3
    assert where.shape == "tabs" or set(PANES) <= set(where.regions)


def test_rules_and_edges_meet() -> None:
    async def body() -> None:
        async with sitting() as person:
            top, left, right = person.board.traps.region.y, person.board.traps.region.x, person.board.oncall.region.x
            middle = person.board.runbooks.region.y
            lines = person.lines
            assert (lines[top][left], lines[top][right]) == ("┬", "┬")
            assert (lines[middle][left], lines[middle][right]) == ("├", "┤")
            for y in set(range(top + 1, len(lines) - 1)) - {middle}:
                assert (lines[y].ljust(120)[left], lines[y].ljust(120)[right]) == ("│", "│")

    run(body)


def test_a_hundred_thousand_alerts_open_and_move() -> None:
    async def body() -> None:
        async with sitting(many(100_000)) as person:
            await person.press("G")
            assert person.board.alerts.key == Ref("am-prod", "99999")
            await person.press("k", "g", "ctrl+d")
            assert "100000 firing" in person.text

    run(body)


def test_a_click_selects_and_a_double_click_opens() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.pilot.click(offset=(30, person.line_of("LatencyP99")))
            assert person.board.alerts.here is not None
            assert person.board.alerts.here.alert.name == "LatencyP99"
            await person.pilot.click(offset=(30, person.line_of("LatencyP99")), times=2)
            await person.until(lambda: person.board.pane == "detail", "the detail")

    run(body)


@pytest.mark.parametrize("raw", [False, True])
def test_an_enemys_alerts_can_be_worked_with(raw: bool) -> None:  # safety 1 3
    async def body() -> None:
        async with sitting(hostile(raw=raw)) as person:
            for key in (*"jjjjjjj", "space", "enter", "j", "escape", "tab", "tab", "tab", "shift+tab", "T", "y", "m", "m"):
                await person.press(key)
            assert all(line.replace("\xa0", " ").isprintable() for line in person.lines)
            assert clean(hostile().alerts[3].alert.name)[:5] in person.text

    run(body)


# ── the bell ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_bell_rings_once_for_what_fires_anew_and_never_for_what_was_there() -> None:
    bell = Bell()
    assert not bell.rings(scene())
    assert not bell.rings(scene())
    assert bell.rings(with_first(scene(), NEW))
    assert not bell.rings(with_first(scene(), NEW))
    quiet = msgspec.structs.replace(NEW, alert=msgspec.structs.replace(NEW.alert, ref=Ref("a", "b"), state=AlertState.ACKNOWLEDGED))
    assert not bell.rings(with_first(with_first(scene(), NEW), quiet))


@pytest.mark.parametrize(("wanted", "rings"), [(True, 1), (False, 0)])
def test_the_terminal_rings_only_if_the_config_says_so(wanted: bool, rings: int) -> None:
    async def body() -> None:
        async with sitting(config=config(bell=wanted)) as person:
            rung = 0

            def ring() -> None:
                nonlocal rung
                rung += 1

            person.app.bell = ring  # type: ignore[method-assign]  # counted, nothing else
            person.desk.show(with_first(scene(), NEW))
            await person.sees("NewAndWorst")
            assert rung == rings

    run(body)


def test_time_goes_on_in_the_header() -> None:
    async def body() -> None:
        async with sitting() as person:
            person.clock.turn(timedelta(hours=1).total_seconds())
            await person.sees("04:12:44 UTC")

    run(body)
