"""Pictures of what was measured: asked when somebody looks, one question at a time, remembered, and never in anybody's way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cockpit import plugins
from cockpit.config.model import Config, SourceConfig
from cockpit.core.alerts import Alert, AlertState, Link, Ref, Severity
from cockpit.core.curves import Curve
from cockpit.core.sources import Health
from cockpit.core.traps import Trap, TrapView, Watch, as_told
from cockpit.core.units import Bound
from cockpit.engine.charts import FRESH
from cockpit.engine.engine import Engine
from cockpit.engine.journal import open_journal
from cockpit.provider import Answer, RateLimited, Unreachable
from cockpit.testing import FakeClock, FakeProvider, as_class
from cockpit.testing.clock import START
from support.waiting import wait

POINTS = tuple((START.timestamp() - 60 * ago, float(ago)) for ago in range(9, 0, -1))
GENERATOR = (Link("generator", "http://prom.example/graph?g0.expr=up"),)


class Measuring(FakeProvider):
    """A source with rules and their series. ``gate`` holds every answer back while it is closed; ``told`` is what it answers."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.gate = threading.Event()
        self.gate.set()
        self.told: Callable[[Any], object] = lambda about: Curve(points=POINTS, what="up")
        self.asked: list[tuple[str, datetime, datetime, int]] = []

    async def traps(self) -> Answer[TrapView]:
        """Three rules."""
        return Answer(tuple(rule(self.name, name) for name in "abc"))

    async def series(self, about: Alert | TrapView, since: datetime, until: datetime, points: int) -> Any:
        """What the test says."""
        self.asked.append((about.name if isinstance(about, Alert) else about.trap.name, since, until, points))
        while not self.gate.is_set():
            await self._host.clock.sleep(0)
        return self.told(about)


def rule(source: str, name: str) -> TrapView:
    return as_told(source, Trap(name=name, probe="rule"), Watch(told=True), START)


def alert(source: str = "am", links: tuple[Link, ...] = GENERATOR) -> Alert:
    return Alert(ref=Ref(source, "1"), name="Down", severity=Severity.ERROR, state=AlertState.FIRING, links=links)


