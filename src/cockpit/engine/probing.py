"""From a trap to its probe, one look, and from what a probe gives back to what may be believed of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import cast

import msgspec

from ..config.decode import Secrets, decode_settings
from ..config.model import ConfigError
from ..config.secrets import SecretError
from ..core.text import clean
from ..core.traps import Failed, Looked, Reading, Trap, TrapState, Watch
from ..plugins import PluginError
from ..provider import Host, Probe, ProbeError

MOST_NUMBERS = 200
"""Numbers of one reading that are kept; a check that gives thousands is a mistake somewhere."""

MOST_MEMORIES = 50
LONGEST_MEMORY = 8000
"""Entries of what a probe remembers, and the characters of one: they are written down at every look."""

LOOK = 10.0
"""Seconds that one look may take where its trap does not say."""

Outcome = object
"""What a look came to: what it gave, or the exception that it raised."""


def build(trap: Trap, load: Callable[[str], type], host: Host, secrets: Secrets) -> Probe:
    """The probe of a trap. Raises `ProbeError` with the reason where it cannot be had."""
    try:
        kind = cast("type[Probe]", load(trap.probe))
        config = decode_settings(kind.Config, trap.params, secrets, f"traps.{trap.name}")
        return kind(config, host)
    except (PluginError, ConfigError, SecretError, ValueError) as error:
        raise ProbeError(f"the probe {trap.probe} cannot be set up: {error}") from error


def event_of(trap: Trap, at: datetime, outcome: Outcome) -> Looked | Failed:
    """What a look that began at ``at`` says of the trap, made safe to show and to reckon with."""
    match outcome:
        case Reading():
            return _sane(trap, at, outcome)
        case ProbeError():
            return Failed(at, clean(str(outcome)) or "the probe cannot see and does not say why")
        case BaseException():
            return Failed(at, f"a bug in the probe {trap.probe}: {clean(type(outcome).__name__)}: {clean(str(outcome), 500)}")
        case _:
            return Failed(at, f"a bug in the probe {trap.probe}: it gave {clean(type(outcome).__name__)} instead of a reading")


def _sane(trap: Trap, at: datetime, reading: Reading) -> Looked | Failed:
    values: dict[str, float] = {}
    dropped: list[str] = []
    try:
        for name, number in list(reading.values.items()):
            label, value = clean(str(name), 100), _number(number)
            if value is None or len(values) >= MOST_NUMBERS:
                dropped.append(label)
            else:
                values[label] = value
        text = clean(reading.text)
    except (AttributeError, TypeError, ValueError) as error:
        return Failed(at, f"a bug in the probe {trap.probe}: its reading is malformed: {clean(str(error), 500)}")
    if dropped:
        more = f" and {len(dropped) - 3} more" if len(dropped) > 3 else ""
        text = f"{text} (without {', '.join(dropped[:3])}{more}: no usable number)".strip()
    memory = reading.memory
    if not _memorable(memory):
        return Failed(at, f"a bug in the probe {trap.probe}: what it wants to remember is no small table of texts and numbers")
    verdict = reading.verdict if isinstance(reading.verdict, TrapState) else None
    return Looked(at, msgspec.structs.replace(reading, values=values, text=text, verdict=verdict))


def recalled(probe: Probe, watch: Watch) -> Probe:
    """``probe``, told what the last look of its trap wants it to know, if it is one that remembers."""
    recall = getattr(probe, "recall", None)
    if recall is not None:
        recall(watch.memory)
    return probe


def _memorable(memory: object) -> bool:
    if not isinstance(memory, dict) or len(memory) > MOST_MEMORIES:
        return False
    return all(
        isinstance(key, str) and (isinstance(value, str) or _number(value) is not None) and len(f"{key}{value}") <= LONGEST_MEMORY
        for key, value in memory.items()
    )


def _number(raw: object) -> float | None:
    if not isinstance(raw, (int, float)) or isinstance(raw, bool):
        return None
    try:
        number = float(raw)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
