"""tls: real servers with every kind of certificate, and every protocol that turns to TLS."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.config.model import ConfigError
from cockpit.core.traps import TrapState
from cockpit.provider import ProbeError
from support.looking import probe
from support.real import free_port, listening, need, running
from support.servers import authority, own_certificate, pem, serving, tls_context


def nothing(talk: socket.socket) -> None:
    """Wait until the other side has had enough."""
    while talk.recv(4096):
        pass


def secured(tls: ssl.SSLContext) -> contextlib.AbstractContextManager[int]:
    return serving(nothing, tls)


def test_a_good_certificate_is_content_and_its_days_are_counted(tmp_path: Path) -> None:
    ca, ca_file = authority(tmp_path)
    issued = ca.issue_cert("localhost", not_after=datetime.now(UTC) + timedelta(days=40, hours=1))
    with secured(tls_context(issued)) as port:
        reading = probe("tls", host="localhost", port=port, ca=ca_file).look()
    assert reading.verdict is None
    assert reading.values["days_left"] == pytest.approx(40, abs=0.1)
    assert (reading.values["chain_valid"], reading.values["name_matches"]) == (1, 1)
    assert reading.text == "40 d left"


def test_two_days_left_are_two_days_left(tmp_path: Path) -> None:
    ca, ca_file = authority(tmp_path)
    with secured(tls_context(ca.issue_cert("localhost", not_after=datetime.now(UTC) + timedelta(days=2)))) as port:
        reading = probe("tls", host="localhost", port=port, ca=ca_file).look()
    assert 1.9 < reading.values["days_left"] < 2
    assert reading.text.startswith("1 d 23 h left")
    assert reading.verdict is None


def test_an_expired_certificate_trips_and_says_since_when(tmp_path: Path) -> None:
    ca, ca_file = authority(tmp_path)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with secured(tls_context(ca.issue_cert("localhost", not_before=yesterday - timedelta(days=90), not_after=yesterday))) as port:
        reading = probe("tls", host="localhost", port=port, ca=ca_file).look()
    assert reading.verdict is TrapState.TRIPPED
    assert reading.values["days_left"] == pytest.approx(-1, abs=0.01)
    assert reading.values["chain_valid"] == 0
    assert reading.text == "expired 1 d ago"


def test_one_from_tomorrow_trips(tmp_path: Path) -> None:
    tls, _ = own_certificate(tmp_path, starts=datetime.now(UTC).replace(microsecond=0) + timedelta(days=1, minutes=1))
    with secured(tls) as port:
        reading = probe("tls", host="localhost", port=port, verify=False).look()
    assert reading.verdict is TrapState.TRIPPED
    assert "not valid for another 1 d" in reading.text


def test_a_self_signed_one_is_read_yet_not_trusted(tmp_path: Path) -> None:
    tls, _ = own_certificate(tmp_path)
    with secured(tls) as port:
        reading = probe("tls", host="localhost", port=port).look()
        assert reading.verdict is TrapState.TRIPPED
        assert reading.values["days_left"] == pytest.approx(30, abs=0.01)
        assert reading.values["chain_valid"] == 0
        assert "not trusted: self" in reading.text
        accepted = probe("tls", host="localhost", port=port, verify=False).look()
        assert (accepted.verdict, accepted.values["chain_valid"]) == (None, 0)


def test_an_authority_that_is_not_ours_is_not_trusted(tmp_path: Path) -> None:
    ca, _ = authority(tmp_path)
    with secured(tls_context(ca.issue_cert("localhost"))) as port:
        reading = probe("tls", host="localhost", port=port).look()
    assert reading.verdict is TrapState.TRIPPED
    assert "unable to get local issuer certificate" in reading.text


def test_another_name_trips_and_says_whose_it_is(tmp_path: Path) -> None:
    ca, ca_file = authority(tmp_path)
    with secured(tls_context(ca.issue_cert("shop.example", "www.shop.example"))) as port:
        reading = probe("tls", host="127.0.0.1", port=port, ca=ca_file).look()
        assert reading.verdict is TrapState.TRIPPED
        assert (reading.values["chain_valid"], reading.values["name_matches"]) == (1, 0)
        assert "not for 127.0.0.1 but for shop.example, www.shop.example" in reading.text
        assert probe("tls", host="127.0.0.1", port=port, ca=ca_file, server_name="shop.example").look().verdict is None


def test_the_server_is_asked_for_the_name_in_question(tmp_path: Path) -> None:
    ca, ca_file = authority(tmp_path)
    plain, shop = tls_context(ca.issue_cert("localhost")), tls_context(ca.issue_cert("shop.example"))
    asked: list[str | None] = []

    def choose(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        asked.append(name)
        if name == "shop.example":
            connection.context = shop

    plain.sni_callback = choose
    with secured(plain) as port:
        assert probe("tls", host="127.0.0.1", port=port, ca=ca_file, server_name="shop.example").look().verdict is None
    assert asked == ["shop.example"]


def test_no_tls_there_and_nobody_there_trip() -> None:
    with serving(lambda talk: talk.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")) as port:
        plain = probe("tls", host="127.0.0.1", port=port).look()
    assert (plain.verdict, plain.text) == (TrapState.TRIPPED, "no TLS: it answers in plain text")
    with serving(lambda talk: talk.close()) as port:
        assert probe("tls", host="127.0.0.1", port=port).look().verdict is TrapState.TRIPPED
    with serving(nothing) as port:
        assert probe("tls", host="127.0.0.1", port=port, within="300ms").look().text == "no TLS within 300 ms"
    assert probe("tls", host="127.0.0.1", port=free_port()).look().text == "connection refused"


def test_what_keeps_this_side_from_looking_is_blindness(tmp_path: Path) -> None:
    for keys in ({"host": "nowhere.invalid"}, {"host": "127.0.0.1", "ca": "/nowhere/ca.pem"}, {"file": "/nowhere/cert.pem"}):
        with pytest.raises(ProbeError):
            probe("tls", keys).look()
    (tmp_path / "not.pem").write_text("not a certificate")
    with pytest.raises(ProbeError, match="holds no certificate"):
        probe("tls", file=str(tmp_path / "not.pem")).look()


def test_a_certificate_in_a_file_and_the_first_to_end_of_several(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    _, long = own_certificate(tmp_path, "long.example", ends=now + timedelta(days=300))
    _, short = own_certificate(tmp_path, "short.example", ends=now + timedelta(days=7, hours=1))
    both = tmp_path / "both.pem"
    both.write_bytes(b"some words before\n" + pem(long) + pem(short))
    reading = probe("tls", file=str(both)).look()
    assert reading.text == "short.example: 7 d left" or reading.text == "short.example: 7 d 59 m left"
    assert reading.verdict is None
    assert set(reading.values) == {"days_left"}
    named = probe("tls", file=str(both), server_name="long.example").look()
    assert (named.verdict, named.values["name_matches"]) == (TrapState.TRIPPED, 0)
    from cryptography.hazmat.primitives.serialization import Encoding

    (tmp_path / "one.der").write_bytes(long.public_bytes(Encoding.DER))
    assert probe("tls", file=str(tmp_path / "one.der")).look().values["days_left"] == pytest.approx(300, abs=0.01)


def lines(*talk: tuple[bytes, bytes]) -> Callable[[socket.socket], None]:
    """Say the second of each pair once the first has come."""

    def hold(connection: socket.socket) -> None:
        for wanted, said in talk:
            heard = b""
            while not heard.endswith(wanted):
                heard += connection.recv(1)
            connection.sendall(said)

    return hold


STARTS = {
    "smtp": lines(
        (b"", b"220-mail\r\n220 ready\r\n"), (b"\r\n", b"250-mail\r\n250 STARTTLS\r\n"), (b"STARTTLS\r\n", b"220 go\r\n")
    ),
    "imap": lines((b"", b"* OK ready\r\n"), (b"STARTTLS\r\n", b"* CAPABILITY x\r\na1 OK go\r\n")),
    "pop3": lines((b"", b"+OK ready\r\n"), (b"STLS\r\n", b"+OK go\r\n")),
    "ftp": lines((b"", b"220 ready\r\n"), (b"AUTH TLS\r\n", b"234 go\r\n")),
    "postgres": lines((struct.pack("!II", 8, 80877103), b"S")),
}


@pytest.mark.parametrize("protocol", STARTS)
def test_each_protocol_is_turned_into_tls(protocol: str, tmp_path: Path) -> None:
    ca, ca_file = authority(tmp_path)
    tls = tls_context(ca.issue_cert("localhost"))

    def talk(connection: socket.socket) -> None:
        STARTS[protocol](connection)
        with tls.wrap_socket(connection, server_side=True) as wrapped:
            nothing(wrapped)

    with serving(talk) as port:
        reading = probe("tls", host="localhost", port=port, ca=ca_file, starttls=protocol).look()
    assert (reading.verdict, reading.values.get("chain_valid")) == (None, 1), reading.text


@pytest.mark.real
def test_postgres_itself_shows_its_certificate_and_refuses_where_tls_is_off(tmp_path: Path) -> None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    need(*([str(found[-1] / "initdb"), str(found[-1] / "postgres")] if found else ["initdb", "postgres"]))
    place = Path(tempfile.mkdtemp(dir="/tmp"))  # PostgreSQL will not run as root, and must reach its files
    if os.geteuid() == 0:
        need("setpriv")
        shutil.chown(place, "postgres", "postgres")
    own = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    tool = found[-1] if found else Path("/usr/bin")
    ca, ca_file = authority(tmp_path)
    issued = ca.issue_cert("localhost")
    try:
        subprocess.run([*own, tool / "initdb", "-D", place / "data", "-A", "trust", "-N"], check=True, capture_output=True, cwd="/")
        key, certificate = place / "data" / "server.key", place / "data" / "server.crt"
        key.write_bytes(issued.private_key_pem.bytes())
        key.chmod(0o600)
        certificate.write_bytes(issued.cert_chain_pems[0].bytes())
        if own:
            shutil.chown(key, "postgres", "postgres")
            shutil.chown(certificate, "postgres", "postgres")
        for ssl_is, verdict, said in (("on", None, "left"), ("off", TrapState.TRIPPED, "ssl = off")):
            port = free_port()
            argv = [*own, str(tool / "postgres"), "-D", str(place / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", str(place)]
            looked = probe("tls", host="localhost", port=port, ca=ca_file, starttls="postgres")
            with running([*argv, "-c", f"ssl={ssl_is}"], ready=functools.partial(listening, port), cwd="/"):
                reading = looked.look()
            assert reading.verdict is verdict, reading.text
            assert said in reading.text
    finally:
        shutil.rmtree(place)


@pytest.mark.parametrize(
    ("protocol", "talk", "said"),
    [
        ("smtp", lines((b"", b"554 no\r\n")), "it refused TLS: “554 no”"),
        ("smtp", lines((b"", b"220 x\r\n"), (b"\r\n", b"250 x\r\n"), (b"STARTTLS\r\n", b"454 \x1b[2J\r\n")), "it refused TLS"),
        ("imap", lines((b"", b"* BYE\r\n")), "it refused TLS: “* BYE”"),
        ("pop3", lines((b"", b"+OK\r\n"), (b"STLS\r\n", b"-ERR\r\n")), "it refused TLS: “-ERR”"),
        ("postgres", lines((struct.pack("!II", 8, 80877103), b"N")), "it refused TLS: this PostgreSQL has ssl = off"),
        ("smtp", lines((b"", b"x" * 10000)), "it sent an endless line before TLS"),
        ("smtp", lines((b"", b"220-x\r\n" * 100)), "it sent an endless reply before TLS"),
        ("ftp", lambda talk: None, "it hung up before TLS"),
    ],
)
def test_a_server_that_will_not_have_tls_trips(protocol: str, talk: Callable[[socket.socket], None], said: str) -> None:
    with serving(talk) as port:
        reading = probe("tls", host="127.0.0.1", port=port, starttls=protocol).look()
    assert reading.verdict is TrapState.TRIPPED
    assert said in reading.text
    assert "\x1b" not in reading.text


def test_what_cannot_be_meant_is_refused() -> None:
    for keys, said in (
        ({}, "either host or file"),
        ({"host": "x", "file": "/y"}, "either host or file"),
        ({"host": "x", "starttls": "xmpp"}, "starttls must be one of"),
        ({"host": ".x"}, "not a host name"),
    ):
        with pytest.raises(ConfigError, match=said):
            probe("tls", keys)
