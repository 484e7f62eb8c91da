"""Markdown runbooks in a living engine: offered, run as shown, read again when their files change."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit import plugins
from cockpit.config.model import Config, Repository
from cockpit.config.shelf import Shelf, Shelves
from cockpit.core.actions import Reply, Run, RunState, Start
from cockpit.core.alerts import Ref
from cockpit.core.rows import Breathe
from cockpit.core.runbooks import Runbook
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.engine.bookcase import Bookcase
from cockpit.engine.desk import Refused
from cockpit.engine.engine import Engine
from cockpit.engine.journal import open_journal
from cockpit.testing import FakeClock
from cockpit.testing.clock import START
from support.waiting import wait

LOOK = Runbook(name="look", title="Look", steps=(Step(RunStep(("true",))),))
TEXT = "---\nmatch: alertname=x\n---\n# Count\n\n```sh\necho {}\n```\n"


def put(top: Path, name: str, text: str) -> None:
    """As an editor does: another file in its place."""
    (top / f"{name}.new").write_text(text, "utf-8")
    (top / f"{name}.new").rename(top / f"{name}.md")


@pytest.fixture
def top(tmp_path: Path) -> Path:
    made = tmp_path / "runbooks"
    made.mkdir(mode=0o755)
    put(made, "count", TEXT.format("one"))
    return made


class Living:
    """An engine at work on a clock in the test's hand."""

    def __init__(self, top: Path) -> None:
        self.clock = FakeClock(START)
        config = Config(me=("ana",), runbooks={"look": LOOK}, repositories={"ops": Repository(name="ops", path=str(top))})
        self.journal = open_journal(top.parent / "state", self.clock)
        self.engine = Engine(
            config, self.journal, self.clock,
            load_provider=lambda name: plugins.load(plugins.PROVIDERS, name),
            load_probe=lambda name: plugins.load(plugins.PROBES, name),
            state_dir=top.parent / "state",
        )  # fmt: skip
        self.engine.start()
        wait(lambda: "count" in [book.name for book in self.engine.view.runbooks], "the runbook")

    def settled(self, run_id: str) -> tuple[RunState, str]:
        wait(lambda: (found := self.run(run_id)) is not None and found.state.settled, "its end")
        run = self.run(run_id)
        assert run is not None
        return run.state, run.reason

    def asked(self, run_id: str, number: int) -> None:
        """Wait until the run waits for its answer of that number."""
        wait(lambda: (run := self.run(run_id)) is not None and run.wants is not None and run.wants.number == number, "the question")

    def run(self, run_id: str) -> Run | None:
        return next((each for each in self.engine.view.runs if each.id == run_id), None)


@pytest.fixture
def living(top: Path) -> Iterator[Living]:
    made = Living(top)
    yield made
    made.engine.stop()
    made.journal.close()


def test_it_stands_beside_those_of_the_config_and_runs(living: Living) -> None:
    wait(lambda: len(living.engine.view.runbooks) == 2, "both runbooks")
    plan = living.engine.plan("count", None, {})
    assert plan.refused == ""
    run_id = living.engine.ask(Start("count", {}, None, plan.exact))
    assert living.settled(run_id) == (RunState.CONFIRMED, "")
    assert "one" in living.engine.output(run_id).lines


def test_one_that_changed_after_it_was_shown_is_not_run(living: Living, top: Path) -> None:  # safety 10
    plan = living.engine.plan("count", None, {})
    put(top, "count", TEXT.format("two"))
    state, reason = living.settled(living.engine.ask(Start("count", {}, None, plan.exact)))
    assert state is RunState.FAILED
    assert "look again" in reason
    again = living.engine.plan("count", None, {})
    assert "echo two" in str(again.exact), "the next look shows what lies there now"


def test_one_that_was_taken_away_after_it_was_shown_is_not_run(living: Living, top: Path) -> None:  # safety 10
    plan = living.engine.plan("count", None, {})
    (top / "count.md").unlink()
    state, reason = living.settled(living.engine.ask(Start("count", {}, None, plan.exact)))
    assert (state, reason) == (RunState.FAILED, "there is no runbook count")


def test_what_is_written_there_is_seen_without_a_restart(living: Living, top: Path) -> None:
    put(top, "more", TEXT.format("more"))
    living.clock.advance_until(lambda: "more" in living.engine.books())
    wait(lambda: len(living.engine.view.runbooks) == 3, "it in the view")
    put(top, "more", "---\ntitel: x\n---\n# More\n")
    living.clock.advance_until(lambda: living.engine.books()["more"].runbook is None)
    wait(lambda: any("did you mean title?" in remark for remark in living.engine.view.remarks), "the remark")
    (top / "more.md").unlink()
    living.clock.advance_until(lambda: not living.engine.view.remarks)


