"""This machine, as providers and probes see it: `provider.Host` and `provider.Machine` over the config and the journal."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from ..config.model import Config
from ..config.reread import Reread
from ..core.alerts import LOCAL, Alert
from ..core.covers import Cover
from ..core.marks import Marks, Numbered, is_drill, local_alerts
from ..core.paged import Paged
from ..core.pages import Attempt, ChannelHealth
from ..core.roster import OnCall, Person, Roster
from ..core.text import clean
from ..core.trap_steps import step
from ..core.traps import Armed, Rested, Trap, Watch, as_laid, fingerprint
from ..provider import Clock, Http, HttpSettings, Machine, NotFound, ProbeError, ProviderError, Unreachable
from .dated import Dated
from .journal import Happened, Journal, JournalError
from .local import configured
from .overriding import Overriding
from .own_files import OwnFiles
from .person import at_keyboard, os_user, this_host

if TYPE_CHECKING:
    from .paging import Plan

T = TypeVar("T")
_NO_MARKS = Marks({}, (), {})

Connect = Callable[[str, HttpSettings, Clock, str], Http]
"""Makes HTTP to an address: (its url, the settings, the clock, what should be there). See `provider.Host.http`."""


def unconnected(url: str, _settings: HttpSettings, _clock: Clock, _speaks: str) -> Http:
    """Where nobody gave HTTP."""
    raise ProviderError(f"this cockpit was put together without HTTP: {clean(url)} cannot be asked")


class Here:
    """This machine. ``config`` may be replaced while it runs (a proposal arrives, a roster is overridden); ``live`` gives what the
    keeper in this process knows, which outlives a journal that fails; ``connect`` makes HTTP for who needs it; ``host`` is what it
    is called, "" for its own name.

    What cannot be written raises `ProviderError` with the journal's reason. What cannot be read is what was read last; where
    nothing ever was, `Unreachable`.
    """

    def __init__(
        self,
        config: Config,
        journal: Journal,
        clock: Clock,
        live: Callable[[], Mapping[str, Watch]] = dict,
        connect: Connect = unconnected,
        files: Reread | None = None,
        host: str = "",
    ) -> None:
        self.config = config
        self.live = live
        self._connect = connect
        self._journal, self._clock = journal, clock
        self._watches: Mapping[str, Watch] | None = None
        self._marks: Marks = _NO_MARKS
        self._missed: dict[str, str] = {}
        self._host = host or this_host()
        self._user = os_user()
        self._laid: dict[str, tuple[int, datetime]] = {}
        self._channels: tuple[ChannelHealth, ...] = ()
        self._attempts: tuple[Attempt, ...] = ()
        self._plan: tuple[Config, Plan] | None = None
        self.dated = Dated()
        self.elsewhere: Callable[[], Sequence[OnCall]] = tuple
        """Who is on call by the rosters of other sources, as last answered."""
        self.on_config: Callable[[Config], object] = lambda _: None
        """Told of the config that follows from what was written into its files here."""
        self._files = OwnFiles(files, self._took)
        self._overriding = Overriding(journal, self._files)

    @property
    def clock(self) -> Clock:
        """Time."""
        return self._clock

    @property
    def machine(self) -> Machine:
        """Itself."""
        return self

    def http(self, url: str, settings: HttpSettings, speaks: str = "") -> Http:
        """See `provider.Host.http`."""
        return self._connect(url, settings, self._clock, speaks)

    @property
    def host(self) -> str:
        """This machine's name, without its domain."""
        return self._host

    @property
    def traps(self) -> Sequence[Trap]:
        """As configured, in the order of the config."""
        return tuple(self.config.traps.values())

    @property
    def rosters(self) -> Sequence[Roster]:
        """As configured, with the holidays that sources know."""
        return tuple(self.dated.config(self.config).rosters.values())

    @property
    def people(self) -> Sequence[Person]:
        """As configured, with the absences and holidays that sources know."""
        return tuple(self.dated.config(self.config).people.values())

    @property
    def me(self) -> Person:
        """The person at the keyboard: who goes by a name in ``me`` among ``people``, else made from ``me``, else the OS user."""
        return at_keyboard(self.config, self._user)

    def watches(self) -> Mapping[str, Watch]:
        """What is known of every trap: the journal's word, and for what the keeper in here knows better, the keeper's. One that
        nobody has looked at as it is laid in this config is blind since this process first saw it so."""
        live = self.live()
        try:
            written = self._watches = self._journal.watches()
            self._missed.pop("watches", None)
        except JournalError as error:
            self._missed["watches"] = clean(str(error))
            if self._watches is None and not live:
                raise Unreachable(str(error)) from error
            written = dict(self._watches or {})
        known = {**written, **{name: _newer(written.get(name), watch) for name, watch in live.items()}}
        now = self._clock.now()
        anew = {name: as_laid(trap, known.get(name, Watch())) for name, trap in self.config.traps.items()}
        unseen = {name: watch for name, watch in anew.items() if watch.checked_at is None}
        keeper = self._keeper(now) if unseen.keys() - live.keys() else 0
        return {**known, **{name: self._never_seen(name, known.get(name), watch, keeper, now) for name, watch in unseen.items()}}

    def _never_seen(self, name: str, known: Watch | None, watch: Watch, keeper: int, now: datetime) -> Watch:
        laid = fingerprint(self.config.traps[name])
        if self._laid.get(name, (None,))[0] != laid:
            self._laid[name] = (laid, now)
        reason = watch.reason
        if keeper and known is not None and known.laid and known.laid != laid:
            reason = f"process {keeper} keeps another config of this trap"
        elif keeper:
            reason = f"not looked at yet, by process {keeper} which looks at the traps"
        return msgspec.structs.replace(watch, blind_since=self._laid[name][1], reason=reason)

    def _keeper(self, now: datetime) -> int:
        """The other process that looks at the traps, or 0."""
        try:
            lease = self._journal.lease()
        except JournalError:
            return 0  # `problem` says it
        if lease is None or lease.pid == os.getpid():
            return 0
        from .tenure import TTL  # deferred: the keeper's part of the house, and the first view needs none of it

        return lease.pid if abs((now - lease.renewed_at).total_seconds()) <= TTL else 0

    @property
    def remarks(self) -> tuple[str, ...]:
        """Why what the journal says of this machine is what was read last; empty where it could be read."""
        return tuple(dict.fromkeys(self._missed.copy().values()))

    def marks(self) -> Marks:
        """What people have put on local alerts."""
        # without an acknowledgement alerts are louder, not quieter
        self._marks = self._read("marks", lambda: self._journal.marks(self._clock.now()), self._marks)
        return self._marks

    def ack(self, alert_id: str, firing: int, who: str, note: str, at: datetime) -> None:
        """Raises `Conflict` if somebody else has this firing. Of a drill it is the end."""
        self._told(lambda: self._journal.ack(alert_id, firing, who, note, at))
        if is_drill(alert_id):
            from .drilling import taken  # deferred: the first view needs none of it

            self._told(lambda: taken(self._journal, self.plan(), self.alerts(), alert_id, who, at))

    def unack(self, alert_id: str, who: str, at: datetime) -> None:
        """Raises `NotFound` if nobody has it."""
        self._told(lambda: self._journal.unack(alert_id, who, at))

    def silence(
        self, match: str, starts_at: datetime, ends_at: datetime, who: str, comment: str, until_resolved: bool = False
    ) -> str:
        """Gives the id."""
        return self._told(lambda: self._journal.silence(match, starts_at, ends_at, who, comment, until_resolved))

    def change_silence(
        self, silence_id: str, match: str, ends_at: datetime, who: str, comment: str, until_resolved: bool, at: datetime
    ) -> None:
        """Raises `NotFound` if there is none, or if it has ended."""
        self._told(lambda: self._journal.change_silence(silence_id, match, ends_at, who, comment, until_resolved, at))

    def unsilence(self, silence_id: str, who: str, at: datetime) -> None:
        """Raises `NotFound` if it has ended."""
        self._told(lambda: self._journal.unsilence(silence_id, who, at))

    def note(self, alert_id: str, who: str, text: str, at: datetime) -> None:
        """Leave a remark."""
        self._told(lambda: self._journal.note(alert_id, who, text, at))

    def disarm(self, trap: str, who: str, why: str, until: datetime, at: datetime) -> None:
        """Rest a trap. Raises `NotFound`."""
        rest = Rested(at, who, why, until)
        data = {"why": why, "until": until.isoformat()}
        self._change(trap, rest, Happened(at=at, kind="trap.disarmed", who=who, source=LOCAL, subject=trap, data=data))

    def arm(self, trap: str, who: str, at: datetime) -> None:
        """End a trap's rest. Raises `NotFound`."""
        self._change(trap, Armed(at, who), Happened(at=at, kind="trap.armed", who=who, source=LOCAL, subject=trap))

    def override(self, roster: str, covers: Sequence[Cover], who: str, why: str, at: datetime) -> Sequence[str]:
        """Put people on call. Gives an id for each. Raises `NotFound`."""
        return self._overriding.make(roster, covers, who, why, at)

    def end_override(self, override_id: str, who: str, at: datetime) -> None:
        """End an override, or take it away. Raises `NotFound`, or `Forbidden` for one that was written by hand."""
        self._overriding.end(override_id, who, at)

    def address(self, source: str) -> str:
        """See `provider.Machine.address`."""
        return self.config.addresses.get(source, "")

    def tell_address(self, source: str, address: str, who: str) -> Path:
        """Keep what ``me`` is called at a source. Gives the file. Raises `NotFound` for one that is not in the config, and
        `ProviderError` where it cannot be written down."""
        from ..config.addresses import keep  # deferred: the first view needs nothing that writes

        address = address.strip()
        if not address or clean(address) != address or len(address) > 320:  # RFC 5321, 4.5.3.1
            raise ProviderError("nothing was kept: say an address, like ana@example.com")
        if source not in self._files.read().sources:
            raise NotFound(f"there is no [sources.{clean(source, 100)}] in the config")
        file = self._files.change(lambda main: keep(main, source, address))
        with suppress(JournalError):  # it stands in the config; the journal's `problem` says the rest
            self._journal.record("address.told", at=self._clock.now(), who=who, source=source, subject=address)
        return file

    @property
    def files(self) -> OwnFiles:
        """The drop-ins of the config that the cockpit writes."""
        return self._files

    def _took(self, config: Config) -> None:
        self.config = config
        self.on_config(config)

    def beat(self, name: str) -> datetime | None:
        """When the heartbeat was last told. Raises `ProbeError`: a journal nobody can read does not mean that it stayed away."""
        try:
            last = self._journal.last_beat(name)
        except JournalError as error:
            raise ProbeError(str(error)) from error
        if last is None and self._journal.problem:
            raise ProbeError(self._journal.problem)
        return last

    def channels(self) -> Sequence[ChannelHealth]:
        """How the configured channels did when they were last tried; as last read where the journal does not answer."""
        if self.config.channels:
            self._channels = self._read(
                "channels", lambda: tuple(self._journal.channels(self.config.channels).values()), self._channels
            )
        return self._channels if self.config.channels else ()

    def alerts(self) -> tuple[Numbered, ...]:
        """This machine's alerts as its own source gives them, and which of its firings each is. Raises `Unreachable` where the
        journal never answered."""
        me, name = self.me, next((each.name for each in configured(self.config).values() if each.provider == LOCAL), LOCAL)
        watches, marks, channels = self.watches(), self.marks(), self.channels()
        names = (me.id, me.name, *me.also)
        return local_alerts(name, self.host, self.traps, watches, marks, self._clock.now(), names, channels, self.people)

    def paged(self, alerts: Sequence[tuple[Alert, int]]) -> Mapping[str, tuple[Paged, ...]]:
        """Who was told of each of these (alert, which firing), and who comes next."""
        if not self.config.channels or not alerts:
            return {}
        self._attempts = self._read("pages", lambda: self._journal.pages()[0], self._attempts)
        plan, now = self.plan(), self._clock.now()
        return {alert.ref.id: plan.shown(alert, firing, self._attempts, now) for alert, firing in alerts}

    def plan(self) -> Plan:
        """The escalations as configured now."""
        config = self.dated.config(self.config)
        if self._plan is None or self._plan[0] is not config:
            from .paging import Plan  # deferred: most start without

            me = self.me
            self._plan = config, Plan(config, (me.id, me.name, *me.also), lambda: self.elsewhere())
        return self._plan[1]

    def _read(self, what: str, work: Callable[[], T], last: T) -> T:
        """What the journal says, or what it said last; `remarks` tells."""
        try:
            found = work()
        except JournalError as error:
            self._missed[what] = clean(str(error))
            return last
        self._missed.pop(what, None)
        return found

    def _change(self, name: str, event: Rested | Armed, happened: Happened) -> None:
        trap = self.config.traps.get(name)
        if trap is None:
            raise NotFound(f"there is no trap {name}")
        self._told(lambda: self._journal.change_watch(name, lambda watch: step(trap, watch, event), happened))

    def _told(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except JournalError as error:
            raise ProviderError(str(error)) from error


def _newer(written: Watch | None, live: Watch) -> Watch:
    if written is None:
        return live
    if written.checked_at is not None and (live.checked_at is None or live.checked_at < written.checked_at):
        return written
    from .post import with_rest  # deferred: the keeper's part of the house, and the first view needs none of it

    return with_rest(live, written)
