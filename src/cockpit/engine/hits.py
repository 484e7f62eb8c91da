"""What a silence would hush now: asked again and again while somebody types, and gone through once."""

from __future__ import annotations

from datetime import datetime

from ..core.alerts import Ref
from ..core.filters import parse
from ..core.ranking import Ranking
from ..core.view import View

_KEPT = 32


class Hits:
    """Remembers what was asked of the newest alerts."""

    def __init__(self) -> None:
        self._known: tuple[Ranking | None, dict[tuple[str, str, tuple[str, ...]], tuple[Ref, ...]]] = (None, {})

    def of(self, view: View, now: datetime, source: str, match: str) -> tuple[Ref, ...]:
        """The alerts of ``source`` that match at ``now`` (UTC). Raises `FilterError`."""
        rule = parse(match)
        every, known = self._known
        if every is not view.alerts or len(known) >= _KEPT:
            known = {}
            self._known = (view.alerts, known)
        key = (source, match, view.me)
        if key not in known or rule.aged:  # an age is another one every second
            there = (row.alert for row in view.alerts if row.alert.ref.source == source)
            known[key] = tuple(alert.ref for alert in there if rule.matches(alert, now, view.me))
        return known[key]
