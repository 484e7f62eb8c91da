"""Answers are accepted record by record; what has not changed is the very same object, however much came with it (safety 15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.engine.accepting import Accepting
from cockpit.provider import Answer, Malformed


def alert(number: int, summary: str = "", source: str = "am") -> Alert:
    return Alert(ref=Ref(source, str(number)), name="Down", severity=Severity.ERROR, state=AlertState.FIRING, summary=summary)


def answer(*records: Any) -> Answer[Any]:
    return Answer(records)


def accepted(accepting: Accepting, *records: Any) -> Sequence[Alert]:
    return accepting.accept("alerts", answer(*records)).records


def test_equal_records_stay_the_objects_that_were_accepted_first() -> None:
    accepting = Accepting("am")
    before = accepted(accepting, *map(alert, range(20)))
    assert accepted(accepting, *map(alert, range(20))) is before


def test_one_that_changed_in_its_place_leaves_the_others() -> None:
    accepting = Accepting("am")
    alerts = [alert(n) for n in range(20)]
    before = accepted(accepting, *alerts)
    alerts[7] = alert(7, "burns")
    after = accepted(accepting, *alerts)
    assert [n for n, (one, other) in enumerate(zip(before, after, strict=True)) if one is not other] == [7]
    assert after[7].summary == "burns"


def test_what_comes_goes_and_moves_leaves_the_others() -> None:
    accepting = Accepting("am")
    before = accepted(accepting, *map(alert, range(20)))
    after = accepted(accepting, *(alert(n) for n in (19, 3, 4, 99, 5)))
    assert [each.ref.id for each in after] == ["19", "3", "4", "99", "5"]
    assert all(each is before[int(each.ref.id)] for each in after if each.ref.id != "99")


def test_a_new_one_with_the_id_of_another_is_counted_and_not_believed() -> None:
    accepting = Accepting("am")
    alerts = [alert(n) for n in range(40)]
    accepted(accepting, *alerts)
    alerts[30] = alert(3, "again")
    answered = accepting.accept("alerts", answer(*alerts))
    assert (len(answered.records), answered.rejected) == (39, 1)
    assert answered.records[3].summary == ""


def test_one_that_is_no_good_is_looked_at_again_when_it_is_another() -> None:
    accepting = Accepting("am")
    alerts: list[Any] = [alert(n) for n in range(20)]
    alerts[4] = 7
    assert accepting.accept("alerts", answer(*alerts)).rejected == 1
    alerts[4] = alert(4)
    mended = accepting.accept("alerts", answer(*alerts))
    assert (mended.rejected, mended.records[4].ref.id) == (0, "4")
    alerts[4] = alert(4, source="elsewhere")
    assert accepting.accept("alerts", answer(*alerts)).rejected == 1


def test_what_was_cleaned_stays_the_same_clean_object() -> None:
    accepting = Accepting("am")
    dirty = alert(1, "\x1b[2J")
    (before,) = accepted(accepting, dirty)
    assert before.summary == "␛[2J"
    after = accepted(accepting, dirty, alert(2))
    assert after[0] is before


def test_what_is_no_answer_is_said() -> None:
    nonsense: Any = Answer(7)  # type: ignore[arg-type]  # that is the point of it
    with pytest.raises(Malformed, match="alerts gave int for its records"):
        Accepting("am").accept("alerts", nonsense)
    with pytest.raises(Malformed, match="alerts gave str, not an Answer"):
        Accepting("am").accept("alerts", "fine")


records = st.one_of(
    st.builds(
        alert, st.integers(0, 30), st.sampled_from(["", "burns", "\x1b[2J"]), st.sampled_from(["am", "am", "am", "elsewhere"])
    ),
    st.sampled_from([None, 7, "alert", msgspec.UNSET]),
)


@example([[alert(0, "", "am")], [None, alert(0, "", "am")]])
@given(st.lists(st.lists(records, max_size=30), min_size=2, max_size=5))
def test_it_accepts_what_it_would_without_a_memory(polls: list[list[Any]]) -> None:
    accepting = Accepting("am")
    for poll in polls:
        known, fresh = (each.accept("alerts", answer(*poll)) for each in (accepting, Accepting("am")))
        assert known == fresh
        assert len(known.records) + known.rejected == len(poll)
        again = accepting.accept("alerts", answer(*poll))
        assert all(one is other for one, other in zip(known.records, again.records, strict=True))
