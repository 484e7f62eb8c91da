"""A night with PagerDuty, on a real terminal and a stateful account of our own: an incident comes, is taken, given on, hushed,
over; a limit is obeyed with its countdown."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.pagerduty import USER_TOKEN, Server, pagerduty
from support.real import wait_until
from support.stories import press_until
from support.tmux import tmux

pytestmark = pytest.mark.real

CONFIG = """
me = ["ana"]
[people.ana]
name = "Ana"
timezone = "America/Sao_Paulo"
contacts = {{ email = "ana@example.com" }}
[sources.pd]
provider = "pagerduty"
url = "{url}"
token = "env:PD_TOKEN"
every = "1s"
[traps.nightly]
probe = "heartbeat"
name = "nightly"
within = "26h"
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with pagerduty() as running:
        yield running


@pytest.fixture
def on_duty(home: Home, server: Server) -> Home:
    home.config(CONFIG.format(url=server.url))
    home.env["PD_TOKEN"] = USER_TOKEN
    home.run("beat", "nightly")
    return home


def test_an_incident_is_taken_given_on_hushed_and_over(on_duty: Home, server: Server, tmp_path: Path) -> None:
    with tmux(COCKPIT, on_duty.env, tmp_path) as screen:
        screen.wait("All clear")
        screen.wait("on call Bo → Ana in 23 h")
        fire = server.account.fire("5xx over 12 % on web-3", minutes=2, priority="P1")
        screen.wait("5xx over 12 %")

        screen.keys("a")
        wait_until(lambda: fire.status == "acknowledged", what="the acknowledgement there")
        screen.wait("1 acked")
        screen.wait("acknowledged by Ana")  # its own log, in the detail

        no = "no way to take an acknowledgement back"
        press_until((screen,), "u", lambda: no in screen.text, "the refusal, once the acknowledgement is no longer under way")

        screen.keys("e")
        screen.wait("Escalate to level 2")
        screen.type("level 2")
        screen.keys("Enter")
        screen.wait("2 of Web")
        press_until((screen,), "y", lambda: fire.level == 2 and fire.status == "triggered", "the escalation there")
        screen.wait("1 firing")
        wait_until(lambda: on_duty.json("runs")[0]["state"] == "confirmed", what="the end of the escalation")

        screen.keys("s")
        screen.wait("then it rings again by itself")
        screen.keys("Enter")
        screen.wait("Snooze this?")
        press_until((screen,), "y", lambda: fire.unack_at is not None, "the snooze there")
        screen.wait("1 suppressed")

        press_until((screen,), "c", lambda: "Resolve this?" in screen.text, "the question, once the snooze has settled")
        press_until((screen,), "y", lambda: fire.status == "resolved", "the resolution there")
        screen.wait("All clear")
    assert [run["what"] for run in on_duty.json("runs")] == ["resolve", "snooze", "escalate", "ack"]


def test_a_limit_is_obeyed_with_a_countdown_and_never_read_as_all_clear(on_duty: Home, server: Server, tmp_path: Path) -> None:
    # safety 14
    with tmux(COCKPIT, on_duty.env, tmp_path) as screen:
        screen.wait("All clear")
        server.per_minute = 0
        screen.wait("it wants fewer questions: too many questions (429)")
        first = int(re.search(r"pd waits +(\d+)s", screen.wait("pd waits"))[1])  # type: ignore[index]  # it is there
        asked = len(server.heard)
        screen.wait("Nothing firing on what I can see")
        screen.keys("r")  # a nudge does not shorten what the source asked for
        wait_until(lambda: int(re.search(r"pd waits +(\d+)s", screen.text)[1]) < first - 2, what="the countdown")  # type: ignore[index]
        assert "All clear" not in screen.text
        assert len(server.heard) == asked


RULE = """
[incidents.paged]
match = "@source=pd"
paged = true
title = "{{service}}: {{summary}}"
roles = {{ lead = "level:1" }}
"""


def test_what_the_account_calls_people_for_opens_an_incident_with_its_link_and_tells_who_took_it_there(
    on_duty: Home, server: Server, tmp_path: Path
) -> None:
    on_duty.config((CONFIG + RULE).format(url=server.url))
    log = tmp_path / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen((*COCKPIT, "watch"), env={**os.environ, **on_duty.env}, stdout=out) as watch,
    ):
        try:
            with server.lock:
                fire = server.account.fire("5xx over 12 % on web-3", minutes=2, priority="P1")
            wait_until(lambda: on_duty.json("incident"), 60, "the incident")
            (here,) = on_duty.json("incident")
            said = "incident i1 opened: Shop API: 5xx over 12 % on web-3, by rule paged"
            wait_until(lambda: said in log.read_text(), 20, "the watch to say so")
            assert (here["title"], here["severity"], here["rule"]) == ("Shop API: 5xx over 12 % on web-3", "critical", "paged")
            assert here["lead"] == "Bo", "whoever is on call by the account's own schedule"
            assert [url for url in here["links"] if fire.id in url], here["links"]

            def told(text: str, who: str = "") -> bool:
                (shown,) = on_duty.json("incident", "show", "i1")
                return any(each["text"] == text and each["who"] == (who or None) for each in shown["timeline"])

            with server.lock:
                server.account.change(fire, {"status": "acknowledged"}, "PBO")  # on his phone
            wait_until(lambda: told("Shop API acknowledged at pd", "Bo"), 60, "who took it")
            with server.lock:
                server.account.end(fire)
            wait_until(lambda: told("Shop API is over at pd"), 60, "its end")
        finally:
            watch.kill()
    on_duty.run("incident", "close", "i1", "--yes")
    page = on_duty.run("postmortem", "i1").stdout
    assert f"<{here['links'][0]}>" in page
    assert "Bo — Shop API acknowledged at pd" in page
