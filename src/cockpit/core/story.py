"""What happened to an alert, as its source tells it to whoever looks closer."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Entry(msgspec.Struct, frozen=True):
    """Something that happened to an alert, as its source tells it: when (UTC), and what. ``kind`` is ``fired``, ``acknowledged``,
    ``resolved``, ``note``, ``told`` (somebody was notified), ``moved`` (assigned, escalated, snoozed) or "" for anything else."""

    at: datetime
    text: str
    kind: str = ""


class Past(msgspec.Struct, frozen=True):
    """Trouble of the same kind, before: when it began (UTC), what it was called, and where it can be read."""

    at: datetime
    title: str
    url: str = ""


class Story(msgspec.Struct, frozen=True):
    """All that a source knows of one alert and tells only when it is asked: ``facts`` are what raised it said of itself, ``past``
    is what was like it before; ``entries`` stand in the order of time. ``remarks`` say what could not be had, for people."""

    facts: dict[str, str] = {}
    entries: tuple[Entry, ...] = ()
    past: tuple[Past, ...] = ()
    remarks: tuple[str, ...] = ()
