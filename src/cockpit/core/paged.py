"""What an alert shows of the pages about it."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec


class PageState(enum.Enum):
    """``BEGUN``: written down before it is sent, no answer yet. ``SENT``: its channel took it. ``FAILED``: it did not, and said
    why. ``PLANNED``: not begun, what comes next."""

    BEGUN = "begun"
    SENT = "sent"
    FAILED = "failed"
    PLANNED = "planned"


class Paged(msgspec.Struct, frozen=True, gc=False):
    """Who was (or will be) told when, by which channel, with what result. ``at`` is UTC; ``who`` is the person's name for people,
    "" where the far side chooses. ``why`` is the reason of a failure, or what the far side said. ``ending``: what was told was not
    the trouble but that somebody has it (``acknowledge``), or its end (``resolve``). ``maybe``: it failed, and may have arrived all
    the same."""

    at: datetime
    who: str
    channel: str
    state: PageState
    why: str = ""
    ending: str = ""
    maybe: bool = False
