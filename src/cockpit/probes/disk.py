"""``disk``: space and inodes of the file system that holds a path."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import msgspec

from ..core.text import clean
from ..core.traps import TrapState
from ..core.units import say_bytes
from ..provider import Host, ProbeError, Reading


class DiskConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` is any path on the file system; with ``mounted`` it must itself be a mount point."""

    path: str
    mounted: bool = False

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError(f"path must be absolute, like /var, not {self.path!r}")


class Disk:
    """Seen to be wrong: with ``mounted``, nothing is mounted there (the directory beneath would look empty and roomy).
    Cannot see: no such path, or no right to reach it. A dead network mount hangs, and its trap becomes blind."""

    Config: ClassVar[type[msgspec.Struct]] = DiskConfig
    readings: ClassVar[Mapping[str, str]] = {
        "used_percent": "percent 0–100 of the space that ordinary users may fill, as df shows it",
        "used_bytes": "bytes in use",
        "free_bytes": "bytes that ordinary users may still write",
        "total_bytes": "bytes in all, those kept for root included",
        "inodes_used_percent": "percent 0–100 of the inodes in use (not on file systems without a fixed number, such as btrfs)",
        "inodes_free": "inodes that ordinary users may still take (likewise)",
    }

    def __init__(self, config: DiskConfig, host: Host) -> None:  # noqa: ARG002  # every probe is given its host
        self._config = config

    @property
    def subject(self) -> str:
        """The path."""
        return self._config.path

    def look(self) -> Reading:
        """Ask the file system once."""
        path = self._config.path
        try:
            stat = os.statvfs(path)
            there = not self._config.mounted or _is_mount(path)
        except OSError as error:
            raise ProbeError(f"cannot look at {clean(path, 200)}: {error.strerror}") from error
        if not there:
            return Reading({}, f"nothing is mounted on {clean(path, 200)}", TrapState.TRIPPED)
        values = space(stat)
        if "used_percent" not in values:
            raise ProbeError(f"{clean(path, 200)} is on a file system without a size")
        text = f"{values['used_percent']:.0f} % used, {say_bytes(values['free_bytes'])} free"
        if values.get("inodes_used_percent", 0.0) >= 80:
            text += f", {values['inodes_used_percent']:.0f} % of the inodes"
        return Reading(values, text)


def space(stat: os.statvfs_result) -> dict[str, float]:
    """The readings from one ``statvfs``. Used percent leaves root's reserve out of the whole, as df does: at 100 % a user
    cannot write."""
    total, free, avail = (blocks * stat.f_frsize for blocks in (stat.f_blocks, stat.f_bfree, stat.f_bavail))
    used = total - free
    values: dict[str, float] = {}
    if used + avail > 0:
        values = {"used_percent": 100 * used / (used + avail), "used_bytes": used, "free_bytes": avail, "total_bytes": total}
    inodes_used = stat.f_files - stat.f_ffree
    if stat.f_files > 0 and inodes_used + stat.f_favail > 0:
        values["inodes_used_percent"] = 100 * inodes_used / (inodes_used + stat.f_favail)
        values["inodes_free"] = stat.f_favail
    return {name: float(value) for name, value in values.items()}


def _is_mount(path: str) -> bool:
    if os.path.ismount(path):
        return True
    # A bind mount within one file system has its parent's device number: only the kernel's list shows it.
    mounts = Path("/proc/self/mountinfo")
    if not mounts.exists():
        return False
    wanted = os.path.realpath(path)
    points = (line.split(" ")[4] for line in mounts.read_text("utf-8", "surrogateescape").splitlines())
    return any(_unescaped(point) == wanted for point in points)


def _unescaped(point: str) -> str:
    """mountinfo writes space, tab, newline and backslash as octal (proc(5))."""
    for octal, plain in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(octal, plain)
    return point
