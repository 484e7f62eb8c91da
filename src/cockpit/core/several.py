"""One runbook for several targets: each with what exactly would be done to it, and in which order they are done."""

from __future__ import annotations

import msgspec

from .alerts import Ref


class Many(msgspec.Struct, frozen=True):
    """How a runbook is done to several targets: so many at once, the first alone (``canary``), whether a person is asked before the
    others are begun (``asks``), and whether one that fails is the last to be begun."""

    parallel: int = 1
    canary: bool = False
    stop: bool = True
    asks: bool = False


class Aim(msgspec.Struct, frozen=True):
    """One of several targets: its alert, its ``name`` for people, and the exact words of every step as the person saw them."""

    alert: Ref
    name: str
    preview: tuple[tuple[str, ...], ...] = ()


def said(rule: Many, targets: int) -> str:
    """In which order so many targets are done, in one line."""
    first = ""
    if rule.canary and targets > 1:
        then = "you are asked before the others" if rule.asks else "the others only if it succeeds"
        first = f"the first alone, {then}; "
    at_once = "one after the other" if min(rule.parallel, targets) == 1 else f"{min(rule.parallel, targets)} at a time"
    return f"{first}{at_once}; {'stops at the first that fails' if rule.stop else 'goes on whatever fails'}"


def counted(targets: int) -> str:
    """``1 target``, ``3 targets``: also what is typed to confirm what is dangerous."""
    return f"{targets} target{'s' * (targets != 1)}"


def named(aims: tuple[Aim, ...]) -> str:
    """On what, for people: ``5 targets: web-1, web-2, web-3 …``."""
    return f"{counted(len(aims))}: {', '.join(aim.name for aim in aims[:3])}{' …' * (len(aims) > 3)}"
