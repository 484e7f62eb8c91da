"""http: a real nginx, and small servers that misbehave in one way each."""

from __future__ import annotations

import gzip
import os
import socket
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.config.model import ConfigError
from cockpit.core.traps import TrapState
from cockpit.provider import ProbeError
from support.looking import peak_of, probe
from support.real import free_port, listening, need, running
from support.servers import answering, at, authority, request_of, serving, tls_context

Talk = Callable[[socket.socket], None]


NGINX = """\
daemon off; pid {place}/pid; error_log stderr;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {place}/t1; proxy_temp_path {place}/t2; fastcgi_temp_path {place}/t3;
  uwsgi_temp_path {place}/t4; scgi_temp_path {place}/t5;
  server {{
    listen 127.0.0.1:{port};
    gzip on; gzip_min_length 1; gzip_types *;
    location / {{ return 200 "up and running"; }}
    location /old {{ return 301 http://127.0.0.1:{port}/; }}
    location /private {{ if ($http_authorization != "Bearer s3cret") {{ return 401; }} return 200 "welcome"; }}
    location /broken {{ return 503 "sorry"; }}
    location /file {{ root {place}; }}
  }}
  server {{
    listen 127.0.0.1:{tls_port} ssl;
    ssl_certificate {place}/server.pem; ssl_certificate_key {place}/server.key;
    location / {{ return 200 "safely up"; }}
  }}
}}
"""


@pytest.mark.real
def test_nginx_as_it_answers_redirects_refuses_and_stops(tmp_path: Path) -> None:
    (nginx,) = need("nginx")
    ca, ca_file = authority(tmp_path)
    issued = ca.issue_cert("127.0.0.1", not_after=datetime.now(UTC) + timedelta(days=2))
    issued.private_key_pem.write_to_path(str(tmp_path / "server.key"))
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(tmp_path / "server.pem"), append=True)
    (tmp_path / "file").mkdir()
    tmp_path.chmod(0o755)
    port, tls_port = free_port(), free_port()
    (tmp_path / "conf").write_text(NGINX.format(place=tmp_path, port=port, tls_port=tls_port))
    argv = [nginx, "-c", str(tmp_path / "conf"), "-p", str(tmp_path), "-e", "stderr"]
    if os.geteuid() == 0:
        argv += ["-g", "user root;"]
    with running(argv, ready=lambda: listening(port) and listening(tls_port)):
        up = probe("http", url=at(port), contains="running").look()
        assert up.verdict is None
        assert (up.values["status"], up.values["bytes"], up.values["redirects"]) == (200, 14, 0)
        assert 0 < up.values["seconds"] < 10
        old = probe("http", url=at(port, "/old")).look()
        assert (old.verdict, old.values["redirects"]) == (None, 1)
        assert f"by way of http://127.0.0.1:{port}/" in old.text
        assert probe("http", url=at(port, "/old"), redirects=0, status=[301]).look().verdict is None
        assert probe("http", url=at(port, "/private")).look().verdict is TrapState.TRIPPED
        let_in = probe("http", url=at(port, "/private"), bearer="env:TOKEN", secrets={"env:TOKEN": "s3cret"})
        assert let_in.look().verdict is None
        broken = probe("http", url=at(port, "/broken")).look()
        assert (broken.verdict, broken.values["status"]) == (TrapState.TRIPPED, 503)
        assert broken.text.endswith("not 200-399")
        safe = probe("http", url=f"https://127.0.0.1:{tls_port}/", ca=ca_file, matches=r"safely\s+up").look()
        assert safe.verdict is None
        assert 1.9 < safe.values["tls_days_left"] < 2
        assert probe("http", url=f"https://127.0.0.1:{tls_port}/").look().text.startswith("not trusted: ")
        assert probe("http", url=f"https://127.0.0.1:{tls_port}/", verify=False).look().verdict is None
    down = probe("http", url=at(port)).look()
    assert (down.verdict, down.text, down.values) == (TrapState.TRIPPED, "connection refused", {})


def test_the_body_must_hold_match_and_lack_what_is_said() -> None:
    with serving(answering(body='{"status": "ok", "lag": 12}'.encode("utf-16"), Content_Type="text/plain; charset=utf-16")) as port:
        for keys, said in (
            ({"contains": '"ok"'}, ""),
            ({"matches": r'"lag": \d{1,2}\}'}, ""),
            ({"lacks": "degraded"}, ""),
            ({"contains": "down"}, "the body does not hold “down”"),
            ({"matches": r'"lag": \d\}'}, "the body does not match"),
            ({"lacks": "lag"}, "the body holds “lag”"),
        ):
            reading = probe(
                "http",
                keys,
                url=at(port),
            ).look()
            assert reading.verdict is (TrapState.TRIPPED if said else None), keys
            assert said in reading.text


def test_an_unknown_charset_is_read_as_utf_8() -> None:
    for charset in ("klingon", "base64", "punycode", '"'):
        with serving(answering(body="naïve".encode(), Content_Type=f"text/html; charset={charset}")) as port:
            assert probe("http", url=at(port), contains="naïve").look().verdict is None


def test_a_status_that_is_wanted_is_right_whatever_it_is() -> None:
    with serving(answering("404 \x1b[31mGone\x07")) as port:
        assert probe("http", url=at(port), status=["200-299", 404]).look().verdict is None
        wrong = probe("http", url=at(port), status=[200, "301-302"]).look()
        assert wrong.verdict is TrapState.TRIPPED
        assert wrong.text.endswith("not 200 or 301-302")
        assert "\x1b" not in wrong.text


