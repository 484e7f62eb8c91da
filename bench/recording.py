"""How large a recording grows, and what writing and seeking cost: an hour, polled every 15 s, written as a recorder does.

Two hours are measured: ten quiet sources with 20 alerts each (nothing changes but when they were asked), and one source with 1,000
alerts of 12 labels of which one in a hundred changes at each poll. ``python -m bench.recording``.
"""

from __future__ import annotations

import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.recorded import Header
from cockpit.core.sources import Health, Snapshot, SourceHealth
from cockpit.engine.recording_in import opened
from cockpit.engine.recording_out import RecordingWriter
from cockpit.engine.replay_scene import Scene
from cockpit.engine.store import Facts, Surroundings

BEGAN = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
EVERY, HOUR = 15, 3600
_ROLL = random.Random(7)  # the same at every run
_WORDS = ["checkout", "payment", "stock", "search", "cart", "login", "mail", "invoice", "edge", "cache", "queue", "worker"]


def alert(source: str, number: int) -> Alert:
    """One of 12 labels, with a summary and a runbook."""
    labels = {f"label_{each}": f"{word}-{_ROLL.randrange(50)}" for each, word in enumerate(_WORDS[:10])}
    return Alert(
        ref=Ref(source, f"{_ROLL.getrandbits(64):016x}"), name=f"Alert{number % 40}", severity=Severity(number % 4),
        state=AlertState.FIRING, summary=f"{_ROLL.choice(_WORDS)} is at {_ROLL.random():.4f} for 5 m", where=f"host-{number}",
        labels={**labels, "alertname": f"Alert{number % 40}", "instance": f"host-{number}"},
        annotations={"runbook_url": f"https://wiki.example/{number % 40}"}, started_at=BEGAN - timedelta(seconds=number),
    )  # fmt: skip


def hour(path: Path, sources: dict[str, list[Alert]], share: float) -> tuple[int, float]:
    """An hour in which so large a share of the alerts changes at each poll: bytes, and seconds of CPU it took to write."""
    health = tuple(SourceHealth(source=name, provider="am", health=Health.LIVE) for name in sources)
    around = Surroundings(health=health)
    took = 0.0
    with RecordingWriter(path, Header(began_at=BEGAN)) as recording:
        recording.hide(["not-in-there-at-all"])
        snapshots: dict[str, Snapshot] = {}
        for at in range(0, HOUR, EVERY):
            for place, (name, alerts) in enumerate(sources.items()):
                for number in _ROLL.sample(range(len(alerts)), round(share * len(alerts))):
                    alerts[number] = msgspec.structs.replace(alerts[number], summary=f"is at {_ROLL.random():.4f} for 6 m")
                asked = at + place
                snapshots[name] = Snapshot(
                    source=name, asked_at=BEGAN + timedelta(seconds=asked), asked_mono=float(asked),
                    alerts=tuple(alerts) if share or at == 0 else snapshots[name].alerts,
                )  # fmt: skip
                before = time.process_time()
                recording.put(float(asked), Facts(dict(snapshots), (), around))
                took += time.process_time() - before
    return path.stat().st_size, took


def seek(path: Path) -> float:
    """Seconds to know what was known at a moment, the median of some."""
    found = []
    with opened(path) as recording:
        for _ in range(9):
            began = time.perf_counter()
            place = recording.place(_ROLL.uniform(0, recording.length))
            begin = recording.beginning(place)
            scene, stream = Scene(recording.header), recording.stream(begin)
            for number in range(begin, place):
                scene.take(next(stream), recording.chunks[number].position)
            found.append(time.perf_counter() - began)
    return sorted(found)[len(found) // 2]


def main() -> None:
    """Measure and print."""
    cases = {
        "ten quiet sources, 20 alerts each": ({f"am-{s}": [alert(f"am-{s}", n) for n in range(20)] for s in range(10)}, 0.0),
        "1,000 alerts, 1 % changed at each poll": ({"am": [alert("am", n) for n in range(1000)]}, 0.01),
        "10,000 alerts, 1 % changed at each poll": ({"am": [alert("am", n) for n in range(10_000)]}, 0.01),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        for number, (what, (sources, share)) in enumerate(cases.items()):
            path = Path(folder) / f"{number}.rec"
            size, took = hour(path, sources, share)
            print(f"{what}: {size / 1e6:.2f} MB an hour, {took:.2f} s of CPU to write it, {seek(path) * 1000:.0f} ms to seek")


if __name__ == "__main__":
    main()
