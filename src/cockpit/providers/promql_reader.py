"""PromQL as a tree: operators by precedence, modifiers, ranges and subqueries, as Prometheus's own grammar has them
(``promql/parser/generated_parser.y`` up to 3.5)."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from .promql_tokens import NotRead, Token, tokens

DEEPEST = 100
"""So deep may parentheses, calls and signs nest."""

COMPARISONS = ("==", "!=", "<=", "<", ">=", ">")
_LEVELS = (("or",), ("and", "unless"), COMPARISONS, ("+", "-"), ("*", "/", "%", "atan2"), ("^",))
_BINDS = {op: level for level, ops in enumerate(_LEVELS) for op in ops}
_AGGREGATES = frozenset(
    (
        *("avg", "bottomk", "count", "count_values", "group", "limit_ratio", "limitk", "max", "min"),
        *("quantile", "stddev", "stdvar", "sum", "topk"),
    )
)
_GROUPING = ("on", "ignoring", "group_left", "group_right")
_FILLING = ("fill", "fill_left", "fill_right")


class Number(msgspec.Struct, frozen=True):
    """A number; durations are seconds. ``start`` and ``end`` are where it stands in the text, as with all of these."""

    value: float
    start: int
    end: int


class Text(msgspec.Struct, frozen=True):
    """A string."""

    start: int
    end: int


class Selector(msgspec.Struct, frozen=True):
    """``name`` is "" where series are not selected by one metric's name."""

    name: str
    start: int
    end: int


class Call(msgspec.Struct, frozen=True):
    """A function, an aggregation, a sign, parentheses (``function`` is "") or a subquery around what it is given."""

    function: str
    args: tuple[Expr, ...]
    start: int
    end: int


class Binary(msgspec.Struct, frozen=True):
    """Two sides. ``flag``: ``bool`` makes the outcome of a comparison the value; ``filled``: what one side lacks is made up."""

    op: str
    left: Expr
    right: Expr
    flag: bool
    filled: bool
    start: int
    end: int


Expr: TypeAlias = Number | Text | Selector | Call | Binary


def parse(text: str) -> Expr:
    """Read an expression. Raises `NotRead`."""
    reader = _Reader(text)
    found = reader.binary(0)
    if reader.here.kind != "end":
        raise NotRead(f"{reader.here.text!r} at {reader.here.start} was not expected")
    return found


