"""Walks through records: every text and every time in them, with the way there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

_KINDS = {
    "Alerts": "alerts",
    "Silences": "silences",
    "Traps": "traps",
    "Rosters": "rosters",
    "Shifts": "shifts",
    "Overrides": "overrides",
    "Days": "days",
    "Maintains": "maintenances",
    "Runbooks": "jobs",
}


def records_of(capability: str) -> str:
    """The kind of record that a capability brings."""
    return _KINDS[capability]


def texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text within, keys of tables included."""
    return ((where, leaf) for where, leaf in _leaves(value, path) if isinstance(leaf, str))


def times(value: object, path: str = "") -> Iterator[tuple[str, datetime]]:
    """Every time within."""
    return ((where, leaf) for where, leaf in _leaves(value, path) if isinstance(leaf, datetime))


def _leaves(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _leaves(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, dict):
        for key, each in value.items():
            yield f"{path} (a key)", key
            yield from _leaves(each, f"{path}[{key!r}]")
    elif isinstance(value, (tuple, list)):
        for index, each in enumerate(value):
            yield from _leaves(each, f"{path}[{index}]")
    else:
        yield path, value
