"""What ``[watch]`` of the config says; small, for every start reads it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from .units import Seconds

PLAIN = ("http://", "https://")
"""How an address for the beat begins that is written as it is; anything else is a reference to a secret."""

SHORTEST_BEAT = 5
"""Seconds between two beats at least: screens look as often at what became of them."""


class WatchRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``share``: a watch shares what it polls, and a screen looks through it. ``socket`` is where ("" = in the state directory, for
    the same user alone); ``group`` whose members may look beside the watch's own user. ``beat`` is the address that a watch asks
    every ``beat_every`` seconds while its engine lives ("" = none), or a reference to it where it is a secret. ``metrics`` is where
    Prometheus may ask it (see `metrics_place`; "" = nowhere)."""

    share: bool = True
    socket: str = ""
    group: str = ""
    beat: str = ""
    beat_every: Seconds = Seconds(60.0)
    metrics: str = ""

    def __post_init__(self) -> None:
        if self.socket and not self.socket.startswith("/"):
            raise ValueError("socket must be a whole path, beginning with /")
        if self.group and not self.socket:
            raise ValueError('group wants a socket where others may enter, as socket = "/run/cockpit/watch.sock"')
        if self.beat_every < SHORTEST_BEAT:
            raise ValueError(f"beat_every must be at least {SHORTEST_BEAT}s")
        if self.metrics:
            metrics_place(self.metrics)


class Outside(msgspec.Struct, frozen=True):
    """How the beat of the watch to an address outside fares: ``at`` (UTC) is when it was last taken there, ``None`` if never;
    ``late`` is why it is late, for the person ("" = it is not)."""

    at: datetime | None
    late: str = ""


def metrics_place(text: str) -> tuple[str, int]:
    """Address and port of ``ADDR:PORT``; without an address this machine alone. Raises ``ValueError``."""
    host, _, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    plain = all(letter not in bare for letter in "/[] ") and (":" not in bare or host == f"[{bare}]")
    if not (plain and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError('metrics must be ADDR:PORT, as "127.0.0.1:9464" or "[::1]:9464"')
    return bare or "127.0.0.1", int(port)


def socket_of(rule: WatchRule, state_dir: Path) -> str:
    """The path of the socket of a watch with this state directory."""
    return rule.socket or f"{state_dir}/watch.sock"
