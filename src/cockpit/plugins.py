"""Providers, probes and channels by entry point: their names without importing them, and one of them when the config asks for it.

`importlib.metadata` costs the start of the screen more than the engine does (it brings a parser of e-mail and one of zip files), so
what lies in plain folders is read here, by the same rules. Where anything else may hold distributions it is asked after all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

import msgspec

PROVIDERS = "cockpit.providers"
PROBES = "cockpit.probes"
CHANNELS = "cockpit.channels"
GROUPS = (PROVIDERS, PROBES, CHANNELS)


class PluginError(Exception):
    """A plug-in that is not installed or cannot be loaded; the message names it and says what to do."""


class _Point(msgspec.Struct, frozen=True):
    """An entry point: ``value`` is ``module:attribute``, ``distribution`` what brings it (the name as its folder spells it)."""

    group: str
    name: str
    value: str
    distribution: str

    def load(self) -> object:
        module, _, attributes = self.value.partition("[")[0].partition(":")
        found: object = import_module(module.strip())
        for attribute in filter(None, attributes.strip().split(".")):
            found = getattr(found, attribute)
        return found


def names(group: str) -> tuple[str, ...]:
    """The installed names of a group, sorted; nothing is imported."""
    return tuple(sorted(_found(group)))


def origin(group: str, name: str) -> str:
    """Which distribution brings it, as ``name version``; "" if unknown."""
    from importlib.metadata import PackageNotFoundError, distribution

    point = _found(group).get(name)
    try:
        brings = distribution(point.distribution) if point is not None else None
    except (PackageNotFoundError, ValueError):
        return ""
    return f"{brings.name} {brings.version}" if brings is not None else ""


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


@cache
def _found(group: str) -> Mapping[str, _Point]:
    return {point.name: point for point in _installed() if point.group == group}


@cache
def _installed() -> tuple[_Point, ...]:
    finders = [finder for finder in sys.meta_path if hasattr(finder, "find_distributions")]
    plain = [getattr(finder, "__name__", "") for finder in finders] == ["PathFinder"]
    return tuple(_of_folders() if plain and not any(map(os.path.isfile, sys.path)) else _of_library())


def _of_folders() -> Iterator[_Point]:
    """Of every distribution the first on ``sys.path`` (PyPA, "Recording installed projects" and "Entry points specification")."""
    seen: set[str] = set()
    for folder in dict.fromkeys(sys.path):
        try:
            entries = os.listdir(folder or ".")
        except OSError:
            continue
        for entry in entries:
            if entry.lower().endswith((".dist-info", ".egg-info")):
                distribution = entry.rpartition(".")[0].partition("-")[0]
                same = distribution.lower().replace("_", "-").replace(".", "-")
                if same not in seen:
                    seen.add(same)
                    yield from _of_file(os.path.join(folder, entry, "entry_points.txt"), distribution)


def _of_file(path: str, distribution: str) -> Iterator[_Point]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return
    group = ""
    for line in map(str.strip, text.splitlines() if "cockpit." in text else ()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1]
        elif group in GROUPS and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield _Point(group, name.strip(), value.strip(), distribution)


def _of_library() -> Iterator[_Point]:
    from importlib.metadata import entry_points

    for group in GROUPS:
        for point in entry_points(group=group):
            yield _Point(group, point.name, point.value, point.dist.name if point.dist is not None else "")
