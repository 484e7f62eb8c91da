"""HTTP for adapters, against real servers on the loopback that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

import cockpit.web as web
from cockpit.core.units import Seconds
from cockpit.provider import (
    AuthFailed,
    Forbidden,
    HttpAuth,
    HttpSettings,
    Malformed,
    NotFound,
    NotReached,
    ProviderError,
    RateLimited,
    Reply,
    Secret,
    Unreachable,
)
from cockpit.testing import FAULTS, FakeClock, Misbehaving
from cockpit.web import Web, connect
from cockpit.web_words import problem, refusal, retry_after
from support.hung import hung
from support.real import wait_until
from support.servers import authority, request_of, serving, tls_context

T = TypeVar("T")
TOKEN = "canary-3e7a-token"
QUICK = HttpSettings(within=Seconds(1.0))


def using(url: str, work: Callable[[Web], Awaitable[T]], settings: HttpSettings = QUICK) -> T:
    """Do something with HTTP to that address, and close it."""

    async def done() -> T:
        http = connect(url, settings, FakeClock(), "a thing")
        try:
            return await work(http)
        finally:
            await http.close()

    return asyncio.run(done())


async def _ticks() -> None:
    """Comes to its end where the loop stands still."""
    last = time.monotonic()
    while time.monotonic() - last < 5:
        last = time.monotonic()
        await asyncio.sleep(0.02)


@contextlib.contextmanager
def _fifo(path: Path) -> Iterator[Callable[[], None]]:
    """Have whoever opens that file wait. Gives what ends that: they read what was in it, and it is as it was."""
    text, ended = path.read_text(), threading.Lock()
    path.unlink()
    os.mkfifo(path)

    def end() -> None:
        if ended.acquire(blocking=False):
            new = path.with_suffix(".new")
            new.write_text(text)
            with path.open("w") as writing:
                os.replace(new, path)
                writing.write(text)

    yield end


async def _outcome(asked: Awaitable[Reply]) -> Reply | ProviderError:
    try:
        return await asked
    except ProviderError as error:
        return error


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_becomes_its_error_in_time(fault: str) -> None:
    # safety 13 14
    began = time.monotonic()
    settings = HttpSettings(within=Seconds(1.5), auth=HttpAuth(bearer=Secret(TOKEN)))
    with Misbehaving({}, fault) as server:
        outcome = using(server.url, lambda http: _outcome(http.get("/x")), settings)
    if isinstance(outcome, Reply):
        assert FAULTS[fault][1] is Malformed  # what is no list is found out by who reads it
        assert outcome.status == 200
    else:
        assert isinstance(outcome, FAULTS[fault][1])
        assert str(outcome).strip()
        assert TOKEN not in f"{outcome} {outcome!r}"
    assert time.monotonic() - began < 15


def test_several_bombs_at_once_are_no_larger_than_one() -> None:
    # safety 13
    async def four(http: Web) -> list[object]:
        return list(await asyncio.gather(*(http.get("/x") for _ in range(4)), return_exceptions=True))

    with Misbehaving({}, "a bomb") as server:
        results = using(server.url, four, HttpSettings(within=Seconds(20.0)))
    assert [type(each) for each in results] == [Malformed] * 4
    assert all("larger than 134 MB" in str(each) for each in results)


def test_a_packed_answer_is_unpacked() -> None:
    body = b'["' + b"a" * 300_000 + b'"]'
    packed = gzip.compress(body)

    def talk(connection: socket.socket) -> None:
        assert "accept-encoding: gzip, deflate" in request_of(connection).lower()
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\nContent-Length: {len(packed)}\r\n\r\n"
        )
        connection.sendall(head.encode() + packed)

    with serving(talk) as port:
        assert using(f"http://127.0.0.1:{port}", lambda http: http.get("/")).body == body


class TestAnswersThatAreTooLargeToKeep:
    def taken(self, port: int, path: str = "/", *, gives_up: bool = False) -> tuple[list[bytes], Reply | ProviderError]:
        """The pieces that came, and what became of it."""
        pieces: list[bytes] = []

        async def take(piece: bytes) -> None:
            pieces.append(piece)
            if gives_up:
                raise Malformed("enough")

        return pieces, using(f"http://127.0.0.1:{port}", lambda http: _outcome(http.get(path, accept=(404,), into=take)))

    def test_they_come_piece_by_piece_and_unpacked(self) -> None:
        body = b'["' + b"a" * 3_000_000 + b'"]'
        packed = gzip.compress(body)
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()

        def talk(connection: socket.socket) -> None:
            request_of(connection)
            connection.sendall(head + packed)

        with serving(talk) as port:
            pieces, outcome = self.taken(port)
        assert isinstance(outcome, Reply)
        assert outcome.body == b""
        assert b"".join(pieces) == body
        assert max(map(len, pieces)) <= 65536

    def test_a_refusal_and_a_page_are_not_passed_on(self) -> None:
        with Misbehaving({}) as server:
            pieces, outcome = self.taken(server.port)
        assert isinstance(outcome, Reply)
        assert (pieces, outcome.status, outcome.body) == ([], 404, b"404 page not found\n")
        with Misbehaving({}, "a login page with 200") as server:
            pieces, outcome = self.taken(server.port)
        assert (pieces, str(outcome)) == ([], "this is not a thing: it answered HTML")

    def test_the_cap_holds(self) -> None:
        with Misbehaving({}, "an endless body") as server:
            _, outcome = self.taken(server.port)
        assert isinstance(outcome, ProviderError)

    def test_what_the_taker_raises_ends_it(self) -> None:
        with Misbehaving({"/": b"[" + b" " * 1_000_000 + b"]"}) as server:
            pieces, outcome = self.taken(server.port, gives_up=True)
        assert (len(pieces), str(outcome)) == (1, "enough")

    def test_one_that_breaks_off_is_not_asked_for_again(self) -> None:
        """Where a kept connection breaks in the midst of an answer, the taker would hear its beginning twice."""
        heard: list[str] = []
        whole = b"[" + b" " * 79_998 + b"]"

        def talk(connection: socket.socket) -> None:
            for body in (whole, whole[:70_000]):
                heard.append(request_of(connection))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 80000\r\n\r\n" + body)

        pieces: list[bytes] = []

        async def take(piece: bytes) -> None:
            pieces.append(piece)

        async def twice(http: Web) -> Reply | ProviderError:
            await http.get("/", into=take)
            return await _outcome(http.get("/", into=take))

        with serving(talk) as port:
            outcome = using(f"http://127.0.0.1:{port}", twice)
        assert isinstance(outcome, Unreachable)
        assert (len(heard), b"".join(pieces)) == (2, whole + whole[:65536])


class TestRedirects:
    def test_another_origin_hears_nothing(self) -> None:
        # safety 13
        with Misbehaving({}, "sends us to another origin") as server:
            with pytest.raises(Forbidden, match=r"sends us on to http://localhost:\d+, another origin"):
                using(server.url, lambda http: http.get("/x"), HttpSettings(secret_headers={"X-Api-Key": Secret(TOKEN)}))
            assert len(server.heard) == 1

    def test_the_same_origin_is_followed_with_credentials(self) -> None:
        heard: list[str] = []

        def talk(connection: socket.socket) -> None:
            heard.append(request_of(connection))
            if " /old " in heard[-1]:
                connection.sendall(b"HTTP/1.1 308 Moved\r\nLocation: /new\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            else:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")

        with serving(talk) as port:
            settings = HttpSettings(auth=HttpAuth(bearer=Secret(TOKEN)))
            assert using(f"http://127.0.0.1:{port}", lambda http: http.get("/old"), settings).body == b"[]"
        assert [f"Bearer {TOKEN}" in each for each in heard] == [True, True]

    def test_a_write_is_never_redirected(self) -> None:
        def talk(connection: socket.socket) -> None:
            request_of(connection)
            connection.sendall(b"HTTP/1.1 307 Moved\r\nLocation: /new\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        with serving(talk) as port, pytest.raises(Forbidden, match="nothing was done"):
            using(f"http://127.0.0.1:{port}", lambda http: http.send("POST", "/x", b"{}"))


class Forgetful:
    """Keeps a connection open, and hangs up on the second request that comes over it."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __call__(self, connection: socket.socket) -> None:
        self.heard.append(request_of(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]")
        self.heard.append(request_of(connection))


class TestKeptConnections:
    def test_a_question_is_asked_again_where_the_kept_connection_was_closed(self) -> None:
        async def twice(http: Web) -> list[Reply]:
            return [await http.get("/1"), await http.get("/2")]

        server = Forgetful()
        with serving(server) as port:
            assert [each.body for each in using(f"http://127.0.0.1:{port}", twice)] == [b"[]", b"[]"]
        assert [" ".join(each.split(" ", 2)[:2]) for each in server.heard if each] == ["GET /1", "GET /2", "GET /2"]

    def test_a_write_is_not(self) -> None:
        # safety 17: nobody knows whether it was done, and that is what is said
        async def both(http: Web) -> None:
            await http.get("/1")
            with pytest.raises(Unreachable) as raised:
                await http.send("POST", "/2", b"{}")
            assert not isinstance(raised.value, NotReached)

        server = Forgetful()
        with serving(server) as port:
            using(f"http://127.0.0.1:{port}", both)
        assert [" ".join(each.split(" ", 2)[:2]) for each in server.heard if each] == ["GET /1", "POST /2"]

    def test_a_write_to_nobody_has_certainly_not_been_done(self) -> None:
        with Misbehaving({}) as server:
            pass
        with pytest.raises(NotReached, match="connection refused"):
            using(server.url, lambda http: http.send("POST", "/x", b"{}"))


def test_the_environment_names_no_proxy_and_no_password(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # safety 13
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login ana password {TOKEN}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Misbehaving({"/x": b"[]"}) as server:
        assert using(server.url, lambda http: http.get("/x")).status == 200
        assert "authorization" not in server.heard[0][2]


def test_a_name_that_leads_to_a_cloud_s_credentials_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    # safety 13: stood in for by the loopback's address
    monkeypatch.setattr(web, "hands_out_credentials", lambda host: host == "127.0.0.1")
    with Misbehaving({"/x": b"[]"}) as server:
        with pytest.raises(Forbidden, match=r"localhost leads to 127.0.0.1, where a cloud keeps credentials"):
            using(f"http://localhost:{server.port}", lambda http: http.get("/x"))
        assert server.heard == []
        assert using(server.url, lambda http: http.get("/x")).status == 200  # that very address is configured


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("file:///etc/passwd", "must begin with http:// or https://"),
        ("ftp://a", "must begin with http:// or https://"),
        ("http://", "name a host"),
        ("http://ana:secret@a", "must not hold a password"),
        ("http://a/?b=c", "neither"),
        ("http://a:99999/", "cannot be read"),
        ("http://[::1", "cannot be read"),
    ],
)
def test_an_address_that_cannot_be_is_refused_without_repeating_a_password(url: str, says: str) -> None:
    with pytest.raises(ProviderError, match=says) as raised:
        connect(url, QUICK, FakeClock())
    assert "secret" not in str(raised.value)


