"""This machine among the sources: it is there whether the config names it or not."""

from __future__ import annotations

from ..config.model import Config, SourceConfig
from ..core.alerts import LOCAL
from ..core.units import Seconds

_EVERY = Seconds(5.0)


def configured(config: Config) -> dict[str, SourceConfig]:
    """The sources by name, this machine first."""
    named = dict(config.sources)
    if any(each.provider == LOCAL for each in named.values()):
        return named
    return {LOCAL: SourceConfig(name=LOCAL, provider=LOCAL, every=_EVERY)} | named
