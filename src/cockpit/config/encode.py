"""Traps and runbooks back into the tables of a file, for what the cockpit writes itself. `load` reads them to the same structs."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from ..core.alerts import Severity
from ..core.runbooks import Runbook
from ..core.steps.step import Step
from ..core.traps import Trap
from ..core.units import Bound, Seconds
from .traps import trap_keys

_UNITS = ((604800, "w"), (86400, "d"), (3600, "h"), (60, "m"))


def trap_table(trap: Trap) -> dict[str, object]:
    """What stands under ``[traps.NAME]``: the probe and its keys first, then the rest; defaults are left out."""
    fields = {field.name: field for field in msgspec.structs.fields(Trap)}
    table: dict[str, object] = {"probe": trap.probe, **{key: _plain(value) for key, value in trap.params.items()}}
    for key, name in trap_keys().items():
        value = getattr(trap, name)
        if name != "probe" and value != _default(fields[name]):
            table[key] = _plain(value)
    return table


def runbook_table(runbook: Runbook) -> dict[str, object]:
    """What stands under ``[runbooks.NAME]``; defaults are left out."""
    return {key: value for key, value in _struct(runbook).items() if key != "name"}


def duration(value: float) -> str:
    """A duration as it is written in a file: ``2m``, ``26h``, ``1.5s``."""
    for size, unit in _UNITS:
        if value >= size and value % size == 0:
            return f"{value / size:.0f}{unit}"
    return f"{value:g}s" if value < 1e6 else f"{value:.0f}s"


def _struct(value: msgspec.Struct) -> dict[str, object]:
    out: dict[str, object] = {}
    for field in msgspec.structs.fields(value):
        held = getattr(value, field.name)
        if field.required or held != _default(field):
            out[field.encode_name] = _plain(held)
    return out


def _default(field: msgspec.structs.FieldInfo) -> object:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _plain(value: object) -> object:
    match value:
        case Bound():
            return value.text
        case Severity():
            return value.word
        case Seconds():
            return duration(value)
        case Step():
            rest = _struct(value)
            rest.pop("do")
            return {**_struct(value.do), **rest}
        case enum.Enum():
            return value.value
        case msgspec.Struct():
            return _struct(value)
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
