"""Responding on the screen: one menu with what the source can do, a box with exactly what will be sent, the story in the detail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.questions import Answered, AssigneesAt, HistoryOf, LevelsOf, PlaysFor, ServicesAt
from cockpit.core.responses import (
    Assignee,
    EndMaintenance,
    Escalate,
    Level,
    Maintain,
    Maintenance,
    Merge,
    Play,
    Reassign,
    Resolve,
    RunPlay,
    Service,
    Snooze,
)
from cockpit.core.sources import Health, SourceHealth
from cockpit.core.story import Entry, Past, Story
from cockpit.core.view import Row, View
from cockpit.ui.ask import Ask
from cockpit.ui.confirm import Confirm
from cockpit.ui.live import LivePicker
from support.boards import Sitting
from support.boards import sitting as seated
from support.scene import NOW, ago, scene

FIRE, DISK = Ref("pd", "PINC1"), Ref("pd", "PINC2")
CAN = frozenset(
    ("pd", each)
    for each in ("Alerts", "Acks", "Resolves", "Snoozes", "Escalates", "Reassigns", "Merges", "Plays", "Maintains", "History")
)
LEVELS = (Level(1, ("Bo",), 1800.0, "Web"), Level(2, ("Cy", "Di"), 0.0, "Web"))


pytestmark = pytest.mark.usefixtures("no_quiet_time")


def incident(ref: Ref, number: int, summary: str) -> Alert:
    return Alert(
        ref=ref,
        name="Shop API",
        where=f"#{number}",
        summary=summary,
        severity=Severity.CRITICAL,
        state=AlertState.FIRING,
        started_at=ago(400),
        assignees=("Bo",),
        labels={"service": "Shop API"},
    )


def view(*alerts: Alert, **more: Any) -> View:
    rows = [Row(each) for each in alerts or (incident(FIRE, 1001, "5xx over 12 %"), incident(DISK, 1002, "disk is full"))]
    health = SourceHealth(source="pd", provider="pagerduty", health=Health.LIVE, age=timedelta(seconds=3))
    return View(now=NOW, alerts=tuple(rows), sources=(health,), me=("ana",), **more)  # type: ignore[arg-type]  # ranked by the view


@asynccontextmanager
async def sitting(of: View | None = None, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Sitting]:
    async with seated(of or view(), size, can=CAN) as person:
        person.desk.answers |= {
            LevelsOf(FIRE): Answered(LEVELS),
            PlaysFor(FIRE): Answered((Play("workflow:W1", "Page the managers", "as agreed"),)),
            AssigneesAt("pd"): Answered((Assignee("PANA", "Ana", "ana@example.com"), Assignee("PCY", "Cy", "cy@example.com"))),
            ServicesAt("pd"): Answered((Service("PDB", "Database"), Service("PSHOP", "Shop API"))),
        }
        assert person.board.alerts.seek(FIRE)
        await person.follow()
        yield person


def played(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """The test, run."""
    return lambda: asyncio.run(test())


async def sees(person: Sitting, kind: type) -> None:
    await person.until(lambda: isinstance(person.app.screen, kind), kind.__name__)


async def take(person: Sitting, text: str) -> None:
    """The first entry of the open picker that these letters leave."""
    await sees(person, LivePicker)
    await person.type(text)
    await person.press("enter")


@played
async def test_the_menu_says_who_would_be_told_and_what_cannot_be_done() -> None:
    async with sitting() as person:
        await person.press("e")
        await sees(person, LivePicker)
        text = person.text
        assert "Shop API #1001: what to do?" in text
        for line in ("Escalate to level 1", "Escalate to level 2", "Cy, Di", "Give to somebody…", "Snooze…", "Resolve…"):
            assert line in text
        assert "Run Page the managers" in text
        assert "nobody can be told from here" in text or "no source here can page" in text


@played
async def test_escalating_shows_exactly_what_is_sent_and_waits_for_y() -> None:
    async with sitting() as person:
        await person.press("e")
        await take(person, "level 2")
        await sees(person, Confirm)
        for part in ("Escalate to level 2?", "2 of Web", "Cy, Di", "CRITICAL Shop API · #1001 · 5xx over 12 %"):
            assert part in person.text
        await person.press("enter")
        assert person.desk.asked == []
        await person.press("y")
        await person.until(lambda: person.desk.asked == [Escalate((FIRE,), 2)], "the action")


@played
async def test_of_several_the_level_names_the_people_of_the_first_alone() -> None:
    async with sitting() as person:
        await person.press("space", "space")
        await person.press("e")
        await take(person, "level 2")
        await sees(person, Confirm)
        assert "Cy, Di for the first; the others by their own policies" in person.text


@played
async def test_levels_that_are_on_their_way_come_into_the_open_menu() -> None:
    async with sitting() as person:
        person.desk.answers[LevelsOf(FIRE)] = Answered(asking=True)
        await person.press("e")
        await sees(person, LivePicker)
        assert "Asking pd for its levels" in person.text
        person.desk.answers[LevelsOf(FIRE)] = Answered(LEVELS)
        await person.sees("Escalate to level 2")
        assert "Asking pd" not in person.text


@played
async def test_levels_that_cannot_be_had_say_why_and_the_rest_can_be_done() -> None:
    async with sitting() as person:
        person.desk.answers[LevelsOf(FIRE)] = Answered(problem="no route to it")
        await person.press("e")
        await person.sees("no route to it")
        await take(person, "resolve")
        await sees(person, Confirm)


@played
async def test_an_alert_is_given_to_somebody_by_name() -> None:
    async with sitting() as person:
        await person.press("e")
        await take(person, "give")
        await person.sees("Give to whom?")
        await person.type("cy")
        await person.press("enter")
        await sees(person, Confirm)
        assert "Cy (cy@example.com)" in person.text
        await person.press("y")
        await person.until(lambda: person.desk.asked == [Reassign((FIRE,), ("PCY",), ("Cy",))], "the action")


@played
async def test_marked_alerts_are_merged_into_the_one_under_the_cursor() -> None:
    async with sitting() as person:
        await person.press("space", "space")
        assert person.board.alerts.seek(DISK)
        await person.follow()
        person.desk.answers[LevelsOf(DISK)] = Answered(())
        await person.press("e")
        await take(person, "merge")
        await sees(person, Confirm)
        text = person.text
        assert text.index("#1002 · disk is full") < text.index("go, and are over then") < text.index("#1001 · 5xx")
        await person.press("y")
        await person.until(lambda: person.desk.asked == [Merge(DISK, (FIRE,))], "the action")
        assert not person.board.alerts.marks


@played
async def test_a_play_is_run_after_it_was_shown() -> None:
    async with sitting() as person:
        await person.press("e")
        await take(person, "managers")
        await sees(person, Confirm)
        assert "as agreed" in person.text
        await person.press("y")
        await person.until(lambda: person.desk.asked == [RunPlay(FIRE, "workflow:W1", "Page the managers")], "the action")


@played
async def test_s_snoozes_where_there_are_no_silences() -> None:
    async with sitting() as person:
        assert "s snooze…  e escalate…" in person.footer
        await person.press("s")
        await sees(person, Ask)
        assert "30m, 2h, 1d" in person.text
        await person.press("enter")
        await sees(person, Confirm)
        ends = NOW + timedelta(hours=1, seconds=1)
        assert "01:12 São Paulo (in 1 h" in person.text
        await person.press("y")
        await person.until(lambda: person.desk.asked == [Snooze((FIRE,), ends)], "the action")


@played
async def test_a_snooze_that_is_too_long_is_said_in_the_form() -> None:
    async with sitting() as person:
        await person.press("s")
        await sees(person, Ask)
        await person.press("ctrl+u")
        await person.type("8d")
        await person.press("enter")
        await person.sees("7 days at most")
        assert person.desk.asked == []


@played
async def test_c_says_that_it_is_over_after_y() -> None:
    async with sitting() as person:
        await person.press("c")
        await sees(person, Confirm)
        await person.press("escape")
        assert person.desk.asked == []
        await person.press("c", "y")
        await person.until(lambda: person.desk.asked == [Resolve((FIRE,))], "the action")


@played
async def test_the_command_line_takes_the_words_along() -> None:
    async with sitting() as person:
        await person.press("colon")
        await person.type("resolve rolled back")
        await person.press("enter")
        await sees(person, Confirm)
        assert "rolled back" in person.text
        await person.press("y")
        await person.until(lambda: person.desk.asked == [Resolve((FIRE,), "rolled back")], "the action")
        await person.press("colon")
        await person.type("snooze soon")
        await person.press("enter")
        await person.sees("'soon' is no duration")


@played
async def test_what_changed_meanwhile_is_not_done_and_is_shown_anew() -> None:
    # safety 10
    async with sitting() as person:
        await person.press("c")
        await sees(person, Confirm)
        changed = incident(FIRE, 1001, "5xx over 50 %"), incident(DISK, 1002, "disk is full")
        person.desk.show(msgspec.structs.replace(view(*changed)))
        await person.until(lambda: person.board.view.alert(FIRE).alert.summary == "5xx over 50 %", "the change")  # type: ignore[union-attr]
        await person.press("y")
        await person.sees("This changed while it was shown")
        assert person.desk.asked == []
        await person.press("y")
        await person.until(lambda: person.desk.asked == [Resolve((FIRE,))], "the action")


@played
async def test_an_alert_of_another_source_is_answered_by_paging_somebody() -> None:
    async with seated(scene()) as person:
        assert "s silence…  e page…" in person.footer
        await person.press("e")
        await sees(person, Ask)
        assert "Page somebody" in person.text


@played
async def test_a_maintenance_is_begun_for_the_service_of_the_alert_and_ended() -> None:
    async with sitting() as person:
        await person.press("colon")
        await person.type("maintenance")
        await person.press("enter")
        await take(person, "begin")
        await person.sees("Maintenance of which service?")
        await person.press("enter")
        await sees(person, Ask)
        assert "Maintenance of Database at pd" in person.text or "Maintenance of Shop API at pd" in person.text
        await person.press("enter")
        await person.type("new disks")
        await person.press("enter")
        await sees(person, Confirm)
        await person.press("y")
        await person.until(lambda: person.desk.asked, "the action")
        (action,) = person.desk.asked
        assert isinstance(action, Maintain)
        assert (action.ends_at - action.starts_at, action.comment) == (timedelta(hours=1), "new disks")
        stands = Maintenance(
            ref=Ref("pd", "PWIN1"), services=("Database",), starts_at=ago(60), ends_at=NOW + timedelta(hours=1), who="Bo"
        )
        person.desk.show(view(maintenances=(stands,)))
        await person.press("colon")
        await person.type("maintenance")
        await person.press("enter")
        await take(person, "database")
        await sees(person, Confirm)
        assert "End this maintenance?" in person.text
        await person.press("y")
        await person.until(lambda: person.desk.asked[-1] == EndMaintenance(stands.ref), "the end")


STORY = Story(
    facts={"host": "web-3", "load": "17"},
    entries=(Entry(ago(300), "triggered through the API", "fired"), Entry(ago(120), "Ana: rolling back", "note")),
    past=(Past(NOW - timedelta(days=30), "It burnt before", "https://team.pagerduty.example/incidents/P1"),),
    remarks=("alerts could not be read: it answered 500",),
)


@played
async def test_the_detail_tells_the_story() -> None:
    async with sitting(view(incident(FIRE, 1001, "5xx over 12 %"))) as person:
        person.desk.answers[HistoryOf(FIRE)] = Answered(asking=True)
        await person.follow()
        await person.press("enter", "G")
        assert "asking pd what happened…" in person.text
        person.desk.answers[HistoryOf(FIRE)] = Answered(STORY)
        person.desk.show(msgspec.structs.replace(person.desk.view, now=NOW + timedelta(seconds=1)))
        await person.until(lambda: "It burnt before" in person.text or "rolling back" in person.text, "the story")
        facts = [(fact.label, fact.text) for fact in person.board.detail._shown.facts]
        assert (" host", "web-3") in facts
        assert any(text == "Ana: rolling back" for _, text in facts)
        assert any(text == "It burnt before" for _, text in facts)
        assert ("", "alerts could not be read: it answered 500") in facts
        assert not any(text == "fired" for _, text in facts), "its own words stand instead of ours"


@played
async def test_what_nobody_sees_is_not_asked_for() -> None:
    async with sitting(size=(80, 24)) as person:
        await person.press("j", "k")
        await person.follow()
        assert not [each for each in person.desk.looked_up if isinstance(each, HistoryOf)]
        await person.press("enter")
        await person.until(lambda: [each for each in person.desk.looked_up if isinstance(each, HistoryOf)], "the question")


@played
async def test_the_header_counts_down_while_a_source_wants_to_be_left_alone() -> None:
    # safety 14
    held = SourceHealth(
        source="pd", provider="pagerduty", health=Health.LATE, age=timedelta(seconds=30), retry_in=timedelta(seconds=56), held=True
    )
    async with sitting(msgspec.structs.replace(view(), sources=(held,))) as person:
        assert "pd waits  56s" in person.lines[0]
        person.clock.turn(20)
        person.board.header.show(person.board.view, person.clock.now(), 20.0)
        await person.sees("pd waits  36s")
