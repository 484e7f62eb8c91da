"""What became of pages: one attempt for each person, step and channel of an escalation; and how well each channel works."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from .paged import PageState
from .paging import Page, PageKind


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One page to one person by one channel. ``key`` names it: however often it is tried, whichever process tries it, it is the
    same page. Times are UTC.

    ``alert`` and ``firing`` are what it is about (an alert of this machine, and which of its firings), ``policy`` the escalation
    policy ("" where a person sent it by hand), ``round`` and ``step`` its place in there (both from 0). ``tries`` counts how often
    it was begun. ``person`` is the id in the config, ``channel`` the channel's name; both are "" where a step found nobody, and
    ``why`` says so. ``why`` is the reason of the last failure, or what the far side said. ``lodged``: the far side took it in one
    of its tries, or may have, whatever became of the last one. ``page`` is exactly what is sent: whoever sends it again, or
    tells of its end, says the same.
    """

    key: str
    alert: str
    firing: int
    policy: str
    begun_at: datetime
    round: int = 0
    step: int = 0
    kind: PageKind = PageKind.TRIGGER
    person: str = ""
    channel: str = ""
    tries: int = 1
    state: PageState = PageState.BEGUN
    settled_at: datetime | None = None
    why: str = ""
    lodged: bool = False
    page: Page | None = None


class ChannelHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How the last attempts by one channel went: ``failing_since`` (UTC) is the first failure after the last success, ``None``
    while the channel works; ``why`` the newest reason, ``failures`` how many since."""

    channel: str
    last_sent_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    why: str = ""


def channel_health(channel: str, settled: Sequence[Attempt]) -> ChannelHealth:
    """The health of one channel, from its settled attempts, oldest first."""
    health = ChannelHealth(channel=channel)
    for each in settled:
        if each.state is PageState.SENT:
            health = ChannelHealth(channel=channel, last_sent_at=each.settled_at)
        elif each.state is PageState.FAILED:
            health = ChannelHealth(
                channel=channel,
                last_sent_at=health.last_sent_at,
                failing_since=health.failing_since or each.settled_at,
                failures=health.failures + each.tries,
                why=each.why,
            )
    return health
