"""dns: a real dnsmasq on the loopback, this machine's own resolver, and name servers that lie."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cockpit.config.model import ConfigError
from cockpit.core.traps import TrapState
from cockpit.probes.dnswire import TYPES, answer_to, encoded, question
from cockpit.provider import ProbeError
from support.looking import Looks, probe
from support.real import free_port, listening, need, running

RECORDS = [
    "--host-record=shop.test,192.0.2.10,2001:db8::10,77",
    "--host-record=api.test,192.0.2.20",
    "--host-record=api.test,192.0.2.21",
    "--cname=www.test,shop.test",
    "--mx-host=shop.test,mail.test,10",
    "--txt-record=shop.test,v=spf1 -all,evil \x1b]52;c;eA==\x07",
    "--srv-host=_http._tcp.shop.test,shop.test,8080,5,6",
    *(f"--txt-record=big.test,{number}{'x' * 240}" for number in range(20)),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """dnsmasq with a few names of its own: nothing is asked further."""
    (dnsmasq,) = need("dnsmasq")
    port = free_port()
    argv = [
        dnsmasq,
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--log-facility=-",
        "--pid-file=",
    ]
    argv += ["--listen-address=127.0.0.1", "--bind-interfaces", f"--port={port}", "--local=/test/", "--user=", *RECORDS]
    with running(argv, ready=lambda: listening(port)):
        yield f"127.0.0.1:{port}"


@pytest.mark.real
def test_addresses_come_with_their_number_and_life(server: str) -> None:
    reading = probe("dns", name="api.test", server=server, expect=["192.0.2.21"]).look()
    assert reading.verdict is None
    assert reading.text == "192.0.2.20, 192.0.2.21"
    assert reading.values["answers"] == 2
    assert 0 <= reading.values["seconds"] < 5
    assert probe("dns", name="SHOP.test.", server=server).look().values["ttl_seconds"] == 77


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("shop.test", "AAAA", "2001:db8::10"),
        ("www.test", "CNAME", "shop.test"),
        ("www.test", "A", "192.0.2.10"),
        ("shop.test", "MX", "10 mail.test"),
        ("_http._tcp.shop.test", "SRV", "5 6 8080 shop.test"),
        ("10.2.0.192.in-addr.arpa", "PTR", "shop.test"),
    ],
)
def test_each_type_is_shown_as_people_write_it(server: str, name: str, kind: str, shown: str) -> None:
    reading = probe("dns", name=name, type=kind, server=server, expect=[shown.upper()]).look()
    assert (reading.text, reading.verdict) == (shown, None)


@pytest.mark.real
def test_texts_are_shown_harmlessly(server: str) -> None:
    text = probe("dns", name="shop.test", type="TXT", server=server).look().text
    assert "v=spf1 -all" in text
    assert "\x1b" not in text


@pytest.mark.real
def test_an_answer_too_long_for_a_datagram_is_asked_for_again_over_tcp(server: str) -> None:
    assert probe("dns", name="big.test", type="TXT", server=server).look().values["answers"] == 20


@pytest.mark.real
def test_no_such_name_no_such_record_and_another_address_trip(server: str) -> None:
    for keys, said in (
        ({"name": "nowhere.test"}, "no such name (NXDOMAIN)"),
        ({"name": "api.test", "type": "MX"}, "has no MX record"),
        ({"name": "shop.test", "expect": ["192.0.2.11"]}, "192.0.2.10, not 192.0.2.11"),
        ({"name": "elsewhere.example"}, "the name server says REFUSED"),
    ):
        reading = probe(
            "dns",
            keys,
            server=server,
        ).look()
        assert (reading.verdict, reading.text) == (TrapState.TRIPPED, said)


def test_a_server_that_is_not_running_trips() -> None:
    reading = probe("dns", name="shop.test", server=f"127.0.0.1:{free_port()}").look()
    assert (reading.verdict, reading.text) == (TrapState.TRIPPED, "the name server is not running: port refused")


def test_without_a_server_this_machines_resolver_is_asked() -> None:
    reading = probe("dns", name="localhost", expect=["127.0.0.1"]).look()
    assert reading.verdict is None
    assert reading.values["answers"] >= 1
    assert "ttl_seconds" not in reading.values


def test_what_the_own_resolver_says_no_to_trips_and_its_silence_is_blindness(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(code: int) -> Callable[..., object]:
        def getaddrinfo(*_asked: object) -> object:
            raise socket.gaierror(code, "said so")

        return getaddrinfo

    monkeypatch.setattr(socket, "getaddrinfo", fails(socket.EAI_NONAME))
    assert probe("dns", name="x.example").look().verdict is TrapState.TRIPPED
    monkeypatch.setattr(socket, "getaddrinfo", fails(socket.EAI_AGAIN))
    with pytest.raises(ProbeError, match="has no answer"):
        probe("dns", name="x.example").look()


Answers = Callable[[bytes], list[bytes]]


@contextlib.contextmanager
def lying(answers: Answers) -> Iterator[Looks]:
    """A name server that sends these datagrams for each question, and a probe that asks it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0.1)
        done = threading.Event()

        def serve() -> None:
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    asked, who = listener.recvfrom(65535)
                    for each in answers(asked):
                        listener.sendto(each, who)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield probe("dns", name="shop.test", server=f"127.0.0.1:{listener.getsockname()[1]}", within="600ms")
        finally:
            done.set()
            thread.join()


