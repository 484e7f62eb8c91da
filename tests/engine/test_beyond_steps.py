"""Requests, verbs, waits and links as steps of real runs: with a real server, this machine's own alerts, and the journal."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.prometheuses import prometheus, pushgateway
from support.real import wait_until


class Server(ThreadingHTTPServer):
    """Answers as told, and remembers what was asked: (method, path, headers, body)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        self.status, self.body, self.headers = 200, '{"state": "restarting"}', {}
        self.silent = threading.Event()

    status: int
    headers: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Talk(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        server.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if server.status == 0:
            server.silent.wait(30)
            return
        self.send_response(server.status)
        for name, value in server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(server.body)))
        self.end_headers()
        self.wfile.write(server.body.encode())

    do_GET = do_POST = do_DELETE = _answer  # as the library has it

    def log_message(self, *_: object) -> None:
        """Nothing goes to standard error."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield made
        made.silent.set()
        made.shutdown()
        thread.join(5)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def printed(home: Home) -> str:
    """What the newest run's file holds."""
    newest = max((home.state / "runs").glob("*.log"), key=lambda path: path.stat().st_mtime)
    return newest.read_text()


POST = """
[runbooks.restart]
changes = "restarts {{host}}"
params.host = {{ default = "a/b 'c'" }}
timeout = "{timeout}"
[[runbooks.restart.steps]]
http = "{url}/v1/hosts/{{host}}/restart"
method = "POST"
query = {{ why = "{{host}}&x=1" }}
headers = {{ X-Tenant = "ops" }}
bearer = "env:API_TOKEN"
json = {{ host = "{{host}}", force = true, tags = ["a", 1] }}
expect = [200, 202]
"""


