"""What is to wake somebody: the one message that every paging channel understands, whoever carries it."""

from __future__ import annotations

import enum

import msgspec

from .alerts import Link, Severity


class PageKind(enum.Enum):
    """What a page says of its key: there is trouble, someone has it, it is over."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page. Every string has been through ``core.text`` before it gets here; ``details`` may hold line breaks.

    ``key`` is the same for all that is said of one trouble, and another for the next one: far sides deduplicate by it, so that a
    page sent twice wakes once. ``person`` is the name that the config has for whom it is meant, "" leaves it to the far side's own
    routing. ``where`` is the short place (host, mount). A ``drill`` is a rehearsal, and says so wherever it is read.
    A ``test`` only tries a channel: it calls nobody to anything.
    """

    key: str
    kind: PageKind
    summary: str
    severity: Severity = Severity.UNKNOWN
    where: str = ""
    details: str = ""
    labels: dict[str, str] = {}
    links: tuple[Link, ...] = ()
    person: str = ""
    drill: bool = False
    test: bool = False
