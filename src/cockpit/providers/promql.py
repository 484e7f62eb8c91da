"""What an expression of PromQL cannot do without, and what it compares with what: read as far as the cockpit needs it.

What is not understood is said (`NotRead`), and then nothing is claimed of the expression.
"""

from __future__ import annotations

from collections.abc import Callable, Container

import msgspec

from .promql_reader import COMPARISONS, Binary, Call, Expr, Number, Selector, parse
from .promql_tokens import NotRead

__all__ = ["Comparison", "NotRead", "compared", "metrics", "missing"]

ALWAYS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
"""Metrics that Prometheus makes by itself, and only while something fires: that there are none says nothing."""

_FROM_NOTHING = frozenset({"absent", "absent_over_time", "vector", "scalar", "time", "pi"})
_FIRST_ALONE = frozenset({"info"})
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


class Comparison(msgspec.Struct, frozen=True):
    """``query`` gives the values that are compared by ``op`` with ``value``."""

    query: str
    op: str
    value: float


def metrics(query: str) -> frozenset[str]:
    """The metrics whose being there matters to it. Raises `NotRead`."""
    return _metrics(parse(query))


def missing(query: str, there: Container[str]) -> frozenset[str]:
    """The metrics for want of which it gives nothing, whatever happens; empty where it can give something. ``there`` are those that
    have series. Raises `NotRead`."""
    return _missing(parse(query), there)


def compared(query: str) -> Comparison | None:
    """What its outermost comparison compares with a number; ``None`` where there is no such. Behind ``and`` and ``unless`` the
    values are those of the left side, so that is looked at. Raises `NotRead`."""
    expr = parse(query)
    while True:
        match expr:
            case Call(function="", args=(inner,)):
                expr = inner
            case Binary(op="and" | "unless", left=left):
                expr = left
            case Binary(op=op, left=left, right=right, flag=False, filled=False) if op in COMPARISONS:
                value, mirrored = _constant(right), _constant(left)
                if value is not None and mirrored is None:
                    return Comparison(query[left.start : left.end], op, value)
                if mirrored is not None and value is None:
                    return Comparison(query[right.start : right.end], _FLIPPED[op], mirrored)
                return None
            case _:
                return None


def _needed(expr: Expr) -> tuple[Expr, ...]:
    """The parts without which it gives nothing (of ``or``, both are told)."""
    match expr:
        case Call(function=function, args=args):
            return () if function in _FROM_NOTHING else args[:1] if function in _FIRST_ALONE else args
        case Binary(op="unless", left=left):
            return (left,)
        case Binary(left=left, right=right, filled=False):
            return (left, right)
    return ()


def _metrics(expr: Expr) -> frozenset[str]:
    if isinstance(expr, Selector):
        return frozenset((expr.name,)) - ALWAYS - {""}
    return frozenset[str]().union(*map(_metrics, _needed(expr)))


def _missing(expr: Expr, there: Container[str]) -> frozenset[str]:
    if isinstance(expr, Selector):
        return frozenset(name for name in _metrics(expr) if name not in there)
    lacking = [_missing(each, there) for each in _needed(expr)]
    if isinstance(expr, Binary) and expr.op == "or" and not all(lacking):
        return frozenset()
    return frozenset[str]().union(*lacking)


def _constant(expr: Expr) -> float | None:
    """The value of an expression of numbers alone."""
    match expr:
        case Number(value=value):
            return value
        case Call(function="" | "+", args=(inner,)):
            return _constant(inner)
        case Call(function="-", args=(inner,)):
            positive = _constant(inner)
            return None if positive is None else -positive
        case Binary(op=op, left=left, right=right) if op in _SUMS:
            one, other = _constant(left), _constant(right)
            if one is None or other is None:
                return None
            try:
                result = _SUMS[op](one, other)
            except (ZeroDivisionError, OverflowError):
                return None
            return result if isinstance(result, float) else None  # a root of what is negative is no number here
    return None


_SUMS: dict[str, Callable[[float, float], object]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other,
    "^": lambda one, other: one**other,
}
