"""The board: keys do what they say to what the cursor is on, views arrive from another thread, and no size loses anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from textual.geometry import Region

from cockpit.core.actions import Ack, Run, RunState, Start, Unack
from cockpit.core.alerts import Ref, Severity
from cockpit.core.rows import Outlook
from cockpit.core.view import Row, View
from cockpit.ui.board import SAID_FOR
from cockpit.ui.confirm import Confirm
from cockpit.ui.keys import TABLE, remapped
from cockpit.ui.places import PANES
from support.boards import run, sitting
from support.scene import NOW, alert, calm, scene

WEB, DISK = Ref("am-prod", "HighErrorRate/web-3"), Ref("local", "root-disk")
POSTGRES = Ref("am-prod", "PostgresDown/db-1")


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
                person.desk.show(with_first(scene(), msgspec.structs.replace(NEW, outlook=Outlook(f"try {n:03}"))))
            await person.sees("try 199")
            assert pulls < 50

    run(body)


def test_an_engine_that_says_the_same_again_draws_nothing() -> None:
    async def body() -> None:
        async with sitting() as person:
            drawn: list[object] = []
            for each in person.board.children:
                refresh = each.refresh

                def noted(*regions: Region, refresh: Callable[..., Any] = refresh, **rest: bool) -> Any:
                    drawn.append(regions)
                    return refresh(*regions, **rest)

                each.refresh = noted  # type: ignore[method-assign]  # noted, nothing else
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
            asked = Run(id="run-1", at=NOW, who="Ana", action=Ack((DISK,)), what="ack", target="/", state=RunState.ACCEPTED)
            person.desk.change(runs=(asked,))
            await person.pilot.pause()
            assert "asked to acknowledge" in person.footer
            person.desk.change(runs=(msgspec.structs.replace(asked, state=RunState.CONFIRMED),))
            await person.until(lambda: "asked to" not in person.footer, "that no more is said of what has been done")
            person.board.alerts.seek(POSTGRES)
            await person.press("u")
            assert person.desk.asked[1:] == [Unack((POSTGRES,))]

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
            await person.sees("╭─")
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
            person.board.alerts.seek(POSTGRES)
            await person.press("a")
            assert "PostgresDown is acknowledged by Ana already" in person.footer
            await person.press("o")
            assert "PostgresDown has no link" in person.footer
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
            await person.until(lambda: person.app.screen is person.board, "the board")

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
