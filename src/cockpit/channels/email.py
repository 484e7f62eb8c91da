"""``email``: a mail to the person's address, by SMTP (RFC 5321), with STARTTLS or TLS from the beginning where the server has it.

When its time is up the line is cut, and what is told is whether the mail may have arrived. A page that is sent again has the same
``Message-ID`` (RFC 5322, 3.6.4), so that mail programs show it once.
"""

from __future__ import annotations

import asyncio
import hashlib
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from typing import ClassVar, Literal

import msgspec

from ..core.paging import Page, PageKind
from ..core.text import clean
from ..core.units import Seconds
from ..provider import AuthFailed, Clock, Forbidden, Host, NotReached, ProviderError, Recipient, Secret, Unreachable
from .apart import apart
from .smtp import CutOff, Dialogue, Server
from .wording import subject_of, text_of

_SPARE = 5.0  # seconds after which its thread gives up by itself, where there is no line to cut yet
_LAST_WORD = 0.3  # seconds for what is on its way already, once the line is cut


class EmailConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``host`` and ``port`` of the mail server; ``sender`` is whom the mail is from. ``tls``: ``starttls``, ``implicit`` (port 465)
    or ``none``. ``user`` and ``password`` where it wants them; ``ca`` is a file of authorities to trust. ``within`` bounds the
    whole dialogue with the server, in seconds."""

    host: str
    sender: str
    port: int = 25
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    user: str = ""
    password: Secret | None = None
    ca: str = ""
    within: Seconds = Seconds(15.0)

    def __post_init__(self) -> None:
        if not 0 < self.port < 65536:
            raise ValueError("port must be between 1 and 65535")
        if "@" not in self.sender or any(char in self.sender for char in "\r\n<> "):
            raise ValueError("sender must be an address, like cockpit@example.com")
        if (self.password is not None) != bool(self.user):
            raise ValueError("user and password go together")
        if self.password is not None and self.tls == "none" and self.host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError('a password is not sent in the clear: set tls to "starttls" or "implicit"')


class Email:
    """One mail for each page, plain text."""

    Config: ClassVar[type[msgspec.Struct]] = EmailConfig
    contact: ClassVar[str] = "email"
    lasting: ClassVar[bool] = False

    def __init__(self, config: EmailConfig, host: Host) -> None:
        self._config = config
        self._clock: Clock = host.clock

    async def page(self, page: Page, to: Recipient) -> str:
        """Hand it to the server, which says yes or no."""
        if "@" not in to.address or any(char in to.address for char in "\r\n<>, "):
            raise ProviderError(f"{clean(to.address, 100)!r} is no mail address: put {to.person}'s contacts.email right")
        config = self._config
        patience = float(config.within) + _SPARE
        server = Server(config.host, config.port, config.tls, config.ca, config.user, config.password, patience)
        dialogue = Dialogue(server, self._mail(page, to), config.sender, to.address)
        done = apart(dialogue.hand_over, f"mail to {config.host}")
        try:
            await self._within(dialogue, done)
        except (smtplib.SMTPException, OSError) as error:
            raise self._refusal(error, to.address, handed=dialogue.handed) from None
        return f"taken by {config.host}"

    async def _within(self, dialogue: Dialogue, done: asyncio.Future[None]) -> None:
        """Wait for its end. When its time is up, or nobody waits any more, nothing more is sent. Raises what it raises;
        `NotReached` where nothing was sent then, `Unreachable` where nobody knows."""
        config = self._config
        when = f"within {config.within:g} s"
        try:
            await asyncio.wait({done}, timeout=float(config.within))
        except asyncio.CancelledError:
            when = "in time"
        if not done.done():
            if not dialogue.cut():
                raise NotReached(f"{config.host}:{config.port} did not take a mail {when}: nothing was sent")
            await asyncio.wait({done}, timeout=_LAST_WORD)
            lost = done.exception() if done.done() else CutOff()
            if lost is not None and not isinstance(lost, smtplib.SMTPResponseException):
                raise Unreachable(f"{config.host} was given the mail and did not say {when} that it takes it")
        done.result()

    def _mail(self, page: Page, to: Recipient) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"] = self._config.sender, to.address
        mail["Subject"] = " ".join(subject_of(page).split())[:300]
        mail["Date"] = format_datetime(self._clock.now())
        domain = self._config.sender.rpartition("@")[2]
        thread = _id(page.key, to.person, domain)
        if page.kind is PageKind.TRIGGER:
            mail["Message-ID"] = thread
        else:
            mail["Message-ID"] = _id(f"{page.key}/{page.kind.value}", to.person, domain)
            mail["In-Reply-To"] = mail["References"] = thread
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no robot answers it
        mail["Importance"] = "high" if page.kind is PageKind.TRIGGER else "normal"
        mail.set_content(text_of(page))
        return mail

    def _refusal(self, error: Exception, address: str, *, handed: bool) -> ProviderError:
        """What went wrong, in the SDK's words."""
        host = self._config.host
        match error:
            case smtplib.SMTPAuthenticationError():
                return AuthFailed(f"{host} does not accept the user or the password ({error.smtp_code})")
            case smtplib.SMTPRecipientsRefused():
                code, said = next(iter(error.recipients.values()), (0, b""))
                return Forbidden(f"{host} does not take mail for {clean(address, 100)} ({code} {_said(said)})")
            case smtplib.SMTPResponseException():
                return ProviderError(f"{host} refused ({error.smtp_code} {_said(error.smtp_error)})")
            case smtplib.SMTPNotSupportedError():
                return ProviderError(f"{host} offers no STARTTLS or no login: set tls, or leave user and password out")
            case ssl.SSLError() if not handed:
                return NotReached(f"no secure connection to {host}: {clean(error.reason or str(error), 200)}")
        why = clean(getattr(error, "strerror", None) or str(error) or type(error).__name__, 200)
        if handed:
            return Unreachable(f"{host} was given the mail and did not say that it takes it: {why}")
        return NotReached(f"{host}:{self._config.port} does not answer as a mail server: {why}")


def _id(name: str, person: str, domain: str) -> str:
    return f"<page-{hashlib.sha256(f'{name}/{person}'.encode()).hexdigest()[:32]}@{domain}>"


def _said(words: bytes | str) -> str:
    return clean(words.decode("utf-8", "replace") if isinstance(words, bytes) else words, 200)
