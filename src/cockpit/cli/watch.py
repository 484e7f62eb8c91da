"""``cockpit watch``: the engine without a screen: traps keep watching and escalation keeps paging when nobody looks."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Set
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..core.alerts import Alert, AlertState, Ref
from ..core.paged import Paged, PageState
from ..core.text import clean
from ..core.traps import TrapState
from ..core.view import View
from ..core.watchrule import WatchRule, metrics_place
from ..engine.desk import SILENT
from ..engine.outside import Beating, forget
from ..engine.sdnotify import Notify
from ..engine.sharing import Sharing, Unshared
from ..web import connect
from . import BAD, FINE, USAGE
from .compose import engine
from .configured import configured, reread
from .listing import say
from .moments import viewer
from .options import Options, Stop
from .record import journal, state_dir
from .recorder import recorded
from .unit import unit
from .watch_incidents import OfIncidents

if TYPE_CHECKING:
    from ..engine.engine import Engine
    from ..engine.metrics import Metrics

LOOK = 1.0
"""Seconds between looks at whether the engine still lives."""


RETRY = 2.0
"""Seconds between attempts to share what another watch shares now."""


def watch(options: Options) -> int:
    """Run until TERM, INT or HUP; say on standard output what happens, a line each."""
    if options.flag("systemd"):
        say(unit(configured(options).watch, options.config or "", state_dir(os.environ), os.environ).rstrip("\n"))
        return FINE
    notify = Notify(os.environ)
    files = reread(options)
    config = configured(options)
    place = _metrics_place(options, config.watch.metrics)
    recorder = recorded(options, config)
    ended, news = _ends()
    zone = viewer(config)

    def tell(line: str, at: datetime | None = None) -> None:
        say(f"{(at or datetime.now(UTC)).astimezone(zone):%Y-%m-%d %H:%M:%S %Z}  {line}")
        sys.stdout.flush()  # to a file or a pipe it would be told when much has gathered

    with journal() as kept:
        desk = engine(config, kept, files, through=False)
        desk.on_change(news.set)
        desk.start()
        sharing = Sharing(desk, config.watch, state_dir(os.environ), keeps=not config.read_only)
        shares = Retrying(sharing, tell) if config.watch.share else None
        beating = _beating(config.watch, desk, tell)
        who = "escalates by " + ", ".join(config.escalations) if config.escalations else "pages nobody: there are no [escalations]"
        tell(f"watching {len(config.traps)} traps as process {os.getpid()}; {who}")
        told, incidents = Telling(desk.clock.now()), OfIncidents(kept)
        metrics = _metrics(place, desk, sharing, beating, tell) if place else None
        if recorder is not None:
            recorder.on_problem = tell
            recorder.follow(desk)
            tell(f"recording to {clean(str(recorder.path))}")
        notify.ready()
        try:
            while not ended.is_set() and not desk.failed:
                news.wait(LOOK)
                news.clear()
                if desk.silent_for() <= SILENT:
                    _alive(notify, beating)
                notify.status(_status(desk.view, sharing.looking))
                if shares is not None:
                    shares.try_again(desk.clock.mono())
                for at, line in (*told.news(desk.view), *incidents.news()):
                    tell(line, at)
        finally:
            notify.stopping()
            for each in (beating, metrics):
                if each is not None:
                    each.end()
            sharing.end()
            if recorder is not None:
                recorder.stop()
            stopped = desk.stop()
        if desk.failed or not stopped:
            tell(desk.failed or "the engine did not end in time: what was going on will read 'outcome unknown'")
            return BAD
    tell("ended")
    return FINE


def _ends() -> tuple[threading.Event, threading.Event]:
    """What is set when we are asked to end; the second may be set for other news, too."""
    ended, news = threading.Event(), threading.Event()

    def end(_number: int, _frame: object) -> None:
        ended.set()
        news.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    return ended, news


def _beating(rule: WatchRule, desk: Engine, tell: Callable[[str], None]) -> Beating | None:
    """The beat outside, begun, where there is to be one."""
    if not rule.beat:
        forget(state_dir(os.environ))
        return None
    beating = Beating(rule, state_dir(os.environ), desk.clock, connect, tell)
    beating.start()
    return beating


def _alive(notify: Notify, beating: Beating | None) -> None:
    """The engine lives: whoever waits for that is told."""
    notify.alive()
    if beating is not None:
        beating.alive()


def _metrics_place(options: Options, configured: str) -> str:
    """Where Prometheus may ask; "" for nowhere."""
    place = options.text("metrics") or configured
    try:
        if place:
            metrics_place(place)
    except ValueError as error:
        raise Stop(f"{error}, not {place!r}", USAGE) from None
    return place


def _metrics(place: str, desk: Engine, sharing: Sharing, beating: Beating | None, tell: Callable[[str], None]) -> Metrics:
    """What answers Prometheus, begun."""
    from ..engine.measured import Measured  # deferred: few want it
    from ..engine.metrics import Metrics, open_to

    measured = Measured(
        desk,
        state_dir(os.environ),
        since=desk.clock.now(),
        looking=lambda: sharing.looking,
        taken=lambda: beating.beaten.taken if beating is not None else None,
    )
    if warning := open_to(place):
        tell(warning)
    metrics = Metrics(place, measured.families, tell)
    metrics.start()
    return metrics


def _status(view: View, looking: int) -> str:
    """What is going on, in a line for the service manager."""
    blind = "; ".join(view.cannot_see)
    return f"{len(view.alerts)} alerts, {len(view.traps)} traps, {looking} connections look" + (f"; {blind}" if blind else "")


class Retrying:
    """Begins to share as soon as no other watch does; what is in the way is told once."""

    def __init__(self, sharing: Sharing, tell: Callable[[str], None]) -> None:
        self._sharing, self._tell = sharing, tell
        self._next, self._said = 0.0, ""

    def try_again(self, mono: float) -> None:
        """Begin, if it has not begun and it is time."""
        if self._sharing.shares or mono < self._next:
            return
        self._next = mono + RETRY
        try:
            self._sharing.begin()
        except Unshared as error:
            if str(error) != self._said:
                self._said = str(error)
                self._tell(self._said)
        else:
            self._tell(f"shares what it polls at {self._sharing.path}")


class Telling:
    """What is new from one view to the next, in lines for a log, each with when it was (UTC). What began before ``since`` (UTC) is
    told as that, and pages that were sent before it are not told again."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._alerts: dict[Ref, Alert] = {}
        self._unseen: set[Ref] = set()
        self._pages: set[tuple[Ref, Paged]] = set()
        self._traps: dict[tuple[str, str], TrapState] = {}
        self._sources: dict[str, str] = {}
        self._said: dict[str, str] = {}

    def news(self, view: View) -> Iterator[tuple[datetime, str]]:
        """The lines for what has changed since the last call."""
        yield from ((view.now, line) for line in self._of_sight(view))
        yield from self._of_alerts(view)

    def _of_sight(self, view: View) -> Iterator[str]:
        for what, word in (("journal", view.journal.problem), ("keeper", view.keeper)):
            if self._said.get(what, "") != word:
                self._said[what] = word
                yield word or {"journal": "journalled again", "keeper": "this process looks at the traps"}[what]
        for health in view.sources:
            if self._sources.get(health.source, "starting") != health.health.value:
                yield f"{health.source}: {health.health.value}" + (f": {health.reason}" if health.reason else "")
            self._sources[health.source] = health.health.value
        for trap in view.traps:
            key = (trap.source, trap.trap.name)
            if self._traps.get(key, trap.state) is not trap.state:
                yield f"trap {trap.trap.name}: {trap.state.value}: {trap.says}"
            self._traps[key] = trap.state

    def _of_alerts(self, view: View) -> Iterator[tuple[datetime, str]]:
        now = {row.alert.ref: row.alert for row in view.alerts}
        for ref, alert in now.items():
            before = self._alerts.get(ref)
            if before is None or before.state is not alert.state or before.started_at != alert.started_at:
                old = before is None and alert.started_at is not None and alert.started_at < self._since
                what = f"alert {ref} {alert.state.value}{_by(alert)}: {alert.name} {alert.where}: {alert.summary}"
                yield view.now, f"before: {what}" if old else what
            elif ref in self._unseen:
                yield view.now, f"alert {ref} is seen again: {alert.name}"
            self._unseen.discard(ref)
            for page in alert.pages:
                if page.state in (PageState.SENT, PageState.FAILED) and (ref, page) not in self._pages:
                    self._pages.add((ref, page))
                    if page.at >= self._since:
                        yield page.at, _paged(ref, page)
        for line in self._of_gone(view, now.keys()):
            yield view.now, line
        self._alerts |= now

    def _of_gone(self, view: View, now: Set[Ref]) -> Iterator[str]:
        """What is there no more is over where its source sees; else it may only not have been read, and is kept until that is
        known."""
        healths = {each.source: each.health for each in view.sources}
        for ref in self._alerts.keys() - now:
            health, name = healths.get(ref.source), self._alerts[ref].name
            if health is not None and health.sees:
                yield f"alert {ref} resolved: {name}"
            elif ref not in self._unseen:
                why = f"{ref.source} is {health.value if health is not None else 'not asked any more'}"
                yield f"alert {ref} is not seen any more ({why}): {name}"
                self._unseen.add(ref)
            if health is None or health.sees:
                del self._alerts[ref]
                self._unseen.discard(ref)
                self._pages = {each for each in self._pages if each[0] != ref}


def _by(alert: Alert) -> str:
    return f" by {alert.acknowledged_by}" if alert.state is AlertState.ACKNOWLEDGED and alert.acknowledged_by else ""


def _paged(ref: Ref, page: Paged) -> str:
    what = {"": "paged", "acknowledge": "told of the acknowledgement", "resolve": "told of the end"}[page.ending]
    by = f" by {page.channel}" if page.channel else ""
    if not page.channel:
        return f"alert {ref}: there was nobody to tell: {page.why}"
    if page.state is PageState.SENT:
        return f"alert {ref}: {page.who or 'its routing'} {what}{by}"
    return f"alert {ref}: {page.who or 'its routing'} {'perhaps' if page.maybe else 'not'} {what}{by}: {page.why}"
