"""What a filter is made of once it has been read: the terms, and whether they hold. The language itself is `core.filters`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime

import msgspec

from .alerts import Alert, AlertState, Severity
from .regex import regex


class Is(msgspec.Struct, frozen=True, tag="is"):
    """``name op value`` for a label (``fact`` False) or for what ``@name`` stands for (True). ``op`` is ``=``, ``!=``, ``=~`` or
    ``!~``; ``pattern`` is the regular expression of the last two, ready to match."""

    name: str
    op: str
    value: str
    fact: bool = False
    pattern: re.Pattern[str] | None = None

    def holds(self, alert: Alert) -> bool:
        """Whether it is true of the alert; of its receivers (``@receiver``), and of the people who have it (``@who``, in upper or
        lower case), one must fit."""
        if self.fact and self.name == "receiver":
            found = any(map(self._fits, alert.receivers or ("",)))
        elif self.fact and self.name == "who":
            found = any(self._fits(who) or self._fits(who.casefold()) for who in people(alert) or ("",))
        else:
            found = self._fits(value_of(alert, self.name, label=not self.fact))
        return found == (self.op[0] == "=")

    def _fits(self, value: str) -> bool:
        return value == self.value if self.pattern is None else self.pattern.fullmatch(value) is not None


class InState(msgspec.Struct, frozen=True, tag="state"):
    """``@state=firing`` or ``@state!=resolved``."""

    state: AlertState
    op: str = "="


class Ranks(msgspec.Struct, frozen=True, tag="severity"):
    """``@severity>=warning``; ``op`` is ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``."""

    op: str
    severity: Severity


class Aged(msgspec.Struct, frozen=True, tag="age"):
    """``@age>15m``: how long ago it started, in seconds. Of an alert that does not say when it began, nothing holds."""

    op: str
    seconds: float


class Mine(msgspec.Struct, frozen=True, tag="mine"):
    """``@mine``: I have acknowledged it, or it is assigned to me."""

    excluded: bool = False


class Word(msgspec.Struct, frozen=True, tag="word"):
    """A word that stands anywhere in the alert; ``text`` is case-folded."""

    text: str
    excluded: bool = False


Term = Is | InState | Ranks | Aged | Mine | Word

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class Filter(msgspec.Struct, frozen=True):
    """A filter that was understood; ``text`` is how it was written."""

    text: str
    terms: tuple[Term, ...] = ()

    @property
    def needles(self) -> frozenset[str]:
        """Case-folded texts, each of which stands in one of the texts (`texts_of`) of whatever this matches."""
        return frozenset(filter(None, map(_needle, self.terms)))

    @property
    def aged(self) -> tuple[Aged, ...]:
        """The terms that time alone makes true or untrue."""
        return tuple(term for term in self.terms if isinstance(term, Aged))

    def matches(self, alert: Alert, now: datetime, me: tuple[str, ...] = (), text: str | None = None) -> bool:
        """Whether every term holds for this alert at ``now`` (UTC). ``text`` is its `haystack`, where that is at hand."""
        for term in self.terms:
            match term:
                case Is():
                    holds = term.holds(alert)
                case InState():
                    holds = (alert.state is term.state) == (term.op == "=")
                case Ranks():
                    holds = _COMPARE[term.op](alert.severity, term.severity)
                case Aged():
                    started = alert.started_at
                    holds = started is not None and _COMPARE[term.op]((now - started).total_seconds(), term.seconds)
                case Mine():
                    mine = {name.casefold() for name in me}
                    holds = any(who.casefold() in mine for who in people(alert)) != term.excluded
                case Word():
                    text = haystack(alert) if text is None else text
                    holds = (term.text in text) != term.excluded
            if not holds:
                return False
        return True


_BEGINS = regex(r"(?:\.[*+])?([\w \-/:]+)(.?)")
_NOT_LOOKED_THROUGH = ("severity", "trap")  # fields that stand in no haystack; all others, and labels, do


def _needle(term: Term) -> str:
    match term:
        case Word(text=text, excluded=False):
            return text
        case Is(op="=", value=value) if _stands(term):
            return value.casefold()
        case Is(op="=~", value=pattern) if _stands(term) and "|" not in pattern:
            begins = _BEGINS.match(pattern)
            return begins[1][: -1 if begins[2] in tuple("?*{") else None].casefold() if begins is not None else ""
    return ""


def _stands(term: Is) -> bool:
    """Whether the value that it compares with is part of the haystack."""
    return term.name not in _NOT_LOOKED_THROUGH and (not term.fact or term.name == "source")


def texts_of(alert: Alert) -> tuple[str, ...]:
    """All that free words are looked for in, each in one of these."""
    return (alert.name, alert.where, alert.summary, alert.ref.source, *alert.labels.values())


def haystack(alert: Alert) -> str:
    """The same as one case-folded text."""
    return "\n".join(texts_of(alert)).casefold()


def people(alert: Alert) -> tuple[str, ...]:
    """Who has the alert: whoever acknowledged it, then those it is assigned to."""
    return (alert.acknowledged_by, *alert.assignees) if alert.acknowledged_by else alert.assignees


_FIELDS: dict[str, Callable[[Alert], str]] = {
    "alertname": lambda alert: alert.name,
    "name": lambda alert: alert.name,
    "where": lambda alert: alert.where,
    "summary": lambda alert: alert.summary,
    "severity": lambda alert: alert.severity.word,
    "source": lambda alert: alert.ref.source,
    "trap": lambda alert: alert.trap,
}


def value_of(alert: Alert, name: str, *, label: bool = True) -> str:
    """What ``name=`` compares with: the label, or the field of that name where there is no such label, or ``""``. Without ``label``
    the field alone, as after ``@``."""
    if label:
        found = alert.label(name)
        if found is not None:
            return found
    field = _FIELDS.get(name)
    return field(alert) if field is not None else ""
