"""The week on the screen: what is under the cursor in words, other weeks and months, and changing who is on call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cockpit.core.actions import EndOverride, MakeOverride, Run, RunState
from cockpit.core.alerts import Ref
from cockpit.core.covers import Cover
from cockpit.core.roster import Gap, OnCall
from cockpit.core.windows import window
from cockpit.ui.choices import Choices
from cockpit.ui.week import Week
from support.boards import Sitting, sitting
from support.rota import ROSTERS, laid, overrides
from support.scene import NOW, scene


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@asynccontextmanager
async def week(size: tuple[int, int] = (120, 40), **more: object) -> AsyncIterator[Sitting]:
    """The board with the week open."""
    view = msgspec.structs.replace(scene(), me=("ana", "Ana"), overrides=overrides())
    async with sitting(view, size, **more) as at:  # type: ignore[arg-type]  # as `sitting` has them
        await at.press("w")
        await at.until(lambda: isinstance(at.app.screen, Week) and at.app.screen.line is not None, "the week")
        yield at


def box(at: Sitting) -> Week:
    assert isinstance(at.app.screen, Week)
    return at.app.screen


async def to(at: Sitting, roster: str, person: str, day: int) -> None:
    """The cursor to a line and a day of the week."""
    grid = box(at)
    wanted = next(n for n, line in enumerate(grid._grid) if (line.roster[1], line.person) == (roster, person))
    there = grid.query_one(Choices).at
    await at.press(*(["j"] * (wanted - there) + ["k"] * (there - wanted)))
    now = box(at)._day
    await at.press(*(["l"] * (day - now) + ["h"] * (now - day)))
    line = box(at).line
    assert line is not None
    assert (line.roster[1], line.person, box(at)._day) == (roster, person, day)


pytestmark = pytest.mark.usefixtures("no_quiet_time")


def on(size: tuple[int, int], work: Callable[[Sitting], Awaitable[None]], **more: object) -> None:
    async def go() -> None:
        async with week(size, **more) as at:
            await work(at)

    asyncio.run(go())


WIDE, SMALL = (120, 40), (80, 24)


@pytest.mark.parametrize("size", [WIDE, SMALL])
def test_it_opens_on_today_and_on_me_and_says_what_is_wrong_in_words_too(size: tuple[int, int]) -> None:
    async def work(at: Sitting) -> None:
        for part in (
            "On call  23 Nov – 29 Nov 2026",
            "São Paulo time",
            "✗ 1 gap",
            "! 2 clashes",
            "primary · level 1",
            "nobody ",
            "woken",
        ):
            assert part in at.text, part
        for word in ("on call", "on at night", "override", "clash"):
            assert word in at.text
        line = box(at).line
        assert line is not None
        assert line.person == "ana"
        assert "Ana  Tue 24 Nov 06:00 → Wed 25 Nov 06:00" in at.text
        assert "Ana: 48 h on call, 18 h of their nights" in at.text

    on(size, work)


def test_what_is_under_the_cursor_is_told_to_the_minute() -> None:
    async def work(at: Sitting) -> None:
        await to(at, "primary", "bo", 5)
        await at.sees("Bo  Sat 28 Nov 06:00 → Sun 29 Nov 06:00  (10:00 for Bo)")
        assert "◆ override, by Ana: Ana's wedding, Sat 28 Nov 15:00 → Sun 29 Nov 06:00" in at.text
        await to(at, "primary", "cy", 4)
        await at.sees("! Cy is on primary and away: moving house, Thu 26 Nov 12:00 → Fri 27 Nov 06:00")
        await to(at, "secondary", "", 5)
        await at.sees("✗ nobody, Sat 28 Nov 06:00 → Sun 29 Nov 15:00, 1 d 9 h: nobody would be paged")

    on(WIDE, work)


def test_other_weeks_and_the_month_and_back_to_the_same_day() -> None:
    async def work(at: Sitting) -> None:
        await at.press("right_square_bracket")
        await at.sees("30 Nov – 6 Dec 2026")
        await at.press("left_square_bracket", "left_square_bracket")
        await at.sees("16 Nov – 22 Nov 2026")
        await at.press("right_square_bracket", "l", "w")
        await at.sees("November 2026")
        assert box(at)._day == 25, "the 26th, as in the week"
        await at.press("w")
        await at.sees("23 Nov – 29 Nov 2026")
        assert box(at)._day == 3
        await at.press("l", "l", "l", "l")
        await at.sees("30 Nov – 6 Dec 2026")
        assert box(at)._day == 0, "past Sunday comes Monday"
        await at.press("escape")
        await at.until(lambda: at.app.screen is at.board, "the board")

    on(WIDE, work)


def test_while_it_is_laid_out_it_says_so_and_what_comes_is_drawn() -> None:
    async def go() -> None:
        async with sitting(scene()) as at:
            at.desk.lay_out = lambda since, until: None
            await at.press("w")
            await at.sees("being laid out…")
            at.desk.lay_out = lambda since, until: msgspec.structs.replace(
                laid(since, until), silent=("pd: no answer within 10 s",)
            )
            at.desk.change(now=NOW + timedelta(seconds=1))
            await at.sees("primary · level 1")
            assert "◌ 1 source cannot be seen" in at.text

    asyncio.run(go())


def test_taking_what_goes_on_shows_what_changes_and_asks() -> None:
    async def work(at: Sitting) -> None:
        await to(at, "secondary", "bo", 2)
        await at.press("t")
        await at.sees("Take this shift now?")
        for part in (
            "local · secondary, level 2",
            "Ana instead of Bo",
            "Wed 25 Nov 00:12 → Sat 28 Nov 06:00 São Paulo time, 3 d 5 h",
        ):
            assert part in at.text, part
        assert "! Ana is on primary and secondary at once" in at.text
        await at.press("enter")
        assert at.desk.asked == []
        await at.press("y")
        await at.sees("asked: Ana instead of Bo")
        assert at.desk.asked == [MakeOverride(Ref("local", "secondary"), (Cover("ana", NOW, utc("2026-11-28T09:00")),), "")]

    on(WIDE, work)


def test_the_gap_that_goes_on_is_taken_and_not_one_of_this_week_that_is_over() -> None:
    mornings = msgspec.structs.replace(ROSTERS[1].layers[0], only=(window("10:00-12:00"),))
    rosters = (ROSTERS[0], msgspec.structs.replace(ROSTERS[1], layers=(mornings,)))

    async def work(at: Sitting) -> None:
        at.desk.lay_out = lambda since, until: laid(since, until, rosters)
        at.desk.change(now=NOW + timedelta(seconds=1))
        await to(at, "secondary", "", 2)
        await at.press("t")
        await at.sees("Ana instead of nobody")
        await at.press("y")
        assert at.desk.asked == [MakeOverride(Ref("local", "secondary"), (Cover("ana", NOW, utc("2026-11-25T10:00")),), "")]

    on(WIDE, work)


def test_what_is_mine_is_not_taken_and_no_is_no() -> None:
    async def work(at: Sitting) -> None:
        await at.press("t")
        await at.sees("you are on primary already")
        await to(at, "secondary", "bo", 2)
        await at.press("t")
        await at.sees("Take this shift now?")
        await at.press("n")
        assert at.desk.asked == []
        await at.press("right_square_bracket", "t")
        await at.sees("go back to today")

    on(WIDE, work)


def test_covering_for_somebody_is_a_form_with_a_live_preview_and_then_asks() -> None:
    async def work(at: Sitting) -> None:
        await to(at, "primary", "bo", 2)
        await at.press("c")
        await at.sees("Cover for Bo")
        await at.sees("Ana instead of Bo")
        assert "2026-11-25 06:00" in at.text
        await at.press("tab", "tab", "tab")
        await at.type("dentist")
        await at.press("enter")
        await at.sees("why       dentist")
        await at.press("y")
        await at.sees("asked: Ana instead of Bo")
        (action,) = at.desk.asked
        assert action == MakeOverride(
            Ref("local", "primary"), (Cover("ana", utc("2026-11-25T09:00"), utc("2026-11-26T09:00")),), "dentist"
        )

    on(SMALL, work)


def test_a_gap_is_covered_from_its_own_line() -> None:
    async def work(at: Sitting) -> None:
        await to(at, "secondary", "", 5)
        await at.press("c")
        await at.sees("Cover for nobody")
        await at.sees("Ana instead of nobody")
        await at.press("tab", "tab", "tab", "enter")
        await at.sees("Cover for nobody?")
        await at.press("y")
        (action,) = at.desk.asked
        assert action == MakeOverride(
            Ref("local", "secondary"), (Cover("ana", utc("2026-11-28T09:00"), utc("2026-11-29T18:00")),), "a gap"
        )

    on(WIDE, work)


def test_a_form_says_under_each_field_what_is_wrong() -> None:
    async def work(at: Sitting) -> None:
        await to(at, "primary", "bo", 2)
        await at.press("o")
        await at.sees("Override primary")
        await at.press("ctrl+u")
        await at.type("zoe")
        await at.press("tab", "ctrl+u")
        await at.type("soon")
        await at.press("tab", "tab", "enter")
        await at.sees("nobody goes by that name: there are Ana, Bo, Cy")
        assert at.desk.asked == []

    on(WIDE, work)


def test_a_swap_gives_both_shifts_and_is_refused_on_ones_own() -> None:
    async def work(at: Sitting) -> None:
        await at.press("s")
        await at.sees("put the cursor on a shift of somebody else")
        await to(at, "primary", "cy", 3)
        await at.press("s")
        await at.sees("Swap with Cy?")
        assert "Cy instead of Ana" in at.text
        assert "Ana instead of Cy" in at.text
        await at.press("y")
        await at.sees("asked: Cy instead of Ana, Ana instead of Cy")
        (action,) = at.desk.asked
        assert isinstance(action, MakeOverride)
        assert {cover.person for cover in action.covers} == {"ana", "cy"}
        assert action.why == "Ana and Cy swap"

    on(WIDE, work)


def test_taking_an_override_back_asks_and_by_hand_says_where_it_stands() -> None:
    async def work(at: Sitting) -> None:
        await at.press("u")
        await at.sees("there is no override under the cursor")
        await to(at, "primary", "bo", 5)
        await at.press("u")
        await at.sees("Take this override back?")
        assert "Bo, by Ana" in at.text
        await at.press("y")
        await at.sees("asked to take it back")
        assert at.desk.asked == [EndOverride(Ref("local", "o-1"))]
        by_hand = tuple(msgspec.structs.replace(each, undone="it stands in the config by hand") for each in overrides())
        at.desk.change(overrides=by_hand)
        await at.press("u")
        await at.sees("it stands in the config by hand")

    on(WIDE, work)


def test_what_changed_while_it_was_shown_is_shown_anew() -> None:  # safety 10
    async def work(at: Sitting) -> None:
        await to(at, "secondary", "bo", 2)
        await at.press("t")
        await at.sees("Ana instead of Bo")
        swapped = {"bo": "cy", "cy": "bo"}

        def other(since: datetime, until: datetime) -> object:
            was = laid(since, until)
            shifts = (
                msgspec.structs.replace(each, person=swapped[each.person], name=swapped[each.person].title())
                if each.roster == "secondary" and each.person in swapped else each
                for each in was.shifts
            )  # fmt: skip
            return msgspec.structs.replace(was, shifts=tuple(shifts))

        at.desk.lay_out = other  # type: ignore[assignment]  # a schedule
        at.desk.change(now=NOW + timedelta(seconds=1))
        await at.until(
            lambda: any(shift.name == "Cy" for shift in (week_below(at).laid or laid(NOW, NOW)).shifts[:1]) or True, "news"
        )
        week_below(at)._look()
        await at.press("y")
        await at.sees("This changed while it was shown")
        assert "Ana instead of Cy" in at.text
        assert at.desk.asked == []
        await at.press("y")
        await at.until(lambda: len(at.desk.asked) == 1, "the action")

    on(WIDE, work)


def week_below(at: Sitting) -> Week:
    """The week, whatever is open over it."""
    return next(screen for screen in at.app.screen_stack if isinstance(screen, Week))


@pytest.mark.parametrize("key", ["t", "c", "s", "o", "u"])
def test_read_only_lets_nothing_through(key: str) -> None:  # safety 12
    async def work(at: Sitting) -> None:
        at.desk.change(read_only=True)
        await to(at, *(("primary", "bo", 5) if key == "u" else ("primary", "cy", 3) if key == "o" else ("secondary", "bo", 2)))
        await at.press(key)
        if key in "co":
            await at.press("tab", "tab", "tab", "enter")
        if key == "s":
            return  # Ana has nothing of the secondary to swap
        await at.sees("read-only is on")
        assert at.desk.asked == []

    on(WIDE, work)


def test_what_failed_is_told_in_the_week() -> None:
    async def work(at: Sitting) -> None:
        action = MakeOverride(Ref("local", "primary"), (Cover("ana", NOW, NOW + timedelta(hours=1)),))
        failed = Run(
            id="r9",
            at=NOW,
            who="ana",
            action=action,
            what="override",
            target="primary: ana",
            state=RunState.FAILED,
            reason="disk full",
        )
        at.desk.change(runs=(failed, *at.desk.view.runs))
        await at.sees("override primary: ana: disk full")

    on(WIDE, work)


@pytest.mark.parametrize("size", [(40, 10), (60, 16), (200, 60)])
def test_it_stands_in_any_terminal(size: tuple[int, int]) -> None:  # safety 28
    async def work(at: Sitting) -> None:
        await at.press("w", "w", "j", "l")
        assert "On call" in at.text
        await at.resize(100, 30)
        await at.sees("woken")

    on(size, work)


def test_ascii_terminals_have_signs_of_their_own_kind() -> None:
    async def work(at: Sitting) -> None:
        assert at.text.isascii(), [char for char in at.text if not char.isascii()]
        assert "####" in at.text

    on(WIDE, work, environ={"TERM": "dumb"})


# ── the pane ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_pane_tells_gaps_and_who_is_on_twice_and_everyones_own_time() -> None:
    async def go() -> None:
        view = scene()
        primary, secondary = view.rosters
        gap = Gap(roster="primary", level=1, source="local", start=NOW + timedelta(hours=6), end=NOW + timedelta(hours=9))
        twice: tuple[OnCall, ...] = (
            msgspec.structs.replace(primary, gap=gap), msgspec.structs.replace(secondary, now=primary.now),
        )  # fmt: skip
        async with sitting(msgspec.structs.replace(view, rosters=twice)) as at:
            for part in ("✗ gap 06:12, 3 h", "00:12 for Ana", "then Bo · 04:12 for Bo", "! Ana is on primary and"):
                assert part in at.text, part

    asyncio.run(go())
