"""The few words that turn a plain connection into TLS, for each protocol that has them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

from ..core.text import clean
from .dial import Deadline, Down, received, send

MOST_LINES, LONGEST_LINE = 50, 4096
_SSL_REQUEST = struct.pack("!II", 8, 80877103)  # PostgreSQL, Frontend/Backend Protocol §55.7, "SSLRequest"


class _Talk:
    """Line by line, byte by byte: what follows the last line belongs to TLS and must stay in the socket."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def say(self, data: bytes) -> None:
        send(self._connection, data, self._deadline)

    def byte(self) -> bytes:
        for piece in received(self._connection, self._deadline, "no answer before TLS", 1, 1):
            return piece
        raise Down("it hung up before TLS")

    def line(self) -> bytes:
        read = bytearray()
        while len(read) < LONGEST_LINE:
            read += self.byte()
            if read.endswith(b"\n"):
                return bytes(read).rstrip(b"\r\n")
        raise Down("it sent an endless line before TLS")

    def reply(self, wanted: bytes) -> None:
        """An SMTP or FTP reply of one or more lines (RFC 5321 §4.2.1, RFC 959 §4.2) must have this code."""
        for _ in range(MOST_LINES):
            line = self.line()
            if line[3:4] != b"-" and line[:3].isdigit():
                _want(line.startswith(wanted), line)
                return
        raise Down("it sent an endless reply before TLS")

    def tagged(self, tag: bytes) -> None:
        """An IMAP answer to our command (RFC 9051 §7.1), past what is not tagged."""
        for _ in range(MOST_LINES):
            line = self.line()
            if line.startswith(tag):
                _want(line[len(tag) :].upper().startswith(b" OK"), line)
                return
        raise Down("it sent an endless reply before TLS")


def _want(granted: bool, line: bytes) -> None:
    if not granted:
        raise Down(f"it refused TLS: “{clean(line.decode('utf-8', 'replace'), 120)}”")


def _smtp(talk: _Talk) -> None:
    talk.reply(b"220")
    talk.say(b"EHLO cockpit.invalid\r\n")
    talk.reply(b"250")
    talk.say(b"STARTTLS\r\n")
    talk.reply(b"220")


def _imap(talk: _Talk) -> None:
    greeting = talk.line()
    _want(greeting.upper().startswith(b"* OK"), greeting)
    talk.say(b"a1 STARTTLS\r\n")
    talk.tagged(b"a1")


def _pop3(talk: _Talk) -> None:
    greeting = talk.line()
    _want(greeting.startswith(b"+OK"), greeting)
    talk.say(b"STLS\r\n")
    answer = talk.line()
    _want(answer.startswith(b"+OK"), answer)


def _ftp(talk: _Talk) -> None:
    talk.reply(b"220")
    talk.say(b"AUTH TLS\r\n")
    talk.reply(b"234")


def _postgres(talk: _Talk) -> None:
    talk.say(_SSL_REQUEST)
    answer = talk.byte()
    if answer == b"N":
        raise Down("it refused TLS: this PostgreSQL has ssl = off")
    _want(answer == b"S", answer)


STARTTLS: dict[str, Callable[[_Talk], None]] = {
    "smtp": _smtp,
    "imap": _imap,
    "pop3": _pop3,
    "ftp": _ftp,
    "postgres": _postgres,
}


def start_tls(protocol: str, connection: socket.socket, deadline: Deadline) -> None:
    """Ask for TLS in this protocol's words. Raises `Down`."""
    STARTTLS[protocol](_Talk(connection, deadline))
