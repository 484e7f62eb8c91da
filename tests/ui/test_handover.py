"""The shift brief on the screen: gathered off its thread, read there, and kept still until one asks again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
import pytest

from cockpit.core.handover import Brief, Handed, Note, Shown
from cockpit.core.incident_timeline import Line
from cockpit.core.incidents import Change
from cockpit.core.schedule import Schedule
from cockpit.ui import confirm
from cockpit.ui.ask import Ask
from cockpit.ui.box import Said
from cockpit.ui.confirm import Confirm
from cockpit.ui.handover import HandoverBrief
from cockpit.ui.page import Page
from support.boards import Sitting, sitting
from support.desk import FakeDesk
from support.rota import laid
from support.scene import NOW, scene


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys typed one after the other are meant; that they are not taken at once is tried where the box itself is."""
    monkeypatch.setattr(confirm, "QUIET", 0.0)


def text(at: Sitting) -> str:
    lines = at.app.screen.query_one(Page)._lines
    return "\n".join(line if isinstance(line, str) else line.plain for line in lines)


def facts(at: Sitting) -> str:
    return str(at.app.screen.query_one("#facts", Said).content)


def played(work: Callable[[Sitting], Awaitable[None]], size: tuple[int, int] = (120, 40)) -> None:
    """Play it over the board of the scene."""

    async def go() -> None:
        async with sitting(scene(), size) as at:
            await work(at)

    asyncio.run(go())


async def opened(at: Sitting) -> None:
    await at.press("colon", *"handover", "enter")
    await at.until(lambda: isinstance(at.app.screen, HandoverBrief), "the box")


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 10)])
def test_the_brief_opens_by_its_command_and_closes(size: tuple[int, int]) -> None:
    async def work(at: Sitting) -> None:
        at.desk.shown = Shown(since=NOW - timedelta(hours=9), notes=(Note(number=7, at=NOW, who="bo", text="[b]mind it[/b]"),))
        await opened(at)
        await at.until(lambda: "Open alerts" in text(at), "the brief")
        assert "[7] " in text(at)
        assert "bo: [b]mind it[/b]" in text(at), "what people wrote is no markup"
        assert "not marked as handed over" in facts(at)
        await at.press("G", "q")
        await at.until(lambda: not isinstance(at.app.screen, HandoverBrief), "the board")

    played(work, size)


def test_it_stays_still_until_one_asks_again_and_then_what_changed_stands_first() -> None:
    async def work(at: Sitting) -> None:
        await opened(at)
        await at.until(lambda: "Open alerts" in text(at), "the brief")
        late = Line(at=NOW, what="mark", who="ana", text="rolled back")
        giver = at.app.screen._brief.duty.giver  # type: ignore[attr-defined]  # it is a HandoverBrief with a brief
        mark = Handed(at=NOW - timedelta(minutes=9), who="ana", giver=giver, taker="Bo")
        at.desk.shown = msgspec.structs.replace(at.desk.shown, lines=(late,), handed=(mark,))
        at.desk.change(remarks=("something new",))
        await at.press("j")
        assert "rolled back" not in text(at)
        await at.press("r")
        await at.until(lambda: text(at).startswith("Changed since"), "what changed")
        assert text(at).index("rolled back") < text(at).index("On call")
        assert facts(at) == ""

    played(work)


def test_it_waits_for_the_rosters_and_is_gathered_off_the_screens_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads, here = list[int](), threading.get_ident()
    real = FakeDesk.handover

    def gathered(desk: FakeDesk, plan: Schedule) -> Brief:
        threads.append(threading.get_ident())
        return real(desk, plan)

    monkeypatch.setattr(FakeDesk, "handover", gathered)

    async def work(at: Sitting) -> None:
        at.desk.lay_out = lambda _since, _until: None
        await opened(at)
        await at.until(lambda: "asking who is on call" in facts(at), "the word that it waits")
        at.desk.lay_out = laid
        at.desk.change(remarks=("the rosters have come",))
        await at.until(lambda: "On call" in text(at), "the brief")

    played(work)
    assert threads
    assert here not in threads


