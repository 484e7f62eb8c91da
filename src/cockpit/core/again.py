"""Running again what was run before: with the same values, and with what differs from then named."""

from __future__ import annotations

from itertools import zip_longest

import msgspec

from .actions import Run, Start
from .plans import Plan
from .values import SECRET


class Difference(msgspec.Struct, frozen=True):
    """What is not as it was: the number of the part (from 1) of what is executed, what it was then, and what it would be now; empty
    where there was, or would be, nothing. ``number`` 0 is what it is done to."""

    number: int
    then: tuple[str, ...]
    now: tuple[str, ...]


def values_again(action: Start) -> dict[str, str]:
    """The values that were given by hand. Secrets were not kept: they are asked for again."""
    return {name: value for name, value in action.params.items() if name not in action.secrets and value != SECRET}


def differences(run: Run, plan: Plan) -> tuple[Difference, ...]:
    """What would be executed now and was not executed then, or the other way round; and what it is done to, where both are known
    and the same steps would be done to another. A run that was journalled without what was shown has nothing to compare with."""
    if not isinstance(run.action, Start) or not run.action.preview:
        return ()
    on = () if not plan.target or run.target == plan.target else (Difference(0, ("", run.target), ("", plan.target)),)
    pairs = enumerate(zip_longest(run.action.preview, plan.exact, fillvalue=()), 1)
    return (*on, *(Difference(number, then, now) for number, (then, now) in pairs if then != now))
