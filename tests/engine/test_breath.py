"""Long work rests now and then, and comes to the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.ranking import Ranking
from cockpit.core.rows import Row
from cockpit.engine import breath
from cockpit.engine.breath import REST, WORK, Breath
from cockpit.engine.renewing import difference

NOW = datetime(2026, 11, 25, 3, 12, tzinfo=UTC)
MANY = 3000


class Time:
    """Stands still but for those who sleep, and `pass_by`."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def perf_counter(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(breath, "time", made)
    return made


class Counted:
    """Counts the breaths that are taken."""

    def __init__(self) -> None:
        self.many = 0

    def __call__(self) -> None:
        self.many += 1


def alert(number: int, age: int) -> Alert:
    began = NOW - timedelta(seconds=age)
    return Alert(ref=Ref("am", str(number)), name="Down", severity=Severity.ERROR, state=AlertState.FIRING, started_at=began)


def rows(many: range, age: int = 0) -> list[Row]:
    return [Row(alert(number, number + age)) for number in many]


def test_it_rests_once_there_has_been_enough_work_and_then_not_before_there_has_been_as_much_again(time: Time) -> None:
    rest = Breath()
    rest()
    assert not time.slept
    time.now += WORK * 1.5
    rest()
    rest()
    assert time.slept == [REST]
    time.now += WORK * 1.5
    rest()
    assert time.slept == [REST, REST]


@pytest.mark.parametrize("many", [MANY, 500], ids=["sorted anew", "put in their places"])
def test_a_ranking_that_is_changed_with_rests_is_the_one_without(many: int) -> None:
    every, taken = Ranking(rows(range(MANY))), Counted()
    come, gone = rows(range(many), age=7), [Ref("am", str(number)) for number in range(MANY - 100, MANY)]
    changed = every.put(come, gone, taken)
    assert list(changed) == list(every.put(come, gone)) == list(Ranking([*rows(range(many, MANY - 100)), *come]))
    assert taken.many > many // 32


def test_what_differs_is_the_same_with_rests() -> None:
    before, taken = tuple(alert(number, 0) for number in range(MANY)), Counted()
    after = (*before[50:], *(alert(number, 1) for number in range(20)))
    assert difference(before, after, taken) == difference(before, after) == (list(before[:50]), list(after[-20:]))
    assert taken.many > MANY // 32
