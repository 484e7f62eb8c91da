"""Running again what was run before: with the same values, and with what differs from then named."""

from __future__ import annotations

from itertools import zip_longest

import msgspec

from .actions import Start
from .plans import Plan
from .values import SECRET

Exact = tuple[tuple[str, ...], ...]


class Difference(msgspec.Struct, frozen=True):
    """What is not as it was: the number of the part (from 1) of what is executed, what it was then, and what it would be now; empty
    where there was, or would be, nothing."""

    number: int
    then: tuple[str, ...]
    now: tuple[str, ...]


def values_again(action: Start) -> dict[str, str]:
    """The values that were given by hand. Secrets were not kept: they are asked for again."""
    return {name: value for name, value in action.params.items() if name not in action.secrets and value != SECRET}


def differences(action: Start, plan: Plan) -> tuple[Difference, ...]:
    """What would be executed now and was not executed then, or the other way round. A run that was journalled without what was
    shown has nothing to compare with."""
    if not action.preview:
        return ()
    pairs = enumerate(zip_longest(action.preview, plan.exact, fillvalue=()), 1)
    return tuple(Difference(number, then, now) for number, (then, now) in pairs if then != now)
