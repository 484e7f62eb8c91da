"""Secrets stay out of what is printed, however it comes."""

from __future__ import annotations

import base64
import subprocess
import time
from collections.abc import Sequence
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.engine.redacting import Redactor


def shown(pieces: Sequence[bytes], *secrets: str) -> bytes:
    """What is shown of an output that comes in these pieces."""
    redactor = Redactor()
    for secret in secrets:
        redactor.hide(secret)
    return b"".join(map(redactor.pass_on, pieces)) + redactor.rest()


def cut(text: bytes, sizes: Sequence[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in (*sizes, len(text)):
        pieces.append(text[at : at + size])
        at += size
    return pieces


@given(st.integers(0, 40), st.lists(st.integers(1, 7), min_size=1, max_size=30), st.binary(max_size=40))
def test_a_secret_is_found_wherever_the_pieces_are_cut(place: int, sizes: list[int], noise: bytes) -> None:
    secret = b"hunter2-sesame"
    noise = noise.replace(secret, b"")
    text = noise[:place] + secret + noise[place:] + b"."
    assert shown(cut(text, sizes), secret.decode()) == text.replace(secret, b"***")


@given(st.text("abc", max_size=60), st.lists(st.text("abc", min_size=4, max_size=9), min_size=1, max_size=4), st.data())
def test_what_belongs_to_any_of_several_is_hidden_the_same_however_it_is_cut(
    text: str, secrets: list[str], data: st.DataObject
) -> None:
    whole = shown([text.encode() + b"."], *secrets)
    sizes = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=60))
    assert shown(cut(text.encode() + b".", sizes), *secrets) == whole
    covered = {at for secret in secrets for start in range(len(text)) if text.startswith(secret, start)
               for at in range(start, start + len(secret))}  # fmt: skip
    assert whole.replace(b"***", b"").decode() == "".join(char for at, char in enumerate(text) if at not in covered) + "."


@pytest.mark.parametrize("pieces", [(b"<sesame", b" street>"), (b"<sesame street>",), (b"<sesa", b"me st", b"reet>")], ids=str)
def test_a_secret_that_begins_another_shows_nothing_of_it(pieces: tuple[bytes, ...]) -> None:  # safety 22
    assert shown(pieces, "sesame", "sesame street") == b"<***>"


def test_of_two_that_overlap_nothing_is_shown() -> None:  # safety 22
    assert shown([b"<one-two-thr", b"ee>"], "one-two", "two-three") == b"<***>"


def test_every_line_of_one_is_hidden() -> None:
    redactor = Redactor()
    redactor.hide("sesame")
    redactor.hide("first line\nsecond line")
    assert redactor.pass_on(b"sesame, second line.") == b"***, ***."
    assert redactor.line("PW=sesame run") == "PW=*** run"


def test_the_beginning_of_one_is_hidden_where_an_output_ends_in_its_middle() -> None:  # safety 22
    assert shown([b"it is hunter2-ses"], "hunter2-sesame") == b"it is ***"
    assert shown([b"a hun"], "hunter2-sesame") == b"a hun"
    redactor = Redactor()
    redactor.hide("hunter2-sesame")
    assert redactor.line("was refused: Bearer hunter2-ses…") == "was refused: Bearer ***…"
    assert redactor.line("was refused: Bearer hunter2-sesame…") == "was refused: Bearer ***…"


def test_without_a_secret_nothing_is_held_back() -> None:
    redactor = Redactor()
    assert redactor.pass_on(b"all of it") == b"all of it"
    assert not redactor.hides


PASSWORD = 'p&ss "wörd"/1<it\'s>'


