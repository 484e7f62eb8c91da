"""``alertmanager`` against real Alertmanagers behind what guards them: TLS with client certificates, passwords, tokens, tenants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cockpit.core.alerts import AlertState
from cockpit.provider import AuthFailed, HttpAuth, NotReached, ProviderError, Secret
from support.alertmanagers import Server, alertmanager, binary_of, versions
from support.am_sources import Source, using
from support.between import Between
from support.home import Home
from support.servers import authority

pytestmark = pytest.mark.real
HASH = "$2b$04$abcdefghijklmnopqrstuuot/xpUeIZlohhnSPoCn9Y7doTnWCwjm"
"""bcrypt of canary-basic"""
HIGH = {"alertname": "HighErrorRate", "severity": "critical", "instance": "web-1", "team": "web"}
DISK = {"alertname": "DiskFull", "severity": "warning", "instance": "db-1", "team": "db", "muted": "yes"}
"""Routed to the receiver weekend."""


def names(url: str, **settings: Any) -> set[str]:
    """What a poll with these settings brings."""

    async def polled(source: Source) -> set[str]:
        return {alert.name for alert in (await source.alerts()).values()}

    return using(polled, url, **settings)


@pytest.fixture(params=versions())
def binary(request: pytest.FixtureRequest) -> str:
    return binary_of(request.param)


class TestTls:
    @pytest.fixture
    def locked(self, tmp_path: Path, binary: str) -> Iterator[tuple[Server, Mapping[str, str]]]:
        """One that speaks TLS alone, to those alone who show a certificate and know the password, at a path of its own."""
        ca, path = authority(tmp_path)
        files = {"ca": path, "certificate": str(tmp_path / "client.pem"), "certificate_key": str(tmp_path / "client.key")}
        server, client = ca.issue_cert("127.0.0.1"), ca.issue_cert("ana@example.com")
        for leaf, name in ((server, "server"), (client, "client")):
            leaf.cert_chain_pems[0].write_to_path(str(tmp_path / f"{name}.pem"))
            leaf.private_key_pem.write_to_path(str(tmp_path / f"{name}.key"))
        web = tmp_path / "web.yml"
        web.write_text(
            f"tls_server_config:\n  cert_file: {tmp_path}/server.pem\n  key_file: {tmp_path}/server.key\n"
            f"  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: {path}\n"
            f"basic_auth_users:\n  ana: {HASH}\n"
        )
        options = ("--cluster.listen-address=", f"--web.config.file={web}")
        with alertmanager(tmp_path / "am", binary, options=options, prefix="/am", scheme="https") as running:
            yield running, files

    def test_authority_certificate_password_and_prefix_open_it(
        self, locked: tuple[Server, Mapping[str, str]], home: Home, tmp_path: Path
    ) -> None:
        server, files = locked
        auth = HttpAuth(user="ana", password=Secret("canary-basic"))
        assert names(server.url, auth=auth, **files) == set()
        secret = tmp_path / "password"
        secret.write_text("canary-basic\n")
        secret.chmod(0o600)
        keys = "".join(f'{name} = "{value}"\n' for name, value in files.items())
        home.config(
            f'[sources.am]\nprovider = "alertmanager"\nurl = "{server.url}"\n{keys}'
            f'auth = {{ user = "ana", password = "file:{secret}" }}\n'
        )
        told = {each["check"]: each for each in home.json("doctor")}
        assert told["source am"]["ok"], told["source am"]
        assert home.run("alerts").returncode == 0

    def test_what_is_missing_or_wrong_is_said(self, locked: tuple[Server, Mapping[str, str]]) -> None:
        # safety 14
        server, files = locked
        auth = HttpAuth(user="ana", password=Secret("canary-basic"))
        with pytest.raises(NotReached, match=r"certificate is not trusted: .*; name its authority with ca"):
            names(server.url, auth=auth, **{**files, "ca": ""})
        with pytest.raises(AuthFailed, match="it wants a client certificate"):
            names(server.url, auth=auth, ca=files["ca"])
        with pytest.raises(AuthFailed, match=r"does not accept the credentials \(401\)"):
            names(server.url, **files)
        with pytest.raises(ProviderError, match="Client sent an HTTP request to an HTTPS server"):
            names(server.url.replace("https:", "http:"), auth=auth)


class TestWhatStandsBefore:
    @pytest.fixture
    def server(self, tmp_path: Path, binary: str) -> Iterator[Server]:
        with alertmanager(tmp_path / "am", binary, prefix="/tenants/am") as running:
            running.fire(HIGH, DISK)
            yield running

    def test_a_token_a_tenant_and_a_secret_header_go_with_every_request(self, server: Server) -> None:
        wants = {"Authorization": "Bearer canary-token", "X-Scope-OrgID": "shop", "X-Api-Key": "canary-key"}
        right: dict[str, Any] = {
            "auth": HttpAuth(bearer=Secret("canary-token")),
            "headers": {"X-Scope-OrgID": "shop"},
            "secret_headers": {"X-Api-Key": Secret("canary-key")},
        }
        with Between(server.url, wants) as between:

            async def acked(source: Source) -> None:
                await source.ack("HighErrorRate/web-1")
                assert await source.stands("HighErrorRate/web-1") == (AlertState.ACKNOWLEDGED, "Ana")

            using(acked, between.url, **right)
            assert {method for method, _ in between.heard} == {"GET", "POST"}
            for missing in right:
                with pytest.raises(AuthFailed) as raised:
                    names(between.url, **{key: value for key, value in right.items() if key != missing})
                assert "canary" not in str(raised.value)

    def test_its_own_filter_and_receiver_are_used(self, server: Server) -> None:
        assert names(server.url) == {"HighErrorRate", "DiskFull"}
        assert names(server.url, filter=('team="web"',)) == {"HighErrorRate"}
        assert names(server.url, filter=('team=~"web|db"', "severity!=critical")) == {"DiskFull"}
        assert names(server.url, receiver="week.*") == {"DiskFull"}
        with pytest.raises(ProviderError, match=r"it refused \(400\): "):
            names(server.url, filter=("{{{",))

    def test_a_wrong_path_says_so_whatever_answers_there(self, server: Server) -> None:
        root = server.url.removesuffix("/tenants/am")
        for url in (root, f"{server.url}/more", f"{server.url}/api/v2"):
            with pytest.raises(ProviderError, match=r"(there is no Alertmanager API|not an Alertmanager)"):
                names(url)
