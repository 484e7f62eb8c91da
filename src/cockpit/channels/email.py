"""``email``: a mail to the person's address, by SMTP (RFC 5321), with STARTTLS or TLS from the beginning where the server has it.

A page that is sent again has the same ``Message-ID`` (RFC 5322, 3.6.4), so that mail programs show it once.
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
from .wording import subject_of, text_of


class EmailConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``host`` and ``port`` of the mail server; ``sender`` is whom the mail is from. ``tls``: ``starttls``, ``implicit`` (port 465)
    or ``none``. ``user`` and ``password`` where it wants them; ``ca`` is a file of authorities to trust. ``within`` bounds each
    answer of the server, in seconds."""

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
        return await asyncio.to_thread(self._sent, self._mail(page, to), to.address)

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

    def _sent(self, mail: EmailMessage, address: str) -> str:
        config = self._config
        server: smtplib.SMTP | None = None
        handed = False
        try:
            server = self._connected()
            if config.tls == "starttls":
                server.starttls(context=ssl.create_default_context(cafile=config.ca or None))
            if config.password is not None:
                server.login(config.user, config.password.reveal())
            handed = True
            server.send_message(mail, config.sender, [address])
            return f"taken by {config.host}"
        except smtplib.SMTPAuthenticationError as error:
            raise AuthFailed(f"{config.host} does not accept the user or the password ({error.smtp_code})") from None
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()), (0, b""))
            raise Forbidden(f"{config.host} does not take mail for {clean(address, 100)} ({code} {_said(said)})") from None
        except smtplib.SMTPResponseException as error:
            raise ProviderError(f"{config.host} refused ({error.smtp_code} {_said(error.smtp_error)})") from None
        except smtplib.SMTPNotSupportedError:
            raise ProviderError(f"{config.host} offers no STARTTLS or no login: set tls, or leave user and password out") from None
        except ssl.SSLError as error:
            raise NotReached(f"no secure connection to {config.host}: {clean(error.reason or str(error), 200)}") from None
        except (smtplib.SMTPException, OSError) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            how = f"{config.host}:{config.port} does not answer as a mail server: {clean(why, 200)}"
            raise (Unreachable(how) if handed else NotReached(how)) from None
        finally:
            if server is not None:
                server.close()

    def _connected(self) -> smtplib.SMTP:
        config = self._config
        if config.tls == "implicit":
            context = ssl.create_default_context(cafile=config.ca or None)
            return smtplib.SMTP_SSL(config.host, config.port, timeout=config.within, context=context)
        return smtplib.SMTP(config.host, config.port, timeout=config.within)


def _id(name: str, person: str, domain: str) -> str:
    return f"<page-{hashlib.sha256(f'{name}/{person}'.encode()).hexdigest()[:32]}@{domain}>"


def _said(words: bytes | str) -> str:
    return clean(words.decode("utf-8", "replace") if isinstance(words, bytes) else words, 200)
