"""``cockpit silence`` beside several sources: where it is meant, by which clock, and its listing on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.alertmanagers import Server, alertmanager
from support.home import COCKPIT, Home
from support.pty import Pty

pytestmark = pytest.mark.real
CONFIG = """
me = ["ana"]
[people.ana]
timezone = "Asia/Kathmandu"
[sources.am-prod]
provider = "alertmanager"
url = "{one.url}"
[sources.am-two]
provider = "alertmanager"
url = "{two.url}"
[traps.backup]
probe = "file"
path = "/etc/passwd"
trip = "size_bytes >= 1"
"""
WHY = ("--comment", "planned")


@pytest.fixture
def pair(home: Home, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    with alertmanager(tmp_path / "one") as one, alertmanager(tmp_path / "two") as two:
        one.fire({"alertname": "Disk", "host": "db-1"}, {"alertname": "Both"})
        two.fire({"alertname": "Both"})
        home.config(CONFIG.format(one=one, two=two))
        home.env["TZ"] = ""
        yield one, two


def test_it_is_made_where_it_hits_or_where_alone_it_could_be(home: Home, pair: tuple[Server, Server]) -> None:
    for match, source in (
        ("alertname=Disk", "am-prod"),  # what it hits is there
        ("trap=backup", "local"),
        ("@source=am-two alertname=Later", "am-two"),  # said by the filter
        ("@trap=later", "local"),  # an Alertmanager knows nothing of that
    ):
        done = home.run("silence", match, *WHY)
        assert (done.returncode, done.stdout.splitlines()[0].split(",")[0]) == (2, f"At {source}"), done
    assert [each["source"] for each in home.json("silence", "alertname=Disk", *WHY)] == ["am-prod"]


def test_where_it_could_be_meant_for_several_they_are_named(home: Home, pair: tuple[Server, Server]) -> None:
    both = home.run("silence", "alertname=Both", *WHY)
    assert (both.returncode, both.stdout) == (2, "")
    assert "hits alerts at several sources: say which, with --source am-prod (1 alert) or --source am-two (1 alert)" in both.stderr
    later = home.run("silence", "alertname=Later", *WHY)
    assert later.returncode == 2
    assert "hits nothing now" in later.stderr
    assert "--source am-prod or --source am-two or --source local" in later.stderr
    nobody = home.run("silence", "@state=firing @age>10d", *WHY)
    assert nobody.returncode == 1
    assert "no source takes such a silence" in nobody.stderr
    assert "am-two: an Alertmanager knows nothing of @state" in nobody.stderr


def test_every_time_is_on_the_clock_of_whoever_asks_and_says_so(home: Home, pair: tuple[Server, Server]) -> None:
    preview = home.run("silence", "alertname=Disk", *WHY, "--yes").stdout
    assert " +0545 (1 h): alertname=Disk" in preview
    assert " +0545 " in home.run("silence", "--list").stdout
    assert " JST " in home.run("silence", "--list", TZ="Asia/Tokyo").stdout, "TZ is what they set for this terminal"


def test_what_somebody_must_keep_up_says_when_it_ends_where_nobody_does(home: Home, pair: tuple[Server, Server]) -> None:
    plain = home.run("silence", "alertname=Disk host=db-1", *WHY, "--yes").stdout
    assert "Id: am-prod/" in plain
    assert "kept up only" not in plain
    lasting = home.run("silence", "alertname=Disk", "--until-resolved", *WHY, "--yes")
    assert "It is kept up only while a cockpit or `cockpit watch` runs, and none does: else it ends at " in lasting.stdout
    (both, *_) = (each["id"] for each in home.json("alerts") if each["source"] == "am-two")
    assert "It is kept up only while a cockpit" in home.run("ack", f"am-two/{both}").stdout


def test_a_long_matcher_is_cut_to_the_terminal_and_whole_elsewhere(home: Home, pair: tuple[Server, Server]) -> None:
    hosts = "|".join(f"web-{number}" for number in range(40))
    assert home.run("silence", f'alertname=Disk host=~"db-1|{hosts}"', "--comment", "rack " * 40, "--yes").returncode == 0
    with Pty([*COCKPIT, "silence", "--list"], env=home.env, columns=120, cwd=home.path) as terminal:
        assert terminal.wait_exit(60) == 0
        lines = [line.rstrip() for line in terminal.text.splitlines() if line.strip()]
    assert len(lines) == 2, lines
    assert [line.count("…") for line in lines] == [0, 2]
    assert "alertname=Disk" in lines[1]
    assert "web-39" in home.run("silence", "--list").stdout, "a pipe gets all of it"
    assert "web-39" in home.json("silence", "--list")[0]["match"]
