"""Each way to tell people against the real thing: a mail server, a web server, a program, apprise; and ones that misbehave."""

from __future__ import annotations

import asyncio
import base64
import gc
import hashlib
import hmac
import json
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from cockpit.channels.command import Command, CommandConfig
from cockpit.channels.email import Email, EmailConfig
from cockpit.channels.notify import Notify, NotifyConfig
from cockpit.channels.webhook import Webhook, WebhookConfig
from cockpit.core.alerts import Link, Severity
from cockpit.core.paging import Page, PageKind
from cockpit.core.units import Seconds
from cockpit.provider import AuthFailed, Channel, Forbidden, NotReached, ProviderError, Recipient, Secret, Unreachable
from cockpit.testing import FakeHost
from support.waiting import wait

PAGE = Page(
    key="web-3/root-disk/7",
    kind=PageKind.TRIGGER,
    summary="root-disk: 93 % used",
    severity=Severity.CRITICAL,
    where="/",
    details="Signs: it grows.",
    labels={"team": "web"},
    links=(Link("runbook", "https://wiki.example/disk"),),
    person="ana",
)
ANA = Recipient(person="ana", name="Ana", address="ana@example.com")


def tell(channel: Channel, page: Page = PAGE, to: Recipient = ANA) -> str:
    return asyncio.run(channel.page(page, to))


class Sink:
    """A mail server that keeps what it is given; it refuses ``refused`` addresses."""

    def __init__(self) -> None:
        self.mails: list[Message] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address.startswith("gone@"):
            return "550 5.1.1 no such user \x1b[31mhere"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 queued"


class Guard:
    """Knows one user."""

    def __call__(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == (b"cockpit", b"right"), handled=False)


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    kept = Sink()
    server = Controller(kept, hostname="127.0.0.1", port=_free())
    server.start()
    yield kept, server.port
    server.stop()


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def mail(port: int, **more: Any) -> Email:
    given = {"host": "127.0.0.1", "port": port, "sender": "cockpit@example.com", "tls": "none", "within": Seconds(5.0)}
    return Email(EmailConfig(**{**given, **more}), FakeHost())


def test_a_mail_says_all_and_arrives(sink: tuple[Sink, int]) -> None:
    kept, port = sink
    assert tell(mail(port)) == "taken by 127.0.0.1"
    (got,) = kept.mails
    assert (got["To"], got["Subject"]) == ("ana@example.com", "[critical] root-disk: 93 % used (/)")
    text = got.get_content()  # type: ignore[attr-defined]  # the default policy gives an EmailMessage
    for word in ("Signs: it grows.", "https://wiki.example/disk", "team = web"):
        assert word in text


def test_a_mail_sent_again_has_the_same_id_and_its_end_answers_it(sink: tuple[Sink, int]) -> None:
    kept, port = sink
    channel = mail(port)
    tell(channel)
    tell(channel)
    tell(channel, msgspec.structs.replace(PAGE, kind=PageKind.RESOLVE))
    first, again, end = kept.mails
    assert first["Message-ID"] == again["Message-ID"] != end["Message-ID"]
    assert end["In-Reply-To"] == first["Message-ID"]
    assert end["Subject"].startswith("resolved: ")


def test_a_hostile_page_makes_no_header_of_its_own(sink: tuple[Sink, int]) -> None:
    kept, port = sink
    tell(mail(port), msgspec.structs.replace(PAGE, summary="disk\r\nBcc: all@example.com\r\n\r\nhello"))
    (got,) = kept.mails
    assert got["Bcc"] is None
    assert "Bcc: all@example.com" in got["Subject"]


@pytest.mark.parametrize("address", ["", "ana", "ana@example.com\r\nBcc: x@example.com", "a@b.c, d@e.f", "<ana@example.com>"])
def test_what_is_no_address_is_not_written_to(sink: tuple[Sink, int], address: str) -> None:
    kept, port = sink
    with pytest.raises(ProviderError, match="is no mail address"):
        tell(mail(port), to=Recipient(person="ana", name="Ana", address=address))
    assert kept.mails == []


def test_an_address_that_is_refused_is_told_harmlessly(sink: tuple[Sink, int]) -> None:
    _, port = sink
    with pytest.raises(Forbidden, match=r"does not take mail for gone@example\.com \(550") as raised:
        tell(mail(port), to=Recipient(person="ana", name="Ana", address="gone@example.com"))
    assert "\x1b" not in str(raised.value)


def test_starttls_and_login_are_used_and_a_wrong_password_is_told(tmp_path: Path) -> None:
    authority, kept = trustme.CA(), Sink()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = Controller(
        kept,
        hostname="localhost",
        port=_free(),
        tls_context=context,
        require_starttls=True,
        authenticator=Guard(),
        auth_required=True,
    )
    server.start()
    try:
        good = {"host": "localhost", "tls": "starttls", "ca": str(tmp_path / "ca.pem"), "user": "cockpit"}
        tell(mail(server.port, **good, password=Secret("right")))
        assert len(kept.mails) == 1
        with pytest.raises(AuthFailed) as raised:
            tell(mail(server.port, **good, password=Secret("wr0ng")))
        assert "wr0ng" not in str(raised.value)
        with pytest.raises(NotReached, match="no secure connection"):
            tell(mail(server.port, host="localhost", tls="starttls"))
    finally:
        server.stop()


def test_no_server_and_one_that_says_nothing_are_told_apart_in_time() -> None:
    with pytest.raises(NotReached, match="does not answer as a mail server"):
        tell(mail(_free()))
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        with pytest.raises(NotReached, match="nothing was sent"):
            tell(mail(mute.getsockname()[1], within=Seconds(0.3)))


