"""``tls``: how many days a certificate has left, whether its chain holds, and whether it is for this name."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import msgspec

from ..core.text import clean
from ..core.traps import TrapState
from ..core.units import Seconds, say_seconds
from ..provider import Host, ProbeError, Reading
from ..trust import Trust, UnusableFile, context_for
from .certificate import Certificate, read_certificate
from .dial import Deadline, Down, check_port, dial, verdict
from .starttls import STARTTLS, start_tls

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
LARGEST_FILE = 4 * 2**20


class TlsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either ``host`` (and ``port``) or ``file``, a certificate on this machine (PEM or DER).

    ``server_name`` is the name asked for and checked, ``host`` if it is empty. ``starttls`` speaks that protocol first.
    ``ca`` is a file with the authorities to trust instead of the system's. With ``verify = false`` a chain that does not hold
    does not trip by itself. ``within`` bounds each connection.
    """

    host: str = ""
    port: int = 443
    file: str = ""
    server_name: str = ""
    starttls: str = ""
    ca: str = ""
    verify: bool = True
    within: Seconds = Seconds(5.0)

    def __post_init__(self) -> None:
        if bool(self.host) == bool(self.file):
            raise ValueError("give either host or file")
        check_port(self.port)
        try:
            named = (self.server_name or self.host).encode("idna")
        except UnicodeError:
            named = b"."
        if named.startswith(b"."):
            raise ValueError(f"{self.server_name or self.host!r} is not a host name")
        if self.starttls and self.starttls not in STARTTLS:
            raise ValueError(f"starttls must be one of {', '.join(STARTTLS)}, not {self.starttls!r}")


class Tls:
    """Seen to be wrong: expired or not valid yet, the chain does not hold, another name, no TLS there, or the service is down
    as in ``tcp``. Cannot see: the name does not resolve, this machine has no network, or a file cannot be read."""

    Config: ClassVar[type[msgspec.Struct]] = TlsConfig
    readings: ClassVar[Mapping[str, str]] = {
        "days_left": "days until the certificate ends, negative after; of a file with several, the first to end",
        "chain_valid": "1 if the chain leads to a trusted authority and every part is in force, else 0 (not with file)",
        "name_matches": "1 if the certificate is for the name asked for, else 0 (with file: if server_name is given)",
        "seconds": "seconds until the encrypted connection stood (not with file)",
    }

    def __init__(self, config: TlsConfig, host: Host) -> None:
        self._config = config
        self._clock = host.clock
        self._name = config.server_name or config.host
        self._context: ssl.SSLContext | None = None

    @property
    def subject(self) -> str:
        """host:port or the file."""
        config = self._config
        return config.file or (f"[{config.host}]:{config.port}" if ":" in config.host else f"{config.host}:{config.port}")

    def look(self) -> Reading:
        """Shake hands once, and again without trust where the first certificate was refused; or read the file."""
        if self._config.file:
            return self._judged(_first_to_end(Path(self._config.file)), {}, "")
        began = self._clock.mono()
        try:
            der, doubt = self._handshake(self._trusted())
        except Down as down:
            return Reading({}, str(down), TrapState.TRIPPED)
        values = {"seconds": self._clock.mono() - began}
        try:
            certificate = read_certificate(der)
        except ValueError as error:
            return Reading({}, f"its certificate cannot be read: {error}", TrapState.TRIPPED)
        return self._judged(certificate, values | {"chain_valid": float(not doubt)}, doubt)

    def _judged(self, certificate: Certificate, values: dict[str, float], doubt: str) -> Reading:
        now = self._clock.now()
        left = (certificate.not_after - now).total_seconds()
        values["days_left"] = left / 86400
        named = clean(certificate.subject, 100)
        text = f"{named}: " if self._config.file and named else ""
        text += f"{say_seconds(left)} left" if left >= 0 else f"expired {say_seconds(-left)} ago"
        wrong = []
        if now < certificate.not_before:
            wrong.append(f"not valid for another {say_seconds((certificate.not_before - now).total_seconds())}")
        if self._name:
            matches = certificate.covers(self._name)
            values["name_matches"] = float(matches)
            if not matches:
                wrong.append(f"not for {clean(self._name, 100)} but for {_names(certificate)}")
        if doubt and self._config.verify and not (left < 0 and "expired" in doubt):
            wrong.append(f"not trusted: {doubt}")
        tripped = bool(wrong) or left < 0
        return Reading(values, ", ".join([text, *wrong]), TrapState.TRIPPED if tripped else None)

    def _trusted(self) -> ssl.SSLContext:
        try:
            # the name is checked apart, so that a wrong name and a broken chain are told apart
            self._context = context_for(Trust(ca=self._config.ca, named=False))  # held until the next look: others trust the same
        except UnusableFile as error:
            raise ProbeError(str(error)) from error
        return self._context

    def _handshake(self, context: ssl.SSLContext) -> tuple[bytes, str]:
        """(certificate, why its chain does not hold or ""). Raises `Down` or `ProbeError`."""
        deadline = Deadline(self._config.within)
        with dial(self._config.host, self._config.port, deadline) as plain:
            if self._config.starttls:
                start_tls(self._config.starttls, plain, deadline)
            plain.settimeout(deadline.left("no TLS"))
            try:
                with context.wrap_socket(plain, server_hostname=self._name) as secured:
                    return secured.getpeercert(binary_form=True) or b"", ""
            except ssl.SSLCertVerificationError as error:
                doubt = clean(error.verify_message, 200)
            except TimeoutError as error:
                raise deadline.missed("no TLS") from error
            except ssl.SSLError as error:
                raise Down(f"no TLS: {_reason(error)}") from error
            except OSError as error:
                raise _spoken(error, deadline) from error
        untrusting = context_for(Trust(verify=False))  # nothing is sent: this only reads what the certificate says of itself
        return self._handshake(untrusting)[0], doubt


def _spoken(error: OSError, deadline: Deadline) -> Exception:
    if isinstance(error, ConnectionError) or error.errno == 0:
        return Down("it hung up during the TLS handshake")
    return verdict([error], deadline)


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's words: ``WRONG_VERSION_NUMBER`` is what it says of a server that speaks plain text."""
    reason = (error.reason or "the handshake failed").replace("_", " ").lower()
    return "it answers in plain text" if reason in ("wrong version number", "http request") else clean(reason, 200)


def _names(certificate: Certificate) -> str:
    named = [*certificate.names, *certificate.addresses]
    if not named:
        return "no name at all"
    return clean(", ".join(named[:4]), 200) + (f" and {len(named) - 4} more" if len(named) > 4 else "")


def _first_to_end(path: Path) -> Certificate:
    """The certificate in the file that ends first: an intermediate that ends takes the rest with it."""
    shown = clean(str(path), 200)
    try:
        with path.open("rb") as opened:
            data = opened.read(LARGEST_FILE)
    except OSError as error:
        raise ProbeError(f"cannot read {shown}: {error.strerror}") from error
    try:
        text = data.decode("ascii", "replace")
        blocks = [part.partition(_END)[0] for part in text.split(_BEGIN)[1:]]
        ders = [ssl.PEM_cert_to_DER_cert(f"{_BEGIN}{block}{_END}") for block in blocks] if blocks else [data]
        return min((read_certificate(der) for der in ders), key=lambda found: found.not_after)
    except ValueError as error:
        raise ProbeError(f"{shown} holds no certificate: {error}") from error
