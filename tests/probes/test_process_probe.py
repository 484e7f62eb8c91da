"""process: real processes, started and ended here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cockpit.config.model import ConfigError
from cockpit.core.traps import TrapState
from cockpit.provider import ProbeError
from support.looking import probe
from support.real import running, wait_until

HOLDS = "import time; kept = bytearray(30_000_000); time.sleep(600)"
SPINS = "while True: pass"


@pytest.fixture
def program(tmp_path: Path) -> str:
    """A program with a name that nothing else has: 15 characters, the most that the kernel keeps."""
    name = f"ck{os.getpid()}"[:15]
    sleep = shutil.which("sleep")
    assert sleep is not None
    shutil.copy(sleep, tmp_path / name)
    return str(tmp_path / name)


def test_a_process_is_there_then_gone_then_there_again(program: str) -> None:
    name = os.path.basename(program)
    looked = probe("process", name=name)
    assert looked.look().verdict is TrapState.TRIPPED
    assert looked.look().text == "0 processes: not >=1"
    with running([program, "600"], ready=lambda: looked.look().values["count"] == 1):
        there = looked.look()
        assert there.verdict is None
        assert there.values["age_seconds"] < 30
        assert there.values["memory_bytes"] > 0
        with running([program, "601"], ready=lambda: looked.look().values["count"] == 2):
            assert probe("process", name=name, want="<=1").look().verdict is TrapState.TRIPPED
    gone = looked.look()
    assert gone.values["count"] == 0
    assert "age_seconds" not in gone.values


def test_a_pattern_is_looked_for_in_the_whole_command_line(program: str) -> None:
    looked = probe("process", pattern=rf"{os.path.basename(program)} 60\d+$")
    with running([program, "600"], ready=lambda: looked.look().values["count"] == 1), running([program, "5000"]):
        assert looked.look().values["count"] == 1


def test_memory_is_what_the_processes_hold() -> None:
    with running([sys.executable, "-c", HOLDS]) as child:
        looked = probe("process", pattern="kept = bytearray.30_000_000.")
        wait_until(lambda: looked.look().values["memory_bytes"] > 30_000_000, what="30 MB in use")
        assert looked.look().values["count"] == 1
        assert child.poll() is None


def test_processor_time_is_counted_between_looks() -> None:
    with running([sys.executable, "-c", SPINS]):
        looked = probe("process", pattern="while True: pass")
        wait_until(lambda: looked.look().values["count"] == 1, what="the spinning process")
        wait_until(lambda: looked.look().values["cpu_percent"] > 20, what="a busy processor")


def test_a_pid_file_leads_to_its_process(tmp_path: Path) -> None:
    pidfile = tmp_path / "app.pid"
    looked = probe("process", pidfile=str(pidfile))
    assert looked.look().verdict is TrapState.TRIPPED
    pidfile.write_text(f"{os.getpid()}\n")
    assert looked.look().values["count"] == 1
    pidfile.write_text("not a number")
    with pytest.raises(ProbeError, match="holds no process id"):
        looked.look()


def test_a_pid_file_left_behind_by_the_dead_is_not_a_process(tmp_path: Path) -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    (tmp_path / "pid").write_text(str(child.pid))
    assert probe("process", pidfile=str(tmp_path / "pid")).look().verdict is TrapState.TRIPPED


def test_a_zombie_does_not_count(tmp_path: Path) -> None:
    child = subprocess.Popen(["true"])
    try:
        (tmp_path / "pid").write_text(str(child.pid))
        wait_until(lambda: Path(f"/proc/{child.pid}/stat").read_text().split(") ")[1][0] == "Z", what="the zombie")
        assert probe("process", pidfile=str(tmp_path / "pid")).look().values["count"] == 0
    finally:
        child.wait()


def test_a_user_narrows_it(program: str) -> None:
    import pwd

    me = pwd.getpwuid(os.geteuid()).pw_name
    with running([program, "600"]):
        looked = probe("process", name=os.path.basename(program), user=me)
        wait_until(lambda: looked.look().values["count"] == 1, what="the process")
        assert probe("process", name=os.path.basename(program), user="nobody-at-all").look().values["count"] == 0


def test_a_command_line_that_would_stall_a_pattern_cannot_stall_the_cockpit() -> None:
    """Any user of the machine chooses his own command lines."""
    with running([sys.executable, "-c", "import time; time.sleep(600)", "a" * 40 + "!"]) as child:
        wait_until(lambda: b"aaaa" in Path(f"/proc/{child.pid}/cmdline").read_bytes(), what="the command line")
        began = time.monotonic()
        with pytest.raises(ProbeError, match="took longer than 1 s"):
            probe("process", pattern="(a+)+$", within="1s").look()
        assert time.monotonic() - began < 30


def test_what_cannot_be_meant_is_refused() -> None:
    for keys, said in (
        ({}, "one of name, pattern and pidfile"),
        ({"name": "x", "pattern": "y"}, "one of name, pattern and pidfile"),
        ({"pattern": "("}, "not a regular expression"),
        ({"name": "x", "want": "many"}, "a comparison and a number"),
    ):
        with pytest.raises(ConfigError, match=said):
            probe("process", keys)
