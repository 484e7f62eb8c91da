"""A recording that somebody made to do harm takes no screen down: what cannot be in it is shown as what can be, or said."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cockpit.app import Cockpit
from cockpit.cli.replay import shown_by
from cockpit.config.model import Config
from cockpit.core.actions import MakeSilence, Run, RunState, Start
from cockpit.core.alerts import Ref
from cockpit.core.recorded import Noted, Written
from cockpit.engine.desk import Refused
from cockpit.engine.recording_out import RecordingWriter
from cockpit.engine.replay_desk import ReplayDesk
from cockpit.engine.store import Facts
from cockpit.ui.keys import TABLE
from support.boxes import settled, text_of, until
from support.recordings import BEGAN, HEADER, acked, alert, around, replayed, said, trap

FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
EAST = msgspec.structs.replace(HEADER, zones=("America/New_York", "Pacific/Kiritimati"))
BOTH = ("enter", "escape", "R", "enter")
"""The detail of an alert, which says what was run for it, and the runs."""
INCIDENTS = ("colon", *"incidents", "enter", "enter", "enter")


async def looked_at(path: Path, folder: Path, keys: tuple[str, ...]) -> str:
    """What the screen shows of it after these keys; whatever the screen raises is raised."""
    with replayed(path, folder) as (replay, desk):
        replay.seek(5.0)
        config = shown_by(replay.header, Config())
        app = Cockpit(config, ReplayDesk(replay, config), table=TABLE, clock=replay.clock, environ={}, replay=replay)
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: app.screen is app.board and app.board.is_mounted, "the board")
            await until(pilot, lambda: desk.view.now == HEADER.at(5), "the moment")
            for key in keys:
                await pilot.press(key)
                await settled(pilot)
            return text_of(app.screen)


def ran(**facts: Any) -> Run:
    given: dict[str, Any] = {"action": Start("book", alert=Ref("am", "0")), "what": "book", "seconds": 3.0}
    return msgspec.structs.replace(acked(0, 1), **{**given, **facts})


@pytest.mark.parametrize(
    "run",
    [
        *(ran(seconds=seconds) for seconds in (float("nan"), float("inf"), 1e300, -1e18)),
        *(ran(at=at) for at in (FIRST, LAST)),
        ran(action=MakeSilence("am", "a=b", LAST, "why"), state=RunState.PENDING, at=LAST),
    ],
    ids=["nan", "inf", "1e300", "-1e18", "year 1", "year 9999", "silence"],
)
def test_a_run_of_times_that_cannot_be(tmp_path: Path, run: Run) -> None:  # safety 15
    with RecordingWriter(tmp_path / "a.rec", EAST) as recording:
        recording.put(0.0, Facts({"am": said((alert(0), alert(1)), 0)}, (run,), around("am")))
        recording.put(9.0, Facts({"am": said((alert(0),), 9)}, (run,), around("am")))

    assert "book" in asyncio.run(looked_at(tmp_path / "a.rec", tmp_path, BOTH))


def noted(kind: str, at: datetime = BEGAN, source: str = "", subject: str = "i1", **data: object) -> Noted:
    return Noted(at=at, kind=kind, who="x", source=source, subject=subject, data=data)


def member(since: str) -> Mapping[str, object]:
    return {"source": "am", "alert": "0", "name": "DiskFull", "since": since}


OPENED = noted("incident.opened", title="Shop", severity="critical", alerts=[])
ITEM: dict[str, Any] = {"text": "x", "owner": "o", "due": "2026-12-01"}


@pytest.mark.parametrize(
    "entries",
    [
        (noted("incident.opened", at=FIRST, title="Shop", severity="critical", alerts=[]),),
        (noted("incident.opened", at=LAST, title="Shop", severity="critical", alerts=[]),),
        (noted("incident.opened", title="Shop", severity="critical", alerts=[member("0001-01-01T00:00:00Z")]),),
        (noted("incident.opened", title="Shop", severity="critical", alerts=[member("2026-11-02T03:12:00")]),),
        (OPENED, noted("incident.impact", impact_start="0001-01-01T00:00:00+14:00")),
        (OPENED, noted("incident.item_added", item="a²", **ITEM), noted("incident.item_added", item="a³", **ITEM)),
        (noted("incident.opened", subject="i²", title="Shop", severity="critical", alerts=[]),),
    ],
    ids=["year 1", "year 9999", "member of year 1", "member without zone", "impact", "item", "id"],
)
def test_an_incident_of_times_and_numbers_that_cannot_be(tmp_path: Path, entries: tuple[Noted, ...]) -> None:  # safety 15
    with RecordingWriter(tmp_path / "a.rec", EAST) as recording:
        recording.put(0.0, Facts({"am": said((alert(0), alert(1)), 0)}, (), around("am")))
        recording.tell(0.0, Written(entries))
        recording.put(9.0, Facts({"am": said((alert(0),), 9)}, (), around("am")))
    assert "Shop" in asyncio.run(looked_at(tmp_path / "a.rec", tmp_path, INCIDENTS))


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"trips_at": "2026-11-02T03:12", "until": "2026-11-02T03:12"},
        {"trips_at": "0001-01-01T00:00:00+00:00", "until": "9999-12-31T00:00:00-12:00"},
    ],
    ids=["none", "without zone", "out of reach"],
)
def test_a_drill_without_its_times_is_said_to_be_one(tmp_path: Path, data: dict[str, Any]) -> None:  # safety 15
    with RecordingWriter(tmp_path / "a.rec", EAST) as recording:
        recording.put(0.0, Facts({"local": trap("disk", 50.0, 0.0)}, (), around("local")))
        recording.tell(0.0, Written((noted("trap.drilled", source="local", subject="disk", **data),)))
    with replayed(tmp_path / "a.rec", tmp_path) as (_, desk), pytest.raises(Refused, match="disk cannot be followed: its entry"):
        desk.follow_drill("disk")
