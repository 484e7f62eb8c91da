"""What of Textual the cockpit never shows, and does not load: a fifth of the time until the first frame.

Textual's app imports its command palette (which brings eight widgets), its toasts and tooltips, whether an app has them or not,
and libraries that know where downloads go, or how to speak TLS. The cockpit has a palette and a footer of its own, and saves
nothing there; so while Textual is imported, stand-ins take their places (`cockpit.lent`). Whoever asked one of those that are
left out for anything would get an ``AttributeError``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module

from ..lent import in_pieces, slim_asyncio, stand_in, standing_in, typing_alone, whole

LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    "textual.command": (
        "CommandListItem", "CommandPalette", "DiscoveryHit", "Hit", "Hits", "Provider", "SimpleProvider",
    ),
    "textual.canvas": ("Canvas", "Rectangle"),
    "textual.pilot": ("Pilot",),
    "textual.widgets._toast": ("ToastRack",),
    "textual.widgets._tooltip": ("Tooltip",),
}  # fmt: skip
"""Modules of Textual 8.2.8 that are never needed, and the names which others take from them as they are imported."""

IN_PIECES = (
    "difflib", "pickle", "platformdirs", "rich.panel", "rich.table", "rich.tree", "textual.css._help_text",
    "textual.layouts.grid", "textual.layouts.horizontal", "textual.layouts.stream",
)  # fmt: skip
"""Modules of which Textual and rich take functions and classes that they hardly ever call: each is loaded when one of them is
called for the first time."""

WHOLE = ("mimetypes",)
"""Modules that Textual takes themselves: each is loaded when anything is asked of it."""


@contextmanager
def lean() -> Iterator[None]:
    """Import ``textual.app`` in here for the first time; later it makes no difference."""
    if "textual.app" in sys.modules:
        yield
        return
    for name, taken in LEFT_OUT.items():
        if name not in sys.modules:
            sys.modules[name] = stand_in(name, {each: type(each, (), {"__module__": name}) for each in taken})
    lent = {**{name: in_pieces(name) for name in IN_PIECES}, **{name: whole(name) for name in WHOLE}}
    with standing_in({**lent, **slim_asyncio(), "typing_extensions": typing_alone()}):
        yield
        import_module("textual.layouts.factory")  # which the first style sheet would load, with layouts that no pane has
