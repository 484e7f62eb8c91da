"""The watchdog: an alert that must always fire. It is not shown, and where it is missing, silence is no good news."""

from __future__ import annotations

import re
from datetime import datetime

from ..core.alerts import Alert
from ..core.filters import parse
from ..core.same import differing
from ..core.terms import Aged, Filter

_NAMED = re.compile(r"""[^\s=!<>~@"'][^=<>~"']*""")


def watchdog_of(text: str) -> Filter | None:
    """What tells the watchdog: the name of an alert, or a filter. ``None`` for ""."""
    return parse(f'alertname="{text.strip()}"' if _NAMED.fullmatch(text) else text) if text else None


class Watchdog:
    """Takes the watchdog out of the alerts, poll after poll."""

    def __init__(self, rule: Filter) -> None:
        self.rule = rule
        self._timed = any(isinstance(term, Aged) for term in rule.terms)
        self._alerts: tuple[Alert, ...] = ()
        self._places: tuple[int, ...] = ()  # where it stands among them
        self._rest: tuple[Alert, ...] = ()

    def without(self, alerts: tuple[Alert, ...], now: datetime) -> tuple[Alert, ...]:
        """The others: as many as there were where it does not fire. The very same tuple while nothing changes."""
        if alerts is self._alerts and not self._timed:
            return self._rest
        places = self._found(alerts, now)
        kept = [alerts[start:end] for start, end in zip((0, *(each + 1 for each in places)), (*places, len(alerts)), strict=True)]
        self._alerts, self._places = alerts, places
        self._rest = sum(kept, ()) if places else alerts
        return self._rest

    def _found(self, alerts: tuple[Alert, ...], now: datetime) -> tuple[int, ...]:
        matches = self.rule.matches
        other = differing(alerts, self._alerts) if not self._timed else None
        if other is not None:
            there = {*self._places}.difference(other) | {place for place in other if matches(alerts[place], now)}
            return tuple(sorted(there))
        return tuple(place for place, alert in enumerate(alerts) if matches(alert, now))
