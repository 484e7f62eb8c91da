"""``prometheus``: the alerting rules of a Prometheus as traps, by its HTTP API v1 (tried on 2.42, 2.53 and 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

import msgspec

from ..core.addresses import address_problem
from ..core.alerts import Alert, Severity
from ..core.curves import Curve
from ..core.filters import FilterError, parse
from ..core.traps import TrapView
from ..core.units import Seconds
from ..provider import Answer, Host, HttpSettings
from .am_alerts import SEVERITIES, WHERE
from .am_watchdog import watchdog_of
from .in_flight import InFlight
from .prom_absent import Absent
from .prom_alerts import firing, wanted
from .prom_api import Api, Rules, WireGroup
from .prom_look import Look
from .prom_rules import Moment, Rule, Thresholds, named, read
from .prom_series import curve as curve_of
from .prom_series import expression_of, has, rule_of
from .prom_traps import as_watchdog, trap_of
from .skew import ahead, told_skew


class PrometheusConfig(HttpSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``url`` is the address, with the prefix of its path if it has one. ``rules`` filters which rules are traps, by their labels
    with ``alertname``, ``group`` and ``file``. ``alerts``: what fires is an alert here, too; leave it off where an Alertmanager
    tells it. ``watchdogs`` names alerts, or filters them, that must always fire, beside those that Alertmanagers of this config
    have as their ``watchdog``: their trap is armed while they fire, and has tripped while they do not. A rule whose metric had no
    series for ``seen_within`` cannot fire, and is blind (``0s``: that is not looked at). ``severity_label``, ``severities`` and
    ``where`` say how labels are read.
    """

    url: str
    rules: str = ""
    alerts: bool = False
    watchdogs: tuple[str, ...] = ()
    seen_within: Seconds = Seconds(3600.0)
    severity_label: str = "severity"
    severities: Mapping[str, Severity] = {}
    where: tuple[str, ...] = WHERE

    def __post_init__(self) -> None:
        super().__post_init__()
        if problem := address_problem(self.url):
            raise ValueError(problem)
        try:
            parse(self.rules)
        except FilterError as error:
            raise ValueError(f"rules cannot be read, at column {error.column + 1}: {error}") from None
        for text in self.watchdogs:
            try:
                watchdog_of(text)
            except FilterError as error:
                raise ValueError(f"watchdogs cannot be read, at column {error.column + 1}: {error}") from None


class Known(msgspec.Struct, frozen=True):
    """All that it said in one poll: ``every`` rule, and by their traps' names those that the source's filter lets through."""

    every: tuple[Rule, ...]
    rules: tuple[tuple[str, Rule], ...]
    at: Moment
    bad_rules: int
    bad_alerts: int
    complete: bool
    remarks: tuple[str, ...]


