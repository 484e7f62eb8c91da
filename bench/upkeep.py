#!/usr/bin/env python
"""What acknowledgements of a storm cost at each poll: 100,000 alerts of an Alertmanager that are hushed by 1,000 of our silences,
each of which is looked at, and none of which is due.

``python bench/upkeep.py``. Milliseconds of this machine, the median of several, and their ratio to `json.loads` of as many alerts,
which is the least that whoever reads all of them with Python alone pays.
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from statistics import median
from time import perf_counter

from cockpit.providers.am_acks import PREFIX
from cockpit.providers.am_keep import Upkeeper
from cockpit.providers.am_silences import Silencer
from subject import versions
from support.acknowledged import NOW, acknowledged, nowhere

MANY, SILENCES, TIMES = 100_000, 1_000, 7


def main() -> None:
    """Measure and print."""
    cluster, known = nowhere(), acknowledged(MANY, SILENCES, timedelta(minutes=14))
    keeper = Upkeeper(cluster, Silencer(cluster), timedelta(minutes=15), None, PREFIX)
    alike = [{"labels": {f"label{n}": f"value {number}" for n in range(12)}} for number in range(MANY)]
    body = json.dumps(alike)
    ours: list[float] = []
    plain: list[float] = []
    for _ in range(TIMES):
        start = perf_counter()
        done = asyncio.run(keeper.keep(known, NOW))
        ours.append(1000 * (perf_counter() - start))
        assert done == [], "none was due"  # what is measured must be what is said
        start = perf_counter()
        json.loads(body)
        plain.append(1000 * (perf_counter() - start))
    print(versions())
    print(f"{MANY:,} alerts acknowledged by {SILENCES:,} silences, kept up: {median(ours):.0f} ms")
    print(f"  json.loads of as many: {median(plain):.0f} ms")
    print(f"  ratio {median(one / other for one, other in zip(ours, plain, strict=True)):.2f}")


if __name__ == "__main__":
    main()
