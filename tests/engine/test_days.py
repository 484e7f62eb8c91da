"""Absences that a source knows, in the rosters of this machine: as soon as it tells them, and no longer than it does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from cockpit import plugins
from cockpit.config.model import SourceConfig
from cockpit.core.days import Leave
from cockpit.core.roster import Shift
from cockpit.core.schedule import Schedule
from cockpit.core.view import View
from cockpit.engine.engine import Engine
from cockpit.engine.journal import open_journal
from cockpit.provider import Unreachable
from cockpit.testing import FakeClock, FakeProvider
from cockpit.testing.clock import START
from support.configs import loaded, write

TEAM = """
me = ["ana"]
[people.ana]
[people.bo]
[rosters.primary]
timezone = "UTC"
away = "skip"
[[rosters.primary.layers]]
people = ["ana", "bo"]
start = 2026-11-23T00:00:00
turn = "1 week"
[sources.local]
provider = "local"
"""
AWAY = Leave(source="leaves", person="ana", start=START - timedelta(hours=1), end=START + timedelta(days=1))


class Rig:
    """An engine with a source that knows of absences."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, FakeClock()
        self.leaves = FakeProvider("leaves")
        self.journal = open_journal(folder / "state", self.clock)
        self.engines: list[Engine] = []

        self.alone = loaded(write(folder / "config.toml", TEAM))
        leaves = SourceConfig(name="leaves", provider="leaves")
        self.beside = msgspec.structs.replace(self.alone, sources={**self.alone.sources, "leaves": leaves})

    def engine(self) -> Engine:
        turned = self.leaves

        class Given(FakeProvider):
            def __new__(cls, *_: object) -> FakeProvider:  # type: ignore[misc]  # the one that the test turns
                return turned

        def provider(name: str) -> type:
            return Given if name == "leaves" else plugins.load(plugins.PROVIDERS, name)

        made = Engine(
            self.beside, self.journal, self.clock,
            load_provider=provider, load_probe=partial(plugins.load, plugins.PROBES), state_dir=self.folder,
        )  # fmt: skip
        self.engines.append(made)
        return made

    def turned(self, engine: Engine, condition: Callable[[View], bool]) -> None:
        self.clock.advance_until(lambda: condition(engine.view))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    for engine in made.engines:
        engine.stop()
    made.journal.close()


def on(view: View) -> str:
    """Who is on call by this machine's roster."""
    return next((each.now.person for each in view.rosters if each.source == "local" and each.now is not None), "")


def test_who_goes_away_is_skipped_and_back_when_they_are_back(rig: Rig) -> None:
    engine = rig.engine()
    engine.start()
    rig.turned(engine, lambda view: on(view) == "ana")
    rig.leaves.known_days = (AWAY,)
    rig.turned(engine, lambda view: on(view) == "bo")
    assert engine.here.plan().on_call(rig.clock.now())[0].now is not None
    assert [each.now and each.now.person for each in engine.here.plan().on_call(rig.clock.now())] == ["bo"]
    rig.leaves.known_days = ()
    rig.turned(engine, lambda view: on(view) == "ana")


def test_what_a_source_said_is_believed_while_it_cannot_be_asked_and_forgotten_when_it_is_gone(rig: Rig) -> None:
    engine = rig.engine()
    rig.leaves.known_days = (AWAY,)
    engine.start()
    rig.turned(engine, lambda view: on(view) == "bo")
    rig.leaves.failure = Unreachable("no")
    rig.turned(engine, lambda view: any(each.source == "leaves" and not each.health.sees for each in view.sources))
    assert on(engine.view) == "bo"
    engine.adopt(rig.alone)
    rig.turned(engine, lambda view: on(view) == "ana")


def test_one_question_asks_for_the_days_first(rig: Rig) -> None:
    rig.leaves.known_days = (AWAY,)
    engine = rig.engine()

    async def asked() -> tuple[str, str]:
        async with engine.session():
            rosters, silent = await engine.on_call(START)
            laid = await engine.schedule(START, START + timedelta(days=3))
            assert silent == ()
            now = next(each.now for each in rosters if each.source == "local")
            ours = [f"{each.person} {each.start:%d}" for each in laid.shifts if each.source == "local" and each.start]
            return (now.person if now is not None else ""), " ".join(ours)

    assert asyncio.run(asked()) == ("bo", "bo 23 ana 24")


def test_once_is_enough(rig: Rig) -> None:
    rig.leaves.known_days = (AWAY,)
    engine = rig.engine()

    async def asked() -> View:
        async with engine.session():
            return await engine.once(look=False)

    assert on(asyncio.run(asked())) == "bo"


def test_an_absence_that_cannot_be_is_left_out_and_counted(rig: Rig) -> None:
    engine = rig.engine()
    backwards = Leave(source="leaves", person="ana", start=AWAY.end, end=AWAY.start)
    naive = Leave(source="leaves", person="ana", start=datetime(2026, 11, 23), end=datetime(2026, 11, 24, tzinfo=UTC))
    rig.leaves.known_days = (backwards, naive, AWAY)
    engine.start()
    rig.turned(engine, lambda view: on(view) == "bo")
    (health,) = (each for each in engine.view.sources if each.source == "leaves")
    assert health.rejected == 2


def test_hours_are_counted_although_a_source_names_a_zone_that_nobody_knows(rig: Rig) -> None:
    engine = rig.engine()
    start, end = START, START + timedelta(hours=9)
    rig.leaves.laid = tuple(
        Shift(roster=zone, level=2, person="x", name="X", timezone=zone, start=start, end=end, source="leaves")
        for zone in ("", "Mars/Olympus", "Europe/Berlin")
    )

    async def asked() -> Schedule:
        async with engine.session():
            return await engine.schedule(START, START + timedelta(days=1))

    laid = asyncio.run(asked())
    assert {each.roster: each.timezone for each in laid.shifts if each.source == "leaves"} == {
        "": "UTC", "Mars/Olympus": "UTC", "Europe/Berlin": "Europe/Berlin",
    }  # fmt: skip
    assert {load.person: load.hours for load in laid.loads}["x"] == 9
