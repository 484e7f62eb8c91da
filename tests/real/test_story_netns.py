"""Two machines in networks of their own: a run over both, and one whose cable is pulled in the middle."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from support.home import COCKPIT, Home
from support.netns import Machine, machine
from support.real import wait_until
from support.sshds import sshd

pytestmark = pytest.mark.real

CONFIG = """
[runbooks.rolling]
changes = "restarts both"
steps = [
  {{ ssh = "web-3", config = "{one}", script = "ip -4 -o addr show scope global > {here}/1; cat {here}/1" }},
  {{ ssh = "db-1", config = "{two}", script = "ip -4 -o addr show scope global > {here}/2; cat {here}/2" }},
]

[runbooks.slow]
changes = "takes long"
[[runbooks.slow.steps]]
ssh = "db-1"
config = "{two}"
script = "echo $$ > {here}/pid; while [ ! -e {here}/go ]; do sleep 0.1; done; touch {here}/done"
"""


@pytest.fixture
def there(home: Home, tmp_path: Path) -> Iterator[Machine]:
    """The second machine; a config that knows both."""
    with ExitStack() as stack:
        first, second = (stack.enter_context(machine(net)) for net in (41, 42))
        one = stack.enter_context(sshd(tmp_path / "one", address=first.address, before=first.within))
        two = stack.enter_context(sshd(tmp_path / "two", name="db-1", address=second.address, before=second.within))
        home.config(CONFIG.format(here=tmp_path, one=one.config, two=two.config))
        home.env["COCKPIT_TEST_PLACE"] = str(tmp_path)
        yield second
        (tmp_path / "go").touch()
        for one_left in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                if one_left.environ().get("COCKPIT_TEST_PLACE") == str(tmp_path):
                    one_left.kill()


def test_a_run_goes_over_two_machines_one_after_the_other(home: Home, tmp_path: Path, there: Machine) -> None:
    done = home.run("run", "rolling", "--yes")
    assert done.returncode == 0, done
    assert "10.231.41.2" in (tmp_path / "1").read_text()
    assert there.address in (tmp_path / "2").read_text()
    assert "10.231.41.2" not in (tmp_path / "2").read_text()


def test_a_cable_that_is_pulled_is_noticed_and_the_outcome_is_unknown(home: Home, tmp_path: Path, there: Machine) -> None:
    command = subprocess.Popen(
        (*COCKPIT, "run", "slow", "--yes"), env={**os.environ, **home.env}, stdout=subprocess.PIPE, text=True
    )
    wait_until(lambda: (tmp_path / "pid").exists(), 30, "the repair to begin")
    there.pull()
    said = command.communicate(timeout=60)[0]
    assert command.returncode == 3, said
    assert "the connection to db-1 broke" in said
    (run,) = home.json("runs")
    assert run["state"] == "outcome unknown"
    assert not (tmp_path / "done").exists()
    (tmp_path / "go").touch()
    wait_until((tmp_path / "done").exists, 30, "the repair's end: it is not ended half-way")
    later = home.run("run", "rolling", "--yes", timeout=90)
    assert later.returncode == 1
    assert "step 2 of 2 did not begin" in later.stdout, later.stdout
