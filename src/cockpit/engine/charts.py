"""What sources measured over time, for who draws it: asked when somebody looks, remembered for a while, one question at a time."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec

from ..core.alerts import Alert
from ..core.curves import Curve, pace
from ..core.text import clean
from ..core.traps import TrapView
from ..core.units import Bound
from ..provider import Clock
from .source import Source
from .sources import Sources

SPAN = 6 * 3600.0
"""Seconds that a picture shows, at least."""
FRESH = 60.0
"""Seconds for which an answer is good, whatever it was: a picture is drawn again far more often than it is asked for."""
YOUNG = 10.0
"""The same, for a curve of which there is hardly anything yet."""
KEPT = 50
_FEW = 8  # points
_WIDEST = 400  # cells


Key = tuple[tuple[str, str], int, bool]
"""Source and name there, cells, and whether it is an alert."""


class _Wish(msgspec.Struct, frozen=True):
    key: Key
    about: Alert | TrapView
    cells: int


class Charts:
    """``begin`` has work done on the engine's loop; ``tell`` is called when something has come. `get` may be called from any
    thread, and waits for nobody. A wish that was not asked yet gives way to the next: who moves on waits for nothing behind."""

    def __init__(
        self, sources: Sources, clock: Clock, begin: Callable[[Callable[[], Awaitable[None]]], None], tell: Callable[[], None]
    ) -> None:
        self._sources, self._clock, self._begin, self._tell = sources, clock, begin, tell
        self._lock = threading.Lock()
        self._known: dict[Key, tuple[float, Curve | None]] = {}
        self._wish: _Wish | None = None
        self._asking: Key | None = None
        self._busy = False

    def get(self, about: Alert | TrapView, cells: int) -> Curve | None:
        """What is known of it now; see `Desk.series`."""
        if not self._may(about):
            return None
        cells = max(8, min(cells, _WIDEST))
        of = (about.ref.source, about.ref.id) if isinstance(about, Alert) else (about.source, about.trap.name)
        key = (of, cells, isinstance(about, Alert))
        with self._lock:
            at, curve = self._known.get(key, (-math.inf, Curve()))
            few = curve is not None and not curve.problem and len(curve.points) < _FEW
            if self._clock.mono() - at < (YOUNG if few else FRESH):
                return curve
            if key == self._asking:
                return curve  # it is on its way
            self._wish = _Wish(key, about, cells)
            idle, self._busy = not self._busy, True
        if idle:
            self._begin(self._work)
        return curve

    @property
    def known(self) -> dict[tuple[str, str], Curve]:
        """What was last shown of each alert (its source and id there) and trap (its source and name). From any thread."""
        with self._lock:
            return {key[0]: curve for key, (_, curve) in self._known.items() if curve is not None}

    def _may(self, about: Alert | TrapView) -> bool:
        """Whether somebody could know."""
        can = self._sources.can
        if isinstance(about, TrapView):
            return (about.source, "Series") in can
        anybody = any(capability == "Series" for _, capability in can)
        return anybody and ((about.ref.source, "Series") in can or any(link.name == "generator" for link in about.links))

    async def _work(self) -> None:
        while True:
            with self._lock:
                wish, self._wish = self._wish, None
                self._busy, self._asking = wish is not None, wish.key if wish is not None else None
            if wish is None:
                return
            try:
                curve = await self._asked(wish)
            except BaseException:  # cancelled, too: the next wish must not wait for this one
                self._busy, self._asking = False, None
                raise
            with self._lock:
                self._known.pop(wish.key, None)
                self._known[wish.key] = (self._clock.mono(), curve)
                self._asking = None
                for old in list(self._known)[:-KEPT]:
                    del self._known[old]
            self._tell()

    async def _asked(self, wish: _Wish) -> Curve | None:
        """From its own source; where that has nothing, from the one that made the alert."""
        home = wish.about.ref.source if isinstance(wish.about, Alert) else wish.about.source
        able = [source for source in self._sources.all() if "Series" in source.can]
        own = [source for source in able if source.name == home]
        found = await self._of(own, wish) or await self._of([source for source in able if source.name != home], wish)
        sure = [curve for curve in found if curve.certain and not curve.problem] or [curve for curve in found if not curve.problem]
        if len(sure) > 1 and not sure[0].certain:
            names = " and ".join(curve.source for curve in sure)
            return Curve(problem=f"{names} have such a rule: which of them made the alert cannot be told")
        return sure[0] if sure else found[0] if found else None

    async def _of(self, sources: list[Source], wish: _Wish) -> list[Curve]:
        if not sources or (isinstance(wish.about, TrapView) and sources[0].name != wish.about.source):
            return []
        curves = await asyncio.gather(*(self._one(source, wish) for source in sources))
        return [curve for curve in curves if curve is not None]

    async def _one(self, source: Source, wish: _Wish) -> Curve | None:
        if source.trouble:
            return Curve(source=source.name, problem=f"{source.name}: {source.trouble}")
        step = pace(SPAN, wish.cells)
        last = self._clock.now().timestamp() // step * step
        since, until = (datetime.fromtimestamp(at, UTC) for at in (last - (wish.cells - 1) * step, last))
        try:
            curve = await source.send(lambda provider: provider.series(wish.about, since, until, wish.cells - 1))
            return None if curve is None else sound(curve, source.name)
        except Exception as error:  # noqa: BLE001  # whatever a provider raises is said where the picture would be
            return Curve(source=source.name, problem=f"{source.name}: {source.why(error)}")


def sound(curve: object, source: str) -> Curve:
    """The curve, of which nothing harms who draws it. Raises `TypeError` where it is none."""
    if not isinstance(curve, Curve):
        raise TypeError(f"series gave {type(curve).__name__}, not a Curve")
    points = sorted((float(at), float(value)) for at, value in curve.points if math.isfinite(at) and math.isfinite(value))
    return Curve(
        points=tuple(points),
        what=clean(curve.what),
        name=clean(curve.name, 100),
        bound=curve.bound if isinstance(curve.bound, Bound) and math.isfinite(curve.bound.value) else None,
        source=source,
        certain=curve.certain is True,
        problem=clean(curve.problem),
    )
