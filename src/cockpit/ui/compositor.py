"""Textual's compositor, which asks a widget for no more lines than are painted, and paints what a key has changed at once.

Textual's own asks every widget in sight for all of its lines whenever one of them changed, and throws away those that are not
painted: seventy lines for a cursor that moves by two, which is half of the time from a key to its paint. Private names of Textual
8.2.8 that this stands on are listed in ``ui/terminal.py``.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

from .terminal import FRAME


class Sparing(Compositor):
    """For a screen whose widgets can give any of their lines: Textual's can, too."""

    painted_at = 0.0
    """When it painted last, in seconds of the monotonic clock."""
    _painted: frozenset[Region] = frozenset()  # what is being painted; none: all of it

    def render_partial_update(self) -> ChopsUpdate | None:
        """What has changed."""
        self.painted_at = time.monotonic()
        self._painted = frozenset(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._painted = frozenset()

    def render_full_update(self, simplify: bool = False) -> LayoutUpdate:
        """All of it."""
        self.painted_at = time.monotonic()
        return super().render_full_update(simplify)

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if not self._painted:
            yield from super()._get_renders(crop)
            return
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip)
            lines = {y for each in self._painted for y in each.intersection(seen).line_range}
            for first, last in _stretches(sorted(lines)):
                part = Region(seen.x, first, seen.width, last - first)
                yield region, part, widget.render_lines(part.translate((-region.x, -region.y)))


def paint_at_once(screen: Screen[None]) -> None:
    """Paint now what has changed on the screen's own widgets. Textual would let the widget tell the screen, the screen its timer,
    and the timer the compositor, each in a turn of its own. That way it comes about where nothing happens here: because there was
    a frame just now, or because something must be laid out first."""
    compositor = screen._compositor
    if not isinstance(compositor, Sparing) or time.monotonic() - compositor.painted_at < FRAME:
        return
    changed = [each for each in screen.children if each._repaint_required and each.display]
    if changed and not screen._repaint_required and not any(each._layout_required for each in (screen, *screen.children)):
        for each in changed:
            each._repaint_required = False
        screen._dirty_widgets.update(changed)
        screen._on_timer_update()


def _stretches(lines: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(the first, the one after the last) of lines that follow one another."""
    first = last = -1
    for y in lines:
        if y != last:
            if last >= 0:
                yield first, last
            first = y
        last = y + 1
    if last >= 0:
        yield first, last
