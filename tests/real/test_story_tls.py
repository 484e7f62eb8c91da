"""A certificate with two days left is told before it hurts; and a renewed one is seen, by a real TLS server each."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from support.home import Home
from support.real import wait_until
from support.servers import authority, serving, tls_context
from support.stories import trap

pytestmark = pytest.mark.real

CONFIG = """
[traps.tls-shop]
probe = "tls"
host = "127.0.0.1"
server_name = "localhost"
port = {port}
ca = "{ca}"
warn = "days_left <= 21"
trip = "days_left <= 1"
every = "4s"
severity = "critical"
"""


def hold(talk: socket.socket) -> None:
    """Wait until the other side has had enough."""
    while talk.recv(4096):
        pass


def test_two_days_left_warn_one_hour_trips_and_a_renewed_certificate_arms_the_trap(home: Home, tmp_path: Path) -> None:
    ca, ca_file = authority(tmp_path)

    def issued(left: timedelta) -> trustme.LeafCert:
        return ca.issue_cert("localhost", not_after=datetime.now(UTC) + left)

    context = tls_context(issued(timedelta(days=2)))
    with serving(hold, context) as port:
        home.config(CONFIG.format(port=port, ca=ca_file))
        warned = trap(home, "tls-shop")
        assert warned["state"] == "warning"
        assert warned["reading"]["days_left"] == pytest.approx(2, abs=0.05)
        assert (warned["reading"]["chain_valid"], warned["reading"]["name_matches"]) == (1, 1)
        assert "1 d 23 h left" in warned["text"]
        assert home.json("alerts") == [], "a warning is a sign, not yet an alert"
        assert home.run("traps").returncode == 0

        issued(timedelta(hours=1)).configure_cert(context)
        wait_until(lambda: trap(home, "tls-shop")["state"] == "tripped", 30, "the trap to trip")
        (alert,) = home.json("alerts")
        assert (alert["name"], alert["severity"]) == ("tls-shop", "critical")
        assert home.run("traps").returncode == 1

        issued(timedelta(days=90)).configure_cert(context)
        wait_until(lambda: trap(home, "tls-shop")["state"] == "armed", 30, "the trap to be content")
        assert home.json("alerts") == []
