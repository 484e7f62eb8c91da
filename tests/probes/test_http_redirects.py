"""http: where a redirect may lead, and where a secret may go."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from cockpit.core.traps import TrapState
from cockpit.provider import ProbeError
from support.looking import probe
from support.servers import answering, at, own_certificate, request_of, serving


def test_a_loop_ends_at_the_bound_and_shows_the_way() -> None:
    with serving(answering("302 Found", Location="/again?session=canary")) as port:
        reading = probe("http", url=at(port), redirects=3).look()
    assert reading.verdict is TrapState.TRIPPED
    assert reading.text.startswith("redirected more than 3 times: http://127.0.0.1")
    assert "canary" not in reading.text


SECRETS = {"env:T": "canary-77"}
CREDENTIALS: tuple[dict[str, object], ...] = (
    {"bearer": "env:T"},
    {"user": "ana", "password": "env:T"},
    {"secret_headers": {"X-Api-Key": "env:T"}},
    {"headers": {"X-Team": "canary-77"}},
    {"method": "POST", "body": "canary-77"},
)


# safety 13
@pytest.mark.parametrize("keys", CREDENTIALS)
def test_another_origin_is_refused_and_never_gets_a_credential(keys: dict[str, object]) -> None:
    heard: list[str] = []

    def other(connection: socket.socket) -> None:
        heard.append(request_of(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with serving(other) as elsewhere, serving(answering("307 Moved", Location=at(elsewhere, "/in"))) as port:
        refused = probe(
            "http",
            keys,
            url=at(port),
            secrets=SECRETS,
        ).look()
        assert refused.verdict is TrapState.TRIPPED
        assert f"another origin, http://127.0.0.1:{elsewhere}/in" in refused.text
        assert heard == []
        followed = probe(
            "http",
            keys,
            url=at(port),
            secrets=SECRETS,
            elsewhere=True,
        ).look()
        assert followed.verdict is None
    assert len(heard) == 1
    for leaked in ("canary-77", "Authorization", "X-Api-Key", "YW5hOmNhbmFyeS03Nw=="):
        assert leaked.lower() not in heard[0].lower()


def test_credentials_reach_their_own_origin_and_follow_its_own_redirects() -> None:
    heard: list[str] = []

    def talk(connection: socket.socket) -> None:
        heard.append(request_of(connection))
        where = b"HTTP/1.1 302 Found\r\nLocation: /next\r\n" if len(heard) == 1 else b"HTTP/1.1 200 OK\r\n"
        connection.sendall(where + b"Content-Length: 0\r\nConnection: close\r\n\r\n")

    with serving(talk) as port:
        keys = {"user": "ana", "password": "env:T", "secret_headers": {"X-Api-Key": "env:T"}}
        assert (
            probe(
                "http",
                keys,
                url=at(port),
                secrets=SECRETS,
            )
            .look()
            .verdict
            is None
        )
    assert [each.split()[1] for each in heard] == ["/", "/next"]
    for each in heard:
        assert "Authorization: Basic YW5hOmNhbmFyeS03Nw==" in each
        assert "X-Api-Key: canary-77" in each


def test_from_https_down_to_http_is_refused_even_where_elsewhere_is_allowed(tmp_path: Path) -> None:
    tls, _ = own_certificate(tmp_path)
    with serving(answering("301 Moved", Location="http://localhost/"), tls) as port:
        reading = probe("http", url=f"https://localhost:{port}/", verify=False, elsewhere=True).look()
    assert reading.verdict is TrapState.TRIPPED
    assert "from https down to http://localhost/" in reading.text


@pytest.mark.parametrize(
    "where",
    ["file:///etc/passwd", "gopher://x/", "http://[::", "http://169.254.169.254/latest/", "http://[::ffff:169.254.169.254]/"],
)
def test_a_redirect_to_what_is_not_the_web_is_refused(where: str) -> None:
    with serving(answering("302 Found", Location=where)) as port:
        reading = probe("http", url=at(port), elsewhere=True).look()
    assert reading.verdict is TrapState.TRIPPED
    assert "redirected to" in reading.text or "location header" in reading.text


def test_after_a_post_a_302_is_a_get_and_a_307_stays_a_post() -> None:
    for status, expected in (("302 Found", "GET"), ("303 See Other", "GET"), ("307 Temporary", "POST")):
        heard: list[str] = []

        def talk(connection: socket.socket, status: str = status, heard: list[str] = heard) -> None:
            heard.append(request_of(connection))
            where = f"HTTP/1.1 {status}\r\nLocation: /next\r\n" if len(heard) == 1 else "HTTP/1.1 200 OK\r\n"
            connection.sendall(f"{where}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())

        with serving(talk) as port:
            assert probe("http", url=at(port), method="POST", body="{}").look().verdict is None
        assert [each.split()[0] for each in heard] == ["POST", expected]


def test_proxies_of_the_surroundings_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering()) as port, serving(answering("502 Proxy")) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, at(proxy))
        assert probe("http", url=at(port)).look().values["status"] == 200
        assert probe("http", url=at(port), proxy=at(proxy)).look().values["status"] == 502


def test_a_secret_is_in_no_word_and_no_error(tmp_path: Path) -> None:
    with serving(lambda talk: None) as port:
        looked = probe("http", url=at(port, "/?key=canary-77"), bearer="env:T", secrets=SECRETS)
        assert "canary" not in looked.look().text + looked.subject
    for secret in ("canary-77\r\nX: y", "canary-77\x01", " canary-77", "canary-77é"):
        with pytest.raises(ProbeError, match="line break") as caught:
            probe("http", url=at(1), secret_headers={"X-Api-Key": "env:T"}, secrets={"env:T": secret}).look()
        assert "canary" not in str(caught.value)
