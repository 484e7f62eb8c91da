"""Which of several alerts a runbook would be done for, exactly what to each, and which are left out, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from .alerts import Alert, Ref
from .plans import Plan
from .runbooks import Runbook, offered
from .several import Aim


class Target(msgspec.Struct, frozen=True):
    """What would be done for one alert; ``name`` tells it from the other targets."""

    name: str
    alert: Ref
    plan: Plan

    @property
    def aim(self) -> Aim:
        """The same, as part of an action."""
        return Aim(self.alert, self.name, self.plan.exact)


class Aimed(msgspec.Struct, frozen=True):
    """The targets in their order, and what is left out, each with the reason."""

    targets: tuple[Target, ...]
    out: tuple[tuple[str, str], ...] = ()

    @property
    def aims(self) -> tuple[Aim, ...]:
        """The targets, as part of an action."""
        return tuple(each.aim for each in self.targets)


def aimed(book: Runbook, alerts: Iterable[Alert], plan: Callable[[Ref], Plan], now: datetime) -> Aimed:
    """Sort out alerts; ``plan`` resolves the runbook for one. Left out is what the runbook is not for, what it cannot be run for,
    and what would do the very same once more."""
    targets: list[Target] = []
    out: list[tuple[str, str]] = []
    seen: dict[tuple[tuple[str, ...], ...], str] = {}
    for alert in alerts:
        named = f"{alert.name} · {alert.where}" if alert.where else alert.name
        if book.match.strip() and not offered((book,), alert, now):
            out.append((named, f"{book.name} is not for it"))
            continue
        made = plan(alert.ref)
        name = made.target or alert.name
        if made.refused:
            out.append((name, made.refused))
        elif made.deeds in seen:
            out.append((named, f"the very same as for {seen[made.deeds]}"))
        else:
            seen[made.deeds] = name
            targets.append(Target(name, alert.ref, made))
    many = Counter(each.name for each in targets)
    apart = (
        each if many[each.name] == 1 else msgspec.structs.replace(each, name=f"{each.name} ({each.alert})") for each in targets
    )
    return Aimed(tuple(apart), tuple(out))


def lacking(book: Runbook, alerts: Iterable[Alert], plan: Callable[[Ref], Plan], now: datetime) -> tuple[Ref, Plan] | None:
    """What a person is to be asked for, once for all targets: what every one of them lacks; as the plan for the first of them, with
    no more than that ``missing``. What only some lack is theirs to have, and leaves them out: what was said for one would go before
    what the others' alerts say."""
    plans = [(alert.ref, plan(alert.ref)) for alert in alerts if not book.match.strip() or offered((book,), alert, now)]
    names = [name for name in plans[0][1].missing if all(name in each.missing for _, each in plans)] if plans else []
    return (plans[0][0], msgspec.structs.replace(plans[0][1], missing=tuple(names))) if names else None
