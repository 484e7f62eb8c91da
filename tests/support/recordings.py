"""Recordings made out of facts, and replays of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cockpit.config.model import Config
from cockpit.core.actions import Ack, Run, RunState
from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.recorded import Header
from cockpit.core.runbooks import Runbook
from cockpit.core.sources import Health, Snapshot, SourceHealth
from cockpit.core.traps import Reading, Trap, TrapState, Watch, fingerprint, view_of
from cockpit.engine.recording_file import ANEW, APART, FIRST, HEAD, MAGIC, WINDOW
from cockpit.engine.recording_in import opened
from cockpit.engine.recording_out import RecordingWriter
from cockpit.engine.replay import Replay
from cockpit.engine.replay_desk import ReplayDesk
from cockpit.engine.store import Facts, Surroundings

BEGAN = datetime(2026, 11, 2, 3, 12, tzinfo=UTC)
MONO = 5000.0
HEADER = Header(cockpit="0", host="web-1", began_at=BEGAN, mono=MONO, me=("ana",))


def alert(number: int, **facts: Any) -> Alert:
    given: dict[str, Any] = {
        "ref": Ref("am", str(number)),
        "name": "DiskFull",
        "severity": Severity.CRITICAL,
        "state": AlertState.FIRING,
        "summary": f"no room on db-{number}",
        "where": f"db-{number}",
        "labels": {"instance": f"db-{number}"},
        "started_at": BEGAN,
    }
    return Alert(**{**given, **facts})


def said(alerts: Sequence[Alert], after: float, source: str = "am") -> Snapshot:
    """What a source answered so many seconds after the beginning."""
    return Snapshot(source=source, asked_at=HEADER.at(after), asked_mono=MONO + after, alerts=tuple(alerts))


def trap(name: str, used: float, after: float, **params: object) -> Snapshot:
    """What this machine said of its one trap."""
    at = HEADER.at(after)
    reading = Reading({"used_percent": used}, f"{used:.0f} % used", memory={"last": "kept to itself"})
    laid = Trap(name=name, probe="disk", params={"path": "/", **params})
    watch = Watch(state=TrapState.ARMED, laid=fingerprint(laid), since=at, checked_at=at, good_at=at, reading=reading, reason="")
    view = view_of("local", laid, watch, at)
    return Snapshot(source="local", asked_at=at, asked_mono=MONO + after, alerts=(), traps=(view,))


def around(*names: str, health: Health = Health.LIVE, runbooks: tuple[Runbook, ...] = (), **more: Any) -> Surroundings:
    """What surrounds the facts of these sources."""
    seen = tuple(SourceHealth(source=name, provider="alertmanager", health=health) for name in names)
    return Surroundings(health=seen, runbooks=runbooks, me=("ana",), **more)


def acked(number: int, after: float) -> Run:
    return Run(
        id=f"20261102-0312{number:02}-a1b2c3", at=HEADER.at(after), who="ana", action=Ack((Ref("am", str(number)),)), what="ack",
        target=f"DiskFull db-{number}", state=RunState.CONFIRMED,
    )  # fmt: skip


def story(path: Path) -> Path:
    """A recording: two alerts, a third one ten seconds later, of which one is acknowledged at twenty; at thirty two are left."""
    with RecordingWriter(path, HEADER) as recording:
        first, second, third = (alert(number) for number in range(3))
        recording.put(0.0, Facts({"am": said((first, second), 0.0)}, (), around("am")))
        recording.put(10.0, Facts({"am": said((first, second, third), 10.0)}, (), around("am")))
        recording.put(15.0, Facts({"am": (same := said((first, second, third), 15.0))}, (), around("am")))
        recording.put(20.0, Facts({"am": same}, (acked(0, 20.0),), around("am")))
        recording.put(30.0, Facts({"am": said((first, third), 30.0)}, (acked(0, 20.0),), around("am")))
    return path


@contextmanager
def replayed(path: Path, place: Path, *, plays: bool = False) -> Iterator[tuple[Replay, ReplayDesk]]:
    """A replay that stands at its beginning, and the desk over it."""
    replay = Replay(opened(path), place, plays=plays)
    replay.start()
    try:
        yield replay, ReplayDesk(replay, Config())
    finally:
        replay.stop()


def unpacked(path: Path) -> bytes:
    """Every byte of a recording, as it was before it was deflated."""
    data, found, offset = path.read_bytes(), bytearray(), len(MAGIC)
    stream = zlib.decompressobj(WINDOW)
    while offset + HEAD.size <= len(data):
        flags, _, packed, _, _ = HEAD.unpack(data[offset : offset + HEAD.size])
        body = data[offset + HEAD.size : offset + HEAD.size + packed]
        if len(body) < packed:
            break  # it is being written
        if flags & ANEW:
            stream = zlib.decompressobj(WINDOW)
        found += (zlib.decompressobj(WINDOW) if flags & (APART | FIRST) else stream).decompress(body)
        offset += HEAD.size + packed
    return bytes(found)
