"""A desk that is open before its engine is: last known facts first, then the engine's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from cockpit import plugins
from cockpit.config.model import Config, SourceConfig
from cockpit.core.actions import Ack, AddNote
from cockpit.core.alerts import Ref, Severity
from cockpit.core.runbooks import Runbook
from cockpit.core.sources import Health
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.traps import Reading, Trap, TrapState, Watch
from cockpit.core.units import Seconds, bound
from cockpit.engine.clock import SystemClock
from cockpit.engine.desk import Refused
from cockpit.engine.engine import Engine
from cockpit.engine.journal import Journal, open_journal
from cockpit.engine.opening import Opening
from support.known import put_watch
from support.waiting import wait

CLOCK = SystemClock()
CALM = Trap(name="calm", probe="load", every=Seconds(30), trip=bound("load1 >= 1e9"))
FULL = msgspec.structs.replace(CALM, name="full", trip=bound("load1 >= 0"), severity=Severity.CRITICAL)
BOOK = Runbook(name="look", title="Look", match="trap=full", steps=(Step(RunStep(("uptime",))),))
CONFIG = Config(traps={"full": FULL, "calm": CALM}, runbooks={"look": BOOK})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal in which an earlier cockpit has seen one trap trip and the other in order, just now."""
    kept = open_journal(tmp_path, CLOCK)
    now = CLOCK.now()
    seen = Watch(state=TrapState.ARMED, since=now, checked_at=now, good_at=now, reading=Reading({"used_percent": 40.0}, "load 0.4"))
    put_watch(kept, "calm", seen)
    tripped = msgspec.structs.replace(seen, state=TrapState.TRIPPED, tripped_at=now - timedelta(minutes=3), firing=1)
    put_watch(kept, "full", tripped)
    yield kept
    kept.close()


@pytest.fixture
def opening(journal: Journal, tmp_path: Path) -> Iterator[Callable[..., Opening]]:
    """Opens a desk; the real engine stands behind it."""
    made: list[Opening] = []

    def make(config: Config) -> Engine:
        load_provider, load_probe = (partial(plugins.load, group) for group in (plugins.PROVIDERS, plugins.PROBES))
        return Engine(config, journal, CLOCK, load_provider=load_provider, load_probe=load_probe, state_dir=tmp_path)

    def opened(config: Config = CONFIG, then: Callable[[Engine], None] = lambda _: None, **other: Callable[[], Engine]) -> Opening:
        desk = Opening(config, journal, CLOCK, other.get("make", partial(make, config)), then)
        made.append(desk)
        return desk

    yield opened
    for desk in made:
        desk.stop()


def test_the_last_known_rows_are_there_before_anything_has_begun(opening: Callable[..., Opening]) -> None:
    view = opening().view
    assert [row.alert.ref for row in view.alerts] == [Ref("local", "full")]
    assert {each.trap.name: (each.state, each.says) for each in view.traps}["calm"] == (TrapState.ARMED, "load 0.4")
    assert [each.now.person for each in view.rosters if each.now is not None]


def test_what_is_only_last_known_is_never_all_clear(opening: Callable[..., Opening], journal: Journal) -> None:
    put_watch(journal, "full", Watch())
    view = opening().view
    assert not view.alerts
    assert [each.health for each in view.sources] == [Health.STARTING]
    assert view.cannot_see


def test_what_was_seen_too_long_ago_is_blind(opening: Callable[..., Opening], journal: Journal) -> None:
    old = CLOCK.now() - timedelta(hours=9)
    put_watch(journal, "calm", Watch(state=TrapState.ARMED, since=old, checked_at=old, good_at=old, reading=Reading({}, "fine")))
    assert {each.trap.name: each.state for each in opening().view.traps}["calm"] is TrapState.BLIND


def test_other_sources_are_shown_as_starting(opening: Callable[..., Opening]) -> None:
    config = msgspec.structs.replace(CONFIG, sources={"am": SourceConfig(name="am", provider="alertmanager")})
    assert {each.source: each.health for each in opening(config).view.sources} == {"local": Health.STARTING, "am": Health.STARTING}


def test_a_runbook_can_be_previewed_before_the_engine_stands(opening: Callable[..., Opening]) -> None:
    plan = opening().plan("look", Ref("local", "full"), {})
    assert (plan.exact, plan.refused) == ((("uptime",),), "")


def test_the_rows_on_the_screen_never_go_away_while_the_engine_begins(opening: Callable[..., Opening]) -> None:
    stands = threading.Event()
    desk = opening(then=lambda _: stands.set())
    seen: list[int] = []
    desk.on_change(lambda: seen.append(len(desk.view.traps)))
    desk.begin()
    while not stands.wait(0.001):
        seen.append(len(desk.view.traps))
    wait(lambda: all(each.health is Health.LIVE for each in desk.view.sources))
    assert set(seen) == {2}


def test_the_screen_is_told_when_the_engines_own_view_has_come(opening: Callable[..., Opening]) -> None:
    desk, told = opening(), threading.Event()
    desk.on_change(told.set)
    desk.begin()
    assert told.wait(10)
    assert desk.view.sources[0].health is Health.LIVE


def test_who_no_longer_listens_is_not_told(opening: Callable[..., Opening]) -> None:
    told, stands = threading.Event(), threading.Event()
    desk = opening(then=lambda _: stands.set())
    desk.on_change(told.set)()
    desk.begin()
    assert stands.wait(10)
    desk.ask(AddNote(Ref("local", "full"), "seen"))
    wait(lambda: len(desk.view.runs) == 1)
    assert not told.is_set()


def test_an_action_asked_at_once_waits_for_the_engine_and_is_done(opening: Callable[..., Opening], journal: Journal) -> None:
    desk = opening()
    desk.ask(Ack((Ref("local", "full"),)))
    wait(lambda: bool(journal.marks(CLOCK.now()).acks))


def test_the_engine_begins_once_however_often_it_is_told(opening: Callable[..., Opening]) -> None:
    begun: list[Engine] = []
    desk = opening(then=begun.append)
    desk.begin()
    desk.begin()
    desk.begin_within(0.0)
    wait(lambda: begun)
    wait(lambda: desk.view.sources[0].health is Health.LIVE)
    assert len(begun) == 1


def test_a_screen_that_is_never_drawn_keeps_nobody_from_looking(opening: Callable[..., Opening]) -> None:
    desk = opening()
    desk.begin_within(0.01)
    wait(lambda: desk.view.sources[0].health is Health.LIVE)


def test_an_engine_that_cannot_begin_is_told_and_the_last_known_stays(opening: Callable[..., Opening]) -> None:
    def broken() -> Engine:
        raise RuntimeError("no \x1b[2J engine")

    desk, told = opening(make=broken), threading.Event()
    desk.on_change(told.set)
    desk.begin()
    assert told.wait(10)
    assert len(desk.view.traps) == 2
    (remark,) = desk.view.remarks
    assert "could not begin" in remark
    assert "\x1b" not in remark
    with pytest.raises(Refused, match="could not begin"):
        desk.ask(AddNote(Ref("local", "full"), "x"))


def test_one_that_was_stopped_before_it_began_never_begins(opening: Callable[..., Opening]) -> None:
    begun: list[Engine] = []
    desk = opening(then=begun.append)
    assert desk.stop()
    desk.begin()
    assert desk.view.sources[0].health is Health.STARTING
    assert not begun
