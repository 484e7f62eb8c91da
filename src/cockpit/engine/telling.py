"""Telling a source to do something, and what came of it; something that is for very many alerts is told in parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec

from ..core.actions import Ack, RunState, Unack
from ..core.alerts import Ref
from ..provider import Conflict, Malformed, NotFound, Partly, ProviderError, Unreachable
from . import verbs
from .failures import bug, said
from .journal import JournalError
from .lane import Overran
from .source import Source

AT_ONCE = 300
"""Alerts that a source is told about in one call, at most: they are done within its deadline, and it can be said how far it is."""


class Outcome(NamedTuple):
    """What came of telling: the run's state, the reason for the person, what the provider gave. ``error`` is what it raised."""

    state: RunState
    reason: str = ""
    result: object = None
    error: Exception | None = None


async def tell(source: Source, call: Callable[[Any], Any]) -> Outcome:
    """Tell it once. Whatever a provider raises becomes an outcome."""
    try:
        result = await source.send(call)
    except Overran as error:
        if not error.begun:
            return Outcome(RunState.FAILED, f"{source.name} was not reached, nothing was sent: {said(error)}", error=error)
        return Outcome(RunState.UNCERTAIN, f"it was sent to {source.name}, and {said(error)}", error=error)
    except (Unreachable, Malformed) as error:
        return Outcome(RunState.UNCERTAIN, f"nobody knows whether {source.name} did it: {said(error)}", error=error)
    except Partly as error:
        return Outcome(RunState.ACCEPTED, f"it was done, but {said(error)}", error=error)
    except (ProviderError, JournalError) as error:
        return Outcome(RunState.FAILED, said(error), error=error)
    except Exception as error:  # noqa: BLE001  # a third party's code: it may have sent something before it broke
        return Outcome(RunState.UNCERTAIN, bug(source.provider_name, error), error=error)
    return Outcome(RunState.ACCEPTED, "", result)


Many: TypeAlias = Ack | Unack
Still: TypeAlias = Callable[[Sequence[Ref]], Awaitable[tuple[Ref, ...]]]
"""Asks which of these alerts still fire."""


async def tell_many(source: Source, action: Many, who: str, still: Still, told: Callable[[int], None]) -> Outcome:
    """Tell it of many alerts, part by part; ``told`` is called with how many have been done so far. Alerts that have resolved since
    are left out: a source that knows one of them no more does none (`provider.Acks`), and is told of the others then. That somebody
    else has one stops nothing."""
    many, done, left, remarks, missing = len(action.refs), 0, 0, list[str](), list[str]()
    for start in range(0, many, AT_ONCE):
        refs = action.refs[start : start + AT_ONCE]
        outcome = await tell(source, verbs.call(msgspec.structs.replace(action, refs=refs), who))
        if isinstance(outcome.error, NotFound):
            there = await still(refs)
            if there and len(there) < len(refs):
                outcome = await tell(source, verbs.call(msgspec.structs.replace(action, refs=there), who))
            elif not there:
                outcome = Outcome(RunState.ACCEPTED)
            left, refs = left + len(refs) - len(there), there
        if isinstance(outcome.error, Conflict):
            remarks.append(outcome.reason)
        elif outcome.state is not RunState.ACCEPTED:
            return outcome._replace(reason=_so_far(done, many, outcome.reason))
        elif isinstance(outcome.error, Partly):
            missing.append(outcome.reason)
        done += len(refs)
        told(done + left)
    if left == many:
        return Outcome(RunState.FAILED, "all of them have resolved meanwhile: nothing was sent")
    if remarks:
        return Outcome(RunState.FAILED, "; ".join(remarks) + " (the others are done)" * (many > 1))
    words = [*([f"{left} have resolved meanwhile"] if left else []), *dict.fromkeys(missing)]
    return Outcome(RunState.ACCEPTED, "; ".join(words))


def _so_far(done: int, many: int, reason: str) -> str:
    return f"{done:,} of {many:,} done, then: {reason}" if done else reason
