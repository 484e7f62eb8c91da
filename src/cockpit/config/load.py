"""From files to a checked `Config`: everything that is wrong is said at once, each with its file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from .. import plugins
from ..core.holidays import Holidays
from ..core.offering import Rule
from ..core.stormrule import StormRule
from ..core.text import clean
from ..core.watchrule import PLAIN, WatchRule
from .decode import Decoder, misplaced
from .faults import Faults, suggestion
from .files import config_files, config_path
from .locate import KeyPath
from .merge import NAMED, Merged, merge
from .model import NOT_KEYS, Config, Repository, SourceConfig
from .people import check_zone, read_holidays, read_person
from .repositories import names_in, read_repository, with_beside
from .rosters import read_roster
from .runbooks import check_keys, check_waits, read_runbook
from .secrets import unresolved
from .traps import SHORTEST, ProbeOf, read_trap

ProviderOf = Callable[[str], type]
"""Gives a provider's class by its name; raises `plugins.PluginError`."""

KeyProblems = Callable[[Mapping[str, str]], Iterable[tuple[str, str]]]
"""Judges ``[keys]``: (the id at fault, what is wrong with it)."""

_channel_of = partial(plugins.load, plugins.CHANNELS)
_NAME = re.compile(r"\w[\w.-]{0,63}")
T = TypeVar("T")


def load(
    path: Path | None,
    *,
    env: Mapping[str, str],
    probe_of: ProbeOf,
    provider_of: ProviderOf,
    theme_names: Collection[str],
    key_problems: KeyProblems = lambda _wanted: (),
    channel_of: Callable[[str], type] = _channel_of,
    besides: tuple[Path, ...] = (),
) -> Config:
    """Read and check the whole configuration; with none to be found, the defaults, ``files`` empty.

    ``path`` is what ``--config`` said. ``probe_of``, ``provider_of`` and ``channel_of`` are called for what the files name, and
    nothing else. ``besides`` are files to be read after those, to see whether they would fit.
    Raises `ConfigError` with every problem.
    """
    files, base = (*config_files(path, env), *besides), config_path(path, env).parent
    if not files:
        return Config(repositories=with_beside({}, base), directory=base)
    merged = merge(files)
    faults = Faults(merged.place)
    faults.problems += merged.problems
    config = _Reading(merged, faults, probe_of, provider_of, channel_of, base).config(theme_names, key_problems)
    faults.raise_if_any()
    return msgspec.structs.replace(config, files=files, directory=base, remarks=(*config.remarks, *faults.remarks))


