"""``cockpit page``: what it says where a channel works and another does not."""

from __future__ import annotations

import pytest

from support.home import Home

TEAM = """
me = ["ana"]
[people.ana]
name = "Ana"
[people.bo]
name = "Bo"
[channels.works]
kind = "command"
run = ["true"]
[channels.broken]
kind = "command"
run = ["sh", "-c", "exit 7"]
"""


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("bo",), 0, "page bo: confirmed: told Bo by works; not by broken: "),
        (("ana,bo",), 0, "page ana, bo: confirmed: told Ana by works, Bo by works; not Ana by broken: "),
        (("bo", "--via", "works"), 0, "page bo: confirmed: told Bo by works\n"),
        (("bo", "--via", "broken"), 1, "page bo: failed: Bo by broken: "),
    ],
)
def test_whoever_was_told_by_one_channel_is_told_and_the_channel_that_failed_is_named(
    home: Home, words: tuple[str, ...], status: int, says: str
) -> None:
    home.config(TEAM)
    done = home.run("page", *words[:1], "the disk is full", *words[1:], "--yes")
    assert says in done.stdout
    assert ("ended with status 7" in done.stdout) is ("broken" in says)
    assert done.returncode == status


def test_who_was_told_by_no_channel_makes_it_failed_and_who_was_told_is_said(home: Home) -> None:
    home.config(
        TEAM.replace('name = "Bo"', 'name = "Bo"\ncontacts = { phone = "+1" }').replace(
            'run = ["true"]', 'run = ["true"]\ncontact = "phone"'
        )
    )
    done = home.run("page", "ana,bo", "the disk is full", "--yes")
    assert "failed: told Bo by works; not told Ana by broken: " in done.stdout
    assert done.returncode == 1
