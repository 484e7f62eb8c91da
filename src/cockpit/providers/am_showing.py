"""Alerts as they are shown, poll after poll: one that would read as it did is the very same object, and is not looked at again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from datetime import datetime
from typing import cast

from ..core.alerts import Alert
from ..core.same import alike, differing
from .am_alerts import Hush, Hushed, One, Seen, id_of, shown, whole
from .listed import Listed

_Known = tuple[One, Alert]
_NONE: frozenset[str] = frozenset()


class Showing:
    """Remembers what was shown last of the alerts of one cluster."""

    def __init__(self) -> None:
        self._world: object = None
        self._silences: Mapping[str, Hush] = {}
        self._records: tuple[One, ...] = ()
        self._early = False  # one is said to begin later than now: time alone changes how it is shown
        self._last: Listed[Alert, Alert] = Listed((), id_of, _itself)

    def shown(self, records: tuple[One, ...], by: Hushed, loud: Collection[str]) -> Listed[Alert, Alert]:
        """Each with its state; those whose ids are ``loud`` fire, for some member does not hush them."""
        world = (by.names, by.muted, by.groups, _aged(by), loud)
        same, self._world = world == self._world, world
        moved, self._silences = _moved(by.silences, self._silences), by.silences
        if not same or moved or records is not self._records or self._early:
            places = differing(records, self._records) if same and not moved and not self._early else None
            alerts = (
                self._all(records, by, loud, moved if same else None) if places is None else self._few(places, records, by, loud)
            )
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
            alerts[place] = self._one(records[place], by, loud, (self._records[place], alerts[place]), _NONE)
        return tuple(alerts)

    def _all(self, records: tuple[One, ...], by: Hushed, loud: Collection[str], moved: Set[str] | None) -> tuple[Alert, ...]:
        """All, of which those may be shown otherwise that a silence hushes which has ``moved``; ``None``: any."""
        known: dict[str, _Known] = {
            id_of(it): (it, alert)
            for it, alert in zip(self._records, self._last.records, strict=True)
            if it is not alert or by.groups
        }
        self._early = False
        grouped = bool(by.groups)
        return tuple(
            [
                it if isinstance(it, Alert) and not grouped else self._one(it, by, loud, known.get(id_of(it)), moved)
                for it in records
            ]
        )

    def _one(self, it: One, by: Hushed, loud: Collection[str], known: _Known | None, moved: Set[str] | None) -> Alert:
        if isinstance(it, Alert) and not by.groups:
            return it
        early = _begins_after(it, by.now)
        self._early = self._early or early
        if known is not None and moved is not None and known[0] is it and not early and moved.isdisjoint(whole(it).silenced):
            return known[1]
        alert = shown(whole(it), by, louder=id_of(it) in loud)
        return known[1] if known is not None and known[1] == alert else alert


def _moved(now: Mapping[str, Hush], before: Mapping[str, Hush]) -> Set[str]:
    """The silences that say something else than before, are new or are gone."""
    if now is before:
        return _NONE
    return {each for each in now.keys() | before.keys() if now.get(each) is not before.get(each)}


def _begins_after(it: One, now: datetime) -> bool:
    started = (it.alert if isinstance(it, Seen) else it).started_at
    return started is not None and started > now


def _aged(by: Hushed) -> frozenset[str]:
    """The acknowledgements that are too old to count."""
    old = by.old
    if old is None:
        return _NONE
    return frozenset(
        each for each, hush in by.silences.items() if hush.mark is not None and hush.made is not None and hush.made < old
    )


def _itself(alert: Alert) -> Alert:
    return alert
