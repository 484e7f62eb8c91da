"""Arming a trap after an alert or an incident: what is proposed, what it would have done, and the file that is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from ..config.model import Config
from ..core.actions import Start
from ..core.aftermath import Verdict
from ..core.alerts import LOCAL
from ..core.arming import (
    Draft,
    Proposals,
    blank_of,
    caught_by,
    drafts,
    free_name,
    look_of,
    moved_before,
    named,
    originals,
    standing,
    table_of,
    together,
    told_of,
    values_of,
)
from ..core.backtest import Backtest, Points, Trouble, backtest
from ..core.causes import Cause
from ..core.incidents import Change
from ..core.lookback import Series, lookback, told_within
from ..core.text import clean
from ..core.traps import Trap
from ..provider import Clock, Conflict, ProviderError
from .desk import Tried
from .incident_facts import pasts_of
from .incident_signs import alike, signs
from .journal import Journal, JournalError
from .machine import Here
from .person import who_is

BACK = timedelta(days=30)
"""How far back readings are looked for; see `journal.Journal` for how long they are kept."""


class Arming:
    """Everything here may block on the disk. ``config`` gives the configuration as it is in force."""

    def __init__(self, here: Here, journal: Journal, clock: Clock, config: Callable[[], Config]) -> None:
        self._here, self._journal, self._clock, self._config = here, journal, clock, config

    def proposed(self, cause: Cause, offered: Sequence[tuple[Trap, str]] = ()) -> Proposals:
        """What fits it and no trap that stands does already: for an incident what moved beforehand, then what fits its alerts.
        ``offered`` are looks that fit this machine."""
        traps, fitting, repeated = self._here.traps, list[Draft](), list[str]()
        for alert in cause.alerts:
            fits = (self._caught(each, cause) for each in drafts(alert, traps, offered, self._here.host))
            kept, copied = originals(fits, traps)
            fitting += kept
            repeated += [trap.name for trap in traps if trap.name == copied and told_of(alert, trap)]
        moved = originals(self._moved(cause), traps)[0] if cause.incident else []
        found, helped = together(moved, fitting), self._helped(cause)
        return Proposals(
            drafts=tuple(
                (values_of(self._equipped(each), cause, helped), each.because) for each in named(found, cause.title, traps)
            ),
            blank=blank_of(free_name(cause.title, {trap.name for trap in traps}), cause, helped),
            standing=standing(repeated),
        )

    def tried(self, values: Mapping[str, str], cause: Cause | None) -> Tried:
        """What would be written and what it would have done. Nothing is written."""
        name, config = values.get("name", "").strip(), self._config()
        try:
            if config.proposed or not config.files:
                raise ProviderError(
                    "there is no config yet, and one trap alone would be all of it: `cockpit init` writes one first"
                )
            file = self._here.files.trap_file(name)
            table = table_of(values, cause.origin if cause is not None else None)
        except (ProviderError, ValueError) as error:
            return Tried(problem=clean(str(error)))
        from ..config.laying import text_of  # deferred: the first view needs nothing that writes

        after = f" after {_after(cause)}" if cause is not None else ""
        text = text_of(name, table, f"Armed by {who_is(config)} on {self._clock.now():%Y-%m-%d %H:%M} UTC{after}.")
        try:
            trap = self._here.files.judged(name, text).traps[name]
        except ProviderError as error:
            return Tried(file=str(file), text=text, problem=clean(str(error), 1000))
        return Tried(file=str(file), text=text, would=_would(trap, self._tested(trap, cause), cause))

    def lay(self, name: str, text: str, who: str, cause: Cause | None) -> str:
        """Write exactly this, and go on with it at once; the incident that it came of, if any, says so from then on. Gives the
        file. Raises `ProviderError`."""
        trap = self._here.files.judged(name, text).traps[name]
        tested = self._tested(trap, cause)
        would = _would(trap, tested, cause)
        file, now = self._here.files.lay(name, text), self._clock.now()
        data: dict[str, object] = {"file": str(file), "after": str(cause.origin) if cause is not None else ""}
        if (lead := _lead(tested, cause)) is not None:
            data["lead"] = round(lead, 3)
        if cause is not None and cause.incident:
            data |= {"incident": cause.incident}
        elif cause is not None:
            data |= {"alert": str(cause.alerts[0].ref)}
        with suppress(JournalError, Conflict):  # it stands in the config; the journal's `problem` says the rest
            self._journal.record("trap.laid", at=now, who=who, source=LOCAL, subject=name, data=data)
            if cause is not None and cause.incident:
                guard = {"trap": name, "look": look_of(trap), "trip": trap.trip.text if trap.trip else "", "would": would}
                self._journal.change_incident(cause.incident, Change.ARMED, who=who, at=now, data=guard)
        return str(file)

    def _tested(self, trap: Trap, cause: Cause | None) -> Backtest:
        if trap.trip is None:
            return Backtest()
        trouble = cause.trouble if cause is not None else None
        known, points = (*self._earlier(cause), *([trouble] if trouble else [])), self._points(trap, trap.trip.metric)
        if cause is None or trouble is None:
            return backtest(trap.trip, trap.hold, points, known)
        return backtest(trap.trip, trap.hold, points, known, within=told_within(points, trouble.began, cause.window))

    def _caught(self, draft: Draft, cause: Cause) -> Draft:
        metric = draft.trap.trip.metric if draft.trap.trip is not None else ""
        points = self._points(draft.trap, metric) if metric else ()
        if not points or cause.began is None:
            return draft
        series = [Series(draft.trap.name, metric, points)]
        found = lookback(series, cause.began, self._earlier(cause), hold=draft.trap.hold, window=cause.window)
        return caught_by(draft, found.moved[0]) if found.moved and found.moved[0].bound is not None else draft

    def _equipped(self, draft: Draft) -> Draft:
        """With those of its runbooks that there are: what fits this machine may want others, too."""
        books = tuple(each for each in draft.trap.runbooks if each in self._config().runbooks)
        return msgspec.structs.replace(draft, trap=msgspec.structs.replace(draft.trap, runbooks=books))

    def _moved(self, cause: Cause) -> tuple[Draft, ...]:
        """What moved before an incident, of all that is read here."""
        try:
            known, laid = self._journal.incidents(), {trap.name for trap in self._here.traps}
            return moved_before(signs(self._journal, known[cause.incident], known, laid), self._here.traps)
        except JournalError:
            return ()  # the journal's `problem` says it

    def _helped(self, cause: Cause) -> tuple[str, ...]:
        """The runbooks that helped its alerts, and that there still are, the last first."""
        now, known = self._clock.now(), self._config().runbooks
        if not cause.incident:
            return ()
        try:
            pasts = pasts_of(self._journal, self._journal.incidents()[cause.incident])
        except JournalError:
            return ()  # as above
        ran = (past.run.action for past in reversed(pasts) if past.verdict(now) is Verdict.HELPED)
        return tuple(dict.fromkeys(each.runbook for each in ran if isinstance(each, Start) and each.runbook in known))

    def _points(self, trap: Trap, metric: str) -> Points:
        """The readings of the trap here that looks in the same way."""
        same = next((each.name for each in self._here.traps if (each.probe, each.params) == (trap.probe, trap.params)), "")
        if not same:
            return ()
        try:
            return self._journal.readings(same, metric, self._clock.now() - BACK)
        except JournalError:
            return ()  # the journal's `problem` says it

    def _earlier(self, cause: Cause | None) -> tuple[Trouble, ...]:
        """When the same alerts fired before, as far as that is written down here; and the incidents that they were in."""
        if cause is None:
            return ()
        traps = {alert.trap for alert in cause.alerts if alert.trap}
        try:
            entries = [e for trap in traps for e in self._journal.entries(since=self._since(), subject=trap, kind="alert.fired")]
            known = self._journal.incidents() if cause.incident else {}
        except JournalError:
            return ()  # as above
        others = alike(known[cause.incident], known) if cause.incident in known else ()
        own: set[datetime | None] = {alert.started_at for alert in cause.alerts} | {cause.began}
        moments: set[datetime] = {each.at for each in entries} - own
        return tuple(sorted({*others, *(Trouble(at) for at in moments)}, key=lambda each: each.began))

    def _since(self) -> datetime:
        return self._clock.now() - BACK


def _after(cause: Cause) -> str:
    """What it was armed after, an incident by its name."""
    return f"incident {cause.name}, {cause.origin.at}" if cause.incident else str(cause.origin)


def _would(trap: Trap, tested: Backtest, cause: Cause | None) -> str:
    """What it would have done, for people."""
    if trap.trip is None:
        return "judged by the probe itself: there is no bound to test on what was read"
    if not tested.looks:
        return "no readings of this look are kept yet: there is nothing to test it on"
    return tested.says(cause.trouble if cause is not None else None)


def _lead(tested: Backtest, cause: Cause | None) -> float | None:
    """So many seconds before what it is armed after it would have told of that; ``None``: it would not, or nobody knows."""
    trouble = cause.trouble if cause is not None else None
    lead = tested.lead(trouble) if trouble is not None else None
    return lead if lead is not None and lead > 0 else None