class TestHttp:
    def test_a_request_is_what_was_shown_and_its_answer_is_the_output(self, home: Home, server: Server) -> None:  # safety 6
        home.config(POST.format(url=server.url, timeout="60s"))
        server.body = "your token is hunter2-canary"
        done = home.run("run", "restart", "--yes", API_TOKEN="hunter2-canary")
        assert done.returncode == 0, done
        ((method, path, headers, body),) = server.asked
        assert (method, path) == ("POST", "/v1/hosts/a%2Fb%20%27c%27/restart?why=a%2Fb%20%27c%27%26x%3D1")
        assert json.loads(body) == {"host": "a/b 'c'", "force": True, "tags": ["a", 1]}
        assert headers["authorization"] == "Bearer hunter2-canary"
        assert headers["x-tenant"] == "ops"
        assert "answered 200" in printed(home)
        assert "your token is ***" in printed(home)
        assert "hunter2-canary" not in done.stdout + done.stderr + printed(home)

    def test_another_status_fails_and_is_not_sent_again(self, home: Home, server: Server) -> None:
        home.config(POST.format(url=server.url, timeout="60s"))
        server.status = 503
        done = home.run("run", "restart", "--yes", API_TOKEN="x-canary")
        assert done.returncode == 1
        assert "was answered 503, and not 200 or 202" in done.stdout
        assert len(server.asked) == 1

    def test_a_redirect_takes_nothing_along(self, home: Home, server: Server) -> None:  # safety 13
        home.config(POST.format(url=server.url, timeout="60s"))
        server.status, server.headers = 307, {"Location": f"{server.url}/elsewhere"}
        done = home.run("run", "restart", "--yes", API_TOKEN="x-canary")
        assert "was answered 307" in done.stdout
        assert len(server.asked) == 1

    def test_a_write_without_an_answer_is_an_outcome_that_nobody_knows(self, home: Home, server: Server) -> None:  # safety 17
        home.config(POST.format(url=server.url, timeout="6s"))
        server.status = 0
        done = home.run("run", "restart", "--yes", API_TOKEN="x-canary")
        assert done.returncode != 0
        assert "not known" in done.stdout, done.stdout
        assert len(server.asked) == 1

    def test_nobody_there_is_a_failure_and_nothing_was_done(self, home: Home) -> None:
        home.config(POST.format(url="http://127.0.0.1:1", timeout="60s"))
        done = home.run("run", "restart", "--yes", API_TOKEN="x-canary")
        assert done.returncode == 1
        assert "got no answer: cannot be reached" in done.stdout

    def test_a_secret_that_cannot_be_had_sends_nothing(self, home: Home, server: Server) -> None:
        home.config(POST.format(url=server.url, timeout="60s"))
        done = home.run("run", "restart", "--yes")
        assert "was not sent: env:API_TOKEN: there is no environment variable" in done.stdout
        assert server.asked == []

    def test_reading_asks_nothing_and_writing_must_be_said(self, home: Home, server: Server) -> None:
        home.config(f'[runbooks.look]\nsteps = [{{ http = "{server.url}/page" }}]\n')
        server.body, server.headers = "<html>fine</html>", {"Content-Type": "text/html"}
        assert home.run("run", "look").returncode == 0
        assert "<html>fine</html>" in printed(home)
        home.config(f'[runbooks.look]\nsteps = [{{ http = "{server.url}/page", method = "DELETE" }}]\n')
        refused = home.run("check")
        assert refused.returncode == 1
        assert "this step changes the world, and the runbook does not say that it does" in refused.stdout + refused.stderr

    def test_what_takes_a_step_back_may_write_only_where_that_is_said(self, home: Home, server: Server) -> None:  # safety 12
        undo = f'undo = {{ http = "{server.url}/page", method = "DELETE" }}'
        home.config(f'[runbooks.look]\nsteps = [{{ run = ["true"], {undo} }}]\n')
        refused = home.run("check")
        assert refused.returncode == 1
        assert "this step changes the world, and the runbook does not say that it does" in refused.stdout + refused.stderr

    def test_no_program_gets_the_secret_of_what_takes_a_step_back(self, home: Home, server: Server) -> None:  # safety 22
        undo = f'undo = {{ http = "{server.url}/page", bearer = "env:API_TOKEN" }}'
        home.config(f'[runbooks.look]\nsteps = [{{ run = ["env"], {undo} }}]\n')
        assert home.run("run", "look", API_TOKEN="hunter2-canary").returncode == 0
        assert "COCKPIT_RUNBOOK=look" in printed(home)
        assert "API_TOKEN" not in printed(home)

    def test_a_value_of_its_answer_is_there_for_later_steps(self, home: Home, server: Server) -> None:
        steps = f"""
        [runbooks.look]
        [[runbooks.look.steps]]
        http = "{server.url}/state"
        capture.node = {{ json = "nodes.0.name", pattern = "[a-z0-9-]+" }}
        [[runbooks.look.steps]]
        run = ["echo", "found {{node}}"]
        """
        home.config(steps)
        server.body = '{"nodes": [{"name": "web-3"}]}'
        assert home.run("run", "look").returncode == 0
        assert "\nfound web-3\n" in printed(home)
        server.body = '{"nodes": [{"name": "web-3; $(id)"}]}'
        done = home.run("run", "look")
        assert done.returncode == 1
        assert "found" not in printed(home).partition("$ echo")[2]


QUEUE = """
[traps.queue]
probe = "file"
path = "{here}/queue"
trip = "size_bytes > 0"
every = "1s"
severity = "critical"

[runbooks.mend]
match = "trap=queue"
changes = "empties the queue"
timeout = "40s"
"""


