"""Two moments of docs/story.md for its pictures, from the story's own config: users are hurt; and the next time nobody is."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from cockpit.config.model import Config
from cockpit.core.marks import Marks, local_alerts
from cockpit.core.roster import OnCall, Shift
from cockpit.core.sources import Health, SourceHealth
from cockpit.core.traps import Origin, Reading, Trap, TrapState, Watch, view_of
from cockpit.core.units import bound, say_bytes
from cockpit.core.view import Ranking, Row, View
from support.configs import loaded
from support.desk import FakeDesk
from support.scene import NOW, ago
from support.shop import block

HOST = "db-1"
FULL = 'ERROR:  could not extend file "pg_tblspc/16385/PG_15_202209061/16384/16387": No space left on device'
EARLY = "the-shop-takes-no-orders-early"
_CALM = Watch(state=TrapState.ARMED, since=ago(9000), checked_at=ago(1), good_at=ago(1), reason="")


class ShopDesk(FakeDesk):
    """Where the shop's disk was read: calm for hours, and climbing for the last forty minutes."""

    def readings(self, trap: str, metric: str, since: datetime) -> tuple[tuple[float, float], ...]:
        """See `Desk.readings`."""
        points = super().readings(trap, metric, since)
        end = NOW.timestamp()
        return tuple((at, 27.3 + max(0.0, 2400 - (end - at)) / 2400 * 18.6) for at, _ in points)


def burning() -> View:
    """The disk is full: users cannot order, and the runbook for it is one key away."""
    tripped = msgspec.structs.replace(
        _CALM, state=TrapState.TRIPPED, since=ago(48), tripped_at=ago(48), firing=1, reading=Reading({"exit_status": 1.0}, FULL),
        reason="exit_status >= 1", proven_at=ago(48),
    )  # fmt: skip
    return _view({"shop": tripped, "shop-inodes": _disk(33_554_432)})


def caught() -> View:
    """It fills up again: the new trap has tripped while more than half is free, and orders are taken."""
    tripped = msgspec.structs.replace(
        _disk(15_400_000), state=TrapState.TRIPPED, since=ago(21), tripped_at=ago(21), firing=1, reason="used_percent >= 44",
        full_in=6820.0, trips_in=0.0, proven_at=ago(21),
    )  # fmt: skip
    orders = msgspec.structs.replace(_CALM, reading=Reading({"exit_status": 0.0}, "order 1207"), proven_at=ago(86400))
    early = msgspec.structs.replace(
        config().traps["shop-inodes"], name=EARLY, trip=bound("used_percent >= 44"), forecast="used_percent",
        runbooks=("drop-views",), owner="Ana", detect="used_percent of disk path=/srv/shop",
        went_wrong="2026-11-24, i1: The shop takes no orders: nobody could order",
        signs="used_percent rose to 98.9 (usual: 27.3) from 2026-11-24 00:48 UTC on",
        origin=Origin(alert="shop", where=HOST, source="local", at="2026-11-24 02:54 UTC", incident="i1"),
    )  # fmt: skip
    return _view({"shop": orders, "shop-inodes": _disk(15_400_000), EARLY: tripped}, early)


def _disk(used: int, whole: int = 33_554_432) -> Watch:
    percent = 100 * used / whole
    text = f"{percent:.0f} % used, {say_bytes(whole - used)} free"
    return msgspec.structs.replace(_CALM, reading=Reading({"used_percent": percent}, text), proven_at=ago(86400))


def config() -> Config:
    """The story's, without a bell."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.toml"
        file.touch(0o600)
        file.write_text(block("toml"), "utf-8")
        return msgspec.structs.replace(loaded(file), bell=False)


def _view(watches: dict[str, Watch], *more: Trap) -> View:
    made = config()
    traps = (*made.traps.values(), *more)
    raised = local_alerts("local", HOST, traps, watches, Marks({}, (), {}), NOW, ("ana",))
    shift = Shift(
        roster="primary", level=1, person="ana", name="Ana", timezone="Europe/Berlin", source="local",
        start=NOW - timedelta(days=1), end=NOW + timedelta(days=6),
    )  # fmt: skip
    return View(
        now=NOW,
        alerts=Ranking(tuple(Row(each.alert) for each in raised)),
        traps=tuple(view_of("local", each, watches[each.name], NOW) for each in traps),
        rosters=(OnCall(roster="primary", level=1, source="local", now=shift, next=None),),
        runbooks=tuple(made.runbooks.values()),
        me=("ana", "Ana"),
        keeper="cockpit watch",
        sources=(SourceHealth(source="local", provider="local", health=Health.LIVE, age=timedelta(seconds=1)),),
    )
