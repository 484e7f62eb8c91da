"""A regular expression that is compiled when it is first used."""

from __future__ import annotations

import re

import pytest

from cockpit.core.regex import regex


def test_it_does_what_a_compiled_one_does() -> None:
    word = regex(r"(?P<name>[a-z]+)\d", re.I)
    for _ in range(2):
        found = word.fullmatch("Ab1")
        assert found is not None
        assert found["name"] == "Ab"
    assert word.sub("x", "a1 b2") == "x x"
    assert (word.pattern, word.groups) == (r"(?P<name>[a-z]+)\d", 1)


def test_a_wrong_one_is_found_out_when_it_is_used() -> None:
    wrong = regex("(")
    with pytest.raises(re.error):
        wrong.match("")
