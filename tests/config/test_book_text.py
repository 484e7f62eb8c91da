"""The body of a Markdown runbook: what is read in it, and which of its blocks are steps."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.config.book_text import body
from cockpit.core.prose import Block, Kind, plain


def blocks(text: str) -> tuple[Block, ...]:
    return body(text).blocks


def test_headings_have_levels_and_the_anchors_of_a_forge() -> None:
    found = blocks("# Disk `full`: what now?\n\n## Look\n\nLook\n====\n### Ärger & Co_\n")
    assert [(block.level, block.anchor) for block in found] == [
        (1, "disk-full-what-now"), (2, "look"), (1, "look-1"), (3, "ärger--co_"),
    ]  # fmt: skip
    assert body("text\n\n## Second\n").title == "Second"
    assert body("text\n").title == ""


def test_words_keep_their_marks_and_where_links_lead() -> None:
    (block,) = blocks("a *b* **c** `d` ~~e~~ [f](g.md#h) <https://x.example> ![i](j.png)<br>k\nl\\\nm")
    assert [(piece.text, piece.mark, piece.url) for piece in block.words if piece.text.strip() or piece.text == "\n"] == [
        ("a ", "", ""), ("b", "emphasis", ""), ("c", "strong", ""), ("d", "code", ""), ("e", "strike", ""), ("f", "", "g.md#h"),
        ("https://x.example", "", "https://x.example"), ("[image: i]", "", "j.png"), ("\n", "", ""), ("k", "", ""), ("l", "", ""),
        ("\n", "", ""), ("m", "", ""),
    ]  # fmt: skip
    assert plain(block.words).startswith("a b c d e f https://x.example")


def test_lists_know_their_depth_and_numbers() -> None:
    found = blocks("3. one\n   - two\n\n     more\n   - three\n4. four\n")
    assert [(plain(block.words), block.mark, block.indent) for block in found] == [
        ("one", "3.", 3), ("two", "•", 5), ("more", "", 5), ("three", "•", 5), ("four", "4.", 3),
    ]  # fmt: skip


def test_a_table_is_rows_of_cells_with_the_line_it_stands_on() -> None:
    (before, table) = blocks("x\n\n| a | b |\n|---|--:|\n| `1` | 2 |\n")
    assert before.line == 1
    assert (table.kind, table.line) == (Kind.TABLE, 3)
    assert [[plain(cell) for cell in row] for row in table.rows] == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize(
    ("fence", "program"),
    [("sh", "sh"), ("bash", "bash"), ("Bash", "bash"), ("shell", "sh"), ("python", "python3"), ("py", "python3"), ("perl", "perl")],
)
def test_a_block_in_a_language_that_runs_is_a_step(fence: str, program: str) -> None:
    read = body(f"text\n\n```{fence} name=look timeout=30s\ndf -h\n```\n", 5)
    assert [(step.program, step.text, step.attributes, step.line) for step in read.steps] == [
        (program, "df -h\n", ("name=look", "timeout=30s"), 7)
    ]
    assert [(block.step, block.name) for block in read.blocks] == [(0, ""), (1, "look")]


@pytest.mark.parametrize("fence", ["", "console", "text", "yaml", "json", "sql", "promql", "diff", "sh norun", "bash norun name=x"])
def test_every_other_block_is_only_read(fence: str) -> None:
    read = body(f"```{fence}\ndf -h\n```\n")
    assert read.steps == ()
    assert read.blocks[0].lines == ("df -h",)


def test_an_empty_block_and_an_indented_one_are_no_steps() -> None:
    assert body("```sh\n\n```\n\n    df -h\n").steps == ()


def test_a_block_in_a_list_is_taken_out_of_its_indentation() -> None:
    (step,) = body("1. first\n   ```sh\n   for a in b; do\n     echo $a\n   done\n   ```\n").steps
    assert step.text == "for a in b; do\n  echo $a\ndone\n"


def test_a_step_keeps_every_byte_and_what_is_shown_of_it_is_harmless() -> None:  # safety 1
    read = body("```sh\nprintf '\x1b[31m\u202e\t'\n```\n")
    assert read.steps[0].text == "printf '\x1b[31m\u202e\t'\n"
    assert all(line.isprintable() for line in read.blocks[0].lines)


def test_boxes_are_found_and_no_word_in_brackets_is() -> None:
    found = blocks("- [ ] tell **them**\n- [x] done\n- [a] no\n- [link](b.md)\n\n[ ] no item\n")
    assert [(plain(block.words), block.box) for block in found] == [
        ("tell them", True), ("done", True), ("[a] no", False), ("link", False), ("[ ] no item", False),
    ]  # fmt: skip


def test_the_alarms_of_forges_are_words() -> None:
    (block,) = blocks("> [!WARNING]\n> Not at night.\n")
    assert plain(block.words) == "Warning: Not at night."
    assert plain(blocks("[!WARNING]\ntext\n")[0].words) == "[!WARNING] text", "only in a quotation"


def test_comments_are_left_out_and_other_html_is_literal() -> None:
    found = blocks("<!-- lint off -->\n\n<script>alert(1)</script>\n\na <!-- b --> <b>c</b>\n")
    assert [plain(block.words) for block in found] == ["<script>alert(1)</script>", "a <b>c</b>"]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab \n\t#*_`~[]()<>!|-+.:\\&;\x1b\u202e\u200d1{}\"'"), max_size=400))
def test_nothing_that_is_written_breaks_it_or_comes_out_raw(text: str) -> None:  # safety 1, 3, 15
    for block in blocks(text):
        shown = [piece.text for piece in block.words] + [piece.url for piece in block.words] + list(block.lines)
        shown += [piece.text for row in block.rows for cell in row for piece in cell]
        assert all(part.replace("\n", "").isprintable() for part in shown)


@pytest.mark.parametrize("piece", ["[", "*a ", "> ", "- ", "<!--", "![[](", "a**b", "\\`", "|a", "_a", "`", "<a "])
def test_a_text_made_to_be_slow_is_read_in_time_that_grows_with_it(piece: str) -> None:
    body(piece * (60_000 // len(piece)))  # the suite's timeout is the judge: what is quadratic here takes minutes
