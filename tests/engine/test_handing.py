"""What a hand-over writes into a real journal, by the engine that a screen asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from cockpit import plugins
from cockpit.config.model import Config
from cockpit.core.handover import LONGEST, Brief
from cockpit.core.schedule import Schedule
from cockpit.engine.desk import Refused
from cockpit.engine.engine import Engine
from cockpit.engine.handing import leave, take_back
from cockpit.engine.handover_facts import notes
from cockpit.engine.journal import Journal, open_journal
from cockpit.testing import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def journal(tmp_path: Path, clock: FakeClock) -> Iterator[Journal]:
    journal = open_journal(tmp_path / "state", clock)
    yield journal
    journal.close()


@pytest.fixture
def engine(journal: Journal, clock: FakeClock, tmp_path: Path) -> Engine:
    return Engine(
        Config(me=("ana",)), journal, clock, load_provider=partial(plugins.load, plugins.PROVIDERS),
        load_probe=partial(plugins.load, plugins.PROBES), state_dir=tmp_path / "state",
    )  # fmt: skip


def told(engine: Engine, clock: FakeClock) -> Brief:
    return engine.handover(Schedule(since=clock.now() - LONGEST, until=clock.now() + LONGEST))


def test_what_is_noted_and_marked_stands_in_the_next_brief(engine: Engine, journal: Journal, clock: FakeClock) -> None:
    engine.note_for_next("  the disk is swapped on \x1b[31mTuesday ")
    assert [(each.who, each.text) for each in told(engine, clock).notes] == [("ana", "the disk is swapped on ␛[31mTuesday")]
    assert engine.hand_over(told(engine, clock), "Bo\n") == "ana"
    made = told(engine, clock)
    assert made.handed is not None
    assert (made.handed.giver, made.handed.taker, made.handed.at) == ("ana", "Bo", clock.now())
    journal.record("mark", at=clock.now() + timedelta(seconds=1), who="bo", data={"text": "rolled back"})
    clock.advance(5)
    assert [each.text for each in told(engine, clock).since_then] == ["rolled back"]


def test_read_only_and_nothing_to_say_are_refused_and_write_nothing(engine: Engine, journal: Journal, clock: FakeClock) -> None:
    with pytest.raises(Refused, match="nothing to note"):
        engine.note_for_next(" \n")
    made = told(engine, clock)
    engine.set_read_only(True)
    with pytest.raises(Refused, match="read-only"):
        engine.note_for_next("x")
    with pytest.raises(Refused, match="read-only"):
        engine.hand_over(made, "Bo")
    assert journal.entries() == ()


def test_a_note_is_taken_back_once(journal: Journal, clock: FakeClock) -> None:
    one, two = (leave(journal, text, "ana", clock.now()) for text in ("one", "two"))
    assert take_back(journal, one, "bo", clock.now()).text == "one"
    with pytest.raises(LookupError, match=f"there is no note {one}"):
        take_back(journal, one, "bo", clock.now())
    assert [each.number for each in notes(journal, clock.now() - timedelta(days=1))] == [two]
