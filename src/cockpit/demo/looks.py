"""A probe that looks at the story instead of this machine, and a channel that wakes nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from ..core.paging import Page
from ..core.traps import Reading, Trap
from ..provider import Host, ProbeError, Recipient
from .scene import Scene

_NAMES = ("path", "url", "name", "host")


class LookConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a trap of the demo's house says of where it looks."""

    path: str = ""
    url: str = ""
    name: str = ""
    host: str = ""


class ChannelSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """There is nothing to set."""


def subject_of(trap: Trap) -> str:
    """What of the story a trap looks at: its path, address or name, else the kind of its probe."""
    return _subject(trap.params, trap.probe)


def _subject(params: Mapping[str, object], kind: str) -> str:
    return next((str(params[name]) for name in _NAMES if params.get(name)), kind)


def probe_of(scene: Scene, kind: str) -> type:
    """The class of a probe of that kind, which looks at the story."""

    class Look:
        Config: ClassVar[type[msgspec.Struct]] = LookConfig
        readings: ClassVar[Mapping[str, str]] = {"*": "as the story has it"}

        def __init__(self, config: LookConfig, _host: Host) -> None:
            self.subject = _subject(msgspec.structs.asdict(config), kind)

        def look(self) -> Reading:
            seen = scene.reading(self.subject)
            if isinstance(seen, str):
                raise ProbeError(seen)
            return seen

    return Look


def channel_of(_kind: str) -> type:
    """The class of a channel, of whatever kind: it says that it pretends, and sends nothing."""

    class Silent:
        Config: ClassVar[type[msgspec.Struct]] = ChannelSettings
        contact: ClassVar[str] = "ntfy"
        lasting: ClassVar[bool] = False

        def __init__(self, _config: ChannelSettings, _host: Host) -> None: ...

        async def page(self, _page: Page, _to: Recipient) -> str:
            return "pretended"

    return Silent