def reply(asked: bytes, *records: bytes, flags: int = 0x8180) -> bytes:
    """An answer to that question with these raw records."""
    return asked[:2] + struct.pack("!5H", flags, 1, len(records), 0, 0) + asked[12:] + b"".join(records)


def record(kind: str, data: bytes, name: bytes = b"\xc0\x0c") -> bytes:
    """One raw record; its name points to the question's."""
    return name + struct.pack("!HHIH", TYPES[kind], 1, 60, len(data)) + data


def test_silence_of_a_named_server_trips_within_the_time() -> None:
    with lying(lambda _asked: []) as looked:
        began = time.monotonic()
        reading = looked.look()
        assert (reading.verdict, reading.text) == (TrapState.TRIPPED, "the name server does not answer within 600 ms")
        assert time.monotonic() - began < 10


def test_a_lost_question_is_asked_again() -> None:
    heard: list[bytes] = []

    def second_time(asked: bytes) -> list[bytes]:
        heard.append(asked)
        return [reply(asked, record("A", b"\xc0\x00\x02\x01"))] if len(heard) > 1 else []

    with lying(second_time) as looked:
        assert looked.look().text == "192.0.2.1"


def test_forged_and_stray_answers_are_passed_over() -> None:
    def forged(asked: bytes) -> list[bytes]:
        evil = record("A", b"\x06\x06\x06\x06")
        other = bytes([asked[0] ^ 1, asked[1]])
        return [
            other + reply(asked, evil)[2:],  # another number
            reply(question(int.from_bytes(asked[:2], "big"), "other.test", "A"), evil),  # another question
            asked,  # not an answer at all
            b"",
            reply(asked, record("A", b"\xc0\x00\x02\x01")),
        ]

    with lying(forged) as looked:
        assert looked.look().text == "192.0.2.1"


@pytest.mark.parametrize(
    "evil",
    [
        record("A", b"\x01\x02"),  # half an address
        record("CNAME", b"\xc0\xff"),  # points past the end
        record("A", b"\x01\x02\x03\x04", name=b"\xc0\x1b"),  # a name that points at itself
        record("MX", b"\x00"),
        record("TXT", b"\x20short"),
        b"\x00\x00\x01",
        record("A", b"\x01\x02\x03\x04")[:-2],
        record("NS", b"\x3fx"),
        record("NS", b"\x80x\x00"),
        record("SOA", b"\x00\x00abc"),
    ],
)
def test_an_answer_that_is_rubbish_trips(evil: bytes) -> None:
    with lying(lambda asked: [reply(asked, evil)]) as looked:
        reading = looked.look()
        assert reading.verdict is TrapState.TRIPPED
        assert reading.text.startswith("the name server's answer cannot be read")


def test_a_server_that_fails_or_cannot_read_the_question_trips() -> None:
    with lying(lambda asked: [reply(asked, flags=0x8182)]) as looked:
        assert looked.look().text == "the name server says SERVFAIL"
    with lying(lambda asked: [asked[:2] + struct.pack("!5H", 0x8181, 0, 0, 0, 0)]) as looked:
        assert looked.look().text == "the name server says FORMERR"


ASKED = question(4711, "shop.test", "A")


@given(some.binary(max_size=600))
@settings(max_examples=300)
def test_no_message_whatever_loops_or_breaks_the_reader(tail: bytes) -> None:
    for message in (tail, ASKED[:2] + tail, ASKED[:2] + struct.pack("!5H", 0x8180, 1, 9, 0, 0) + ASKED[12:] + tail):
        with contextlib.suppress(ValueError):
            answer_to(ASKED, message)


def test_a_chain_of_pointers_ends() -> None:
    chain = b"".join(struct.pack("!H", 0xC000 | (27 + 2 * max(0, step - 1))) for step in range(3000))
    with pytest.raises(ValueError):
        answer_to(ASKED, reply(ASKED, chain, flags=0x8180))


@given(some.lists(some.from_regex(r"[a-z0-9_-]{1,63}", fullmatch=True), min_size=1, max_size=3).map(".".join))
def test_a_name_is_written_as_the_wire_has_it(name: str) -> None:
    wire, at, labels = encoded(name), 0, []
    while wire[at]:
        labels.append(wire[at + 1 : at + 1 + wire[at]].decode())
        at += 1 + wire[at]
    assert ".".join(labels) == name
    assert encoded(name + ".") == wire


def test_names_beyond_ascii_are_put_into_it() -> None:
    assert encoded("müller.example") == b"\x0dxn--mller-kva\x07example\x00"


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".test", ".".join(["x" * 60] * 5), ".test"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="not a domain name"):
        probe("dns", name=name)


def test_what_cannot_be_meant_is_refused() -> None:
    for keys, said in (
        ({"type": "ANY"}, "type must be one of"),
        ({"type": "MX"}, "needs a server"),
        ({"server": "ns1.example"}, "server must be an address"),
        ({"server": "192.0.2.1:99999"}, "server must be an address"),
    ):
        with pytest.raises(ConfigError, match=said):
            probe(
                "dns",
                keys,
                name="shop.test",
            )
    for server in ("192.0.2.1", "2001:db8::1", "[2001:db8::1]:5353"):
        assert probe("dns", name="shop.test", server=server).subject == "shop.test"
