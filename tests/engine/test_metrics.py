"""The server of ``/metrics``: one page, to whoever asks rightly, and nobody holds it up."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from cockpit.core.exposition import Family
from cockpit.core.watchrule import WatchRule, metrics_place
from cockpit.engine import metrics
from cockpit.engine.metrics import Metrics, open_to
from support.real import free_port, listening
from support.waiting import wait

PAGE = [Family("cockpit_x", "gauge", "X.", [({}, 1.0)])]


@contextmanager
def served(families: Callable[[], list[Family]] = lambda: PAGE) -> Iterator[int]:
    port, told = free_port(), list[str]()
    made = Metrics(f"127.0.0.1:{port}", families, told.append)
    made.start()
    try:
        wait(lambda: told, "it listens")
        assert told == [f"metrics at http://127.0.0.1:{port}/metrics"]
        yield port
    finally:
        made.end()
    assert not listening(port)


def said(port: int, question: bytes) -> bytes:
    """The whole answer; nothing where it was cut off."""
    with socket.create_connection(("127.0.0.1", port), 20) as end:
        end.sendall(question)
        found = b""
        try:
            while part := end.recv(65536):
                found += part
        except ConnectionResetError:
            pass
        return found


def test_get_metrics_answers() -> None:
    with served() as port:
        head, _, body = said(port, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4")
    assert body == b"# HELP cockpit_x X.\n# TYPE cockpit_x gauge\ncockpit_x 1\n"


@pytest.mark.parametrize(
    ("question", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /metrics/../etc/passwd HTTP/1.1\r\n\r\n", b"404"),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b"405"),
        (b"HEAD /metrics HTTP/1.1\r\n\r\n", b"405"),
        (b"DELETE /metrics HTTP/1.1\r\n\r\n", b"405"),
        (b"GET /metrics\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\r\n\r\n", b"400"),
    ],
)
def test_nothing_else_answers(question: bytes, status: bytes) -> None:
    with served() as port:
        found = said(port, question)
    assert found.split(b" ")[1] == status
    assert b"cockpit_x" not in found


def test_a_question_without_end_is_cut_off() -> None:
    with served() as port:
        assert b"cockpit_x" not in said(port, b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 100_000)


def test_those_who_ask_nothing_or_read_nothing_are_cut_off_and_hold_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "PATIENCE", 2.0)
    many = [
        Family("cockpit_x", "gauge", "X.", [({"source": "x" * 16_000_000}, 1.0)])
    ]  # more than the kernel takes for the deaf one
    with served(lambda: many) as port, ExitStack() as stack:
        silent, deaf = (stack.enter_context(socket.create_connection(("127.0.0.1", port), 20)) for _ in range(2))
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert said(port, b"GET /metrics HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200")
        with suppress(ConnectionResetError):  # as good an end
            assert silent.recv(1) == b""


def test_more_connections_than_it_takes_are_let_go_and_it_answers_again() -> None:
    with served() as port:
        with ExitStack() as stack:
            for _ in range(metrics.MOST):
                stack.enter_context(socket.create_connection(("127.0.0.1", port), 20)).sendall(b"GET")
            wait(lambda: said(port, b"GET /metrics HTTP/1.1\r\n\r\n") == b"", "it is full")
        wait(lambda: b"cockpit_x" in said(port, b"GET /metrics HTTP/1.1\r\n\r\n"), "it answers again")


def test_a_port_that_is_taken_is_told_once_and_had_as_soon_as_it_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "RETRY", 0.02)
    told: list[str] = []
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        made = Metrics(f"127.0.0.1:{port}", lambda: PAGE, told.append)
        made.start()
        wait(lambda: told, "it says so")
    try:
        wait(lambda: len(told) > 1, "it listens")
        assert told[0].startswith(f"no metrics at 127.0.0.1 port {port}: ")
        assert told[1:] == [f"metrics at http://127.0.0.1:{port}/metrics"]
    finally:
        made.end()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("9464", ("127.0.0.1", 9464)),
        (":9464", ("127.0.0.1", 9464)),
        ("[::1]:1", ("::1", 1)),
        ("mon.example:65535", ("mon.example", 65535)),
    ],
)
def test_where_it_listens_is_this_machine_alone_unless_it_is_said(text: str, place: tuple[str, int]) -> None:
    assert metrics_place(text) == place


@pytest.mark.parametrize("text", ["x", "x:", "::1:9", "h:0", "h:65536", "h:-1", "http://h:1/metrics"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ADDR:PORT"):
        WatchRule(metrics=text)


def test_who_else_may_read_is_warned_of() -> None:
    assert [open_to(each) for each in ("9464", "localhost:1", "[::1]:1", "127.9.9.9:1")] == [""] * 4
    assert all("open to whoever reaches" in open_to(each) for each in ("0.0.0.0:1", "[::]:1", "mon.example:1"))
