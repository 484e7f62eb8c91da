"""What is measured in the night: the readings of this machine's traps, and the series that a Prometheus draws."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import pairwise

from ...core.traps import Reading
from .beats import Cures
from .night import FREE_DISK, ROLL_BACK

DATABASE = "/var/lib/postgresql"
BACKUP = "/backup/shop.sql.zst"
DEPLOYED = -240.0
"""The second at which release 1.4 came."""
UNMOUNTED, MOUNTED = -540.0, 1260.0
"""From and until when nobody can see the backup, unless somebody mounts it."""
MOUNT = "mount-backup"

_DAY, _ROTATED = 86400.0, -2100.0
_DISK = (
    (_ROTATED - _DAY, 62.9), (-21600.0, 64.0), (-2130.0, 72.6), (_ROTATED, 62.9), (0.0, 63.6), (530.0, 92.0), (690.0, 99.6),
    (790.0, 100.0),
)  # fmt: skip
"""Each day the same, less after the night's rotation of logs; and then the log of every query, once traffic is on release 1.4."""
_FREED, _FULL = 61.0, 100.0
_GROWTH = 28.4 / 530.0  # percent a second, while release 1.4 runs


def disk(at: float, cures: Cures) -> float:
    """How full the database's disk is, in percent."""
    freed, back = cures.get(FREE_DISK), cures.get(ROLL_BACK)
    writing_until = min(at, back) if back is not None else at
    if freed is not None and at >= freed:
        grown = max(0.0, writing_until - max(freed, 0.0)) * _GROWTH
        return min(_FULL, _FREED + grown + _wiggle(at) * (grown == 0.0))
    if at < _ROTATED:
        writing_until = at + _DAY * ((_ROTATED - at) // _DAY)
    return min(_FULL, _between(_DISK, writing_until) + _wiggle(at) * (at < 0.0))


def _wiggle(at: float) -> float:
    return 0.18 * math.sin(at / 97.0) + 0.07 * math.sin(at / 23.0)


def _between(points: tuple[tuple[float, float], ...], at: float) -> float:
    if at <= points[0][0]:
        return points[0][1]
    for (t1, v1), (t2, v2) in pairwise(points):
        if at <= t2:
            return v1 + (v2 - v1) * (at - t1) / (t2 - t1)
    return points[-1][1]


def reading(subject: str, at: float, cures: Cures) -> Reading | str:
    """What a look at a trap's ``subject`` (a path, an address, a name, or the probe's own name) sees; a text says why it cannot."""
    if subject == DATABASE:
        used = disk(at, cures)
        return Reading({"used_percent": round(used, 2), "free_bytes": (100.0 - used) * 2.1e9}, f"{used:.0f} % used")
    if subject == BACKUP:
        if UNMOUNTED <= at < min(MOUNTED, cures.get(MOUNT, MOUNTED)):
            return "/backup is not mounted"
        age = 6900.0 + at
        return Reading({"age_seconds": age, "size_bytes": 2.1e9}, f"{age / 3600:.0f} h old, 2.1 GB")
    if subject == "https://shop.example/health":
        slow = 0.084 + 0.9 * load(at, cures)
        return Reading({"seconds": round(slow, 3), "status": 200.0}, f"200 in {slow * 1000:.0f} ms")
    if subject == "load":
        value = 1.9 + 9.0 * load(at, cures) + 0.3 * math.sin(at / 61.0)
        return Reading({"load1": round(value, 2)}, f"{value:.1f} on 8 cores")
    if subject == "memory":
        value = 61.0 + 11.0 * load(at, cures) + 0.4 * math.sin(at / 83.0)
        return Reading({"used_percent": round(value, 1)}, f"{value:.0f} % used")
    if subject == "billing":
        age = 720.0 + (at % 3600.0)
        return Reading({"age_seconds": age}, f"beat {age / 60:.0f} m ago")
    return _STEADY[subject]


_STEADY = {
    "/": Reading({"used_percent": 44.0, "free_bytes": 2.4e10}, "44 % used"),
    "shop.example": Reading({"days_left": 6.2}, "6 days left"),
    "nginx": Reading({"count": 6.0}, "6 processes"),
    "systemd": Reading({"failed": 0.0}, "none failed"),
    "/var/log/kern.log": Reading({"per_minute": 0.0}, "0 a minute"),
    "www.shop.example": Reading({"answers": 1.0}, "203.0.113.7"),
}


def load(at: float, cures: Cures) -> float:
    """How hard release 1.4 presses, from 0 to 1: it does from when it comes until it is rolled back."""
    back = cures.get(ROLL_BACK)
    rising = min(1.0, max(0.0, (at - DEPLOYED) / 600.0))
    return rising if back is None or at < back else rising * max(0.0, 1.0 - (at - back) / 60.0)


_ERRORS = (0.0, 60.0, 120.0, 480.0, 1000.0)
_PERCENT = (1.1, 6.0, 12.0, 19.0, 31.0)


def errors(at: float, cures: Cures) -> float:
    """Of a hundred requests to web-3, how many fail."""
    calm = 1.1 + 0.4 * math.sin(at / 310.0) + 0.2 * math.sin(at / 71.0)
    back = cures.get(ROLL_BACK)
    place = bisect_right(_ERRORS, at if back is None else min(at, back))
    if place == 0:
        return calm
    if back is not None and at > back + 20.0:
        return calm
    return _between(tuple(zip(_ERRORS, _PERCENT, strict=True)), min(at, back if back is not None else at))
