"""What steps may reach beyond this machine's programs: HTTP, secrets, the cockpit's own verbs, and what it sees."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from ...core.actions import Action, Run
from ...core.traps import Failed, Looked, Trap
from ...core.view import View
from ...provider import Http, HttpSettings, ProviderError, Secret

Connect: TypeAlias = Callable[[str, HttpSettings], Http]


def _no_http(url: str, settings: HttpSettings) -> Http:  # noqa: ARG001  # nobody gave any
    raise ProviderError(f"this cockpit was put together without HTTP: {url} cannot be asked")


def _no_secret(reference: str) -> Secret:
    raise ProviderError(f"this cockpit was put together without secrets: {reference} cannot be had")


async def _no_verb(action: Action) -> tuple[Run, ...]:
    raise ProviderError(f"this cockpit was put together without sources: {type(action).__name__} cannot be done")


async def _no_look(trap: Trap) -> Looked | Failed:
    raise ProviderError(f"this cockpit was put together without probes: {trap.probe} cannot look")


def _no_view() -> View:
    raise ProviderError("this cockpit was put together without sources: nothing is seen")


class World(msgspec.Struct, frozen=True):
    """``http`` makes HTTP to an origin; ``secret`` resolves a reference, and may block; ``do`` has an action done as if a person
    had asked for it, and waits for what becomes of it: it raises `engine.desk.Refused` with the reason of ``why_not``. ``view`` is
    what the cockpit sees now, ``look`` has a probe look once, ``refresh`` has the traps looked at and the sources asked,
    ``progress`` shows how far a run is, and ``sleep`` waits so many seconds by the cockpit's clock."""

    http: Connect = _no_http
    secret: Callable[[str], Secret] = _no_secret
    do: Callable[[Action], Awaitable[tuple[Run, ...]]] = _no_verb
    view: Callable[[], View] = _no_view
    look: Callable[[Trap], Awaitable[Looked | Failed]] = _no_look
    refresh: Callable[[], None] = lambda: None
    progress: Callable[[str, str], None] = lambda _run_id, _text: None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


NOWHERE = World()
"""Nothing beyond this machine's programs."""