class _Reading:
    """One pass over merged tables."""

    def __init__(
        self,
        merged: Merged,
        faults: Faults,
        probe_of: ProbeOf,
        provider_of: ProviderOf,
        channel_of: Callable[[str], type],
        base: Path,
    ) -> None:
        self.table = merged.table
        self.faults = faults
        self.decoder = Decoder(faults, unresolved)
        self.probe_of = probe_of
        self.provider_of = provider_of
        self.channel_of = channel_of
        self.base = base

    def config(self, themes: Collection[str], key_problems: KeyProblems) -> Config:
        fields = self.decoder.fields(Config, self.table, (), without=(*NOT_KEYS, *NAMED), also=NAMED)
        if not isinstance(fields, dict):  # pragma: no cover  # tomllib gives a table
            return Config()
        self._check_simple(fields, themes, key_problems)
        people = self.group("people")
        runbooks = self.each("runbooks", lambda name, raw: read_runbook(self.decoder, name, raw))
        check_keys(self.decoder, runbooks)
        check_waits(self.decoder, runbooks, self.group("traps"))
        for name in (name for name, book in runbooks.items() if book.approve is not None and not fields.get("approvals")):
            what = "approve wants a directory in which the other can be asked, and there is none"
            self.faults.add(("runbooks", name, "approve"), what, 'write approvals = "/run/cockpit" before the first [table]')
        repositories = self.each("repositories", lambda name, raw: read_repository(self.decoder, name, raw, self.base))
        repositories = with_beside(repositories, self.base)
        books = self._runbook_names(repositories)
        holidays = self.each("holidays", lambda name, raw: read_holidays(self.decoder, name, raw))
        days: dict[str, Holidays | None] = dict.fromkeys(self.group("sources"))
        days |= {name: holidays.get(name, Holidays()) for name in self.group("holidays")}  # one fault for one that is wrong
        named = {
            "holidays": holidays,
            "people": self.each("people", lambda name, raw: read_person(self.decoder, name, raw, days)),
            "rosters": self.each("rosters", lambda name, raw: read_roster(self.decoder, name, raw, people, days)),
            "sources": with_watchdogs(self.each("sources", self.source)),
            "traps": self.each("traps", lambda name, raw: read_trap(self.decoder, name, raw, self.probe_of, books)),
            "runbooks": runbooks,
            "repositories": repositories,
        }
        if self.group("channels") or self.group("escalations"):
            named |= self._paging(named)
        if self.group("incidents"):
            named["incidents"] = self._incidents(named)
        built = self.decoder.built(Config, {**fields, **named}, ())
        return built if isinstance(built, Config) else Config()

    def _paging(self, named: Mapping[str, Any]) -> dict[str, Mapping[str, object]]:
        """Channels and escalations, which name sources, people and rosters."""
        from .channels import read_channel, read_policy, sources_beside  # deferred: most start without

        channels = self.each(
            "channels", lambda name, raw: read_channel(self.decoder, name, raw, self.channel_of, self.group("sources"))
        )
        known = {"people": named["people"], "rosters": named["rosters"], "channels": channels}
        beside = sources_beside(named["sources"], self.provider_of)
        return {
            "channels": channels,
            "escalations": self.each(
                "escalations", lambda name, raw: read_policy(self.decoder, name, raw, **known, elsewhere=beside)
            ),
        }

    def _incidents(self, named: Mapping[str, Any]) -> Mapping[str, object]:
        """The rules that open incidents, which name people and rosters."""
        from .channels import sources_beside  # deferred, as above
        from .incidents import read_rule

        known = {"people": named["people"], "rosters": named["rosters"]}
        beside = sources_beside(named["sources"], self.provider_of)
        return self.each("incidents", lambda name, raw: read_rule(self.decoder, name, raw, **known, elsewhere=beside))

    def _check_simple(self, fields: dict[str, object], themes: Collection[str], key_problems: KeyProblems) -> None:
        theme, zones = fields.get("theme"), fields.get("zones")
        if isinstance(theme, str) and theme not in themes:
            self.faults.add(("theme",), f"there is no theme {theme!r}", suggestion(theme, themes))
        self._check_by(("group_by",), fields.get("group_by"))
        if isinstance(storm := fields.get("storm"), StormRule) and storm.by:
            self._check_by(("storm", "by"), storm.by)
        if isinstance(watch := fields.get("watch"), WatchRule) and watch.beat:
            self._check_beat(watch.beat)
        for index, zone in enumerate(zones if isinstance(zones, tuple) else ()):
            check_zone(self.decoder, zone, ("zones", index))
        written = {key: value for key, value in self.group("keys").items() if isinstance(value, str)}
        for key, what in key_problems(written):
            here = key != "theme" or written[key] in themes  # which is a name in [keys], too
            self.faults.add(("keys", key), what, misplaced(key) if here else "")
        for source in self.group("addresses"):
            if source not in self.group("sources"):
                hint = suggestion(source, self.group("sources"))
                self.faults.add(("addresses", source), f"there is no source {clean(source)!r}", hint)
        if isinstance(title := fields.get("title"), str):
            fields["title"] = clean(title)

    def _check_beat(self, beat: str) -> None:
        """Whether the watch can beat there."""
        from ..core.addresses import place_problem  # deferred, as below
        from .secrets import malformed

        if beat.startswith(PLAIN):
            if problem := place_problem(beat):
                self.faults.add(("watch", "beat"), f"beat: {problem}")
        elif malformed(beat):  # it is not repeated: a token may stand in it
            hint = 'write "https://host/path", or a reference: "keyring:NAME", "env:NAME", "file:PATH", "command:PROGRAM ARGUMENTS"'
            self.faults.add(("watch", "beat"), "beat is neither an address nor a reference to a secret that holds one", hint)

    def _check_by(self, path: tuple[str, ...], names: object) -> None:
        """Whether alerts can be grouped by these."""
        if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
            return
        from ..core.groups import parse_by  # deferred: few configs say it

        try:
            parse_by(",".join(names))
        except ValueError as error:
            self.faults.add(path, str(error))

    def _runbook_names(self, repositories: Mapping[str, Repository]) -> Collection[str]:
        """What a trap may name. The directories are only gone through where one names what the config itself does not have."""
        own, traps = self.group("runbooks"), self.group("traps")
        named = [trap.get("runbooks") for trap in traps.values() if isinstance(trap, Mapping)]
        if all(name in own for names in named if isinstance(names, list) for name in names if isinstance(name, str)):
            return own
        return {*own, *names_in(repositories.values())}

    def group(self, key: str) -> Mapping[str, object]:
        """The named entries of one kind, as written."""
        found = self.table.get(key, {})
        return found if isinstance(found, Mapping) else {}

    def each(self, key: str, read: Callable[[str, object], T | None]) -> dict[str, T]:
        """Every named entry of one kind that could be read."""
        found = self.table.get(key, {})
        if not isinstance(found, Mapping):
            self.faults.add((key,), f"{key} must be tables with names: [{key}.NAME]")
            return {}
        out: dict[str, T] = {}
        for name, raw in found.items():
            if not _NAME.fullmatch(name):
                hint = "begin with a letter or digit, then letters, digits, _ . and -, at most 64 in all"
                self.faults.add((key, name), f"{name!r} cannot be a name", hint)
                continue
            entry = read(name, raw)
            if entry is not None:
                out[name] = entry
        return out

    def source(self, name: str, raw: object) -> SourceConfig | None:
        """One ``[sources.NAME]``: the cockpit's own keys, and the provider's beside them."""
        path: KeyPath = ("sources", name)
        own = {"provider", "every", "timeout", "runbooks"}
        if not isinstance(raw, Mapping):
            self.decoder.fields(SourceConfig, raw, path)
            return None
        shared = {key: value for key, value in raw.items() if key in own - {"runbooks"}}
        settings = {key: value for key, value in raw.items() if key not in own}
        installed = plugins.names(plugins.PROVIDERS)
        if "provider" not in raw:
            hint = f"installed are {', '.join(installed)}"
            self.faults.add((*path, "provider"), "provider is missing: it says what to speak to", hint)
            return None
        fields = self.decoder.fields(SourceConfig, shared, path, without=("name", "settings", "runbooks"))
        if not isinstance(fields, dict):
            return None
        for key, least in (("every", SHORTEST), ("timeout", 0.1)):
            if isinstance(value := fields.get(key), float) and value < least:
                self.faults.add((*path, key), f"{key} must be at least {least:g}s")
        if isinstance(provider := fields.get("provider"), str):
            self._check_settings(provider, settings, path, own)
        rules = self._rules(raw["runbooks"], fields.get("provider"), path) if "runbooks" in raw else ()
        if rules is None:
            return None
        built = self.decoder.built(SourceConfig, {**fields, "name": name, "settings": settings, "runbooks": rules}, path)
        return built if isinstance(built, SourceConfig) else None

    def _rules(self, raw: object, provider: object, path: KeyPath) -> tuple[Rule, ...] | None:
        """What is said of the jobs that a source offers."""
        from .offers import read_rules  # deferred: most start without

        with suppress(plugins.PluginError):  # which has been said
            if isinstance(provider, str) and not hasattr(self.provider_of(provider), "run_job"):
                self.faults.add((*path, "runbooks"), f"{provider} offers no runbooks")
                return None
        return read_rules(self.decoder, raw, (*path, "runbooks"))

    def _check_settings(self, provider: str, settings: Mapping[str, object], path: KeyPath, own: Collection[str]) -> None:
        try:
            kind = self.provider_of(provider)
        except plugins.PluginError as error:
            installed = plugins.names(plugins.PROVIDERS)
            hint = suggestion(provider, installed, listed=False) if provider not in installed else ""
            self.faults.add((*path, "provider"), str(error), hint)
            return
        config: type[msgspec.Struct] = kind.Config  # type: ignore[attr-defined]  # the Provider protocol: every provider has one
        decoded = self.decoder.fields(config, settings, path, also=own)
        if isinstance(decoded, dict):
            self.decoder.built(config, decoded, path)


def with_watchdogs(sources: Mapping[str, SourceConfig]) -> dict[str, SourceConfig]:
    """The sources, where each Prometheus knows which alerts the Alertmanagers of this config have as their ``watchdog``: its rules
    for them must always fire."""
    dogs = [each.settings.get("watchdog") for each in sources.values() if each.provider == "alertmanager"]
    named = [text for text in dogs if isinstance(text, str) and text]
    if not named:
        return dict(sources)

    def knowing(source: SourceConfig) -> SourceConfig:
        own = source.settings.get("watchdogs", ())
        if source.provider != "prometheus" or not isinstance(own, list | tuple):
            return source
        return msgspec.structs.replace(source, settings={**source.settings, "watchdogs": [*dict.fromkeys((*own, *named))]})

    return {name: knowing(each) for name, each in sources.items()}
