"""The demo is an engine like any other: what it saw can be recorded, and replayed."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from cockpit.config.model import Config
from cockpit.core.alerts import Ref
from cockpit.demo.stage import Stage
from cockpit.engine.engine import Engine
from cockpit.engine.recording import Recorder
from cockpit.engine.recording_in import opened
from cockpit.engine.replay import Replay
from cockpit.engine.replay_desk import ReplayDesk
from support.real import wait_until


def test_a_moment_of_it_is_recorded_and_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file, place = tmp_path / "night.rec", tmp_path / "place"
    place.mkdir()
    stage = Stage(datetime(2026, 11, 25, 14, 0, tzinfo=UTC), "night-shift", at=600.0)
    try:
        wait_until(lambda: stage.view.alert(Ref("local", "db-disk")) is not None, 20.0, "the alert")
        recorder = Recorder(file, stage.config, stage.clock)
        recorder.follow(cast("Engine", stage))
        wait_until(lambda: stage.clock.position > 604.0, 20.0, "some seconds")
        recorder.stop()
    finally:
        stage.close()
    with opened(file) as recording:
        replay = Replay(recording, place, plays=False)
        replay.start()
        try:
            desk = ReplayDesk(replay, Config())
            replay.seek(recording.length)
            wait_until(lambda: desk.view.alert(Ref("local", "db-disk")) is not None, 20.0, "the alert in the recording")
            assert {"HighErrorRate", "CheckoutFails"} <= {row.alert.name for row in desk.view.alerts}
            wait_until(lambda: [each.lead for each in desk.incidents().values()] == ["Bo"], 20.0, "the incident in the recording")
        finally:
            replay.stop()
