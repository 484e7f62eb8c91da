"""Ways back in the journal: for another cockpit, once, without secrets, and what is there where a cockpit was killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cockpit.config.model import Config
from cockpit.core.actions import Run, RunState, Start
from cockpit.core.runbooks import Approval, Param, Runbook
from cockpit.core.steps.capture import Capture
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.ways_back import Undoing, WayBack
from cockpit.engine.clock import SystemClock
from cockpit.engine.desk import Refused
from cockpit.engine.engine import Engine
from cockpit.engine.journal import open_journal
from cockpit.provider import Conflict
from cockpit.testing.clock import FakeClock
from support.waiting import wait

DONE = Step(
    RunStep(("sh", "-c", "echo number 7")),
    capture={"n": Capture(regex="number (.)", pattern="[0-9]")},
    undo=Step(RunStep(("sh", "-c", 'echo "$0 $1" >> "$2"', "{it}", "{n}", "{log}"))),
)


def book(**more: object) -> Runbook:
    made: dict[str, object] = {"changes": "marks", "params": {"it": Param(), "log": Param()}, "steps": (DONE,)}
    return Runbook(name="mark", title="Mark", **(made | more))  # type: ignore[arg-type]  # fields of Runbook


@contextmanager
def engine(folder: Path, made: Runbook, **more: object) -> Iterator[Engine]:
    journal = open_journal(folder, SystemClock())
    config = Config(me=("ana",), runbooks={"mark": made}, **more)  # type: ignore[arg-type]  # fields of Config
    on = Engine(config, journal, SystemClock(), load_provider=_none, load_probe=_none, state_dir=folder)
    on.start()
    try:
        yield on
    finally:
        on.stop()
        journal.close()


def _none(name: str) -> type:
    raise LookupError(name)


def settled(on: Engine, run_id: str) -> Run:
    def found() -> Run | None:
        return next((run for run in on.view.runs if run.id == run_id and run.state.settled), None)

    wait(lambda: found() is not None, "the end of the run")
    run = found()
    assert run is not None
    return run


def marked(folder: Path) -> Run:
    """A run of a cockpit that is no more."""
    with engine(folder / "state", book()) as on:
        given = {"it": "a b", "log": str(folder / "log")}
        return settled(on, on.ask(Start("mark", given, None, on.plan("mark", None, given).exact)))


def test_another_cockpit_takes_back_what_one_did_and_neither_does_it_twice(tmp_path: Path) -> None:
    run = marked(tmp_path)
    with engine(tmp_path / "state", book()) as one, engine(tmp_path / "state", book()) as other:
        wait(lambda: any(each.id == run.id for each in other.view.runs), "the run")
        assert one.way_back(run.id) is None, "it is not this cockpit's own"
        plans = [on.find_way_back(run) for on in (one, other)]
        assert plans[0] is not None
        assert plans[0].deeds == (("sh", "-c", 'echo "$0 $1" >> "$2"', "a b", "7", str(tmp_path / "log")),)
        assert plans[0].changes == "marks"
        assert plans[1] is not None
        done = settled(one, one.ask(Start("mark", {}, None, plans[0].exact, undoes=run.id)))
        assert done.state is RunState.CONFIRMED, done
        late = settled(other, other.ask(Start("mark", {}, None, plans[1].exact, undoes=run.id)))
        assert late.state is RunState.FAILED
        assert "it was undone already: ana did at" in late.reason
        gone = one.find_way_back(run)
        assert gone is not None
        assert "it was undone already" in gone.refused
    assert (tmp_path / "log").read_text() == "a b 7\n"


PICKY = Step(
    RunStep(("true",)),
    undo=Step(RunStep(("sh", "-c", 'echo "$0" >> "$1"; test -e "$1.well"', "{it}", "{log}"))),
)
"""What takes it back goes wrong until there is a file that says otherwise."""


def picky(folder: Path, **more: object) -> tuple[Runbook, Run]:
    """Such a runbook, and a run of it by a cockpit that is no more."""
    made = book(steps=(PICKY,), **more)
    with engine(folder / "state", made) as on:
        given = {"it": "x", "log": str(folder / "log")}
        return made, settled(on, on.ask(Start("mark", given, None, on.plan("mark", None, given).exact)))


def undone(on: Engine, run: Run) -> Run:
    """The end of the run that takes that one back, as it is offered now."""
    plan = on.find_way_back(run)
    assert plan is not None
    assert not plan.refused, plan.refused
    return settled(on, on.ask(Start("mark", {}, None, plan.exact, undoes=run.id)))


def test_an_undo_that_failed_is_offered_again_with_that_word_until_one_went_well(tmp_path: Path) -> None:
    made, run = picky(tmp_path)
    with engine(tmp_path / "state", made) as one, engine(tmp_path / "state", made) as other:
        failed = undone(one, run)
        assert failed.state is RunState.FAILED
        for on in (one, other):
            plan = on.find_way_back(run)
            assert plan is not None
            assert not plan.refused
            assert plan.warning.startswith(f"ana's undo of {failed.at:%Y-%m-%d %H:%M:%S} UTC failed (")
            assert plan.warning.endswith(f", as {failed.id}): look before you take it back.")
        (tmp_path / "log.well").touch()
        assert undone(other, run).state is RunState.CONFIRMED
        gone = one.find_way_back(run)
        assert gone is not None
        assert "it was undone already: ana did at" in gone.refused
    assert (tmp_path / "log").read_text() == "x\nx\n"


def test_what_one_ran_oneself_and_could_not_undo_is_offered_again_too(tmp_path: Path) -> None:
    made = book(steps=(PICKY,))
    with engine(tmp_path / "state", made) as on:
        given = {"it": "x", "log": str(tmp_path / "log")}
        run = settled(on, on.ask(Start("mark", given, None, on.plan("mark", None, given).exact)))
        assert undone(on, run).state is RunState.FAILED
        (tmp_path / "log.well").touch()
        assert undone(on, run).state is RunState.CONFIRMED
        late = on.find_way_back(run)
        assert late is not None
        assert "it was undone already" in late.refused


def test_what_somebody_tried_meanwhile_is_shown_before_it_is_tried_again(tmp_path: Path) -> None:  # safety 10
    made, run = picky(tmp_path)
    with engine(tmp_path / "state", made) as one, engine(tmp_path / "state", made) as other:
        seen = one.find_way_back(run)
        assert seen is not None
        assert undone(other, run).state is RunState.FAILED
        late = settled(one, one.ask(Start("mark", {}, None, seen.exact, undoes=run.id)))
        assert late.state is RunState.FAILED
        assert "ana's undo of" in late.reason
        assert late.reason.endswith("look before you take it back; nothing was executed")
    assert (tmp_path / "log").read_text() == "x\n"


def test_what_another_has_to_approve_waits_for_that_there_too(tmp_path: Path) -> None:
    run = marked(tmp_path)
    with engine(tmp_path / "state", book(approve=Approval.OTHER)) as on:
        found = on.find_way_back(run)
        assert found is not None
        assert found.refused.startswith("mark has changed since"), "it needs another's yes now, and did not then"


def test_read_only_undoes_nothing(tmp_path: Path) -> None:
    run = marked(tmp_path)
    with engine(tmp_path / "state", book()) as on:
        plan = on.find_way_back(run)
        assert plan is not None
        on.set_read_only(True)
        with pytest.raises(Refused, match="read-only is on"):
            on.ask(Start("mark", {}, None, plan.exact, undoes=run.id))
    assert not (tmp_path / "log").exists()


def test_a_secret_that_a_step_printed_is_kept_nowhere(tmp_path: Path) -> None:  # safety 22
    secret = "hunter2-sesame"
    step = Step(
        RunStep(("sh", "-c", "echo number hunter2-$0", "sesame")),
        capture={"n": Capture(regex="number (.*)", pattern=".*")},
        undo=DONE.undo,
    )
    made = book(steps=(step,))
    with engine(tmp_path / "state", made) as on:
        on._runner.secrets = lambda: (secret,)  # as a source's token is one
        given = {"it": "x", "log": str(tmp_path / "log")}
        run = settled(on, on.ask(Start("mark", given, None, on.plan("mark", None, given).exact)))
        assert run.state is RunState.CONFIRMED, run
        assert on.way_back(run.id) is not None
    with engine(tmp_path / "state", made) as other:
        found = other.find_way_back(run)
        assert found is not None
        assert found.deeds[0][-2] == "***", "a step gives what may be shown of its output"
    kept = [file for file in (tmp_path / "state").rglob("*") if file.is_file()]
    assert not [file for file in kept if secret.encode() in file.read_bytes()]


def test_the_journal_keeps_the_newest_word_and_bytes_that_are_no_text_are_said_to_be_lost(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path / "state", FakeClock())) as journal:
        clock = FakeClock()
        assert journal.way_back("r1") == (None, None)
        way = WayBack((1,), {"it": "\x1b[31m\u202e"}, (("rm", "\x1b[31m\u202e"),), "web", "marks")
        journal.keep_way_back("r1", way, who="ana", at=clock.now())
        assert journal.way_back("r1") == (way, None), "byte for byte"
        journal.take_back("r1", by="u1", after="", who="bo", at=clock.now())
        journal.keep_way_back("r2", WayBack((1,), {"it": "\udcff"}), who="ana", at=clock.now())
        lost, _ = journal.way_back("r2")
        assert isinstance(lost, WayBack)
        assert "is no text" in lost.lost


def undoing(state: RunState, number: int, reason: str = "") -> Run:
    action = Start("mark", {}, None, (("true",),), undoes="r1")
    return Run(
        id=f"u{number}", at=FakeClock().now(), who="bo", action=action, what="undo mark", target="web", state=state, reason=reason
    )


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (RunState.FAILED, "failed (step 1 broke, as u1)"),
        (RunState.CANCELLED, "was cancelled (step 1 broke, as u1)"),
        (RunState.TIMED_OUT, "did not end in time (step 1 broke, as u1)"),
        (RunState.UNCERTAIN, "has an outcome that nobody knows (as u1)"),
    ],
)
def test_only_an_undo_that_went_well_or_goes_on_stands_against_another(tmp_path: Path, state: RunState, word: str) -> None:
    clock = FakeClock()
    with closing(open_journal(tmp_path / "state", clock)) as journal:
        way = WayBack((1,), {}, (("true",),), "web", "marks")
        journal.keep_way_back("r1", way, who="ana", at=clock.now())
        journal.put_run(undoing(RunState.RUNNING, 1))
        journal.take_back("r1", by="u1", after="", who="bo", at=clock.now())
        now = f"{clock.now():%Y-%m-%d %H:%M:%S}"
        assert journal.way_back("r1") == (way, Undoing("u1", "bo", now, RunState.RUNNING))
        with pytest.raises(Conflict, match=f"bo has been undoing it since {now} UTC, as u1: wait for that"):
            journal.take_back("r1", by="u2", after="u1", who="ana", at=clock.now())
        journal.put_run(undoing(state, 1, "step 1 broke"))
        with pytest.raises(Conflict, match="look before you take it back"):
            journal.take_back("r1", by="u2", after="", who="ana", at=clock.now())
        _, begun = journal.way_back("r1")
        assert begun is not None
        assert begun.says == f"bo's undo of {now} UTC {word}: look before you take it back"
        journal.take_back("r1", by="u2", after="u1", who="ana", at=clock.now())
        journal.put_run(undoing(RunState.CONFIRMED, 2))
        with pytest.raises(Conflict, match=f"it was undone already: ana did at {now} UTC"):
            journal.take_back("r1", by="u3", after="u2", who="bo", at=clock.now())


def test_an_undo_of_which_nothing_is_kept_has_an_outcome_that_nobody_knows(tmp_path: Path) -> None:
    clock = FakeClock()
    with closing(open_journal(tmp_path / "state", clock)) as journal:
        journal.take_back("r1", by="u1", after="", who="bo", at=clock.now())
        _, begun = journal.way_back("r1")
        assert begun is not None
        assert begun.state is RunState.UNCERTAIN
        journal.record("run.taken_back", at=clock.now(), who="cy", subject="r2")  # as it was written before
        _, begun = journal.way_back("r2")
        assert begun == Undoing("", "cy", f"{clock.now():%Y-%m-%d %H:%M:%S}", RunState.UNCERTAIN)
