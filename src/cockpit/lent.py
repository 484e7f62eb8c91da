"""Libraries import more than is ever asked of them. While one is imported, stand-ins take the places of what it hardly needs: the
real module is loaded when something is asked of its stand-in, and whoever else imports one gets it as ever.

Other threads may import meanwhile: an engine that begins, a plugin. `sys.modules` is one for all of them, so a stand-in looks at
who asks: all but the thread that lends get what the real module has, and so does that one once it has imported what it wanted.
"""

from __future__ import annotations

import sys
from _thread import allocate_lock, get_ident
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from types import ModuleType

_lenders: set[int] = set()
"""The threads in which something is being imported beside stand-ins."""
_putting_away = allocate_lock()  # never held while anything is imported: imports have locks of their own


@contextmanager
def standing_in(modules: Mapping[str, ModuleType]) -> Iterator[None]:
    """What this thread imports in here gets these in the places of modules that nobody has loaded yet."""
    me, outermost = get_ident(), get_ident() not in _lenders
    _lenders.add(me)
    lent = {name: module for name, module in modules.items() if sys.modules.setdefault(name, module) is module}
    try:
        yield
    finally:
        for name, module in lent.items():
            _put_away(name, module)  # others need the real one
        if outermost:
            _lenders.discard(me)


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
    module = stand_in(name, {})
    vars(module)["__getattr__"] = partial(_lend, module)
    return module


def absent(name: str) -> ModuleType:
    """For whoever goes on without what cannot be imported from it."""
    module = stand_in(name, {})
    vars(module)["__getattr__"] = partial(_refused, module)
    return module


def typing_alone() -> ModuleType:
    """In place of ``typing_extensions``: what libraries take from it is in ``typing`` since Python 3.11, which has been loaded
    anyway."""
    module = stand_in("typing_extensions", {})
    vars(module)["__getattr__"] = partial(_of_typing, module)
    return module


def slim_msgspec() -> Mapping[str, ModuleType]:
    """What msgspec can do without as it is imported: descriptions of types, and schemas made of those."""
    return {
        "typing_extensions": typing_alone(),
        "msgspec.inspect": whole("msgspec.inspect"),
        "msgspec._json_schema": in_pieces("msgspec._json_schema"),
    }


def slim_asyncio() -> Mapping[str, ModuleType]:
    """What asyncio, and whoever is ready to speak TLS, can do without until somebody does: its library is 5 MB, and takes 6 ms."""
    return {name: whole(name) for name in ("asyncio.sslproto", "ssl")}


def slim_httpx() -> Mapping[str, ModuleType]:
    """What httpx can do without: its own command line, which brings click, rich's tables and pygments, three megabytes and a third
    of the time. httpx itself sees to it that the command may be missing."""
    return {"httpx._main": absent("httpx._main")}


def _put_away(name: str, module: ModuleType) -> None:
    """Take a stand-in out, if it still stands there: another thread may have needed the real one, which stays."""
    with _putting_away:
        if sys.modules.get(name) is not module:
            return
        found = sys.modules.pop(name)
        if found is not module:  # the real one came at this very moment
            sys.modules[name] = found


def _real(module: ModuleType) -> ModuleType:
    """What a stand-in stands for."""
    _put_away(module.__name__, module)
    return import_module(module.__name__)


def _fetched(module: ModuleType, name: str) -> object:
    if name.startswith("__") and get_ident() in _lenders:
        raise AttributeError(name)  # whoever imports looks for some of those, and wants nothing loaded
    found: object = getattr(_real(module), name)
    vars(module)[name] = found
    return found


def _lend(module: ModuleType, name: str) -> object:
    if get_ident() not in _lenders:
        return _fetched(module, name)
    if name.startswith("__"):
        raise AttributeError(name)
    return _Lent(module, name)


def _refused(module: ModuleType, name: str) -> object:
    if get_ident() in _lenders:
        raise AttributeError(name)
    return _fetched(module, name)


def _of_typing(module: ModuleType, name: str) -> object:
    found = getattr(import_module("typing"), name, module) if get_ident() in _lenders else module
    return _fetched(module, name) if found is module else found


class _Lent:
    """What a module has under a name, loaded when it is called or asked for anything."""

    def __init__(self, module: ModuleType, name: str) -> None:
        self._module, self._name = module, name

    def __call__(self, *args: object, **options: object) -> object:
        return getattr(_real(self._module), self._name)(*args, **options)

    def __getattr__(self, name: str) -> object:
        return getattr(getattr(_real(self._module), self._name), name)
