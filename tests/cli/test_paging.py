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


def test_a_channel_whose_program_cannot_be_run_is_said_before_anybody_is_to_be_told(home: Home) -> None:
    shut = home.path / "shut"
    shut.write_text("#!/bin/sh\n", "utf-8")
    file = home.config(f"""
[channels.gone]
kind = "command"
run = ["/nowhere/wake"]
[channels.shut]
kind = "command"
run = ["{shut}"]
[channels.unknown]
kind = "command"
run = ["no-such-program"]
env = {{ PATH = "{home.path}" }}
[channels.well]
kind = "command"
run = ["true"]
""")
    checked = home.run("check")
    assert checked.returncode == 1
    assert f"{file}:2: channels.gone: /nowhere/wake cannot be run: there is no such file" in checked.stdout
    assert f"{file}:5: channels.shut: {shut} cannot be run: it is no program that this user may run" in checked.stdout
    assert f"channels.unknown: no-such-program cannot be run: no such program in {home.path}" in checked.stdout
    assert checked.stdout.endswith("The config is fine; 3 channels that can tell nobody from here.\n")
    assert [each["key"] for each in home.json("check")] == ["channels.gone", "channels.shut", "channels.unknown"]
    found = {each["check"]: each for each in home.json("doctor")}
    assert [found[f"channel {name}"]["ok"] for name in ("gone", "shut", "unknown", "well")] == [False, False, False, True]
    assert "there is no such file" in found["channel gone"]["detail"]
    shut.chmod(0o755)
    assert len(home.json("check")) == 2


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


def test_what_tries_a_channel_is_no_call_in_any_figure(home: Home) -> None:
    home.config(TEAM.replace('name = "Ana"', 'name = "Ana"\nnight = "00:00-23:59"'))
    assert home.run("page", "--test", "works").returncode == 0
    tried = home.json("report")
    assert (tried["called"], sum(week["pages"] + week["woken"] for week in tried["weeks"])) == ([], 0)
    assert "in their night" not in home.run("handover").stdout
    assert home.run("page", "ana", "the disk is full", "--via", "works", "--yes").returncode == 0
    (called,) = home.json("report")["called"]
    assert (called["who"], called["pages"]) == ("Ana", 1)


def test_who_was_told_by_no_channel_makes_it_failed_and_who_was_told_is_said(home: Home) -> None:
    home.config(
        TEAM.replace('name = "Bo"', 'name = "Bo"\ncontacts = { phone = "+1" }').replace(
            'run = ["true"]', 'run = ["true"]\ncontact = "phone"'
        )
    )
    done = home.run("page", "ana,bo", "the disk is full", "--yes")
    assert "failed: told Bo by works; not told Ana by broken: " in done.stdout
    assert done.returncode == 1