# safety 13
@pytest.mark.parametrize("part", ["head", "body"])
def test_a_slow_drip_meets_the_total_deadline(part: str) -> None:
    def drip(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + (b"Content-Length: 100000\r\n\r\n" if part == "body" else b"X-Long: "))
        while True:
            connection.sendall(b".")
            time.sleep(0.02)

    with serving(drip) as port:
        began = time.monotonic()
        reading = probe("http", url=at(port), within="700ms").look()
        assert 0.6 < time.monotonic() - began < 15
    assert reading.verdict is TrapState.TRIPPED
    assert reading.text == ("no answer within 700 ms" if part == "head" else "200 came, but not the whole answer within 700 ms")


def test_a_server_that_never_says_a_word_trips() -> None:
    def mute(connection: socket.socket) -> None:
        while connection.recv(4096):
            pass

    with serving(mute) as port:
        assert probe("http", url=at(port), within="400ms").look().text == "no answer within 400 ms"


# safety 13
def test_a_bomb_is_cut_after_decoding() -> None:
    bomb = gzip.compress(b"\0" * 300_000_000, 9)
    with serving(answering(body=bomb, Content_Encoding="gzip")) as port:
        reading, peak = peak_of(probe("http", url=at(port), contains="x").look)
    assert reading.values["bytes"] == 2**20
    assert "more than 1.0 MB" in reading.text
    assert peak < 30_000_000


# safety 13
def test_an_endless_body_is_cut() -> None:
    def endless(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    with serving(endless) as port:
        reading, peak = peak_of(probe("http", url=at(port)).look)
    assert (reading.verdict, reading.values["bytes"]) == (None, 2**20)
    assert peak < 30_000_000


def test_compressed_answers_are_read_though_none_were_asked_for() -> None:
    for encoding, body in (("gzip", gzip.compress(b"inside")), ("deflate", zlib.compress(b"inside"))):
        with serving(answering(body=body, Content_Encoding=encoding)) as port:
            assert probe("http", url=at(port), contains="inside").look().verdict is None, encoding
    for encoding, body, said in (("br", b"??", "compressed as br"), ("gzip", b"not gzip", "not the gzip it says")):
        with serving(answering(body=body, Content_Encoding=encoding)) as port:
            reading = probe("http", url=at(port)).look()
            assert reading.verdict is TrapState.TRIPPED
            assert said in reading.text


def test_what_is_no_http_trips() -> None:
    def garbage(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"SSH-2.0-\x1b[2J\r\n\r\n")

    def short(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    def reset(connection: socket.socket) -> None:
        request_of(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    for talk, said in ((garbage, "no proper HTTP"), (short, "no proper HTTP"), (reset, "connection reset")):
        with serving(talk) as port:
            reading = probe("http", url=at(port)).look()
        assert reading.verdict is TrapState.TRIPPED
        assert said in reading.text
        assert "\x1b" not in reading.text


def test_tls_that_breaks_says_how(tmp_path: Path) -> None:
    ca, ca_file = authority(tmp_path)
    with serving(answering(), tls_context(ca.issue_cert("shop.example"))) as port:
        reading = probe("http", url=f"https://localhost:{port}/", ca=ca_file).look()
        assert reading.verdict is TrapState.TRIPPED
        assert "Hostname mismatch" in reading.text
    with serving(lambda talk: talk.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")) as port:
        reading = probe("http", url=f"https://127.0.0.1:{port}/").look()
        assert (reading.verdict, reading.text) == (TrapState.TRIPPED, "no TLS: wrong version number")


def test_what_keeps_this_side_from_asking_is_blindness() -> None:
    with pytest.raises(ProbeError, match=r"does not resolve|does not answer"):
        probe("http", url="http://nowhere.invalid/").look()
    with pytest.raises(ProbeError, match="cannot read the authorities"):
        probe("http", url="https://127.0.0.1/", ca="/nowhere/ca.pem").look()


def test_what_cannot_be_meant_is_refused() -> None:
    for keys, said in (
        ({"url": "file:///etc/passwd"}, "must begin with http"),
        ({"url": "http://"}, "name a host"),
        ({"url": "http://ana:pw@shop.example/"}, "must not hold a password"),
        ({"url": "http://x:99999/"}, "[Pp]ort"),
        ({"url": "http://x", "method": "DELETE"}, "method must be one of"),
        ({"url": "http://x", "status": ["ok"]}, "status is a number or a range"),
        ({"url": "http://x", "user": "ana"}, "go together"),
        ({"url": "http://x", "bearer": "env:T", "user": "a", "password": "env:T"}, "either bearer"),
        ({"url": "http://x", "headers": {"A": "b\r\nC: d"}}, "one line of printable ASCII"),
        ({"url": "http://x", "secret_headers": {"Bad Name": "env:T"}}, "not the name of a header"),
        ({"url": "http://x", "redirects": 99}, "from 0 to 20"),
        ({"url": "http://x", "matches": "("}, "not a regular expression"),
    ):
        with pytest.raises(ConfigError, match=said):
            probe(
                "http",
                keys,
                secrets={"env:T": "canary-77"},
            )
