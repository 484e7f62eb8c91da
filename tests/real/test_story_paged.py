"""Nobody looks: `cockpit watch` pages by a real mail server and web server, in real time; it is killed and another goes on."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from support.alertmanagers import alertmanager
from support.home import COCKPIT, Home
from support.real import free_port, wait_until
from support.tmux import tmux
from support.watching import watching

pytestmark = pytest.mark.real

CONFIG = """
me = ["ana"]

[people.ana]
name = "Ana"
contacts = {{ email = "ana@example.com" }}
[people.bo]
name = "Bo"
contacts = {{ email = "bo@example.com" }}
[people.cy]
name = "Cy"
contacts = {{ email = "cy@example.com" }}

[rosters.primary]
timezone = "Europe/Berlin"
[[rosters.primary.layers]]
people = ["ana"]
start = 2026-01-05T09:00:00
turn = "1 week"

[channels.mail]
kind = "email"
host = "127.0.0.1"
port = {mail}
tls = "none"
sender = "cockpit@example.com"

[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:{hook}/pages"
signing_key = "env:HOOK_KEY"

[escalations.all]
via = ["mail", "hook"]
steps = [
  {{ notify = ["roster:primary"] }},
  {{ after = "30s", notify = ["person:bo"], via = ["mail"] }},
  {{ after = "60s", notify = ["person:cy"], via = ["mail"] }},
]

[traps.flag]
probe = "file"
path = "{flag}"
must_exist = true
every = "1s"
severity = "critical"
"""


class Sink:
    """Keeps whom each mail was for, and when it came."""

    def __init__(self) -> None:
        self.mails: list[tuple[float, str, str]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        text = envelope.content.decode()
        name = next(line for line in text.splitlines() if line.startswith("Message-ID"))
        self.mails.append((time.monotonic(), envelope.rcpt_tos[0], name))
        return "250 queued"

    @property
    def whom(self) -> list[str]:
        return [whom for _, whom, _ in self.mails]


@contextlib.contextmanager
def mail_server() -> Iterator[tuple[Sink, int]]:
    sink = Sink()
    server = Controller(sink, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        yield sink, server.port
    finally:
        server.stop()


@contextlib.contextmanager
def receiver() -> Iterator[tuple[list[dict[str, Any]], int]]:
    got: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append({**json.loads(body), "id": self.headers["webhook-id"], "signature": self.headers["webhook-signature"]})
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield got, server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def test_the_first_is_paged_at_once_the_second_in_time_and_an_ack_stops_it_over_a_kill(home: Home, tmp_path: Path) -> None:
    flag, log = tmp_path / "flag", tmp_path / "log"
    flag.touch()
    log.touch()
    with mail_server() as (sink, mail), receiver() as (got, hook):
        home.config(CONFIG.format(mail=mail, hook=hook, flag=flag))
        with watching(home, log) as first:
            flag.unlink()
            began = time.monotonic()
            wait_until(lambda: sink.whom == ["ana@example.com"] and len(got) == 1, 10, "the first page")
            assert (got[0]["kind"], got[0]["to"]["person"]) == ("trigger", "ana")
            assert got[0]["signature"].startswith("v1,")
            wait_until(lambda: b"Ana paged by hook" in log.read_bytes(), 10, "the line in the log")
            first.send_signal(signal.SIGKILL)
            first.wait(10)
        with watching(home, log), tmux(COCKPIT, {**home.env, "HOOK_KEY": "k"}, tmp_path) as screen:
            wait_until(lambda: "bo@example.com" in sink.whom, 60, "the second page")
            assert 28 <= time.monotonic() - began <= 50, "half a minute after the first, in a process that was not there then"
            assert sink.whom.count("ana@example.com") == 1, "the killed one's page is not sent again"
            screen.wait("CRIT")
            screen.keys("Enter")
            shown = screen.wait("Bo told by mail")
            assert "Ana told by mail" in shown
            assert "Cy next by mail" in shown
            assert home.run("ack", "flag").returncode == 0
            wait_until(lambda: [each["kind"] for each in got] == ["trigger", "acknowledge"], 15, "the end of it")
            wait_until(lambda: time.monotonic() - began > 68, 80, "the time of the third step")
            assert sink.whom == ["ana@example.com", "bo@example.com"], "the third is not woken"
    entries = home.json("page", "--channels")
    assert {each["channel"]: each["failing_since"] for each in entries} == {"mail": None, "hook": None}


def test_a_channel_that_fails_is_an_alert_and_hands_on_and_a_test_ends_it(home: Home, tmp_path: Path) -> None:
    flag, log, dead = tmp_path / "flag", tmp_path / "log", free_port()
    flag.touch()
    log.touch()
    with receiver() as (got, hook):
        home.config(CONFIG.format(mail=dead, hook=hook, flag=flag))
        with watching(home, log):
            flag.unlink()
            wait_until(lambda: any(each["to"]["person"] == "ana" for each in got), 15, "the page by the other channel")
            wait_until(lambda: any(each["id"] == "channel:mail" for each in home.json("alerts")), 30, "the alert about the channel")
            (alert,) = [each for each in home.json("alerts") if each["id"] == "channel:mail"]
            assert "does not answer as a mail server" in alert["summary"]
            assert home.run("page", "--test", "mail").returncode == 1
            assert home.run("page", "--channels").returncode == 1
    with mail_server() as (sink, mail):
        home.config(CONFIG.format(mail=mail, hook=hook, flag=flag))
        assert home.run("page", "--test", "mail").returncode == 0
        assert sink.whom == ["ana@example.com"]
        assert not [each for each in home.json("alerts") if each["id"] == "channel:mail"]


def test_an_alertmanager_pages_by_its_own_routing_and_hears_of_the_end(home: Home, tmp_path: Path) -> None:
    flag, log = tmp_path / "flag", tmp_path / "log"
    flag.touch()
    log.touch()
    with alertmanager(tmp_path / "am") as server:
        home.config(
            f'[sources.am]\nprovider = "alertmanager"\nurl = "{server.url}"\n'
            '[channels.duty]\nkind = "source"\nsource = "am"\n'
            '[escalations.all]\nsteps = [{ via = ["duty"] }]\n'
            f'[traps.flag]\nprobe = "file"\npath = "{flag}"\nmust_exist = true\nevery = "1s"\nseverity = "critical"\n'
        )
        with watching(home, log):
            flag.unlink()
            wait_until(lambda: server.call("GET", "/api/v2/alerts"), 15, "the alert there")
            (alert,) = server.call("GET", "/api/v2/alerts")
            assert (alert["labels"]["alertname"], alert["labels"]["severity"]) == ("flag", "critical")
            assert datetime.fromisoformat(alert["startsAt"]) < datetime.now(UTC)
            flag.touch()
            wait_until(lambda: not server.call("GET", "/api/v2/alerts"), 15, "its end there")