def test_a_password_is_not_sent_in_the_clear_to_another_machine() -> None:
    with pytest.raises(ValueError, match="not sent in the clear"):
        EmailConfig(host="mail.example", sender="a@b.c", tls="none", user="u", password=Secret("p"))


class Hook(BaseHTTPRequestHandler):
    """Answers with `status` and keeps what it gets."""

    status = 200
    echoes = False
    got: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"thanks" if self.status < 300 and not self.echoes else self.path.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def hook() -> Iterator[tuple[type[Hook], str]]:
    class Mine(Hook):
        got: list[tuple[str, dict[str, str], bytes]] = []  # noqa: RUF012  # one for each test

    server = ThreadingHTTPServer(("127.0.0.1", 0), Mine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Mine, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_webhook_posts_the_page_signed_as_the_standard_says(hook: tuple[type[Hook], str]) -> None:
    got, url = hook
    key = b"0123456789abcdef"
    config = WebhookConfig(url=f"{url}/page?team=web", signing_key=Secret("whsec_" + base64.b64encode(key).decode()))
    assert tell(Webhook(config, FakeHost())) == "thanks"
    ((path, headers, body),) = got.got
    assert path == "/page?team=web"
    told = json.loads(body)
    assert (told["key"], told["kind"], told["severity"], told["to"]["person"]) == (PAGE.key, "trigger", "critical", "ana")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_a_webhook_sent_again_has_the_same_id_and_another_person_another(hook: tuple[type[Hook], str]) -> None:
    got, url = hook
    channel = Webhook(WebhookConfig(url=url, signing_key=Secret("k")), FakeHost())
    tell(channel)
    tell(channel)
    tell(channel, to=Recipient(person="bo"))
    ids = [headers["webhook-id"] for _, headers, _ in got.got]
    assert ids[0] == ids[1] != ids[2]


def test_a_secret_address_is_in_no_message(hook: tuple[type[Hook], str]) -> None:
    got, url = hook
    got.echoes = True
    assert tell(Webhook(WebhookConfig(secret_url=Secret(f"{url}/services/T0/hunter2")), FakeHost())) == "", "nor when it went well"
    got.status = 404
    with pytest.raises(ProviderError) as raised:
        tell(Webhook(WebhookConfig(secret_url=Secret(f"{url}/services/T0/hunter2")), FakeHost()))
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_webhook_that_says_no_is_told(hook: tuple[type[Hook], str], status: int) -> None:
    got, url = hook
    got.status = status
    with pytest.raises(ProviderError, match=str(status)):
        tell(Webhook(WebhookConfig(url=url), FakeHost()))


def command(*argv: str, within: float = 5.0) -> Command:
    return Command(CommandConfig(run=argv, within=Seconds(within)), FakeHost())


def test_a_command_gets_the_page_as_json_and_nothing_of_it_as_code(tmp_path: Path) -> None:
    out = tmp_path / "out"
    hostile = msgspec.structs.replace(PAGE, summary="$(touch canary); `id`\nx")
    script = f'cat > {out}; printf "%s" "$COCKPIT_PAGE_SUBJECT" > {out}.subject; echo done for "$COCKPIT_PAGE_PERSON"'
    assert tell(command("sh", "-c", script), hostile) == "done for ana"
    assert json.loads(out.read_text())["summary"] == hostile.summary
    assert "$(touch canary)" in Path(f"{out}.subject").read_text()
    assert not Path("/canary").exists()


def test_a_command_that_fails_hangs_or_is_not_there_is_told() -> None:
    with pytest.raises(ProviderError, match="ended with status 3: no signal"):
        tell(command("sh", "-c", "echo no signal; exit 3"))
    with pytest.raises(Unreachable, match=r"did not end within 0\.2 s"):
        tell(command("sh", "-c", "sleep 60 & wait", within=0.2))
    with pytest.raises(NotReached, match="cannot be run"):
        tell(command("/nonexistent/wake"))


def test_a_command_may_leave_something_in_the_background_and_print_without_end(tmp_path: Path) -> None:
    alarm = tmp_path / "alarm"
    assert tell(command("sh", "-c", f"(sleep 1; echo rang > {alarm}) & echo started")) == "started"
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gc.collect()
    assert not told, "a pipe was left open"
    wait(alarm.exists, "what it left in the background")
    with pytest.raises(Unreachable, match="did not end within"):
        tell(command("sh", "-c", "yes alarm", within=0.5))


def test_apprise_carries_a_page(hook: tuple[type[Hook], str]) -> None:
    got, url = hook
    assert tell(Notify(NotifyConfig(), FakeHost()), to=Recipient(person="ana", address=url.replace("http", "json", 1)))
    ((_, _, body),) = got.got
    assert json.loads(body)["title"] == "[critical] root-disk: 93 % used (/)"


def test_an_address_that_apprise_cannot_read_or_reach_is_told_without_it() -> None:
    with pytest.raises(ProviderError, match="cannot read the address") as raised:
        tell(Notify(NotifyConfig(url=Secret("pigeon://hunter2")), FakeHost()))
    assert "hunter2" not in str(raised.value)
    with pytest.raises(ProviderError, match="cannot read the address") as raised:
        tell(Notify(NotifyConfig(url=Secret("hunter2-a-bare-token")), FakeHost()))
    assert "hunter2" not in str(raised.value)
    with pytest.raises(ProviderError, match="could not send it"):
        tell(Notify(NotifyConfig(url=Secret(f"json://127.0.0.1:{_free()}/hunter2")), FakeHost()))
