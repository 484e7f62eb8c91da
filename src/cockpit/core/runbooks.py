"""Runbooks: a procedure with its metadata, parameters and steps. What exactly one would do is a plan, see `plans`."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from .alerts import Alert
from .asking import Asked
from .filters import parse
from .placeholders import ANY
from .several import Many
from .steps.step import Step
from .units import Seconds


class Confirm(enum.Enum):
    """How a person confirms a runbook that changes the world: a ``y``, or typing the target's name."""

    YES = "yes"
    TYPE = "type"


class Approval(enum.Enum):
    """Who has to approve a run before it begins: ``OTHER``, another user of this machine than the one who asked for it."""

    OTHER = "other"


class OnFailure(enum.Enum):
    """What becomes of the other targets of a run when one has failed: none is begun any more, or all are done."""

    STOP = "stop"
    CONTINUE = "continue"


class Param(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value a runbook needs.

    ``from`` is where it comes from: ``label:NAME``, ``annotation:NAME``, ``reading:NAME``, ``alert:name|where|id|source``,
    ``roster:NAME`` (who is on call there; ``roster:NAME.name``, ``roster:NAME.email`` and so on for more of them) or "" (only by
    hand, or ``default``). With ``ask`` a person is asked where the source has none, and ``default`` is what they find filled in.
    ``pattern`` is a regular expression the whole value must match, as `core.patterns` takes them. A value that begins with ``-``,
    or holds a newline or another control character, is refused unless ``allow_dash`` / ``allow_control``; NUL always is.
    """

    source: str = msgspec.field(name="from", default="")
    default: str | None = None
    pattern: str = ANY
    allow_dash: bool = False
    allow_control: bool = False
    help: str = ""
    ask: Asked | None = None


class Runbook(msgspec.Struct, frozen=True, kw_only=True):
    """A procedure. ``match`` (filter language) says for which alerts it is offered; "" means it is offered in the picker only.

    ``changes`` says what it does to the world; None is read-only and needs no confirmation. ``timeout`` (seconds) bounds the whole
    run. ``target`` names what it is done to, which a person types for ``confirm = "type"``. ``title``, ``changes`` and ``target``
    may hold ``{param}``. It helped if its alert is over ``helps_within`` seconds after its end, and not back by then; see
    `aftermath`. ``allow`` and ``deny`` say who may run it; see `permits`. With ``approve`` another has to say yes, too, within
    ``approve_within`` seconds; see `approvals`. For several alerts, ``parallel`` are done at once, with ``canary`` the first one
    alone (and ``canary_asks``: a person is asked before the others are begun), and ``on_failure`` says what a failure means for
    the others.
    """

    name: str
    title: str
    steps: tuple[Step, ...]
    key: str = ""
    match: str = ""
    changes: str | None = None
    confirm: Confirm = Confirm.YES
    timeout: Seconds = Seconds(600.0)
    target: str = ""
    helps_within: Seconds = Seconds(600.0)
    params: dict[str, Param] = {}
    help: str = ""
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    approve: Approval | None = None
    approve_within: Seconds = Seconds(900.0)
    parallel: int = 1
    canary: bool = False
    canary_asks: bool = False
    on_failure: OnFailure = OnFailure.STOP

    @property
    def many(self) -> Many:
        """How it is done to several targets."""
        return Many(self.parallel, self.canary, self.on_failure is OnFailure.STOP, self.canary_asks)


def offered(runbooks: Sequence[Runbook], alert: Alert | None, now: datetime | None = None) -> tuple[Runbook, ...]:
    """The runbooks for the alert under the cursor, in the order of the digits that run them: first those that its trap names
    (annotation ``runbooks``, of this machine's own alerts alone), then those whose ``match`` holds, as in config.

    ``now`` (UTC) is for ``@age`` in a ``match``; without it, every alert has only just begun.
    """
    if alert is None:
        return ()
    by_name = {runbook.name: runbook for runbook in runbooks}
    named = alert.annotations.get("runbooks", "").split(",") if alert.trap else []
    chosen = {name.strip(): by_name[name.strip()] for name in named if name.strip() in by_name}
    at = now or alert.started_at or datetime.min.replace(tzinfo=UTC)
    for runbook in runbooks:
        if runbook.match.strip() and parse(runbook.match).matches(alert, at):
            chosen.setdefault(runbook.name, runbook)
    return tuple(chosen.values())
