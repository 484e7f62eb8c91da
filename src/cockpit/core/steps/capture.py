"""What later steps take from the output of an earlier one."""

from __future__ import annotations

import re

import msgspec


class Capture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value out of a step's output: what the group of its name (else the first group, else all) of ``regex`` matches first, ``^``
    and ``$`` at each line; or what stands at ``json``, a path with dots (``items.0.name``). The whole value must match ``pattern``;
    it is refused as any other where it begins with ``-`` or holds control characters, unless ``allow_dash`` / ``allow_control``.
    Without a match the step has failed, unless there is a ``default``."""

    pattern: str
    regex: str = ""
    json: str = ""
    default: str | None = None
    allow_dash: bool = False
    allow_control: bool = False

    def fault(self, name: str) -> str:
        """What is wrong with it as configured; "" for nothing."""
        if bool(self.regex) == bool(self.json):
            return "a capture has either regex or json"
        try:
            found = re.compile(self.regex, re.MULTILINE)
        except (re.error, RecursionError, OverflowError) as error:
            return f"regex is not a regular expression: {error}"
        if "\0" in self.regex:
            return "regex must not hold a NUL"
        if found.groups > 1 and name not in found.groupindex:
            return f"regex has {found.groups} groups, and none of them is (?P<{name}>…)"
        return ""


def at_path(tree: object, path: str) -> str | None:
    """The text, number or truth value at a path with dots, as text; ``None`` where there is none."""
    for part in path.split("."):
        match tree:
            case dict() if part in tree:
                tree = tree[part]
            case list() if part.isdecimal() and int(part) < len(tree):
                tree = tree[int(part)]
            case _:
                return None
    match tree:
        case bool():
            return "true" if tree else "false"
        case str():
            return tree
        case int() | float():
            return str(tree)
        case _:
            return None