def test_a_secret_that_cannot_be_sent_is_not_quoted() -> None:
    # safety 22
    with pytest.raises(AuthFailed, match="the header Authorization would hold") as raised:
        connect("http://a", HttpSettings(auth=HttpAuth(bearer=Secret(f"{TOKEN}\r\nX: y"))), FakeClock())
    assert TOKEN not in repr(raised.value)


def test_what_a_server_echoes_is_scrubbed() -> None:
    # safety 22
    settings = HttpSettings(auth=HttpAuth(user="ana", password=Secret(TOKEN)), secret_headers={"X-Api-Key": Secret("canary-key")})
    with Misbehaving({}, "400 that echoes what it heard") as server, pytest.raises(ProviderError) as raised:
        using(server.url, lambda http: http.get("/x"), settings)
    told = str(raised.value)
    assert "***" in told
    assert not {TOKEN, "canary-key"} & set(told.replace("'", " ").split())
    assert TOKEN not in told


def test_nothing_in_it_prints_a_secret() -> None:
    http = connect("http://a/b/", HttpSettings(auth=HttpAuth(bearer=Secret(TOKEN))), FakeClock())
    assert TOKEN not in repr(http) + repr(vars(http))
    assert (http.address, repr(http)) == ("http://a/b", "Web(http://a/b)")


