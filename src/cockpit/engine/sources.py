"""All sources of a configuration: made from it, polled, closed, and changed when the configuration is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from functools import partial

from ..config.decode import decode_settings
from ..config.model import Config, SourceConfig
from ..config.secrets import resolve
from ..core.alerts import LOCAL
from ..core.days import Day
from ..core.roster import OnCall, believed
from ..core.schedule import Laid
from ..core.sources import Snapshot, SourceHealth
from ..provider import Clock, Host, capabilities
from .crew import Crew
from .laying import days_of, laid_out, missing
from .local import configured
from .source import Source

FIND = 2.0
"""Seconds between looks for a watch."""
_ROSTERS = frozenset({"Rosters", "Shifts", "Days"})
"""What has something to say about who is on call."""


class Sources:
    """``load_provider`` gives a provider's class; ``on_told`` gets what each answers. While they are polled and ``may_write()``,
    providers keep up what people began, and ``on_kept`` gets (source, what was done). ``on_days`` gets (source, the days it knows)
    when rosters are asked for, and ``None`` of one that goes away. ``watch`` gives the socket of the watch that is looked through.
    Belongs to the engine's loop, except `can` and `health`, which any thread may ask."""

    def __init__(
        self,
        config: Config,
        load_provider: Callable[[str], type],
        host: Host,
        clock: Clock,
        *,
        stamp: Callable[[], float],
        on_told: Callable[[Snapshot | None], None],
        may_write: Callable[[], bool] = lambda: False,
        on_kept: Callable[[str, Sequence[str]], None] = lambda _, __: None,
        on_days: Callable[[str, Sequence[Day] | None], object] = lambda _, __: None,
        watch: Callable[[], str] = lambda: "",
    ) -> None:
        self._load, self._host, self._clock = load_provider, host, clock
        self._stamp, self._on_told = stamp, on_told
        self._may_write, self._on_kept, self._on_days = may_write, on_kept, on_days
        self._watch = watch
        self._sources: dict[str, Source] = {}
        self._configs: dict[str, SourceConfig] = {}
        self._polling: dict[str, asyncio.Task[None]] = {}
        self._crew: Crew | None = None
        for each in configured(config).values():
            self._add(each)

    def get(self, name: str) -> Source | None:
        """One source by its name."""
        return self._sources.get(name)

    @property
    def local(self) -> tuple[str, ...]:
        """The names of the sources that are this machine."""
        return tuple(name for name, each in self._configs.items() if each.provider == LOCAL)

    @property
    def can(self) -> frozenset[tuple[str, str]]:
        """(source, capability) for all that is known to be possible; nothing of a source that has never been asked."""
        return frozenset((source.name, capability) for source in tuple(self._sources.values()) for capability in source.can)

    def all(self) -> tuple[Source, ...]:
        """All of them, in the order of the configuration."""
        return tuple(self._sources.values())

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be said of looking through a watch."""
        return tuple(dict.fromkeys(word for source in self.all() for word in source.through))

    def health(self) -> tuple[SourceHealth, ...]:
        """How well each sees now."""
        return tuple(source.health() for source in tuple(self._sources.values()))

    def begin(self, crew: Crew) -> None:
        """Poll all of them from now on."""
        self._crew = crew
        for name, source in self._sources.items():
            self._polling[name] = crew.keep(f"polling {name}", source.run)
        crew.keep("looking for a watch", self._look_for_watch)

    async def _look_for_watch(self) -> None:
        while True:
            await self._clock.sleep(FIND)
            for source in self.all() if self._watch() else ():
                await source.look_for_watch()

    async def poll(self, names: Iterable[str] | None = None, *, fresh: bool = False) -> None:
        """Ask these once, all at the same time; ``None`` is all of them. ``fresh`` as for `Source.poll`."""
        wanted = tuple(self._sources) if names is None else tuple(names)
        await asyncio.gather(*(source.poll(fresh=fresh) for name in wanted if (source := self._sources.get(name)) is not None))

    async def on_call(self, at: datetime) -> tuple[tuple[OnCall, ...], tuple[str, ...]]:
        """Who is on call everywhere at ``at`` (UTC), by level; and a sentence for each source that could not say, or not all."""
        found: list[OnCall] = []
        silent: list[str] = []

        async def ask(source: Source) -> None:
            try:
                silent.extend(await self._ask_days(source))
                answer = await source.on_call(at)
            except Exception as error:  # noqa: BLE001  # whatever a provider raises is said, and the others are asked
                silent.extend(self._missed(source, error))
            else:
                found.extend(answer.records if answer is not None else ())
                silent.extend(missing(source.name, answer) if answer is not None else ())

        await self._local_last(ask)
        every = sorted(believed(found), key=lambda each: (each.level, each.source, each.roster))
        return tuple(every), tuple(sorted(silent))

    async def lay_out(self, since: datetime, until: datetime) -> Laid:
        """All rosters between two moments (UTC), as far as each source can tell."""
        found: list[Laid] = []
        silent: list[str] = []

        async def ask(source: Source) -> None:
            try:
                silent.extend(await self._ask_days(source))
                found.append(
                    await source.ask(lambda provider, can: laid_out(provider, can, source.name, since, until, self._clock.now()))
                )
            except Exception as error:  # noqa: BLE001  # whatever a provider raises is said, and the others are asked
                silent.extend(self._missed(source, error))

        await self._local_last(ask)
        return Laid(
            rosters=tuple(sorted(name for each in found for name in each.rosters)),
            gappy=tuple(name for each in found for name in each.gappy),
            shifts=tuple(shift for each in found for shift in each.shifts),
            overrides=tuple(one for each in found for one in each.overrides),
            silent=tuple(sorted((*silent, *(word for each in found for word in each.silent)))),
        )

    def _missed(self, source: Source, error: BaseException) -> tuple[str, ...]:
        """What is said of a source that could not be asked who is on call; nothing where its kind has no rosters at all."""
        try:
            able = source.can or capabilities(self._load(source.provider_name))  # what it can is known once it has been made
        except Exception:  # noqa: BLE001  # it cannot be loaded: that is the error which is told
            able = _ROSTERS
        return (f"{source.name}: {source.why(error)}",) if able & _ROSTERS else ()

    async def _local_last(self, ask: Callable[[Source], Awaitable[None]]) -> None:
        """Ask all of them at the same time, but this machine when the others have told their days: its rosters need them."""
        local = self.local
        await asyncio.gather(*(ask(source) for name, source in self._sources.items() if name not in local))
        await asyncio.gather(*(ask(self._sources[name]) for name in local if name in self._sources))

    async def _ask_days(self, source: Source) -> tuple[str, ...]:
        """Take over the days that it knows; gives what is missing among them, for people."""
        if source.provider_name == LOCAL:
            return ()
        days = await source.ask(lambda provider, can: days_of(provider, can, source.name))
        if days is None:
            return ()
        self._on_days(source.name, days.records)
        return missing(source.name, days)

    def nudge(self, names: Iterable[str] | None = None) -> None:
        """Have these asked now; ``None`` is all of them."""
        for name in tuple(self._sources) if names is None else tuple(names):
            if (source := self._sources.get(name)) is not None:
                source.nudge()

    async def adopt(self, config: Config) -> tuple[str, ...]:
        """Close what is not configured any more or configured otherwise, begin what is new. Gives the names of what went away."""
        wanted = configured(config)
        gone = [name for name, each in self._configs.items() if wanted.get(name) != each]
        for name in gone:
            if (task := self._polling.pop(name, None)) is not None:
                task.cancel()
            del self._configs[name]
            self._on_days(name, None)
            await self._sources.pop(name).close()
        for name, each in wanted.items():
            if name not in self._configs:
                self._add(each)
                if self._crew is not None:
                    self._polling[name] = self._crew.keep(f"polling {name}", self._sources[name].run)
        return tuple(name for name in gone if name not in wanted)

    async def close(self) -> None:
        """Close them all, at the same time."""
        await asyncio.gather(*(source.close() for source in self._sources.values()))

    def _add(self, config: SourceConfig) -> None:
        self._configs[config.name] = config
        build = partial(self._build, config)
        self._sources[config.name] = Source(
            config,
            build,
            self._clock,
            stamp=self._stamp,
            on_told=self._on_told,
            may_write=self._may_write,
            on_kept=partial(self._on_kept, config.name),
            watch=(lambda: "") if config.provider == LOCAL else self._watch,
        )

    def _build(self, config: SourceConfig) -> object:
        """The provider, with its secrets fetched. In the source's own thread: keyrings and imports take their time."""
        kind = self._load(config.provider)
        settings = decode_settings(kind.Config, config.settings, resolve, f"sources.{config.name}")  # type: ignore[attr-defined]  # Provider
        return kind(config.name, settings, self._host)
