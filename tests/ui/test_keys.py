"""The key table and what [keys] may make of it."""

from __future__ import annotations

import pytest

from cockpit.ui.deeds import DEEDS
from cockpit.ui.keys import DIGITS, NEVER_BOUND, TABLE, KeyProblem, key_name, printed, remapped


def keys_of(id: str, wanted: dict[str, str]) -> tuple[str, ...]:
    return next(key.keys for key in remapped(TABLE, wanted) if key.id == id)


def test_every_key_of_the_table_does_something_and_nothing_else_is_done() -> None:
    assert set(DEEDS) == {key.id for key in TABLE}


def test_no_key_has_two_meanings_and_none_is_taken_from_the_terminal() -> None:
    names = [name for key in TABLE for name in key.keys]
    assert len(names) == len(set(names))
    assert not set(names) & NEVER_BOUND


def test_the_digits_run_runbooks_and_nothing_else() -> None:
    assert {key.id for key in TABLE if DIGITS & set(key.keys)} == {"run"}


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("A", ("A",)),
        ("a f5", ("a", "f5")),
        ("", ()),
        ("!", ("exclamation_mark",)),
        ("ctrl+X", ("ctrl+x",)),
        ("Ctrl+Alt+f", ("ctrl+alt+f",)),
        ("f12 f12", ("f12",)),
        ("shift+b", ("B",)),
        ("PageUp", ("pageup",)),
    ],
)
def test_a_key_is_remapped_as_people_write_it(written: str, keys: tuple[str, ...]) -> None:
    freed = {"half-up": "", "ack": written} if "age" in written else {"ack": written}
    assert keys_of("ack", freed) == keys


def test_keys_that_are_not_named_stay_as_they_are() -> None:
    assert [key for key in remapped(TABLE, {"ack": "A"}) if key.id != "ack"] == [key for key in TABLE if key.id != "ack"]


def test_two_keys_can_change_places() -> None:
    assert keys_of("note", {"ack": "n", "note": "a"}) == ("a",)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"akc": "A"}, "did you mean 'ack'"),
        ({"zzz": "A"}, "cockpit keys"),
        ({"ack": "s"}, "'s' would mean both 'ack' and 'silence'"),
        ({"ack": "A", "note": "A"}, "'A' would mean both 'ack' and 'note'"),
        ({"ack": "ctrl+s"}, "taken by terminals"),
        ({"ack": "ctrl+I"}, "taken by terminals"),
        ({"ack": "4"}, "digits always run the runbook"),
        ({"run": "f1"}, "digits always run the runbook"),
        ({"ack": "hyper+x"}, "the modifiers are"),
        ({"ack": "enterr"}, "is not a key"),
        ({"ack": "f99"}, "is not a key"),
        ({"ack": "\x1b"}, "is not a key"),
    ],
)
def test_a_remapping_that_cannot_be_says_which_and_why(wanted: dict[str, str], said: str) -> None:
    with pytest.raises(KeyProblem, match=said):
        remapped(TABLE, wanted)


@pytest.mark.parametrize("char", list("/:?#!\"$%&'()*,-.;<=>@[\\]^_`{|}~+"))
def test_every_sign_can_be_a_key_and_is_printed_as_itself(char: str) -> None:
    from textual.keys import _character_to_key  # private: the names that Textual gives these keys must be ours

    name = key_name(char)
    assert name == _character_to_key(char)
    assert printed(name) == char


@pytest.mark.parametrize(("name", "shown"), [("ctrl+d", "ctrl+d"), ("escape", "esc"), ("ctrl+slash", "ctrl+/"), ("G", "G")])
def test_keys_are_printed_for_people(name: str, shown: str) -> None:
    assert printed(name) == shown
