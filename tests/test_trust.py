"""TLS: those who trust the same have one context, which follows its files and goes with the last who holds it."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import ssl
import threading
import weakref
from pathlib import Path

import pytest

from cockpit.core.traps import TrapState
from cockpit.provider import HttpSettings
from cockpit.testing import FakeClock
from cockpit.trust import HTTP, Trust, UnusableFile, context_for
from cockpit.web import connect
from support.looking import probe
from support.servers import answering, authority, serving, tls_context


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The authorities of each context that is made meanwhile, in the order in which they are loaded."""
    loaded: list[str | None] = []
    make = ssl.create_default_context

    def counted(cafile: str | None = None) -> ssl.SSLContext:
        loaded.append(cafile)
        return make(cafile=cafile)

    monkeypatch.setattr("cockpit.trust._made", weakref.WeakValueDictionary())  # none that other tests hold
    monkeypatch.setattr(ssl, "create_default_context", counted)
    return loaded


def test_those_who_trust_the_same_have_one_context_and_others_another(tmp_path: Path) -> None:
    _, ca = authority(tmp_path)
    first = context_for(Trust(ca=ca))
    assert context_for(Trust(ca=ca)) is first
    others = [
        context_for(each) for each in (Trust(), Trust(ca=ca, named=False), Trust(ca=ca, verify=False), Trust(ca=ca, speaks=HTTP))
    ]
    assert len({id(each) for each in (first, *others)}) == 5


def test_all_who_ask_at_once_get_the_same(made: list[str | None]) -> None:
    found: list[ssl.SSLContext] = []
    begin = threading.Barrier(8)

    def ask() -> None:
        begin.wait()
        found.append(context_for(Trust(speaks=("all-at-once",))))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len({id(each) for each in found}) == 1


def test_who_holds_it_no_more_has_it_go() -> None:
    context = context_for(Trust(speaks=("going",)))
    gone = weakref.ref(context)
    del context
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("name", ["ca", "certificate", "key"])
def test_a_file_that_changed_makes_another_one(tmp_path: Path, name: str) -> None:
    ca, path = authority(tmp_path)
    files = {"ca": path, "certificate": str(tmp_path / "us.pem"), "key": str(tmp_path / "us.key")}
    trust = Trust(files["ca"], files["certificate"], files["key"])

    def issue() -> None:
        ours = ca.issue_cert("ana@example.com")
        ours.cert_chain_pems[0].write_to_path(files["certificate"])
        ours.private_key_pem.write_to_path(files["key"])

    issue()
    before = context_for(trust)
    os.utime(files[name], ns=(1, 1))
    changed = context_for(trust)
    assert changed is not before
    assert context_for(trust) is changed


def test_authorities_that_the_system_gets_are_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    before = context_for(Trust())
    os.utime(tmp_path, ns=(1, 1))
    assert context_for(Trust()) is not before


def test_what_is_spoken_is_said_once_for_all(tmp_path: Path) -> None:
    """httpcore says it at each connection, and another thread may just be reading it."""
    ca, path = authority(tmp_path)
    server = tls_context(ca.issue_cert("localhost"))
    server.set_alpn_protocols(["h2", "http/1.1"])
    context = context_for(Trust(ca=path, speaks=HTTP))
    context.set_alpn_protocols(["h2"])
    with (
        serving(answering(), server) as port,
        socket.create_connection(("localhost", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        assert secured.selected_alpn_protocol() == "http/1.1"


def test_a_certificate_that_cannot_be_used_says_that_it_is_ours(tmp_path: Path) -> None:
    _, ca = authority(tmp_path)
    with pytest.raises(UnusableFile, match=r"cannot use the certificate /nowhere\.pem: No such file") as found:
        context_for(Trust(ca=ca, certificate="/nowhere.pem"))
    assert found.value.own
    with pytest.raises(UnusableFile, match=r"cannot read the authorities in /nowhere\.pem: No such file") as found:
        context_for(Trust(ca="/nowhere.pem"))
    assert not found.value.own


def test_looks_load_the_authorities_once_until_their_file_is_another(tmp_path: Path, made: list[str | None]) -> None:
    ca, path = authority(tmp_path)
    (tmp_path / "new").mkdir()
    other, new = authority(tmp_path / "new")
    first, second = (tls_context(each.issue_cert("localhost")) for each in (ca, other))
    with serving(answering(), first) as old_port, serving(answering(), second) as new_port:
        old, late = (probe("http", url=f"https://localhost:{port}/", ca=path) for port in (old_port, new_port))
        assert [old.look().verdict for _ in range(3)] == [None] * 3
        assert [late.look().verdict for _ in range(2)] == [TrapState.TRIPPED] * 2
        assert made == [path]
        os.replace(new, path)
        assert (old.look().verdict, late.look().verdict) == (TrapState.TRIPPED, None)
        assert made == [path, path]


@pytest.mark.parametrize("ca", [True, False])
def test_each_look_at_a_certificate_loads_nothing_anew(tmp_path: Path, made: list[str | None], ca: bool) -> None:
    trusted, path = authority(tmp_path)
    with serving(answering(), tls_context(trusted.issue_cert("localhost"))) as port:
        look = probe("tls", host="localhost", port=port, ca=path) if ca else probe("tls", host="localhost", port=port)
        assert [look.look().values["chain_valid"] for _ in range(3)] == [float(ca)] * 3
    assert made == [path if ca else None]


def test_two_sources_at_authorities_of_their_own_load_them_once(tmp_path: Path, made: list[str | None]) -> None:
    ca, path = authority(tmp_path)

    async def ask(*ports: int) -> list[int]:
        asked = [connect(f"https://localhost:{each}", HttpSettings(ca=path), FakeClock()) for each in ports]
        try:
            return [(await each.get("/", accept=(200,))).status for each in asked]
        finally:
            for each in asked:
                await each.close()

    issued = tls_context(ca.issue_cert("localhost"))
    with serving(answering(), issued) as one, serving(answering(), issued) as other:
        assert asyncio.run(ask(one, other)) == [200, 200]
    assert made == [path]
