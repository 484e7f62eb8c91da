"""Arming a trap after an alert: what is proposed, what it would have done, and the file that is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from ..config.model import Config
from ..core.alerts import Alert
from ..core.arming import Draft, caught_by, drafts, origin_of, table_of, values_of
from ..core.backtest import Points, Trouble, backtest
from ..core.lookback import Series, lookback
from ..core.text import clean
from ..core.traps import Trap
from ..provider import Clock, ProviderError
from .desk import Tried
from .journal import Journal, JournalError
from .machine import Here
from .person import who_is

BACK = timedelta(days=30)
"""How far back readings are looked for; see `journal.Journal` for how long they are kept."""


class Arming:
    """Everything here may block on the disk. ``config`` gives the configuration as it is in force."""

    def __init__(self, here: Here, journal: Journal, clock: Clock, config: Callable[[], Config]) -> None:
        self._here, self._journal, self._clock, self._config = here, journal, clock, config

    def proposed(self, alert: Alert, offered: Sequence[tuple[Trap, str]] = ()) -> tuple[tuple[dict[str, str], str], ...]:
        """What fits an alert, the likeliest first, as values of a form and why. ``offered`` are looks that fit this machine."""
        found = drafts(alert, self._here.traps, offered, self._here.host)
        caught = [self._caught(each, alert) for each in found]
        return tuple((values_of(each, alert), each.because) for each in caught)

    def tried(self, values: Mapping[str, str], alert: Alert | None) -> Tried:
        """What would be written and what it would have done. Nothing is written."""
        name, config = values.get("name", "").strip(), self._config()
        try:
            if config.proposed or not config.files:
                raise ProviderError(
                    "there is no config yet, and one trap alone would be all of it: `cockpit init` writes one first"
                )
            file = self._here.files.trap_file(name)
            table = table_of(values, origin_of(alert) if alert is not None else None)
        except (ProviderError, ValueError) as error:
            return Tried(problem=clean(str(error)))
        from ..config.laying import text_of  # deferred: the first view needs nothing that writes

        after = f" after {origin_of(alert)}" if alert is not None else ""
        text = text_of(name, table, f"Armed by {who_is(config)} on {self._clock.now():%Y-%m-%d %H:%M} UTC{after}.")
        try:
            trap = self._here.files.judged(name, text).traps[name]
        except ProviderError as error:
            return Tried(file=str(file), text=text, problem=clean(str(error), 1000))
        return Tried(file=str(file), text=text, would=self._would(trap, alert))

    def lay(self, name: str, text: str, who: str, alert: Alert | None) -> str:
        """Write exactly this, and go on with it at once. Gives the file. Raises `ProviderError`."""
        file = self._here.files.lay(name, text)
        data = {"file": str(file), "after": str(origin_of(alert)) if alert is not None else ""}
        if alert is not None:
            data |= {"alert": str(alert.ref)}
        with suppress(JournalError):  # it stands in the config; the journal's `problem` says the rest
            self._journal.record("trap.laid", at=self._clock.now(), who=who, source="local", subject=name, data=data)
        return str(file)

    def _would(self, trap: Trap, alert: Alert | None) -> str:
        limit = trap.trip
        if limit is None:
            return "judged by the probe itself: there is no bound to test on what was read"
        points = self._points(trap, limit.metric)
        if not points:
            return "no readings of this look are kept yet: there is nothing to test it on"
        trouble = _trouble(alert)
        tested = backtest(limit, trap.hold, points, (*self._earlier(alert), *([trouble] if trouble else [])))
        return tested.says(trouble)

    def _caught(self, draft: Draft, alert: Alert) -> Draft:
        metric = draft.trap.trip.metric if draft.trap.trip is not None else ""
        points = self._points(draft.trap, metric) if metric else ()
        if not points or alert.started_at is None:
            return draft
        found = lookback([Series(draft.trap.name, metric, points)], alert.started_at, self._earlier(alert), hold=draft.trap.hold)
        limit = found.moved[0].bound if found.moved else None
        return caught_by(draft, limit) if limit is not None else draft

    def _points(self, trap: Trap, metric: str) -> Points:
        """The readings of the trap here that looks in the same way."""
        same = next((each.name for each in self._here.traps if (each.probe, each.params) == (trap.probe, trap.params)), "")
        if not same:
            return ()
        try:
            return self._journal.readings(same, metric, self._clock.now() - BACK)
        except JournalError:
            return ()  # the journal's `problem` says it

    def _earlier(self, alert: Alert | None) -> tuple[Trouble, ...]:
        """When the same alert fired before, as far as that is written down here."""
        if alert is None or not alert.trap:
            return ()
        try:
            entries = self._journal.entries(since=self._clock.now() - BACK, subject=alert.trap, kind="alert.fired")
        except JournalError:
            return ()
        moments: set[datetime] = {each.at for each in entries} - {alert.started_at}
        return tuple(Trouble(at) for at in sorted(moments))


def _trouble(alert: Alert | None) -> Trouble | None:
    return Trouble(alert.started_at, alert.ended_at) if alert is not None and alert.started_at is not None else None
