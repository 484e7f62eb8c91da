"""docs/adapters.md is true: its examples are taken from it, installed, tried under the contract kit, and found by ``cockpit``."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.home import Home

PAGE = Path(__file__).parents[1] / "docs" / "adapters.md"
ALERT = {"id": "7", "title": "Disk full", "since": "2026-11-23T03:00:00Z", "level": "critical", "host": "web-3"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's files, installed as a distribution is: modules, and a dist-info with the entry points."""
    folder = tmp_path_factory.mktemp("site")
    for name, text in re.findall(r"```(?:python|toml)\n# (\S+\.(?:py|toml))\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        (folder / name).write_text(text, "utf-8")
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = project["entry-points"].items()
    lines = [f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in points.items()) for group, points in groups]
    (info / "entry_points.txt").write_text("\n".join(lines))
    return folder


@pytest.fixture
def server() -> Iterator[str]:
    """The system of the page's provider: one alert for whoever has the token, nothing for others."""

    class System(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("Authorization") == "Bearer s3cret-canary"
            self.send_response(200 if known else 401)
            self.end_headers()
            self.wfile.write(json.dumps([ALERT]).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), System) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_the_examples_pass_their_own_tests_and_the_contract(site: Path) -> None:
    done = subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-W", "error", "--rootdir", str(site), str(site)),
        capture_output=True, text=True, cwd=site, env=os.environ | {"PYTHONPATH": str(site)}, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 12, "the contract's tests were inherited"
    skipped = set(re.findall(r"SKIPPED.*?: (.*)", done.stdout))
    cannot = (
        "Acks", "Silences", "Edits", "Checks", "Notes", "Overrides", "Pages", "Rests", "Resolves", "Snoozes", "Escalates",
        "Reassigns", "Merges", "Plays", "Maintains", "History", "Series", "Runbooks",
    )  # fmt: skip
    assert skipped <= {f"it has no {kind}" for kind in cannot}, done.stdout


def test_the_cockpit_finds_them_by_entry_point_and_works_with_them(site: Path, home: Home, server: str) -> None:
    home.env |= {"PYTHONPATH": str(site), "STATUS_TOKEN": "s3cret-canary"}
    listed = {each["name"]: each for each in home.json("providers")}
    assert (listed["statuspage"]["can"], listed["statuspage"]["origin"]) == (["Alerts"], "cockpit-example 1.0")
    assert listed["spool"]["can"] == ["files", "oldest_seconds"]
    assert "how many files wait" in listed["spool"]["does"]
    assert listed["wall"]["kind"] == "channel"
    home.config(
        'me = ["ana"]\n[people.ana]\ncontacts = { room = "4.12" }\n'
        f'[channels.wall]\nkind = "wall"\npath = "{home.path / "wall"}"\n'
    )
    assert home.run("page", "ana", "come and look", "--yes").returncode == 0
    assert "\ttrigger\t4.12\t" in (home.path / "wall").read_text()
    queue = home.path / "queue"
    queue.mkdir()
    (queue / "mail").write_text("hello")
    home.config(
        f'[traps.mail-queue]\nprobe = "spool"\npath = "{queue}"\ntrip = "files >= 1"\n'
        f'[sources.status]\nprovider = "statuspage"\nurl = "{server}"\nauth.bearer = "env:STATUS_TOKEN"\n'
    )
    alerts = home.run("alerts", "--json")
    assert {(each["source"], each["name"]) for each in json.loads(alerts.stdout)} == {
        ("local", "mail-queue"),
        ("status", "Disk full"),
    }
    assert alerts.returncode == 1
    refused = home.run("alerts", "@source=status", STATUS_TOKEN="wrong")
    assert refused.returncode == 3
    assert "status: it does not accept the credentials (401)" in refused.stdout
    assert "s3cret" not in refused.stdout + refused.stderr
    cannot = home.run("ack", "status/7")
    assert cannot.returncode == 1
    assert "status" in cannot.stderr
    home.config('[traps.mail-queue]\nprobe = "spool"\npath = "/tmp"\ntrip = "fils >= 1"\n')
    assert "did you mean files?" in home.run("check").stdout


def test_a_plug_in_that_cannot_be_loaded_costs_itself_alone(site: Path, home: Home, tmp_path: Path) -> None:
    info = tmp_path / "broken-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[cockpit.probes]\nbroken = broken_module:Thing\n")
    (tmp_path / "broken_module.py").write_text('raise RuntimeError("boom \\x1b[2J")\n')
    home.env["PYTHONPATH"] = str(tmp_path)
    listed = home.run("providers")
    assert listed.returncode == 0
    assert "cannot be loaded" in listed.stdout
    assert "\x1b" not in listed.stdout
    home.config('[traps.a]\nprobe = "broken"\n')
    wrong = home.run("check")
    assert wrong.returncode == 1
    assert "boom" in wrong.stdout
    assert "\x1b" not in wrong.stdout
