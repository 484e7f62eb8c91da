"""An alert of a real Alertmanager becomes an incident: acknowledged, a runbook run for it, over, and its postmortem tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.alertmanagers import alertmanager
from support.home import Home
from support.real import need, wait_until

pytestmark = pytest.mark.real

CONFIG = """
me = ["Ana"]
[sources.am]
provider = "alertmanager"
url = "{url}"
[runbooks.free]
title = "Free space"
match = "alertname=DiskFull"
changes = "deletes files"
steps = [{{ run = ["echo", "freed"] }}]
"""
DISK = {"alertname": "DiskFull", "severity": "critical", "instance": "db-1", "service": "[db](http://evil.example)"}


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
