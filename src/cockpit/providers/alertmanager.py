"""``alertmanager``: a Prometheus Alertmanager, or a cluster of them, by its API v2 (tried on 0.25, 0.28 and 0.33)."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar, TypeAlias

import msgspec

from ..core.addresses import address_problem
from ..core.alerts import Alert, Severity, Silence, SilenceState
from ..core.filters import FilterError, parse
from ..core.packed import Packer
from ..core.paging import Page
from ..core.text import clean, clean_block
from ..core.units import Seconds
from ..provider import Answer, Conflict, Host, HttpSettings, NotFound, ProviderError
from .am_acks import PREFIX, ack_comment, exact, hits_of, lasting_comment, mark_of
from .am_alerts import SEVERITIES, WHERE, Look, One
from .am_flight import several
from .am_forgotten import Forgotten
from .am_keep import EPOCH, LASTING, Upkeeper, free
from .am_matchers import expression, matchers
from .am_member import Member
from .am_members import Cluster
from .am_merge import Known, Merger
from .am_pages import post
from .am_silences import Silencer, check_end, match_of, told
from .am_watchdog import Watchdog, watchdog_of
from .am_wire import WireMatcher, WireSilence, stamp
from .followed import Common
from .in_flight import InFlight
from .records import when

_Vocabulary: TypeAlias = tuple[frozenset[str], Mapping[tuple[str, str], tuple[str, str]]]


class AlertmanagerConfig(HttpSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``url`` is the address, with the prefix of its path if it has one; ``urls`` are the members of one cluster. ``filter`` has
    matchers that the server applies (``team="web"``), ``receiver`` a pattern for receivers. An acknowledgement lasts ``ack_for``
    and is renewed; after ``ack_age`` its alert comes back before the eyes (``0s``: never). ``ack_prefix`` is what the comment of
    one begins with, and by which those of others are known: as karma and kthxbye have it. ``expired`` is for how long a silence
    that has ended is still shown. ``watchdog`` names an alert, or filters one, that must always fire: it is not shown, and where
    it is missing the source is blind. ``severity_label``, ``severities`` and ``where`` say how labels are read.
    """

    url: str = ""
    urls: tuple[str, ...] = ()
    filter: tuple[str, ...] = ()
    receiver: str = ""
    ack_for: Seconds = Seconds(900.0)
    ack_age: Seconds = Seconds(4 * 3600.0)
    ack_prefix: str = PREFIX
    longest_silence: Seconds = Seconds(30 * 86400.0)
    expired: Seconds = Seconds(3600.0)
    watchdog: str = ""
    severity_label: str = "severity"
    severities: Mapping[str, Severity] = {}
    where: tuple[str, ...] = WHERE

    def __post_init__(self) -> None:
        super().__post_init__()
        if bool(self.url) == bool(self.urls):
            raise ValueError("give the address as url, or those of a cluster's members as urls")
        if problem := next(filter(None, map(address_problem, self.urls or (self.url,))), ""):
            raise ValueError(problem)
        if len({each.rstrip("/") for each in self.urls}) < len(self.urls):
            raise ValueError("urls names a member twice: the one would count for two")
        if self.ack_for < 60:
            raise ValueError("ack_for must be a minute or more: it has to outlast the time between two looks")
        if not self.ack_prefix or clean(self.ack_prefix.strip()) != self.ack_prefix:
            raise ValueError(f"ack_prefix must be plain words, as {PREFIX}: without one every silence would be an acknowledgement")
        try:
            parse(self.watchdog)
        except FilterError as error:
            raise ValueError(f"watchdog cannot be read, at column {error.column + 1}: {error}") from None