@pytest.mark.parametrize(
    "form",
    [
        PASSWORD,
        quote(PASSWORD, safe=""),
        quote(PASSWORD, safe="").lower(),
        quote_plus(PASSWORD),
        quote(PASSWORD),
        "".join(f"%{byte:02x}" for byte in PASSWORD.encode()),
        'p&ss \\"w\\u00f6rd\\"/1<it\'s>',
        'p&ss \\"wörd\\"/1<it\'s>',
        "p&amp;ss &quot;wörd&quot;/1&lt;it&#x27;s&gt;",
        PASSWORD.encode().hex(),
        PASSWORD.encode().hex().upper(),
        base64.b64encode(PASSWORD.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(PASSWORD.encode()).decode().rstrip("="),
    ],
)
def test_it_is_hidden_as_programs_spell_it(form: str) -> None:  # safety 22
    assert shown([b"<" + form.encode() + b">"], PASSWORD) == b"<***>"


def test_it_is_hidden_where_a_shell_says_what_it_executes() -> None:  # safety 22
    script = 'set -x; : "$PASSWORD"'
    traced = subprocess.run(["sh", "-c", script], env={"PASSWORD": PASSWORD}, capture_output=True, check=True).stderr
    assert b"rd" in traced
    assert shown([traced], PASSWORD).count(b"***") == 1
    assert b"ss" not in shown([traced], PASSWORD)


@pytest.mark.parametrize("user", ["", "a", "ana", "anas", "x" * 60])
@pytest.mark.parametrize("secret", ["hunter2-sesame", "hunter2-sesam", "hunter2-sesa", "token/with+signs~~"])
def test_it_is_hidden_in_the_base64_of_a_login(user: str, secret: str) -> None:  # safety 22
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        for end in ("", ":", "\n", "ab"):
            code = alphabet(f"{user}:{secret}{end}".encode())
            left = shown([b"Authorization: Basic " + code + b"\n"], secret).decode().split()[-1]
            before, mask, after = left.partition("***")
            assert mask
            assert len(before) * 6 - len(f"{user}:") * 8 < 8, "less than a byte of it is told before"
            assert len(after.rstrip("=")) * 6 - len(end) * 8 <= 8, "nor behind, but for what fills the last sign"


@pytest.mark.parametrize("columns", [64, 76])
def test_it_is_hidden_in_base64_that_is_broken_into_lines(columns: int) -> None:  # safety 22
    secret = "a-long-secret-" * 12
    code = base64.b64encode(secret.encode()).decode()
    lines = [code[at : at + columns] for at in range(0, len(code), columns)]
    left = shown(["\n".join(lines).encode()], secret).decode()
    assert set(left.replace("\n", "")) <= set("*="), left


def test_what_is_too_short_is_not_hidden() -> None:
    redactor = Redactor()
    redactor.hide("abc")
    assert redactor.pass_on(b"abcdef") == b"abcdef"


def test_an_output_without_end_that_might_be_a_secret_costs_no_memory_and_little_time() -> None:
    redactor = Redactor()
    redactor.hide("aaaaaaaa")
    redactor.hide("a" * 4000 + "b")
    began = time.process_time()
    out = sum(len(redactor.pass_on(b"a" * 16384)) for _ in range(20))
    assert out <= 3
    assert time.process_time() - began < 10


COLOURS = [
    "\x1b[31m",
    "\x1b[0m",
    "\x1b[38;5;208m",
    "\x1b[K",
    "\x1b]0;title\x07",
    "\x1b]8;;http://x\x1b\\",
    "\x1b(B",
    "\x1b7",
    "\0",
    "\x7f",
]


@pytest.mark.parametrize("escape", COLOURS, ids=repr)
def test_escape_sequences_in_the_middle_of_one_show_nothing_of_it(escape: str) -> None:  # safety 22
    text = f"a{escape}hunter2{escape}z"
    woven = text.replace("hunter2", escape.join("hunter2")).encode()
    wanted = text.replace("hunter2", "***").encode()
    for size in (1, 2, 3, 5, len(woven)):
        assert shown(cut(woven, [size] * len(woven)), "hunter2") == wanted, "and the colours around it stay"


def test_a_control_that_is_shown_as_a_symbol_hides_no_part_of_one() -> None:  # safety 22
    assert shown([b"<hun\x1bter2>"], "hunter2") == b"<***>", "ESC t is a sequence, and is shown as a symbol and a letter"
    assert shown([b"<hun\x1b[>ter2"], "hunter2") == b"<hun\x1b[>ter2", "neither a terminal nor a reader sees it there"


@given(
    st.lists(
        st.sampled_from(["h", "hunter2", "2", "\x1b", "[", "\x1b[3", "1m", "\x1b]", "\x07", "\\", "hun", "ter2", "\n"]), max_size=30
    )
)
def test_however_it_is_woven_it_is_hidden_the_same_in_pieces(words: list[str]) -> None:
    text = "".join(words).encode() + b"."
    whole = shown([text], "hunter2")
    assert b"hunter2" not in whole
    assert b"hunter2" not in shown(cut(text, [1] * len(text)), "hunter2")


def test_what_is_neither_a_secret_nor_over_is_not_held_for_ever() -> None:
    redactor = Redactor()
    redactor.hide("hunter2")
    began = time.process_time()
    out = len(redactor.pass_on(b"hun"))
    out += sum(len(redactor.pass_on(b"\x1b[0m" * 4096)) for _ in range(20))
    assert out >= 20 * 4 * 4096 - 2**17
    assert time.process_time() - began < 10
