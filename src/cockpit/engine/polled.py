"""One poll of a provider: every kind of fact that it has, asked for at once, and the snapshot that comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeAlias

from ..core.sources import Snapshot
from ..provider import Answer, AuthFailed, Malformed, RateLimited, Unreachable
from .accepting import Accepting
from .failures import Terms, why
from .lane import Burst

Parts: TypeAlias = dict[str, Answer[Any] | BaseException]
"""What each kind of fact brought."""

_PARTS: dict[str, tuple[str, Callable[[Any, datetime], Awaitable[object]]]] = {
    "Alerts": ("alerts", lambda provider, _: provider.alerts()),
    "Silences": ("silences", lambda provider, _: provider.silences()),
    "Traps": ("traps", lambda provider, _: provider.traps()),
    "Rosters": ("rosters", lambda provider, at: provider.on_call(at)),
    "Overrides": ("overrides", lambda provider, _: provider.overrides()),
    "Days": ("days", lambda provider, _: provider.days()),
    "Maintains": ("maintenances", lambda provider, _: provider.maintenances()),
    "Runbooks": ("jobs", lambda provider, _: provider.jobs()),
}
"""Which capability brings which kind of fact, and how it is asked for."""


async def ask(provider: object, can: frozenset[str], accepting: Accepting, at: datetime) -> Parts:
    """Every kind of fact this provider has at ``at`` (UTC), or why that kind is missing. In the provider's own thread."""
    asked = [_PARTS[capability] for capability in _PARTS if capability in can]
    results = await asyncio.gather(*(_made(call, provider, at) for _, call in asked), return_exceptions=True)
    parts: Parts = {}
    for (kind, _), result in zip(asked, results, strict=True):
        if isinstance(result, BaseException):
            parts[kind] = result
            continue
        try:
            parts[kind] = accepting.accept(kind, result)
        except Malformed as error:
            parts[kind] = error
    return parts


def snapshot(
    parts: Parts,
    terms: Terms,
    last: Snapshot | None,
    noise: Callable[[], tuple[str, ...]],
    *,
    source: str,
    at: datetime,
    mono: float,
) -> Snapshot:
    """The answer to what was asked at ``at`` (UTC; ``mono``: by the engine's clock) as one snapshot, after ``last``; ``noise``
    gives, once, what else there is to say. A kind that failed keeps its last facts, and makes it incomplete; where nothing came,
    or the source as a whole said no, that error is raised."""
    errors = {kind: part for kind, part in parts.items() if isinstance(part, BaseException)}
    for error in errors.values():
        if isinstance(error, (AuthFailed, RateLimited, Unreachable)) or len(errors) == len(parts):
            raise error
    answers = {kind: part for kind, part in parts.items() if isinstance(part, Answer)}
    facts: dict[str, Any] = {kind: answer.records for kind, answer in answers.items()}
    facts |= {kind: getattr(last, kind) or () if last is not None else () for kind in errors}
    missing = tuple(f"{kind}: {why(error, terms)}" for kind, error in errors.items())
    return Snapshot(
        source=source,
        asked_at=at,
        asked_mono=mono,
        complete=not errors and all(answer.complete for answer in answers.values()),
        rejected=sum(answer.rejected for answer in answers.values()),
        blind="; ".join(answer.blind for answer in answers.values() if answer.blind),
        remarks=missing + tuple(remark for answer in answers.values() for remark in answer.remarks) + noise(),
        **facts,
    )


async def _made(ask: Callable[[Any, datetime], Awaitable[object]], provider: object, at: datetime) -> object:
    """The call as a coroutine of its own, so that what a plain function raises at once is that part's failure alone."""
    try:
        return await ask(provider, at)
    except (KeyboardInterrupt, SystemExit) as error:  # out of a task, these would end the loop
        raise Burst(f"it raised {type(error).__name__}") from error
