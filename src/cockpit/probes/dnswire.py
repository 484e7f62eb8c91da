"""Asking one name server one question: the few pages of RFC 1035 that it takes.

What comes back is a stranger's: a compressed name may only point backwards, so that no loop is possible, and every fault is
`ValueError`.
"""

from __future__ import annotations

import ipaddress
import struct

import msgspec

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "CAA": 257}
RCODES = {1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
_INTERNET = 1
_RESPONSE, _TRUNCATED, _RECURSE = 0x8000, 0x0200, 0x0100
_NAMES = frozenset(TYPES[each] for each in ("NS", "CNAME", "PTR"))


class Record(msgspec.Struct, frozen=True):
    """One answer: its type number, its time to live in seconds, and its data as people write it (clean before showing)."""

    type: int
    ttl: int
    data: str


class Said(msgspec.Struct, frozen=True):
    """What the server said: RFC 1035 §4.1.1's response code, and whether the answer was cut short."""

    rcode: int
    truncated: bool
    records: tuple[Record, ...]


def question(ident: int, name: str, kind: str) -> bytes:
    """The message that asks. Raises `ValueError` for what is no domain name."""
    return struct.pack("!6H", ident, _RECURSE, 1, 0, 0, 0) + encoded(name) + struct.pack("!2H", TYPES[kind], _INTERNET)


def encoded(name: str) -> bytes:
    """A name as the wire has it (§3.1). Raises `ValueError`."""
    plain = name.rstrip(".")
    try:
        # Python's idna codec refuses underscores nowhere, and empty or over-long labels everywhere.
        labels = plain.encode("ascii" if plain.isascii() else "idna").split(b".") if plain else []
    except UnicodeError as error:
        raise ValueError(f"{name!r} is not a domain name: {error}") from error
    if any(not 1 <= len(label) <= 63 for label in labels):
        raise ValueError(f"{name!r} is not a domain name: each part has 1 to 63 characters")
    wire = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    if len(wire) > 255:
        raise ValueError(f"{name!r} is not a domain name: it has more than 253 characters")
    return wire


def answer_to(asked: bytes, message: bytes) -> Said | None:
    """What the message says; ``None`` if it does not answer this question (a stray or forged one). Raises `ValueError` where it
    does and cannot be read."""
    if len(message) < 12 or message[:2] != asked[:2]:
        return None
    _, flags, questions, answers, _, _ = struct.unpack_from("!6H", message)
    if not flags & _RESPONSE:
        return None
    rcode, truncated = flags & 0xF, bool(flags & _TRUNCATED)
    if questions == 0 and rcode:
        return Said(rcode, truncated, ())  # a server that cannot read the question need not repeat it
    body = asked[12:]
    if questions != 1 or message[12 : 12 + len(body)].lower() != body.lower():
        return None
    if truncated:
        return Said(rcode, True, ())
    at, records = 12 + len(body), []
    for _ in range(answers):
        _, at = _name(message, at)
        kind, _class, ttl, size = _unpack("!HHIH", message, at)
        at += 10
        if at + size > len(message):
            raise ValueError("a record is longer than the message")
        records.append(Record(kind, ttl, _data(kind, message, at, size)))
        at += size
    return Said(rcode, False, tuple(records))


def _unpack(form: str, message: bytes, at: int) -> tuple[int, ...]:
    try:
        return struct.unpack_from(form, message, at)
    except struct.error as error:
        raise ValueError("the message ends in the middle of a record") from error


def _name(message: bytes, at: int) -> tuple[str, int]:
    """(name, where it ends) (§4.1.4). A pointer must lead before the place it was reached from."""
    labels: list[str] = []
    length, end, earliest = 0, -1, at
    while True:
        (size,) = _unpack("!B", message, at)
        if size & 0xC0 == 0xC0:
            (pointer,) = _unpack("!H", message, at)
            end = at + 2 if end < 0 else end
            at = pointer & 0x3FFF
            if at >= earliest:
                raise ValueError("a name points forwards, which could go on for ever")
            earliest = at
            continue
        if size & 0xC0:
            raise ValueError("a name holds a label of no known kind")
        at += 1
        if size == 0:
            return ".".join(labels) or ".", at if end < 0 else end
        if at + size > len(message):
            raise ValueError("a name ends past the message")
        length += size + 1
        if length > 254:
            raise ValueError("a name is longer than 253 characters")
        labels.append(message[at : at + size].decode("ascii", "backslashreplace"))
        at += size


def _data(kind: int, message: bytes, at: int, size: int) -> str:
    raw = message[at : at + size]
    if kind == TYPES["A"] or kind == TYPES["AAAA"]:
        return str(ipaddress.ip_address(raw))  # ValueError where it has another length
    if kind in _NAMES:
        return _name(message, at)[0]
    if kind == TYPES["MX"]:
        return f"{_unpack('!H', message, at)[0]} {_name(message, at + 2)[0]}"
    if kind == TYPES["SRV"]:
        priority, weight, port = _unpack("!3H", message, at)
        return f"{priority} {weight} {port} {_name(message, at + 6)[0]}"
    if kind == TYPES["SOA"]:
        primary, after = _name(message, at)
        mailbox, after = _name(message, after)
        return f"{primary} {mailbox} {' '.join(map(str, _unpack('!5I', message, after)))}"
    if kind == TYPES["TXT"]:
        return _texts(raw)
    if kind == TYPES["CAA"] and len(raw) >= 2 and 2 + raw[1] <= len(raw):
        end = 2 + raw[1]
        return f"{raw[0]} {raw[2:end].decode('ascii', 'replace')} {raw[end:].decode('utf-8', 'replace')}"
    return raw.hex()


def _texts(raw: bytes) -> str:
    """Character-strings (§3.3), put together as those who use TXT do (RFC 7208 §3.3)."""
    at, parts = 0, []
    while at < len(raw):
        size = raw[at]
        if at + 1 + size > len(raw):
            raise ValueError("a text ends past its record")
        parts.append(raw[at + 1 : at + 1 + size])
        at += 1 + size
    return b"".join(parts).decode("utf-8", "replace")
