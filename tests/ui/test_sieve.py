"""The filter over very many alerts: slice by slice, kept up to date, and never wrong when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.filters import parse
from cockpit.core.ranking import Ranking
from cockpit.core.rows import Row, rank
from cockpit.core.terms import texts_of
from cockpit.core.view import View
from cockpit.ui.sieve import Sieve
from cockpit.ui.sifting import Sifting
from cockpit.ui.texts import CHUNK, Texts

T0 = datetime(2026, 11, 23, 3, 12, 44, tzinfo=UTC)
WHERE = ("web-1", "web-2", "db-1", "Straße-7", "東京")
FILTERS = (
    "", "web", "!web", "WEB-1", "web db", "-1 !web !db", "strasse", "instance=web-2", "instance!=web-2", 'instance=~"web-.*"',
    "@state=firing", "@severity>=warning web", "@age>2m", "@age<3m @state=firing", "@mine", "!@mine web", "@source=am",
    "@receiver=team web", "trap=disk",
    "severity=warning", '"-1" @age>=1m',
)  # fmt: skip
ME = ("ana",)


def row(number: int, age: float, place: int, state: AlertState, who: str) -> Row:
    where = WHERE[place]
    return Row(
        Alert(
            ref=Ref("am" if number % 2 else "pd", f"{number}"),
            name=f"A{number % 3}",
            where=where,
            severity=Severity(number % len(Severity)),
            state=state,
            labels={"instance": where, "team": "db"},
            started_at=T0 - timedelta(seconds=age),
            acknowledged_by=who,
            trap="disk" if number % 5 == 0 else "",
        )
    )


ROWS = st.lists(
    st.builds(
        row,
        st.integers(0, 30),
        st.integers(0, 300),
        st.integers(0, len(WHERE) - 1),
        st.sampled_from(AlertState),
        st.sampled_from(["", "ana", "bo"]),
    ),
    max_size=10,
)


def expected(rule: str, every: Ranking, now: datetime) -> list[Row]:
    return [each for each in every if parse(rule).matches(each.alert, now, ME)]


def finished(sieve: Sieve) -> Sieve:
    while not sieve.done:
        sieve.step(0.0)
    return sieve


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FILTERS), ROWS, st.lists(st.tuples(ROWS, st.integers(0, 200), st.integers(0, 3)), max_size=5), st.booleans())
def test_when_it_is_done_it_holds_what_the_filter_says(
    rule: str, first: list[Row], steps: Sequence[tuple[list[Row], int, int]], worded: bool
) -> None:
    every, now = Ranking(first), T0
    texts = Texts(every) if worded else None
    sieve = Sieve(parse(rule), every, ME, now, texts, next(iter(every), None))
    for rows, seconds, slices in steps:
        for _ in range(slices):
            sieve.step(0.0)
        now += timedelta(seconds=seconds)
        later = every.put(rows[1:], [each.alert.ref for each in rows[:1]])
        change = later.since(every)
        if texts is not None and change is not None:
            texts.add(change.come)
        every = later
        assert sieve.take(every, ME, now)
        passed = sieve.passed
        assert [passed.place(each.alert.ref) for each in passed] == list(range(len(passed)))
        assert list(passed) == sorted(passed, key=rank)
    assert list(finished(sieve).passed) == expected(rule, every, now)
    if texts is not None:
        again = Sieve(parse(rule), every, ME, now, texts)
        assert list(finished(again).passed) == expected(rule, every, now)


@given(st.sampled_from(FILTERS), ROWS)
def test_the_needles_stand_in_whatever_the_filter_lets_through(rule: str, rows: list[Row]) -> None:
    for each in expected(rule, Ranking(rows), T0):
        assert all(any(needle in text.casefold() for text in texts_of(each.alert)) for needle in parse(rule).needles)


@pytest.mark.parametrize(
    ("rule", "needle"),
    [
        ("web", "web"),
        ("!web", ""),
        ("Team=Straße", "strasse"),
        ("severity=warning", ""),
        ('a=~"web-[0-9]+"', "web-"),
        ('a=~".*web.?x"', "web"),
        ('a=~"webs?"', "web"),
        ('a=~"web|db"', ""),
        ('a=~"(?i)web"', ""),
        ("@who=ana", ""),
        ("@source=am-prod", "am-prod"),
    ],
)
def test_the_text_that_is_looked_for(rule: str, needle: str) -> None:
    assert parse(rule).needles == {needle} - {""}


def crowd(many: int) -> Ranking:
    return Ranking(row(n, n % 977, n % len(WHERE), AlertState.FIRING, "") for n in range(many))


def test_the_rows_around_the_cursor_come_first_and_the_head_of_the_list_next() -> None:
    every = crowd(8 * CHUNK)
    near = every[5 * CHUNK + 100]
    sieve = Sieve(parse("!nothing"), every, ME, T0, Texts(every), near)
    sieve.step(0.0)
    at = sieve.passed.place(near.alert.ref)
    assert at is not None
    assert not sieve.done
    assert 0 < sieve.passed.looked < 1
    assert sieve.passed.place(every[5 * CHUNK + 60].alert.ref) == at - 40
    sieve.step(0.0)
    assert sieve.passed[0] is every[0]


def test_an_alert_that_came_of_age_is_let_through_though_nothing_else_changed() -> None:
    every = Ranking([row(1, 100, 0, AlertState.FIRING, ""), row(3, 5, 0, AlertState.FIRING, "")])
    sieve = finished(Sieve(parse("@age>2m"), every, ME, T0))
    assert len(sieve.passed) == 0
    assert sieve.tick(T0 + timedelta(seconds=20))
    assert sieve.done, "nobody has come of age yet"
    assert sieve.tick(T0 + timedelta(seconds=21))
    assert [each.alert.ref.id for each in finished(sieve).passed] == ["1"]
    assert not sieve.tick(T0), "the clock was set back: all of it has to be looked at again"


def view(every: Ranking, me: tuple[str, ...] = ME) -> View:
    return View(now=T0, alerts=every, me=me)


def sifting(every: Ranking) -> Sifting:
    made = Sifting(T0)
    made.take(view(every), T0)
    made.step(0.0)
    return made


def test_what_was_shown_stays_until_there_is_something_else() -> None:
    every = crowd(8 * CHUNK)
    only = Ranking([*every, row(8 * CHUNK + 1, 2000, 1, AlertState.RESOLVED, "bo")])
    sift = sifting(only)
    sift.choose(parse("@who=bo"), view(only), T0, only[0].alert.ref)
    assert not sift.step(0.0)
    assert len(sift.sieve.passed) == len(only), "one chunk of many is looked at"
    while not sift.step(0.0):
        assert sift.busy
    assert [each.alert.acknowledged_by for each in sift.sieve.passed] == ["bo"]


def test_a_beginning_that_comes_to_nothing_changes_nothing_until_it_is_meant() -> None:
    every = crowd(40)
    sift = sifting(every)
    sift.choose(parse("instance=w"), view(every), T0, tentative=True)
    assert not sift.step(1.0)
    assert (len(sift.sieve.passed), sift.busy) == (40, False)
    sift.choose(parse("instance=web-1"), view(every), T0, tentative=True)
    assert sift.step(1.0)
    assert {each.alert.where for each in sift.sieve.passed} == {"web-1"}
    sift.choose(parse("instance=web-1x"), view(every), T0, tentative=True)
    assert not sift.step(1.0)
    sift.choose(parse("instance=web-1x"), view(every), T0)
    assert sift.step(1.0)
    assert len(sift.sieve.passed) == 0


def test_facts_that_came_of_nowhere_are_all_looked_at_before_the_list_is_another() -> None:
    sift = sifting(crowd(8 * CHUNK))
    sift.choose(parse("web"), view(crowd(8 * CHUNK)), T0)
    sift.step(9.0)
    before = sift.sieve.passed
    other = crowd(9 * CHUNK)
    sift.take(view(other), T0)
    sift.step(0.0)
    assert list(sift.sieve.passed) == list(before)
    while sift.busy:
        assert not sift.step(0.0), "it is no other filter"
    assert list(sift.sieve.passed) == expected("web", other, T0)


def test_somebody_who_is_somebody_else_now_has_other_alerts() -> None:
    every = Ranking([row(1, 1, 0, AlertState.ACKNOWLEDGED, "ana"), row(2, 1, 0, AlertState.ACKNOWLEDGED, "bo")])
    sift = sifting(every)
    sift.choose(parse("@mine"), view(every), T0)
    sift.step(1.0)
    assert [each.alert.acknowledged_by for each in sift.sieve.passed] == ["ana"]
    sift.take(view(every, ("bo",)), T0)
    sift.step(1.0)
    assert [each.alert.acknowledged_by for each in sift.sieve.passed] == ["bo"]


def test_words_are_ready_before_they_are_typed_and_forgotten_after() -> None:
    every = crowd(8 * CHUNK)
    sift = sifting(every)
    assert not sift.busy
    sift.expect()
    assert sift.busy
    while sift.busy:
        sift.step(0.0005)
    sift.rest()
    sift.choose(parse("db-1"), view(every), T0)
    while sift.busy:
        sift.step(0.0)
    assert list(sift.sieve.passed) == expected("db-1", every, T0)
