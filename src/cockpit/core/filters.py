"""The filter language of the screen, the command line, and of ``match`` in config.

``alertname=Foo team!=web instance=~"web-\\d+" @state=firing @severity>=warning @age>15m @source=am-prod @mine``; free words match
anywhere, ``!word`` excludes. Terms are joined by AND.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from .alerts import Alert


class FilterError(ValueError):
    """The filter cannot be read. ``column`` counts characters from 0; the message says what was expected there."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


class Filter(msgspec.Struct, frozen=True):
    """A filter that was understood; ``text`` is how it was written."""

    text: str
    terms: tuple[object, ...] = ()

    def matches(self, alert: Alert, now: datetime, me: tuple[str, ...] = ()) -> bool:
        """Whether every term holds for this alert at ``now`` (UTC)."""
        raise NotImplementedError


def parse(text: str) -> Filter:
    """Read a filter; the empty one matches everything. Raises ``FilterError``."""
    raise NotImplementedError
