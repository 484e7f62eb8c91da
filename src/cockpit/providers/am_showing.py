"""Alerts as they are shown, poll after poll: one that would read as it did is the very same object, and is not looked at again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import cast

from ..core.alerts import Alert
from ..core.same import alike, differing
from .am_alerts import Hushed, One, Seen, id_of, shown, whole
from .listed import Listed
from .records import when

_Known = tuple[One, Alert]


class Showing:
    """Remembers what was shown last of the alerts of one cluster."""

    def __init__(self) -> None:
        self._world: object = None
        self._records: tuple[One, ...] = ()
        self._early = False  # one is said to begin later than now: time alone changes how it is shown
        self._last: Listed[Alert, Alert] = Listed((), id_of, _itself)

    def shown(self, records: tuple[One, ...], by: Hushed, loud: Collection[str]) -> Listed[Alert, Alert]:
        """Each with its state; those whose ids are ``loud`` fire, for some member does not hush them."""
        world = (by.silences, by.names, by.muted, by.groups, _aged(by), by.ahead, loud)
        same, self._world = world == self._world, world
        if not same or records is not self._records or self._early:
            places = differing(records, self._records) if same and not self._early else None
            alerts = self._all(records, by, loud, same=same) if places is None else self._few(places, records, by, loud)
            self._records = records
            if not alike(alerts, self._last.records):
                held_once = cast(tuple[Alert, ...], records) if alerts is not records and alike(alerts, records) else alerts
                self._last = Listed(held_once, id_of, _itself)
        return self._last

    def _few(self, places: Collection[int], records: tuple[One, ...], by: Hushed, loud: Collection[str]) -> tuple[Alert, ...]:
        """All, of which those in these places alone may be shown otherwise."""
        if self._last.records is self._records and not by.groups and all(isinstance(records[place], Alert) for place in places):
            return cast(tuple[Alert, ...], records)
        alerts = list(self._last.records)
        for place in places:
            alerts[place] = self._one(records[place], by, loud, (self._records[place], alerts[place]), same=True)
        return tuple(alerts)

    def _all(self, records: tuple[One, ...], by: Hushed, loud: Collection[str], *, same: bool) -> tuple[Alert, ...]:
        known: dict[str, _Known] = {
            id_of(it): (it, alert)
            for it, alert in zip(self._records, self._last.records, strict=True)
            if it is not alert or by.groups
        }
        self._early = False
        grouped = bool(by.groups)
        return tuple(
            [
                it if isinstance(it, Alert) and not grouped else self._one(it, by, loud, known.get(id_of(it)), same=same)
                for it in records
            ]
        )

    def _one(self, it: One, by: Hushed, loud: Collection[str], known: _Known | None, *, same: bool) -> Alert:
        if isinstance(it, Alert) and not by.groups:
            return it
        early = _begins_after(it, by.now)
        self._early = self._early or early
        if known is not None and same and known[0] is it and not early:
            return known[1]
        alert = shown(whole(it), by, louder=id_of(it) in loud)
        return known[1] if known is not None and known[1] == alert else alert


def _begins_after(it: One, now: datetime) -> bool:
    started = (it.alert if isinstance(it, Seen) else it).started_at
    return started is not None and started > now


def _aged(by: Hushed) -> frozenset[str]:
    """The acknowledgements that are too old to count."""
    return frozenset(
        each
        for each, silence in by.silences.items()
        if by.old is not None and (made := when(silence.starts_at)) is not None and made < by.old and by.mark(silence) is not None
    )


def _itself(alert: Alert) -> Alert:
    return alert
