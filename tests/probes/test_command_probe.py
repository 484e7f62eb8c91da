"""command: real monitoring plug-ins, and checks that misbehave."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cockpit.config.model import ConfigError
from cockpit.core.traps import TrapState
from cockpit.core.units import bound
from cockpit.probes.perfdata import metric_name, metrics, split_output
from cockpit.provider import ProbeError
from support.looking import Looks, peak_of, probe
from support.real import free_port, need, wait_until
from support.servers import serving

PLUGINS = "/usr/lib/nagios/plugins:/usr/lib64/nagios/plugins:/usr/lib/monitoring-plugins"


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The monitoring plug-ins on PATH, or skip."""
    monkeypatch.setenv("PATH", f"{PLUGINS}:{os.environ['PATH']}")
    need("check_disk", "check_load", "check_procs", "check_tcp", "check_dummy")


def script(directory: Path, text: str) -> Looks:
    """A command probe that runs this shell script."""
    path = directory / "check"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return probe("command", run=[str(path)])


@pytest.mark.real
@pytest.mark.usefixtures("plugins")
def test_check_disk_gives_bytes_and_thresholds() -> None:
    reading = probe("command", run=["check_disk", "-w", "5%", "-c", "2%", "-p", "/"]).look()
    stat = os.statvfs("/")
    used = (stat.f_blocks - stat.f_bfree) * stat.f_frsize
    assert reading.values["root"] == pytest.approx(used, rel=0.02, abs=2**24)
    assert reading.values["root.warn"] < reading.values["root.crit"] <= reading.values["root.max"]
    assert reading.text.startswith("DISK ")
    assert "|" not in reading.text


@pytest.mark.real
@pytest.mark.usefixtures("plugins")
def test_check_load_and_check_procs_give_numbers_that_bounds_can_use() -> None:
    load = probe("command", run=["check_load", "-w", "900,900,900", "-c", "999,999,999"]).look()
    assert load.verdict is TrapState.ARMED
    assert {"load1", "load5", "load15", "load1.warn", "load1.crit"} <= set(load.values)
    assert load.values["load1.crit"] == 999
    procs = probe("command", run=["check_procs", "-w", "0:0"]).look()
    assert procs.verdict is TrapState.WARNING
    assert procs.values["procs"] > 0


@pytest.mark.real
@pytest.mark.usefixtures("plugins")
def test_check_tcp_is_content_then_trips_when_the_service_goes() -> None:
    with serving(lambda talk: None) as port:
        up = probe("command", run=["check_tcp", "-H", "127.0.0.1", "-p", str(port)]).look()
        assert up.verdict is TrapState.ARMED
        assert 0 <= up.values["time"] < 5
    assert probe("command", run=["check_tcp", "-H", "127.0.0.1", "-p", str(free_port())]).look().verdict is TrapState.TRIPPED


@pytest.mark.real
@pytest.mark.usefixtures("plugins")
def test_every_status_of_the_contract_is_kept() -> None:
    for status, verdict in (("0", TrapState.ARMED), ("1", TrapState.WARNING), ("2", TrapState.TRIPPED)):
        reading = probe("command", run=["check_dummy", status, "said"]).look()
        assert reading.verdict is verdict
        assert reading.values["exit_status"] == float(status)
        assert reading.text.endswith("said")
    with pytest.raises(ProbeError, match="unknown: UNKNOWN: said"):
        probe("command", run=["check_dummy", "3", "said"]).look()


def test_a_status_outside_the_contract_says_nothing_of_the_service(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match=r"check ended with status 127.*no such thing"):
        script(tmp_path, "echo no such thing >&2; exit 127").look()
    with pytest.raises(ProbeError, match="was ended by SIGSEGV"):
        script(tmp_path, "kill -SEGV $$").look()


def test_a_program_that_cannot_be_run_says_which_and_why(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="there is no program /nowhere/check"):
        probe("command", run=["/nowhere/check"]).look()
    plain = tmp_path / "plain"
    plain.write_text("#!/bin/sh\n")
    with pytest.raises(ProbeError, match="may not be executed"):
        probe("command", run=[str(plain)]).look()
    plain.chmod(0o755)
    plain.write_text("#!/nowhere/interpreter\n")
    with pytest.raises(ProbeError, match="interpreter"):
        probe("command", run=[str(plain)]).look()
    plain.write_text("not a program at all")
    with pytest.raises(ProbeError, match="cannot be executed: Exec format error"):
        probe("command", run=[str(plain)]).look()


def test_arguments_arrive_as_they_are_and_no_shell_sees_them(tmp_path: Path) -> None:
    words = ["$(touch canary)", "; touch canary", "a\nb", "'\"`", "-x", "{path}"]
    dump = tmp_path / "dump"
    path = tmp_path / "check"
    path.write_text(f"#!/bin/sh\nprintf '%s\\0' \"$@\" > {dump}\n")
    path.chmod(0o755)
    probe("command", run=[str(path), *words]).look()
    assert dump.read_text().split("\0")[:-1] == words
    assert not (tmp_path / "canary").exists()


def test_secrets_in_the_cockpits_surroundings_are_not_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PD_TOKEN", "canary-5f3a")
    dump = tmp_path / "env"
    looked = script(tmp_path, f"env > {dump}")
    looked.look()
    assert "canary-5f3a" not in dump.read_text()
    assert "PATH=" in dump.read_text()
    probe("command", run=[str(tmp_path / "check")], env={"CHECK_HOST": "db-1"}).look()
    assert "CHECK_HOST=db-1" in dump.read_text()


