"""The journal keeps what its retention says: in small steps, whole at every moment, and all of it around a trip."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from cockpit.core.actions import Ack, Run, RunState
from cockpit.core.alerts import Ref
from cockpit.core.incident_timeline import BEFORE
from cockpit.core.incidents import Change
from cockpit.core.markdown import sparkline
from cockpit.core.retention import Retention
from cockpit.core.traps import TrapState, Watch
from cockpit.core.units import Seconds
from cockpit.engine import schema
from cockpit.engine.journal import Happened, Journal, open_journal
from cockpit.testing.clock import FakeClock
from support.known import put_watch

NOW = datetime(2026, 11, 23, 3, 12, 44, tzinfo=UTC)
DAY = timedelta(days=1)
KEPT = Retention(
    looks=Seconds(2 * 86400), five_minutes=Seconds(14 * 86400), three_hours=Seconds(60 * 86400), events=Seconds(90 * 86400)
)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def journal(state: Path) -> Iterator[Journal]:
    with closing(open_journal(state, FakeClock())) as journal:
        yield journal


def look(journal: Journal, at: datetime, **values: float) -> None:
    put_watch(journal, "disk", Watch(state=TrapState.ARMED, checked_at=at), values)


def thinned(journal: Journal, now: datetime = NOW, rows: int = 50) -> int:
    """How many steps it took."""
    steps = 1
    while journal.thin(now, KEPT, rows):
        steps += 1
        assert steps < 10_000, "it goes on for ever"
    return steps


def points(journal: Journal, metric: str = "used") -> list[float]:
    return [value for _, value in journal.readings("disk", metric, NOW - 1000 * DAY)]


def aligned(at: datetime) -> datetime:
    return datetime.fromtimestamp(int(at.timestamp()) // 10_800 * 10_800, UTC)


def test_of_three_hours_the_lowest_the_median_and_the_highest_stay_in_their_order(journal: Journal) -> None:
    begin = aligned(NOW - 20 * DAY)
    for n in range(36):
        look(journal, begin + n * timedelta(minutes=5), used=99.0 if n == 7 else 10.0 if n == 20 else 50.0, free=float(n))
    thinned(journal)
    assert points(journal) == [10.0, 50.0, 99.0]
    assert points(journal, "free") == [0.0, 17.5, 35.0]
    assert [at for at, _ in journal.readings("disk", "used", begin)] == [
        begin.timestamp() + hour * 3600 + 1800 for hour in range(3)
    ]
    thinned(journal, NOW + 45 * DAY)
    assert points(journal) == [], "sixty days have passed"


def test_every_look_around_the_first_trip_of_a_day_stays_as_it_was(journal: Journal) -> None:
    trip = aligned(NOW - 20 * DAY) + timedelta(hours=5)
    for n in range(-240, 240):  # two hours before and after
        look(journal, trip + n * timedelta(seconds=30), used=float(n))
    tripped = [Happened(at=trip + n * timedelta(minutes=20), kind="trap.tripped", source="local", subject="disk") for n in range(5)]
    journal.record_many([*tripped, Happened(at=trip - timedelta(minutes=90), kind="trap.tripped", source="local", subject="other")])
    thinned(journal)
    found = points(journal)
    assert set(map(float, range(-120, 31))) <= set(found)
    assert len(found) < 151 + 40, "the rest is condensed, also around the later trips of that day"
    times = [at for at, _ in journal.readings("disk", "used", NOW - 1000 * DAY)]
    assert times == sorted(times)


def incident(
    journal: Journal, at: datetime, *, trap: str = "disk", fired: datetime | None = None, closed: datetime | None = None
) -> None:
    alert = {"source": "local", "alert": f"{trap} {at}", "name": trap, "trap": trap, "since": (fired or at).isoformat()}
    here = journal.change_incident("", Change.OPENED, who="ana", at=at, data={"title": "x", "alerts": [alert]})
    if closed is not None:
        journal.change_incident(here.id, Change.CLOSED, who="ana", at=closed)


def looks_around(journal: Journal, at: datetime, hours: int = 6) -> None:
    """A look each minute, that many hours before and after; its number is the minute."""
    for n in range(-60 * hours, 60 * hours):
        look(journal, at + n * timedelta(minutes=1), used=float(n))


def test_every_look_around_an_incident_of_its_alert_outlasts_all_others(journal: Journal) -> None:
    fired = aligned(NOW - 70 * DAY) + timedelta(hours=6)  # older than all looks are kept, younger than events
    looks_around(journal, fired)
    incident(journal, fired + timedelta(minutes=40), fired=fired, closed=fired + timedelta(minutes=90))
    thinned(journal)
    found = points(journal)
    assert found == [float(n) for n in range(-60, 106)], "from an hour before it fired until a quarter of an hour after its end"
    thinned(journal, NOW + 25 * DAY)
    assert points(journal) == [], "and is gone once events are"


def test_an_incident_that_nobody_closes_keeps_three_hours_of_one_of_its_day(journal: Journal) -> None:
    fired = aligned(NOW - 70 * DAY) + timedelta(hours=6)
    looks_around(journal, fired)
    incident(journal, fired, fired=fired)
    for minutes in (200, 210, 220):
        incident(journal, fired + timedelta(minutes=minutes))
    thinned(journal, rows=37)
    assert points(journal) == [float(n) for n in range(-60, 196)]


def test_around_an_incident_other_traps_keep_one_look_of_each_five_minutes(journal: Journal) -> None:
    fired = aligned(NOW - 30 * DAY) + timedelta(hours=6)
    looks_around(journal, fired)
    incident(journal, fired, trap="other")
    thinned(journal)
    times = [at for at, _ in journal.readings("disk", "used", NOW - 1000 * DAY) if -7200 <= at - fired.timestamp() <= 3600]
    assert max(after - before for before, after in pairwise(times)) <= 300, "three hours of them"
    assert len(points(journal)) < 36 + 15
    thinned(journal, NOW + 31 * DAY)
    assert points(journal) == [], "they go with all looks"


def test_an_incident_whose_entry_nobody_understands_holds_nothing_up(journal: Journal, state: Path) -> None:
    looks_around(journal, NOW - 70 * DAY)
    with closing(sqlite3.connect(state / "journal.sqlite")) as raw, raw:
        for data in (
            "{",
            '{"alerts": 7}',
            '{"alerts": ["disk", 3, null]}',
            '{"alerts": [{"trap": "disk", "source": "local", "since": 5}]}',
        ):
            at = (NOW - 200 * DAY).timestamp()
            raw.execute(
                "INSERT INTO entry (at, kind, who, source, subject, data) VALUES (?, 'incident.opened', '', '', 'i1', ?)",
                (at, data),
            )
    thinned(journal)
    assert points(journal) == []


def test_the_graph_of_an_old_incident_is_still_in_its_postmortem(journal: Journal) -> None:
    fired = aligned(NOW - 70 * DAY) + timedelta(hours=6)
    looks_around(journal, fired)
    incident(journal, fired, fired=fired, closed=fired + timedelta(hours=1))
    thinned(journal)
    here = journal.incidents()["i1"]
    shown = [value for at, value in journal.readings("disk", "used", here.began - BEFORE)]
    line = sparkline(journal.readings("disk", "used", here.began - BEFORE), fired.timestamp() - 3600, fired.timestamp() + 3600)
    assert len(shown) > 120
    assert " " not in line, "no gap"
    assert line == "".join(sorted(line)), "it rose"


def test_old_events_go_and_what_is_open_or_young_stays(journal: Journal, state: Path) -> None:
    for days, settled in ((100, True), (100, False), (80, True)):
        run = Run(
            id=f"{days}-{settled}", at=NOW - days * DAY, who="ana", action=Ack((Ref("local", "disk"),)), what="ack", target="disk",
            state=RunState.CONFIRMED if settled else RunState.PENDING,
        )  # fmt: skip
        journal.put_run(run)
    journal.record_many(Happened(at=NOW - n * DAY, kind="alert.fired", subject="x") for n in range(200, 0, -1))
    journal.note("disk", "ana", "long ago", NOW - 100 * DAY)
    journal.note("disk", "ana", "lately", NOW - 10 * DAY)
    assert thinned(journal, rows=20) > 5, "in small steps"
    assert {each.id for each in journal.runs()} == {"100-False", "80-True"}
    entries = journal.entries(kind="alert.fired", limit=1000)
    assert (len(entries), min(each.at for each in entries)) == (90, NOW - 90 * DAY)
    with closing(sqlite3.connect(state / "journal.sqlite")) as raw:
        assert raw.execute("SELECT text FROM note").fetchall() == [("lately",)]


def test_months_of_looks_take_no_more_room_than_its_retention(journal: Journal, state: Path) -> None:
    """Twice as long is not twice as large: what is dropped is written over."""
    sizes = []
    for half in range(2):
        for day in range(half * 60, half * 60 + 60):
            at = NOW + day * DAY
            kept = [at + n * timedelta(hours=1) for n in range(24)]
            for each in kept:
                look(journal, each, used=1.0, free=2.0)
            thinned(journal, at + DAY, 500)
        sizes.append((state / "journal.sqlite").stat().st_size)
    assert sizes[1] <= sizes[0] * 1.1


def test_a_journal_of_the_version_before_is_brought_up_to_date(journal: Journal, state: Path) -> None:
    look(journal, NOW - 20 * DAY, used=5.0)
    journal.close()
    with closing(sqlite3.connect(state / "journal.sqlite")) as raw, raw:
        raw.execute("DROP TABLE reading_3h")
        raw.execute("PRAGMA user_version = 4")
    with closing(open_journal(state, FakeClock())) as newer:
        thinned(newer)
        assert points(newer) == [5.0, 5.0, 5.0]
    with closing(sqlite3.connect(state / "journal.sqlite")) as raw:
        assert raw.execute("PRAGMA user_version").fetchone()[0] == schema.VERSION


@pytest.mark.parametrize("wrong", [{"looks": 3600}, {"looks": 20 * 86400}, {"three_hours": 86400}, {"events": 86400}])
def test_a_retention_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        msgspec.structs.replace(Retention(), **{name: Seconds(value) for name, value in wrong.items()})


def test_a_step_that_does_not_come_to_its_end_has_changed_nothing(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = aligned(NOW - 20 * DAY)
    for n in range(36):
        look(journal, begin + n * timedelta(minutes=5), used=float(n))

    def dies(middle: float, seen: list[tuple[float, ...]]) -> Iterator[tuple[float, tuple[float, ...]]]:
        yield middle, seen[0]
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("cockpit.engine.thinning._extremes", dies)
        with pytest.raises(KeyboardInterrupt):
            thinned(journal)
    assert points(journal) == [float(n) for n in range(36)]
    thinned(journal)
    assert points(journal) == [0.0, 17.5, 35.0]


def test_an_incident_that_is_still_open_stays_however_old_and_its_id_is_nobody_elses(journal: Journal) -> None:
    at = NOW - 200 * DAY
    journal.change_incident("", Change.OPENED, who="ana", at=at, data={"title": "slow"})
    journal.record("mark", at=at, who="ana", data={"text": "deployed"})
    journal.record("handover.noted", at=at, who="ana", data={"text": "look at it"})
    journal.record("alert.fired", at=at, subject="x")
    journal.record("trap.laid", at=at, subject="early", data={"incident": "i1"})
    thinned(journal)
    assert sorted(each.kind for each in journal.entries()) == ["handover.noted", "incident.opened", "mark", "trap.laid"]
    assert journal.change_incident("", Change.OPENED, who="bo", at=NOW, data={"title": "other"}).id == "i2"


def test_marks_and_handovers_are_kept_as_long_as_is_said_and_no_longer(journal: Journal) -> None:
    kinds = ("mark", "handover.noted", "handover.unnoted", "handover.done", "incident.opened", "marked", "handoverx")
    for age, kind in ((age, kind) for age in (90, 110) for kind in kinds):
        journal.record(kind, at=NOW - age * DAY, who="ana", subject="i1", data={"text": str(age), "title": "x"})
    while journal.thin(NOW, Retention(events=Seconds(1000 * 86400.0), marks=Seconds(100 * 86400.0)), rows=2):
        pass
    left = {(each.kind, each.data["text"]) for each in journal.entries()}
    assert left == {(kind, "90") for kind in kinds} | {(kind, "110") for kind in ("incident.opened", "marked", "handoverx")}


def test_marks_outlast_what_a_brief_looks_back() -> None:
    with pytest.raises(ValueError, match="marks must be 64d or more"):
        Retention(marks=Seconds(63 * 86400.0))
