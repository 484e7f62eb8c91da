"""What a person is asked: before a run for a parameter, or in the middle of one; and which answers can be taken."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import msgspec

from .placeholders import ANY, unfit
from .text import clean

SHORTEST_SECRET = 4
"""Characters of a secret, at least: what is shorter could not be kept out of the output without making a hash of it."""


class Answers(enum.Enum):
    """What an answer is. ``TICK`` is "it is done", ``TERMINAL`` the exit status of what the person did in a terminal."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    YES_NO = "yes/no"
    SECRET = "secret"  # noqa: S105  # the word in the config
    TICK = "tick"
    TERMINAL = "terminal"


CONFIGURED = {each.value: each for each in Answers if each not in (Answers.TICK, Answers.TERMINAL)}
"""Those that a config may ask for, by their words; the others belong to kinds of steps."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question, as configured. ``kind`` is text, number, choice, yes/no or secret; ``min`` and ``max`` are a number's bounds;
    ``choices`` is what can be chosen, ``choices_from`` a command (an argv) whose lines can be."""

    text: str = ""
    kind: Answers = Answers.TEXT
    min: float | None = None
    max: float | None = None
    choices: tuple[str, ...] = ()
    choices_from: tuple[str, ...] = ()

    def fault(self) -> str:
        """What is wrong with it as configured; "" for nothing."""
        chosen = self.kind is Answers.CHOICE
        if chosen and bool(self.choices) == bool(self.choices_from):
            return "a choice has either choices or choices_from"
        if not chosen and (self.choices or self.choices_from):
            return f'choices are for kind = "choice", and this is {self.kind.value}'
        if self.kind is not Answers.NUMBER and (self.min is not None or self.max is not None):
            return f'min and max are for kind = "number", and this is {self.kind.value}'
        if self.min is not None and self.max is not None and self.min > self.max:
            return "min is more than max: no number would do"
        return ""

    def unfit(self, name: str, value: str, choices: Sequence[str] = ()) -> str:
        """Why this cannot be the answer, whatever its pattern says; "" if it can. ``choices`` are those of `choices_from`."""
        shown = clean(value, 80)
        match self.kind:
            case Answers.NUMBER:
                return self._no_number(name, value)
            case Answers.CHOICE if value not in (self.choices or choices):
                there = ", ".join(clean(each, 40) for each in self.choices or choices)
                return f"{name} is {shown!r}, and there are only {there or 'none'}"
            case Answers.YES_NO if value not in ("yes", "no"):
                return f"{name} is {shown!r}: yes or no"
            case Answers.SECRET if len(value) < SHORTEST_SECRET:
                return f"{name} is too short for a secret: at least {SHORTEST_SECRET} characters"
        return ""

    def _no_number(self, name: str, value: str) -> str:
        try:
            number = float(value)
        except ValueError:
            return f"{name} is {clean(value, 80)!r}: a number is wanted"
        if not value.isascii() or "_" in value or value != value.strip() or number != number or abs(number) == float("inf"):
            return f"{name} is {clean(value, 80)!r}: a number is wanted"
        if self.min is not None and number < self.min:
            return f"{name} is {value}, and {self.min:g} is the least"
        if self.max is not None and number > self.max:
            return f"{name} is {value}, and {self.max:g} is the most"
        return ""


class Want(msgspec.Struct, frozen=True, kw_only=True):
    """What a run that is going on waits for. ``number`` counts the questions of that run, so that an answer to an earlier one is
    not taken for this; ``place`` says which step asks. ``name`` is what the answer is called,
    ``default`` what is proposed. ``whose`` is the target that it is about, where the run is one for several."""

    number: int
    place: str
    name: str
    asked: Asked
    choices: tuple[str, ...] = ()
    pattern: str = ANY
    allow_dash: bool = False
    allow_control: bool = False
    default: str = ""
    whose: str = ""

    @property
    def where(self) -> str:
        """Which step asks, and of which target."""
        return ", ".join(filter(None, (self.whose, self.place)))

    def unfit(self, value: str) -> str:
        """Why this cannot be the answer; "" if it can."""
        secret = self.asked.kind is Answers.SECRET
        why = self.asked.unfit(self.name, value, self.choices)
        if why or self.asked.kind is Answers.TERMINAL:
            return why
        why = unfit(self.name, value, self.pattern, allow_dash=self.allow_dash, allow_control=self.allow_control)
        return f"{self.name} does not match {self.pattern}, or holds what it may not" if why and secret else why
