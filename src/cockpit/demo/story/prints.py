"""What the steps of the night's runbooks print, and what they bring about: nothing of it is executed."""

from __future__ import annotations

import msgspec

from .beats import Cures
from .curves import MOUNT, disk
from .night import FREE_DISK, ROLL_BACK


class Printed(msgspec.Struct, frozen=True):
    """What a step prints, line by line; and the runbook that has done its work once this is through, "" for none."""

    lines: tuple[str, ...]
    cures: str = ""


_SHIPPED = tuple(f"/var/lib/postgresql/log/query-{number:04d}.log.shipped" for number in range(2118, 2134))


def printed(words: tuple[str, ...], at: float, cures: Cures) -> Printed:
    """What a program with these arguments would print at that second."""
    match words:
        case ("kubectl", _, _, "rollout", "history", *_):
            return Printed(("deployment.apps/shop", "REVISION  CHANGE-CAUSE", "41        shop 1.3", "42        shop 1.4  (03:02)"))
        case ("kubectl", _, _, "rollout", "undo", *_):
            return Printed(("deployment.apps/shop rolled back",), ROLL_BACK)
        case ("kubectl", _, _, "rollout", "status", *_):
            waits = (f"Waiting for rollout to finish: {done} of 4 new replicas have been updated..." for done in range(1, 5))
            return Printed((*waits, 'deployment "shop" successfully rolled out'))
        case ("tail", *_):
            times = (8.2, 7.9, 7.4, 7.1, 6.8, 6.6, 6.1, 5.9, 5.8, 5.2, 5.1, 4.9)
            return Printed(tuple(f"{seconds:4.1f} s  POST /checkout  INSERT INTO order_line …  (logged)" for seconds in times))
        case ("du", "-sh", path):
            return Printed((f"71G\t{path}",))
        case ("find", *_):
            return Printed((*_SHIPPED, "1,204 files deleted"), FREE_DISK)
        case ("df", _, path):
            used = disk(at, cures)
            line = f"/dev/vdb1        200G  {2 * used:3.0f}G  {2 * (100 - used):3.0f}G  {used:3.0f}% {path}"
            return Printed(("Filesystem       Size  Used Avail Use% Mounted on", line))
        case ("du", *_):
            sizes = (("71G", "log"), ("58G", "16/main"), ("4.1G", "16/main/pg_wal"), ("12M", "16/stats"))
            return Printed(tuple(f"{size}\t/var/lib/postgresql/{where}" for size, where in sizes))
        case ("patronictl", *_):
            said = ("2 members, leader db-1", "switchover to db-2 …", "db-2 is the leader now", "db-1 follows")
            return Printed(said, "fail-over")
        case ("ssh", host, *_):
            return Printed((f"{host}: stopping 8 workers", f"{host}: 8 workers started"), "restart-workers")
        case ("remote-hands", *_):
            return Printed(("rack r7, row C, eu-1", "night desk: +49 69 5550 170", "OPS-2291: switch update, 03:00–03:30"))
        case ("mount", path):
            return Printed((f"{path}: mounted, 2.1 GB in shop.sql.zst",), MOUNT)
    return Printed((f"{words[0]}: nothing to be done",))
