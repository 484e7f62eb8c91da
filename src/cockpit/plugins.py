"""Providers and probes by entry point: their names without importing them, and one of them when the config asks for it."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

PROVIDERS = "cockpit.providers"
PROBES = "cockpit.probes"


class PluginError(Exception):
    """A plug-in that is not installed or cannot be loaded; the message names it and says what to do."""


@cache
def _found(group: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=group)}


def names(group: str) -> tuple[str, ...]:
    """The installed names of a group, sorted; nothing is imported."""
    return tuple(sorted(_found(group)))


def origin(group: str, name: str) -> str:
    """Which distribution brings it, as ``name version``; "" if unknown."""
    point = _found(group).get(name)
    return f"{point.dist.name} {point.dist.version}" if point is not None and point.dist is not None else ""


def load(group: str, name: str) -> type:
    """Import and return one plug-in. Raises ``PluginError``."""
    point = _found(group).get(name)
    if point is None:
        kind = group.rpartition(".")[2].removesuffix("s")
        raise PluginError(f"no {kind} is called {name!r}; installed are {', '.join(names(group)) or 'none'}")
    try:
        found = point.load()
    except Exception as error:  # a third party's import can raise anything; it must cost that plug-in alone
        raise PluginError(f"{name} ({point.value}) cannot be loaded: {error}") from error
    if not isinstance(found, type):
        raise PluginError(f"{name} ({point.value}) is not a class")
    return found
