"""The figures of the report, as the engine gathers them for a screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cockpit import plugins
from cockpit.config.model import Config
from cockpit.core.actions import Run, RunState, Start
from cockpit.core.aftermath import Aftermath
from cockpit.core.alerts import Ref
from cockpit.core.incidents import Change
from cockpit.core.report_fires import Spread
from cockpit.core.report_learnt import Burnt
from cockpit.core.report_trend import Verdict
from cockpit.core.roster import Person
from cockpit.core.runbooks import Runbook
from cockpit.core.traps import Trap, TrapState, Watch
from cockpit.core.units import bound
from cockpit.engine.desk import Refused
from cockpit.engine.engine import Engine
from cockpit.engine.journal import Happened, Journal, open_journal
from cockpit.testing import FakeClock
from support.known import put_watch

NAMES = ("root-disk", "unborn")
TRAPS = {name: Trap(name=name, probe="disk", params={"path": "/"}, trip=bound("used_percent >= 92")) for name in NAMES}
CLEAN = Runbook(name="clean", title="Clean", match="host=db-7", steps=())
PEOPLE = {"ana": Person(id="ana", name="Ana", timezone="America/Sao_Paulo")}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def journal(tmp_path: Path, clock: FakeClock) -> Iterator[Journal]:
    journal = open_journal(tmp_path / "state", clock)
    yield journal
    journal.close()


def engine(journal: Journal, clock: FakeClock, state: Path, **more: Any) -> Engine:
    return Engine(
        Config(me=("ana",), traps=TRAPS, people=PEOPLE, runbooks={CLEAN.name: CLEAN}),
        journal,
        clock,
        load_provider=partial(plugins.load, plugins.PROVIDERS),
        load_probe=partial(plugins.load, plugins.PROBES),
        state_dir=state,
        **more,
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


def test_what_hurt_users_is_a_fire_though_nobody_was_paged_and_what_somebody_took_unasked_is_none(
    journal: Journal, clock: FakeClock, tmp_path: Path
) -> None:
    now, minute = clock.now(), timedelta(minutes=1)
    for kind, ago, who in (("trap.warning", 60, ""), ("alert.fired", 55, ""), ("alert.acked", 50, "ana"), ("trap.armed", 20, "")):
        journal.record(kind, at=now - ago * minute, who=who, source="local", subject="root-disk")
    desk, day = engine(journal, clock, tmp_path / "state"), timedelta(days=1)
    found = desk.report(now - day, now, "UTC").fires
    assert [(each.fires, each.caught) for each in found.weeks if each.fires or each.caught] == [(0, 1)]
    alerts = [{"source": "local", "alert": "root-disk", "name": "root-disk", "trap": "root-disk"}]
    journal.change_incident("", Change.OPENED, who="ana", at=now - 45 * minute, data={"title": "Full", "alerts": alerts})
    hurt = {"impact_start": (now - 40 * minute).isoformat(), "impact_end": (now - 30 * minute).isoformat()}
    journal.change_incident("i1", Change.IMPACT, who="ana", at=now - 10 * minute, data=hurt)
    found = desk.report(now - day, now, "UTC").fires
    assert [(each.fires, each.caught) for each in found.weeks if each.fires or each.caught] == [(1, 0)]
    assert found.lead.median == 1200.0
    journal.change_incident("i1", Change.CLOSED, who="ana", at=now)
    journal.change_incident("", Change.OPENED, who="ana", at=now - 300 * minute, data={"title": "Full before", "alerts": alerts})
    since = {"impact_start": (now - 290 * minute).isoformat()}
    journal.change_incident("i2", Change.IMPACT, who="ana", at=now - 280 * minute, data=since)
    journal.change_incident("i2", Change.CLOSED, who="ana", at=now - 200 * minute)
    assert desk.report(now - day, now, "UTC").fires.lead.median == 1200.0, "that one was over before, until whenever it hurt"


def test_a_page_that_named_nobody_and_was_answered_called_somebody(journal: Journal, clock: FakeClock, tmp_path: Path) -> None:
    now, minute = clock.now(), timedelta(minutes=1)
    for kind, ago, who in (("alert.fired", 55, ""), ("page.sent", 54, ""), ("alert.acked", 50, "ana"), ("trap.armed", 20, "")):
        journal.record(kind, at=now - ago * minute, who=who, source="local", subject="root-disk", data={"kind": "trigger"})
    found = engine(journal, clock, tmp_path / "state").report(now - timedelta(days=1), now, "UTC").fires
    assert sum(each.fires for each in found.weeks) == 1
    assert [(each.name, each.pages) for each in found.people] == [("Ana", 0)], "that page is nobody's"


def test_it_tells_of_what_taught_no_trap_and_of_its_service(journal: Journal, clock: FakeClock, tmp_path: Path) -> None:
    a_fire(journal, clock)
    now, state = clock.now(), tmp_path / "state"
    alerts = [{"source": "am", "alert": "7f", "name": "Slow", "labels": {"service": "shop"}}]
    journal.change_incident("", Change.OPENED, who="ana", at=now - timedelta(hours=1), data={"title": "Slow", "alerts": alerts})
    journal.change_incident("i1", Change.CLOSED, who="ana", at=now - timedelta(minutes=9))
    desk, day = engine(journal, clock, state), timedelta(days=1)
    found = desk.report(now - day, now, "UTC").learnt
    assert [each.id for each in found.incidents] == ["i1"]
    assert found.fires == (Burnt("root-disk", 1, now - timedelta(hours=1)),)
    assert {each.name: (each.fires, each.incidents, each.traps, each.no_trap) for each in found.services} == {
        "": (1, 0, 2, ()), "shop": (0, 1, 0, ("Slow",)),
    }  # fmt: skip
    journal.record("trap.laid", at=now, who="ana", source="local", subject="early", data={"alert": "local/root-disk"})
    journal.record("trap.laid", at=now, who="ana", source="local", subject="slow-early", data={"alert": "am/7f"})
    found = desk.report(now - day, now, "UTC").learnt
    assert (found.incidents, found.fires) == ((), ())


def test_a_runbook_for_one_machine_is_there_for_the_traps_of_that_one(journal: Journal, clock: FakeClock, tmp_path: Path) -> None:
    now, state = clock.now(), tmp_path / "state"

    def without(host: str) -> tuple[str, ...]:
        (service,) = engine(journal, clock, state, host=host).report(now - timedelta(days=1), now, "UTC").learnt.services
        return service.no_runbook

    assert (without("db-7"), without("db-8")) == ((), NAMES)


def test_action_items_are_told_as_they_stood_then(journal: Journal, clock: FakeClock, tmp_path: Path) -> None:
    now, day, desk = clock.now(), timedelta(days=1), engine(journal, clock, tmp_path / "state")
    journal.change_incident("", Change.OPENED, who="ana", at=now - 40 * day, data={"title": "x"})

    def item(change: Change, days: int, id: str, **data: str) -> None:
        journal.change_incident("i1", change, who="ana", at=now - days * day, data={"item": id, **data})

    for id, due in (("a1", 30), ("a2", 30), ("a3", -9), ("a4", 3)):
        item(Change.ITEM_ADDED, 35, id, text="do it", owner="ana", due=f"{now - due * day:%Y-%m-%d}")
    item(Change.ITEM_DONE, 31, "a1")
    item(Change.ITEM_DONE, 2, "a2")
    (owes,) = desk.report(now - 7 * day, now, "UTC").learnt.owed
    found = [[each.id for each in some] for some in (owes.open, owes.overdue, owes.done)]
    assert (owes.owner, found) == ("Ana", [["a3"], ["a4"], ["a2"]]), "a1 was done long before"


def test_an_empty_journal_and_one_event_are_told_as_what_they_are(journal: Journal, clock: FakeClock, tmp_path: Path) -> None:
    now, desk = clock.now(), engine(journal, clock, tmp_path / "state")
    made = desk.report(now - timedelta(days=90), now, "UTC")
    assert made.fires.trend.verdict is Verdict.UNKNOWN
    assert not any(week.known for week in made.fires.weeks)
    assert (made.fires.lead.median, made.toil, made.learnt.incidents) == (None, (), ())
    journal.record("alert.fired", at=now - timedelta(days=1), source="local", subject="root-disk")
    made = desk.report(now - timedelta(days=90), now, "UTC")
    assert [(each.alert, each.fired, each.over) for each in made.fires.noisy] == [("root-disk", 1, 0)]
    assert sum(week.known for week in made.fires.weeks) in (1, 2), "the day may be a Monday"
    assert made.fires.trend.weeks == 0, "what the journal does not know is no quiet week"


def test_where_only_looks_are_kept_the_weeks_were_quiet(journal: Journal, clock: FakeClock, tmp_path: Path) -> None:
    now, state = clock.now(), tmp_path / "state"
    for day in range(91):
        watch = Watch(state=TrapState.ARMED, checked_at=now - timedelta(days=day))
        put_watch(journal, "root-disk", watch, {"used_percent": 1.0})
    made = engine(journal, clock, state).report(now - timedelta(days=90), now, "UTC")
    assert made.fires.trend.verdict is Verdict.QUIET
    assert made.fires.trend.weeks >= 11


def test_a_clock_that_was_put_back_makes_no_figure_negative(journal: Journal, clock: FakeClock, tmp_path: Path) -> None:
    a_fire(journal, clock)
    now = clock.now()
    back = now - timedelta(minutes=90)  # it fires at what the clock then says, and is over an hour before it began
    journal.record_many([
        Happened(at=now - timedelta(minutes=30), kind="alert.fired", source="local", subject="unborn"),
        Happened(at=back, kind="alert.resolved", source="local", subject="unborn"),
        Happened(at=back, kind="trap.armed", source="local", subject="unborn"),
        Happened(at=now + timedelta(days=3), kind="page.sent", who="ana", source="local", subject="unborn", data={}),
    ])  # fmt: skip
    made = engine(journal, clock, tmp_path / "state").report(now - timedelta(days=7), now, "UTC").fires
    assert made.to_resolve == Spread(1, 2100.0, 2100.0)
    assert (made.waiting, sum(week.pages for week in made.weeks)) == (1, 1)


def test_a_run_that_took_another_back_is_not_said_to_have_helped(journal: Journal, clock: FakeClock, tmp_path: Path) -> None:
    at, changes = clock.now() - timedelta(hours=1), (("", "changes", "a file"),)
    for id, what, undoes in (("r1", "clean", ""), ("r2", "undo clean", "r1")):
        action = Start("clean", alert=Ref("local", "root-disk"), preview=changes, undoes=undoes)
        journal.put_run(
            Run(id=id, at=at, who="ana", action=action, what=what, target="db-7", state=RunState.CONFIRMED, seconds=1.0)
        )
        gone = Aftermath(
            run=id, source="local", alert="root-disk", name="root-disk", place="db-7", began=at, within=600.0, ended=at,
            gone=at + timedelta(minutes=1),
        )  # fmt: skip
        journal.put_aftermath(gone)
    made = engine(journal, clock, tmp_path / "state").report(at - timedelta(days=1), clock.now(), "UTC")
    assert {each.what: (each.helped, each.unknown) for each in made.toil} == {"clean": (1, 0), "undo clean": (0, 0)}


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
