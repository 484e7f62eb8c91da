"""The first wall: whatever comes in, what comes out can be shown."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cockpit.core.text import MARKS_IN_A_ROW, clean, clean_block, plain, sgr_only

NASTY = st.one_of(
    st.sampled_from(
        [
            "\x1b",
            "\x1b[31m",
            "\x1b]0;x\x07",
            "\x9b2J",
            "\x00",
            "\x7f",
            "\r\n",
            "\t",
            "\u202e",
            "\u2066",
            "\u200b",
            "\u200d",
            "\ufeff",
            "\u2028",
            "\U000e0041",
            "\ufe0f",
            "\u26a0\ufe0f",
            "\U0001f469\u200d\U0001f4bb",
            "\u0301",
            "e\u0301",
            "\u3164",
            "\ud800",
            "\udcff",
            "\ue000",
            "\u0378",
            "\uffff",
            "\U0010ffff",
            "日本",
            "שלום",
            "\u1161",
            "\u034f",
            "\x1b[",
            "38;5;1m",
            "0;1m",
            "…",
            "\u27e8U+202E\u27e9",
            " ",
        ]
    ),
    st.text(alphabet=st.characters(exclude_categories=()), max_size=8),
)
TEXT = st.lists(NASTY, max_size=12).map("".join)
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def harmless(text: str) -> bool:
    return not any(unicodedata.category(char) in FORBIDDEN for char in text) and INVISIBLE.search(text) is None


@given(TEXT, st.integers(1, 40))
@example("\u26a0\ufe0f\ufe0f", 40)
@example("a\u0301\u0301\u0301\u0301\ufe0f\u0301\u0301\u0301\u0301\u0301", 40)
def test_clean_text_is_harmless_short_enough_and_clean_already(text: str, limit: int) -> None:  # safety 1, safety 2, safety 4
    once = clean(text, limit)
    assert harmless(once)
    assert len(once) <= limit
    assert clean(once, limit) == once
    assert clean(clean(text)) == clean(text)


@given(TEXT, st.integers(1, 60))
def test_a_clean_block_keeps_line_breaks_and_nothing_else(text: str, limit: int) -> None:
    once = clean_block(text, limit)
    assert harmless(once.replace("\n", ""))
    assert len(once) <= limit
    assert clean_block(once, limit) == once


@given(TEXT)
def test_no_pile_of_marks_comes_through(text: str) -> None:  # safety 4
    marks = re.sub(r"[^M]", "-", "".join(unicodedata.category(char)[0] for char in clean(text + "o" + "\u0301" * 30)))
    assert max(map(len, marks.split("-"))) <= MARKS_IN_A_ROW
    assert not marks.startswith("M")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[2J\x07", "␛[2J␇"),
        ("\x00\x0e\x7f", "␀␎␡"),
        ("\x9b31m\x85", "⟨U+009B⟩31m⟨U+0085⟩"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\u200bb\u200dc\ufeffd", "a⟨U+200B⟩b⟨U+200D⟩c⟨U+FEFF⟩d"),
        ("x\U000e0041", "x⟨U+E0041⟩"),
        ("a\r\nb\tc\n", "a b c "),
        ("\ud800x", "\ufffdx"),
        ("\u2028\ue000\u0378", "⟨U+2028⟩⟨U+E000⟩⟨U+0378⟩"),
        ("\u26a0\ufe0f disk", "\u26a0 disk"),
        ("a\ufe0f", "a⟨U+FE0F⟩"),
        ("\u0301x", "\u00a0\u0301x"),
        ("z" + "\u0301" * 9, "z" + "\u0301" * 4),
        ("\u1112\u1161\u11ab", "\u1112\u1161\u11ab"),  # a Hangul syllable in its parts
        ("São Paulo — 12 % 日本", "São Paulo — 12 % 日本"),
        ("[@click=app.bell]x[/]", "[@click=app.bell]x[/]"),
        ("12345678901", "123456789…"),
    ],
)
def test_what_each_kind_of_character_becomes(raw: str, shown: str) -> None:
    assert clean(raw, 2000 if len(raw) != 11 else 10) == shown


def test_a_block_keeps_its_lines_and_reaches_tab_stops() -> None:
    assert clean_block("a\r\nb\rc\n\td\x1b") == "a\nb\nc\n        d␛"


def test_plain_text_is_given_back_as_the_very_object() -> None:
    text = "connection refused for 5 m"
    assert clean(text) is text
    assert clean_block(text) is text


def test_what_is_far_too_long_ends_in_a_mark_even_where_most_of_it_goes_away() -> None:
    pile = clean("a" + "\u0301" * 10_000_000, 2000)
    assert pile == "a" + "\u0301" * 4 + "…"
    assert clean("x" * 3000) == "x" * 1999 + "…"


# --- a program's output ---


@pytest.mark.parametrize(
    ("line", "spans"),
    [
        ("plain\r\n", (("", "plain"),)),
        ("\x1b[1;31mred\x1b[0m rest", (("1;31", "red"), ("", " rest"))),
        ("\x1b[31ma\x1b[1mb\x1b[39mc\x1b[md", (("31", "a"), ("1;31", "b"), ("1", "c"), ("", "d"))),
        ("\x1b[38;5;208;48;2;1;2;3mx", (("38;5;208;48;2;1;2;3", "x"),)),
        ("\x1b[01;31m\x1b[Kgrep\x1b[m", (("1;31", "␛[Kgrep"),)),
        ("\x1b[5mblink \x1b[8mhidden", (("", "␛[5mblink ␛[8mhidden"),)),
        ("\x1b[38;5;256mx\x1b[38;5mx\x1b[1;999mx", (("", "␛[38;5;256mx␛[38;5mx␛[1;999mx"),)),
        ("\x1b]52;c;aGk=\x07\x1b[6n\x1b[?1049h", (("", "␛]52;c;aGk=␇␛[6n␛[?1049h"),)),
        ("\x9b31mx", (("", "⟨U+009B⟩31mx"),)),
        ("\x1b\x1b[0m[31mx", (("", "␛[31mx"),)),  # taking one out does not make another
        ("ab\tc\x1b[32m\td", (("", "ab      c"), ("32", "       d"))),
        ("10 %\r20 %", (("", "10 % 20 %"),)),
        ("", ()),
    ],
)
def test_only_colours_and_attributes_survive_in_output(line: str, spans: tuple[tuple[str, str], ...]) -> None:  # safety 5
    assert sgr_only(line) == spans


@given(TEXT)
def test_output_spans_are_harmless_and_their_attributes_are_numbers(line: str) -> None:  # safety 5
    for sgr, text in sgr_only(line):
        assert harmless(text)
        assert text
        assert re.fullmatch(r"(\d{1,3}(;\d{1,3})*)?", sgr)
    assert harmless(plain(line))
    assert plain(plain(line)) == plain(line)


@given(TEXT)
def test_output_written_again_with_its_own_colours_reads_the_same(line: str) -> None:
    spans = sgr_only(line)
    again = "".join(f"\x1b[{sgr}m{text}\x1b[0m" if sgr else text for sgr, text in spans)
    assert sgr_only(again) == spans


def test_one_endless_line_is_cut_and_says_so() -> None:
    spans = sgr_only("\x1b[31m" + "x" * 100_000, limit=1000)
    assert spans == (("31", "x" * 995), ("", "…"))
