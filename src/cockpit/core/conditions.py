"""``when`` of a step: a condition on the values of a run. A small language in which every text that can be read has an answer.

``host == "web-3"``, ``now != before``, ``=~`` and ``!~`` (the whole value matches a regular expression), ``and``, ``or``,
``not`` and parentheses. A name without a value stands for the empty text. Nothing in it is evaluated by anything but this file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

LONGEST = 1000
"""Characters of a condition, at most."""
_DEPTH = 20
_TOKEN = re.compile(
    r"""\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|(?P<text>"(?:[^"\\]|\\.)*"|'[^']*')|(?P<sign>==|!=|=~|!~|[()])|(?P<odd>\S))""",
    re.ASCII,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class ConditionError(ValueError):
    """A condition that cannot be read; ``column`` counts its characters from 0."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


class Test(msgspec.Struct, frozen=True):
    """A comparison of one value; ``sign`` is ``==``, ``!=``, ``=~`` or ``!~``. Where ``other`` is a name, it is compared with that
    value, else with ``text``."""

    name: str
    sign: str
    text: str
    other: str = ""

    def holds(self, values: Mapping[str, str]) -> bool:
        """Whether it is so."""
        from .patterns import compiled  # deferred: few conditions have one

        value = values.get(self.name, "")
        wanted = values.get(self.other, "") if self.other else self.text
        same = compiled(wanted).fullmatch(value) is not None if self.sign.endswith("~") else value == wanted
        return same is not self.sign.startswith("!")

    def names(self) -> frozenset[str]:
        """The values it speaks of."""
        return frozenset((self.name, self.other)) - {""}


class Not(msgspec.Struct, frozen=True):
    """The opposite."""

    of: Condition

    def holds(self, values: Mapping[str, str]) -> bool:
        """Whether it is so."""
        return not self.of.holds(values)

    def names(self) -> frozenset[str]:
        """The values it speaks of."""
        return self.of.names()


class Several(msgspec.Struct, frozen=True):
    """All of them, or any."""

    parts: tuple[Condition, ...]
    all: bool

    def holds(self, values: Mapping[str, str]) -> bool:
        """Whether it is so."""
        found = (part.holds(values) for part in self.parts)
        return all(found) if self.all else any(found)

    def names(self) -> frozenset[str]:
        """The values it speaks of."""
        return frozenset().union(*(part.names() for part in self.parts))


Condition = Test | Not | Several


@lru_cache(maxsize=256)
def condition(text: str) -> Condition:
    """Read a condition. Raises `ConditionError`."""
    if len(text) > LONGEST:
        raise ConditionError(f"a condition has at most {LONGEST} characters, this one has {len(text)}", LONGEST)
    return _Reader(text).whole()


class _Reader:
    """Reads one condition from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = [
            (found.lastgroup or "", found[found.lastgroup or 0], found.start(found.lastgroup or 0))
            for found in _TOKEN.finditer(text)
        ]
        self._end = len(text)
        self._at = 0

    def whole(self) -> Condition:
        """All of it."""
        found = self._either(0)
        if self._at < len(self._tokens):
            raise self._error("a name, and, or, or the end")
        return found

    def _either(self, depth: int) -> Condition:
        parts = [self._both(depth)]
        while self._take("name", "or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Several(tuple(parts), all=False)

    def _both(self, depth: int) -> Condition:
        parts = [self._one(depth)]
        while self._take("name", "and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Several(tuple(parts), all=True)

    def _one(self, depth: int) -> Condition:
        if depth > _DEPTH:
            raise ConditionError(f"more than {_DEPTH} parentheses and nots in one another", self._column)
        if self._take("name", "not"):
            return Not(self._one(depth + 1))
        if self._take("sign", "("):
            inner = self._either(depth + 1)
            if not self._take("sign", ")"):
                raise self._error("a )")
            return inner
        return self._test()

    def _test(self) -> Test:
        name = self._want("name", "the name of a value")
        sign = self._want("sign", "==, !=, =~ or !~")
        if sign in "()":
            self._at -= 1
            raise self._error("==, !=, =~ or !~")
        if sign in ("==", "!=") and self._at < len(self._tokens) and self._tokens[self._at][0] == "name":
            return Test(name, sign, "", self._want("name", "a name"))
        column = self._column
        text = self._want("text", 'a text in quotes, like "this"')
        text = _ESCAPED.sub(r"\1", text[1:-1]) if text.startswith('"') and not sign.endswith("~") else text[1:-1]
        if sign.endswith("~"):
            from .patterns import PatternError, compiled  # deferred, as above

            try:
                compiled(text)
            except PatternError as error:
                raise ConditionError(str(error), column + 1 + error.column) from None
        return Test(name, sign, text)

    @property
    def _column(self) -> int:
        return self._tokens[self._at][2] if self._at < len(self._tokens) else self._end

    def _take(self, kind: str, text: str) -> bool:
        there = self._at < len(self._tokens) and self._tokens[self._at][:2] == (kind, text)
        self._at += there
        return there

    def _want(self, kind: str, what: str) -> str:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] != kind:
            raise self._error(what)
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _error(self, wanted: str) -> ConditionError:
        got = repr(self._tokens[self._at][1]) if self._at < len(self._tokens) else "the end"
        return ConditionError(f"{wanted} should stand here, not {got}", self._column)
