"""An alert of a real Alertmanager becomes an incident: acknowledged, a runbook run for it, over, and its postmortem tells it."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.alertmanagers import alertmanager
from support.home import COCKPIT, Home
from support.real import need, wait_until
from support.stories import holder

pytestmark = pytest.mark.real

CONFIG = """
me = ["Ana"]
[sources.am]
provider = "alertmanager"
url = "{url}"
[runbooks.free]
title = "Free space"
match = 'alertname=~"Disk.*"'
changes = "deletes files"
steps = [{{ run = ["echo", "freed"] }}]
"""
DISK = {"alertname": "DiskFull", "severity": "critical", "instance": "db-1", "service": "[db](http://evil.example)"}


RULE = """
me = ["Ana"]
[sources.am]
provider = "alertmanager"
url = "{url}"
every = "1s"
[people.bo]
name = "Bo"
[incidents.disks]
match = 'alertname=~"Disk.*"'
after = "2s"
title = "{{name}} on {{where}}"
roles = {{ lead = "person:bo" }}
"""


def watch(home: Home) -> subprocess.Popen[bytes]:
    return subprocess.Popen((*COCKPIT, "watch"), env={**os.environ, **home.env}, stdout=subprocess.DEVNULL, cwd=home.path)


def incidents(home: Home) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = home.json("incident", "list", "--all")
    return found


def done(home: Home, *words: str) -> str:
    """Run it, and insist that it went well."""
    ran = home.run(*words)
    assert ran.returncode == 0, (words, ran.stderr)
    return ran.stdout


def test_from_an_alertmanagers_alert_to_the_postmortem(home: Home, tmp_path: Path) -> None:
    need("prometheus-alertmanager", "amtool")
    with alertmanager(tmp_path / "am") as server:
        server.fire(DISK, started=datetime.now(UTC) - timedelta(minutes=9))
        home.config(CONFIG.format(url=server.url))
        wait_until(lambda: home.json("alerts"), 20, "the alert")
        (alert,) = home.json("alerts")
        assert "open, critical, Bo leads" in done(home, "incident", "open", "Disk", "--alert", alert["id"], "--lead", "Bo")
        done(home, "mark", "deployed 1.4", "--alert", "DiskFull")
        done(home, "mark", "nothing to do with it", "--service", "shop")
        done(home, "ack", alert["id"], "--note", "on it")
        done(home, "run", "free", "--alert", alert["id"], "--yes")
        server.resolve(DISK)
        wait_until(lambda: home.json("alerts") == [], 30, "its end")
        done(home, "incident", "close", "i1", "--yes")
        (shown,) = home.json("incident", "show", "i1")
        told = [(each["what"], each["text"]) for each in shown["timeline"]]
        fired = next(
            at for at, (what, text) in enumerate(told) if what == "alert" and text.startswith("DiskFull") and "fired" in text
        )
        assert fired == 0, "it fired before anybody said anything"
        for what, words in (("mark", "deployed 1.4"), ("run", "ack"), ("run", "free"), ("incident", "closed")):
            assert any(each == what and words in text for each, text in told), (what, words, told)
        assert not any("nothing to do with it" in text for _, text in told)
        assert any("was seen to be over" in text for _, text in told), told
        page = done(home, "postmortem", "i1")
        assert "free for DiskFull, by Ana" in page
        assert ": helped" in page
        assert "deployed 1.4. Did that contribute?" not in page, "it came after the beginning"


def test_a_rule_opens_one_for_a_real_alert_and_of_two_watches_one_of_which_is_killed_none_opens_a_second(
    home: Home, tmp_path: Path
) -> None:
    need("prometheus-alertmanager", "amtool")
    with alertmanager(tmp_path / "am") as server:
        home.config(RULE.format(url=server.url))
        quiet = {"alertname": "DiskSlow", "severity": "warning", "instance": "db-2"}
        server.silence("known", alertname="DiskSlow")
        first, second = watch(home), watch(home)
        try:
            server.fire(quiet, DISK, started=datetime.now(UTC))
            wait_until(lambda: incidents(home), 30, "the incident")
            (here,) = incidents(home)
            assert (here["title"], here["severity"], here["lead"], here["rule"]) == ("DiskFull on db-1", "critical", "Bo", "disks")
            assert len(here["alerts"]) == 1, "what is silenced opens none, and joins none"
            leads = holder(home)
            killed, other = (first, second) if first.pid == leads else (second, first)
            killed.kill()
            wait_until(lambda: holder(home) == other.pid, 40, "the other to take over")
            server.fire(DISK | {"alertname": "DiskGone"}, started=datetime.now(UTC))
            wait_until(lambda: len(incidents(home)[0]["alerts"]) == 2, 30, "the second alert to join")
            assert [each["id"] for each in incidents(home)] == ["i1"]
            server.silence("we know", alertname="DiskGone")
            server.resolve(DISK)

            def told_elsewhere() -> bool:
                (one,) = home.json("incident", "show", "i1")
                texts = [each["text"] for each in one["timeline"]]
                return "DiskFull is over at am" in texts and any(text.startswith("DiskGone hushed at am") for text in texts)

            wait_until(told_elsewhere, 60, "what became of the alerts at their source")
        finally:
            for each in (first, second):
                each.kill()
                each.wait()
        (shown,) = home.json("incident", "show", "i1")
        told = [(each["what"], each["who"], each["text"]) for each in shown["timeline"]]
        assert ("incident", "rule disks", "opened: DiskFull on db-1") in told
        assert ("incident", "rule disks", "lead: Bo") in told
        assert ("incident", "rule disks", "added DiskGone") in told
