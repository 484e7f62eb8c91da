"""A drill whose page goes to a real Alertmanager comes back as an alert of that source: it stays a drill wherever it shows, and
what is done about it there is no call, no incident and no toil, while the same done about a real alert beside it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.alertmanagers import alertmanager
from support.home import COCKPIT, Home
from support.real import wait_until
from support.tmux import tmux
from support.watching import watching

pytestmark = pytest.mark.real

CONFIG = """
me = ["ana"]
[people.ana]
name = "Ana"
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
[incidents.any]
match = "@source=am"
[runbooks.look]
title = "Look at {{instance}}"
match = "@source=am"
params.instance.default = "here"
steps = [{{ run = ["true"] }}]
[traps.flag]
probe = "file"
path = "{flag}"
must_exist = true
every = "1s"
"""
REAL = {"alertname": "HighErrorRate", "severity": "critical", "instance": "web-1", "drill": "bit-4"}


def done(home: Home, *words: str) -> str:
    """Run it, and insist that it went well."""
    ran = home.run(*words)
    assert ran.returncode == 0, (words, ran.stdout, ran.stderr)
    return ran.stdout


def of_am(home: Home) -> dict[str, dict[str, Any]]:
    """What the Alertmanager tells, by name."""
    return {each["name"]: each for each in home.json("alerts") if each["source"] == "am"}


def test_what_comes_back_from_alertmanager_is_still_a_drill_and_what_is_real_beside_it_is_not(home: Home, tmp_path: Path) -> None:
    flag, log = tmp_path / "flag", tmp_path / "log"
    flag.touch()
    log.touch()
    with alertmanager(tmp_path / "am") as server:
        home.config(CONFIG.format(url=server.url, flag=flag))
        with watching(home, log):
            wait_until(lambda: home.run("trap", "drill", "flag").returncode == 2, 40, "that a drill can begin")
            done(home, "trap", "drill", "flag", "--yes")
            wait_until(lambda: "DRILL flag" in of_am(home), 60, "the drill's alert at the Alertmanager")
            server.fire(REAL)
            wait_until(lambda: set(of_am(home)) == {"DRILL flag", "HighErrorRate"}, 40, "the real one beside it")
            back = of_am(home)["DRILL flag"]
            assert (back["labels"]["alertname"], back["labels"]["drill"]) == ("flag", "true")
            wait_until(lambda: home.json("incident"), 40, "the incident of the real one")

            with tmux(COCKPIT, home.env, tmp_path, columns=120, rows=40) as screen:
                screen.wait("q quit")
                lines = [line for line in screen.wait("HighErrorRate").splitlines() if "DRILL" in line and " am" in line]
                assert lines, screen.text

            for each in of_am(home).values():
                done(home, "run", "look", "--alert", f"am/{each['id']}", "--yes")
                done(home, "ack", f"am/{each['id']}")
            (incident,) = home.json("incident")
            (told,) = home.json("incident", "show", incident["id"])
            assert told["alerts"] == [f"am/{of_am(home)['HighErrorRate']['id']}"]
            assert [(each["what"], each["times"]) for each in home.json("report")["toil"]] == [("look", 1)]
            brief = home.json("handover")
            assert [(each["who"], each["times"]) for each in brief["called"]] == [("Ana", 1)], "by the real one alone"
            handed = {(each["source"], each["name"]) for each in brief["alerts"]}
            assert ("am", "HighErrorRate") in handed
            assert ("am", "DRILL flag") not in handed, "what was acknowledged of a drill is over"
