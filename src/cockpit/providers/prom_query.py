"""What a query of a Prometheus gives: at one moment, and over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from ..core.text import clean
from ..provider import Malformed, ProviderError
from .prom_api import Api
from .records import UNREADABLE, members

T = TypeVar("T")

_NAMED = 120  # characters of the labels that name a series


class Sample(msgspec.Struct, frozen=True):
    """A series, its value, and when that was so (seconds since the epoch)."""

    labels: Mapping[str, str]
    value: float
    at: float


class Result(msgspec.Struct, frozen=True):
    """What an instant query found, and what the server remarked."""

    samples: tuple[Sample, ...]
    remarks: tuple[str, ...] = ()


class Line(msgspec.Struct, frozen=True):
    """A series over time: (seconds since the epoch, value), oldest first; what is not finite is left out."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


class _WireSample(msgspec.Struct):
    metric: dict[str, str] = {}
    value: tuple[float, str] | None = None
    values: list[tuple[float, str]] = []


async def instant(api: Api, query: str, within: float) -> Result:
    """The values at this moment. Raises `ProviderError` for what cannot be asked, and where what comes is no number."""
    # `partial_response` is Thanos's: what some of its stores do not say must not look as if it were not there
    told = await api.ask("/query", [("query", query), ("timeout", f"{within:g}s"), ("partial_response", "false")])
    kind, raw = _result(told.data)
    if kind == "scalar":
        at, value = _read(raw, tuple[float, str])
        return Result((Sample({}, number(value), at),), told.remarks)
    if kind != "vector":
        wants = {
            "string": "a text, not a number",
            "matrix": "a range of time: take it through rate, avg_over_time or the like",
        }
        raise ProviderError(f"the query gives {wants.get(kind, clean(kind, 40) or 'nothing that is known')}")
    samples = []
    for each in _read(raw, list[_WireSample]):
        if each.value is None:
            raise ProviderError("the query gives native histograms: take them through histogram_quantile or histogram_avg")
        samples.append(Sample(each.metric, number(each.value[1]), each.value[0]))
    return Result(tuple(samples), told.remarks)


async def over_time(api: Api, query: str, start: float, end: float, step: float, within: float) -> tuple[Line, ...]:
    """The values from ``start`` to ``end`` (seconds since the epoch), ``step`` seconds apart. Raises as `instant`."""
    asked = [
        ("query", query),
        ("start", f"{start:.3f}"),
        ("end", f"{end:.3f}"),
        ("step", f"{step:.3f}"),
        ("timeout", f"{within:g}s"),
    ]
    told = await api.ask("/query_range", asked)
    kind, raw = _result(told.data)
    if kind != "matrix":
        raise Malformed("it answered no series")
    lines = ((each.metric, [(at, number(value)) for at, value in each.values]) for each in _read(raw, list[_WireSample]))
    return tuple(Line(labels, tuple(point for point in points if math.isfinite(point[1]))) for labels, points in lines)


def number(text: str) -> float:
    """A value as Prometheus writes it: ``9.7e-01``, ``+Inf``, ``NaN``; NaN for what is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def named(sample: Sample, among: Sequence[Sample]) -> str:
    """What tells a series from the others: the labels in which they differ; all of its labels where it is alone."""
    own = {name: value for name, value in sample.labels.items() if name != "__name__"}
    if len(among) > 1:
        differing = {name for name in own if any(each.labels.get(name) != own[name] for each in among)}
        own = {name: own[name] for name in own if name in differing} or own
    return clean(", ".join(f"{name}={value}" for name, value in sorted(own.items())), _NAMED)


def _result(data: bytes) -> tuple[str, msgspec.Raw]:
    there = members(data)
    if "result" not in there:
        raise Malformed("it answered no result")
    return str(_read(there.get("resultType", msgspec.Raw(b'""')), str)), there["result"]


def _read(raw: msgspec.Raw, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except UNREADABLE as error:
        raise Malformed("it answered a result that cannot be read") from error
