"""``[channels.NAME]`` and ``[escalations.NAME]``: the ways to tell people, and who is told when nobody acknowledges."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise

import msgspec

from .. import plugins
from ..core.alerts import LOCAL
from ..core.filters import FilterError, parse
from ..core.policies import Aim, EscalationStep, Policy, Target
from ..core.quiet import Quiet, time_of_day
from ..core.reaching import Way
from ..core.roster import Person, Roster
from ..core.units import Seconds, say_seconds
from .decode import BAD, Decoder
from .faults import suggestion
from .locate import KeyPath
from .model import ChannelConfig, SourceConfig
from .people import check_zone

ChannelOf = Callable[[str], type]
"""Gives a channel's class by its kind; raises `plugins.PluginError`."""

SOURCE = "source"
"""The kind of channel that is one of the sources: it pages by the far side's own routing."""
_OWN = frozenset({"kind", "contact", "ends", "timeout", "source", "personal"})


class _SourceChannel(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of a channel that is a source."""

    source: str


class _QuietTable(msgspec.Struct, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """Quiet hours as written."""

    start: str
    end: str
    timezone: str = ""


class _StepTable(msgspec.Struct, frozen=True, kw_only=True):
    """A step as written."""

    notify: tuple[str, ...] = ()
    after: Seconds = Seconds(0.0)
    via: tuple[str, ...] = ()


class _PolicyTable(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as written: steps and quiet hours are read one by one."""

    steps: tuple[_StepTable, ...]
    match: str = ""
    via: tuple[str, ...] = ()
    repeat: int = 0
    every: Seconds = Seconds(1800.0)
    quiet: _QuietTable | None = None


def read_channel(
    decoder: Decoder, name: str, raw: object, channel_of: ChannelOf, sources: Mapping[str, object]
) -> ChannelConfig | None:
    """One ``[channels.NAME]``: the cockpit's own keys, and those of its kind beside them."""
    path: KeyPath = ("channels", name)
    if not isinstance(raw, Mapping):
        decoder.fields(ChannelConfig, raw, path)
        return None
    kinds = (*plugins.names(plugins.CHANNELS), SOURCE)
    if not isinstance(kind := raw.get("kind"), str):
        decoder.faults.add((*path, "kind"), "kind is missing: it says how people are told", f"there are {', '.join(kinds)}")
        return None
    settings = {key: value for key, value in raw.items() if key not in _OWN}
    shared = {key: value for key, value in raw.items() if key in _OWN}
    if kind == SOURCE:
        for key in settings:
            decoder.faults.add(
                (*path, key), f"unknown key {key!r}", "a channel that is a source has source, personal, ends and timeout"
            )
        decoder.fields(_SourceChannel, {key: value for key, value in raw.items() if key == "source"}, path)
        if isinstance(source := raw.get("source"), str) and source not in sources:
            decoder.faults.add((*path, "source"), f"there is no source {source!r}", suggestion(source, sources))
        contact, lasting, personal = "", True, False
    else:
        personal = True
        for key in {"source", "personal"} & set(raw):
            decoder.faults.add((*path, key), f'{key} goes with kind = "source"')
        loaded = _kind(decoder, kind, kinds, path, channel_of)
        if loaded is None:
            return None
        contact, lasting = loaded.contact, loaded.lasting  # type: ignore[attr-defined]  # the Channel protocol
        decoded = decoder.fields(loaded.Config, settings, path, also=_OWN)  # type: ignore[attr-defined]  # as above
        if isinstance(decoded, dict):
            decoder.built(loaded.Config, decoded, path)  # type: ignore[attr-defined]  # as above
    fields = decoder.fields(ChannelConfig, shared, path, without=("name", "settings"))
    if not isinstance(fields, dict):
        return None
    if isinstance(timeout := fields.get("timeout"), float) and not 1 <= timeout <= 300:
        decoder.faults.add((*path, "timeout"), "timeout must be between 1 s and 5 minutes")
    made = {"contact": contact, "ends": lasting, "personal": personal, **fields, "name": name, "settings": settings}
    built = decoder.built(ChannelConfig, made, path)
    return built if isinstance(built, ChannelConfig) else None


def way_of(channel: ChannelConfig) -> Way:
    """The channel as escalation sees it."""
    return Way(channel.name, channel.contact, channel.personal, channel.ends)


def _kind(decoder: Decoder, kind: str, kinds: Sequence[str], path: KeyPath, channel_of: ChannelOf) -> type | None:
    try:
        return channel_of(kind)
    except plugins.PluginError as error:
        hint = suggestion(kind, kinds) if kind not in kinds else ""
        decoder.faults.add((*path, "kind"), str(error), hint)
        return None


def read_policy(
    decoder: Decoder,
    name: str,
    raw: object,
    *,
    people: Mapping[str, Person],
    rosters: Mapping[str, Roster],
    channels: Mapping[str, ChannelConfig],
    elsewhere: bool,
) -> Policy | None:
    """One ``[escalations.NAME]``. Everyone it names must be among ``people``, every channel among ``channels``; every roster among
    ``rosters``, unless there are sources ``elsewhere`` that may have it."""
    path: KeyPath = ("escalations", name)
    fields = decoder.fields(_PolicyTable, raw, path, also=("urgent",))
    if not isinstance(fields, dict) or not isinstance(raw, Mapping):
        return None
    written = fields.get("steps", ())
    tables = written if isinstance(written, tuple) else ()
    known = Known(decoder, people, rosters, channels, elsewhere)
    if not tables and written is not BAD:
        decoder.faults.add((*path, "steps"), "an escalation has at least one step", '[{ notify = ["roster:primary"] }]')
    steps = [known.step(table, (*path, "steps", index)) for index, table in enumerate(tables)]
    known.via(fields.get("via"), (*path, "via"))
    _check_order(decoder, tables, path)
    _check_simple(decoder, fields, path)
    quiet = _quiet(decoder, fields.get("quiet"), (*path, "quiet"))
    urgent = {} if "urgent" not in raw else {"urgent": decoder.severity(raw["urgent"], (*path, "urgent"))}
    if BAD in (*fields.values(), *urgent.values(), quiet) or None in steps or not steps:
        return None
    made = {**fields, **urgent, "name": name, "steps": tuple(steps), "quiet": quiet}
    built = decoder.built(Policy, made, path)
    return built if isinstance(built, Policy) else None


def _check_simple(decoder: Decoder, fields: Mapping[str, object], path: KeyPath) -> None:
    if isinstance(match := fields.get("match"), str):
        try:
            parse(match)
        except FilterError as error:
            decoder.faults.add((*path, "match"), f"match cannot be read, at column {error.column + 1}: {error}")
    if isinstance(repeat := fields.get("repeat"), int) and not 0 <= repeat <= 100:
        decoder.faults.add((*path, "repeat"), "repeat must be between 0 and 100")
    if isinstance(every := fields.get("every"), Seconds) and every < 60:
        decoder.faults.add((*path, "every"), "every must be at least 1 minute: who is woken needs a while")


def _check_order(decoder: Decoder, tables: Sequence[_StepTable], path: KeyPath) -> None:
    for index, (before, table) in enumerate(pairwise(tables), 1):
        if table.after < before.after:
            what = f"after is {say_seconds(table.after)}, and the step before comes at {say_seconds(before.after)}"
            decoder.faults.add((*path, "steps", index, "after"), what, "steps stand in the order of their time")


def _quiet(decoder: Decoder, table: object, path: KeyPath) -> object:
    if not isinstance(table, _QuietTable):
        return table
    if table.timezone:
        check_zone(decoder, table.timezone, (*path, "timezone"))
    times = []
    for key, text in (("from", table.start), ("to", table.end)):
        try:
            times.append(time_of_day(text))
        except ValueError as error:
            decoder.faults.add((*path, key), f"{key}: {error}")
            return BAD
    if times[0] == times[1]:
        decoder.faults.add(path, "quiet hours that begin when they end are none, or all")
        return BAD
    return Quiet(start=times[0], end=times[1], timezone=table.timezone)


class Known:
    """What targets and channels may be named."""

    def __init__(
        self,
        decoder: Decoder,
        people: Collection[str],
        rosters: Mapping[str, Roster],
        channels: Mapping[str, ChannelConfig],
        elsewhere: bool,
    ) -> None:
        self._decoder = decoder
        self._people, self._rosters, self._channels, self._elsewhere = people, rosters, channels, elsewhere

    def step(self, table: _StepTable, path: KeyPath) -> EscalationStep | None:
        targets = [self.target(text, (*path, "notify", index)) for index, text in enumerate(table.notify)]
        self.via(table.via, (*path, "via"))
        if not table.notify and all(self._channels[name].personal for name in table.via if name in self._channels):
            what = "a step names whom it tells, or a channel that is a source"
            self._decoder.faults.add(path, what, 'notify = ["roster:primary"]')
            return None
        found = tuple(each for each in targets if each is not None)
        return EscalationStep(notify=found, after=table.after, via=table.via) if len(found) == len(targets) else None

    def via(self, names: object, path: KeyPath) -> None:
        for index, name in enumerate(names if isinstance(names, tuple) else ()):
            if name not in self._channels:
                hint = suggestion(name, self._channels) or f"write a [channels.{name}]"
                self._decoder.faults.add((*path, index), f"there is no channel {name!r}", hint)

    def target(self, text: str, path: KeyPath) -> Target | None:
        """Read one; where it is nobody that is known, a fault and ``None``."""
        try:
            target = target_of(text)
        except ValueError as error:
            self._decoder.faults.add(path, str(error))
            return None
        known = {Aim.PERSON: self._people, Aim.ROSTER: self._rosters}.get(target.aim)
        if known is not None and target.name not in known and not (target.aim is Aim.ROSTER and self._elsewhere):
            hint = suggestion(target.name, known)
            self._decoder.faults.add(path, f"there is no {target.aim.value} {target.name!r}", hint)
            return None
        levels = {str(roster.level) for roster in self._rosters.values()}
        if target.aim is Aim.LEVEL and target.name not in levels and not self._elsewhere:
            self._decoder.faults.add(path, f"no roster has level {target.name}", f"there are {', '.join(sorted(levels)) or 'none'}")
            return None
        return target


def target_of(text: str) -> Target:
    """Read ``person:ana``, ``roster:primary`` or ``level:2``. Raises ``ValueError``."""
    kind, colon, name = text.partition(":")
    aims = {aim.value: aim for aim in Aim}
    if not colon or kind not in aims or not name:
        raise ValueError(f"{text!r} is nobody: write person:NAME, roster:NAME or level:NUMBER")
    if aims[kind] is Aim.LEVEL and not (name.isascii() and name.isdigit() and int(name)):
        raise ValueError(f"{text!r}: a level is a number from 1")
    return Target(aims[kind], name)


def sources_beside(sources: Mapping[str, SourceConfig], provider_of: Callable[[str], type]) -> bool:
    """Whether any source may have rosters of its own."""
    return any(hasattr(provider_of(each.provider), "on_call") for each in sources.values() if each.provider != LOCAL)
