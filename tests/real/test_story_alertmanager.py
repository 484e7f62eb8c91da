"""A real Alertmanager on the screen: its watchdog, two that know the same alert, lost answers, and everything that can be wrong
between it and us. Rows stay with their age, the reason is said, and nothing is called well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.alertmanagers import Server, alertmanager, amtool
from support.between import Between
from support.home import COCKPIT, Home
from support.real import need, running, wait_until
from support.stories import entries, press_until, runs_of, settled, wait_shown
from support.tmux import tmux

pytestmark = pytest.mark.real

HIGH = {"alertname": "HighErrorRate", "severity": "critical", "instance": "web-1", "service": "shop"}
DISK = {"alertname": "DiskFull", "severity": "warning", "instance": "db-1", "service": "db"}
DOG = {"alertname": "Watchdog", "severity": "none"}

SOURCE = """
[sources.{name}]
provider = "alertmanager"
url = "{url}"
every = "1s"
timeout = "3s"
within = "2s"
{more}
"""


def began() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=2)


def config(more: str = "", **urls: str) -> str:
    return 'me = ["Ana"]\n' + "".join(SOURCE.format(name=name, url=url, more=more) for name, url in urls.items())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    need("prometheus-alertmanager", "amtool")
    with alertmanager(tmp_path / "am") as running:
        yield running


# safety 16
def test_a_silent_watchdog_is_loud_until_it_fires(home: Home, tmp_path: Path, server: Server) -> None:
    server.fire(HIGH, started=began())
    home.config(config('watchdog = "Watchdog"', am=server.url))
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        loud = wait_shown(screen, "◌ am blind", "am: the watchdog Watchdog does not fire: alerts may not be arriving there", "CRIT")
        assert "s old" not in loud, "what it says is new, though it may not be all"
        screen.keys("Escape")
        server.fire(DOG, started=began())
        screen.wait_gone("the watchdog")
        assert "Watchdog" not in wait_shown(screen, "● am", "1 firing")
        server.resolve(DOG, HIGH)
        wait_shown(screen, "the watchdog Watchdog does not fire", "Nothing firing on what I can see (am blind")
        assert "the watchdog Watchdog does not fire" in home.run("alerts").stdout
        assert home.run("alerts").returncode == 3


def test_two_that_know_the_same_alert_are_two_and_a_key_goes_to_the_right_one(home: Home, tmp_path: Path, server: Server) -> None:
    with alertmanager(tmp_path / "other") as other:
        for each in (server, other):
            each.fire(HIGH, started=began())
        (one,), (two,) = (each.call("GET", "/api/v2/alerts") for each in (server, other))
        assert one["fingerprint"] == two["fingerprint"]
        home.config(config(alpha=server.url, beta=other.url))
        with tmux(COCKPIT, home.env, tmp_path) as screen:
            shown = wait_shown(screen, "2 firing", "alpha", "beta")
            here = next(line for line in shown.splitlines() if "▌ ▲ CRIT" in line)
            near, far = (server, other) if "alpha" in here else (other, server)
            press_until((screen,), "a", lambda: "1 firing · 1 acked" in screen.text, "the acknowledgement")
            wait_until(near.silences, 10, "the acknowledgement there")
            assert len(near.silences()) == 1
            assert far.silences() == []
        assert {each["source"]: each["acknowledged_by"] for each in home.json("alerts")} in (
            {"alpha": "Ana", "beta": None},
            {"alpha": None, "beta": "Ana"},
        )


# safety 17
@pytest.mark.parametrize(
    ("fault", "state", "says"),
    [
        ("loses the answer", "confirmed", "no answer came, but reading it back showed that it was done"),
        ("swallows", "failed", "no answer came, and 3 readings later it is not there: it was not done"),
    ],
)
def test_an_acknowledgement_whose_answer_is_lost_is_read_back(
    home: Home, tmp_path: Path, server: Server, fault: str, state: str, says: str
) -> None:
    server.fire(HIGH, started=began())
    with Between(server.url) as between:
        between.hits = lambda method, _: method == "POST"
        between.fault = fault
        home.config(config(am=between.url))
        with tmux(COCKPIT, home.env, tmp_path) as screen:
            wait_shown(screen, "1 firing", "● am")
            screen.keys("a")
            wait_until(lambda: state in {run["state"] for run in runs_of(home, "ack")}, 30, f"the run to be {state}")
            (run,) = runs_of(home, "ack")
            assert run["reason"] == says
            assert len([method for method, _ in between.heard if method == "POST"]) == 1, "never sent twice by itself"
            done = state == "confirmed"
            wait_shown(screen, "1 acked" if done else "1 firing")
        assert len(server.silences()) == int(done)


def test_an_acknowledgement_outlives_the_cockpit_and_its_successor_takes_it_back(
    home: Home, tmp_path: Path, server: Server
) -> None:
    server.fire(HIGH, DISK, started=began())
    home.config(config(am=server.url))
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        wait_shown(screen, "2 firing")
        press_until((screen,), "a", lambda: "1 acked" in screen.text, "the acknowledgement")
        assert settled(home, "ack")["state"] == "confirmed"
        screen.keys("q")
        wait_until(lambda: screen.ended, 20, "the cockpit's end")
    (silence,) = amtool(server, "silence", "query")
    assert silence["comment"].startswith("ACK! Ana has it")
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        wait_shown(screen, "1 firing · 1 acked", "Ana", "● am")
        press_until((screen,), "G", lambda: "▌ ▲ CRIT" in screen.text, "the cursor on the one that is acknowledged")
        press_until((screen,), "u", lambda: "2 firing" in screen.text, "the acknowledgement to be taken back")
        wait_until(lambda: not server.silences(), 10, "its end there")


def test_a_watch_without_a_screen_renews_an_acknowledgement_and_ends_it_with_its_alert(
    home: Home, tmp_path: Path, server: Server
) -> None:
    server.fire(HIGH, started=began())
    home.config(config(am=server.url))
    (alert,) = home.json("alerts")
    assert home.run("ack", f"am/{alert['id']}").returncode == 0
    server.shorten(minutes=4)
    with running((*COCKPIT, "watch"), env=home.env, cwd=tmp_path):
        wait_until(lambda: server.minutes_left() == [15], 20, "the acknowledgement to be renewed")
        server.resolve(HIGH)
        wait_until(lambda: not server.silences(), 20, "its end")
    kept = [entry.subject.split(" of ")[0] for entry in entries(home, "source.kept")]
    assert kept == ["ended the acknowledgement", "renewed the acknowledgement"], "newest first"


FAULTS = (
    ("401", "⊘ am parked", "it wants credentials (401): Unauthorized"),
    ("403", "◌ am blind", "it does not allow that (403): not in this team"),
    ("500", "◌ am blind", "it answered 500: the disk is full"),
    ("a login page", "am", "an answer that cannot be read: this is not an Alertmanager: it answered HTML"),
    ("elsewhere", "◌ am blind", "it sends us on to http://203.0.113.7:80, another origin, and nothing was sent there"),
    ("cuts the answer", "◌ am blind", "the connection broke"),
    ("drips", "◌ am blind", "no whole answer within 2 s"),
    ("swallows", "◌ am blind", "the connection broke"),
    ("429", "am", "it wants fewer questions: too many questions (429): slow down; asked again at "),
)
"""What goes wrong, what the header says then, and the reason under it. After the last one nobody may ask for ten minutes."""


# safety 13 14
def test_whatever_goes_wrong_between_is_said_and_the_rows_stay(home: Home, tmp_path: Path, server: Server) -> None:
    server.fire(HIGH, DISK, started=began())
    with Between(server.url) as between:
        home.config(config(am=between.url))
        with tmux(COCKPIT, home.env, tmp_path) as screen:
            for fault, health, says in FAULTS:
                between.fault = ""
                press_until((screen,), "r", lambda: "● am" in screen.text and "⚑" not in screen.text, f"it to see before {fault}")
                between.fault = fault
                wait_shown(screen, health, f"am: {says}"[:90], "HighErrorRate", "DiskFull")
