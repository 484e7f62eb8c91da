"""The filter language of the screen, the command line, and of ``match`` in config.

``alertname=Foo team!=web instance=~"web-\\d+" @state=firing @severity>=warning @age>15m @source=am-prod @mine``; free words match
anywhere, ``!word`` excludes. Terms are joined by AND.

- ``label=value``, ``!=``, ``=~``, ``!~`` as in Alertmanager: a label that is not there is the empty one, and regular expressions
  match the whole value. ``alertname``, ``name``, ``where``, ``summary``, ``severity``, ``source`` and ``trap`` mean the alert's own
  field where it has no such label.
- ``@state=acknowledged``, ``@severity>=warning``, ``@age>15m`` (the ``@`` may be left out before ``<`` and ``>``); ``@source``,
  ``@receiver`` (whom its source tells), ``@who`` (who has it) and ``@trap`` with the four label operators; ``@mine``.
- A word is looked for in name, where, summary, label values and source, in upper or lower case. ``!`` before a word or ``@mine``
  excludes it.
- Names, values and words with spaces stand in quotes, ``"…"`` or ``'…'``; there ``\\"`` and ``\\\\`` are the character itself and
  every other backslash stays, so that patterns need no second one. ``team=""`` is an alert without a team.

Regular expressions are bounded (`core.patterns`): what a hostile label could use to stall the cockpit is a `FilterError`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn, TypeVar

from .alerts import SEVERITY_WORDS, Alert, AlertState
from .drills import DRILL_LABEL, rehearses
from .terms import Aged, Filter, InState, Is, Mine, Ranks, Term, Word, haystack, people, value_of
from .units import seconds

__all__ = [
    "Aged", "Filter", "FilterError", "InState", "Is", "Mine", "Ranks", "Term", "Word", "for_alert", "haystack", "matchable",
    "parse", "people", "value_of", "written",
]  # fmt: skip


class FilterError(ValueError):
    """The filter cannot be read. ``column`` counts characters from 0; the message says what was expected there."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


