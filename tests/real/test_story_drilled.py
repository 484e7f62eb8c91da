"""The loop closed: a trap is armed after an incident, its drill is owed by somebody, and is begun on the screen; a real
Alertmanager routes its page to a real receiver, which sees that it is a drill; `a` ends it, and what was owed is done by that."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from support.alertmanagers import alertmanager
from support.home import COCKPIT, Home
from support.real import wait_until
from support.small_http import Asked, Said, SmallHttp
from support.tmux import Tmux, tmux
from support.watching import watching

pytestmark = pytest.mark.real

ROUTE = """
route:
  receiver: team
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
  routes:
  - receiver: rehearsal
    matchers: [drill="true"]
receivers:
- name: team
  webhook_configs: [{{url: "{url}/team", send_resolved: true}}]
- name: rehearsal
  webhook_configs: [{{url: "{url}/rehearsal", send_resolved: true}}]
"""
CONFIG = """
me = ["ana"]
[people.ana]
name = "Ana"
[people.bo]
name = "Bo"
[sources.am]
provider = "alertmanager"
url = "{url}"
every = "1s"
[channels.duty]
kind = "source"
source = "am"
[escalations.all]
match = "trap!=\\"\\""
steps = [{{ via = ["duty"] }}]
[traps.other]
probe = "disk"
path = "/"
trip = "used_percent >= 100"
"""


class Receiver(SmallHttp):
    """Takes whatever is sent to it."""

    def answer(self, asked: Asked) -> Said:
        return Said()

    def got(self, path: str, status: str) -> list[dict[str, Any]]:
        """The alerts of that status which came there."""
        with self.lock:
            bodies = [each.json for each in self.heard if each.path == path]
        return [alert for body in bodies for alert in body["alerts"] if alert["status"] == status]


def done(home: Home, *words: str) -> str:
    """Run it, and insist that it went well."""
    ran = home.run(*words)
    assert ran.returncode == 0, (words, ran.stdout, ran.stderr)
    return ran.stdout


def test_a_drill_on_the_screen_goes_by_alertmanager_and_the_ack_does_what_was_owed(home: Home, tmp_path: Path) -> None:
    flag, log = tmp_path / "flag", tmp_path / "log"
    flag.touch()
    log.touch()
    with Receiver() as receiver, alertmanager(tmp_path / "am", config=ROUTE.format(url=receiver.url)) as server:
        home.config(CONFIG.format(url=server.url))
        done(home, "incident", "open", "The flag was gone", "--lead", "Bo")
        with watching(home, log), tmux(COCKPIT, home.env, tmp_path, columns=80, rows=24) as screen:
            screen.wait("q quit")
            look = f"file path={flag} must_exist=true"
            said = done(home, "trap", "add", "flag-early", "--incident", "i1", "--look", look, "--yes")
            assert "i1 names it from now on" in said
            done(home, "action", "add", "i1", "Rehearse it", "--trap", "flag-early", "--due", "1d")
            wait_until(lambda: _armed(home), 40, "that the watch looks at it")
            screen.wait("2 armed", 40)
            screen.keys(":")
            screen.type("drill flag-early")
            screen.wait("drill flag-early")
            screen.keys("Enter")
            screen.wait("Drill flag-early: how far?", 40)
            screen.keys("Enter")
            assert "by duty" in screen.wait("Drill flag-early?")
            wait_until(Patiently(screen, "y", "DRILL of flag-early"), 30, "that it has begun")

            wait_until(lambda: receiver.got("/rehearsal", "firing"), 60, "the page at the receiver")
            (page, *_) = receiver.got("/rehearsal", "firing")
            assert page["labels"]["drill"] == "true"
            assert page["labels"]["alertname"].endswith("flag-early")
            assert "DRILL" in page["annotations"]["summary"]
            assert receiver.got("/team", "firing") == [], "nobody takes it for a fire"
            assert [each["state"] for each in home.json("action")] == ["open"]
            assert {each["name"]: each["drill"] for each in home.json("traps")}["flag-early"] == "tripped"

            screen.wait("It has tripped", 40)
            screen.keys("a")
            screen.wait("the trap is proven", 40)
            (item,) = home.json("action", "list", "--all")
            assert (item["state"], item["how"]) == ("done", "its trap flag-early was drilled up to the acknowledgement")
            wait_until(lambda: receiver.got("/rehearsal", "resolved"), 90, "its end at the receiver")
            screen.keys("Escape")
            screen.wait("q quit")
        (incident,) = home.json("incident", "show", "i1")
        told = " | ".join(each["text"] for each in incident["timeline"])
        for words in (
            "trap flag-early armed after it",
            "action item a1 added: Rehearse it",
            "action item a1 done: its trap flag-early",
        ):
            assert words in told, (words, told)
        assert "- [x] a1 Rehearse it" in done(home, "postmortem", "i1")
        trap = {each["name"]: each for each in home.json("traps")}["flag-early"]
        assert (trap["state"], trap["unproven"], trap["drills"]) == ("armed", False, 1)


def _armed(home: Home) -> bool:
    return {each["name"]: each["state"] for each in home.json("traps")}.get("flag-early") == "armed"


class Patiently:
    """Presses a key until something is on the screen, a second apart: a box takes no answer in the moment in which it opens, nor
    from a key that is held down."""

    def __init__(self, screen: Tmux, key: str, wanted: str) -> None:
        self._screen, self._key, self._wanted = screen, key, wanted
        self._last = time.monotonic()

    def __call__(self) -> bool:
        if self._wanted in self._screen.text:
            return True
        if time.monotonic() - self._last >= 1.0:
            self._screen.keys(self._key)
            self._last = time.monotonic()
        return False
