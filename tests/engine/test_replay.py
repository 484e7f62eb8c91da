"""A replay shows what was seen, at any pace, backwards too; nothing can be done in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from cockpit.config.model import Config
from cockpit.core.actions import Ack, Action, ChangeIncident, Disarm, MakeSilence, PagePeople, Run, Start, Unack
from cockpit.core.alerts import Ref
from cockpit.core.curves import Curve
from cockpit.core.questions import Answered, HistoryOf
from cockpit.core.recorded import Noted, Pictured, Printed, Read, Rostered, Written, replied
from cockpit.core.roster import Shift
from cockpit.core.runbooks import Runbook
from cockpit.core.schedule import Laid
from cockpit.core.sources import Health, SourceHealth
from cockpit.core.story import Story
from cockpit.core.traps import TrapState
from cockpit.core.units import Seconds
from cockpit.engine.desk import Desk, Output, Refused
from cockpit.engine.recording_in import opened
from cockpit.engine.recording_out import RecordingWriter
from cockpit.engine.replay import Replay
from cockpit.engine.replay_desk import ReplayDesk
from cockpit.engine.store import Facts
from support.recordings import BEGAN, HEADER, acked, alert, around, replayed, said, story, trap
from support.waiting import wait as wait_for


def rows(desk: Desk) -> list[str]:
    return sorted(row.alert.where for row in desk.view.alerts)


def test_it_shows_each_moment_forwards_and_backwards(tmp_path: Path) -> None:
    with replayed(story(tmp_path / "a.rec"), tmp_path) as (replay, desk):
        for position, wanted in (
            (0, ["db-0", "db-1"]),
            (12, ["db-0", "db-1", "db-2"]),
            (30, ["db-0", "db-2"]),
            (3, ["db-0", "db-1"]),
        ):
            replay.seek(float(position))
            wait_for(lambda wanted=wanted: rows(desk) == wanted, "the rows of that moment")  # type: ignore[misc]
            assert replay.progress.now == BEGAN + timedelta(seconds=position)


def test_what_had_been_done_is_done_and_then_not_yet_again(tmp_path: Path) -> None:
    with replayed(story(tmp_path / "a.rec"), tmp_path) as (replay, desk):
        replay.seek(25.0)
        wait_for(lambda: len(desk.view.runs) == 1, "the run")
        replay.seek(5.0)
        wait_for(lambda: not desk.view.runs, "nothing is done yet")


def test_one_steps_from_event_to_event_and_stands_there(tmp_path: Path) -> None:
    with replayed(story(tmp_path / "a.rec"), tmp_path, plays=True) as (replay, _):
        found = []
        while replay.step(1):
            found.append(replay.progress.position)
        assert (found, replay.progress.plays) == ([10.0, 20.0, 30.0], False)
        while replay.step(-1):
            found.append(replay.progress.position)
        assert found[3:] == [20.0, 10.0, 0.0]


def test_it_goes_on_by_itself_as_fast_as_it_is_told_to_and_ends(tmp_path: Path) -> None:
    with replayed(story(tmp_path / "a.rec"), tmp_path, plays=True) as (replay, desk):
        assert replay.go_at(10_000) == 1000
        wait_for(lambda: replay.progress.ended and rows(desk) == ["db-0", "db-2"], "the end")
        assert replay.pause()  # at the end it begins again
        assert replay.go_at(0) == 0.01
        wait_for(lambda: rows(desk) != ["db-0", "db-2"], "the beginning")


def test_ages_are_those_of_the_recorded_moment(tmp_path: Path) -> None:
    with replayed(story(tmp_path / "a.rec"), tmp_path) as (replay, desk):
        replay.seek(29.0)
        wait_for(lambda: desk.view.now == BEGAN + timedelta(seconds=29), "the view of that moment")
        assert desk.view.sources[0].age == timedelta(seconds=14)
        assert (replay.clock.now(), replay.clock.mono()) == (BEGAN + timedelta(seconds=29), HEADER.mono + 29)


def test_a_trap_that_nobody_looked_at_any_more_becomes_blind_as_it_would_have(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    with RecordingWriter(path, HEADER) as recording:
        recording.put(0.0, Facts({"local": trap("disk", 50, 0)}, (), around("local")))
        recording.put(900.0, Facts({"local": trap("disk", 50, 0)}, (), around("local", remarks=("later",))))
    with replayed(path, tmp_path) as (replay, desk):
        assert desk.view.traps[0].state is TrapState.ARMED
        replay.seek(800.0)
        wait_for(lambda: desk.view.traps[0].state is TrapState.BLIND, "the trap is blind")


def test_a_trap_is_not_blind_between_looks_that_were_recorded_later_than_made(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"

    def seen_at(after: float) -> Facts:
        said = trap("dump", 50, after)
        (view,) = said.traps or ()
        often = msgspec.structs.replace(view, trap=msgspec.structs.replace(view.trap, every=Seconds(3.0)))
        return Facts({"local": msgspec.structs.replace(said, traps=(often,))}, (), around("local"))

    with RecordingWriter(path, HEADER) as recording:  # as beside the process that looks, whose journal is asked every 5 s
        recording.put(5.9, seen_at(2.1))
        recording.put(10.9, seen_at(8.1))
        recording.put(40.0, seen_at(8.1))
    with replayed(path, tmp_path) as (replay, desk):
        for position, state in ((10.5, TrapState.ARMED), (15.0, TrapState.ARMED), (26.0, TrapState.BLIND)):
            replay.seek(position)
            wait_for(lambda: desk.view.now == replay.clock.now(), "the view of that moment")
            assert desk.view.traps[0].state is state, position


ACTIONS: tuple[Action, ...] = (
    Ack((Ref("am", "0"),)), Unack((Ref("am", "0"),)), MakeSilence("am", "a=b", BEGAN, "why"), PagePeople(("ana",), "help"),
    Start("restart"), Disarm(Ref("local", "disk"), BEGAN, "why"), ChangeIncident("incident.opened"),
)  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS, ids=lambda each: type(each).__name__)
def test_nothing_can_be_done_in_it(tmp_path: Path, action: Action) -> None:
    with replayed(story(tmp_path / "a.rec"), tmp_path) as (_, desk):
        said_of_it = "this is a recording of web-1 from 2026-11-02 03:12 UTC"
        assert (desk.why_not(action) or "").startswith(said_of_it)
        with pytest.raises(Refused, match=said_of_it):
            desk.ask(action)


def test_no_other_way_leads_to_anything_that_writes(tmp_path: Path) -> None:
    with replayed(story(tmp_path / "a.rec"), tmp_path) as (_, desk):
        refused: tuple[Callable[[], object], ...] = (
            lambda: desk.tick("book", None, "box"), lambda: desk.hold("secret"), lambda: desk.tell_address("am", "ana@example.com"),
            lambda: desk.lay_trap("disk", "text", None),
        )  # fmt: skip
        for each in refused:
            with pytest.raises(Refused, match="this is a recording"):
                each()
        assert desk.set_read_only(False)
        assert desk.try_trap({}, None).problem
        assert not desk.propose_traps(Ref("am", "0")).drafts


def test_its_incidents_are_those_of_then(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    opened_at = HEADER.at(10)
    entry = Noted(
        at=opened_at, kind="incident.opened", who="ana", subject="i1", data={"title": "Shop is slow", "severity": "critical"}
    )
    with RecordingWriter(path, HEADER) as recording:
        recording.put(0.0, Facts({"am": said((alert(0),), 0)}, (), around("am")))
        recording.tell(10.0, Written((entry,)), event=True)
        recording.put(20.0, Facts({"am": said((alert(0),), 20)}, (acked(0, 20),), around("am")))
    with replayed(path, tmp_path) as (replay, desk):
        assert not desk.incidents()
        replay.seek(20.0)
        wait_for(lambda: "i1" in desk.incidents(), "the incident")
        followed = desk.follow_incident("i1")
        assert followed is not None
        assert followed.incident.title == "Shop is slow"
        replay.seek(5.0)
        wait_for(lambda: not desk.incidents(), "it is not open yet")
        assert replay.recording.events == (0.0, 10.0, 20.0)


def test_what_was_printed_read_pictured_answered_and_laid_out_is_there_as_of_then(tmp_path: Path) -> None:
    path, first = tmp_path / "a.rec", BEGAN.timestamp()
    question = HistoryOf(Ref("am", "0"))
    shift = Shift(
        source="am", roster="primary", level=1, person="ana", name="Ana", timezone="UTC", start=BEGAN, end=HEADER.at(3600)
    )
    with RecordingWriter(path, HEADER) as recording:
        recording.put(0.0, Facts({"am": said((alert(0),), 0)}, (), around("am")))
        recording.tell(0.0, Pictured("am", "0", Curve(points=((first, 1.0), (first + 20, 2.0)), name="used")))
        recording.tell(0.0, Rostered(BEGAN, HEADER.at(3600), Laid(shifts=(shift,))))
        recording.tell(5.0, Printed("run-1", 0, ("\x1b[31mred\x1b[0m", "two\x1b]52;c;aGk=\x07")))
        recording.tell(10.0, Printed("run-1", 2, ("three",)), Read("disk", "used", ((first - 60, 40.0), (first + 9, 50.0))))
        recording.tell(15.0, replied(question, Answered(Story(facts={"why": "full"}))))
    with replayed(path, tmp_path) as (replay, desk):
        replay.seek(7.0)
        wait_for(lambda: len(desk.output("run-1").lines) == 2, "the first lines")
        red, two = desk.output("run-1").lines
        assert (red, "\x1b" in two) == ("\x1b[31mred\x1b[m", False)
        assert not desk.readings("disk", "used", HEADER.at(-3600))
        assert desk.look_up(question).value is None
        curve = desk.series(alert(0), 40)
        assert curve is not None
        assert curve.points == ((first, 1.0),)
        replay.seek(15.0)
        wait_for(lambda: desk.look_up(question).value is not None, "the answer")
        assert desk.output("run-1", 2) == Output(("three",), 2)
        assert desk.readings("disk", "used", HEADER.at(-3600)) == ((first - 60, 40.0), (first + 9, 50.0))
        laid = desk.laid_out(BEGAN, HEADER.at(3600))
        assert laid is not None
        assert [each.name for each in laid.shifts] == ["Ana"]


def test_a_recording_that_ends_in_the_middle_says_so(tmp_path: Path) -> None:
    path = story(tmp_path / "a.rec")
    path.write_bytes(path.read_bytes()[:-20])
    with replayed(path, tmp_path) as (_, desk):
        assert any("ends at 03:12:30 UTC: its end is cut off" in each for each in desk.view.remarks)


def test_where_it_cannot_be_read_further_it_stands_and_says_why(tmp_path: Path) -> None:
    from cockpit.core.recorded import Ended
    from cockpit.core.sharing import encoded

    path = story(tmp_path / "a.rec")
    with RecordingWriter(tmp_path / "b.rec", HEADER) as recording:
        recording.put(0.0, Facts({"am": said((alert(0),), 0)}, (), around("am")))
        recording._position = 10.0
        recording._write(0, [encoded(Ended("out of place"))], recording._packer)
        recording.put(20.0, Facts({"am": said((), 20)}, (), around("am")))
    with replayed(tmp_path / "b.rec", tmp_path) as (replay, desk):
        replay.seek(20.0)
        wait_for(lambda: "none of its kind belongs" in replay.progress.problem, "the problem")
        assert (rows(desk), replay.progress.position, replay.progress.plays) == (["db-0"], 0.0, False)
        assert any("none of its kind belongs" in each for each in desk.view.remarks)
    assert path.exists()


def test_how_well_sources_saw_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    blind = SourceHealth(source="am", provider="alertmanager", health=Health.BLIND, reason="gone", retry_in=timedelta(seconds=60))
    with RecordingWriter(path, HEADER) as recording:
        am = said((alert(0),), 0)
        recording.put(0.0, Facts({"am": am}, (), around("am")))
        recording.put(30.0, Facts({"am": am}, (), msgspec.structs.replace(around("am"), health=(blind,))))
        recording.put(60.0, Facts({"am": said((), 60)}, (), around("am")))
    with replayed(path, tmp_path) as (replay, desk):
        replay.seek(50.0)
        wait_for(lambda: desk.view.sources[0].health is Health.BLIND, "it is blind")
        assert desk.view.alerts[0].stale
        assert desk.view.sources[0].retry_in == timedelta(seconds=40)
        assert desk.view.sources[0].age == timedelta(seconds=50)


def test_the_journal_of_a_replay_lies_in_its_own_directory(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    with replayed(story(tmp_path / "a.rec"), place) as (replay, _):
        assert replay.journal.problem == ""
        assert list(place.rglob("journal.sqlite"))
    assert [each.name for each in tmp_path.iterdir()] == ["place", "a.rec"] or len(list(tmp_path.iterdir())) == 2


def test_the_report_of_a_replay_is_of_the_machine_that_was_recorded(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    mine = Runbook(name="clean", title="Clean", match=f"host={HEADER.host}", steps=())
    with RecordingWriter(path, HEADER) as recording:
        for after in (0.0, 1.0):
            here = {"local": trap("root-disk", 80.0, after)}
            recording.put(after, Facts(here, (), around("local", runbooks=(mine,))))
    with replayed(path, tmp_path) as (replay, desk):
        replay.seek(1.0)
        wait_for(lambda: desk.view.traps, "the trap")
        made = desk.report(HEADER.at(0.0), HEADER.at(60.0), "UTC")
        assert made.undrilled == ("root-disk",)
        assert [(each.traps, each.no_runbook) for each in made.learnt.services] == [(1, ())]


def test_a_desk_is_what_a_screen_talks_to(tmp_path: Path) -> None:
    replay = Replay(opened(story(tmp_path / "a.rec")), tmp_path, plays=False)
    desk: Desk = ReplayDesk(replay, Config())
    assert desk.silent_for() == 0.0
    replay.stop()
    assert isinstance(acked(0, 0), Run)
