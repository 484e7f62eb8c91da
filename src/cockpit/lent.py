"""Libraries import more than is ever asked of them. While one is imported, stand-ins take the places of what it hardly needs: the
real module is loaded when something is asked of its stand-in, and whoever else imports one gets it as ever.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from types import ModuleType


@contextmanager
def standing_in(modules: Mapping[str, ModuleType]) -> Iterator[None]:
    """What is imported in here gets these in the places of modules that nobody has loaded yet."""
    lent = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(lent)
    try:
        yield
    finally:
        for name in lent:
            del sys.modules[name]  # others need the real one


def stand_in(name: str, contents: Mapping[str, object]) -> ModuleType:
    """An empty module with these names."""
    module = ModuleType(name, "A stand-in: see cockpit.lent.")
    vars(module).update(contents)
    return module


def whole(name: str) -> ModuleType:
    """For whoever takes the module itself, and asks it for its names later: they are then the real ones."""
    module = stand_in(name, {})
    vars(module)["__getattr__"] = partial(_fetched, module)
    return module


def in_pieces(name: str) -> ModuleType:
    """For whoever takes functions and classes from it at once, and calls them later."""
    return stand_in(name, {"__getattr__": partial(_lend, name)})


def typing_alone() -> ModuleType:
    """In place of ``typing_extensions``: what libraries take from it is in ``typing`` since Python 3.11, which has been loaded
    anyway."""
    return stand_in("typing_extensions", {"__getattr__": partial(getattr, import_module("typing"))})


def slim_msgspec() -> Mapping[str, ModuleType]:
    """What msgspec can do without as it is imported: descriptions of types, and schemas made of those."""
    return {
        "typing_extensions": typing_alone(),
        "msgspec.inspect": whole("msgspec.inspect"),
        "msgspec._json_schema": in_pieces("msgspec._json_schema"),
    }


def _fetched(stand_in: ModuleType, name: str) -> object:
    if name.startswith("__"):
        raise AttributeError(name)
    found: object = getattr(import_module(stand_in.__name__), name)
    vars(stand_in)[name] = found
    return found


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
