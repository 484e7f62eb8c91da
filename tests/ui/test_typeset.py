"""Blocks of a Markdown runbook set into lines: nothing is wider than its room, and nothing is left out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.config.book_text import body
from cockpit.ui.spans import width_of
from cockpit.ui.typeset import typeset
from support.bookcase import ERRORS, book


def lines(text: str, width: int, ticked: dict[int, str] | None = None) -> list[str]:
    return ["".join(part for part, _ in line.spans).rstrip() for line in typeset(body(text).blocks, width, ticked or {})]


def test_a_text_is_set_with_its_margins() -> None:
    text = "# Title\n\nOne two three four.\n\n- item that is long\n  1. nested\n\n> said by\n> others\n\n***\n"
    assert lines(text, 18) == [
        "Title", "──────────────────", "", "One two three", "four.", "", "• item that is", "  long", "  1. nested", "",
        "│ said by others", "", "──────────────────",
    ]  # fmt: skip


def test_code_keeps_its_blanks_and_is_folded_with_a_mark() -> None:
    assert lines("```\nif a:\n    return 'long line'\n```", 16) == ["│ if a:", "│     return 'lo", "… ng line'"]


def test_a_step_has_its_number_and_a_box_its_tick() -> None:
    text = "- [ ] do *it*\n\n```sh name=look\ndf\n```\n"
    assert lines(text, 40) == ["1 [ ] do it", "", "2 ▶ look  sh", "│ df"]
    assert lines(text, 40, {0: "Ana 03:12 UTC"})[0] == "1 [x] do it · Ana 03:12 UTC"
    assert lines("- [ ] do it\n", 40) == ["1 [ ] do it"]


def test_a_table_gives_way_where_it_is_widest() -> None:
    text = "| a | what it means |\n|---|---|\n| `503` | it has lost its database |\n"
    assert lines(text, 60) == [
        "a    what it means", "───  ────────────────────────", "503  it has lost its database",
    ]  # fmt: skip
    assert lines(text, 20) == [
        "a    what it means", "───  ───────────────", "503  it has lost its", "     database",
    ]  # fmt: skip
    assert lines(text, 7)[:3] == ["a", "what it", "means"], "too narrow for columns: one cell below the other"


def test_a_link_says_where_it_leads_unless_its_text_does() -> None:
    assert lines("[the page](b.md#c), <https://x.example>", 60) == ["the page (b.md#c), https://x.example"]


@pytest.mark.parametrize("width", [12, 13, 20, 38, 77, 200])
def test_the_runbook_fits_into_every_width_with_every_word(width: int) -> None:
    made = typeset(book("5xx", ERRORS).blocks, width)
    assert max(width_of(line.spans) for line in made) <= width
    whole = "".join("".join(part for part, role in line.spans if role != "rule") for line in made)
    assert all(word in "".join(whole.split()) for word in ("Afterwards", "journalctl", "note(n)"))


@pytest.mark.parametrize("width", [0, 1, 2, 5])
def test_no_width_is_too_small_to_be_tried(width: int) -> None:
    assert typeset(book("5xx", ERRORS).blocks, width)


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("ab 日\n#*_`~[]()>|-+.1:\\\"'"), max_size=300),
    st.integers(min_value=4, max_value=90),
)
def test_no_line_is_wider_than_its_room(text: str, width: int) -> None:
    for line in typeset(body(text).blocks, width):
        assert width_of(line.spans) <= width
