#!/usr/bin/env python
"""Groups among 100,000 alerts of twelve labels: a storm that begins, goes on and is opened, and all of them grouped by two labels.

``python bench/groups.py``. What is made in slices of 5 ms is told with its longest slice: no key waits longer. Each figure is the
median of several, in milliseconds of this machine, beside the time to sort the same alerts once.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

from cockpit.core.alerts import AlertState, Ref, Severity
from cockpit.core.packed import Packer
from cockpit.core.ranking import Ranking
from cockpit.core.rows import Row, rank
from cockpit.core.stormrule import StormRule
from cockpit.core.storms import Storms
from cockpit.ui.collapsing import Collapsing
from cockpit.ui.sieve import Passed

NOW = datetime(2026, 11, 25, 3, 12, tzinfo=UTC)
MANY, STORM, CHANGED, TIMES = 100_000, 400, 1000, 7
SLICE = 0.005
PACKER = Packer()
RANDOM = random.Random(1)


def row(number: int, ago: float, name: str = "") -> Row:
    """An alert as Prometheus makes them."""
    labels = {
        "alertname": name or f"Alert{number % 50}", "cluster": f"prod-eu-{number % 8}", "env": "production", "region": "eu",
        "instance": f"10.{number % 20}.{number % 250}.{number % 7}:9100", "job": f"job-{number % 30}", "severity": "warning",
        "namespace": f"shop-{number % 50}", "pod": f"pod-{number:x}-{RANDOM.random():.6f}", "prometheus": f"k8s-{number % 8}",
        "service": f"service-{number % 200}", "team": f"team-{number % 20}",
    }  # fmt: skip
    alert = PACKER.packed(
        labels, {"summary": f"it is {number}"}, "", f"it is {number}", ref=Ref("am", f"{number:016x}"), name=labels["alertname"],
        severity=Severity(1 + number % 4), state=AlertState.FIRING, where=labels["instance"],
        started_at=NOW - timedelta(seconds=ago),
    )  # fmt: skip
    return Row(alert)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    start = perf_counter()
    work()
    return 1000 * (perf_counter() - start)


class List:
    """The alert list as the screen feeds it."""

    def __init__(self, every: Ranking) -> None:
        self.every = every
        self.storms = Storms(StormRule())
        self.made = Collapsing(self.storms, ("cluster",))
        self.show(every)

    def show(self, every: Ranking) -> tuple[float, float]:
        """New facts; gives the time in all, and the longest slice."""
        self.every = every
        first = timed(lambda: self.made.take(Passed(every, every, {}, 1.0), every, self.storms.take(every, NOW)))
        slices = [first]
        while self.made.busy:
            slices.append(timed(lambda: self.made.step(SLICE)))
        slices[-1] += timed(lambda: len(self.made.listed))
        return sum(slices), max(slices)

    def grouped(self) -> tuple[float, float]:
        """Everything grouped by two labels."""
        self.made.regroup(("namespace", "cluster"))
        return self.show(self.every)

    def opened(self) -> float:
        """A group opened: until its first row can be drawn."""
        key = next(iter(self.made._groups))  # any of them

        def work() -> Row | object:
            self.made.open(key)
            return self.made.listed[0]

        return timed(work)


def said(what: str, found: list[tuple[float, float]]) -> None:
    """A line of figures."""
    print(f"{what:<58} {median(all for all, _ in found):8.1f} ms   longest slice {median(worst for _, worst in found):6.1f} ms")


def main() -> None:
    """Measure, and print."""
    rows = [row(number, 86400 + number) for number in range(MANY)]
    every = Ranking(rows)
    gc.collect()
    gc.freeze()
    RANDOM.shuffle(rows)
    print(f"{'sorting ' + format(MANY, ',') + ' alerts once':<58} {timed(lambda: sorted(rows, key=rank)):8.1f} ms")
    began, changed, grouped, opened = [], [], [], []
    for _ in range(TIMES):
        made = List(every)
        stormy = every.put([row(MANY + number, number % 40, "NodeDown") for number in range(STORM)])
        began.append(made.show(stormy))
        changed.append(made.show(stormy.put([row(number, 86400 + number) for number in RANDOM.sample(range(MANY), CHANGED)])))
        opened.append((made.opened(), 0.0))
        made.made.close()
        grouped.append(made.grouped())
    said(f"a storm of {STORM} begins", began)
    said(f"{CHANGED:,} others change while it goes on", changed)
    said("all of them grouped by two labels", grouped)
    print(f"{'its group opened':<58} {median(all for all, _ in opened):8.2f} ms")


if __name__ == "__main__":
    main()
