"""Readings that only count time: the age of a file or of a beat, how long something has run."""

from __future__ import annotations

from itertools import pairwise

from .backtest import Points

ROUNDS = 3
"""So often something must have been renewed for its age to be late."""
LATE = 1.1
"""It is late at so many times the longest time that it ever took."""
_MOSTLY, _UNEVEN = 0.8, 0.1  # of the steps; of the time between two readings


def only_counts(before: Points, recent: Points) -> bool:
    """Whether ``recent`` says no more than that time has passed: it grows by a second each second, as what nobody touches does,
    and so stands higher than ever before each trouble. It says more where what was read ``before`` did not count time (a lag that
    stood at 0), and where something is late that had come `ROUNDS` times at least in that."""
    if not (_counts(recent) and _counts(before)):
        return False
    rounds = [a[1] for a, b in pairwise(before) if b[1] < a[1]]
    return len(rounds) < ROUNDS or max(value for _, value in recent) <= LATE * max(rounds)


def _counts(points: Points) -> bool:
    """Whether most steps of a reading are as long as the time that they took, and all of those together are, too: where looks
    are a second apart, each step of what stands still is no more than a second off."""
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
    counting = [step for step in steps if abs(step[1] - step[0]) <= max(1.0, _UNEVEN * step[0])]
    passed, grown = (sum(step[n] for step in counting) for n in (0, 1))
    return bool(steps) and len(counting) >= _MOSTLY * len(steps) and grown >= _MOSTLY * passed
