"""``when``: every condition that can be read has an answer, and nothing in it is ever executed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.conditions import ConditionError, condition

VALUES = {"host": "web-3", "path": "/srv/a b", "empty": "", "odd-name": 'a"b'}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('host == "web-3"', True),
        ("host == 'web-3'", True),
        ('host != "web-3"', False),
        ('host =~ "web-[0-9]+"', True),
        ('host =~ "web"', False),  # the whole value, as in Prometheus
        ('host !~ "db-.*"', True),
        ('not host == "web-3"', False),
        ('not not host == "web-3"', True),
        ('host == "db" or path == "/srv/a b"', True),
        ('host == "db" and path == "/srv/a b" or host == "web-3"', True),
        ('host == "db" and (path == "/srv/a b" or host == "web-3")', False),
        ('odd-name == "a\\"b"', True),
        ("odd-name == 'a\"b'", True),
        ('empty == ""', True),
        ("host == host", True),
        ("host != path", True),
        ("host == never_given", False),
        ('never_given == ""', True),
        ('never_given != ""', False),
        ('path =~ "/srv/.*" and not (host == "a" or host == "b")', True),
    ],
)
def test_what_holds(text: str, holds: bool) -> None:
    assert condition(text).holds(VALUES) is holds


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 0, "not the end"),
        ("host", 4, "==, !=, =~ or !~"),
        ("host =~ web", 8, "a text in quotes"),
        ("host == ", 8, "a text in quotes"),
        ('host = "web"', 5, "not '='"),
        ('(host == "a"', 12, "a )"),
        ('host == "a" host == "b"', 12, "and, or, or the end"),
        ('host == "a" and', 15, "the name of a value"),
        ('host =~ "("', 10, "without its )"),
        ('__import__("os")', 10, "==, !=, =~ or !~"),
        ("(" * 30 + 'a == ""' + ")" * 30, 21, "more than 20"),
        ('a == "' + "x" * 1000 + '"', 1000, "at most 1000"),
    ],
)
def test_what_cannot_be_read_says_where_and_what_should_stand_there(text: str, column: int, words: str) -> None:
    with pytest.raises(ConditionError) as caught:
        condition(text)
    assert words in str(caught.value)
    assert abs(caught.value.column - column) <= 1


@given(st.text(max_size=40), st.dictionaries(st.sampled_from(["host", "a"]), st.text(max_size=10)))
def test_it_is_total(text: str, values: dict[str, str]) -> None:
    try:
        found = condition(text)
    except ConditionError:
        return
    assert found.holds(values) in (True, False)


@given(st.text(st.characters(exclude_characters='"\\'), max_size=20), st.text(max_size=20))
def test_a_value_is_compared_and_never_read(wanted: str, value: str) -> None:
    assert condition(f'host == "{wanted}"').holds({"host": value}) is (value == wanted)


def test_it_knows_of_which_values_it_speaks() -> None:
    assert condition('a == "x" and not (b =~ "y" or c != "z")').names() == {"a", "b", "c"}
