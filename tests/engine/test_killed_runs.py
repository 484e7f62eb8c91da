"""The cockpit is killed while a program prints: the program goes on, its output stays capped, nothing begins beside it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from cockpit.engine.listener import MOST
from cockpit.engine.process import LISTENER
from support.home import COCKPIT, Home
from support.real import wait_until

CONFIG = """
[runbooks.fix]
changes = "repairs"
steps = [{{ run = ["sh", "-c", '''{code}''', "fix"] }}]

[runbooks.root]
changes = "repairs the root"
steps = [{{ run = ["sh", "-c", "echo $0 >> {here}/root; exec sleep 600", "{{what}}"] }}]
[runbooks.root.params.what]

[traps.queue]
probe = "file"
path = "{here}/queue"
min_bytes = 1
every = "1s"
"""
REPAIR = """
echo $$ > {here}/pid; echo "the first half"
while [ ! -e {here}/go ]; do sleep 0.02; done
for n in $(seq 200); do echo "still at it $n"; done
printf "evil \\033[2J\\n"
{more}
touch {here}/done
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    home.env["COCKPIT_TEST_PLACE"] = str(tmp_path)
    try:
        yield home
    finally:
        for one in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                if one.environ().get("COCKPIT_TEST_PLACE") == str(tmp_path):
                    one.kill()


def begun(home: Home, more: str = "") -> subprocess.Popen[bytes]:
    """A cockpit in the middle of the repair."""
    home.config(CONFIG.format(here=home.path, code=REPAIR.format(here=home.path, more=more).replace("\\", "\\\\")))
    command = subprocess.Popen(
        (*COCKPIT, "run", "fix", "--yes"), env={**os.environ, **home.env},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(lambda: (home.path / "pid").exists() and "first half" in printed(home), 30, "the repair to begin")
    return command


def printed(home: Home) -> str:
    """What the run's file holds."""
    return "".join(file.read_text() for file in (home.state / "runs").glob("*.log"))


def ended(pid: int) -> bool:
    """Whether this process is over, collected or not."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def listeners(parent: int) -> list[int]:
    """The listeners that this cockpit started."""
    return [one.pid for one in psutil.Process(parent).children(recursive=True) if str(LISTENER) in one.cmdline()]


def test_the_program_goes_on_and_prints_on_when_the_cockpit_is_killed(home: Home) -> None:  # safety 11
    command = begun(home)
    (own,) = listeners(command.pid)
    command.kill()
    command.wait()
    (home.path / "go").touch()
    wait_until((home.path / "done").exists, 30, "the second half of the repair")
    wait_until(lambda: ended(own), 30, "the end of its listener")
    assert "still at it 200" in printed(home), "what it said without us is kept"
    assert "the cockpit was killed here" in printed(home)
    assert "\x1b" not in printed(home)
    (run,) = home.json("runs")
    assert run["state"] == "outcome unknown"


def test_an_endless_program_without_its_cockpit_fills_no_disk(home: Home) -> None:  # safety 11
    command = begun(home, "head -c 20000000 /dev/zero | tr '\\\\0' x")
    command.kill()
    command.wait()
    (home.path / "go").touch()
    wait_until((home.path / "done").exists, 30, "the end of a program that prints 20 MB")
    assert len(printed(home)) < MOST + 10_000


def test_no_listener_stays_after_a_run_that_ends_by_itself(home: Home) -> None:
    command = begun(home)
    (own,) = listeners(command.pid)
    (home.path / "go").touch()
    assert command.wait(30) == 0
    wait_until(lambda: ended(own), 30, "the end of its listener")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_command_that_is_asked_to_end_cancels_its_run(home: Home, number: signal.Signals, status: int) -> None:  # safety 11
    command = begun(home)
    pid = int((home.path / "pid").read_text())
    command.send_signal(number)
    assert command.wait(30) == status
    assert ended(pid)
    (run,) = home.json("runs")
    assert run["state"] == "cancelled"


def test_nothing_is_begun_beside_a_repair_whose_cockpit_was_killed(home: Home) -> None:  # safety 11
    command = begun(home)
    command.kill()
    command.wait()
    pid = (home.path / "pid").read_text().strip()
    for _ in range(2):  # before and after it has been written off
        second = home.run("run", "fix", "--yes")
        assert second.returncode == 1, second
        assert "fix is still running since" in second.stderr
        assert f"process {pid}" in second.stderr
        assert f"kill -- -{pid}" in second.stderr
        home.run("runs")
    (home.path / "go").touch()
    wait_until((home.path / "done").exists, 30, "the end of the repair")
    wait_until(lambda: ended(int(pid)), 30, "the end of its process")
    assert home.run("run", "fix", "--yes").returncode == 0, "now a person may"


def test_the_same_steps_do_not_run_twice_by_two_routes(home: Home) -> None:  # safety 11
    home.config(CONFIG.format(here=home.path, code="true"))
    (home.path / "queue").touch()
    wait_until(lambda: home.json("alerts"), 30, "the alert")
    started = home.path / "root"
    first = subprocess.Popen(
        (*COCKPIT, "run", "root", "what=a", "--yes"), env={**os.environ, **home.env},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(started.exists, 30, "the first")
    same = home.run("run", "root", "what=a", "--yes", "--alert", "queue")
    assert (same.returncode, "under way already" in same.stderr) == (1, True), same
    other = subprocess.Popen(
        (*COCKPIT, "run", "root", "what=b", "--yes"), env={**os.environ, **home.env},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(lambda: started.read_text() == "a\nb\n", 30, "another one, on something else")
    for command in (first, other):
        command.send_signal(signal.SIGINT)
        command.wait(30)
