"""In whose name: asked once, kept, and used from then on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.pagerduty import ACCOUNT_TOKEN, Server, pagerduty
from support.pty import Pty

CONFIG = '# mine\nme = ["ana"]\n[sources.pd]\nprovider = "pagerduty"\nurl = "{url}"\ntoken = "env:PD_TOKEN"\n'


@pytest.fixture
def server() -> Iterator[Server]:
    with pagerduty() as running:
        running.account.fire("5xx over 12 %", minutes=7)
        yield running


@pytest.fixture
def home(tmp_path: Path, server: Server) -> Home:
    made = Home(tmp_path)
    made.config(CONFIG.format(url=server.url))
    made.env["PD_TOKEN"] = ACCOUNT_TOKEN
    return made


def test_without_a_terminal_it_is_said_how_to_say_it_and_then_it_holds(home: Home, server: Server) -> None:
    (fire,) = server.account.incidents.values()
    no = home.run("ack", "#1001")
    assert no.returncode == 1
    assert "say it once, with cockpit address pd YOU@EXAMPLE" in no.stdout
    assert fire.status == "triggered"
    said = home.run("address", "pd", "bo@example.com")
    assert (said.returncode, "Kept in" in said.stdout) == (0, True), said
    done = home.run("ack", "#1001")
    assert (done.returncode, fire.status, fire.acks[0][0]) == (0, "acknowledged", "PBO"), done


def test_at_a_terminal_it_is_asked_for_and_the_command_goes_on(home: Home, server: Server) -> None:
    (fire,) = server.account.incidents.values()
    with Pty([*COCKPIT, "ack", "#1001"], env=home.env) as terminal:
        terminal.wait_for("the e-mail address that you log in to PagerDuty with")
        terminal.send("nonsense\r")
        terminal.wait_for("nonsense is no e-mail address")
        terminal.send("bo@example.com\r")
        assert terminal.wait_exit() == 0
    assert (fire.status, fire.acks[0][0]) == ("acknowledged", "PBO")
    assert home.run("unack", "#1001").returncode in (0, 1)  # nobody is asked a second time
    assert len([each for each in home.run("address", "pd", "bo@example.com").stdout.splitlines() if each]) == 1


def test_enter_alone_leaves_it(home: Home, server: Server) -> None:
    with Pty([*COCKPIT, "ack", "#1001"], env=home.env) as terminal:
        terminal.wait_for("enter alone: leave it")
        terminal.send("\r")
        assert terminal.wait_exit() == 1
    assert {each.method for each in server.heard} == {"GET"}


@pytest.mark.parametrize(("source", "address"), [("pq", "bo@example.com"), ("pd", " "), ("pd", "a\x1b[31m@example.com")])
def test_what_cannot_be_kept_is_refused_and_nothing_is_written(home: Home, source: str, address: str) -> None:
    no = home.run("address", source, address)
    assert no.returncode != 0
    assert "\x1b" not in no.stderr
    assert home.run("check").returncode == 0
    assert home.run("--read-only", "address", "pd", "bo@example.com").returncode == 1
