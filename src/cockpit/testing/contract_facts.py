"""The part of the contract that is about facts: what is read is whole, its own, in UTC, in order, and the same
where nothing changed."""

from __future__ import annotations

import inspect
import math
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from ..capabilities import CAPABILITIES
from ..core.curves import Curve
from ..core.text import clean_block
from ..engine.accepting import Accepting
from ..engine.answers import CHECKS
from ..provider import Answer, capabilities
from .contract_sources import Sources, asked_all
from .must import have, must
from .walk import records_of, texts, times

_CANARY_FIELDS = re.compile(r"token|password|secret|api_?key|bearer", re.I)


class FactsContract(Sources):
    """See `contract.ProviderContract`, which has these tests among its own."""

    def test_it_has_a_config_whose_secrets_are_secrets(self) -> None:
        config = getattr(type(self.provider()), "Config", None)
        if not isinstance(config, type) or not issubclass(config, msgspec.Struct):
            raise AssertionError("Config is not a msgspec.Struct")
        must(config.__struct_config__.frozen, "Config is not frozen: class Config(msgspec.Struct, frozen=True)")
        for field in msgspec.structs.fields(config):
            if _CANARY_FIELDS.search(field.name):
                must("Secret" in str(field.type), f"Config.{field.name} sounds like a secret and is no cockpit.provider.Secret")

    def test_what_it_can_do_it_can_do_whole(self) -> None:
        provider = self.provider()
        must(capabilities(provider), "it can do nothing: none of the capabilities of cockpit.provider is complete")
        for kind in CAPABILITIES:
            methods = [name for name in vars(kind) if not name.startswith("_")]
            there = [name for name in methods if hasattr(provider, name)]
            missing = [name for name in methods if name not in there]
            must(not (there and missing), f"it has {', '.join(there)} but no {', '.join(missing)}: that is no {kind.__name__} yet")
            for name in there:
                waits = inspect.iscoroutinefunction(getattr(provider, name))
                plain = inspect.isfunction(vars(kind)[name]) and not inspect.iscoroutinefunction(vars(kind)[name])
                must(waits or plain, f"{name} is not a coroutine function (async def)")
                must(not (waits and plain), f"{name} is a coroutine function, and is called as a plain one (def)")

    def test_identities_are_unique_and_its_own(self) -> None:
        for kind, answer in self._answers(self.provider()).items():
            ids = [CHECKS[records_of(kind)][1](record) for record in answer.records]
            twice = [str(each) for each, count in Counter(ids).items() if count > 1]
            must(not twice, f"{kind}: {', '.join(twice)} comes more than once")
            for record in answer.records:
                source = record.ref.source if hasattr(record, "ref") else record.source
                must(source == self.name, f"{kind}: a record says it is from {source!r}, and this source is called {self.name!r}")

    def test_times_are_aware_and_in_utc(self) -> None:
        for kind, answer in self._answers(self.provider()).items():
            for path, time in times(answer.records):
                must(time.utcoffset() is not None, f"{kind}{path} has no zone: {time}")
                must(time.utcoffset() == timedelta(0), f"{kind}{path} is not in UTC: {time}")

    def test_polls_of_the_same_facts_compare_equal(self) -> None:
        async def twice(provider: Any) -> list[tuple[str, Answer[Any], Answer[Any]]]:
            first, second = await asked_all(provider), await asked_all(provider)
            return [(kind, answer, second[kind]) for kind, answer in first.items()]

        for kind, one, other in self._run(self.provider(), twice):
            must(one == other, f"{kind}: two polls of the same facts differ: {_first_difference(one, other)}")

    def test_the_engine_would_reject_none_of_its_records(self) -> None:
        for kind, answer in self._answers(self.provider()).items():
            taken = Accepting(self.name).accept(records_of(kind), answer)
            must(
                taken.rejected == answer.rejected, f"{kind}: {taken.remarks[-1] if taken.remarks else 'some records are unusable'}"
            )

    def test_series_are_in_order_and_clean(self) -> None:
        async def asked(provider: Any) -> None:
            can = capabilities(provider)
            traps = (await provider.traps()).records if "Traps" in can else ()
            alerts = (await provider.alerts()).records if "Alerts" in can else ()
            about = have(next(iter((*traps, *alerts)), None), "there is nothing whose series could be asked for")
            curve = await provider.series(about, self.now - timedelta(hours=6), self.now, 60)
            if curve is None:
                return
            must(isinstance(curve, Curve), f"series gave {type(curve).__name__}, not a Curve")
            must(len(curve.points) <= 62, f"there was room for 60 points and the newest, and it gave {len(curve.points)}")
            ats = [at for at, _ in curve.points]
            must(ats == sorted(ats), "the points are not in the order of their times")
            must(all(math.isfinite(value) for _, value in curve.points), "a point's value is not finite")
            for path, text in texts(curve):
                must(clean_block(text) == text, f"curve{path} is not clean: {text!r}; use cockpit.core.text.clean")

        self._if_it_can("Series", asked)


def _first_difference(one: Answer[Any], other: Answer[Any]) -> str:
    pairs: Iterator[tuple[object, object]] = zip(one.records, other.records, strict=False)
    return next((f"{a!r} and {b!r}" for a, b in pairs if a != b), f"{len(one.records)} and {len(other.records)} records")