class Alertmanager:
    """An Alertmanager, or several that are one cluster. It has no acknowledgement: one is a short silence, marked in its comment as
    karma and kthxbye do it, for exactly these alerts, renewed while they fire."""

    Config: ClassVar[type[msgspec.Struct]] = AlertmanagerConfig

    def __init__(self, name: str, config: AlertmanagerConfig, host: Host) -> None:
        self._name, self._config, self._clock = name, config, host.clock
        words = {**SEVERITIES, **{word.strip().lower(): severity for word, severity in config.severities.items()}}
        self._look_at = Look(name, config.severity_label, words, config.where, Packer())
        self._query = (
            *(("filter", each) for each in config.filter),
            *((("receiver", config.receiver),) if config.receiver else ()),
        )
        urls = config.urls or (config.url,)
        lists = Common[One]()
        self._cluster = Cluster(
            [Member(host.http(url, config, "an Alertmanager"), self._look_at, self._query, lists) for url in urls]
        )
        self._silencer = Silencer(self._cluster)
        self._ack_for = timedelta(seconds=config.ack_for)
        self._ack_age = timedelta(seconds=config.ack_age) if config.ack_age else None
        self._upkeeper = Upkeeper(self._cluster, self._silencer, self._ack_for, self._ack_age, config.ack_prefix)
        self._merger, self._forgotten = Merger(self._ack_age, config.ack_prefix), Forgotten()
        self._looking = InFlight(self._ask)
        self._last: Known | None = None
        self._words: tuple[Known | None, _Vocabulary] = (None, (frozenset(), {}))
        dog = watchdog_of(config.watchdog)
        self._watchdog = Watchdog(dog) if dog is not None else None

    async def alerts(self) -> Answer[Alert]:
        """All that it knows and that are not resolved, with what hushes each; the watchdog itself is left out."""
        known = await self._looking.join()
        found = known.alerts.records
        blind = ""
        if self._watchdog is not None:
            rest = self._watchdog.without(found, self._clock.now())
            if len(rest) == len(found) and not await self._watchdog_elsewhere():
                what = f"the watchdog {clean(self._config.watchdog, 100)} does not fire"
                blind = f"{what}: alerts may not be arriving there at all; look at Prometheus and at the way between them"
            found = rest
        remarks = known.remarks
        if known.rejected_alerts:
            remarks += (f"{known.rejected_alerts} of {len(known.alerts) + known.rejected_alerts} alerts could not be read",)
        return Answer(found, known.rejected_alerts, known.complete, remarks, blind)

    async def ack(self, ids: Sequence[str], who: str, note: str) -> None:
        """Acknowledge exactly these, in as few silences as can be. Raises `NotFound` (then none is acknowledged) where one does not
        fire, `Conflict` (then the others are) where somebody has one."""
        wanted, known = await self._labels(ids)
        who = clean(who, 200)
        taken: list[str] = []
        for silence in await self._silencer.active():
            mark = mark_of(silence, self._config.ack_prefix)
            began = when(silence.starts_at)
            if mark is None or not mark.ack or (self._ack_age and began and self._now(known) - began > self._ack_age):
                continue
            for each in hits_of(silence, wanted):
                if mark.covers(known.seen[each].alert.started_at, silence, self._now(known)):
                    del wanted[each]
                    if mark.who != who:
                        taken.append(f"{mark.who} has {known.seen[each].alert.name} already")
        others = [it.labels for each, it in known.seen.items() if each not in wanted]
        ends = self._now(known) + self._ack_for

        def post(found: tuple[WireMatcher, ...], held: Sequence[str]) -> Awaitable[str]:
            comment = ack_comment(who, note, (known.seen[each].alert.started_at for each in held), self._config.ack_prefix)
            return self._silencer.put(found, stamp(EPOCH), ends, who, comment)

        made = await several([partial(post, found, held) for found, held in exact(wanted, others)], "acknowledged")
        if made:
            await self._silencer.spread(made[-1])
        if taken:
            raise Conflict("; ".join(taken))

    async def unack(self, ids: Sequence[str], who: str) -> None:  # noqa: ARG002  # the protocol's: an Alertmanager does not keep who ended a silence
        """Take it back for these alone. Raises `NotFound` for those that nobody has."""
        freed, known = await self._labels(ids)
        everything = {each: it.labels for each, it in known.seen.items()}
        unheld = set(freed)
        for silence in await self._silencer.active():
            mark = mark_of(silence, self._config.ack_prefix)
            hit = hits_of(silence, freed)
            if mark is None or not mark.ack or not hit:
                continue
            unheld -= set(hit)
            still = {each: labels for each, labels in hits_of(silence, everything).items() if each not in freed}
            await free(self._silencer, silence, still, [labels for each, labels in everything.items() if each not in still])
        if unheld:
            names = ", ".join(known.seen[each].alert.name for each in sorted(unheld))
            raise NotFound(f"nobody has acknowledged {names}")

    async def silences(self) -> Answer[Silence]:
        """Those that hush now, that will, and that have ended lately; acknowledgements among them, marked as such."""
        known = await self._looking.join()
        now = self._now(known)
        found: list[Silence] = []
        bad = known.rejected_silences
        for each in known.silences.values():
            silence = told(each, self._name, now, known.skew, self._config.ack_prefix)
            if silence is None:
                bad += 1
            elif silence.state is not SilenceState.EXPIRED or self._clock.now() - silence.ends_at <= timedelta(
                seconds=self._config.expired
            ):
                found.append(silence)
        found.sort(key=lambda silence: (silence.ends_at, silence.ref))
        remarks = (f"{bad} silences could not be read",) if bad else ()
        return Answer(tuple(found), bad, known.complete, remarks)

    def silence_problem(self, match: str, ends_at: datetime | None) -> str:
        """Why such a silence would not be taken, as far as can be told without asking; "" where nothing is against it."""
        try:
            if ends_at is not None:
                check_end(self._clock.now(), ends_at, timedelta(seconds=self._config.longest_silence))
            self._matchers(match, self._last)
        except ProviderError as error:
            return str(error)
        return ""

    async def silence(self, match: str, ends_at: datetime, who: str, comment: str) -> str:
        """Hush what matches from now until ``ends_at`` (UTC). Raises `ProviderError` with what is wrong: what no matcher can say,
        one that hits everything, an end too far off."""
        check_end(self._clock.now(), ends_at, timedelta(seconds=self._config.longest_silence))
        known = self._last or await self._looking.join()
        return await self._post(match, ends_at + known.skew, who, clean_block(comment, 1000))

    async def silence_until_resolved(self, match: str, who: str, comment: str) -> str:
        """Hush what matches until nothing of it fires any more: renewed and ended as acknowledgements are."""
        known = self._last or await self._looking.join()
        return await self._post(match, self._now(known) + LASTING, who, lasting_comment(comment))

    async def edit_silence(self, silence_id: str, match: str, ends_at: datetime | None, who: str, comment: str) -> str:
        """Change a silence: its end alone keeps the id; with other matchers, an Alertmanager ends it and makes another. One that
        has ended already is made anew. Raises as `silence`, and `NotFound`."""
        if ends_at is not None:
            check_end(self._clock.now(), ends_at, timedelta(seconds=self._config.longest_silence))
        known = self._last or await self._looking.join()
        before = await self._silencer.get(silence_id)
        same = match in (match_of(before), clean(match_of(before)))  # as it is, or as it was shown
        found = tuple(before.matchers) if same else self._matchers(match, known, before)
        comment = clean_block(comment, 1000) if ends_at is not None else lasting_comment(comment)
        starts, changes = (stamp(EPOCH), "") if before.expired else (before.starts_at, silence_id)
        ends = ends_at + known.skew if ends_at is not None else self._now(known) + LASTING
        made = await self._silencer.put(found, starts, ends, clean(who, 200), comment, changes)
        await self._silencer.spread(made)
        return made

    async def unsilence(self, silence_id: str, who: str) -> None:  # noqa: ARG002  # the protocol's, as above
        """End it now. Raises `NotFound`."""
        await self._silencer.end(silence_id)

    async def page(self, page: Page) -> None:
        """Raise an alert there, or end it: whom it wakes is its own routing's to say. Raises `ProviderError` where no member takes
        it."""
        now = self._now(self._last) if self._last is not None else self._clock.now()
        await post(self._cluster, page, now)

    async def upkeep(self) -> Sequence[str]:
        """Renew our acknowledgements while their alerts fire, and end them when they have resolved."""
        return await self._upkeeper.keep(self._last, self._now(self._last)) if self._last is not None else ()

    async def close(self) -> None:
        """Close the connections."""
        await self._cluster.close()

    async def _ask(self) -> Known:
        now = self._clock.now()
        good, bad = await self._cluster.ask()
        known = self._merger.merged(good, bad, now)
        self._last = self._forgotten.look(known, self._now(known))
        return self._last

    def _now(self, known: Known) -> datetime:
        """The time by the cluster's clock."""
        return self._clock.now() + known.skew

    async def _labels(self, ids: Sequence[str]) -> tuple[dict[str, Mapping[str, str]], Known]:
        """The labels of these alerts, to the byte. Raises `NotFound` for those that do not fire."""
        known = self._last
        if known is None or any(each not in known.seen for each in ids):
            known = await self._looking.join()
        gone = [each for each in ids if each not in known.seen]
        if gone:
            raise NotFound(f"not firing (any more): {', '.join(clean(each, 60) for each in gone)}")
        return {each: known.seen[each].labels for each in ids}, known

    async def _post(self, match: str, ends_at: datetime, who: str, comment: str) -> str:
        found = self._matchers(match, self._last or await self._looking.join())
        made = await self._silencer.put(found, stamp(EPOCH), ends_at, clean(who, 200), comment)
        await self._silencer.spread(made)
        return made

    def _matchers(self, match: str, known: Known | None, before: WireSilence | None = None) -> tuple[WireMatcher, ...]:
        """The matchers for a filter, values as they are here to the byte where cleaning had changed what is shown."""
        names, raw = self._vocabulary(known)
        names = names | {matcher.name for matcher in before.matchers} if before is not None else names
        look = self._look_at
        found = matchers(match, source=self._name, known=names, label=look.label, words=look.words)
        exactly = {each: raw[each.name, each.value] for each in found if not each.is_regex and (each.name, each.value) in raw}
        return tuple(
            msgspec.structs.replace(each, name=exactly[each][0], value=exactly[each][1]) if each in exactly else each
            for each in found
        )

    def _vocabulary(self, known: Known | None) -> _Vocabulary:
        """The names of labels that alerts have here, and what was cleaned of names and values → how it is to the byte. While
        somebody types a matcher, it is asked at each key."""
        if known is None:
            return frozenset(), {}
        kept = self._words
        if kept[0] is not known:
            seen = known.seen.values()
            names = frozenset(name for it in seen for name in it.labels)
            raw = {(clean(name), clean(value)): (name, value) for it in seen for name, value in (it.exact or {}).items()}
            kept = self._words = (known, (names, raw))
        return kept[1]

    async def _watchdog_elsewhere(self) -> bool:
        """Whether it fires outside of what this source is asked for."""
        if not self._query:
            return False
        asked = matchers(self._watchdog.rule.text, source=self._name, known={"name"}) if self._watchdog is not None else ()
        reply = await self._cluster.listed([("filter", expression(each)) for each in asked])
        return reply.body.strip() not in (b"[]", b"null", b"")
