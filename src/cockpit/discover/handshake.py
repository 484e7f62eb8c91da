"""The certificate a TLS server shows, and whether this machine trusts it. It is looked at, never relied upon."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime
from typing import Any

from .found import Served
from .timed import Deadline

_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED (OpenSSL, x509_vfy.h)


def untrusting() -> ssl.SSLContext:
    """A context that talks to anyone: nothing secret is sent through it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def served(host: str, port: int, seconds: float) -> Served | None:
    """The certificate on that port; ``None`` if no TLS is spoken there.

    The standard library only tells of a certificate that was verified. So an untrusted one is taken as its own authority
    (partial chain) and asked for again; what is then still refused has expired.
    """
    time = Deadline(seconds)
    raw = _shown(untrusting(), host, port, time, binary=True)
    if not isinstance(raw, bytes):
        return None
    system = ssl.create_default_context()
    system.check_hostname = False
    told = _shown(system, host, port, time)
    if isinstance(told, dict):
        return _served(told, trusted=True)
    if not raw:
        return Served(trusted=False)
    itself = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    itself.check_hostname = False
    itself.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        itself.load_verify_locations(cadata=raw)
    except (ssl.SSLError, ValueError):
        return Served(trusted=False)
    told = _shown(itself, host, port, time)
    if isinstance(told, dict):
        return _served(told, trusted=False)
    return Served(trusted=False, expired=told == _EXPIRED)


def _shown(
    context: ssl.SSLContext, host: str, port: int, time: Deadline, *, binary: bool = False
) -> bytes | dict[str, Any] | int | None:
    """The certificate (raw, or as told after verification), the number of what verification found wrong, or ``None``: no TLS."""
    try:
        with socket.create_connection((host, port), max(0.01, time.left())) as plain:
            plain.settimeout(max(0.01, time.left()))
            with context.wrap_socket(plain) as secured:
                return secured.getpeercert(binary_form=True) or b"" if binary else secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return int(error.verify_code)
    except (OSError, ValueError):
        return None


def _served(told: dict[str, Any], *, trusted: bool) -> Served:
    names = tuple(str(name) for kind, name in told.get("subjectAltName", ()) if kind in ("DNS", "IP Address"))
    return Served(trusted=trusted, names=names, begins=_when(told.get("notBefore")), ends=_when(told.get("notAfter")))


def _when(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
    except (ValueError, OverflowError):
        return None
