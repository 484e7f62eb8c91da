"""Secrets stay out of what is printed, however it comes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cockpit.engine.redacting import Redactor


@given(st.integers(0, 40), st.lists(st.integers(1, 7), min_size=1, max_size=30), st.binary(max_size=40))
def test_a_secret_is_found_wherever_the_pieces_are_cut(place: int, cuts: list[int], noise: bytes) -> None:
    secret = b"hunter2-sesame"
    noise = noise.replace(secret, b"")
    text = noise[:place] + secret + noise[place:] + b"hunter2-sesam"
    redactor = Redactor()
    redactor.hide(secret.decode())
    out, at = b"", 0
    for size in (*cuts, len(text)):
        out += redactor.pass_on(text[at : at + size])
        at += size
    out += redactor.rest()
    assert out == text.replace(secret, b"***")


def test_of_several_the_longest_counts_and_every_line_of_one_is_hidden() -> None:
    redactor = Redactor()
    redactor.hide("sesame")
    redactor.hide("sesame street")
    redactor.hide("first line\nsecond line")
    assert redactor.pass_on(b"sesame street, sesame, second line.") == b"***, ***, ***."
    assert redactor.line("PW=sesame run") == "PW=*** run"


def test_without_a_secret_nothing_is_held_back() -> None:
    redactor = Redactor()
    assert redactor.pass_on(b"all of it") == b"all of it"
    assert not redactor.hides


def test_it_is_hidden_as_json_addresses_and_base64_have_it_too() -> None:
    redactor = Redactor()
    redactor.hide('p&ss "wörd"/1')
    for form in (
        b'p&ss "w\xc3\xb6rd"/1',
        b"p%26ss%20%22w%C3%B6rd%22%2F1",
        b"p%26ss+%22w%C3%B6rd%22%2F1",
        b'p&ss \\"w\\u00f6rd\\"/1',
        b'p&ss \\"w\xc3\xb6rd\\"/1',
        b"cCZzcyAid8O2cmQiLzE",
    ):
        assert redactor.pass_on(b"<" + form + b">") == b"<***>"


def test_what_is_too_short_is_not_hidden() -> None:
    redactor = Redactor()
    redactor.hide("abc")
    assert redactor.pass_on(b"abcdef") == b"abcdef"
