"""What a config says of escalation: policies, their steps, and whom they tell. What follows from it `escalation` reckons."""

from __future__ import annotations

import enum

import msgspec

from .alerts import Severity
from .quiet import Quiet
from .units import Seconds


class Aim(enum.Enum):
    """What a target names: a person, a roster, or every roster of a level."""

    PERSON = "person"
    ROSTER = "roster"
    LEVEL = "level"


class Target(msgspec.Struct, frozen=True):
    """Whom a step tells: ``person:ana``, ``roster:primary``, ``level:2``."""

    aim: Aim
    name: str

    def __str__(self) -> str:
        return f"{self.aim.value}:{self.name}"


class EscalationStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step. ``after`` counts from the firing, in seconds. ``via`` names channels; empty is the policy's."""

    notify: tuple[Target, ...]
    after: Seconds = Seconds(0.0)
    via: tuple[str, ...] = ()


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """An escalation policy. ``match`` (filter language) says which alerts of this machine it is for; the first policy that matches
    counts. ``via`` names the channels of steps that name none. ``repeat``: how often it begins again after its last step, ``every``
    seconds after it. Alerts less severe than ``urgent`` wait while it is ``quiet``."""

    name: str
    steps: tuple[EscalationStep, ...]
    match: str = ""
    via: tuple[str, ...] = ()
    repeat: int = 0
    every: Seconds = Seconds(1800.0)
    urgent: Severity = Severity.ERROR
    quiet: Quiet | None = None