class Prometheus:
    """Alerting rules are traps: inactive ones are armed, pending ones warn and say when they fire, those that fire have tripped;
    those whose evaluation fails or stays away, and those that cannot fire because their metric does not exist, are blind."""

    Config: ClassVar[type[msgspec.Struct]] = PrometheusConfig

    def __init__(self, name: str, config: PrometheusConfig, host: Host) -> None:
        self._config, self._clock = config, host.clock
        words = {**SEVERITIES, **{word.strip().lower(): severity for word, severity in config.severities.items()}}
        self._look = Look(name, config.severity_label, words, config.where)
        self._which = parse(config.rules) if config.rules.strip() else None
        self._watchdogs = tuple(filter(None, map(watchdog_of, config.watchdogs)))
        self._api = Api(host.http(config.url, config, "a Prometheus"))
        self._absent = Absent(self._api, host.clock, timedelta(seconds=config.seen_within))
        self._thresholds = Thresholds()
        self._groups: tuple[WireGroup, ...] = ()
        self._looking = InFlight(self._ask)
        self._last: Known | None = None

    async def traps(self) -> Answer[TrapView]:
        """Every alerting rule that the filter lets through."""
        known = await self._looking.join()
        found = (
            (rule, trap_of(rule, name, self._look, known.at, self._absent.lacks(rule.wire.query), self._api.address))
            for name, rule in known.rules
        )
        traps = tuple(as_watchdog(trap, known.at.ours) if self._guards(rule, known.at.ours) else trap for rule, trap in found)
        return Answer(traps, known.bad_rules, known.complete, known.remarks)

    async def alerts(self) -> Answer[Alert]:
        """What fires, where the source is to tell it; nothing otherwise."""
        known = await self._looking.join()
        if not self._config.alerts:
            return Answer(())
        bad = known.bad_alerts
        remarks = (f"{bad} alerts could not be read",) if bad else ()
        told = [(name, rule) for name, rule in known.rules if not self._guards(rule, known.at.ours)]
        return Answer(firing(told, self._look, known.at, self._api.address), bad, known.complete, remarks)

    async def series(self, about: Alert | TrapView, since: datetime, until: datetime, points: int) -> Curve | None:
        """The query of the trap's or the alert's rule; also for alerts that an Alertmanager tells, if a rule here makes them."""
        known = self._last or await self._looking.join()
        found = self._rule(about, known)
        if found is None:
            return None
        rule, certain = found
        alert = about if isinstance(about, Alert) else None
        ahead = known.at.ahead
        begin, end = (since + ahead).timestamp(), (until + ahead).timestamp()
        curve = await curve_of(self._api, rule, alert, begin, end, points, float(self._config.within))
        ours = tuple((at - ahead.total_seconds(), value) for at, value in curve.points) if ahead else curve.points
        return msgspec.structs.replace(curve, points=ours, source=self._look.source, certain=certain)

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def _ask(self) -> Known:
        now = self._clock.now()
        told = await self._api.rules()
        at = Moment(now, ahead((told.date,), now))
        every, bad_rules, bad_alerts = read(self._kept(told), self._thresholds)
        self._thresholds.keep([rule.wire.query for rule in every])
        rules = [rule for rule in every if wanted(rule, self._which, self._look, now)]
        if self._config.seen_within:
            await self._absent.look([rule.wire.query for rule in rules], at.theirs)
        bad_rules += told.rejected
        self._last = Known(
            every=tuple(every),
            rules=tuple(zip(named(rules), rules, strict=True)),
            at=at,
            bad_rules=bad_rules,
            bad_alerts=bad_alerts,
            complete=not told.missing,
            remarks=self._remarks(told, bad_rules, at),
        )
        return self._last

    def _guards(self, rule: Rule, now: datetime) -> bool:
        """Whether it is the rule of a watchdog, which must always fire."""
        return any(wanted(rule, each, self._look, now) for each in self._watchdogs)

    def _rule(self, about: Alert | TrapView, known: Known) -> tuple[Rule, bool] | None:
        """The rule that it comes from, and whether that is certain."""
        source = about.ref.source if isinstance(about, Alert) else about.source
        if source == self._look.source:
            name = about.trap if isinstance(about, Alert) else about.trap.name
            return next(((rule, True) for each, rule in known.rules if each == name), None)
        if not isinstance(about, Alert):
            return None
        address, query = expression_of(about)
        rule = rule_of(known.every, about, query) if query else None
        if rule is None:
            return None
        here = address == self._api.address
        return (rule, here) if here or has(rule, about) else None

    def _kept(self, told: Rules) -> tuple[WireGroup, ...]:
        """What was told; where part of it is missing, with the groups of the last time in its place: what is not heard of any more
        shows by the age of its evaluation."""
        heard = {(group.file, group.name) for group in told.groups}
        old = (group for group in self._groups if (group.file, group.name) not in heard)
        self._groups = (*told.groups, *old) if told.missing else told.groups
        return self._groups

    def _remarks(self, told: Rules, bad_rules: int, at: Moment) -> tuple[str, ...]:
        said = [told.missing] if told.missing else []
        said += [f"{bad_rules} rules could not be read"] if bad_rules else []
        said += [self._absent.remark] if self._absent.remark else []
        return (*said, *told_skew(at.ahead), *told.remarks)
