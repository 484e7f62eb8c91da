"""A widget whose lines are all its own: nothing is laid around them, behind them or over them by style sheets."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Drawn(Widget, inherit_css=False):
    """Gives the compositor the strips of `render_line` as they are, each as wide as the widget. Textual would look for borders,
    padding, tints and opacity on the way, and put what it finds into a second cache: half of what it takes to draw a line."""

    DEFAULT_CSS = "Drawn { background: transparent; }"  # of all that Textual gives a widget

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines that are to be drawn, in Textual's place."""
        strips = [self.render_line(y) for y in crop.line_range]
        filters = self.get_line_filters()
        if filters:
            _, background = self.background_colors
            for each in filters:
                strips = [strip.apply_filter(each, background) for strip in strips]
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips
