"""Drills: the route of a trap rehearsed (signs, trip, alert, page, acknowledgement) while the trap itself goes on looking.

A drill is no more than a few moments, written down with what is known of its trap (`traps.Watch`). What stage it is at follows from
them and from the clock alone, so that every process says the same, and so that it ends by itself whoever dies meanwhile.
"""

from __future__ import annotations

import enum
import re
from datetime import datetime, timedelta

import msgspec

from .alerts import Alert

SIGNS = timedelta(seconds=10)
"""For how long signs are shown until it trips."""
LASTS = timedelta(minutes=15)
"""How long it stays tripped where nobody acknowledges it."""
TAKEN = timedelta(seconds=30)
"""How long it is still shown as acknowledged, so that channels which keep an incident hear of that before they hear of the end."""
DRILL_SUFFIX = ":drill"
"""The alert of a drill has the trap's name and this as its id."""
DRILL_LABEL = "drill"
"""The label of a drill's alert: ``true``, or ``quiet`` where nobody is paged."""
DRILL_WORDS = frozenset({"true", "quiet"})
"""What that label can say."""
PAGE_NOTE = "cockpit_page"
"""The annotation with the key of the page, on an alert that a page raised elsewhere."""
_PAGED = re.compile(r"[^/]*/(?!channel:)(?:page/)?[^/]+:drill/[0-9]+")
"""The key of a page about a drill (`engine.page_words`, or `by_hand`), by which a paging service knows what it was told. A channel
may have any name, so none of what it is about is taken for one."""
_SAID = "DRILL"
_AHEAD = timedelta(minutes=1)


class Stage(enum.Enum):
    """How far a drill is: ``NONE`` runs, it shows ``SIGNS``, it has ``TRIPPED``, somebody has ``TAKEN`` it, and it is over but for
    what channels have to hear."""

    NONE = ""
    SIGNS = "signs"
    TRIPPED = "tripped"
    TAKEN = "taken"


SAYS = {Stage.SIGNS: "DRILL, shows signs", Stage.TRIPPED: "DRILL, tripped", Stage.TAKEN: "DRILL, acknowledged: it is over"}
"""What is written before what the trap really says."""


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """A drill that ``who`` began. Times are UTC: it trips at ``trips_at`` and is over at ``until``. ``quiet``: nobody is paged.
    ``taken``: somebody has acknowledged it."""

    began_at: datetime
    who: str
    trips_at: datetime
    until: datetime
    quiet: bool = False
    taken: bool = False

    def __post_init__(self) -> None:
        if any(each.utcoffset() != timedelta(0) for each in (self.began_at, self.trips_at, self.until)):
            raise ValueError("a time of a drill is not in UTC")

    @property
    def number(self) -> int:
        """Which firing of the drill's alert it is, so that pages and an acknowledgement are of this one and no other."""
        return int(self.began_at.timestamp())


def rehearses(alert: Alert) -> bool:
    """Whether an alert, of whatever source, is what a drill raises: this machine's own, or what a cockpit told another source of
    one, which that source tells us again. Such a one has its page's key beside the label (which alone may be anybody's, and without
    which no annotation is unpacked): where it is in doubt it is real."""
    if alert.trap:
        return alert.ref.id == alert.trap + DRILL_SUFFIX and alert.label(DRILL_LABEL) is not None
    return alert.label(DRILL_LABEL) in DRILL_WORDS and is_drills_page(alert.annotations.get(PAGE_NOTE, ""))


def is_drills_page(key: str) -> bool:
    """Whether that is the key of a page about a drill."""
    return _PAGED.fullmatch(key) is not None


def marked_as_drill(alert: Alert) -> Alert:
    """The alert, whose name says that it is a drill where it is one: by what its source's rules call it, it is still found. Where a
    source has no such label its summary says so."""
    if not rehearses(alert):
        return alert
    field = "name" if alert.label("alertname") is not None else "summary"
    said: str = getattr(alert, field)
    return alert if said.startswith(_SAID) else msgspec.structs.replace(alert, **{field: f"{_SAID} {said}"})


def drill_of(who: str, now: datetime, *, quiet: bool) -> Drill:
    """One that begins ``now``."""
    return Drill(began_at=now, who=who, trips_at=now + SIGNS, until=now + SIGNS + LASTS, quiet=quiet)


def stage(drill: Drill | None, tripped_at: datetime | None, now: datetime) -> Stage:
    """How far it is at ``now``. A trap that has really tripped (``tripped_at``) has no drill; nor has one whose drill would begin
    only later, for then the clock was put back and nobody knows how long it has lasted."""
    if drill is None or tripped_at is not None or not drill.began_at - _AHEAD <= now < drill.until:
        return Stage.NONE
    if drill.taken:
        return Stage.TAKEN
    return Stage.SIGNS if now < drill.trips_at else Stage.TRIPPED