_NAME = re.compile(r"\w[\w.:/\-]*")
_OPERATOR = re.compile(r"=~|!~|!=|>=|<=|=|>|<")
_BARE = re.compile(r"\S+")
_SPACE = re.compile(r"\s*")
_ESCAPED = {'"': re.compile(r'\\([\\"])'), "'": re.compile(r"\\([\\'])")}
_QUOTED = {'"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL), "'": re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)}
_STATES = {state.value: state for state in AlertState} | {"acked": AlertState.ACKNOWLEDGED}
_FACTS = ("state", "severity", "age", "source", "receiver", "who", "trap", "mine")
_T = TypeVar("_T")


def parse(text: str) -> Filter:
    """Read a filter; the empty one matches everything. Raises ``FilterError``."""
    return _parsed(text)


@lru_cache(maxsize=512)
def _parsed(text: str) -> Filter:
    return Filter(text, tuple(_Reader(text).terms()))


def for_alert(alert: Alert) -> str:
    """The matchers that hit this alert, to begin a silence with. What comes back parses, and matches this alert."""
    return " ".join(written(name, "=", value) for name, value in matchable(alert).items())


def matchable(alert: Alert) -> dict[str, str]:
    """What such matchers name: ``trap`` for an alert of this machine (and ``drill`` for a rehearsal), all labels of another, name
    and place where it has none."""
    own = value_of(alert, "alertname")
    if alert.trap and value_of(alert, "trap") == alert.trap:
        names = ["trap"] if own == alert.trap else ["alertname", "trap"]
        if rehearses(alert):
            names = [DRILL_LABEL, *names]  # a rehearsal's silence never covers the real one
    elif alert.labels:
        names = sorted(alert.labels, key=lambda name: (name != "alertname", name))
    else:
        names = ["alertname", "where"] if alert.where else ["alertname"]
    return {name: value_of(alert, name) for name in names}


def written(name: str, sign: str, value: str) -> str:
    """One term as text: ``team="web"``."""
    return f"{name if _NAME.fullmatch(name) else _quote(name)}{sign}{_quote(value)}"


def _quote(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Reader:
    """Reads one filter from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def terms(self) -> list[Term]:
        """All its terms, as written."""
        found: list[Term] = []
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # matches anywhere
            if self._at == len(self._text):
                return found
            found.append(self._term())

    def _fail(self, message: str, at: int | None = None) -> NoReturn:
        raise FilterError(message, self._at if at is None else at)

    def _term(self) -> Term:
        char = self._text[self._at]
        if char == "@":
            self._at += 1
            return self._fact()
        if char == "!":
            return self._excluded()
        if char in "=<>~":
            self._fail(f"expected a label before {char}, as in team=web or @severity>=warning, without spaces")
        start = self._at
        if char in _QUOTED:
            name = self._quoted()
        else:
            found = _NAME.match(self._text, self._at)
            name = found[0] if found is not None else ""
            self._at += len(name)
        sign = _OPERATOR.match(self._text, self._at)
        if sign is None:
            if char in _QUOTED:
                self._ended()
                return Word(name.casefold())
            self._at = start
            return Word(self._bare().casefold())
        self._at = sign.end()
        if not name and char not in _QUOTED:  # such as (x)=y, looked for as it stands
            self._at = start
            return Word(self._bare().casefold())
        if sign[0][0] in "<>":
            if name not in ("severity", "age"):
                self._fail(f"only severity and age can be compared with {sign[0]}; for a label write =, !=, =~ or !~", sign.start())
            return self._severity(sign[0]) if name == "severity" else self._age(sign[0], sign.start())
        return self._is(name, sign[0], fact=False)

    def _excluded(self) -> Term:
        self._at += 1
        if self._text.startswith("@mine", self._at):
            self._at += len("@mine")
            self._ended()
            return Mine(excluded=True)
        char = self._text[self._at : self._at + 1]
        if not char or char.isspace() or char in "!=~@":
            self._fail("expected a word or @mine after !; to exclude a label's value write team!=web")
        if char in _QUOTED:
            word = self._quoted()
            self._ended()
            return Word(word.casefold(), excluded=True)
        return Word(self._bare().casefold(), excluded=True)

    def _fact(self) -> Term:
        start = self._at
        found = _NAME.match(self._text, start)
        name = found[0] if found is not None else ""
        if name not in _FACTS:
            from difflib import get_close_matches  # deferred: only a fault needs it

            near = get_close_matches(name, _FACTS, 1)
            self._fail(f"@{name} is not known" + (f", did you mean @{near[0]}?" if near else f": there are @{', @'.join(_FACTS)}"))
        self._at += len(name)
        if name == "mine":
            self._ended()
            return Mine()
        sign = _OPERATOR.match(self._text, self._at)
        if sign is None:
            self._fail(f"expected an operator after @{name}, such as {'>' if name in ('age', 'severity') else '='}")
        self._at = sign.end()
        if name == "severity":
            return self._severity(sign[0])
        if name == "age":
            return self._age(sign[0], sign.start())
        if sign[0][0] in "<>" or (name == "state" and sign[0] not in ("=", "!=")):
            self._fail(f"@{name} has no {sign[0]}; write {'= or !=' if name == 'state' else '=, !=, =~ or !~'}", sign.start())
        return InState(self._among(_STATES, "state"), sign[0]) if name == "state" else self._is(name, sign[0], fact=True)

    def _severity(self, sign: str) -> Term:
        if sign not in ("=", "!=", "<", "<=", ">", ">="):
            self._fail(f"@severity has no {sign}; write =, !=, <, <=, > or >=", self._at - len(sign))
        return Ranks(sign, self._among(SEVERITY_WORDS, "severity"))

    def _age(self, sign: str, at: int) -> Term:
        if sign[0] not in "<>":
            self._fail(f"@age has no {sign}; write <, <=, > or >=, as in @age>15m", at)
        start, value = self._at, self._value()
        try:
            return Aged(sign, float(seconds(value)))
        except ValueError as error:
            self._fail(str(error), start)

    def _among(self, words: dict[str, _T], what: str) -> _T:
        start, value = self._at, self._value().lower()
        if value not in words:
            from difflib import get_close_matches  # deferred: only a fault needs it

            near = get_close_matches(value, words, 1)
            self._fail(
                f"{value!r} is no {what}" + (f", did you mean {near[0]}?" if near else f": there are {', '.join(words)}"), start
            )
        return words[value]

    def _is(self, name: str, sign: str, *, fact: bool) -> Term:
        start, value = self._at, self._value()
        if sign[1:] != "~":
            return Is(name, sign, value.casefold() if fact and name == "who" else value, fact)
        from .patterns import PatternError, compiled  # deferred: few filters have one

        try:
            return Is(name, sign, value, fact, compiled(value))
        except PatternError as error:
            self._fail(str(error), start + error.column + (self._text[start] in _QUOTED))

    def _value(self) -> str:
        char = self._text[self._at : self._at + 1]
        if char in _QUOTED:
            value = self._quoted()
            self._ended()
            return value
        if not char or char.isspace():
            self._fail('expected a value right after the operator ("" is the empty one)')
        if char == "=":
            self._fail("expected a value: one = is enough, and a value that begins with one stands in quotes")
        return self._bare()

    def _bare(self) -> str:
        found = _BARE.match(self._text, self._at)
        word = found[0] if found is not None else ""
        self._at += len(word)
        return word

    def _quoted(self) -> str:
        mark = self._text[self._at]
        found = _QUOTED[mark].match(self._text, self._at)
        if found is None:
            self._fail(f"expected a closing {mark}", len(self._text))
        self._at = found.end()
        return _ESCAPED[mark].sub(r"\1", found[1])

    def _ended(self) -> None:
        if self._at < len(self._text) and not self._text[self._at].isspace():
            self._fail(f"expected a space before {self._text[self._at]!r}")
