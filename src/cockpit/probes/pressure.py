"""Pressure stall information: the share of time in which tasks waited for memory, the processor or the disk.

Source: Linux, Documentation/accounting/psi.rst. Kernels without it (or booted with ``psi=0``) have no files, and no readings.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path("/proc/pressure")


def pressure(resource: str, root: Path = ROOT) -> dict[str, float]:
    """``{"some_10": 0.2, "some_60": …, "full_10": …}`` for ``memory``, ``cpu`` or ``io``: percent 0–100 of the last 10, 60 and
    300 seconds in which some, or all, tasks waited. Empty where the kernel does not tell."""
    try:
        text = (root / resource).read_text("ascii")
    except (OSError, UnicodeDecodeError):  # reading gives EOPNOTSUPP where it is compiled in and switched off
        return {}
    found: dict[str, float] = {}
    for line in text.splitlines():
        kind, *pairs = line.split()
        for pair in pairs:
            name, _, value = pair.partition("=")
            if name.startswith("avg"):
                found[f"{kind}_{name.removeprefix('avg')}"] = float(value)
    return found
