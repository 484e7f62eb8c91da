"""Who takes whose time on call: what is asked of a source, and what stands there."""

from __future__ import annotations

from datetime import datetime

import msgspec

from .alerts import Ref


class Cover(msgspec.Struct, frozen=True):
    """``person`` is on call from ``start`` to ``end`` (UTC), whatever the layers say. ``person`` is an id of ``[people]``, or the
    source's own for somebody who is not there."""

    person: str
    start: datetime
    end: datetime


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An override that runs, or will: ``person`` (id as in `Cover`; ``name`` for people) has ``roster`` from ``start`` to ``end``
    (UTC). ``who`` made it and ``why``, where the source tells. ``undone`` is why the source cannot take it back, for the person;
    "" = it can. What was made as one (a swap) has the same ``together``.
    """

    ref: Ref
    roster: str
    person: str
    name: str
    start: datetime
    end: datetime
    who: str = ""
    why: str = ""
    undone: str = ""
    together: str = ""


def covers_problem(covers: tuple[Cover, ...], now: datetime) -> str | None:
    """Why these cannot be put on call, for the person; ``None`` if they can."""
    if not covers:
        return "say who is to be on call, and when"
    for cover in covers:
        if not cover.person:
            return "say who is to be on call"
        if cover.end <= cover.start:
            return "the end of an override must be later than its beginning"
        if cover.end <= now:
            return "an override that is over changes nothing"
    return None