def test_a_config_that_is_taken_over_brings_its_directories(living: Living, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir(mode=0o755)
    put(other, "elsewhere", TEXT.format("x"))
    living.engine.adopt(Config(me=("ana",), repositories={"ops": Repository(name="ops", path=str(other))}))
    wait(lambda: list(living.engine.books()) == ["elsewhere"], "the other directory")
    wait(lambda: [book.name for book in living.engine.view.runbooks] == ["elsewhere"], "its runbook")
    living.engine.adopt(Config(me=("ana",)))
    wait(lambda: living.engine.books() == {} and living.engine.view.runbooks == (), "none")


def test_the_directory_beside_the_config_may_come_while_the_cockpit_runs(living: Living, tmp_path: Path) -> None:
    home = tmp_path / "config"
    home.mkdir(mode=0o755)
    living.engine.adopt(Config(me=("ana",), directory=home))
    wait(lambda: living.engine.books() == {} and living.engine.view.runbooks == (), "none")
    (home / "runbooks").mkdir(mode=0o755)
    put(home / "runbooks", "first", TEXT.format("first"))
    living.clock.advance_until(lambda: "first" in living.engine.books())
    wait(lambda: [book.name for book in living.engine.view.runbooks] == ["first"], "it in the view")
    (home / "runbooks" / "first.md").unlink()
    (home / "runbooks").rmdir()
    living.clock.advance_until(lambda: not living.engine.books())
    assert not living.engine.view.remarks, "it needs not be there"


def test_ticks_and_the_place_outlive_the_engine_and_are_another_cockpits_too(living: Living, top: Path) -> None:
    living.engine.tick("count", None, "Tell them")
    living.engine.leave("count", 7)
    assert set(living.engine.margin("count", None).ticks) == {"Tell them"}
    wait(lambda: len(living.journal.entries(kind="reader.")) == 2, "both in the journal")
    beside = Living(top)
    try:
        wait(lambda: "Tell them" in beside.engine.margin("count", None).ticks, "the tick of the first")
        assert beside.engine.margin("count", None).line == 7
        assert beside.engine.margin("count", None).ticks["Tell them"].who == "ana"
        assert beside.engine.margin("count", Ref("am", "1")).ticks == {}, "another occasion, another list"
        beside.engine.tick("count", None, "Tell them")
        wait(lambda: len(living.journal.entries(kind="reader.unticked")) == 1, "it taken back")
        living.clock.advance_until(lambda: living.engine.margin("count", None).ticks == {})
    finally:
        beside.engine.stop()
        beside.journal.close()


BY_HAND = """---
match: alertname=x
params: {who: {default: them}}
---
- [ ] Tell {who}

```sh
echo between
```

- [ ] Tell {who}
"""


def test_what_is_ticked_in_a_run_is_ticked_in_the_text(living: Living, top: Path) -> None:
    put(top, "hand", BY_HAND)
    living.clock.advance_until(lambda: "hand" in [book.name for book in living.engine.view.runbooks])
    plan = living.engine.plan("hand", None, {})
    run_id = living.engine.ask(Start("hand", {}, None, plan.exact))
    for number, ticked in enumerate(({"Tell {who}"}, {"Tell {who}", "Tell {who} (2)"}), 1):
        living.asked(run_id, number)
        assert len(living.engine.margin("hand", None).ticks) == number - 1
        living.engine.ask(Reply(run_id, number, "yes"))
        assert set(living.engine.margin("hand", None).ticks) == ticked
    assert living.settled(run_id) == (RunState.CONFIRMED, "")
    assert [line for line in living.engine.output(run_id).lines if "Tell" in line] == ["[ ] Tell them", "[ ] Tell them"]


def test_a_tick_for_no_alert_is_gone_the_next_night_and_read_only_writes_none(living: Living) -> None:  # safety 12
    living.engine.set_read_only(True)
    living.engine.tick("count", None, "Tell them")
    assert set(living.engine.margin("count", None).ticks) == {"Tell them"}
    assert living.journal.entries(kind="reader.") == ()
    living.clock.advance(13 * 3600)
    assert living.engine.margin("count", None).ticks == {}


def test_a_disk_that_does_not_answer_leaves_what_was_read_and_none_of_it_runs(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = threading.Event()
    stuck.set()
    real = Shelves.read

    def slow(self: Shelves, breathe: Breathe) -> Shelf:
        assert stuck.wait(30)
        return real(self, breathe)

    monkeypatch.setattr(Shelves, "read", slow)

    async def go() -> None:
        bookcase = Bookcase(Config(runbooks={"look": LOOK}, repositories={"ops": Repository(name="ops", path=str(top))}))
        await bookcase.look()
        assert bookcase.doubt("count") == ""
        stuck.clear()
        assert await bookcase.look(0.01), "that it is in doubt is news"
        assert "count" in bookcase.runbooks
        assert "does not answer" in bookcase.doubt("count")
        assert "does not answer" in bookcase.remarks[0]
        assert bookcase.doubt("look") == "", "what stands in the config is not there"
        stuck.set()
        assert await bookcase.look(10.0)
        assert bookcase.doubt("count") == ""
        bookcase.close()

    asyncio.run(go())


def test_what_is_only_read_is_offered_by_its_match_and_refused_as_a_run(living: Living, top: Path) -> None:
    put(top, "prose", "---\nmatch: alertname=x\n---\n# Only words\n")
    living.clock.advance_until(lambda: "prose" in [book.name for book in living.engine.view.runbooks])
    with pytest.raises(Refused, match="no steps"):
        living.engine.ask(Start("prose"))
