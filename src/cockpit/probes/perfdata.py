"""Reading what a monitoring plug-in prints: text, and numbers with units and thresholds.

Source: Monitoring Plugins Development Guidelines, "Plugin Output for Nagios" and "Performance data"; Nagios Core, "Nagios Plugin
API" (several lines).
"""

from __future__ import annotations

import math
import re

from ..core.regex import regex

MOST_METRICS = 200
_PAIR = regex(r"\s*(?:'((?:[^']|'')*)'|([^'=\s][^=\s]*))=(\S*)")
_VALUE = regex(r"(-?[0-9]*[.,]?[0-9]+(?:[eE][-+]?[0-9]+)?)([^0-9;]*)")
_UNITS: dict[str, float] = {
    "": 1.0, "%": 1.0, "c": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "B": 1.0,
    # The plug-ins count in 1024s and write MB: check_disk's "1MB" is 2^20 bytes.
    "KB": 2.0**10, "kB": 2.0**10, "MB": 2.0**20, "GB": 2.0**30, "TB": 2.0**40, "PB": 2.0**50,
    "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40, "PiB": 2.0**50,
}  # fmt: skip
_FIELDS = ("", ".warn", ".crit", ".min", ".max")


def split_output(output: str) -> tuple[str, str]:
    """(first line for people, all performance data): after the first ``|`` of the first line, and after the first ``|`` of those
    that follow."""
    first, _, rest = output.partition("\n")
    text, _, data = first.partition("|")
    _, _, more = rest.partition("|")
    return text.strip(), f"{data} {more}".strip()


def metrics(data: str) -> dict[str, float]:
    """``label`` → value in its base unit (seconds, bytes), with ``label.warn``, ``.crit``, ``.min`` and ``.max`` where given.

    Of a range threshold it keeps the end that matters: the upper one, the lower if there is no upper (``10:`` → 10). What cannot
    be read, ``U`` (unknown) and NaN are left out; labels become ``[a-z0-9_.]``, the second of a kind ``…_2``.
    """
    found: dict[str, float] = {}
    for pair in _PAIR.finditer(data):
        if len(found) >= MOST_METRICS:
            break
        label = pair[1].replace("''", "'") if pair[1] is not None else pair[2]
        fields = pair[3].split(";")
        value = _VALUE.fullmatch(fields[0])
        if value is None or value[2] not in _UNITS:
            continue
        name, scale = _unused(metric_name(label), found), _UNITS[value[2]]
        for suffix, field in zip(_FIELDS, (value[1], *fields[1:5]), strict=False):
            number = _number(field if suffix in ("", ".min", ".max") else _end(field))
            if number is not None:
                found[name + suffix] = number * scale
    return found


def metric_name(label: str) -> str:
    """A name that bounds can use: ``/var/lib`` → ``var_lib``, ``/`` → ``root``, ``C:\\`` → ``c``, ``5xx`` → ``_5xx``."""
    name = re.sub(r"[^a-z0-9_.]+", "_", label.lower()).strip("_.")[:80]
    if not name:
        return "root" if label.strip() == "/" else "value"
    return f"_{name}" if name[0].isdigit() else name


def _unused(name: str, found: dict[str, float]) -> str:
    if name not in found:
        return name
    turn = 2
    while f"{name}_{turn}" in found:
        turn += 1
    return f"{name}_{turn}"


def _end(threshold: str) -> str:
    start, colon, end = threshold.removeprefix("@").partition(":")
    return (end or start) if colon else start


def _number(text: str) -> float | None:
    found = _VALUE.fullmatch(text)
    if found is None:
        return None
    number = float(found[1].replace(",", "."))
    return number if math.isfinite(number) else None
