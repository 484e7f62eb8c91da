"""The cockpit is killed while something is done on another machine: it goes on there, and nothing begins beside it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from support.home import COCKPIT, Home
from support.real import wait_until
from support.sshds import sshd

pytestmark = pytest.mark.real

CONFIG = """
[runbooks.fix]
changes = "repairs web-3"
steps = [{{ ssh = "web-3", config = "{config}", script = '''{code}''' }}]
"""
REPAIR = """
echo $$ > {here}/pid; echo "the first half"
while [ ! -e {here}/go ]; do sleep 0.02; done
echo "the second half"
touch {here}/done
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    home.env["COCKPIT_TEST_PLACE"] = str(tmp_path)
    with sshd(tmp_path / "sshd") as far:
        home.config(CONFIG.format(config=far.config, code=REPAIR.format(here=tmp_path)))
        try:
            yield home
        finally:
            for one in psutil.process_iter():
                with suppress(psutil.Error, ProcessLookupError):
                    if one.environ().get("COCKPIT_TEST_PLACE") == str(tmp_path):
                        one.kill()


def printed(home: Home) -> str:
    return "".join(file.read_text() for file in (home.state / "runs").glob("*.log"))


def test_what_is_done_there_goes_on_when_the_cockpit_is_killed(home: Home) -> None:  # safety 11
    command = subprocess.Popen(
        (*COCKPIT, "run", "fix", "--yes"), env={**os.environ, **home.env},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(lambda: (home.path / "pid").exists() and "\nthe first half" in printed(home), 30, "the repair to begin")
    command.kill()
    command.wait()
    second = home.run("run", "fix", "--yes")
    assert second.returncode == 1
    assert "fix is still running since" in second.stderr
    (home.path / "go").touch()
    wait_until((home.path / "done").exists, 30, "the second half of the repair")
    wait_until(lambda: "the second half" in printed(home).partition("was killed here")[2], 30, "its words")
    (run,) = home.json("runs")
    assert run["state"] == "outcome unknown"
