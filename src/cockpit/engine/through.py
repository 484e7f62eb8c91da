"""Whether one source is asked by this process, or looked at through the watch of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..provider import Clock

if TYPE_CHECKING:
    from .attached import Attached, Shared

AGAIN = 2.0
"""Seconds between attempts to find a watch."""
REFUSED = 15.0
"""The same, after one that shares nothing with this cockpit, or whose answer is of no use: then twice as long each time, for as
long as ``LONGEST``."""
LONGEST = 300.0
MEANWHILE = "sources are asked from here"


class Through:
    """``path`` gives the watch's socket, "" for none. ``wake`` is called when the watch knows something newer, or has gone.
    All but ``says``, ``pid`` and `may_find` belongs to the source's own thread: the modules that this needs are first loaded there,
    and only where there is a socket."""

    def __init__(
        self,
        path: Callable[[], str],
        source: str,
        provider: str,
        settings: Mapping[str, object],
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._path, self._source, self._provider, self._settings = path, source, provider, settings
        self._clock, self._wake = clock, wake
        self._attached: Attached | None = None
        self._next = 0.0
        self._vain = 0  # connections since the last answer that was of use
        self.says = ""
        self.pid = 0

    @property
    def may_find(self) -> bool:
        """Whether there may be a watch that is not looked through yet, and it is time to see."""
        path = self._path()
        return self.pid == 0 and bool(path) and self._clock.mono() >= self._next and os.path.exists(path)

    async def find(self) -> bool:
        """Look for a watch; whether one is looked through now."""
        if self._attached is not None:
            if not self._attached.gone:
                return True
            self.let_go(f"{self._attached.gone}; {MEANWHILE}")
        if not self.may_find:
            return False
        from ..core.sharing import likeness  # deferred: most cockpits have no watch beside them
        from .attached import NotShared, attach

        self._next = self._clock.mono() + AGAIN
        try:
            self._attached = await attach(self._path(), self._source, likeness(self._provider, self._settings), self._wake)
        except NotShared as error:
            self.says = f"{error}; sources are asked from here"
            self._next = self._clock.mono() + REFUSED
            return False
        if self._attached is None:
            return False
        self.pid = self._attached.pid
        self._vain += 1
        return True

    async def told(self, *, fresh: bool, keeps: bool, oldest: float) -> Shared | None:
        """How the source stands by the watch; ``None``: ask it yourself. ``keeps``: somebody has to keep up acknowledgements, and a
        watch that may not write does not. ``oldest``: seconds after which an answer is too old: the watch has stopped asking."""
        from .attached import Lost

        if not await self.find() or self._attached is None:
            return None
        if keeps and not self._attached.keeps:
            self._vain, self.says = 0, ""
            return None
        try:
            shared = await self._attached.ask(fresh=fresh)
        except Lost as error:
            self.let_go(f"{error}; {MEANWHILE}")
            return None
        told = shared.told
        since = told.due_mono if told.health else told.asked_mono
        age = self._clock.mono() - since
        if since and age > oldest:
            self._vain = max(self._vain, 1)
            what = (
                f"should have asked {self._source} again {age:.0f} s ago"
                if told.health
                else f"has not asked {self._source} for {age:.0f} s"
            )
            self.let_go(f"cockpit watch (process {self.pid}) {what}; {MEANWHILE}")
            return None
        self._vain, self.says = 0, ""
        # a watch whose secret is wrong sees nothing; ours may be right
        return None if told.health == "parked" or not (told.asked_mono or told.health) else shared

    def let_go(self, why: str = "") -> None:
        """Look through it no more."""
        if self._attached is not None:
            self._attached.close()
        self._attached, self.pid, self.says = None, 0, why
        wait = min(REFUSED * 2.0 ** min(self._vain - 1, 16), LONGEST) if self._vain else AGAIN
        self._next = self._clock.mono() + wait
