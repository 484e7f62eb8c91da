"""A plain fact, which the Detail pane lays out as a line or several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from ..core.curves import Curve
    from ..core.prose import Block
    from .spans import Span


class Fact(msgspec.Struct, frozen=True):
    """A line to be: a label and its text; text alone; ready spans; a curve to be drawn; or prose to be set. All empty is a blank
    line."""

    label: str = ""
    text: str = ""
    role: str = "text"
    spans: tuple[Span, ...] = ()
    curve: Curve | None = None
    prose: tuple[Block, ...] = ()


BLANK = Fact()


def title_fact(text: str) -> Fact:
    """The title of a section."""
    return Fact(spans=((text, "title"),))
