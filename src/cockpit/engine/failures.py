"""What goes wrong with a source: what each error means for its health and for the next attempt, in words for the person."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from ..config.model import ConfigError
from ..config.secrets import SecretError
from ..core.sources import Health
from ..core.text import clean
from ..plugins import PluginError
from ..provider import AuthFailed, Malformed, ProviderError, RateLimited
from .lane import Burst, Overran

LONGEST_WAIT = 300.0
"""Seconds: no source may ask us to stay away longer than this (safety 14)."""


class Terms(msgspec.Struct, frozen=True):
    """On what terms a source is asked: its provider's name, its interval and its deadline (seconds), and how its secrets can be
    mended, in words."""

    provider: str
    every: float
    timeout: float
    mending: str


class Failure(msgspec.Struct, frozen=True):
    """Why the last poll brought nothing: the health it means, the words for the person, and seconds until the next attempt
    (``None``: not until somebody nudges). ``firm``: a nudge does not shorten the wait."""

    health: Health
    reason: str
    wait: float | None
    firm: bool = False


def said(error: BaseException) -> str:
    """What an error says, safe to show, on one line."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  # a third party's __str__ may raise anything; its type is still worth telling
        text = ""
    return clean(text, 400).strip() or type(error).__name__


def bug(provider: str, error: BaseException) -> str:
    """The sentence for whatever is not in the SDK's error tree."""
    if isinstance(error, Burst):
        return f"a bug in the provider {provider}: {said(error)}"
    return f"a bug in the provider {provider}: {type(error).__name__}: {said(error)}"


def meaning(error: BaseException, terms: Terms, backoff: Callable[[], float]) -> Failure:
    """What an error means for the source that raised it; ``backoff`` gives the wait (seconds) where it does not say one."""
    match error:
        case AuthFailed():
            return Failure(Health.PARKED, f"{said(error)}; {terms.mending}, then press r", None)
        case PluginError() | ConfigError() | SecretError():
            return Failure(Health.PARKED, said(error), None)
        case RateLimited(retry_after=asked):
            told = asked if isinstance(asked, (int, float)) and math.isfinite(asked) else 2 * terms.every
            return Failure(Health.LATE, why(error, terms), min(LONGEST_WAIT, max(told, terms.every)), firm=True)
        case Malformed():
            return Failure(Health.INCOMPLETE, why(error, terms), terms.every)
        case _:
            return Failure(Health.BLIND, why(error, terms), backoff())


def why(error: BaseException, terms: Terms) -> str:
    """An error in words for the person."""
    match error:
        case RateLimited():
            return f"it wants fewer questions: {said(error)}"
        case Malformed():
            return f"an answer that cannot be read: {said(error)}"
        case ProviderError():
            return said(error)
        case Overran(blocks=True):
            return f"a bug in the provider {terms.provider}: {said(error)}"
        case Overran():
            return f"no answer within {terms.timeout:g} s"
        case _:
            return bug(terms.provider, error)
