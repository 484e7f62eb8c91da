"""tcp: real services, and silence of every kind."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.config.model import ConfigError
from cockpit.core.traps import TrapState
from cockpit.provider import ProbeError
from support.looking import probe
from support.real import free_port, listening, need, running
from support.servers import serving


def nothing(talk: socket.socket) -> None:
    """Wait until the other side has had enough."""
    while talk.recv(4096):
        pass


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """A port whose connections are never taken: the backlog is full, and further handshakes get no answer."""
    with socket.socket() as full, contextlib.ExitStack() as held:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            each = held.enter_context(socket.socket())
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        yield full.getsockname()[1]


def test_a_service_that_takes_connections_is_content_and_says_how_fast() -> None:
    with serving(nothing) as port:
        looked = probe("tcp", host="127.0.0.1", port=port)
        reading = looked.look()
        assert looked.subject == f"127.0.0.1:{port}"
        assert reading.verdict is None
        assert 0 <= reading.values["seconds"] < 5
        assert reading.text.startswith("connected in")


def test_a_service_that_is_down_is_seen_to_be_down() -> None:
    reading = probe("tcp", host="127.0.0.1", port=free_port()).look()
    assert (reading.verdict, reading.text, reading.values) == (TrapState.TRIPPED, "connection refused", {})


def test_no_answer_in_time_trips() -> None:
    with silent_port() as port:
        reading = probe("tcp", host="127.0.0.1", port=port, within="300ms").look()
    assert (reading.verdict, reading.text) == (TrapState.TRIPPED, "no answer within 300 ms")


def test_a_name_that_does_not_resolve_cannot_be_seen() -> None:
    with pytest.raises(ProbeError, match=r"does not resolve|does not answer"):
        probe("tcp", host="nowhere.invalid", port=1).look()


def test_a_machine_without_a_way_out_cannot_see() -> None:
    with pytest.raises(ProbeError, match=r"this machine cannot connect: (Network is unreachable|Invalid argument)"):
        probe("tcp", host="fe80::1", port=9).look()  # a link-local address with no link named


def test_a_dead_first_address_leaves_time_for_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_port() as dead, serving(nothing) as port:
        both = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", dead)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: both)
        assert probe("tcp", host="two.example", port=port, within="2s").look().verdict is None


def test_what_it_says_must_be_what_is_expected() -> None:
    def greet(talk: socket.socket) -> None:
        for piece in (b"220 mail.exam", b"ple ESMTP\x1b[2J\r\n"):
            talk.sendall(piece)
        nothing(talk)

    with serving(greet) as port:
        right = probe("tcp", host="127.0.0.1", port=port, expect="example ESMTP").look()
        assert right.verdict is None
        assert right.values["answer_seconds"] >= right.values["seconds"]
        assert "\x1b" not in right.text
        wrong = probe("tcp", host="127.0.0.1", port=port, expect="SSH-2.0", within="300ms").look()
        assert wrong.verdict is TrapState.TRIPPED
        assert wrong.text == "it did not say what is expected within 300 ms"


def test_another_word_and_no_word_at_all_trip() -> None:
    with serving(lambda talk: talk.sendall(b"go away\n")) as port:
        assert probe("tcp", host="127.0.0.1", port=port, expect="hello").look().text == "said “go away”, not “hello”"
    with serving(lambda talk: None) as port:
        assert probe("tcp", host="127.0.0.1", port=port, expect="hello").look().text == "hung up without a word, not “hello”"


# safety 13
def test_a_slow_drip_meets_the_deadline_and_endless_talk_the_cap() -> None:
    def drip(talk: socket.socket) -> None:
        while True:
            talk.sendall(b".")
            time.sleep(0.05)

    def flood(talk: socket.socket) -> None:
        while True:
            talk.sendall(b"x" * 65536)

    with serving(drip) as port:
        began = time.monotonic()
        assert probe("tcp", host="127.0.0.1", port=port, expect="never", within="500ms").look().verdict is TrapState.TRIPPED
        assert time.monotonic() - began < 10
    with serving(flood) as port:
        assert probe("tcp", host="127.0.0.1", port=port, expect="never").look().verdict is TrapState.TRIPPED


@pytest.mark.real
def test_redis_answers_a_ping_until_it_is_stopped(tmp_path: Path) -> None:
    (redis,) = need("redis-server")
    port = free_port()
    looked = probe("tcp", host="127.0.0.1", port=port, send="PING\r\n", expect="+PONG")
    argv = [redis, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with running(argv, ready=lambda: listening(port)):
        assert looked.look().text.endswith("said “+PONG”")
    assert looked.look().text == "connection refused"


@pytest.mark.real
def test_sshd_shows_its_banner(tmp_path: Path) -> None:
    sshd, keygen = need("sshd", "ssh-keygen")
    Path("/run/sshd").mkdir(exist_ok=True)
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    port = free_port()
    (tmp_path / "conf").write_text(f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {tmp_path}/key\nPidFile none\nUsePAM no\n")
    with running([sshd, "-D", "-e", "-f", str(tmp_path / "conf")], ready=lambda: listening(port)):
        assert probe("tcp", host="127.0.0.1", port=port, expect="SSH-2.0-").look().verdict is None


def test_a_port_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="port must be from 1 to 65535"):
        probe("tcp", host="x", port=0)
