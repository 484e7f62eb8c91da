"""Where the values of a runbook's parameters come from, and which of them it can take."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from .alerts import Alert
from .asking import Answers
from .placeholders import unfit
from .runbooks import Param

SECRET = "‹secret›"  # noqa: S105  # what stands in the place of one
"""What stands for a secret wherever a value is shown, compared or kept: it is held elsewhere, and handed to the steps alone."""


class Facts(msgspec.Struct, frozen=True):
    """All that parameters can be taken from. ``rosters`` holds what is known of who is on call, by ``NAME`` and ``NAME.WHAT``; see
    `on_duty`."""

    alert: Alert | None
    given: Mapping[str, str]
    reading: Mapping[str, float] = {}
    rosters: Mapping[str, str] = {}

    def value(self, name: str, param: Param) -> str | None:
        """The value of a parameter: given by hand, else from its source, else, where it is not asked for, its default. A fact that
        is empty is not there: an empty argument where a path was meant is how files get lost."""
        if name in self.given:
            return SECRET if is_secret(param) else self.given[name]
        kind, _, what = param.source.partition(":")
        return self._fact(kind, what) or (param.default if param.ask is None else None)

    def _fact(self, kind: str, what: str) -> str:
        if kind == "reading":
            number = self.reading.get(what)
            if number is None or not math.isfinite(number):
                return ""
            return str(int(number)) if number == int(number) else repr(float(number))
        if kind == "roster":
            return self.rosters.get(what, "")
        if self.alert is None:
            return ""
        match kind:
            case "label":
                return self.alert.labels.get(what, "")
            case "annotation":
                return self.alert.annotations.get(what, "")
            case "alert":
                ref = self.alert.ref
                return {"name": self.alert.name, "where": self.alert.where, "id": ref.id, "source": ref.source}.get(what, "")
            case _:
                return ""


def is_secret(param: Param) -> bool:
    """Whether its value may be seen by nobody."""
    return param.ask is not None and param.ask.kind is Answers.SECRET


def unfit_for(name: str, param: Param, value: str, choices: Sequence[str] = ()) -> str:
    """Why the parameter cannot take this value; "" if it can. ``choices`` are those of a command, where they are known. Of a secret
    nothing is said but that."""
    if is_secret(param) and value == SECRET:
        return ""
    asked = param.ask
    unknown = asked is not None and asked.kind is Answers.CHOICE and not asked.choices and not choices
    if asked is not None and not unknown and (why := asked.unfit(name, value, choices)):
        return why
    why = unfit(name, value, param.pattern, allow_dash=param.allow_dash, allow_control=param.allow_control)
    return f"{name} does not match {param.pattern}, or holds what it may not" if why and is_secret(param) else why