def test_statuses_that_are_awaited_come_back_and_others_are_raised() -> None:
    with Misbehaving({}) as server:
        assert using(server.url, lambda http: http.get("/x", accept=(404,))).status == 404
        with pytest.raises(NotFound, match=r"it knows no such thing \(404\): 404 page not found"):
            using(server.url, lambda http: http.get("/x", accept=(500,)))


def test_what_has_not_changed_is_not_sent_again() -> None:
    def talk(connection: socket.socket) -> None:
        while "if-none-match" in (heard := request_of(connection).lower()):
            assert 'if-none-match: "v1"' in heard
            connection.sendall(b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n')

    async def asked(http: Web) -> list[int | ProviderError]:
        once = await http.get("/x", accept=(304,), fields={"If-None-Match": '"v1"'})
        unasked = await _outcome(http.get("/x", fields={"If-None-Match": '"v1"'}))
        return [once.status, *([unasked] if isinstance(unasked, ProviderError) else [])]

    with serving(talk) as port:
        status, unasked = using(f"http://127.0.0.1:{port}", asked)
    assert status == 304
    assert isinstance(unasked, Malformed)


def test_a_query_may_name_a_key_twice_and_a_body_says_what_it_is() -> None:
    with Misbehaving({"/base/x": b"[]"}) as server:
        using(f"{server.url}/base/", lambda http: http.send("POST", "/x", b"{}", query=[("a", '1="&'), ("a", "2")]))
    method, path, fields, body = server.heard[0]
    assert (method, path, fields["content-type"], body) == ("POST", "/base/x?a=1%3D%22%26&a=2", "application/json", b"{}")


def test_a_question_that_is_too_long_for_an_address_is_refused_and_not_asked() -> None:
    # safety 15
    with Misbehaving({"/x": b"[]"}) as server:
        outcome = using(server.url, lambda http: _outcome(http.get("/x", [("filter", "x" * 100_000)])))
        assert isinstance(outcome, ProviderError)
        assert "too long" in str(outcome)
        assert server.heard == []


class TestTls:
    @pytest.fixture
    def made(self, tmp_path: Path) -> Iterator[tuple[Any, str, int]]:
        ca, path = authority(tmp_path)

        def talk(connection: socket.socket) -> None:
            request_of(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")

        with serving(talk, tls_context(ca.issue_cert("127.0.0.1"))) as port:
            yield ca, path, port

    def test_an_authority_of_ones_own_is_trusted(self, made: tuple[Any, str, int]) -> None:
        _, path, port = made
        assert using(f"https://127.0.0.1:{port}", lambda http: http.get("/"), HttpSettings(ca=path)).body == b"[]"

    def test_a_certificate_that_nobody_vouches_for_says_so(self, made: tuple[Any, str, int]) -> None:
        # safety 14
        with pytest.raises(NotReached, match=r"its certificate is not trusted: .*; name its authority with ca"):
            using(f"https://127.0.0.1:{made[2]}", lambda http: http.get("/"))

    def test_it_may_be_trusted_all_the_same(self, made: tuple[Any, str, int]) -> None:
        assert using(f"https://127.0.0.1:{made[2]}", lambda http: http.get("/"), HttpSettings(verify=False)).status == 200

    def test_a_certificate_for_another_name_is_not_trusted(self, made: tuple[Any, str, int]) -> None:
        with pytest.raises(NotReached, match="not trusted"):
            using(f"https://localhost:{made[2]}", lambda http: http.get("/"), HttpSettings(ca=made[1]))

    def test_an_authority_that_cannot_be_read_says_which(self) -> None:
        with pytest.raises(ProviderError, match=r"cannot read the authorities in /nowhere\.pem: No such file"):
            using("https://127.0.0.1:1", lambda http: http.get("/"), HttpSettings(ca="/nowhere.pem"))

    def test_authorities_that_change_hold_from_the_next_request_on(self, made: tuple[Any, str, int], tmp_path: Path) -> None:
        _, path, port = made
        (tmp_path / "new").mkdir()
        _, other = authority(tmp_path / "new")

        def garbled() -> None:
            Path(path).write_text("half of a")

        async def asked(http: Web) -> list[Reply | ProviderError]:
            found = [await _outcome(http.get("/"))]
            for change in (garbled, lambda: os.replace(other, path)):
                change()
                found.append(await _outcome(http.get("/")))
            return found

        before, meanwhile, after = using(f"https://127.0.0.1:{port}", asked, HttpSettings(ca=path))
        assert isinstance(before, Reply)
        assert isinstance(meanwhile, Reply), "what cannot be read yet changes nothing"
        assert isinstance(after, NotReached)
        assert "not trusted" in str(after)

    @pytest.mark.parametrize("gone", [True, False], ids=["deleted", "broken"])
    @pytest.mark.parametrize(
        ("key", "says"), [("ca", "cannot read the authorities in {}: "), ("certificate", "cannot use the certificate {}: ")]
    )
    def test_what_is_gone_or_broken_is_not_trusted_for_long(
        self, made: tuple[Any, str, int], tmp_path: Path, key: str, says: str, gone: bool
    ) -> None:
        # safety 14
        issuer, ca, port = made
        ours = tmp_path / "ours.pem"
        issuer.issue_cert("ana@example.com").private_key_and_cert_chain_pem.write_to_path(str(ours))
        path = Path(ca) if key == "ca" else ours
        good, clock = path.read_bytes(), FakeClock()

        def spoil() -> None:
            if gone:
                path.unlink()
            else:
                path.write_bytes(good[: len(good) // 2])

        async def asked(http: Web, *, later: float = 0.0) -> str:
            clock.advance(later)
            outcome = await _outcome(http.get("/"))
            assert isinstance(outcome, Reply | NotReached), "it is asked again by itself: nobody has to press r"
            return "answered" if isinstance(outcome, Reply) else str(outcome)

        async def story() -> list[str]:
            http = connect(f"https://127.0.0.1:{port}", HttpSettings(ca=ca, certificate=str(ours)), clock)
            try:
                found = [await asked(http)]
                for _ in range(2):
                    spoil()
                    found += [await asked(http, later=60.0), await asked(http, later=9.0), await asked(http, later=1.0)]
                    path.write_bytes(good)
                    found.append(await asked(http))
                return found
            finally:
                await http.close()

        first, *rest = asyncio.run(story())
        assert first == "answered"
        for meanwhile, still, ended, mended in (rest[:4], rest[4:]):
            assert (meanwhile, still, mended) == ("answered",) * 3
            assert ended.startswith(says.format(path))

    def test_authorities_on_a_disk_that_hangs_hold_up_no_loop_and_one_thread(
        self, made: tuple[Any, str, int], stuck: Callable[[], None]
    ) -> None:
        # safety 13 18
        _, path, port = made
        before = set(threading.enumerate())

        async def asked(http: Web) -> tuple[list[Reply | ProviderError], int, bool]:
            ticking = asyncio.ensure_future(_ticks())
            found = list(await asyncio.gather(*(_outcome(http.get("/")) for _ in range(3))))
            found.append(await _outcome(http.send("POST", "/")))
            waiting = [each for each in set(threading.enumerate()) - before if each.name == "TLS files"]
            stuck()
            async with asyncio.timeout(20):
                while not isinstance(await _outcome(http.get("/")), Reply):
                    continue
            ticking.cancel()
            return found, len(waiting), ticking.done()

        settings = HttpSettings(ca=path, within=Seconds(0.5))
        watchdog = threading.Timer(10, stuck)
        watchdog.start()
        try:
            found, waiting, stood_still = using(f"https://127.0.0.1:{port}", asked, settings)
        finally:
            watchdog.cancel()
        assert [type(each) for each in found] == [NotReached] * 4, "a write has certainly not been done"
        assert {str(each) for each in found} == {f"cannot read the authorities in {path}: no answer within 0.5 s"}
        assert waiting == 1
        assert not stood_still

    @pytest.fixture(params=["opening it hangs", "asking about it hangs"])
    def stuck(self, made: tuple[Any, str, int], request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
        """The authorities' file is on a disk that hangs. Gives what ends that; from then on it can be read."""
        path = Path(made[1])
        hangs = hung(path.parent) if request.param == "asking about it hangs" else _fifo(path)
        with hangs as end:
            yield end

    @pytest.mark.parametrize(
        ("url", "settings"),
        [
            ("http://127.0.0.1:1", HttpSettings(ca="/nowhere.pem", certificate="/nowhere.pem")),
            ("https://127.0.0.1:1", HttpSettings(verify=False)),
        ],
    )
    def test_where_no_file_is_read_no_thread_is_made(
        self, monkeypatch: pytest.MonkeyPatch, url: str, settings: HttpSettings
    ) -> None:
        def refused(_: threading.Thread) -> None:
            pytest.fail("a thread was made")

        monkeypatch.setattr(threading.Thread, "start", refused)
        with pytest.raises(NotReached, match="cannot be reached"):
            using(url, lambda http: http.get("/"), settings)

    def test_what_is_under_way_when_the_authorities_change_comes_to_its_end(self, tmp_path: Path) -> None:
        ca, path = authority(tmp_path)
        begun, changed = threading.Event(), threading.Event()

        def talk(connection: socket.socket) -> None:
            if "/slow" in request_of(connection):
                begun.set()
                assert changed.wait(20)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

        async def asked(http: Web) -> list[bytes]:
            slow = asyncio.ensure_future(http.get("/slow"))
            assert await asyncio.to_thread(begun.wait, 20)
            os.utime(path, ns=(1, 1))
            quick = await http.get("/quick")
            changed.set()
            return [(await slow).body, quick.body]

        with serving(talk, tls_context(ca.issue_cert("127.0.0.1"))) as port:
            assert using(f"https://127.0.0.1:{port}", asked, HttpSettings(ca=path)) == [b"[]", b"[]"]

    def test_a_client_shows_its_certificate_where_one_is_wanted(self, tmp_path: Path) -> None:
        ca, path = authority(tmp_path)
        context = tls_context(ca.issue_cert("127.0.0.1"))
        context.verify_mode = ssl.CERT_REQUIRED
        ca.configure_trust(context)
        ours = ca.issue_cert("ana@example.com")
        file = tmp_path / "client.pem"
        ours.private_key_and_cert_chain_pem.write_to_path(str(file))

        def talk(connection: socket.socket) -> None:
            request_of(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")

        with serving(talk, context) as port:
            url = f"https://127.0.0.1:{port}"
            assert using(url, lambda http: http.get("/"), HttpSettings(ca=path, certificate=str(file))).status == 200
            with pytest.raises(ProviderError) as raised:
                using(url, lambda http: http.get("/"), HttpSettings(ca=path))
            assert isinstance(raised.value, AuthFailed | Unreachable)

    def test_a_handshake_that_never_ends_leaves_no_connection_behind(self) -> None:
        # safety 13
        closed: list[bool] = []

        def talk(connection: socket.socket) -> None:
            while connection.recv(65536):
                pass
            closed.append(True)

        async def often(http: Web) -> None:
            for _ in range(4):
                with pytest.raises(NotReached, match="no connection within"):
                    await http.get("/")
            await asyncio.to_thread(wait_until, lambda: len(closed) == 4)

        with serving(talk) as port:
            using(f"https://127.0.0.1:{port}", often, HttpSettings(within=Seconds(0.2)))

    def test_plain_http_at_a_tls_address_says_so(self) -> None:
        def talk(connection: socket.socket) -> None:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        with serving(talk) as port, pytest.raises(NotReached, match="is it http:// instead of https://"):
            using(f"https://127.0.0.1:{port}", lambda http: http.get("/"))


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("17", 17), ("0", 0), ("9" * 30, 3600), ("-5", None), ("soon", None), ("", None), ("Mon, 23 Nov 2026 03:13:44 GMT", 60)],
)
def test_how_long_to_wait_is_read_and_capped(told: str, seconds: float | None) -> None:
    assert retry_after(told, datetime(2026, 11, 23, 3, 12, 44, tzinfo=UTC)) == seconds


def test_too_many_questions_say_when_to_come_back() -> None:
    with Misbehaving({}, "429") as server, pytest.raises(RateLimited) as raised:
        using(server.url, lambda http: http.get("/x"))
    assert raised.value.retry_after == 17


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'"bad matcher"', "bad matcher"),
        (b'{"code": 612, "message": "too few"}', "too few"),
        (b'{"error": {"message": "deep"}}', "deep"),
        (b'{"error": {"message": "no", "errors": ["Already Resolved", 7]}}', "no: Already Resolved"),
        (b'{"status": "error", "error": "bad_data"}', "bad_data"),
        (b"404 page not found\nmore", "404 page not found"),
        (b"<html>no</html>", ""),
        (b"{", ""),
        (b"", ""),
        (b"[1, 2]", ""),
    ],
)
def test_the_reason_of_a_refusal_is_found(body: bytes, says: str) -> None:
    assert problem(Reply(status=400, body=body)) == says


@pytest.mark.parametrize(
    ("scheme", "sent"),
    [("Bearer", f"Bearer {TOKEN}"), ("Token token=", f"Token token={TOKEN}"), ("GenieKey", f"GenieKey {TOKEN}")],
)
def test_a_token_is_sent_with_the_word_that_is_wanted_before_it(scheme: str, sent: str) -> None:
    with Misbehaving({"/x": b"[]"}) as server:
        using(server.url, lambda http: http.get("/x"), HttpSettings(auth=HttpAuth(bearer=Secret(TOKEN), scheme=scheme)))
    assert [fields["authorization"] for _, _, fields, _ in server.heard] == [sent]


@pytest.mark.parametrize(
    ("status", "fields", "error", "says"),
    [
        (429, {"ratelimit-reset": "23"}, RateLimited, "too many questions"),
        (429, {"ratelimit-reset": "23", "retry-after": "7"}, RateLimited, "too many questions"),
        (402, {}, Forbidden, "the account's plan does not include that (402)"),
    ],
)
def test_what_an_answer_means_is_read_from_status_and_fields(
    status: int, fields: dict[str, str], error: type[ProviderError], says: str
) -> None:
    met = refusal(Reply(status=status, body=b"", headers=fields), FakeClock().now(), str, known=True)
    assert type(met) is error
    assert says in str(met)
    if isinstance(met, RateLimited):
        assert met.retry_after == float(fields.get("retry-after", "23"))
