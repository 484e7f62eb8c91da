"""The whole of it, on this machine: a look, a proposal, a file, and probes that see what was found."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from cockpit.core.traps import Trap, TrapState
from cockpit.discover import Found, look, propose
from support.configs import loaded
from support.looking import Looks, probe
from support.real import free_port, listening, need, running, wait_until


def looks(trap: Trap) -> Looks:
    return probe(trap.probe, trap.params)


def trap_on(found: Found, port: int) -> Trap:
    return next(each.trap for each in propose(found).suggestions if each.trap.name.endswith(f"-{port}"))


def test_this_machine_gives_a_configuration_that_passes_the_check(tmp_path: Path) -> None:
    began = time.monotonic()
    found = look(ports=())
    assert time.monotonic() - began < 10  # bounded at 3 s, on a machine that may be busy
    path = tmp_path / "config.toml"
    path.write_text(propose(found).toml(), "utf-8")
    path.chmod(0o600)
    assert "memory" in loaded(path).traps


def test_a_look_is_bounded_whatever_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    from cockpit.discover import services

    monkeypatch.setattr(services, "daemons", lambda: threading.Event().wait(60))
    began = time.monotonic()
    found = look(0.5, ports=())
    assert time.monotonic() - began < 10
    assert any("processes: no answer in time" in remark for remark in found.remarks)
    assert found.memory is not None


@pytest.mark.real
def test_the_trap_for_a_real_nginx_sees_it_live_and_sees_it_stop(tmp_path: Path) -> None:
    (nginx,) = need("nginx")
    port = free_port()
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
        f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; return 301 https://shop.example/; }} }}\n"
    )
    with running((nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")), ready=lambda: listening(port)):
        found = look(ports={port})
        probe_of = looks(trap_on(found, port))
        assert probe_of.look().verdict is None
    wait_until(lambda: not listening(port), what="the end of nginx")
    assert probe_of.look().verdict is TrapState.TRIPPED


@pytest.mark.real
@pytest.mark.parametrize("password", ["", "canary"])
def test_the_trap_for_a_real_redis_sees_it_live_and_sees_it_stop(tmp_path: Path, password: str) -> None:
    (redis,) = need("redis-server")
    port = free_port()
    argv = (redis, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path))
    with running((*argv, *(("--requirepass", password) if password else ())), ready=lambda: listening(port)):
        found = look(ports={port})
        probe_of = looks(trap_on(found, port))
        assert probe_of.look().verdict is None
    assert probe_of.look().verdict is TrapState.TRIPPED
