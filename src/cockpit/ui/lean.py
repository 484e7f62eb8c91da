"""What of Textual the cockpit never shows, and does not load: a seventh of the time until the first frame.

Textual's app imports its command palette (which brings eight widgets), its toasts and tooltips, whether an app has them or not,
and a library that knows where downloads go. The cockpit has a palette and a footer of its own, and saves nothing there; so while
Textual is imported, empty stand-ins take their places. Whoever asked one of them for anything would get an ``AttributeError``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from types import ModuleType

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

LENT = ("difflib", "pickle", "platformdirs", "rich.panel", "rich.table", "rich.tree", "textual.css._help_text")
"""Modules of which Textual takes functions and classes that it hardly ever calls: each is loaded when one of them is called for the
first time. Whoever else imports one gets it as ever."""


@contextmanager
def lean() -> Iterator[None]:
    """Import ``textual.app`` in here for the first time; later it makes no difference."""
    if "textual.app" in sys.modules:
        yield
        return
    for name, taken in LEFT_OUT.items():
        if name not in sys.modules:
            sys.modules[name] = _stand_in(name, {each: type(each, (), {"__module__": name}) for each in taken})
    lent = [name for name in LENT if name not in sys.modules]
    for name in lent:
        sys.modules[name] = _stand_in(name, {"__getattr__": partial(_lend, name)})
    try:
        yield
    finally:
        for name in lent:
            del sys.modules[name]  # others need the real one


def _stand_in(name: str, contents: Mapping[str, object]) -> ModuleType:
    module = ModuleType(name, "A stand-in: see cockpit.ui.lean.")
    vars(module).update(contents)
    return module


def _lend(module: str, name: str) -> _Lent:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Lent(module, name)


class _Lent:
    """What a module has under a name, loaded when it is called or asked for anything."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __call__(self, *args: object, **options: object) -> object:
        return getattr(import_module(self._module), self._name)(*args, **options)

    def __getattr__(self, name: str) -> object:
        return getattr(getattr(import_module(self._module), self._name), name)
