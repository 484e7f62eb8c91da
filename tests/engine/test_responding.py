"""Responding at a source that people are paged through: what is expected at once, what a later answer confirms, and what is asked
only when somebody looks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cockpit import plugins
from cockpit.config.model import Config, SourceConfig
from cockpit.core.actions import Ack, Action, Run, RunState, Unack
from cockpit.core.alerts import AlertState, Ref
from cockpit.core.questions import Answered, AssigneesAt, HistoryOf, LevelsOf, PlaysFor, Question, ServicesAt
from cockpit.core.responses import (
    EndMaintenance,
    Escalate,
    Level,
    Maintain,
    Merge,
    Reassign,
    Resolve,
    RunPlay,
    Snooze,
)
from cockpit.core.story import Entry, Story
from cockpit.engine.desk import Refused
from cockpit.engine.engine import Engine
from cockpit.engine.inquiries import FRESH, accepted
from cockpit.engine.journal import Journal, open_journal
from cockpit.provider import Malformed, Unreachable
from cockpit.testing import HOSTILE, FakeClock, FakeResponder, as_class
from cockpit.testing.clock import START
from support.waiting import wait

FIRE, DISK = Ref("pd", "fire"), Ref("pd", "disk")
LATER = START + timedelta(hours=2)


class Rig:
    """An engine over one responder, with its clock in the test's hand."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.pd = FakeResponder("pd")
        for name in ("fire", "disk"):
            self.pd.fire(name)
        config = Config(me=("ana",), sources={"pd": SourceConfig(name="pd", provider="pd")})
        self.journal: Journal = open_journal(folder, self.clock)
        self.engine = Engine(
            config,
            self.journal,
            self.clock,
            load_provider=lambda name: as_class(self.pd) if name == "pd" else plugins.load(plugins.PROVIDERS, name),
            load_probe=partial(plugins.load, plugins.PROBES),
            state_dir=folder,
        )

    def begun(self) -> Rig:
        self.engine.start()
        wait(lambda: len(self.engine.view.alerts) == 2, "the alerts")
        return self

    def run(self, run_id: str) -> Run:
        return next(run for run in self.engine.view.runs if run.id == run_id)

    def asked(self, action: Action) -> Run:
        run_id = self.engine.ask(action)
        wait(lambda: any(run.id == run_id and run.state.settled for run in self.engine.view.runs), "the run's end")
        return self.run(run_id)

    def row(self, ref: Ref) -> Any:
        return self.engine.view.alert(ref)

    def answer(self, question: Question) -> Answered:
        """What is told once it is there."""
        told = [self.engine.look_up(question)]

        def there() -> bool:
            told.append(self.engine.look_up(question))
            return not told[-1].asking

        if told[0].asking:
            self.clock.advance_until(there)
        return told[-1]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    try:
        yield made
    finally:
        made.engine.stop()
        made.journal.close()


