"""What a value should have been, in words: ``warn must be a text like "used_percent >= 80", not a number``."""

from __future__ import annotations

import enum
import re
import shlex
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path

import msgspec

from ..core.alerts import Severity
from ..core.units import Bound, Seconds
from ..provider import Secret
from .faults import dotted
from .locate import KeyPath

_WANTED: dict[object, str] = {
    Bound: 'a text like "used_percent >= 80"',
    Seconds: 'a duration like "90s", "2m" or "7d"',
    Severity: 'a severity like "critical"',
    Secret: 'a reference like "keyring:NAME" or "env:NAME"',
    str: 'a text in quotes, like "this"',
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    datetime: "a date and time like 2026-11-02T09:00:00",
    date: "a date like 2026-11-02",
    time: "a time like 09:00:00",
    Path: "a path in quotes",
}
_GOT: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    datetime: "a date and time",
    date: "a date",
    time: "a time",
}
_WORD_FOR = {
    **dict.fromkeys(("yes", "true", "on", "1", "y"), "write true, without quotes"),
    **dict.fromkeys(("no", "false", "off", "0", "n"), "write false, without quotes"),
}
_RANGE = r"Expected `\w+` (>=|<=|>|<) (\S+)"
_LENGTH = r"Expected `\w+` of (?:at (?:least|most) )?length (>=|<=|>|<) (\d+)"
_PATTERN = r"(?s)Expected `str` matching regex (.*?)(?: - at `.*)?$"
_AT_LEAST = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


def wanted(kind: object) -> str:
    """What a value of this type looks like in the file."""
    if typing.get_origin(kind) is typing.Annotated:
        return wanted(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return " or ".join(wanted(item) for item in typing.get_args(kind) if item is not type(None))
    if kind in _WANTED:
        return _WANTED[kind]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return f"one of {', '.join(str(member.value) for member in kind)}"
    origin, items = typing.get_origin(kind) or kind, typing.get_args(kind)
    if origin is typing.Literal:
        return f"one of {', '.join(map(str, items))}"
    if origin in (list, tuple, set, frozenset, Sequence):
        return _list_of(items[0] if items else str)
    if origin in (dict, Mapping):
        return "a table like { name = … }" if not items or items[1] is not str else 'a table like { name = "text" }'
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return "a table like { key = … }"
    return f"a {getattr(kind, '__name__', kind)}"


def _list_of(item: object) -> str:
    if item is str:
        return 'a list like ["this", "that"]'
    if isinstance(item, type) and issubclass(item, msgspec.Struct):
        return "a list of tables like [{ … }, { … }]"
    return "a list like [1, 2]" if item in (int, float) else "a list in [ ]"


def called(raw: object) -> str:
    """What a value is, never what it says."""
    if isinstance(raw, Mapping):
        return "a table"
    if isinstance(raw, list | tuple):
        return "a list"
    return _GOT.get(type(raw), "something else")


def wrong_type(path: KeyPath, kind: object, raw: object) -> str:
    """``warn must be a text like "used_percent >= 80", not a number``."""
    return f"{_subject(path)} must be {wanted(kind)}, not {called(raw)}"


def as_meant(path: KeyPath, kind: object, raw: object) -> str:
    """What a person meant with a text, ready to be copied: the bare word where true or false is wanted, a list where a list is;
    "" where that is not it."""
    if not isinstance(raw, str):
        return ""
    kinds = {typing.get_origin(each) or each for each in _alternatives(kind)}
    if bool in kinds:
        return _WORD_FOR.get(raw.strip().casefold(), "write true or false, without quotes")
    if not kinds & {list, tuple, set, frozenset, Sequence}:
        return ""
    if path and path[-1] == "run":
        try:
            words = shlex.split(raw)
        except ValueError:
            words = raw.split()
        return f"write it as a list: [{', '.join(_quoted(word) for word in words)}]; there is no shell"
    return f"write it as a list: [{_quoted(raw)}]" if len(raw) < 60 else "write it as a list in [ ]"


def _alternatives(kind: object) -> tuple[object, ...]:
    """The types that a value may have."""
    if typing.get_origin(kind) is typing.Annotated:
        return _alternatives(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return tuple(each for item in typing.get_args(kind) for each in _alternatives(item))
    return (kind,)


def complaint(path: KeyPath, kind: object, raw: object, said: str) -> str:
    """msgspec's complaint about a single value, as a sentence."""
    for pattern, noun in ((_RANGE, ""), (_LENGTH, "long ")):
        if found := re.search(pattern, said):
            return f"{_subject(path)} must be {noun}{_AT_LEAST[found[1]]} {found[2]}"
    if found := re.search(_PATTERN, said):
        return f"{_subject(path)} must match {found[1]}"
    if "Expected" in said and "got" in said:
        return wrong_type(path, kind, raw)
    return f"{_subject(path)}: {said[:1].lower()}{said[1:]}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _subject(path: KeyPath) -> str:
    names = [index for index, part in enumerate(path) if isinstance(part, str)]
    return dotted(path[names[-1] :]) if names else "it"
