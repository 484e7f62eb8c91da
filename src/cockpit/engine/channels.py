"""The ways to tell people, as configured: made when they are first used, each in a thread of its own, bounded in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from ..config.channels import SOURCE, way_of
from ..config.decode import decode_settings
from ..config.model import ChannelConfig, ConfigError
from ..config.secrets import SecretError, resolve
from ..core.paging import Page
from ..core.reaching import Way
from ..core.text import clean
from ..plugins import PluginError
from ..provider import Channel, Clock, Host, Malformed, NotReached, Pages, ProviderError, Recipient, Unreachable
from .failures import said
from .lane import Burst, Lane, Overran
from .source import Source


def unplugged(kind: str) -> type:
    """Where nobody gave channels."""
    raise PluginError(f"this cockpit was put together without channels: {clean(kind)} cannot be used")


class NotTold(Exception):
    """A page that did not get through, or may not have (``maybe``: nobody knows); the message is the reason, for people."""

    def __init__(self, why: str, *, maybe: bool = False) -> None:
        super().__init__(why)
        self.maybe = maybe


class Channels:
    """Belongs to the engine's loop. ``load`` gives a channel's class by its kind, ``source`` one of the sources by its name."""

    def __init__(
        self,
        configs: Mapping[str, ChannelConfig],
        load: Callable[[str], type],
        host: Host,
        clock: Clock,
        source: Callable[[str], Source | None],
    ) -> None:
        self._configs = configs
        self._load, self._host, self._clock, self._source = load, host, clock, source
        self._made: dict[str, Channel] = {}
        self._lanes: dict[str, Lane] = {}

    @property
    def ways(self) -> dict[str, Way]:
        """All of them, as escalation sees them, in the order of the config."""
        return {name: way_of(each) for name, each in self._configs.items()}

    def adopt(self, configs: Mapping[str, ChannelConfig]) -> None:
        """Go on with others; those that stayed as they were are kept."""
        for name, each in self._configs.items():
            if configs.get(name) != each:
                self._let_go(name)
        self._configs = configs

    async def tell(self, name: str, page: Page, to: Recipient) -> str:
        """Send one page. Gives what the far side said. Raises `NotTold`."""
        config = self._configs.get(name)
        if config is None:
            raise NotTold(f"there is no channel {name} any more")
        try:
            if config.kind == SOURCE:
                return await self._by_source(config, page)
            return clean(str(await self._call(config, lambda: self._channel(config).page(page, to))), 200)
        except Overran as error:
            why = f"no answer within {config.timeout:g} s" if not error.blocks else said(error)
            raise _not_told(why, maybe=error.begun) from None
        except (ProviderError, PluginError, ConfigError, SecretError, ValueError) as error:
            raise _not_told(said(error), maybe=_maybe(error)) from None
        except Exception as error:  # a third party's code: whatever it raises, it may have been on its way
            kind = "" if isinstance(error, Burst) else f"{type(error).__name__}: "
            raise _not_told(f"a bug in the channel {config.kind}: {kind}{said(error)}", maybe=True) from error

    async def close(self) -> None:
        """Let go of all."""
        for name in tuple(self._lanes):
            self._let_go(name)

    async def _call(self, config: ChannelConfig, work: Callable[[], Awaitable[str]]) -> str:
        lane = self._lanes.get(config.name)
        if lane is None:
            lane = self._lanes[config.name] = Lane(f"channel {config.name}", self._clock, lambda _: None)

        async def told() -> str:
            return await work()

        return await lane.call(told, float(config.timeout))

    def _channel(self, config: ChannelConfig) -> Channel:
        """In the channel's own thread: secrets and imports take their time."""
        made = self._made.get(config.name)
        if made is None:
            kind = self._load(config.kind)
            settings = decode_settings(kind.Config, config.settings, resolve, f"channels.{config.name}")  # type: ignore[attr-defined]  # Channel
            made = self._made[config.name] = kind(settings, self._host)
        return made

    async def _by_source(self, config: ChannelConfig, page: Page) -> str:
        source = self._source(config.source)
        if source is None:
            raise NotReached(f"there is no source {config.source}")

        async def paged(provider: object) -> str:
            if not isinstance(provider, Pages):
                raise ProviderError(f"{config.source} cannot page: {source.provider_name} has no pages")
            await provider.page(page)
            return f"taken by {config.source}"

        try:
            async with asyncio.timeout(float(config.timeout)):
                return await source.send(paged)
        except TimeoutError:
            raise _not_told(f"no answer within {config.timeout:g} s", maybe=True) from None

    def _let_go(self, name: str) -> None:
        self._made.pop(name, None)
        lane = self._lanes.pop(name, None)
        if lane is not None:
            with suppress(RuntimeError):  # its thread has ended already
                lane.close()


def _not_told(why: str, *, maybe: bool) -> NotTold:
    return NotTold(f"{why}; it may have arrived all the same" if maybe else why, maybe=maybe)


def _maybe(error: Exception) -> bool:
    """Whether the page may have arrived, though this was raised."""
    return isinstance(error, (Unreachable, Malformed)) and not isinstance(error, NotReached)