class TestVerbs:
    @pytest.mark.parametrize(
        ("action", "call"),
        [
            (Resolve((FIRE, DISK)), ("resolve", ("fire", "disk"))),
            (Snooze((FIRE,), LATER), ("snooze", (("fire",), LATER))),
            (Escalate((FIRE,), 2), ("escalate", (("fire",), 2))),
            (Reassign((FIRE,), ("u-bo",), ("Bo",)), ("reassign", (("fire",), ("u-bo",)))),
            (Merge(FIRE, (DISK,)), ("merge", ("fire", ("disk",)))),
            (RunPlay(FIRE, "p-1", "Restart web"), ("play", ("fire", "p-1"))),
            (Maintain("pd", ("s-shop",), START, LATER, "new disks", ("Shop API",)), ("maintain", ("s-shop",))),
        ],
        ids=["resolve", "snooze", "escalate", "reassign", "merge", "play", "maintain"],
    )
    def test_each_is_sent_once_and_confirmed_by_a_later_answer(self, rig: Rig, action: Action, call: tuple[str, object]) -> None:
        run = rig.begun().asked(action)
        assert (run.state, run.reason) == (RunState.CONFIRMED, "")
        assert [each for each in rig.pd.calls if each[0] == call[0]] == [call]

    @pytest.mark.parametrize(
        "action",
        [
            Resolve((FIRE,)),
            Snooze((FIRE,), LATER),
            Reassign((FIRE,), ("u-bo",), ("Bo",)),
            Merge(DISK, (FIRE,)),
            Maintain("pd", ("s-shop",), START, LATER, "new disks", ("Shop API",)),
        ],
        ids=["resolve", "snooze", "reassign", "merge", "maintain"],
    )
    def test_what_a_source_accepts_and_does_not_do_is_told(self, rig: Rig, action: Action) -> None:
        rig.begun().pd.deaf = True
        run_id = rig.engine.ask(action)
        rig.clock.advance_until(lambda: any(run.id == run_id and run.state.settled for run in rig.engine.view.runs))
        run = rig.run(run_id)
        assert run.state is RunState.UNCERTAIN
        assert "does not show: look there" in run.reason

    @pytest.mark.parametrize(
        ("action", "state", "more"),
        [
            (Resolve((FIRE,)), AlertState.RESOLVED, {}),
            (Snooze((FIRE,), LATER), AlertState.SUPPRESSED, {"suppressed_by": "snoozed", "suppressed_until": LATER}),
            (Escalate((FIRE,), 2), AlertState.FIRING, {"acknowledged_by": ""}),
            (Reassign((FIRE,), ("u-bo",), ("Bo",)), AlertState.FIRING, {"assignees": ("Bo",), "acknowledged_by": ""}),
            (Merge(DISK, (FIRE,)), AlertState.RESOLVED, {}),
        ],
        ids=["resolve", "snooze", "escalate", "reassign", "merge"],
    )
    def test_what_is_expected_shows_at_once(self, rig: Rig, action: Action, state: AlertState, more: dict[str, object]) -> None:
        rig.begun().asked(Ack((FIRE,)))
        rig.pd.stalled = True
        rig.engine.ask(action)
        wait(lambda: rig.row(FIRE).pending.endswith("…"), "what is under way")
        alert = rig.row(FIRE).alert
        assert alert.state is state
        assert {name: getattr(alert, name) for name in more} == more
        rig.pd.stalled = False

    def test_a_lost_answer_is_read_back(self, rig: Rig) -> None:
        # safety 17
        rig.begun().pd.answer_lost = True
        run_id = rig.engine.ask(Resolve((FIRE,)))
        wait(lambda: any(run.id == run_id and run.state is RunState.CONFIRMED for run in rig.engine.view.runs), "that it was done")
        assert "reading it back showed that it was done" in rig.run(run_id).reason
        assert len([each for each in rig.pd.calls if each[0] == "resolve"]) == 1

    def test_a_play_runs_beside_the_alert_and_hinders_no_verb(self, rig: Rig) -> None:
        rig.begun().pd.stalled = True
        rig.engine.ask(RunPlay(FIRE, "p-1", "Restart web"))
        wait(lambda: rig.row(FIRE).running == "play…", "the play")
        assert rig.engine.why_not(Ack((FIRE,))) is None
        rig.pd.stalled = False

    def test_a_maintenance_ends_when_it_is_told_to(self, rig: Rig) -> None:
        rig.begun().asked(Maintain("pd", ("s-shop",), START, LATER, "new disks", ("Shop API",)))
        (stands,) = rig.engine.view.maintenances
        assert (stands.services, stands.who, stands.comment) == (("Shop API",), "ana", "new disks")
        assert rig.asked(EndMaintenance(stands.ref)).state is RunState.CONFIRMED
        assert rig.engine.view.maintenances == ()

    def test_the_same_is_not_done_twice_at_once(self, rig: Rig) -> None:
        # safety 25
        rig.begun().pd.stalled = True
        play = RunPlay(FIRE, "p-1", "Restart web")
        rig.engine.ask(play)
        with pytest.raises(Refused, match="is under way already"):
            rig.engine.ask(play)
        rig.pd.stalled = False

    def test_what_cannot_be_taken_back_says_what_can_be_done_instead(self, rig: Rig) -> None:
        rig.pd.lacks = ("Unacks",)  # type: ignore[attr-defined]  # as PagerDuty
        rig.begun().asked(Ack((FIRE,)))
        assert rig.engine.why_not(Unack((FIRE,))) == (
            "pd cannot do that: pd has no way to take an acknowledgement back: escalate or reassign it, and it rings again"
        )

    @pytest.mark.parametrize(
        ("action", "says"),
        [
            (Snooze((FIRE,), START - timedelta(hours=1)), "the end lies in the past"),
            (Snooze((FIRE,), START + timedelta(days=8)), "longer than 7 days"),
            (Resolve(()), "there is no alert under the cursor"),
            (Resolve((Ref("pd", "gone"),)), "gone is not an alert (any more)"),
            (Reassign((FIRE,), ()), "say to whom"),
            (Merge(FIRE, ()), "mark the alerts"),
            (Merge(FIRE, (FIRE,)), "mark the alerts"),
            (Merge(FIRE, (Ref("am", "x"),)), "alerts of different sources cannot be merged"),
            (Maintain("pd", (), START, LATER, "why"), "say which service"),
            (Maintain("pd", ("s",), START, LATER, " "), "say why"),
            (Maintain("pd", ("s",), START, START, "why"), "the end lies in the past"),
            (EndMaintenance(Ref("pd", "m9")), "there is no maintenance m9"),
        ],
    )
    def test_what_cannot_be_is_refused_with_the_reason(self, rig: Rig, action: Action, says: str) -> None:
        rig.begun()
        with pytest.raises(Refused) as refused:
            rig.engine.ask(action)
        assert says in str(refused.value)


