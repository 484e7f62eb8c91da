"""Making a probe as the cockpit makes it: by its registered name, its keys decoded as the config decodes them."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol, cast

import msgspec

from cockpit import plugins
from cockpit.config.decode import decode_settings
from cockpit.core.traps import Reading
from cockpit.provider import Clock, Host, Secret

__all__ = ["HandClock", "HereClock", "Looks", "peak_of", "probe"]


class Looks(Protocol):
    """A probe whose ``look`` is a plain function, as all of ours are."""

    readings: Mapping[str, str]

    @property
    def subject(self) -> str: ...
    def look(self) -> Reading: ...


def peak_of(look: Callable[[], Reading]) -> tuple[Reading, int]:
    """(what the look saw, the most bytes that Python held for it at once)."""
    gc.collect()
    tracemalloc.start()
    try:
        reading = look()
        return reading, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class HereClock:
    """Real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def mono(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class HandClock:
    """Time that a test turns by hand."""

    def __init__(self, now: datetime = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = now
        self._mono = 1000.0

    def now(self) -> datetime:
        return self._now

    def mono(self) -> float:
        return self._mono

    def turn(self, **by: float) -> None:
        """``turn(minutes=3)``."""
        step = timedelta(**by)
        self._now += step
        self._mono += step.total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.turn(seconds=seconds)


class _Machine:
    """This machine, as far as a probe asks: its name, and heartbeats."""

    host = "this-host"

    def __init__(self, beats: Mapping[str, datetime]) -> None:
        self._beats = beats

    def beat(self, name: str) -> datetime | None:
        return self._beats.get(name)


class _Host:
    def __init__(self, clock: Clock, machine: _Machine) -> None:
        self.clock = clock
        self.machine = machine


def probe(
    kind: str,
    given: Mapping[str, object] | None = None,
    /,
    *,
    clock: Clock | None = None,
    beats: Mapping[str, datetime] | None = None,
    secrets: Mapping[str, str] | None = None,
    **keys: object,
) -> Looks:
    """The probe that ``[traps.x] probe = "kind"`` makes with these keys, ``given`` and ``keys`` together.

    ``secrets`` are what references such as ``env:TOKEN`` lead to. Raises `ConfigError` where the config would.
    """
    made = plugins.load(plugins.PROBES, kind)
    config: type[msgspec.Struct] = made.Config  # type: ignore[attr-defined]  # the Probe protocol: every probe has one
    settings = decode_settings(
        config, {**(given or {}), **keys}, lambda reference: Secret((secrets or {})[reference]), f"traps.{kind}"
    )
    host = cast("Host", _Host(clock or HereClock(), _Machine(beats or {})))
    return cast("Looks", made(settings, host))
