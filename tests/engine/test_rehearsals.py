"""How far a drill is, as the journal tells it: begun, paged, acknowledged, overtaken by a real trip, or over by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.core.drills import Stage, drill_of
from cockpit.engine.journal import Journal, open_journal
from cockpit.engine.rehearsals import followed
from cockpit.testing import FakeClock

T0 = datetime(2026, 11, 26, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    kept = open_journal(tmp_path, FakeClock(T0))
    yield kept
    kept.close()


def begin(journal: Journal, at: datetime = T0, *, quiet: bool = False) -> None:
    drill = drill_of("ana", at, quiet=quiet)
    data = {"trips_at": drill.trips_at.isoformat(), "until": drill.until.isoformat(), "quiet": quiet}
    journal.record("trap.drilled", at=at, who="ana", source="local", subject="flag", data=data)


def note(journal: Journal, kind: str, seconds: int, subject: str = "flag:drill", who: str = "", **data: object) -> None:
    journal.record(kind, at=T0 + seconds * SECOND, who=who, source="local", subject=subject, data=data)


def test_it_goes_through_its_stages_by_the_clock_and_nothing_of_before_belongs_to_it(journal: Journal) -> None:
    note(journal, "page.sent", -60, who="bo", channel="log")
    begin(journal, T0 - 600 * SECOND)
    begin(journal)
    note(journal, "page.sent", 11, who="ana", channel="log")
    note(journal, "page.sent", 12, subject="other:drill", who="cy", channel="log")
    signs, tripped, over = (followed(journal, "flag", T0 + each * SECOND) for each in (5, 20, 920))
    assert signs is not None
    assert tripped is not None
    assert over is not None
    assert [each.stage for each in (signs, tripped, over)] == [Stage.SIGNS, Stage.TRIPPED, Stage.NONE]
    assert [each.over for each in (signs, tripped)] == ["", ""]
    assert over.over == "nobody acknowledged it: nothing is proven"
    assert [line.text for line in tripped.lines] == ["trap flag drilled", "ana paged about flag:drill by log: sent"]
    assert followed(journal, "other", T0) is None


def test_an_acknowledgement_ends_it_and_is_told_once_and_what_it_proves(journal: Journal) -> None:
    begin(journal)
    note(journal, "alert.acked", 20, who="bo")
    note(journal, "trap.drill_acked", 20, "flag", who="bo", proven=True, pages=1)
    found = followed(journal, "flag", T0 + 21 * SECOND)
    assert found is not None
    assert (found.over, found.stage) == ("bo has it: the trap is proven", Stage.NONE)
    assert [(line.who, line.text) for line in found.lines] == [("ana", "trap flag drilled"), ("bo", "flag:drill acknowledged")]
    named = followed(journal, "flag", T0 + 21 * SECOND, str.title)
    assert named is not None
    assert (named.drill.who, named.over, named.lines[-1].who) == ("Ana", "Bo has it: the trap is proven", "Bo")


def test_a_quiet_one_says_that_it_proves_nothing_and_a_real_trip_that_it_is_no_drill(journal: Journal) -> None:
    begin(journal, quiet=True)
    note(journal, "trap.drill_acked", 20, "flag", who="bo", proven=False, pages=0)
    found = followed(journal, "flag", T0 + 21 * SECOND)
    assert found is not None
    assert found.drill.quiet
    assert found.over == "bo has it: it pages nobody, and so proves nothing"
    note(journal, "trap.tripped", 22, "flag", text="it is gone")
    found = followed(journal, "flag", T0 + 23 * SECOND)
    assert found is not None
    assert found.over.startswith("the trap has really tripped")
