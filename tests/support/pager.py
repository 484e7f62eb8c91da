"""A channel that a test holds in its hand, and configs that page by it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import ClassVar

import msgspec

from cockpit.config.model import ChannelConfig
from cockpit.core.paging import Page
from cockpit.core.policies import Aim, EscalationStep, Policy, Target
from cockpit.core.roster import Contact, Person
from cockpit.core.units import Seconds
from cockpit.plugins import PluginError
from cockpit.provider import Host, ProviderError, Recipient, Unreachable


class PagerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It has no keys."""


class Pager:
    """Everybody who was told by it, in ``told``; while `refuse` is a word, it says no with it; while
    `lost` is one, it takes the page and nobody hears of it. ``held`` keeps a page on its way."""

    def __init__(self) -> None:
        self.told: list[tuple[Page, Recipient]] = []
        self.refuse = self.lost = ""
        self.held: threading.Event | None = None
        self.reached = threading.Event()

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """(whom, what) of each page."""
        return [(to.person, page.kind.value) for page, to in self.told]

    def load(self, kind: str) -> type:
        """As the channel ``pager``."""
        if kind != "pager":
            raise PluginError(f"no channel is called {kind!r}")
        pager = self

        class Channel:
            Config: ClassVar[type[msgspec.Struct]] = PagerConfig
            contact: ClassVar[str] = "phone"
            lasting: ClassVar[bool] = False

            def __init__(self, config: PagerConfig, host: Host) -> None: ...

            async def page(self, page: Page, to: Recipient) -> str:
                pager.reached.set()
                if pager.held is not None:
                    pager.held.wait(20)
                if pager.refuse:
                    raise ProviderError(pager.refuse)
                pager.told.append((page, to))
                if pager.lost:
                    raise Unreachable(pager.lost)
                return "beep"

        return Channel


def people(*names: str) -> dict[str, Person]:
    """People with a phone."""
    return {name: Person(id=name, name=name.title(), contacts=(Contact(via="phone", to=f"+{name}"),)) for name in names}


def channel(name: str = "pager", *, ends: bool = False) -> dict[str, ChannelConfig]:
    """`Pager`, as configured."""
    return {name: ChannelConfig(name=name, kind="pager", contact="phone", ends=ends)}


def policy(*steps: tuple[str, float], match: str = "", name: str = "night") -> dict[str, Policy]:
    """A policy with a step for each (person, seconds after)."""
    made = tuple(EscalationStep(notify=(Target(Aim.PERSON, who),), after=Seconds(after)) for who, after in steps)
    return {name: Policy(name=name, steps=made, match=match)}


Until = Callable[[Callable[[], object]], None]
