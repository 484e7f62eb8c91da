"""Mail servers that stop in the middle: the page ends in its time, and says whether the mail may have arrived."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from cockpit.channels.email import Email, EmailConfig
from cockpit.config.model import ChannelConfig
from cockpit.core.alerts import Severity
from cockpit.core.paging import Page, PageKind
from cockpit.core.units import Seconds
from cockpit.engine.channels import Channels, NotTold
from cockpit.engine.clock import SystemClock
from cockpit.provider import NotReached, ProviderError, Recipient, Unreachable
from cockpit.testing import FakeHost
from support.home import Home
from support.servers import serving
from support.waiting import wait

PAGE = Page(key="web-3/root-disk/7", kind=PageKind.TRIGGER, summary="93 % used", severity=Severity.CRITICAL)
ANA = Recipient(person="ana", name="Ana", address="ana@example.com")


class Mail:
    """A mail server that answers each word until it hears ``stops_at``; then it waits for ``goes_on``, answers that too, and takes
    down what it hears after. ``last`` is what it says of a mail; with "" it hangs up over it."""

    def __init__(self, stops_at: str = "never", last: str = "250 taken") -> None:
        self.stops_at, self.last = stops_at, last
        self.heard: list[str] = []
        self.goes_on, self.hung_up = threading.Event(), threading.Event()

    def talk(self, connection: socket.socket) -> None:
        with connection.makefile("rwb", buffering=0) as line, suppress(OSError):
            self._say(line.write, "", "220 hello")
            while word := line.readline().decode().strip().lower():
                self.heard.append(word)
                self._say(line.write, word.partition(" ")[0], "354 give it" if word == "data" else "250 ok")
                if word == "data":
                    while (more := line.readline()) and more.strip() != b".":
                        self.heard.append(more.decode().strip())
                    if not self.last:
                        break
                    self._say(line.write, ".", self.last)
        self.hung_up.set()

    def _say(self, write: Callable[[bytes], object], word: str, answer: str) -> None:
        if word == self.stops_at:
            assert self.goes_on.wait(30)
        write(answer.encode() + b"\r\n")


def channel(port: int, within: float) -> Email:
    config = EmailConfig(host="127.0.0.1", port=port, sender="cockpit@example.com", tls="none", within=Seconds(within))
    return Email(config, FakeHost())


def mail_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("mail to ")]


@pytest.mark.parametrize("word", ["", "ehlo", "mail", "rcpt", "data"])
def test_a_server_that_stops_before_it_is_given_the_mail_never_gets_it(word: str) -> None:
    server = Mail(word)
    with serving(server.talk) as port:
        with pytest.raises(NotReached, match=r"did not take a mail within 0\.3 s: nothing was sent"):
            asyncio.run(channel(port, 0.3).page(PAGE, ANA))
        server.goes_on.set()
        wait(server.hung_up.is_set, "the end of the line")
        wait(lambda: not mail_threads(), "the end of the dialogue")
        assert not [each for each in server.heard if "93 % used" in each], "it went out after it was given up"


def test_a_server_that_was_given_the_mail_and_says_nothing_may_have_it() -> None:
    server = Mail(".")
    with serving(server.talk) as port:
        with pytest.raises(Unreachable, match=r"was given the mail and did not say within 0\.3 s that it takes it") as raised:
            asyncio.run(channel(port, 0.3).page(PAGE, ANA))
        assert not isinstance(raised.value, NotReached)
        server.goes_on.set()
        wait(lambda: not mail_threads(), "the end of the dialogue")


def test_a_server_that_hangs_up_over_the_mail_may_have_it_and_one_that_refuses_it_has_not() -> None:
    with serving(Mail(last="").talk) as port, pytest.raises(Unreachable, match="was given the mail") as raised:
        asyncio.run(channel(port, 5).page(PAGE, ANA))
    assert not isinstance(raised.value, NotReached)
    with serving(Mail(last="554 no spam here").talk) as port, pytest.raises(ProviderError, match="refused") as refused:
        asyncio.run(channel(port, 5).page(PAGE, ANA))
    assert not isinstance(refused.value, Unreachable)


def test_a_server_that_answers_drop_by_drop_has_no_longer_than_others() -> None:
    left = threading.Event()

    def drips(connection: socket.socket) -> None:
        while not left.wait(0.05):
            connection.sendall(b"2")  # every answer in time, and the whole never

    with serving(drips) as port:
        with pytest.raises(NotReached, match="nothing was sent"):
            asyncio.run(channel(port, 0.4).page(PAGE, ANA))
        wait(lambda: not mail_threads(), "the end of the dialogue")
        left.set()


@pytest.mark.parametrize(("word", "maybe"), [("rcpt", False), (".", True)])
def test_the_channels_own_time_cuts_it_too_and_what_is_told_is_true(word: str, maybe: bool) -> None:
    server = Mail(word)

    async def told(port: int) -> NotTold:
        settings = {"host": "127.0.0.1", "port": port, "sender": "cockpit@example.com", "tls": "none", "within": "5m"}
        config = ChannelConfig(name="mail", kind="email", contact="email", timeout=Seconds(1.0), settings=settings)
        channels = Channels({"mail": config}, lambda _: Email, FakeHost(), SystemClock(), lambda _: None)
        try:
            with pytest.raises(NotTold) as raised:
                await channels.tell("mail", PAGE, ANA)
            return raised.value
        finally:
            await channels.close()

    with serving(server.talk) as port:
        error = asyncio.run(told(port))
        server.goes_on.set()
        wait(lambda: not mail_threads(), "the end of the dialogue")
    assert error.maybe is maybe
    assert ("may have arrived" in str(error)) is maybe
    assert ("nothing was sent" in str(error)) is not maybe


def test_a_page_by_hand_ends_though_its_server_never_does(tmp_path: Path) -> None:
    """Its exit waits for no far side, and its words say what is known."""
    home, server = Home(tmp_path), Mail(".")
    with serving(server.talk) as port:
        home.config(
            'me = ["ana"]\n[people.ana]\nname = "Ana"\ncontacts = { email = "ana@example.com" }\n'
            f'[channels.mail]\nkind = "email"\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
            'sender = "cockpit@example.com"\nwithin = "5m"\ntimeout = "1s"\n'
        )
        done = home.run("page", "ana", "come and look", "--yes", timeout=60)
        server.goes_on.set()
    assert (done.stdout + done.stderr).count("it may have arrived all the same") == 1
    assert done.returncode not in (0, 2), "nobody knows whether she was told"
