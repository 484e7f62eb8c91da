"""Channels that could tell nobody from this machine, as far as that can be seen without telling anybody."""

from __future__ import annotations

from collections.abc import Iterator

from .. import plugins
from ..config.decode import decode_settings
from ..config.model import Config, ConfigError
from ..config.secrets import unresolved
from ..core.text import clean


def unready(config: Config) -> Iterator[tuple[str, str]]:
    """The name of each such channel, and what is wrong. Loads the channels' code; sends nothing."""
    for name, channel in config.channels.items():
        try:
            kind = plugins.load(plugins.CHANNELS, channel.kind)
            look = getattr(kind, "unready", None)
            if not callable(look):
                continue
            settings = decode_settings(kind.Config, channel.settings, unresolved, f"channels.{name}")  # type: ignore[attr-defined]  # Channel
            problem = look(settings)
        except (plugins.PluginError, ConfigError):
            continue  # a channel that is a source has no class; what is wrong with the others, the config has said
        if problem:
            yield name, clean(str(problem), 300)
