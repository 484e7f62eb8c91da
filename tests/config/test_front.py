"""Front matter: YAML as teams write it, of which nothing surprising is read."""

from __future__ import annotations

import pytest

from cockpit.config.front import LIMIT, FrontError, read, split


def test_it_stands_between_two_lines_at_the_very_top() -> None:
    assert split("---\ntitle: a\n---\n# A\n") == ("title: a\n", "# A\n", 4)
    assert split("---  \ntitle: a\n...\n\ntext") == ("title: a\n", "\ntext", 4)
    assert split("---\n---\n") == ("", "", 3)


@pytest.mark.parametrize("text", ["# A\n---\ntitle: a\n---\n", "---\ntitle: a\n", " ---\na: b\n---\n", "----\na: b\n----\n", ""])
def test_anything_else_is_text(text: str) -> None:
    assert split(text) == (None, text, 1)


def test_words_are_what_the_core_schema_makes_of_them_and_each_key_has_its_line() -> None:
    table, lines = read(
        "title: a b\nno: on\ncount: 3\nhalf: .5\nflag: true\nempty:\nquoted: '3'\nparams:\n  host: {from: 'label:host'}\n"
    )
    assert table == {
        "title": "a b", "no": "on", "count": 3, "half": 0.5, "flag": True, "empty": None, "quoted": "3",
        "params": {"host": {"from": "label:host"}},
    }  # fmt: skip
    assert lines["no",] == 3
    assert lines["params", "host", "from"] == 10


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: c: d\n", 3, "broken YAML"),
        ("a: 1\na: 2\n", 3, "a stands here twice"),
        ("a: &x [1]\nb: *x\n", 2, "anchors and aliases"),
        ("a: !!python/object/apply:os.system [true]\n", 2, "tags"),
        ("a: !mine x\n", 2, "tags"),
        ("- a\n- b\n", 2, "keys and values"),
        ("just words\n", 2, "keys and values"),
        ("? [a]\n: b\n", 2, "a key must be a word"),
        ("a: 1\n--- # another\nb: 2\n", 3, "broken YAML"),
        ("a: \x1b[31m\n", 2, "broken YAML"),
        ("[" * 5000, 2, "nested too deeply"),
        ("a: 1\n" * (LIMIT // 5 + 1), 1, "longer than"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(FrontError, match=what) as caught:
        read(text)
    assert caught.value.line == line
    assert str(caught.value).isprintable()


def test_a_bomb_of_aliases_is_refused_before_it_grows() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    with pytest.raises(FrontError, match="aliases"):
        read(bomb)
