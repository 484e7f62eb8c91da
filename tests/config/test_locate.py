"""Finding the line of a key, in every way TOML can write one."""

from __future__ import annotations

import tomllib

import pytest

from cockpit.config.locate import KeyPath, lines_of, nearest

TEXT = '''\
# a comment with [brackets] and key = "value"
title = "x"

[traps.root-disk]
probe = "disk"
note = """
[traps.fake]
probe = "not me"
ends with quotes \\""""""
warn = "used_percent >= 80"
[traps."with.dot".labels]
"a b" = 'single # not a comment'
'literal "key"' = 1

[[rosters.primary.layers]]
people = [
  "ana",  # first ]
  "bo",
]
[[rosters.primary.layers]]
people = ["cy"]
[rosters.primary.layers.deep]
inner = { a = 1, b = { c = [1, { d = 2 }] } }
[runbooks]
x.steps = [{ run = ["a"] },
  { run = ["b", 3] }]
"uni\\u0063ode" = 2026-11-02T09:00:00
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("traps",), 4),
        (("traps", "root-disk"), 4),
        (("traps", "root-disk", "probe"), 5),
        (("traps", "root-disk", "note"), 6),
        (("traps", "root-disk", "warn"), 10),
        (("traps", "with.dot"), 11),
        (("traps", "with.dot", "labels", "a b"), 12),
        (("traps", "with.dot", "labels", 'literal "key"'), 13),
        (("rosters", "primary", "layers", 0), 15),
        (("rosters", "primary", "layers", 0, "people", 1), 18),
        (("rosters", "primary", "layers", 1), 20),
        (("rosters", "primary", "layers", 1, "people", 0), 21),
        (("rosters", "primary", "layers", 1, "deep", "inner", "b", "c", 1, "d"), 23),
        (("runbooks", "x", "steps", 0, "run"), 25),
        (("runbooks", "x", "steps", 1, "run", 1), 26),
        (("runbooks", "unicode"), 27),
    ],
)
def test_every_key_is_found_on_its_line(path: KeyPath, line: int) -> None:
    tomllib.loads(TEXT)
    assert lines_of(TEXT)[path] == line


def test_what_only_looks_like_a_key_is_not_taken_for_one() -> None:
    assert ("traps", "fake") not in lines_of(TEXT)


def test_windows_line_ends_count_once() -> None:
    assert lines_of('a = 1\r\nb = """x\r\ny"""\r\nc = 3\r\n')[("c",)] == 4


def test_a_key_that_is_not_written_is_placed_at_the_closest_thing_around_it() -> None:
    lines = lines_of(TEXT)
    assert nearest(lines, ("traps", "root-disk", "missing", "deeper")) == 4
    assert nearest(lines, ("nothing",)) == 0


def test_every_path_of_a_document_is_found_whatever_is_in_its_strings() -> None:
    import tomli_w

    nasty = ['"""', "'''", "[x]", "# no", "\\", '\\"', "}", "]", "a = 1", "\n\n", "é\u2028"]
    document = {"t": {f"k{i} {text!r}": {text: [text, {text: text}]} for i, text in enumerate(nasty)}}
    lines = lines_of(tomli_w.dumps(document))
    for i, text in enumerate(nasty):
        assert ("t", f"k{i} {text!r}", text, 1, text) in lines


def test_depth_beyond_reason_still_gives_what_came_before_it() -> None:
    assert lines_of("a = 1\nb = " + "[" * 100_000)[("a",)] == 1
