"""The report as a screen: counted while the keys stay live, and drawn in whatever room there is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cockpit.core.report_fires import Called, Noise
from cockpit.core.report_trend import bars
from cockpit.engine.desk import Refused
from cockpit.engine.reporting import Reported
from cockpit.ui.report import Figures, Report
from cockpit.ui.report_bars import SHOWN, bar
from cockpit.ui.report_words import sections
from cockpit.ui.spans import width_of
from support.boards import Sitting, run, sitting
from support.reports import easier_weeks, quiet_weeks
from support.scene import NOW, config

WEEKS = timedelta(weeks=7)


async def typed(person: Sitting, line: str) -> None:
    await person.press("colon")
    await person.type(line)
    await person.press("enter")


def figures(person: Sitting) -> Figures:
    return person.app.screen.query_one(Figures)


def text(reported: Reported, width: int = 110) -> str:
    lines = (line for title, lines in sections(reported, width) for line in (((title, ""),), *lines))
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_it_says_that_it_counts_takes_keys_meanwhile_and_is_left_at_once() -> None:
    async def body() -> None:
        go_on, done = threading.Event(), threading.Event()

        def slow(since: datetime, until: datetime) -> Reported:
            assert threading.current_thread() is not threading.main_thread()
            go_on.wait(60)
            done.set()
            return easier_weeks(since, until)

        async with sitting() as person:
            person.desk.report_on = slow
            await typed(person, "report")
            await person.sees("counting …")
            await person.press("j", "G", "right_square_bracket", "escape")
            assert person.app.screen is person.board, "nobody waits for the count"
            assert not done.is_set()
            before = person.board.alerts.cursor
            go_on.set()
            assert await asyncio.to_thread(done.wait, 60)
            await person.press("j")
            assert person.board.alerts.cursor == before + 1, "a count that comes late disturbs nobody"

    run(body)


def test_what_it_came_to_stands_there_and_scrolls() -> None:
    async def body() -> None:
        async with sitting(size=(80, 24)) as person:
            person.desk.report_on = easier_weeks
            await typed(person, "report 49d")
            await person.sees("Who was called")
            assert person.desk.reported_on == [(NOW - WEEKS, NOW, "America/Sao_Paulo")]
            assert "49 days, São Paulo time" in person.text
            assert "easier: fires and broken nights" in person.text
            assert "█" in person.text
            assert person.text.count("Is it getting easier?") == 1, "a title that is in sight stands there once"
            await person.press("right_square_bracket", "right_square_bracket")
            assert person.text.count("How long it took") == 1
            await person.press("j")
            assert "─ How long it took" in person.text, "it is above what is in sight"
            await person.press("left_square_bracket", "left_square_bracket")
            assert person.text.count("Who was called") == 1
            await person.press("G")
            await person.sees("unknown ones nobody saw.")
            assert figures(person).top == figures(person).count() - figures(person).page
            await person.press("g")
            assert figures(person).top == 0
            await person.press("ctrl+d", "j")
            assert figures(person).top == figures(person).page // 2 + 1
            await person.press("q")
            assert person.app.screen is person.board

    run(body)


def test_the_palette_has_it_too_for_thirty_days() -> None:
    async def body() -> None:
        async with sitting() as person:
            person.board.do("report")
            await person.until(lambda: isinstance(person.app.screen, Report), "the report")
            await person.sees("No fires, and no pages")
            assert person.desk.reported_on == [(NOW - timedelta(days=30), NOW, "America/Sao_Paulo")]

    run(body)


@pytest.mark.parametrize("words", ["tomorrow", "0s", "900 years"])
def test_what_is_no_time_is_refused_with_what_would_be(words: str) -> None:
    async def body() -> None:
        async with sitting() as person:
            await typed(person, f"report {words}")
            assert person.app.screen is person.board
            assert ":report 90d" in person.footer
            assert person.desk.reported_on == []

    run(body)


def test_a_journal_that_cannot_be_read_is_said() -> None:
    def no(since: datetime, until: datetime) -> Reported:
        raise Refused("journal.sqlite: it is damaged")

    async def body() -> None:
        async with sitting() as person:
            person.desk.report_on = no
            await typed(person, "report")
            await person.sees("journal.sqlite: it is damaged")
            assert "nothing could be counted" in person.text
            await person.press("escape")
            assert person.app.screen is person.board

    run(body)


def test_a_terminal_of_ascii_gets_nothing_else() -> None:
    async def body() -> None:
        async with sitting(size=(80, 24), config=config(theme="mono"), environ={"TERM": "dumb"}) as person:
            person.desk.report_on = easier_weeks
            await typed(person, "report 49d")
            await person.sees("Who was called")
            assert person.text.isascii()
            assert "# out of hours  : in hours" in person.text

    run(body)


def hostile(reported: Reported) -> Reported:
    """The same, with names longer than any line and wide ones."""
    people = (Called("東京の当番" * 20, 123456, 99999, 54321), *reported.fires.people)
    noisy = tuple(Noise("監視" * 40 + str(n), 10**6 - n, 10**6 - n, 7 * n) for n in range(SHOWN + 5))
    made = msgspec.structs.replace(
        reported.fires, people=people, noisy=noisy, silent=tuple(f"trap-{n}" for n in range(300)), wolves=("w" * 300,)
    )
    toil = tuple(msgspec.structs.replace(each, what=each.what * 30) for each in reported.toil)
    replace, learnt = msgspec.structs.replace, reported.learnt
    services = tuple(
        replace(each, name="監視" * 30, fires=10**7, no_trap=tuple("長い名前" * 9 + str(n) for n in range(50)))
        for each in learnt.services
    )
    bad = replace(
        learnt, incidents=tuple(replace(each, title="東京" * 99) for each in learnt.incidents), services=services,
        fires=tuple(replace(each, alert="w" * 200) for each in learnt.fires),
        owed=tuple(
            replace(each, owner="東京" * 50, overdue=tuple(replace(item, text="長い" * 90) for item in each.overdue))
            for each in learnt.owed
        ),
    )  # fmt: skip
    return replace(reported, fires=made, toil=toil, learnt=bad)


@pytest.mark.parametrize("width", [36, 40, 55, 56, 57, 76, 110, 118, 300])
@pytest.mark.parametrize("change", [lambda reported: reported, hostile])
def test_no_line_is_wider_than_there_is_room(width: int, change: Callable[[Reported], Reported]) -> None:
    for reported in (quiet_weeks(NOW - WEEKS, NOW), change(easier_weeks(NOW - WEEKS, NOW))):
        for title, lines in sections(reported, width):
            assert max((width_of(line) for line in lines), default=0) <= width, (title, lines)


def test_what_was_left_out_is_counted() -> None:
    said = text(hostile(easier_weeks(NOW - WEEKS, NOW)))
    assert f"… and 5 more: cockpit report --limit {SHOWN + 5}" in said


def test_the_figures_are_those_of_the_report() -> None:
    made = easier_weeks(NOW - WEEKS, NOW)
    said = text(made)
    assert made.fires.trend.says in said
    assert bars(made.fires.burdens) in said
    for week in made.fires.weeks:
        (line,) = (line for line in said.splitlines() if line.startswith(f"{week.start:%Y-%m-%d}"))
        found = [int(word.replace("·", "0")) for word in line.split()[1:] if word[0] not in "█p"]
        assert found == [week.fires, week.caught, week.pages, week.woken]
    assert "✓ free-disk: done 14 times, helped 14 of 14" in said
    assert "Did not trip: tls-shop" in said
    assert "Cry wolf: queue" in said
    assert "Not proven lately: tls-shop" in said
    assert "Never drilled: backups, tls-shop" in said
    assert "i7    critical  Checkout fails, closed 2026-11-16, Ana led" in said
    assert "backups  13 fires, last 2026-11-14" in said
    assert [line.split()[:6] for line in said.splitlines() if line.startswith(("shop ", "db ", "(no label)"))] == [
        ["shop", "8", "19", "1", "2", "2"], ["db", "13", "9", "·", "1", "1"], ["(no", "label)", "·", "·", "·", "1"],
    ]  # fmt: skip
    assert "  no trap: PaymentsSlow" in said
    assert [line.split() for line in said.splitlines() if line.startswith(("Bo  ", "Ana  "))][-2:] == [
        ["Bo", "·", "1", "·"], ["Ana", "1", "·", "1"],
    ]  # fmt: skip
    assert "  a3 cap the queue (i7), due 2026-11-20" in said


def test_what_there_is_none_of_is_said() -> None:
    said = text(quiet_weeks(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC)))
    assert "No fires, and no pages" in said
    assert "Nothing was done by hand" in said
    assert "Cry wolf: none" in said
    assert "Nothing: each fire and each closed incident has one" in said
    assert "No traps, and no incidents." in said
    assert "None are open, and none were done" in said


def test_a_bar_is_as_long_as_its_share_and_never_nothing_for_something() -> None:
    assert [len(bar(many, 1000, 20)) for many in (0, 1, 500, 999, 1000)] == [0, 1, 10, 20, 20]
    assert bar(5, 10, 5) == "", "too short to show anything"
    assert len(bar(0.3, 0.3, 20)) == 20
