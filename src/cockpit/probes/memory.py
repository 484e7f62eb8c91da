"""``memory``: what is in use, what is left, swap, and whether work waits for it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import msgspec

from ..core.units import say_bytes
from ..provider import Host, ProbeError, Reading
from .pressure import pressure

CGROUPS = Path("/sys/fs/cgroup")


class MemoryConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing to choose."""


class Memory:
    """Judges nothing by itself: the bounds do. Cannot see: the kernel's figures cannot be read."""

    Config: ClassVar[type[msgspec.Struct]] = MemoryConfig
    judges: ClassVar[bool] = False
    readings: ClassVar[Mapping[str, str]] = {
        "used_percent": "percent 0–100 of the memory that could not be had without swapping (caches count as free)",
        "available_bytes": "bytes that could be had without swapping",
        "total_bytes": "bytes in all",
        "swap_used_percent": "percent 0–100 of the swap space (0 without swap)",
        "swap_free_bytes": "bytes of swap space left (0 without swap)",
        "pressure_some_10": "percent 0–100 of the last 10 s in which some task waited for memory (Linux)",
        "pressure_some_60": "the same over 60 s",
        "pressure_full_10": "percent 0–100 of the last 10 s in which every task waited for memory (Linux)",
        "pressure_full_60": "the same over 60 s",
        "cgroup_used_percent": "percent 0–100 of this container's own limit (cgroup v2 with a memory.max)",
    }

    def __init__(self, config: MemoryConfig, host: Host) -> None:  # noqa: ARG002  # it has no keys
        self._host = host

    @property
    def subject(self) -> str:
        """This machine's name."""
        return self._host.machine.host

    def look(self) -> Reading:
        """Ask the kernel once."""
        import psutil  # deferred: whoever only reads the config does not look

        try:
            memory = psutil.virtual_memory()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # psutil warns where swap-in counters are hidden: not used here
                swap = psutil.swap_memory()
        except (OSError, psutil.Error, ValueError, KeyError) as error:
            raise ProbeError(f"the kernel does not tell its memory: {error}") from error
        if not memory.total:
            raise ProbeError("the kernel says that there is no memory at all")
        values = {
            "used_percent": 100 * (memory.total - memory.available) / memory.total,
            "available_bytes": float(memory.available),
            "total_bytes": float(memory.total),
            "swap_used_percent": 100 * swap.used / swap.total if swap.total else 0.0,
            "swap_free_bytes": float(swap.free),
        }
        stalls = pressure("memory")
        values |= {f"pressure_{name}": value for name, value in stalls.items() if not name.endswith("300")}
        limited = cgroup_used(CGROUPS)
        if limited is not None:
            values["cgroup_used_percent"] = limited
        text = f"{values['used_percent']:.0f} % used, {say_bytes(values['available_bytes'])} available"
        if values["swap_used_percent"] >= 1:
            text += f", swap {values['swap_used_percent']:.0f} %"
        if values.get("pressure_some_10", 0.0) >= 1:
            text += f", tasks wait {values['pressure_some_10']:.0f} % of the time"
        return Reading(values, text)


def cgroup_used(root: Path, membership: Path = Path("/proc/self/cgroup")) -> float | None:
    """How full the tightest memory limit above this process is, percent; ``None`` without one.

    Counts as the kubelet does: ``memory.current`` less the inactive file cache, which the kernel gives back first.
    Source: Linux, Documentation/admin-guide/cgroup-v2.rst, "Memory Interface Files".
    """
    try:
        lines = membership.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    own = next((line[3:] for line in lines if line.startswith("0::")), None)
    if own is None:
        return None
    group = root / own.lstrip("/")
    fullest: float | None = None
    for level in (group, *group.parents):
        used = _used_of(level)
        if used is not None:
            fullest = max(used, fullest or 0.0)
        if level == root:
            break
    return fullest


def _used_of(group: Path) -> float | None:
    try:
        limit = (group / "memory.max").read_text("ascii").strip()
        if limit == "max" or int(limit) <= 0:
            return None
        current = int((group / "memory.current").read_text("ascii"))
        stat = dict(line.split(maxsplit=1) for line in (group / "memory.stat").read_text("ascii").splitlines())
        return 100 * max(0, current - int(stat.get("inactive_file", 0))) / int(limit)
    except (OSError, ValueError):  # the group has no such file at its root, or went away meanwhile
        return None
