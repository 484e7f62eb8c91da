"""Regular expressions that are compiled when they are first used: most of those that a program has, no one start needs."""

from __future__ import annotations

import re
from typing import cast


def regex(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` gives, later. It has a pattern's methods, and is none to `isinstance` and to functions of `re`."""
    return cast("re.Pattern[str]", _Later(pattern, flags))


class _Later:
    def __init__(self, pattern: str, flags: int) -> None:
        self._written = pattern, flags

    def __getattr__(self, name: str) -> object:
        found: object = getattr(re.compile(*self._written), name)  # `re` keeps it for its next method
        vars(self)[name] = found
        return found
