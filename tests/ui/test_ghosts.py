"""What goes away while the cursor or a mark is on it: nothing that was meant for it ever falls to another."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.actions import Ack, Unack
from cockpit.core.alerts import AlertState, Ref, Severity
from cockpit.core.rows import Outlook
from cockpit.core.traps import TrapState
from cockpit.core.view import Row, View
from cockpit.ui.haunted import GHOST_FOR, Few, _Kept
from support.boards import Sitting, rows_of, run, sitting
from support.scene import alert, calm, scene

WEB, DISK = Ref("am-prod", "HighErrorRate/web-3"), Ref("local", "root-disk")
LATENCY = Ref("am-prod", "LatencyP99/shop-eu")


def without(view: View, *refs: Ref) -> View:
    return msgspec.structs.replace(view, alerts=tuple(row for row in view.alerts if row.alert.ref not in refs))


def acknowledged(view: View, who: str, *refs: Ref) -> View:
    """The view where somebody has these."""

    def taken(row: Row) -> Row:
        alert = msgspec.structs.replace(row.alert, state=AlertState.ACKNOWLEDGED, acknowledged_by=who)
        return msgspec.structs.replace(row, alert=alert) if row.alert.ref in refs else row

    return msgspec.structs.replace(view, alerts=tuple(map(taken, view.alerts)))


async def gone(person: Sitting, *refs: Ref) -> None:
    """These alerts resolve, and the board knows."""
    person.desk.show(without(person.desk.view, *refs))
    await person.until(lambda: person.board.view.alert(refs[0]) is None, "the newer view")


@pytest.mark.parametrize("key", ["a", "u", "1", "2", "s", "n", "d", "space"])
def test_no_key_hits_the_neighbour_of_an_alert_that_has_just_resolved(key: str) -> None:
    async def body() -> None:
        async with sitting() as person:
            assert person.board.alerts.key == WEB
            await gone(person, WEB)
            assert person.board.alerts.key == WEB
            assert "resolved" in person.lines[person.line_of("▌")]
            await person.press(key)
            assert person.desk.asked == []
            assert person.app.screen is person.board
            assert not person.board.alerts.marks
            assert "HighErrorRate is resolved" in person.footer

    run(body)


def test_the_ghost_goes_when_the_person_moves_and_the_keys_work_again() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("j")
            await gone(person, DISK)
            assert person.board.alerts.here is person.board.alerts.ghost
            assert "resolved" in person.lines[person.line_of("▌")]
            assert "resolved" in person.lines[person.line_of("─ ▲ root-disk")]  # the title of the detail
            await person.press("j", "k", "j")
            assert all(row.alert.ref != DISK for row in rows_of(person.board))
            assert person.board.alerts.key is not None
            person.board.alerts.seek(LATENCY)
            await person.press("a")
            assert person.desk.asked == [Ack((LATENCY,))]

    run(body)


def test_a_step_from_the_ghost_is_a_step_to_its_neighbour() -> None:
    async def body() -> None:
        async with sitting() as person:
            before = [row.alert.ref for row in rows_of(person.board)]
            await person.press("j", "j")
            await gone(person, before[2])
            await person.press("j")
            assert person.board.alerts.key == before[3]
            await gone(person, before[3])
            await person.press("k")
            assert person.board.alerts.key == before[1]

    run(body)


def test_the_ghost_fades_after_a_minute() -> None:
    async def body() -> None:
        async with sitting() as person:
            await gone(person, WEB)
            person.clock.turn(GHOST_FOR.total_seconds() - 1)
            person.board.pull()
            assert person.board.alerts.key == WEB
            person.clock.turn(1)
            person.board.pull()
            assert person.board.alerts.key == DISK

    run(body)


def test_an_alert_that_fires_again_under_the_cursor_is_itself_again() -> None:
    async def body() -> None:
        async with sitting() as person:
            await gone(person, WEB)
            person.desk.show(scene())
            await person.until(lambda: person.board.alerts.ghost is None, "the alert")
            await person.press("a")
            assert person.desk.asked == [Ack((WEB,))]

    run(body)


def test_the_last_alert_leaves_its_ghost_above_the_good_news() -> None:
    async def body() -> None:
        async with sitting(msgspec.structs.replace(calm(), alerts=scene().alerts[:1])) as person:
            await gone(person, WEB)
            assert "resolved" in person.lines[person.line_of("▌")]
            assert "All clear" in person.text

    run(body)


def test_a_row_that_the_filter_loses_by_itself_stays_under_the_cursor_and_can_be_acted_on() -> None:
    async def body() -> None:
        async with sitting() as person:
            person.board.sift("@state=firing")
            rows = acknowledged(scene(), "Bo", WEB).alerts
            person.desk.change(alerts=rows)
            await person.sees("acknowledged by Bo")
            assert person.board.alerts.key == WEB
            await person.press("u")
            assert person.desk.asked == [Unack((WEB,))]
            await gone(person, WEB)
            assert "resolved" in person.lines[person.line_of("▌")]
            await person.press("a")
            assert "HighErrorRate is resolved" in person.footer

    run(body)


def test_when_all_that_was_marked_is_gone_the_row_under_the_cursor_is_not_meant() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("space")
            assert person.board.alerts.key == DISK
            await gone(person, WEB)
            assert person.board.alerts.marks == set()
            for key in ("a", "s", "n"):
                await person.press(key)
                assert person.desk.asked == []
                assert "the marked alerts are resolved" in person.footer
                assert person.app.screen is person.board
            await person.press("j", "k", "a")
            assert person.desk.asked == [Ack((DISK,))]

    run(body)


def test_a_trap_that_is_gone_leaves_its_ghost_too() -> None:
    async def body() -> None:
        async with sitting() as person:
            person.board.to_pane("traps")
            await person.follow()
            assert person.board.traps.here is not None
            name = person.board.traps.here.trap.name
            person.desk.change(traps=tuple(each for each in scene().traps if each.trap.name != name))
            await person.sees("gone: it is not set any more")
            await person.press("d")
            assert person.app.screen is person.board
            assert f"{name} is not set any more" in person.footer
            assert "tripped" not in person.lines[person.line_of("Traps")]
            assert person.board.traps.here.state is TrapState.DISARMED

    run(body)


def test_u_takes_back_all_that_was_acknowledged_together() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("space", "space", "a")
            assert person.desk.asked == [Ack((WEB, DISK))]
            assert "asked to acknowledge 2" in person.footer
            taken = acknowledged(scene(), "Ana", WEB, DISK).alerts
            person.desk.change(alerts=taken)
            await person.until(lambda: person.board.view.alerts == taken, "the newer view")
            person.board.alerts.seek(LATENCY)  # which has no acknowledgement of its own to take back
            await person.press("u")
            assert person.desk.asked[-1] == Unack((WEB, DISK))
            assert "asked to take 2 acknowledgements back" in person.footer
            person.board.alerts.seek(WEB)
            await person.press("u")
            assert person.desk.asked[-1] == Unack((WEB,))

    run(body)


def test_a_runbook_under_way_stands_before_the_summary_and_hides_nobody() -> None:
    async def body() -> None:
        slow = Outlook(running="slow…")
        rows = tuple(Row(row.alert, slow) if row.alert.name == "PostgresDown" else row for row in scene().alerts)
        async with sitting(msgspec.structs.replace(scene(), alerts=rows)) as person:
            line = person.lines[person.line_of("PostgresDown")]
            assert "▶ slow… connection refused" in line
            assert "Ana" in line

    run(body)


# ── what comes to stand elsewhere while the cursor is on it ───────────────────────────────────────────────────────────


def critical(count: int) -> View:
    """So many critical alerts, the newest first, and one that is mild."""
    rows = [Row(alert("am-prod", f"Down{n:02}", f"node-{n}", Severity.CRITICAL, 60 + n, "gone")) for n in range(count)]
    return msgspec.structs.replace(scene(), alerts=(*rows, Row(alert("am-prod", "Mild", "web-1", Severity.INFO, 60, "a little"))))


def names(person: Sitting) -> list[str]:
    return [row.alert.name for row in rows_of(person.board)]


async def taken(person: Sitting, *refs: Ref, who: str = "Ana") -> None:
    """Somebody has these, and the board knows."""
    person.desk.show(acknowledged(person.desk.view, who, *refs))
    await person.until(
        lambda: all((row := person.board.view.alert(ref)) and row.alert.acknowledged_by == who for ref in refs), "the newer view"
    )


def test_what_is_acknowledged_keeps_its_place_until_the_cursor_leaves_it() -> None:
    async def body() -> None:
        async with sitting(critical(30)) as person:
            before = names(person)
            await person.press("j", "j", "a")
            (asked,) = person.desk.asked
            assert isinstance(asked, Ack)
            top, line = person.board.alerts.top, person.line_of("▌")
            await taken(person, *asked.refs)
            assert names(person) == before
            assert (person.board.alerts.top, person.line_of("▌")) == (top, line)
            assert "Ana" in person.lines[line]
            await person.press("a")  # once more: it is nobody else's
            assert person.desk.asked == [asked]
            assert "acknowledged by Ana already" in person.footer
            await person.press("u")
            assert person.desk.asked[1:] == [Unack(asked.refs)]
            await person.press("j")
            assert person.board.alerts.row_here is not None
            assert person.board.alerts.row_here.alert.name == before[3], "the next critical one"
            assert person.line_of("▌") == line, "the eye stays"
            assert names(person) == [*before[:2], *before[3:], before[2]]

    run(body)


def test_what_is_no_longer_what_it_was_by_itself_keeps_its_place_too_and_new_ones_stand_above_it() -> None:
    async def body() -> None:
        async with sitting(critical(5)) as person:
            await person.press("j")
            before = names(person)
            (mild,) = [row for row in critical(5).alerts if row.alert.name == before[1]]
            milder = msgspec.structs.replace(mild, alert=msgspec.structs.replace(mild.alert, severity=Severity.WARNING))
            new = Row(alert("am-prod", "New", "node-9", Severity.CRITICAL, 3, "just now"))
            person.desk.change(alerts=person.desk.view.alerts.put([milder, new]))
            await person.sees("New")
            assert names(person) == ["New", *before]
            await person.press("k")
            assert names(person) == ["New", before[0], *before[2:5], before[1], before[5]]
            assert person.board.alerts.row_here is not None
            assert person.board.alerts.row_here.alert.name == before[0]

    run(body)


def test_what_is_undone_stands_where_it_stood() -> None:
    async def body() -> None:
        async with sitting(critical(5)) as person:
            before, view = names(person), person.desk.view
            assert isinstance(person.board.alerts.key, Ref)
            await taken(person, person.board.alerts.key)
            person.desk.show(view)
            await person.until(lambda: person.board.view is view, "the undone view")
            await person.press("j", "j")
            assert names(person) == before

    run(body)


def test_all_that_is_acknowledged_at_once_goes_but_for_what_the_cursor_is_on() -> None:
    async def body() -> None:
        async with sitting(critical(6)) as person:
            before = rows_of(person.board)
            await person.press("j", "j")
            await taken(person, *(row.alert.ref for row in before[:4]))
            assert names(person)[:3] == [before[n].alert.name for n in (2, 4, 5)]
            await person.press("j")
            assert person.board.alerts.key == before[4].alert.ref

    run(body)


def test_where_nobody_touches_a_key_for_long_it_goes_to_its_own_place_with_the_cursor_on_it() -> None:
    async def body() -> None:
        async with sitting(critical(5)) as person:
            before, ref = names(person), person.board.alerts.key
            assert isinstance(ref, Ref)
            await taken(person, ref)
            person.clock.turn(GHOST_FOR.total_seconds() - 1)
            await person.press("F12")  # any key: somebody sits there
            person.board.pull()
            person.clock.turn(GHOST_FOR.total_seconds() - 1)
            person.board.pull()
            assert names(person) == before
            person.clock.turn(1)
            person.board.pull()
            assert names(person) == [*before[1:], before[0]]
            assert person.board.alerts.key == ref, "no key can hit another"
            await person.press("u")
            assert person.desk.asked == [Unack((ref,))]

    run(body)


def test_it_stays_however_long_where_its_own_place_is_out_of_sight() -> None:
    async def body() -> None:
        async with sitting(critical(90)) as person:
            before = names(person)
            assert isinstance(person.board.alerts.key, Ref)
            await taken(person, person.board.alerts.key)
            for _ in range(3):
                person.clock.turn(GHOST_FOR.total_seconds())
                person.board.pull()
            assert names(person) == before
            assert person.board.alerts.top == 0, "nothing scrolls away by itself"

    run(body)


def test_the_end_is_the_end_though_a_row_is_kept_that_belongs_there() -> None:
    async def body() -> None:
        async with sitting(critical(5)) as person:
            ref = person.board.alerts.key
            assert isinstance(ref, Ref)
            await taken(person, ref)
            await person.press("G")
            assert person.board.alerts.cursor == len(names(person)) - 1
            assert names(person)[-1] == "Down00"
            assert person.board.alerts.key == ref

    run(body)


def test_a_trap_that_trips_under_the_cursor_keeps_its_place() -> None:
    async def body() -> None:
        async with sitting() as person:
            person.board.to_pane("traps")
            await person.press("j", "j", "j")
            before = [each.trap.name for each in person.board.traps.traps]
            here = person.board.traps.here
            assert here is not None
            assert here.state is not TrapState.TRIPPED
            tripped = msgspec.structs.replace(here, state=TrapState.TRIPPED)
            person.desk.change(traps=tuple(tripped if each.trap.name == here.trap.name else each for each in scene().traps))
            await person.until(lambda: person.board.traps.here == tripped, "the trap")
            assert [each.trap.name for each in person.board.traps.traps] == before
            await person.press("j")
            assert [each.trap.name for each in person.board.traps.traps].index(here.trap.name) <= 1

    run(body)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=12), st.integers(0, 11))
def test_a_kept_listing_is_the_list_with_one_elsewhere(moves: list[tuple[int, int]], size: int) -> None:
    things = list(range(size + 1))
    for one, to in moves:
        away, at = one % len(things), to % len(things)
        expected = [each for each in things if each != things[away]]
        expected.insert(at, things[away])
        for kept in (
            _Kept(Few(things, lambda each: each), at, things[away], things[away], away=away),
            _Kept(Few([each for each in things if each != things[away]], lambda each: each), at, things[away], things[away]),
        ):
            assert list(kept) == expected
            assert [kept.place(each) for each in things] == [expected.index(each) for each in things]
            assert kept.place("another") is None