async def over(at: Sitting, box: type) -> None:
    """Wait for what opens over the brief."""
    await at.until(lambda: isinstance(at.app.screen, box), "the box over it")


def test_a_note_is_left_from_the_brief_and_stands_in_it() -> None:
    async def work(at: Sitting) -> None:
        await opened(at)
        await at.until(lambda: "Open alerts" in text(at), "the brief")
        await at.press("n")
        await over(at, Ask)
        await at.press("enter")
        assert isinstance(at.app.screen, Ask), "nothing is no note"
        await at.type("db-1's disk is swapped on Tuesday")
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, HandoverBrief) and "db-1's disk" in text(at), "the note in the brief")
        assert "noted for the next shift" in facts(at)
        await at.press("n")
        await over(at, Ask)
        await at.type("no")
        await at.press("escape")
        assert [each.text for each in at.desk.shown.notes] == ["db-1's disk is swapped on Tuesday"]

    played(work)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 10)])
def test_it_is_marked_as_handed_over_once_that_is_confirmed(size: tuple[int, int]) -> None:
    async def work(at: Sitting) -> None:
        at.desk.happens(Change.OPENED, "", {"title": "Checkout fails"})
        at.desk.shown = Shown(since=NOW - timedelta(hours=9), incidents=tuple(at.desk.incidents().values()))
        await opened(at)
        await at.until(lambda: "h does it" in facts(at), "the brief")
        await at.press("h")
        await over(at, Confirm)
        told = "\n".join(str(line) for line in at.app.screen.query_one(Page)._lines)
        for words in ("open alerts", "without anybody", "Checkout fails: nobody leads", "0 notes", "to look at", "cannot see: "):
            assert words in told, told
        await at.press("enter")
        assert not list(at.desk.shown.handed), "it is not marked by a slip"
        await at.press("y")
        await at.until(lambda: isinstance(at.app.screen, HandoverBrief) and text(at).startswith("Changed since"), "what changed")
        (mark,) = at.desk.shown.handed
        assert facts(at) == f"handed over from {mark.giver} to {mark.taker}"
        await at.press("h")
        await over(at, Confirm)
        assert "marked already" in "\n".join(str(line) for line in at.app.screen.query_one(Page)._lines)
        await at.press("escape")
        assert at.desk.shown.handed == (mark,)

    played(work, size)


def test_where_no_roster_says_who_takes_over_one_is_asked() -> None:
    async def work(at: Sitting) -> None:
        at.desk.lay_out = lambda since, until: Schedule(since=since, until=until)
        await opened(at)
        await at.until(lambda: "Open alerts" in text(at), "the brief")
        await at.press("h")
        await over(at, Ask)
        await at.type("Bo")
        await at.press("enter")
        await over(at, Confirm)
        await at.press("y")
        await at.until(lambda: at.desk.shown.handed != (), "the mark")
        assert at.desk.shown.handed[0].taker == "Bo"

    played(work)


def test_read_only_and_a_journal_that_is_not_written_are_said_and_nothing_opens() -> None:
    async def work(at: Sitting) -> None:
        await opened(at)
        await at.until(lambda: "Open alerts" in text(at), "the brief")
        at.desk.change(read_only=True)
        for key in ("n", "h"):
            await at.press(key)
            await at.until(lambda: "read-only is on" in facts(at), "the reason")
            assert isinstance(at.app.screen, HandoverBrief)
        at.desk.change(read_only=False)
        at.desk.brief_refused = "the disk is full"
        await at.press("n")
        await over(at, Ask)
        await at.type("x")
        await at.press("enter")
        await at.until(lambda: facts(at) == "the disk is full", "the reason")

    played(work)


def test_a_journal_that_cannot_be_read_is_said() -> None:
    async def work(at: Sitting) -> None:
        at.desk.brief_refused = "the journal cannot be read: disk I/O error"
        await opened(at)
        await at.until(lambda: "disk I/O error" in facts(at), "the reason")
        at.desk.brief_refused = ""
        await at.press("r")
        await at.until(lambda: "Open alerts" in text(at), "the brief")

    played(work)
