"""Who watches the watcher: a dead man's switch that goes and comes back, and a watch that is killed, as every screen shows them."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.pty import Pty
from support.real import free_port, wait_until

pytestmark = pytest.mark.real


class Ping(BaseHTTPRequestHandler):
    """Takes every beat."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"OK")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def switch(port: int) -> Iterator[None]:
    """The far side, there for as long as this lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Ping)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def doctor(home: Home) -> tuple[bool, str]:
    """What ``cockpit doctor`` says of the beat."""
    return next(((each["ok"], each["detail"]) for each in home.json("doctor") if each["check"] == "beat"), (True, ""))


def test_every_screen_says_when_the_watch_last_beat_outside_and_loudly_when_that_stays_away(tmp_path: Path) -> None:
    home, port = Home(tmp_path), free_port()
    home.config(f'[watch]\nbeat = "http://127.0.0.1:{port}/ping/canary"\nbeat_every = "5s"\n')
    assert doctor(home) == (False, "no watch has beaten outside yet, and [watch] beat says that one is to: begin `cockpit watch`")
    with (tmp_path / "log").open("wb") as log:
        watch = subprocess.Popen((*COCKPIT, "watch"), env=os.environ | home.env, cwd=tmp_path, stdout=log, stderr=log)
    try:
        with Pty(COCKPIT, columns=120, lines=40, env=home.env) as wide, Pty(COCKPIT, columns=80, lines=24, env=home.env) as small:
            with switch(port):
                wait_until(lambda: doctor(home)[0], 30, "a beat")
                assert "last beat outside at 2" in doctor(home)[1]
                for screen in (wide, small):
                    screen.wait_for("beat ", 30)
                    screen.wait_gone("beaten", 30)
            for screen in (wide, small):
                screen.wait_for("has taken no beat of the watch since", 40)
            assert not doctor(home)[0]
            with switch(port):
                for screen in (wide, small):
                    screen.wait_gone("has taken no beat", 40)
                said = (tmp_path / "log").read_text()
                assert "was not taken" in said
                assert "is taken again" in said
                assert "canary" not in said
                watch.kill()
                watch.wait()
                for screen in (wide, small):
                    screen.wait_for("the watch has not beaten 127.0.0.1 since", 40)
    finally:
        watch.kill()
        watch.wait()


def test_a_watch_that_does_not_beat_ends_the_waiting_for_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.config("")
    home.state.mkdir(parents=True)
    (home.state / "watch.beat").write_text('{"to":"x","every":1,"since":"2026-01-01T00:00:00Z"}')
    assert not doctor(home)[0]
    watch = subprocess.Popen((*COCKPIT, "watch"), env=os.environ | home.env, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: doctor(home) == (True, ""), 30, "nothing is waited for")
    finally:
        watch.kill()
        watch.wait()
