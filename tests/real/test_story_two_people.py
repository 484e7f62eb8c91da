"""The two-person rule between real users of this machine, each with a cockpit of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.neighbours import Neighbour, Street, street
from support.real import wait_until

BOOK = """
[runbooks.fix]
title = "Fix {{what}}"
changes = "fixes {{what}}"
approve = "other"
{more}
steps = [{{ run = ["sh", "-c", 'id -un; echo fixed >> "$1"', "fix", "{place}"] }}]
params.what = {{ default = "it" }}
"""


@pytest.fixture
def here() -> Iterator[Street]:
    with street() as made:
        made.configure(BOOK.format(more="", place=fixed(made)))
        yield made


def fixed(here: Street) -> Path:
    return here.asker.home / "fixed"


def asked(here: Street, *words: str) -> tuple[subprocess.Popen[str], str]:
    """The asker's run, and its number once it waits."""
    before = set(here.sockets)
    child = here.asker.begin("run", "fix", "--yes", *words)
    wait_until(lambda: set(here.sockets) - before and here.other.json("approve"), what="the run that waits")
    (waits,) = here.other.json("approve")
    return child, waits["id"]


def ended(child: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = child.communicate(timeout=60)
    return child.returncode, out + err


def last(user: Neighbour) -> dict[str, str]:
    found: dict[str, str] = user.json("runs")[0]
    return found


def test_what_another_has_seen_and_approved_is_done_by_who_asked(here: Street) -> None:
    child, number = asked(here, "what=$(id) x")
    assert last(here.asker)["state"] == "awaiting approval"
    assert f"`cockpit approve {number}`" in last(here.asker)["reason"]
    done = here.other.run("approve", number, types="y\n")
    assert done.returncode == 0, done
    assert f"asked by: {here.asker.name} (user {here.asker.uid})" in done.stdout
    assert f"""sh -c 'id -un; echo fixed >> "$1"' fix {fixed(here)}""" in done.stdout
    assert "with what = '$(id) x'" in done.stdout
    status, said = ended(child)
    assert (status, here.asker.name in said.splitlines(), fixed(here).read_text()) == (0, True, "fixed\n")
    assert (last(here.asker)["state"], last(here.other)["what"]) == ("confirmed", "approve")
    assert here.sockets == []
    assert "nothing waits under" in here.other.run("approve", number, types="y\n").stderr


def test_without_a_y_it_waits_on_and_may_be_refused_with_the_reason(here: Street) -> None:
    child, number = asked(here)
    assert here.other.run("approve", number, types="yes\n").returncode == 1
    assert here.other.run("approve", number).returncode == 1
    assert child.poll() is None
    assert here.other.run("approve", number, "--refuse", "not tonight").stdout.splitlines()[-1] == "Refused."
    status, said = ended(child)
    assert status == 1
    assert f"refused by {here.other.name}: not tonight; nothing was executed" in said
    assert (last(here.asker)["state"], fixed(here).exists()) == ("failed", False)


def test_whoever_asked_cannot_approve_it(here: Street) -> None:
    child, number = asked(here)
    refused = here.asker.run("approve", number, types="y\n")
    assert (refused.returncode, child.poll(), fixed(here).exists()) == (1, None, False)
    assert "you asked for it yourself" in refused.stderr
    assert here.asker.json("approve")[0]["mine"] is True


def test_the_same_allow_list_holds_for_who_approves(here: Street) -> None:
    here.configure(BOOK.format(more=f'allow = ["{here.asker.name}", "nobody-else"]', place=fixed(here)))
    child, number = asked(here)
    refused = here.other.run("approve", number, types="y\n")
    assert refused.returncode == 1
    assert f"fix is not for you: {here.asker.name} or nobody-else may run it" in refused.stderr
    assert (child.poll(), fixed(here).exists()) == (None, False)


def test_nobody_approves_it_in_time(here: Street) -> None:
    here.configure(BOOK.format(more='approve_within = "1s"', place=fixed(here)))
    done = here.asker.run("run", "fix", "--yes")
    assert done.returncode == 1
    assert "nobody approved it in time; nothing was executed" in done.stdout
    assert (last(here.asker)["state"], fixed(here).exists(), here.sockets) == ("timed out", False, [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_called_off_while_it_waits(here: Street, number: signal.Signals) -> None:
    child, _ = asked(here)
    child.send_signal(number)
    assert ended(child)[0] in (130, 128 + number)
    assert last(here.asker)["state"] == "cancelled"
    assert (here.other.json("approve"), here.sockets, fixed(here).exists()) == ([], [], False)


def test_killed_while_it_waits_nothing_is_executed_and_that_is_known(here: Street) -> None:  # safety 11, 25
    child, number = asked(here)
    child.kill()
    ended(child)
    assert "nothing waits under" in here.other.run("approve", number, types="y\n").stderr
    run = last(here.asker)
    assert run["state"] == "cancelled"
    assert "ended while it waited for approval: nothing was executed" in run["reason"]
    left = here.meeting / here.sockets[0]
    wait_until(lambda: time.time() - left.stat().st_mtime > 1, what="that it is not a new one")
    again, other = asked(here)  # what the killed one left is tidied up
    assert (other != number, len(here.sockets)) == (True, 1)
    assert here.other.run("approve", other, types="y\n").returncode == 0
    assert (ended(again)[0], fixed(here).read_text()) == (0, "fixed\n")


def test_who_approves_is_killed_before_the_y(here: Street) -> None:
    child, number = asked(here)
    approver = here.other.begin("approve", number)
    seen = ""
    assert approver.stdout is not None
    while "Type y" not in seen:
        seen += approver.stdout.read(1)
    approver.kill()
    approver.communicate()
    assert (child.poll(), fixed(here).exists()) == (None, False)
    assert here.other.run("approve", number, types="y\n").returncode == 0
    assert (ended(child)[0], fixed(here).read_text()) == (0, "fixed\n")


@pytest.mark.parametrize(
    ("mode", "words"),
    [(0o3777, "everybody may write there"), (0o2770, "could remove what others ask")],
)
def test_a_place_that_is_not_safe_is_refused_before_anything_is_asked(here: Street, mode: int, words: str) -> None:  # safety 21
    here.meeting.chmod(mode)
    for user, command in ((here.asker, ("run", "fix", "--yes")), (here.other, ("approve",))):
        done = user.run(*command)
        assert done.returncode in (1, 3)
        assert words in done.stderr
    assert (here.sockets, here.asker.json("runs")) == ([], [])


def test_a_place_that_is_somebodys_or_a_link_is_refused(here: Street) -> None:  # safety 21
    os.chown(here.meeting, here.other.uid, here.other.group)
    assert "is not root's alone" in here.asker.run("run", "fix", "--yes").stderr
    os.chown(here.meeting, 0, here.other.group)
    real = here.meeting.rename(here.folder / "real")
    here.meeting.symlink_to(real)
    assert "leads over a link" in here.asker.run("run", "fix", "--yes").stderr
    here.meeting.unlink()
    assert "install -d -m 3770" in here.asker.run("run", "fix", "--yes").stderr
    assert not fixed(here).exists()


def test_one_approval_is_of_every_target_exactly(here: Street) -> None:
    traps = "".join(f'[traps.{name}]\nprobe = "command"\nrun = ["/bin/sh", "-c", "exit 2"]\n' for name in ("web-1", "web-2"))
    book = BOOK.format(more="", place=fixed(here)).replace('default = "it"', 'from = "alert:name"')
    here.configure(traps + book.replace("echo fixed", 'echo "$2"').replace('"]', '", "{what}"]', 1))
    wait_until(lambda: {each["state"] for each in here.asker.json("traps")} == {"tripped"}, what="both alerts")
    child, number = asked(here, "--alert", "web-1", "--alert", "web-2")
    assert not fixed(here).exists()
    done = here.other.run("approve", number, types="y\n")
    assert done.returncode == 0, done
    for name in ("web-1", "web-2"):
        assert f"{fixed(here)} {name}" in done.stdout, "every target's own words"
    status, _ = ended(child)
    assert (status, fixed(here).read_text()) == (0, "web-1\nweb-2\n")
    runs = here.asker.json("runs")
    assert [run["state"] for run in runs] == ["confirmed"] * 3
