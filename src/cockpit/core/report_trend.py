"""Is it getting easier? A verdict on counts per week that says so only where chance would hardly have made it look like that.

The Mann–Kendall test for a monotonic trend: H. B. Mann, "Nonparametric tests against trend", Econometrica 13 (1945), 245–259;
M. G. Kendall, "Rank Correlation Methods" (1948), with the correction for ties; as in R. O. Gilbert, "Statistical Methods for
Environmental Pollution Monitoring" (1987), section 16.4. It asks only which of two weeks had more, so that one stormy week moves it
no further than a bad one, and it needs no shape of the counts. The slope is the median of those between all pairs of weeks (P. K.
Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968), 1379–1389).
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from math import erfc, sqrt

import msgspec

from .markdown import BARS

LEAST = 5
"""Fewer weeks can show no trend: of four that fall one after the other, chance makes one in twelve."""
LEVEL = 0.05
"""A trend that chance alone would show more often than this, in either direction, is none."""
_EXACT = 20  # of more weeks the normal approximation is as good (Gilbert: from ten on)


class Verdict(enum.Enum):
    """``EASIER``: the counts fall. ``HARDER``: they rise. ``LEVEL``: neither can be told from chance. ``QUIET``: nothing happened
    in any week. ``UNKNOWN``: too few weeks are known to tell."""

    EASIER = "easier"
    HARDER = "harder"
    LEVEL = "no trend"
    QUIET = "quiet"
    UNKNOWN = "too little to tell"


_SIGNS = {Verdict.EASIER: "↓", Verdict.HARDER: "↑", Verdict.LEVEL: "=", Verdict.QUIET: "✓"}


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """What ``weeks`` whole weeks, one count each, come to. ``p`` is the two-sided probability that chance alone would show so much
    of a trend (``None`` where it was not tested), ``slope`` the median change from week to week; ``before`` and ``after`` are the
    means of the first and the last half of the weeks, of an odd number without the one in the middle."""

    verdict: Verdict
    weeks: int
    p: float | None = None
    slope: float | None = None
    before: float = 0.0
    after: float = 0.0

    @property
    def sign(self) -> str:
        """A glyph before what it says: which way it goes; "" where that is not known."""
        return _SIGNS.get(self.verdict, "")

    @property
    def says(self) -> str:
        """In a line, for people, behind the `sign`."""
        known = f"{self.weeks} week{'s' * (self.weeks != 1)}"
        match self.verdict:
            case Verdict.UNKNOWN:
                return f"too little to tell: {known} known as a whole, it takes {LEAST}"
            case Verdict.QUIET:
                return f"quiet: no fires and no broken nights in {known}"
            case Verdict.LEVEL:
                return f"no clear trend: fires and broken nights {self.before:.1f}, then {self.after:.1f} a week ({known})"
        return f"{self.verdict.value}: fires and broken nights went from {self.before:.1f} to {self.after:.1f} a week ({known})"


def chances(p: float) -> str:
    """A probability for people: ``p = 0.017``."""
    return f"p = {p:.2g}" if p >= 0.001 else "p < 0.001"


def bars(counts: Sequence[int]) -> str:
    """One sign for each week, as high as its count: the lowest for nothing, the highest for the worst week."""
    most = max(counts, default=0)
    return "".join(BARS[-(-count * (len(BARS) - 1) // most) if most else 0] for count in counts)


def trend(counts: Sequence[int], weeks: Sequence[int] = ()) -> Trend:
    """The verdict on whole weeks that are known, oldest first; ``weeks`` are their numbers, where others lie between them."""
    many = len(counts)
    if many < LEAST:
        return Trend(verdict=Verdict.UNKNOWN, weeks=many)
    if not any(counts):
        return Trend(verdict=Verdict.QUIET, weeks=many)
    half = many // 2
    p, slope = chance(counts), sen(counts, weeks)
    verdict = Verdict.LEVEL if p > LEVEL else Verdict.EASIER if score(counts) < 0 else Verdict.HARDER
    return Trend(
        verdict=verdict, weeks=many, p=p, slope=slope, before=sum(counts[:half]) / half, after=sum(counts[-half:]) / half
    )  # fmt: skip


def score(counts: Sequence[float]) -> int:
    """Kendall's S: pairs of weeks of which the later has more, less those of which it has fewer."""
    return sum((late > early) - (late < early) for early, late in combinations(counts, 2))


def sen(counts: Sequence[float], weeks: Sequence[int] = ()) -> float:
    """The median of the changes per week between all pairs of weeks; ``weeks`` are their numbers (none: one follows the other)."""
    pairs = combinations(zip(weeks or range(len(counts)), counts, strict=True), 2)
    slopes = sorted((late - early) / (after - before) for (before, early), (after, late) in pairs)
    middle = len(slopes) // 2
    return slopes[middle] if len(slopes) % 2 else (slopes[middle - 1] + slopes[middle]) / 2


def chance(counts: Sequence[float]) -> float:
    """How probable it is (0–1) that the same counts, in an order that chance alone made, show an S at least as far from zero:
    exactly for few weeks, by the normal approximation with corrections for ties and continuity for more."""
    ties, found = tuple(Counter(counts).values()), abs(score(counts))
    if len(counts) > _EXACT:
        spread = sqrt(_variance(len(counts), ties))
        return erfc(max(0, found - 1) / spread / sqrt(2)) if spread else 1.0
    orders = _inversions(len(counts), ties)
    pairs = len(orders) - 1  # of unlike weeks, all of which a falling row has the wrong way round: S = pairs - 2 × inversions
    hits = sum(many for wrong, many in enumerate(orders) if abs(pairs - 2 * wrong) >= found)
    return hits / sum(orders)


def _variance(many: int, ties: Iterable[int]) -> float:
    """Of S among all orders (Kendall)."""
    return (many * (many - 1) * (2 * many + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18


def _inversions(many: int, ties: Sequence[int]) -> list[int]:
    """How many orders of the weeks have 0, 1, 2, … inversions: the coefficients of the q-multinomial (P. A. MacMahon,
    "Combinatory Analysis", 1915)."""
    row = [1]
    for n in range(2, many + 1):
        row = _times(row, n)
    for tie in ties:
        for n in range(2, tie + 1):
            row = _over(row, n)
    return row


def _times(row: Sequence[int], n: int) -> list[int]:
    """The polynomial times 1 + q + … + q^(n-1)."""
    made = [0] * (len(row) + n - 1)
    for place, many in enumerate(row):
        for more in range(n):
            made[place + more] += many
    return made


def _over(row: Sequence[int], n: int) -> list[int]:
    """The polynomial divided by 1 + q + … + q^(n-1), which it is a multiple of."""
    made: list[int] = []
    for place in range(len(row) - n + 1):
        made.append(row[place] - sum(made[max(0, place - n + 1) : place]))
    return made
