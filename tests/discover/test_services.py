"""Services. systemd itself is a stand-in here that gives recorded answers: the machines that test this were not booted with it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cockpit.discover import services
from cockpit.discover.jobs import jobs
from cockpit.discover.sockets import unit_of
from cockpit.discover.timed import Deadline
from support.real import free_port, listening, need, running

FAILED = "certbot.service loaded failed failed Certbot\n● backup.service loaded failed failed Nightly backup\n"
RUNNING = "nginx.service loaded active running A high performance web server\nssh.service loaded active running OpenSSH\n"
TIMERS = (
    "Tue 2026-11-24 00:00:00 UTC 7h left Mon 2026-11-23 00:00:01 UTC 16h ago dpkg-db-backup.timer dpkg-db-backup.service\n"
    "Tue 2026-11-24 02:30:00 UTC 9h left - - restic-backup.timer restic-backup.service\n"
    "- - - - phpsessionclean.timer phpsessionclean.service\n"
)


@pytest.fixture
def booted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root whose machine looks booted with systemd, and a ``systemctl`` first on PATH."""
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    program = tmp_path / "bin/systemctl"
    program.parent.mkdir()
    answers = {"failed": FAILED, "running": RUNNING, "list-timers": TIMERS}
    program.write_text(
        f"#!{sys.executable}\nimport sys\nline = ' '.join(sys.argv[1:])\nfor key, answer in {answers!r}.items():\n"
        "    if key in line:\n        print(answer, end='')\n        break\nelse:\n    sys.exit(1)\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return tmp_path


def test_failed_and_running_units_are_read(booted: Path) -> None:
    seen = services.systemd(Deadline(10.0), booted)
    assert seen is not None
    assert seen.failed == ("certbot.service", "backup.service")
    assert seen.services == ("nginx.service", "ssh.service")


def test_backup_timers_are_jobs_and_the_systems_own_are_not(booted: Path) -> None:
    assert [(job.name, job.backup) for job in jobs(Deadline(10.0), booted)] == [("restic-backup", True), ("phpsessionclean", False)]


def test_a_machine_that_was_not_booted_with_systemd_has_none(tmp_path: Path) -> None:
    assert services.systemd(Deadline(5.0), tmp_path) is None


@pytest.mark.real
def test_a_real_daemon_is_seen_among_the_processes(tmp_path: Path) -> None:
    (redis,) = need("redis-server")
    port = free_port()
    argv = (redis, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path))
    with running(argv, ready=lambda: listening(port)):
        seen = {daemon.program: daemon.count for daemon in services.daemons()}
    assert seen["redis-server"] >= 1


def test_a_service_that_an_interpreter_runs_is_seen_by_its_script(tmp_path: Path) -> None:
    script = tmp_path / "gunicorn"
    script.write_text(f"#!{sys.executable}\nprint('up', flush=True)\nimport sys; sys.stdin.read(); import time; time.sleep(60)\n")
    with running((sys.executable, str(script)), ready=lambda: any(d.program == "gunicorn" for d in services.daemons())) as process:
        assert process.poll() is None


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("0::/system.slice/nginx.service\n", "nginx.service"),
        ("1:name=systemd:/system.slice/system-postgresql.slice/postgresql@15-main.service\n", "postgresql@15-main.service"),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n", ""),
        ("0::/init.scope\n", ""),
        ("", ""),
    ],
)
def test_a_processs_unit_is_told_by_its_control_group(tmp_path: Path, text: str, unit: str) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7/cgroup").write_text(text)
    assert unit_of(7, tmp_path) == unit


def test_logs_init_scripts_and_the_journal_are_found_where_they_are(tmp_path: Path) -> None:
    for name in ("var/log/nginx/error.log", "var/log/syslog", "etc/init.d/nginx"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "etc/init.d/nginx").chmod(0o755)
    (tmp_path / "etc/init.d/README").touch(0o644)
    (tmp_path / "var/log/journal").mkdir()
    assert services.logs(tmp_path) == {"nginx": f"{tmp_path}/var/log/nginx/error.log", "system": f"{tmp_path}/var/log/syslog"}
    assert services.init_scripts(tmp_path) == {"nginx"}
    assert services.has_journal(tmp_path)
