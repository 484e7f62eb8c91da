"""YAML from a repository, read as plain data: no tag makes anything, and one that is not known (``!reference``) is nothing."""

from __future__ import annotations

from typing import Any

from ..core.text import clean, clean_block
from ..provider import Malformed

LONGEST = 1024 * 1024
"""Bytes of a file that is read."""


def documents(body: bytes) -> list[dict[Any, Any]]:
    """The documents of a file that are tables. Raises `Malformed` with the reason where it is no YAML."""
    import yaml  # deferred: most configurations read none

    class Plain(yaml.SafeLoader):
        """`yaml.SafeLoader`, to which a tag that it does not know is ``None``."""

    Plain.add_multi_constructor("!", lambda _loader, _suffix, _node: None)
    if len(body) > LONGEST:
        raise Malformed(f"it has more than {LONGEST // 1024} KiB")
    try:
        found = list(yaml.load_all(body, Plain))  # a SafeLoader that makes even less
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        raise Malformed(f"it is no YAML: {clean(str(error), 200)}") from None
    return [each for each in found if isinstance(each, dict)]


def table(value: object) -> dict[Any, Any]:
    """The value, if it is a table; an empty one otherwise."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str | None:
    """A scalar as a person would write it, clean; ``None`` for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean_block(str(value), 2000) if isinstance(value, (str, int, float)) else None
