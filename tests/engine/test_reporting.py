"""The figures of the report, as the engine gathers them for a screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from cockpit import plugins
from cockpit.config.model import Config
from cockpit.core.roster import Person
from cockpit.core.traps import Trap
from cockpit.core.units import bound
from cockpit.engine.desk import Refused
from cockpit.engine.engine import Engine
from cockpit.engine.journal import Happened, Journal, open_journal
from cockpit.testing import FakeClock

NAMES = ("root-disk", "unborn")
TRAPS = {name: Trap(name=name, probe="disk", params={"path": "/"}, trip=bound("used_percent >= 92")) for name in NAMES}
PEOPLE = {"ana": Person(id="ana", name="Ana", timezone="America/Sao_Paulo")}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def journal(tmp_path: Path, clock: FakeClock) -> Iterator[Journal]:
    journal = open_journal(tmp_path / "state", clock)
    yield journal
    journal.close()


def engine(journal: Journal, clock: FakeClock, state: Path) -> Engine:
    return Engine(
        Config(me=("ana",), traps=TRAPS, people=PEOPLE),
        journal,
        clock,
        load_provider=partial(plugins.load, plugins.PROVIDERS),
        load_probe=partial(plugins.load, plugins.PROBES),
        state_dir=state,
    )


def a_fire(journal: Journal, clock: FakeClock) -> None:
    """An hour ago it warned, ten minutes later Ana was paged, and half an hour after that it was over."""
    began = clock.now() - timedelta(hours=1)

    def happened(minutes: int, kind: str, who: str = "", data: Mapping[str, object] = {}) -> Happened:
        return Happened(at=began + timedelta(minutes=minutes), kind=kind, who=who, source="local", subject="root-disk", data=data)

    journal.record_many([
        happened(0, "trap.warning"), happened(5, "trap.tripped"), happened(5, "alert.fired"),
        happened(10, "page.sent", "ana", {"kind": "trigger"}), happened(12, "alert.acked", "ana"), happened(40, "trap.armed"),
        happened(40, "alert.resolved"),
    ])  # fmt: skip


def test_it_comes_from_the_journal_with_the_people_and_traps_of_the_config(
    journal: Journal, clock: FakeClock, tmp_path: Path
) -> None:
    a_fire(journal, clock)
    now = clock.now()
    made = engine(journal, clock, tmp_path / "state").report(now - timedelta(days=30), now, "America/Sao_Paulo")
    assert (made.since, made.until) == (now - timedelta(days=30), now)
    assert sum(week.fires for week in made.fires.weeks) == 1
    assert [(who.name, who.pages) for who in made.fires.people] == [("Ana", 1)]
    assert made.fires.lead.median == 600.0
    assert made.fires.silent == ("unborn",)
    assert made.fires.weeks[0].start.weekday() == 0


def test_what_lies_outside_is_left_out(journal: Journal, clock: FakeClock, tmp_path: Path) -> None:
    a_fire(journal, clock)
    now = clock.now()
    made = engine(journal, clock, tmp_path / "state").report(now - timedelta(minutes=5), now, "UTC")
    assert not any(week.fires or week.pages for week in made.fires.weeks)


def test_whoever_reads_the_journal_meanwhile_waits_for_nothing(
    journal: Journal, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cockpit.engine import fire_facts

    a_fire(journal, clock)
    now, seen = clock.now(), list[int]()
    facts = fire_facts.reckoned

    def read_beside(*args: object) -> object:
        seen.append(len(journal.entries()))  # a reader of the screen's, in the midst of the count: busy would raise
        return facts(*args)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(fire_facts, "reckoned", read_beside)
    engine(journal, clock, tmp_path / "state").report(now - timedelta(days=1), now, "UTC")
    assert seen == [7]


def test_a_journal_that_cannot_be_opened_is_refused_with_the_reason(journal: Journal, clock: FakeClock, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "journal.sqlite").mkdir(parents=True)
    other.chmod(0o700)
    now = clock.now()
    with pytest.raises(Refused, match="refused, because it is something else"):
        engine(journal, clock, other).report(now - timedelta(days=1), now, "UTC")
