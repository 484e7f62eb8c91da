"""One mail handed to a server (RFC 5321): a dialogue that can be cut off at any moment, and knows then whether the mail may be
there."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from email.message import EmailMessage
from typing import Any, NamedTuple

from ..provider import Secret


class CutOff(Exception):
    """The dialogue was cut off before the mail was handed over."""


class Server(NamedTuple):
    """Where it is and how it is spoken to: see `email.EmailConfig`. ``patience`` bounds each answer, in seconds."""

    host: str
    port: int
    tls: str
    ca: str
    user: str
    password: Secret | None
    patience: float


class Dialogue:
    """`hand_over` blocks, in a thread of its own; `cut` is for another one."""

    def __init__(self, server: Server, mail: EmailMessage, sender: str, address: str) -> None:
        self._server, self._mail, self._sender, self._address = server, mail, sender, address
        self._line: smtplib.SMTP | None = None
        self._lock = threading.Lock()
        self._is_cut = False
        self.handed = False
        """Whether the server has begun to be given the mail: it may keep it from then on, whatever becomes of the dialogue."""

    def hand_over(self) -> None:
        """Raises what `smtplib` raises, or `CutOff`."""
        where = self._server
        try:
            line = _Tls(where, self) if where.tls == "implicit" else _Plain(where, self)
            if where.tls == "starttls":
                line.starttls(context=_context(where.ca))
            if where.password is not None:
                line.login(where.user, where.password.reveal())
            line.send_message(self._mail, self._sender, [self._address])
        finally:
            if self._line is not None:
                self._line.close()

    def cut(self) -> bool:
        """End it, from any thread. Gives whether the mail may be there all the same."""
        with self._lock:
            self._is_cut = True
            held = self._line.sock if self._line is not None else None
            if held is not None:
                with suppress(OSError):  # it has ended by itself
                    socket.socket.shutdown(held, socket.SHUT_RDWR)  # TLS or not: nothing more goes over this line
            return self.handed

    def begins(self, line: smtplib.SMTP) -> None:
        """The dialogue goes over this line."""
        self._line = line

    def hears(self, code: int) -> None:
        """The server has answered with this code. Raises `CutOff`."""
        with self._lock:
            if self._is_cut and not self.handed:
                raise CutOff
            self.handed = self.handed or code == _GIVE_IT


_GIVE_IT = 354  # "start mail input" (RFC 5321, 4.2.3): what is sent after this is the mail


class _Plain(smtplib.SMTP):
    """Tells of itself before it connects, and of each answer before anything is sent after it."""

    def __init__(self, where: Server, dialogue: Dialogue, **more: Any) -> None:
        self._dialogue = dialogue
        super().__init__(where.host, where.port, timeout=where.patience, **more)

    def connect(self, *given: Any, **more: Any) -> tuple[int, bytes]:
        """Open the line; gives the greeting."""
        self._dialogue.begins(self)
        return super().connect(*given, **more)

    def getreply(self) -> tuple[int, bytes]:
        """The next answer."""
        code, said = super().getreply()
        self._dialogue.hears(code)
        return code, said


class _Tls(_Plain, smtplib.SMTP_SSL):
    """The same over TLS from the beginning."""

    def __init__(self, where: Server, dialogue: Dialogue) -> None:
        super().__init__(where, dialogue, context=_context(where.ca))


def _context(ca: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca or None)
