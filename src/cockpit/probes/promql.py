"""``promql``: what does a query of a Prometheus give?"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal
from urllib.parse import urlsplit

import msgspec

from ..core.text import clean
from ..core.traps import TrapState
from ..core.units import Bound, say_number
from ..provider import Host, HttpSettings, ProbeError, ProviderError, Reading
from ..providers.prom_api import Api
from ..providers.prom_query import Result, Sample, instant, named
from ..providers.promql_tokens import NotRead, check

_VALUES = ("value", "max", "min")


class PromqlConfig(HttpSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``query`` is asked for its value now, of the Prometheus at ``url`` or what speaks like one. ``empty`` says what it means that
    it finds nothing: ``blind``, ``ok`` or ``trip``. The trap's ``warn`` and ``trip`` say which of several series is the worst.
    """

    url: str
    query: str
    empty: Literal["blind", "ok", "trip"] = "blind"
    warn: Bound | None = None
    trip: Bound | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url must begin with http:// or https:// and name a host")
        try:
            check(self.query)
        except NotRead as error:
            raise ValueError(f"query cannot be read: {error}") from None
        if self.warn is None and self.trip is None and self.empty != "trip":
            raise ValueError("it can never warn or trip: write a warn or a trip, on value, max, min or count")


class Promql:
    """A query that finds several series is judged by the worst of them, and says which that is.

    Cannot see: no answer, an error, a result that is no number. NaN is none: it makes the trap blind, unless another series
    trips it. With ``empty = "ok"``, a query that finds nothing meets no bound on ``value``, ``max`` or ``min``; its ``count`` is 0.
    """

    Config: ClassVar[type[msgspec.Struct]] = PromqlConfig
    readings: ClassVar[Mapping[str, str]] = {
        "value": "the query's value; of several series the one that is worst by the bound",
        "max": "the highest value",
        "min": "the lowest value",
        "count": "how many series it finds",
    }

    def __init__(self, config: PromqlConfig, host: Host) -> None:
        self._config, self._host = config, host
        self._api: Api | None = None

    @property
    def subject(self) -> str:
        """The query."""
        return clean(self._config.query, 200)

    async def look(self) -> Reading:
        """Ask once."""
        config = self._config
        try:
            api = self._api = self._api or Api(self._host.http(config.url, config, "a Prometheus"))
            try:
                found = await instant(api, config.query, float(config.within))
            finally:
                await api.close()  # its connections: each look has a loop of its own
        except ProviderError as error:
            raise ProbeError(str(error)) from error
        return self._read(found)

    def _read(self, found: Result) -> Reading:
        samples = found.samples
        if not samples:
            return self._nothing()
        seen = [each for each in samples if not math.isnan(each.value)]
        worst = max(seen, key=self._badness, default=None)
        unseen = [each for each in samples if math.isnan(each.value)]
        if worst is None or (unseen and not self._trips(worst, seen, len(samples))):
            which = named(unseen[0], samples)
            more = f" and {len(unseen) - 1} more of {len(samples)} series" if len(unseen) > 1 else ""
            raise ProbeError(f"the query gives NaN{f' for {which}' if which else ''}{more}: nothing can be said of that")
        values = _values(worst, seen, len(samples))
        return Reading(values, self._says(worst, samples, found.remarks))

    def _nothing(self) -> Reading:
        match self._config.empty:
            case "ok":
                return Reading({"count": 0.0}, "the query finds nothing", lacks=_VALUES)
            case "trip":
                return Reading({"count": 0.0}, "the query finds nothing", TrapState.TRIPPED)
            case _:
                raise ProbeError('the query finds nothing; if that is right, set empty = "ok" (or "trip")')

    def _trips(self, worst: Sample, seen: Sequence[Sample], many: int) -> bool:
        bound = self._config.trip
        return bound is not None and bound.holds(_values(worst, seen, many).get(bound.metric, math.nan))

    def _badness(self, sample: Sample) -> tuple[bool, bool, float]:
        """More is worse: meets ``trip``, meets ``warn``, is farther on in the direction that these look to."""
        bounds = [each if each is not None and each.metric in _VALUES else None for each in (self._config.trip, self._config.warn)]
        trips, warns = (each is not None and each.holds(sample.value) for each in bounds)
        leading = next((each for each in bounds if each is not None), None)
        falling = leading is not None and leading.op.startswith("<")
        return trips, warns, -sample.value if falling else sample.value

    def _says(self, worst: Sample, samples: Sequence[Sample], remarks: Sequence[str]) -> str:
        which = named(worst, samples)
        of = f"worst of {len(samples)}" if len(samples) > 1 else ""
        told = f"it remarks: {remarks[0]}" if remarks else ""
        return ", ".join(part for part in (say_number(worst.value), which, of, told) if part)


def _values(worst: Sample, seen: Sequence[Sample], many: int) -> dict[str, float]:
    numbers = [each.value for each in seen]
    return {
        "value": _finite(worst.value),
        "max": _finite(max(numbers)),
        "min": _finite(min(numbers)),
        "count": float(many),
    }


def _finite(value: float) -> float:
    """Infinity is beyond every bound; a reading holds the greatest number instead."""
    return math.copysign(sys.float_info.max, value) if math.isinf(value) else value
