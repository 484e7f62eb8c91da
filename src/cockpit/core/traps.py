"""Traps: early-warning checks, what is known of them, and how that reads.

`trap_steps.step` is the only thing that changes a trap's state, and `seen` the only thing that reads it: a trap nobody looks at
any more becomes blind by the passing of time alone, in every process that reads the journal, without anyone's help.
"""

from __future__ import annotations

import enum
import math
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import msgspec

from .alerts import Alert, Link, Severity
from .drills import SAYS, Drill, Stage, stage
from .units import Bound, Seconds, say_seconds

LONGEST_BEAT = 64
"""Characters in the name of a heartbeat, at most."""


class TrapState(enum.Enum):
    """``ARMED`` watches and is content; ``WARNING`` sees signs; ``TRIPPED`` is an alert; ``BLIND`` cannot see, and is
    never drawn as healthy; ``DISARMED`` rests, by a person's wish, until a stated time."""

    ARMED = "armed"
    WARNING = "warning"
    TRIPPED = "tripped"
    BLIND = "blind"
    DISARMED = "disarmed"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a trap was armed after: an alert (its name, ``where`` it was, the ``source`` that told it), the ``incident`` (its id),
    or both; and ``at``, when it began (for people)."""

    alert: str = ""
    where: str = ""
    source: str = ""
    at: str = ""
    incident: str = ""

    def __str__(self) -> str:
        place = f" · {self.where}" if self.where not in ("", self.alert) else ""
        alert = f"{self.alert}{place}" + (f" ({self.source})" if self.source else "") if self.alert else ""
        of = f"incident {self.incident}" if self.incident else ""
        return ": ".join(each for each in (of, alert) if each) + (f", {self.at}" if self.at else "")


class Trap(msgspec.Struct, frozen=True, kw_only=True):
    """A trap as configured. Durations are seconds.

    ``probe`` is the kind of look and ``params`` its own keys, still raw: the probe's ``Config`` decodes them.
    ``hold`` (config key ``for``) is how long ``trip`` must hold before it trips. ``forecast`` names the reading whose trend is
    followed towards ``trip``; ``warn_within`` warns when that trend would trip within this time. ``blind_after`` is how long it
    may stay blind before that is an alert of its own. ``drill_every`` is how old
    the last proof of it may be (0: any age). ``went_wrong``, ``detect`` and ``signs`` are the three answers.
    ``origin`` is the alert or the incident that it was armed after, if any.
    """

    name: str
    probe: str
    params: dict[str, object] = {}
    warn: Bound | None = None
    trip: Bound | None = None
    hold: Seconds = Seconds(0.0)
    every: Seconds = Seconds(30.0)
    timeout: Seconds | None = None
    severity: Severity = Severity.WARNING
    forecast: str = ""
    warn_within: Seconds | None = None
    blind_after: Seconds = Seconds(600.0)
    drill_every: Seconds = Seconds(90 * 86400.0)
    went_wrong: str = ""
    detect: str = ""
    signs: str = ""
    runbooks: tuple[str, ...] = ()
    owner: str = ""
    labels: dict[str, str] = {}
    origin: Origin | None = None


class Reading(msgspec.Struct, frozen=True):
    """What one look saw: numbers by name (units are the probe's, documented there), and one line for people.

    ``memory`` is what the probe wants to be told before its next look, in whatever process that is (see `provider.Probe`).
    ``verdict`` is set by probes that judge for themselves (the monitoring-plugins contract, a status that is not as wanted):
    ``None`` leaves the judgement to the bounds. ``lacks`` names numbers that are missing and may be: bounds on them do not hold.
    """

    values: dict[str, float]
    text: str
    verdict: TrapState | None = None
    memory: dict[str, str | float] = {}
    lacks: tuple[str, ...] = ()


class Looked(msgspec.Struct, frozen=True, tag="looked"):
    """A look that saw. ``at`` is UTC, when the look began."""

    at: datetime
    reading: Reading


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A look that did not see: it raised, hung past its deadline, or could not start."""

    at: datetime
    reason: str


class Rested(msgspec.Struct, frozen=True, tag="rested"):
    """A person disarmed the trap until ``until`` (UTC)."""

    at: datetime
    who: str
    why: str
    until: datetime


class Armed(msgspec.Struct, frozen=True, tag="armed"):
    """A person armed the trap again."""

    at: datetime
    who: str


Event = Looked | Failed | Rested | Armed


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one trap now; kept in the journal, shared by all processes. All times UTC.

    ``state`` is never ``DISARMED`` in here: rest is the three ``rest_*`` fields, so that a rest that ends finds the trap as it
    really is. ``over_since`` is since when ``trip`` holds without pause; ``tripped_at`` stays set while it is blind, so that
    losing sight of a fire does not put it out. ``firing`` counts its trips: an acknowledgement covers one firing. ``trips_in`` and
    ``full_in`` are seconds from ``checked_at`` until the trend meets ``trip``, and its natural end (100 % used, nothing free).
    ``laid`` is the `fingerprint` of the trap as it was laid when this was seen (0 = not known). ``memory`` is what the last look
    that saw wants its next one to know. ``told``: another system looks and judges, and its source says so when a look is overdue;
    no passing of time here makes it blind. ``drill`` is the one that runs, ``drills`` how many there were.
    ``proven_at`` is when it last really tripped, or was drilled through to the acknowledgement.
    """

    state: TrapState = TrapState.BLIND
    since: datetime | None = None
    checked_at: datetime | None = None
    good_at: datetime | None = None
    reading: Reading | None = None
    reason: str = "not looked at yet"
    over_since: datetime | None = None
    tripped_at: datetime | None = None
    blind_since: datetime | None = None
    firing: int = 0
    trips_in: float | None = None
    full_in: float | None = None
    rest_until: datetime | None = None
    rest_by: str = ""
    rest_why: str = ""
    laid: int = 0
    memory: dict[str, str | float] = {}
    told: bool = False
    drill: Drill | None = None
    drills: int = 0
    proven_at: datetime | None = None


def guards(trap: Trap, alert: Alert) -> bool:
    """Whether the trap was armed after this alert, or an earlier one of the same name and place at the same source."""
    born = trap.origin
    return born is not None and (born.source, born.alert, born.where) == (alert.ref.source, alert.name, alert.where)


def fingerprint(trap: Trap) -> int:
    """What a trap looks at and judges by, as a number (CRC-32): what was seen of port 80 says nothing of port 81."""
    return crc32(msgspec.json.encode((trap.probe, trap.params, trap.warn, trap.trip)))


def as_laid(trap: Trap, watch: Watch) -> Watch:
    """``watch`` if it is of the trap as laid now; else what outlives a new config: its rest, its drill, and how often it tripped or
    was drilled. What proved it as it was says nothing of it as it is."""
    if not watch.laid or watch.laid == fingerprint(trap):
        return watch
    return Watch(
        reason="laid anew in the config, not looked at yet",
        firing=watch.firing,
        rest_until=watch.rest_until,
        rest_by=watch.rest_by,
        rest_why=watch.rest_why,
        drill=watch.drill,
        drills=watch.drills,
    )


def drilled(watch: Watch, written: Watch) -> dict[str, Any]:
    """What of ``watch`` follows from people's drills, where ``written`` is what they wrote: no drill lasts beside a real trip, and
    what proved the trap as it was laid before proves nothing now."""
    same = written.laid in (0, watch.laid)
    proofs = [each for each in (watch.proven_at, written.proven_at if same else None) if each is not None]
    drill = written.drill if watch.tripped_at is None else None
    return {"drill": drill, "drills": written.drills, "proven_at": max(proofs, default=None)}


AHEAD = 60.0
"""Seconds that a moment may lie in the future before the clock must have stepped back; less is two clocks' small quarrel."""

BLIND_AFTER_INTERVALS = 2
"""How many intervals may pass without a look before the trap counts as blind."""


ANSWERED = 10.0
"""Seconds for which an answer stands for what it told: it cannot know of looks that fell due since it was asked for."""


def passed(since: datetime, at: datetime) -> float:
    """Seconds. If ``since`` lies ahead, the clock stepped back: nobody knows how long it was, and short is dangerous."""
    seconds = (at - since).total_seconds()
    return seconds if seconds >= -AHEAD else math.inf


def gone_by(since: datetime, limit: float, now: datetime) -> bool:
    """Whether ``limit`` seconds have passed since then; also where the clock has stepped back behind it."""
    return passed(since, now) >= limit


def seen(trap: Trap, watch: Watch, now: datetime, asked: datetime | None = None) -> Watch:
    """``watch`` as it must be read at ``now``: overdue looks make it blind, a rest that has ended is over, ``trips_in`` and
    ``full_in`` count down. Looks that fell due since it was ``asked`` for are not missed, for `ANSWERED` seconds."""
    watch = as_laid(trap, watch)
    if watch.rest_until is not None and watch.rest_until <= now:
        watch = msgspec.structs.replace(watch, rest_until=None, rest_by="", rest_why="")
    if watch.checked_at is None:
        return watch
    age = (now - watch.checked_at).total_seconds()
    unasked = min(max(0.0, (now - asked).total_seconds()), ANSWERED) if asked is not None else 0.0
    overdue = not watch.told and not -AHEAD <= age <= BLIND_AFTER_INTERVALS * trap.every + unasked
    if watch.state is not TrapState.BLIND and overdue:
        why = f"not looked at for {say_seconds(age)}" if age > 0 else "the clock stepped back since it was looked at"
        since = watch.checked_at
        return msgspec.structs.replace(
            watch, state=TrapState.BLIND, reason=why, since=since, blind_since=since, trips_in=None, full_in=None
        )
    if watch.trips_in is None and watch.full_in is None:
        return watch
    return msgspec.structs.replace(watch, trips_in=_less(watch.trips_in, age), full_in=_less(watch.full_in, age))


def _less(left: float | None, passed: float) -> float | None:
    return None if left is None else max(0.0, left - max(0.0, passed))


class TrapView(msgspec.Struct, frozen=True, kw_only=True):
    """A trap for whoever looks: configured and known, as read at the moment of the projection. ``says`` is the pane's line;
    ``links`` are where there is more about it (``runbook``, …). ``drill`` is how far a drill of it is, ``unproven`` whether it has
    not been proven for longer than its ``drill_every``; neither changes its ``state``, which is what is really known."""

    source: str
    trap: Trap
    watch: Watch
    state: TrapState
    says: str
    links: tuple[Link, ...] = ()
    drill: Stage = Stage.NONE
    unproven: bool = False


def view_of(
    source: str, trap: Trap, watch: Watch, now: datetime, links: tuple[Link, ...] = (), asked: datetime | None = None
) -> TrapView:
    """The trap as it must be shown at ``now`` (UTC); see `seen`."""
    known = seen(trap, watch, now, asked)
    state = TrapState.DISARMED if known.rest_until is not None else known.state
    at = stage(known.drill, known.tripped_at, now) if known.rest_until is None else Stage.NONE
    says = _says(known, state, now)
    if at is not Stage.NONE:
        says = f"{SAYS[at]} · {says}"
    return TrapView(
        source=source, trap=trap, watch=known, state=state, says=says, links=links, drill=at, unproven=_unproven(trap, known, now)
    )


def _unproven(trap: Trap, watch: Watch, now: datetime) -> bool:
    if watch.told or not trap.drill_every:
        return False
    proven = watch.proven_at or watch.tripped_at
    return proven is None or (now - proven).total_seconds() > trap.drill_every


def as_told(source: str, trap: Trap, watch: Watch, now: datetime, links: tuple[Link, ...] = ()) -> TrapView:
    """The trap as a source tells it at ``now``: with the watch as it is known, to be read again whenever it is shown."""
    return msgspec.structs.replace(view_of(source, trap, watch, now, links), watch=watch)


def said_at(view: TrapView, now: datetime) -> str:
    """The pane's line at ``now`` (UTC), of a view that was made before: with the ages in it counted on."""
    counted = {TrapState.BLIND: ("blind ", view.watch.blind_since), TrapState.DISARMED: ("rests for ", view.watch.rest_until)}
    begins, since = counted.get(view.state, ("", None))
    return _says(view.watch, view.state, now) if since is not None and view.says.startswith(begins) else view.says


def _says(watch: Watch, state: TrapState, now: datetime) -> str:
    text = watch.reading.text if watch.reading is not None else ""
    if state is TrapState.DISARMED and watch.rest_until is not None:
        return f"rests for {say_seconds((watch.rest_until - now).total_seconds())} more: {watch.rest_why} ({watch.rest_by})"
    if state is TrapState.BLIND:
        blind = (now - watch.blind_since).total_seconds() if watch.blind_since else -1.0
        age = f"blind {say_seconds(blind)}" if blind >= 1 else "blind"
        return f"{age}: {watch.reason}"
    ahead = ""
    if watch.full_in:  # what is full has no forecast: the reading says it
        ahead = f"full in {say_seconds(watch.full_in)}"
    elif watch.trips_in and state is not TrapState.TRIPPED:
        ahead = f"trips in {say_seconds(watch.trips_in)}"
    # the forecast stands right behind the first number: panes are narrow, and what is cut off must not be the warning
    first, _, rest = text.partition(", ")
    return " · ".join(part for part in (first, ahead, rest) if part) if ahead else text or watch.reason


def subject(trap: Trap, host: str) -> str:
    """What the trap looks at, in a word, for the column "where": its path, address, unit or name, else this machine."""
    params = trap.params
    for key in ("path", "url", "unit", "pidfile"):
        value = params.get(key)
        if isinstance(value, str) and value:
            return value
    if isinstance(params.get("host"), str):
        port = params.get("port")
        return f"{params['host']}:{port}" if port else str(params["host"])
    return host


_REST = timedelta(days=30)
"""The longest a trap may rest: a trap nobody remembers resting is a trap nobody has."""


def rest_problem(now: datetime, until: datetime, why: str) -> str | None:
    """Why a rest until ``until`` for the reason ``why`` is not accepted, or ``None``."""
    if not why.strip():
        return "say why it should rest: the next person will ask"
    if until <= now:
        return "the end of the rest lies in the past"
    if until - now > _REST:
        return "a trap rests for 30 days at most: change the config if it is not wanted any more"
    return None
