"""What ``[watch]`` of the config says; small, for every start reads it."""

from __future__ import annotations

from pathlib import Path

import msgspec


class WatchRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``share``: a watch shares what it polls, and a screen looks through it. ``socket`` is where ("" = in the state directory, for
    the same user alone); ``group`` whose members may look beside the watch's own user."""

    share: bool = True
    socket: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        if self.socket and not self.socket.startswith("/"):
            raise ValueError("socket must be a whole path, beginning with /")
        if self.group and not self.socket:
            raise ValueError('group wants a socket where others may enter, as socket = "/run/cockpit/watch.sock"')


def socket_of(rule: WatchRule, state_dir: Path) -> str:
    """The path of the socket of a watch with this state directory."""
    return rule.socket or f"{state_dir}/watch.sock"