def alive(pidfile: Path) -> bool:
    """Whether the process is there, a zombie not counted."""
    try:
        return Path(f"/proc/{pidfile.read_text().strip()}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


# safety 11
def test_one_that_never_ends_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    path = tmp_path / "check"
    path.write_text(f"#!/bin/sh\ntrap '' TERM\nsleep 600 &\necho $! > {tmp_path}/inner\necho $$ > {tmp_path}/outer\nwait\n")
    path.chmod(0o755)
    with pytest.raises(ProbeError, match="did not end within 1 s"):
        probe("command", run=[str(path)], within="1s").look()
    wait_until(lambda: not alive(tmp_path / "inner") and not alive(tmp_path / "outer"), what="the end of both")


def test_what_a_check_leaves_in_the_background_neither_holds_the_look_nor_stays(tmp_path: Path) -> None:
    looked = script(tmp_path, f"sleep 600 &\necho $! > {tmp_path}/inner\necho fine")
    began = time.monotonic()
    assert looked.look().text == "fine"
    assert time.monotonic() - began < 15
    wait_until(lambda: not alive(tmp_path / "inner"), what="the end of what was left")


# safety 11
def test_what_goes_on_printing_in_the_background_does_not_hold_the_look(tmp_path: Path) -> None:
    assert script(tmp_path, "echo fine\nyes &\nexit 1").look().verdict is TrapState.WARNING


# safety 11
def test_endless_output_is_cut_and_memory_stays_flat(tmp_path: Path) -> None:
    (tmp_path / "endless").symlink_to(shutil.which("yes") or "yes")
    with pytest.raises(ProbeError, match="did not end"):
        probe("command", run=[str(tmp_path / "endless")], within="1s").look()
    big, peak = peak_of(script(tmp_path, "head -c 50000000 /dev/zero | tr '\\0' x; exit 1").look)
    assert big.verdict is TrapState.WARNING
    assert len(big.text) <= 300
    assert peak < 5_000_000


def test_one_that_asks_for_a_password_gets_none(tmp_path: Path) -> None:
    reading = script(tmp_path, "read -r word || { echo 'nobody to ask'; exit 2; }").look()
    assert (reading.text, reading.verdict) == ("nobody to ask", TrapState.TRIPPED)
    assert "no terminal" in script(tmp_path, "( : < /dev/tty ) 2>/dev/null || echo no terminal").look().text


def test_hostile_output_is_made_harmless(tmp_path: Path) -> None:
    text = script(tmp_path, r"printf 'bad \033]52;c;eA==\007 \377 [@click=x] | a=1\n'").look().text
    assert not any(ord(letter) < 32 for letter in text)
    assert "[@click=x]" in text


def test_a_check_that_prints_nothing_is_said_to(tmp_path: Path) -> None:
    assert script(tmp_path, "exit 0").look().text == "no word"


def test_the_checks_own_names_come_from_outside_and_are_allowed_in_bounds() -> None:
    assert "*" in probe("command", run=["x"]).readings


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("time=0.012345s;;;0.000000;10.000000", {"time": 0.012345, "time.min": 0, "time.max": 10}),
        ("rta=12ms;100;200;0", {"rta": 0.012, "rta.warn": 0.1, "rta.crit": 0.2, "rta.min": 0}),
        ("/=2643MB;5948;;0;5968", {"root": 2643 * 2**20, "root.warn": 5948 * 2**20, "root.min": 0, "root.max": 5968 * 2**20}),
        ("'a b''s'=5%;80;90", {"a_b_s": 5, "a_b_s.warn": 80, "a_b_s.crit": 90}),
        ("in=10c out=20c", {"in": 10, "out": 20}),
        ("x=1;10:20;@5:30", {"x": 1, "x.warn": 20, "x.crit": 30}),
        ("x=1;10:;~:30", {"x": 1, "x.warn": 10, "x.crit": 30}),
        ("x=U y=1", {"y": 1}),
        ("x=-3.5e2 y=1,5", {"x": -350, "y": 1.5}),
        ("a=1 a=2 A=3", {"a": 1, "a_2": 2, "a_3": 3}),
        ("5xx=4", {"_5xx": 4}),
        ("x=1parsec y=nan z=inf w=1e999", {}),
        ("", {}),
        ("no data at all", {}),
    ],
)  # fmt: skip
def test_performance_data_becomes_base_units(data: str, expected: dict[str, float]) -> None:
    assert metrics(data) == pytest.approx(expected)


def test_several_lines_of_output_and_of_data() -> None:
    text, data = split_output("DISK OK | /=1MB;2\nlong text\nmore | /boot=3MB\n/var=4MB\n")
    assert text == "DISK OK"
    assert metrics(data) == {"root": 2**20, "root.warn": 2**21, "boot": 3 * 2**20, "var": 4 * 2**20}


@given(some.text(max_size=300))
def test_no_data_whatever_breaks_the_reader(data: str) -> None:
    for name, value in metrics(data).items():
        assert bound(f"{name} >= 1").metric == name
        assert value == value


@given(some.text(max_size=100))
def test_every_label_becomes_a_name_that_a_bound_can_use(label: str) -> None:
    assert re.fullmatch(r"[a-z_][a-z0-9_.]*", metric_name(label))


def test_a_flood_of_labels_is_cut() -> None:
    assert len(metrics(" ".join(f"m{number}=1;2;3;4;5" for number in range(5000)))) <= 205


def test_nothing_to_run_is_refused() -> None:
    with pytest.raises(ConfigError, match="a program and its arguments"):
        probe("command", run=[])
    with pytest.raises(ConfigError, match="NUL"):
        probe("command", run=["x", "\0"])


def test_it_is_named_after_its_program() -> None:
    assert probe("command", run=["/usr/lib/nagios/plugins/check_disk", "-p", "/"]).subject == "check_disk"