class TestVerbsAndWaits:
    def test_verbs_are_runs_of_their_own_and_it_waits_until_its_trap_is_armed(self, home: Home) -> None:
        queue = home.path / "queue"
        queue.write_text("x")
        steps = f"""
        steps = [
          {{ verb = "ack", text = "the runbook has it" }},
          {{ verb = "note", text = "emptied for {{alert_name}}" }},
          {{ run = ["truncate", "-s", "0", "{queue}"] }},
          {{ wait = "holds", trap = "queue", until = "size_bytes < 1", every = "1s" }},
          {{ wait = "armed", trap = "queue", every = "1s", timeout = "20s" }},
          {{ wait = "gone", every = "1s" }},
        ]
        """
        home.config(QUEUE.format(here=home.path) + steps)
        done = home.run("run", "mend", "--alert", "queue", "--yes")
        assert done.returncode == 0, done
        runs = {run["what"]: run for run in home.json("runs")}
        assert {"mend", "ack", "note"} <= runs.keys()
        assert runs["ack"]["state"] in ("confirmed", "accepted")
        assert "emptied for queue" in done.stdout
        assert "size_bytes is 0" in done.stdout

    def test_what_does_not_come_about_ends_at_its_deadline_and_says_how_it_stands(self, home: Home) -> None:
        (home.path / "queue").write_text("x")
        home.config(QUEUE.format(here=home.path) + 'steps = [{ wait = "armed", trap = "queue", timeout = "2s" }]\n')
        done = home.run("run", "mend", "--alert", "queue", "--yes")
        assert done.returncode == 1
        assert "did not end in time (it may take 2 s)" in done.stdout
        assert "queue is tripped" in done.stdout
        assert printed(home).count("\nqueue is tripped") == 1, "it is said again only when it has changed"

    def test_what_is_refused_on_the_screen_is_refused_to_a_step(self, home: Home) -> None:
        (home.path / "queue").write_text("x")
        home.config(QUEUE.format(here=home.path) + 'steps = [{ verb = "page", text = "x", to = ["person:nobody"] }]\n')
        done = home.run("run", "mend", "--alert", "queue", "--yes")
        assert done.returncode == 1, done
        assert "was refused" in done.stdout or "failed" in done.stdout

    def test_read_only_does_none_of_it(self, home: Home) -> None:  # safety 12
        (home.path / "queue").write_text("x")
        home.config(QUEUE.format(here=home.path) + 'steps = [{ verb = "note", text = "x" }]\n')
        done = home.run("--read-only", "run", "mend", "--alert", "queue", "--yes")
        assert done.returncode == 1
        assert "read-only is on" in done.stderr
        assert home.json("runs") == []


def test_a_link_stands_in_the_output(home: Home) -> None:
    home.config('[runbooks.look]\nparams.x = { default = "a b" }\nsteps = [{ open = "https://wiki.example/{x}" }]\n')
    done = home.run("run", "look")
    assert done.returncode == 0
    assert "open https://wiki.example/a%20b" in printed(home)


@pytest.mark.real
def test_it_waits_until_what_a_query_finds_is_below_a_bound(home: Home, tmp_path: Path) -> None:
    with pushgateway() as gateway, prometheus(tmp_path / "prom", scrapes=(gateway.port,)) as server:
        gateway.put("queues", 'jobs_waiting{q="a"} 9\njobs_waiting{q="b"} 1\n')
        server.until_seen("jobs_waiting")
        step = f"""wait = "holds", query = 'jobs_waiting{{q=~".+"}}', url = "{server.url}", until = "value < 5", every = "1s\""""
        home.config(f'[runbooks.drain]\nsteps = [{{ {step}, timeout = "40s" }}]\n')
        command = subprocess.Popen(
            (*COCKPIT, "run", "drain"), env={**os.environ, **home.env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        wait_until(lambda: "value is 9" in "".join(each.read_text() for each in (home.state / "runs").glob("*.log")), 30, "a look")
        gateway.put("queues", 'jobs_waiting{q="a"} 2\njobs_waiting{q="b"} 1\n')
        said = command.communicate(timeout=60)[0]
        assert command.returncode == 0, said
        assert "value is 2" in said
        nothing = f"""wait = "holds", query = "no_such_thing", url = "{server.url}", until = "value < 5", timeout = "2s\""""
        home.config(f"[runbooks.drain]\nsteps = [{{ {nothing} }}]\n")
        done = home.run("run", "drain")
        assert done.returncode == 1, "what finds nothing is not below anything"


@pytest.mark.parametrize("kind", ["http", "wait"])
def test_a_cockpit_that_is_killed_in_such_a_step_leaves_an_unknown_outcome_and_nothing_is_done_again(
    home: Home, server: Server, kind: str
) -> None:  # safety 11
    server.status = 0
    (home.path / "queue").write_text("x")
    steps = {"http": f'http = "{server.url}/x", method = "POST"', "wait": 'wait = "armed", trap = "queue"'}
    home.config(QUEUE.format(here=home.path) + f"steps = [{{ {steps[kind]} }}]\n")
    argv = (*COCKPIT, "run", "mend", "--alert", "queue", "--yes")
    command = subprocess.Popen(
        argv, env={**os.environ, **home.env}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_until(lambda: server.asked or "queue is tripped" in "".join(map(Path.read_text, (home.state / "runs").glob("*"))), 30)
    command.kill()
    command.wait()
    (run,) = home.json("runs")
    assert run["state"] == "outcome unknown"
    assert len(server.asked) == (1 if kind == "http" else 0)