class Rig:
    """An engine over an Alertmanager of a kind and two sources that measure."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock(START)
        self.am, self.eu, self.us = FakeProvider("am"), Measuring("eu"), Measuring("us")
        held: dict[str, FakeProvider] = {"am": self.am, "eu": self.eu, "us": self.us}
        self.journal = open_journal(folder, self.clock)
        self.engine = Engine(
            Config(sources={name: SourceConfig(name=name, provider=name) for name in held}),
            self.journal,
            self.clock,
            load_provider=lambda name: as_class(held[name]) if name in held else plugins.load(plugins.PROVIDERS, name),
            load_probe=partial(plugins.load, plugins.PROBES),
            state_dir=folder,
        )
        self.engine.start()
        wait(lambda: all(each.health is Health.LIVE for each in self.engine.view.sources), "all sources")

    def get(self, about: Alert | TrapView, cells: int = 40) -> Curve:
        """Once it has come."""
        wait(lambda: self.engine.series(about, cells) != Curve(), "the series")
        found = self.engine.series(about, cells)
        assert found is not None
        return found


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.eu.gate.set()
    assert made.engine.stop()
    made.journal.close()


def test_it_is_asked_for_when_somebody_looks_and_drawn_when_it_comes(rig: Rig) -> None:
    told = threading.Event()
    rig.engine.on_change(told.set)
    assert rig.engine.series(rule("eu", "a"), 40) == Curve(), "it is being asked for"
    assert told.wait(10)
    assert rig.get(rule("eu", "a")).points == POINTS
    assert rig.get(rule("eu", "a")).source == "eu"
    ((_, since, until, points),) = rig.eu.asked
    assert timedelta(hours=6) <= until - since <= timedelta(hours=7)
    assert until <= START
    assert points == 39


def test_it_is_remembered_for_a_while_and_asked_for_again_after_that(rig: Rig) -> None:
    for _ in range(5):
        rig.get(rule("eu", "a"))
    assert len(rig.eu.asked) == 1
    rig.clock.advance(FRESH + 1)
    assert rig.engine.series(rule("eu", "a"), 40) is not None, "the old one stays until the new one comes"
    wait(lambda: len(rig.eu.asked) == 2, "the second question")


def test_it_is_asked_for_once_however_often_it_is_drawn_meanwhile(rig: Rig) -> None:
    rig.eu.gate.clear()
    rig.engine.series(rule("eu", "a"), 40)
    wait(lambda: rig.eu.asked, "the question")
    for _ in range(20):
        assert rig.engine.series(rule("eu", "a"), 40) == Curve()
    rig.eu.gate.set()
    rig.get(rule("eu", "a"))
    rig.get(rule("eu", "b"))
    assert [name for name, *_ in rig.eu.asked] == ["a", "b"]


def test_who_moves_on_does_not_wait_for_what_was_left_behind(rig: Rig) -> None:
    rig.eu.gate.clear()
    rig.engine.series(rule("eu", "a"), 40)
    wait(lambda: rig.eu.asked, "the first question")
    for name in "bcabc":
        assert rig.engine.series(rule("eu", name), 40) == Curve()
    rig.eu.gate.set()
    assert rig.get(rule("eu", "c")).points == POINTS
    assert [name for name, *_ in rig.eu.asked] == ["a", "c"]


def test_a_poll_does_not_wait_for_it(rig: Rig) -> None:
    rig.eu.gate.clear()
    rig.engine.series(rule("eu", "a"), 40)
    wait(lambda: rig.eu.asked, "the question")
    before = len([verb for verb, _ in rig.eu.calls if verb == "alerts"])
    rig.engine.refresh()
    wait(lambda: len([verb for verb, _ in rig.eu.calls if verb == "alerts"]) > before, "another poll")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Unreachable("no whole answer within 8 s"), "eu: no whole answer within 8 s"),
        (RateLimited("too many questions", 60), "eu: it wants fewer questions: too many questions"),
        (ZeroDivisionError("oops"), "eu: a bug in the provider eu: ZeroDivisionError: oops"),
    ],
)
def test_what_goes_wrong_is_said_in_its_place_and_harms_no_poll(rig: Rig, error: Exception, says: str) -> None:
    # safety 18
    def fails(_: object) -> object:
        raise error

    rig.eu.told = fails
    assert rig.get(rule("eu", "a")).problem == says
    assert all(each.health is Health.LIVE for each in rig.engine.view.sources)
    rig.get(rule("eu", "a"))
    assert len(rig.eu.asked) == 1, "an error is remembered, too"


@pytest.mark.parametrize("nonsense", [7, Curve(points=((1.0,),)), Curve(points="ab")])  # type: ignore[arg-type]  # that is the point
def test_nonsense_is_called_what_it_is(rig: Rig, nonsense: object) -> None:
    rig.eu.told = lambda _: nonsense
    assert "a bug in the provider eu" in rig.get(rule("eu", "a")).problem


def test_nothing_in_it_harms_who_draws_it(rig: Rig) -> None:
    # safety 1
    bad = Bound("value", ">", float("nan"), "")
    rig.eu.told = lambda _: Curve(points=((2.0, 1.0), (1.0, float("inf")), (0.0, 5.0)), what="a\x1b[2J", bound=bad)
    curve = rig.get(rule("eu", "a"))
    assert (curve.points, curve.what, curve.bound) == (((0.0, 5.0), (2.0, 1.0)), "a␛[2J", None)


def test_a_source_that_does_not_answer_is_not_asked(rig: Rig) -> None:
    rig.eu.failure = Unreachable("cannot be reached: connection refused")
    rig.engine.refresh()
    wait(lambda: any(each.health is Health.BLIND for each in rig.engine.view.sources), "a blind source")
    assert rig.get(rule("eu", "a")).problem == "eu: cannot be reached: connection refused"
    assert rig.eu.asked == []


class TestAnAlertOfAnotherSource:
    def test_is_drawn_by_whoever_made_it(self, rig: Rig) -> None:
        rig.eu.told = lambda _: None
        assert rig.get(alert()).source == "us"
        assert rig.eu.asked

    def test_by_the_one_that_is_certain(self, rig: Rig) -> None:
        rig.eu.told = lambda _: Curve(points=POINTS, certain=False)
        assert rig.get(alert()).source == "us"

    def test_and_not_at_all_where_two_might_have(self, rig: Rig) -> None:
        rig.eu.told = rig.us.told = lambda _: Curve(points=POINTS, certain=False)
        assert rig.get(alert()).problem == "eu and us have such a rule: which of them made the alert cannot be told"

    def test_without_a_link_nobody_is_asked(self, rig: Rig) -> None:
        assert rig.engine.series(alert(links=()), 40) is None
        assert rig.engine.series(rule("local", "disk"), 40) is None
        assert rig.eu.asked == []

    def test_that_nobody_made_has_no_picture(self, rig: Rig) -> None:
        rig.eu.told = rig.us.told = lambda _: None
        wait(lambda: rig.engine.series(alert(), 40) is None, "the answer that there is none")

    def test_of_a_source_that_measures_is_asked_there_alone(self, rig: Rig) -> None:
        assert rig.get(alert("eu")).source == "eu"
        assert rig.us.asked == []
