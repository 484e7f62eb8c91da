"""How values are written in PromQL, in Prometheus' templates, in Go's regular expressions and in YAML, so that none becomes syntax.

Sources: Prometheus, "Querying basics" (string and duration literals) and "Template reference"; Go, package regexp/syntax; YAML 1.2,
§5.7 and §7.3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

WIDEST = 120
"""Cells of a line, where a list can be broken."""


def quoted(text: str) -> str:
    """A string literal: double quotes, and whatever is no plain character escaped. PromQL, Go and YAML read it alike."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char == "\n":
        return "\\n"
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def selector(metric: str, **labels: str) -> str:
    """``metric{label="value",…}``. A name that ends in ``_`` is said to be unlike (``name_`` → ``name!~``), one that ends in ``__``
    to be like (``name__`` → ``name=~``)."""
    return f"{metric}{{{','.join(_matcher(name, value) for name, value in labels.items())}}}"


def _matcher(name: str, value: str) -> str:
    if name.endswith("__"):
        return f"{name[:-2]}=~{quoted(value)}"
    return f"{name[:-1]}!~{quoted(value)}" if name.endswith("_") else f"{name}={quoted(value)}"


def number(value: float) -> str:
    """A number literal; whole numbers without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def duration(seconds: float) -> str:
    """``2m``, ``1h30m``, ``500ms``: whole milliseconds, never shorter than what it stands for."""
    left = -int(-seconds * 1000 // 1)
    parts = []
    for size, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")):
        many, left = divmod(left, size)
        if many:
            parts.append(f"{many}{unit}")
    return "".join(parts) or "0s"


def plain(text: str) -> str:
    """Text for a label or an annotation, which are templates there: its braces stay braces."""
    return text.replace("{{", '{{ "{{" }}')


def literally(text: str) -> str:
    """A regular expression that matches this text and nothing else."""
    return re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", text)


_NOT_THERE = re.compile(r"\(\?(?:[=!>(]|<[=!]|P=)|[*+?}]\+|\\[1-9ZNuU]|\{,")
_LONG = re.compile(r"\{(\d+)?,?(\d+)?\}")


def re2_problem(pattern: str) -> str:
    """Why a pattern of Python's cannot be one of Go's, which has neither lookaround nor back references; "" where it can."""
    bare = re.sub(r"\\\\", "", pattern)
    if found := _NOT_THERE.search(bare):
        return f"{found[0]!r} in its pattern is unknown to Go's regular expressions"
    if any(int(each or 0) > 1000 for pair in _LONG.findall(bare) for each in pair):
        return "its pattern repeats more than 1000 times, which Go's regular expressions do not"
    return ""


def glob(pattern: str) -> str:
    """A shell pattern (``apt-*.service``) as a regular expression. ``[…]`` stays, with ``^`` for its ``!``."""
    out, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        end = pattern.find("]", at + 2) if char == "[" else -1
        if char == "[" and end > 0:
            inner = pattern[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            out.append(f"[^{inner[1:]}]" if inner[0] == "!" else f"[\\^{inner[1:]}]" if inner[0] == "^" else f"[{inner}]")
            at = end
        else:
            out.append({"*": ".*", "?": "."}.get(char) or literally(char))
        at += 1
    return "".join(out)


def yaml(value: object) -> str:
    """A document in block style: tables, lists, strings (always quoted), numbers, truth."""
    return "\n".join(_lines(value)) + "\n"


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from _after(f"{_key(str(key))}:", each, "  ")
    elif isinstance(value, (list, tuple)) and value:
        for each in value:
            inner = list(_lines(each)) if _deep(each) else [_scalar(each)]
            yield f"- {inner[0]}"
            yield from (f"  {line}" for line in inner[1:])
    else:
        yield _scalar(value)


_PLAIN = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z_][a-z0-9_.-]*", re.IGNORECASE)


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else quoted(name)


def _after(head: str, value: object, indent: str) -> Iterator[str]:
    if _deep(value):
        yield head
        yield from (f"{indent}{line}" for line in _lines(value))
    elif isinstance(value, (list, tuple)):
        yield from _flow(head, value)
    else:
        yield f"{head} {_scalar(value)}"


def _deep(value: object) -> bool:
    if isinstance(value, Mapping):
        return bool(value)
    return isinstance(value, (list, tuple)) and any(isinstance(each, (Mapping, list, tuple)) for each in value)


def _flow(head: str, values: Sequence[object]) -> Iterator[str]:
    line = f"{head} ["
    for at, each in enumerate(values):
        said = _scalar(each) + ("," if at < len(values) - 1 else "]")
        if len(line) + len(said) >= WIDEST:
            yield line.rstrip()
            line = "  "
        line += f"{said} "
    yield line.rstrip() if values else f"{head} []"


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_scalar, value)) + "]"
    return str(value) if isinstance(value, int) else number(value) if isinstance(value, float) else quoted(str(value))