class _Reader:
    """Goes over the tokens once, from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0

    @property
    def here(self) -> Token:
        return self._tokens[self._at]

    def _take(self, text: str = "") -> Token:
        token = self.here
        if text and token.text != text:
            raise NotRead(f"{token.text!r} at {token.start} instead of {text!r}")
        self._at += token.kind != "end"
        return token

    def _word(self, *words: str) -> bool:
        return self.here.kind == "word" and self.here.text.lower() in words

    def binary(self, least: int) -> Expr:
        """An operation whose operators bind at least so strongly."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotRead("it nests too deeply")
        left = self._unary()
        while (binds := self._binds()) >= least:
            op = self._take().text.lower()
            flag, filled = self._modifiers()
            right = self.binary(binds if op == "^" else binds + 1)  # powers group from the right
            left = Binary(op, left, right, flag, filled, left.start, right.end)
        self._depth -= 1
        return left

    def _binds(self) -> int:
        """How strongly the operator that comes next binds; less than any where none does."""
        return _BINDS.get(self.here.text.lower(), -1) if self.here.kind in ("word", "sign") else -1

    def _modifiers(self) -> tuple[bool, bool]:
        flag = filled = False
        while self._word("bool", *_GROUPING, *_FILLING):
            word = self._take().text.lower()
            flag, filled = flag or word == "bool", filled or word in _FILLING
            if self.here.text == "(" and (word in ("on", "ignoring") or word in _FILLING or self._names_follow()):
                self._skip("(", ")")
        return flag, filled

    def _names_follow(self) -> bool:
        """Whether the parentheses after ``group_left`` hold its labels, and not the right side."""
        at = self._at + 1
        while self._tokens[at].kind in ("word", "text") or self._tokens[at].text == ",":
            at += 1
        return self._tokens[at].text == ")" and self._tokens[at + 1].kind != "end" and self._begins(self._tokens[at + 1])

    @staticmethod
    def _begins(token: Token) -> bool:
        return token.kind in ("number", "text", "word") or token.text in ("(", "{", "-", "+")

    def _unary(self) -> Expr:
        if self.here.text in ("-", "+"):
            sign = self._take()
            inner = self.binary(_BINDS["^"])  # a sign binds less than a power, and as products do
            return Call(sign.text, (inner,), sign.start, inner.end)
        return self._postfix(self._primary())

    def _primary(self) -> Expr:
        token = self._take()
        match token.kind:
            case "number":
                return Number(token.number, token.start, token.end)
            case "text":
                return Text(token.start, token.end)
            case "word":
                return self._named(token)
        if token.text == "(":
            inner = self.binary(0)
            return Call("", (inner,), token.start, self._take(")").end)
        if token.text == "{":
            self._at -= 1
            name, end = self._matchers("")
            return Selector(name, token.start, end)
        raise NotRead(f"{token.text or 'the end'!r} at {token.start} was not expected")

    def _named(self, token: Token) -> Expr:
        """What begins with a word: a call, an aggregation, or a metric."""
        word = token.text.lower()
        if word in _AGGREGATES and (self.here.text == "(" or self._word("by", "without")):
            grouped = self._word("by", "without")
            if grouped:
                self._take()
                self._skip("(", ")")
            args, end = self._args()
            if not grouped and self._word("by", "without"):
                self._take()
                end = self._skip("(", ")")
            return Call(word, args, token.start, end)
        if self.here.text == "(":
            args, end = self._args()
            return Call(token.text, args, token.start, end)
        if self.here.text == "{":
            name, end = self._matchers(token.text)
            return Selector(name, token.start, end)
        return Selector(token.text, token.start, token.end)

    def _args(self) -> tuple[tuple[Expr, ...], int]:
        self._take("(")
        args: list[Expr] = []
        while self.here.text != ")":
            args.append(self.binary(0))
            if self.here.text != ")":
                self._take(",")
        return tuple(args), self._take(")").end

    def _matchers(self, name: str) -> tuple[str, int]:
        """The braces: (the metric's name, if that is told; where they end)."""
        self._take("{")
        while self.here.text != "}":
            label = self._take()
            if label.kind not in ("word", "text"):
                raise NotRead(f"{label.text!r} at {label.start} is no label")
            if label.kind == "text" and self.here.text in (",", "}"):
                name = label.content  # the name of a metric in quotes
            else:
                op, value = self._take(), self._take()
                if op.text not in ("=", "!=", "=~", "!~") or value.kind != "text":
                    raise NotRead(f"{op.text!r} at {op.start} is no matcher")
                if (label.content if label.kind == "text" else label.text) == "__name__" and op.text == "=":
                    name = value.content
            if self.here.text != "}":
                self._take(",")
        return name, self._take("}").end

    def _postfix(self, inner: Expr) -> Expr:
        """Ranges, subqueries, ``offset`` and ``@``: they move in time and select nothing else."""
        while True:
            if self.here.text == "[":
                inner = Call("[]", (inner,), inner.start, self._skip("[", "]"))
            elif self._word("offset", "anchored", "smoothed"):
                word = self._take()
                end = word.end if word.text.lower() != "offset" else self._time()
                inner = Call("[]", (inner,), inner.start, end)
            elif self.here.text == "@":
                self._take()
                inner = Call("[]", (inner,), inner.start, self._time())
            else:
                return inner

    def _time(self) -> int:
        """A number, a duration, ``start()`` or an expression in parentheses."""
        if self.here.text in ("-", "+"):
            self._take()
        if self.here.text == "(":
            return self._skip("(", ")")
        token = self._take()
        if token.kind not in ("number", "word"):
            raise NotRead(f"{token.text!r} at {token.start} is no time")
        return self._skip("(", ")") if token.kind == "word" else token.end

    def _skip(self, opens: str, closes: str) -> int:
        """Past a pair of brackets, whatever is in there."""
        self._take(opens)
        depth = 1
        while depth:
            token = self._take()
            if token.kind == "end":
                raise NotRead(f"{closes!r} is missing")
            depth += (token.text == opens) - (token.text == closes)
        return token.end
