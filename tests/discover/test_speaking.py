"""What a listening socket speaks: asked of real servers, and of small ones that greet as the real ones do."""

from __future__ import annotations

import datetime
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.discover.found import Listener
from cockpit.discover.sockets import listeners
from cockpit.discover.speaking import speaks
from cockpit.discover.timed import Deadline
from support.real import free_port, listening, need, running
from support.servers import authority, own_certificate, pem, serving, tls_context

Talk = Callable[[socket.socket], None]


def asked(port: int, program: str = "", seconds: float = 5.0) -> Listener:
    return speaks(Listener(connect="127.0.0.1", port=port, program=program), Deadline(seconds))


def found(port: int) -> Listener:
    (one,), _ = listeners(Deadline(5.0), {port})
    return one


@pytest.mark.real
def test_nginx_is_found_as_a_web_server_with_its_status(tmp_path: Path) -> None:
    (nginx,) = need("nginx")
    port = free_port()
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
        f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; return 404; }} }}\n"
    )
    with running((nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")), ready=lambda: listening(port)):
        one = found(port)
    assert (one.speaks, one.status, one.program, one.everyone) == ("http", 404, "nginx", False)
    assert one.banner.startswith("nginx")


@pytest.mark.real
def test_nginx_behind_tls_is_found_with_its_certificate(tmp_path: Path) -> None:
    (nginx,) = need("nginx")
    port = free_port()
    own_certificate(tmp_path, "shop.example")
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
        f"http {{ access_log off; server {{ listen 0.0.0.0:{port} ssl; return 200;\n"
        f"ssl_certificate {tmp_path}/shop.example.pem; ssl_certificate_key {tmp_path}/shop.example.pem; }} }}\n"
    )
    with running((nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")), ready=lambda: listening(port)):
        one = found(port)
    assert (one.speaks, one.status, one.everyone) == ("https", 200, True)
    assert one.certificate is not None
    assert (one.certificate.trusted, one.certificate.names) == (False, ("shop.example", "127.0.0.1"))
    assert one.certificate.ends is not None
    assert 29 <= (one.certificate.ends - datetime.datetime.now(datetime.UTC)).days <= 30


@pytest.mark.real
@pytest.mark.parametrize("password", ["", "canary"])
def test_redis_is_found_with_and_without_a_password(tmp_path: Path, password: str) -> None:
    (redis,) = need("redis-server")
    port = free_port()
    log = tmp_path / "log"
    argv = (redis, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path), "--logfile", str(log))
    with running((*argv, *(("--requirepass", password) if password else ())), ready=lambda: listening(port)):
        one = found(port)
    assert (one.speaks, one.program) == ("redis", "redis-server")
    assert one.banner.startswith("-NOAUTH" if password else "+PONG")
    assert "SECURITY ATTACK" not in log.read_text()


@pytest.mark.real
def test_sshd_is_found_by_its_greeting(tmp_path: Path) -> None:
    sshd, keygen = need("sshd", "ssh-keygen")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    subprocess.run((keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")), check=True)
    port = free_port()
    (tmp_path / "sshd.conf").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/key\nPidFile none\nStrictModes no\n"
    )
    with running((sshd, "-D", "-e", "-f", str(tmp_path / "sshd.conf")), ready=lambda: listening(port)):
        one = found(port)
    assert one.speaks == "ssh"
    assert one.banner.startswith("SSH-2.0-OpenSSH")


@pytest.mark.real
def test_postgres_is_found_by_its_answer_to_a_request_for_tls(tmp_path: Path) -> None:
    (postgres,) = need("postgres")
    port, data = free_port(), tmp_path / "data"
    initdb = shutil.which("initdb") or str(Path(os.path.realpath(postgres)).with_name("initdb"))
    as_user: tuple[str, ...] = ()
    if os.geteuid() == 0:  # it refuses to run as root
        (runuser,) = need("runuser")
        as_user = (runuser, "-u", "postgres", "--")
        for directory in (tmp_path, *tmp_path.parents):
            if not directory.stat().st_mode & 0o001:
                directory.chmod(0o711)
        data.mkdir()
        shutil.chown(data, "postgres")
    subprocess.run((*as_user, initdb, "-D", str(data), "-A", "trust", "-N"), check=True, stdout=subprocess.DEVNULL, cwd="/")
    argv = (*as_user, postgres, "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", "", "-F")
    with running(argv, ready=lambda: listening(port), cwd="/", timeout=40):
        one = found(port)
    assert (one.speaks, one.program) == ("postgres", "postgres")


def test_a_trusted_chain_is_told_from_one_that_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ca, path = authority(tmp_path)
    with serving(lambda s: s.sendall(s.recv(0)), tls_context(ca.issue_cert("shop.example"))) as port:
        stranger = asked(port).certificate
        monkeypatch.setenv("SSL_CERT_FILE", path)
        known = asked(port).certificate
    assert stranger is not None
    assert known is not None
    assert (stranger.trusted, known.trusted) == (False, True)
    assert known.names == stranger.names == ("shop.example",)


def test_an_expired_certificate_is_known_as_that(tmp_path: Path) -> None:
    now = datetime.datetime.now(datetime.UTC)
    context, made = own_certificate(tmp_path, starts=now - datetime.timedelta(days=9), ends=now - datetime.timedelta(days=2))
    assert pem(made)
    with serving(lambda s: None, context) as port:
        certificate = asked(port).certificate
    assert certificate is not None
    assert certificate.expired


def hear(connection: socket.socket) -> None:
    """Takes everything and says nothing, until the other side hangs up."""
    while connection.recv(65536):
        pass


def greeter(words: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.sendall(words)
        hear(connection)

    return talk


def answerer(answers: dict[bytes, bytes]) -> Talk:
    def talk(connection: socket.socket) -> None:
        asked_for = connection.recv(4096)
        connection.sendall(next((answer for start, answer in answers.items() if asked_for.startswith(start)), b""))

    return talk


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [
        (b"SSH-2.0-dropbear_2022.83\r\n", "ssh"),
        (b"220 mail.example ESMTP Postfix\r\n", "smtp"),
        (b"220 ProFTPD Server ready.\r\n", "ftp"),
        (b"* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n", "imap"),
        (b"+OK Dovecot ready.\r\n", "pop3"),
        (b"\x4a\x00\x00\x00\x0a8.0.36\x00" + bytes(66), "mysql"),
        (b"\x48\x00\x00\x01\xffj\x04Host is blocked", "other"),
        (b"hello\r\n", "other"),
    ],
)
def test_those_who_speak_first_are_known_by_their_greeting(greeting: bytes, kind: str) -> None:
    with serving(greeter(greeting)) as port:
        assert asked(port).speaks == kind


def test_memcached_is_asked_for_its_version() -> None:
    with serving(answerer({b"version": b"VERSION 1.6.18\r\n"})) as port:
        assert asked(port, "memcached").speaks == "memcached"
        assert asked(port).speaks == "memcached"


def test_plain_http_to_a_tls_port_is_not_taken_for_a_web_server_without_tls() -> None:
    refusal = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
    with serving(answerer({b"GET": refusal})) as port:
        assert asked(port).speaks == "other"


def test_silence_is_silence_and_nobody_there_is_nobody() -> None:
    with serving(hear) as port:  # takes everything, says nothing
        began = time.monotonic()
        assert asked(port, seconds=2.0).speaks == "silent"
        assert time.monotonic() - began < 6
    assert asked(free_port()).speaks == ""


def test_an_endless_or_dripping_answer_ends_in_time_and_is_cut() -> None:  # safety 13
    def endless(connection: socket.socket) -> None:
        connection.recv(10)
        while True:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 65536)

    def drip(connection: socket.socket) -> None:
        connection.recv(10)
        while True:
            connection.sendall(b"H")
            time.sleep(0.05)

    for talk in (endless, drip):
        with serving(talk) as port:
            began = time.monotonic()
            one = asked(port, seconds=2.0)
            assert time.monotonic() - began < 6
            assert len(one.banner) <= 80


def test_what_a_server_says_of_itself_is_clean() -> None:  # safety 1
    with serving(greeter(b"SSH-\x1b]0;owned\x07\x1b[2J\x9b31m\r\n")) as port:
        banner = asked(port).banner
    assert banner
    assert all(char.isprintable() for char in banner)


def test_this_processs_own_sockets_are_not_asked() -> None:
    with serving(lambda s: s.sendall(b"SSH-me\r\n")) as port:
        assert listeners(Deadline(2.0), {port})[0] == ()