class TestQuestions:
    def test_nothing_is_asked_at_a_poll(self, rig: Rig) -> None:
        rig.begun()
        assert {verb for verb, _ in rig.pd.calls} == {"alerts", "silences", "on_call", "days", "overrides", "maintenances"}

    def test_a_history_is_told_when_somebody_stays_on_an_alert(self, rig: Rig) -> None:
        told = threading.Event()
        rig.pd.stories["fire"] = Story(entries=(Entry(START, "it began", "fired"),))
        rig.begun()
        rig.engine.on_change(told.set)
        assert rig.engine.look_up(HistoryOf(FIRE)).asking

        def heard() -> bool:
            news, _ = told.is_set(), rig.engine.view  # fetched, so that one is told of the next
            return news and not rig.engine.look_up(HistoryOf(FIRE)).asking

        rig.clock.advance_until(heard)
        answered = rig.engine.look_up(HistoryOf(FIRE))
        assert answered == Answered(Story(entries=(Entry(START, "it began", "fired"),)))
        assert [each for each in rig.pd.calls if each[0] == "history"] == [("history", "fire")]

    def test_a_cursor_that_passes_by_asks_nothing(self, rig: Rig) -> None:
        rig.begun()
        rig.engine.look_up(HistoryOf(FIRE))
        assert rig.answer(HistoryOf(DISK)).value is not None
        assert [each for each in rig.pd.calls if each[0] == "history"] == [("history", "disk")]

    def test_it_is_asked_again_when_it_is_old_or_the_alert_has_changed(self, rig: Rig) -> None:
        rig.begun().answer(LevelsOf(FIRE))
        rig.answer(LevelsOf(FIRE))
        assert len([each for each in rig.pd.calls if each[0] == "levels"]) == 1
        rig.asked(Ack((FIRE,)))
        rig.answer(LevelsOf(FIRE))
        assert len([each for each in rig.pd.calls if each[0] == "levels"]) == 2
        rig.clock.advance(FRESH)
        rig.answer(LevelsOf(FIRE))
        assert len([each for each in rig.pd.calls if each[0] == "levels"]) == 3

    def test_every_question_is_answered(self, rig: Rig) -> None:
        rig.begun()
        assert rig.answer(LevelsOf(FIRE)).value == rig.pd.policy
        assert rig.answer(PlaysFor(FIRE)).value == rig.pd.known_plays
        assert rig.answer(AssigneesAt("pd")).value == rig.pd.people
        assert rig.answer(ServicesAt("pd")).value == rig.pd.known_services

    def test_a_source_that_does_not_answer_says_why_and_what_was_known_stays(self, rig: Rig) -> None:
        known = rig.begun().answer(AssigneesAt("pd")).value
        rig.pd.failure = Unreachable("no route")
        rig.clock.advance(600)
        assert rig.answer(AssigneesAt("pd")) == Answered(known, problem="no route")

    def test_a_source_that_cannot_is_not_asked(self, rig: Rig) -> None:
        rig.begun()
        assert rig.engine.look_up(HistoryOf(Ref("local", "x"))) == Answered()
        assert rig.engine.look_up(HistoryOf(Ref("nowhere", "x"))) == Answered()

    def test_a_command_waits_for_its_answer(self, rig: Rig) -> None:
        async def asked() -> tuple[Answered, Answered]:
            async with rig.engine.session():
                await rig.engine.once(look=False)
                return await rig.engine.inquire(LevelsOf(FIRE)), await rig.engine.inquire(LevelsOf(Ref("local", "x")))

        levels, cannot = asyncio.run(asked())
        assert levels.value == rig.pd.policy
        assert cannot.problem == "local cannot tell: local does not know that"

    @pytest.mark.parametrize("answer", ["nonsense", (Level(1), "two"), None, {"levels": []}, Story()])
    def test_nonsense_is_not_believed(self, answer: object) -> None:
        # safety 18
        with pytest.raises(Malformed, match="it gave"):
            accepted(LevelsOf(FIRE), answer)

    def test_texts_come_out_harmless_and_times_have_a_zone(self) -> None:
        # safety 1 15
        story = accepted(HistoryOf(FIRE), Story(facts={HOSTILE: HOSTILE}, entries=(Entry(START, HOSTILE),)))
        assert "\x1b" not in repr(story).replace("\\x1b", "\x1b")
        with pytest.raises(Malformed, match="a time without a zone"):
            accepted(HistoryOf(FIRE), Story(entries=(Entry(START.replace(tzinfo=None), "x"),)))
