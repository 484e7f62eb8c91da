"""How a command is written so that every byte can be seen."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.ui.exact import spell, spell_argv


def test_plain_arguments_stand_bare_and_others_in_quotes() -> None:
    assert spell_argv(("journalctl", "--vacuum-size=200M", "a b", "", "*")) == "journalctl --vacuum-size=200M 'a b' '' '*'"


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("$(reboot)", "'$(reboot)'"),
        ("it's", "$'it\\'s'"),
        ("a\nb\t\x1b[2J", "$'a\\nb\\t\\x1b[2J'"),
        ("\u202egnp.exe", "$'\\u202egnp.exe'"),
        ("web\u200b3", "$'web\\u200b3'"),
        ("a\u00a0b", "$'a\\u00a0b'"),
        ("e\u0301", "$'e\\u0301'"),
        ("\udcff", "$'\\xff'"),
        ("\U000e0041", "$'\\U000e0041'"),
        ("São Paulo", "'São Paulo'"),
        ("東京", "'東京'"),
    ],
)
def test_what_cannot_be_seen_is_written_out(value: str, seen: str) -> None:  # safety 4, 6
    assert spell(value) == seen


def test_where_only_ascii_can_be_shown_every_other_letter_is_written_out() -> None:
    assert spell("São Paulo", ascii=True) == "$'S\\u00e3o Paulo'"
    assert spell_argv(("ls", "東"), ascii=True) == "ls $'\\u6771'"


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30))
def test_no_character_that_cannot_be_seen_is_left(value: str) -> None:
    assert spell(value).isprintable()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash reads it back; there is none here")
@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12), max_size=8))
def test_bash_reads_back_what_was_spelt(values: list[str]) -> None:
    line = spell_argv(values)
    script = f"for value in {line}; do printf '%s\\0' \"$value\"; done"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    )
    assert [part.decode() for part in done.stdout.split(b"\0")[:-1]] == values
