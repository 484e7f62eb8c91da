"""Reading the few fields of an X.509 certificate that a watcher needs.

The standard library tells nothing of a certificate that it does not trust, and an expired or self-signed one is just what a
trap looks for. So this reads DER itself: RFC 5280 §4.1 (the certificate), §4.2.1.6 (subjectAltName), X.690 §8.1 (lengths). The
bytes are a stranger's: every length is checked against what holds it, nothing recurses, and all faults are `ValueError`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

SEQUENCE, SET, INTEGER, BOOLEAN, OID, OCTETS = 0x30, 0x31, 0x02, 0x01, 0x06, 0x04
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
VERSION, EXTENSIONS = 0xA0, 0xA3
DNS_NAME, IP_ADDRESS = 0x82, 0x87
COMMON_NAME = b"\x55\x04\x03"
ORGANISATION = b"\x55\x04\x0a"
SUBJECT_ALT_NAME = b"\x55\x1d\x11"


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """``not_before`` and ``not_after`` are UTC, and both still valid. ``subject`` and ``issuer`` are the common names (or
    organisations, or ""), as a stranger wrote them: clean before showing. ``names`` and ``addresses`` are the subjectAltName's."""

    not_before: datetime
    not_after: datetime
    subject: str
    issuer: str
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    def covers(self, host: str) -> bool:
        """Whether it is for this host name or address. ``*`` stands for one whole leftmost label (RFC 9525 §6.3); the common
        name does not count any more (§6.2)."""
        try:
            return str(ipaddress.ip_address(host)) in self.addresses
        except ValueError:
            pass
        wanted = _ascii(host)
        label, _, parent = wanted.partition(".")
        for name in self.names:
            given = name.lower().rstrip(".")
            if given == wanted or (label and given.startswith("*.") and "." in parent and given[2:] == parent):
                return True
        return False


def _ascii(host: str) -> str:
    lowered = host.lower().rstrip(".")
    try:
        return lowered if lowered.isascii() else lowered.encode("idna").decode("ascii")
    except UnicodeError:
        return lowered


def read_certificate(der: bytes) -> Certificate:
    """Raises `ValueError` where it is no certificate."""
    outer = list(_elements(_only(der, SEQUENCE)))
    if not outer or outer[0][0] != SEQUENCE:
        raise ValueError("not a certificate: no signed part")
    fields = list(_elements(outer[0][1]))
    if fields and fields[0][0] == VERSION:
        fields = fields[1:]
    shape = [tag for tag, _ in fields[:6]]
    if shape != [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE]:
        raise ValueError("not a certificate: its fields are not those of RFC 5280")
    _, _, issuer, validity, subject, _ = (content for _, content in fields[:6])
    times = [_time(tag, content) for tag, content in _elements(validity)]
    if len(times) != 2:
        raise ValueError("not a certificate: its validity is not two times")
    names: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    for tag, content in fields[6:]:
        if tag == EXTENSIONS:
            names, found = _alternative_names(_only(content, SEQUENCE))
    return Certificate(
        not_before=times[0], not_after=times[1], subject=_name(subject), issuer=_name(issuer), names=names, addresses=found
    )


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, content) of each element, in order (X.690 §8.1)."""
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("the certificate ends in the middle of a field")
        tag, length = data[at], data[at + 1]
        at += 2
        if tag & 0x1F == 0x1F:
            raise ValueError("the certificate holds a tag of several bytes, which no certificate has")
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4 or at + size > len(data):
                raise ValueError("the certificate holds a length that cannot be")
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            raise ValueError("the certificate holds a field longer than what holds it")
        yield tag, data[at : at + length]
        at += length


def _only(data: bytes, tag: int) -> bytes:
    """The content of the one element that ``data`` is."""
    for found, content in _elements(data):
        if found == tag:
            return content
        break
    raise ValueError("not a certificate: it does not begin as one")


def _time(tag: int, content: bytes) -> datetime:
    """RFC 5280 §4.1.2.5: two-digit years from 50 on are the 1900s; always in UTC, with seconds."""
    try:
        text = content.decode("ascii")
        if tag == UTC_TIME:
            year = int(text[:2])
            text = f"{1900 + year if year >= 50 else 2000 + year}{text[2:]}"
        elif tag != GENERALIZED_TIME:
            raise ValueError("no time")
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError("the certificate's validity holds a time that cannot be read") from error


def _name(content: bytes) -> str:
    """The common name, else the organisation, else ""."""
    found: dict[bytes, str] = {}
    for tag, pairs in _elements(content):
        if tag != SET:
            continue
        for _, pair in _elements(pairs):
            parts = list(_elements(pair))
            if len(parts) == 2 and parts[0][0] == OID:
                found[parts[0][1]] = _string(*parts[1])
    return found.get(COMMON_NAME) or found.get(ORGANISATION) or ""


def _string(tag: int, content: bytes) -> str:
    """A DirectoryString: BMPString (0x1e) is UTF-16, UniversalString (0x1c) UTF-32, T61String (0x14) Latin-1 in practice."""
    encoding = {0x1E: "utf-16-be", 0x1C: "utf-32-be", 0x14: "latin-1"}.get(tag, "utf-8")
    return content.decode(encoding, "replace")


def _alternative_names(extensions: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names: list[str] = []
    found: list[str] = []
    for _, extension in _elements(extensions):
        parts = list(_elements(extension))
        if len(parts) < 2 or parts[0] != (OID, SUBJECT_ALT_NAME) or parts[-1][0] != OCTETS:
            continue
        for tag, content in _elements(_only(parts[-1][1], SEQUENCE)):
            if tag == DNS_NAME:
                names.append(content.decode("ascii", "replace"))
            elif tag == IP_ADDRESS and len(content) in (4, 16):
                found.append(str(ipaddress.ip_address(content)))
    return tuple(names), tuple(found)
