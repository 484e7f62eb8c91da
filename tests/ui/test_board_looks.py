"""The board: filter, panes, every size, and the bell."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.alerts import AlertState, Ref, Severity
from cockpit.core.stormrule import StormRule
from cockpit.core.storms import Storms
from cockpit.core.text import clean
from cockpit.core.view import Ranking, Row, View
from cockpit.ui.bell import Bell
from cockpit.ui.filterline import FilterLine
from cockpit.ui.places import PANES, SMALLEST, places
from support.boards import rows_of, run, sitting
from support.scene import NOW, alert, calm, config, scene
from support.storms import hostile, many, stormed

WEB, DISK = Ref("am-prod", "HighErrorRate/web-3"), Ref("local", "root-disk")


def with_first(view: View, row: Row) -> View:
    """The view with one alert more, at the head."""
    return msgspec.structs.replace(view, alerts=(row, *view.alerts))


NEW = Row(alert("am-prod", "NewAndWorst", "web-1", Severity.CRITICAL, 3, "just now"))


# ── filter ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_filter_is_in_force_once_one_pauses_and_the_one_from_before_while_it_cannot_be_read() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("slash")
            await person.type("team=db")
            await person.sees("team=db ─")
            assert {row.alert.name for row in rows_of(person.board)} == {"PostgresDown", "ReplicaLag"}
            assert "0 of 12 firing shown" in person.text
            await person.press("enter", "slash")
            await person.type(" @age>1h a=~(")
            await person.until(lambda: person.board.filter.text == "team=db", "the pause")
            assert person.board.alerts.count() == 2
            assert "^" in person.text
            await person.press("escape")
            assert person.board.filter.text == "team=db"

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
            marked = person.board.alerts.key
            assert person.board.focused is None
            assert "/ disk" in person.text
            await person.press("escape")
            assert person.board.alerts.marks == set()
            assert "/ disk" in person.text
            await person.press("escape")
            assert "/ disk" not in person.text
            assert person.board.alerts.key == marked

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


def test_a_beginning_that_comes_to_nothing_leaves_the_list_as_it_is_until_one_pauses() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("slash")
            await person.type("@source=loca")
            assert person.board.alerts.count() == 15
            await person.type("l")
            assert person.board.alerts.count() == 2
            await person.type("z")
            assert person.board.alerts.count() == 2
            await person.sees("No alert matches the filter; 15 are hidden")

    run(body)


def test_a_filter_over_very_many_says_how_far_it_is_and_keys_go_before_it() -> None:
    async def body() -> None:
        row = scene().alerts[0]
        crowd = Ranking(
            msgspec.structs.replace(row, alert=msgspec.structs.replace(row.alert, ref=Ref("am-prod", f"{n:05}"), where=f"web-{n}"))
            for n in range(20_000)
        )
        async with sitting(msgspec.structs.replace(scene(), alerts=crowd)) as person:
            person.board.sift("!web-19999")
            assert any("% looked at" in text for text, _ in person.board.alerts.head(120))
            assert person.board.alerts.key == Ref("am-prod", "00000")
            await person.press("j")
            assert person.board.alerts.key == Ref("am-prod", "00001")
            await person.sees("19999 of 20000 firing shown · 1 hidden")
            assert person.board.alerts.key == Ref("am-prod", "00001")

    run(body)


def test_two_sources_with_one_id_are_two_rows() -> None:
    async def body() -> None:
        alerts = [alert(source, "HighErrorRate", "web-3", Severity.CRITICAL, 3, "5xx") for source in ("am-eu", "am-us")]
        async with sitting(msgspec.structs.replace(scene(), alerts=tuple(map(Row, alerts)))) as person:
            assert [row.alert.ref.source for row in rows_of(person.board)] == ["am-eu", "am-us"]
            await person.press("j", "a")
            assert person.desk.asked == []
            assert "there is no source am-us" in person.footer

    run(body)


def test_m_shows_mine_then_all_again() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("m")
            assert [row.alert.name for row in rows_of(person.board)] == ["PostgresDown"]
            await person.press("m")
            assert len(rows_of(person.board)) == 15

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
            assert person.board.alerts.row_here is not None
            assert person.board.alerts.row_here.alert.name == "LatencyP99"
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
    bell, none = Bell(), Storms(StormRule(alerts=0))
    assert not bell.rings(scene(), none)
    assert not bell.rings(scene(), none)
    assert bell.rings(with_first(scene(), NEW), none)
    assert not bell.rings(with_first(scene(), NEW), none)
    quiet = msgspec.structs.replace(NEW, alert=msgspec.structs.replace(NEW.alert, ref=Ref("a", "b"), state=AlertState.ACKNOWLEDGED))
    assert not bell.rings(with_first(with_first(scene(), NEW), quiet), none)


def test_a_storm_rings_once_and_again_where_it_gets_worse() -> None:
    bell, storms = Bell(), Storms(StormRule(alerts=5))

    def rings(view: View) -> bool:
        storms.take(view.alerts, NOW)
        return bell.rings(view, storms)

    view = calm()
    assert not rings(view)
    view = stormed(view, range(20))
    assert rings(view)
    for start in (20, 40, 60):
        view = stormed(view, range(start, start + 20))
        assert not rings(view)
    view = stormed(view, range(80, 82), severity=Severity.CRITICAL)
    assert rings(view)
    view = stormed(view, range(82, 90), severity=Severity.CRITICAL)
    assert not rings(view)
    assert rings(with_first(view, NEW)), "what is not of the storm rings as ever"


def test_a_storm_that_was_there_when_the_screen_opened_rings_for_none_of_its_alerts() -> None:
    bell, storms = Bell(), Storms(StormRule(alerts=5))
    view = stormed(calm(), range(20))
    for more in (range(0), range(20, 30)):
        view = stormed(view, more)
        storms.take(view.alerts, NOW)
        assert not bell.rings(view, storms)


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


@pytest.mark.parametrize(("width", "says"), [(120, "● 2 live <30s"), (80, "● 2 live <30s"), (60, "● 2 live"), (45, "●2")])
def test_how_old_the_oldest_answer_is_stands_in_a_narrow_header_too(width: int, says: str) -> None:
    async def body() -> None:
        async with sitting(size=(width, 24)) as person:
            assert person.lines[0].endswith(says)

    run(body)


def test_time_goes_on_in_the_header() -> None:
    async def body() -> None:
        async with sitting() as person:
            person.clock.turn(timedelta(hours=1).total_seconds())
            await person.sees("04:12:44 UTC")

    run(body)
