"""``load``: how much work waits to run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from ..provider import Host, ProbeError, Reading
from .pressure import pressure


class LoadConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing to choose."""


class Load:
    """Judges nothing by itself: the bounds do. Cannot see: the kernel does not tell its load."""

    Config: ClassVar[type[msgspec.Struct]] = LoadConfig
    judges: ClassVar[bool] = False
    readings: ClassVar[Mapping[str, str]] = {
        "load1": "tasks that ran or waited (on Linux for the disk, too), averaged over 1 minute",
        "load5": "the same over 5 minutes",
        "load15": "the same over 15 minutes",
        "per_cpu": "load5 for each processor this process may use: above 1, work waits",
        "pressure_cpu_some_10": "percent 0–100 of the last 10 s in which some task waited for a processor (Linux)",
        "pressure_cpu_some_60": "the same over 60 s",
        "pressure_io_some_60": "percent 0–100 of the last 60 s in which some task waited for the disk (Linux)",
    }

    def __init__(self, config: LoadConfig, host: Host) -> None:  # noqa: ARG002  # it has no keys
        self._host = host

    @property
    def subject(self) -> str:
        """This machine's name."""
        return self._host.machine.host

    def look(self) -> Reading:
        """Ask the kernel once."""
        try:
            load1, load5, load15 = os.getloadavg()
        except OSError as error:
            raise ProbeError(f"the kernel does not tell its load: {error}") from error
        cpus = _cpus()
        values = {"load1": load1, "load5": load5, "load15": load15, "per_cpu": load5 / cpus}
        cpu, disk = pressure("cpu"), pressure("io")
        values |= {f"pressure_cpu_{name}": cpu[name] for name in ("some_10", "some_60") if name in cpu}
        values |= {f"pressure_io_{name}": disk[name] for name in ("some_60",) if name in disk}
        return Reading(values, f"load {load1:.2f} {load5:.2f} {load15:.2f} on {cpus} processor{'s' if cpus > 1 else ''}")


def _cpus() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # not on macOS and the BSDs
        return os.cpu_count() or 1
