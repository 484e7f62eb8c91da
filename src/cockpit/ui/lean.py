"""What of Textual the cockpit never shows, and does not load: a seventh of the time until the first frame.

Textual's app imports its command palette (which brings eight widgets), its toasts and tooltips, whether an app has them or not,
and a library that knows where downloads go. The cockpit has a palette and a footer of its own, and saves nothing there; so while
Textual is imported, empty stand-ins take their places. Whoever asked one of them for anything would get an ``AttributeError``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType

LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    "textual.command": (
        "CommandListItem", "CommandPalette", "DiscoveryHit", "Hit", "Hits", "Provider", "SimpleProvider",
    ),
    "textual.widgets._toast": ("ToastRack",),
    "textual.widgets._tooltip": ("Tooltip",),
}  # fmt: skip
"""Modules of Textual 8.2.8 that are never needed, and the names which others take from them as they are imported."""

_PLACES = "platformdirs"


@contextmanager
def lean() -> Iterator[None]:
    """Import ``textual.app`` in here for the first time; later it makes no difference."""
    if "textual.app" in sys.modules:
        yield
        return
    for name, taken in LEFT_OUT.items():
        if name not in sys.modules:
            sys.modules[name] = _stand_in(name, {each: type(each, (), {"__module__": name}) for each in taken})
    lent = _PLACES not in sys.modules
    if lent:
        sys.modules[_PLACES] = _stand_in(_PLACES, {"user_downloads_path": _downloads})
    try:
        yield
    finally:
        if lent:
            del sys.modules[_PLACES]  # others need the real one


def _stand_in(name: str, contents: Mapping[str, object]) -> ModuleType:
    module = ModuleType(name, "A stand-in: see cockpit.ui.lean.")
    vars(module).update(contents)
    return module


def _downloads() -> object:
    from platformdirs import user_downloads_path

    return user_downloads_path()
