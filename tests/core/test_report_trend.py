"""Is it getting easier: the verdict against all orders that chance could have made, and against published tables."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from cockpit.core import report_trend
from cockpit.core.report_trend import LEAST, Trend, Verdict, chance, score, sen, trend


def plain(counts: tuple[int, ...]) -> float:
    """The chance, by going through every order."""
    found = abs(score(counts))
    orders = list(permutations(counts))
    return sum(abs(score(each)) >= found for each in orders) / len(orders)


@pytest.mark.parametrize("seed", range(30))
def test_the_chance_is_that_of_all_orders(seed: int) -> None:
    luck = random.Random(seed)
    counts = tuple(luck.choice((0, 0, 1, 2, 3, 7)) for _ in range(luck.randint(2, 7)))
    assert chance(counts) == pytest.approx(plain(counts))


@pytest.mark.parametrize(
    # upper-tail probabilities of Kendall's S without ties (Gilbert 1987, table A18), twice
    ("many", "swaps", "p"), [(5, 0, 0.0167), (5, 1, 0.0834), (8, 4, 0.0142), (8, 6, 0.062), (10, 11, 0.046), (10, 10, 0.028)],
)  # fmt: skip
def test_it_is_that_of_the_tables(many: int, swaps: int, p: float) -> None:
    row, left = list(range(many)), swaps
    while left:
        for place in range(many - 1):
            if left and row[place] < row[place + 1]:
                row[place], row[place + 1] = row[place + 1], row[place]
                left -= 1
    assert score(row) == many * (many - 1) // 2 - 2 * swaps
    assert chance(row) == pytest.approx(p, rel=0.03)


def test_of_many_weeks_the_approximation_is_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    luck = random.Random(7)
    rows = [[luck.randint(0, 6) + week // 6 for week in range(20)] for _ in range(40)]
    exact = [chance(row) for row in rows]
    monkeypatch.setattr(report_trend, "_EXACT", 0)
    assert [chance(row) for row in rows] == pytest.approx(exact, abs=0.01)
    assert chance([4] * 30) == 1.0


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ((), Verdict.UNKNOWN), ((5,), Verdict.UNKNOWN), ((4, 3, 2, 1), Verdict.UNKNOWN),
        ((0,) * 9, Verdict.QUIET), ((5, 4, 3, 2, 1), Verdict.EASIER), ((1, 2, 3, 4, 5), Verdict.HARDER),
        ((3,) * 12, Verdict.LEVEL), ((1, 0, 2, 0, 1, 3, 0, 2), Verdict.LEVEL),
        ((0, 0, 0, 0, 0, 0, 0, 40), Verdict.LEVEL), ((9, 8, 9, 7, 6, 4, 5, 2, 3, 1, 0, 1), Verdict.EASIER),
    ],
)  # fmt: skip
def test_a_trend_is_told_only_where_chance_would_hardly_make_it(counts: tuple[int, ...], verdict: Verdict) -> None:
    assert trend(counts).verdict is verdict


def test_noise_is_seldom_taken_for_a_trend() -> None:
    luck = random.Random(11)
    told = sum(
        trend([luck.choice((0, 0, 0, 1, 1, 2, 9)) for _ in range(12)]).verdict in (Verdict.EASIER, Verdict.HARDER)
        for _ in range(1000)
    )
    assert told <= 65, "one in twenty, and what chance makes of a thousand"


def test_what_it_says_names_the_figures() -> None:
    found = trend([9, 8, 7, 6, 0, 2, 1, 0, 1])
    assert (found.weeks, found.before, found.after) == (9, 7.5, 1.0)
    assert found.says == "easier: fires and broken nights went from 7.5 to 1.0 a week (9 weeks)"
    assert found.slope == sen([9, 8, 7, 6, 0, 2, 1, 0, 1])
    assert found.p is not None
    assert 0 < found.p < 0.05
    assert trend([1]).says == f"too little to tell: 1 week known as a whole, it takes {LEAST}"
    assert trend([0] * 6).says == "quiet: no fires and no broken nights in 6 weeks"
    assert trend([1]) == Trend(verdict=Verdict.UNKNOWN, weeks=1)


@pytest.mark.parametrize(("counts", "slope"), [((1, 2, 3), 1.0), ((5, 5, 5, 5), 0.0), ((0, 10, 0, 1), 1 / 6), ((3, 1), -2.0)])
def test_the_slope_is_the_median_of_all_pairs(counts: tuple[int, ...], slope: float) -> None:
    assert sen(counts) == pytest.approx(slope)


def test_weeks_of_which_nothing_is_known_lie_between_the_others_all_the_same() -> None:
    assert sen((0, 2, 4), (0, 2, 4)) == 1.0, "two more each other week is one a week"
    assert sen((9, 8, 2, 1), (0, 1, 7, 8)) == pytest.approx(-1.0)
    gone = trend((9, 8, 7, 6, 1, 0), (0, 1, 2, 3, 8, 9))
    assert gone.slope == pytest.approx(-1.0)
    assert gone.p == trend((9, 8, 7, 6, 1, 0)).p, "which week had more does not hang on how far apart they are"
