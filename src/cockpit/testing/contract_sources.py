"""What the tests of the contract ask, and how."""

from __future__ import annotations

import asyncio
import inspect
import unittest
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from ..provider import Answer, ProviderError, capabilities
from .clock import START
from .must import must

T = TypeVar("T")

ASKED: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "Alerts": lambda provider: provider.alerts(),
    "Silences": lambda provider: provider.silences(),
    "Traps": lambda provider: provider.traps(),
    "Rosters": lambda provider: provider.on_call(START),
    "Shifts": lambda provider: provider.shifts(START, START + timedelta(days=14)),
    "Overrides": lambda provider: provider.overrides(),
    "Days": lambda provider: provider.days(),
    "Maintains": lambda provider: provider.maintenances(),
    "Runbooks": lambda provider: provider.jobs(),
}
"""How each of the capabilities that give facts is asked for them."""


class Sources:
    """The sources that whoever inherits the contract gives: see `contract.ProviderContract`. Each test asks one of them, within
    ``seconds``."""

    name = "contract"
    secrets: Sequence[str] = ()
    seconds = 10.0
    now = START
    no_such_run = "0"

    def provider(self) -> object:
        """One whose source answers well, with at least one record of each kind that it has, and one alert firing if it can ack."""
        raise NotImplementedError("override provider(): it gives a fresh provider named self.name")

    def hostile(self) -> object:
        """One whose source has `HOSTILE` in every text that it sends."""
        raise unittest.SkipTest("hostile() is not overridden")

    def malformed(self) -> tuple[object, int]:
        """One whose source sends some records that cannot be read among good ones, and how many alerts it sends in all; how many
        shifts of the two weeks from `now`, where it has no alerts, and how many jobs, where it has neither."""
        raise unittest.SkipTest("malformed() is not overridden")

    def failing(self) -> Mapping[str, tuple[object, type[ProviderError]]]:
        """For each way in which the source can say no: a provider that meets it, and the error it must become."""
        raise unittest.SkipTest("failing() is not overridden")

    def stalled(self) -> object:
        """One whose source never answers."""
        raise unittest.SkipTest("stalled() is not overridden")

    def _if_it_can(self, capability: str, work: Callable[[Any], Awaitable[None]]) -> None:
        provider = self.provider()
        if capability not in capabilities(provider):
            raise unittest.SkipTest(f"it has no {capability}")
        self._run(provider, work)

    def _answers(self, provider: object) -> dict[str, Answer[Any]]:
        return self._run(provider, asked_all)

    def _run(self, provider: object, work: Callable[[Any], Awaitable[T]]) -> T:
        async def bounded() -> T:
            try:
                return await asyncio.wait_for(work(provider), self.seconds)
            finally:
                close = getattr(provider, "close", None)
                closing = close() if callable(close) else None
                if inspect.isawaitable(closing):
                    await closing

        return asyncio.run(bounded())


async def asked_all(provider: Any) -> dict[str, Answer[Any]]:
    """What a provider gives for each of the facts that it has."""
    can = capabilities(provider)
    answers = {kind: await ask(provider) for kind, ask in ASKED.items() if kind in can}
    for kind, answer in answers.items():
        must(isinstance(answer, Answer), f"{kind} gave {type(answer).__name__}, not a cockpit.provider.Answer")
        must(isinstance(answer.records, tuple), f"{kind}: the records are a {type(answer.records).__name__}, not a tuple")
    return answers


async def errors_of(provider: Any) -> dict[str, BaseException]:
    """What each of the facts that a provider has raised when it was asked for; what came without an error is left out."""
    can = capabilities(provider)
    tried = {kind: await error_of(partial(ask, provider)) for kind, ask in ASKED.items() if kind in can}
    return {kind: error for kind, error in tried.items() if error is not None}


async def error_of(call: Callable[[], Awaitable[object]]) -> BaseException | None:
    """What the call raised, if anything."""
    try:
        await call()
    except Exception as error:  # noqa: BLE001  # what it is, is what is being tested
        return error
    return None
