"""The groups that a routing tree has put its alerts in, and which intervals mute them: asked for when that may differ.

The answer carries every alert again, labels and all, so it is asked for after the alerts, and only where they, the configuration or
the time leave room for another one than the last. Of very many alerts it is never asked for.
"""

from __future__ import annotations

import asyncio

from ..provider import Malformed, Reply
from .am_wire import WireGroup, WireServer
from .records import Records

MOST_GROUPED = 5000
"""With more alerts than this, the groups of the routing tree are not read: they would be as large again."""
MUTED_FOR = 30.0
"""Seconds for which it is believed that the same intervals mute: they begin and end with a minute."""
SETTLES = 60.0
"""Seconds after alerts came or went in which their groups may still change: whether time mutes one is found out when its group is
first due (``group_wait``, half a minute where nobody says otherwise)."""


class Groups:
    """What one member said last of its groups."""

    def __init__(self) -> None:
        self._records = Records(WireGroup)
        self._last: tuple[WireGroup, ...] | None = None
        self._about: tuple[object, str] = (None, "")
        self._asked = self._changed = 0.0

    def due(self, alerts: tuple[object, ...], server: WireServer | None) -> bool:
        """Whether to ask: there are not too many of these ``alerts``, and they or the configuration are others than the last time,
        or some interval may have begun or ended meanwhile."""
        if len(alerts) > MOST_GROUPED:
            return False
        now = asyncio.get_running_loop().time()
        known = server.config.original if server is not None else ""
        timed = not known or "time_intervals" in known
        old = now - self._changed < SETTLES or (timed and now - self._asked > MUTED_FOR)
        return self._last is None or old or self._about[0] is not alerts or self._about[1] != known

    def told(
        self, reply: Reply | None, alerts: tuple[object, ...], server: WireServer | None, *, asked: bool
    ) -> tuple[WireGroup, ...] | None:
        """The groups, given the answer where they were ``asked`` for; ``None`` where they are not known."""
        if len(alerts) > MOST_GROUPED:
            self._last = None
        if not asked:
            return self._last
        try:
            self._last = tuple(self._records.read(reply.body)[0]) if reply is not None else None
        except Malformed:
            self._last = None
        self._asked = asyncio.get_running_loop().time()
        if self._about[0] is not alerts:
            self._changed = self._asked
        self._about = alerts, server.config.original if server is not None else ""
        return self._last
