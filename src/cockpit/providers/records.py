"""Lists of records as they come over the wire, read one by one: one that nobody can read costs that one alone.

What is null is as good as absent. Times are read leniently: what has no readable time is still there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from ..provider import Malformed

T = TypeVar("T")

UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError, Malformed)
"""What reading one record raises where nobody can read it."""

_MARK = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)  # a text that never ends is looked at once
_UNSET = 1970  # Go's zero time is year 1


class Records(Generic[T]):
    """Reads lists of one kind of record. What came the same as the last time, to the byte, is the same object again."""

    def __init__(self, kind: type[T]) -> None:
        self._read_one = reader(kind)
        self._known: dict[int, T] = {}

    def read(self, body: bytes) -> tuple[list[T], int]:
        """(the good ones, how many were not). Raises `Malformed` where it is no list at all, or is cut off."""
        good: list[T] = []
        known, fresh, bad = self._known, dict[int, T](), 0
        for raw in split(body):
            key = hash(bytes(raw))
            record = known.get(key)
            if record is None:
                try:
                    record = self._read_one(raw)
                except UNREADABLE:
                    bad += 1
                    continue
            fresh[key] = record
            good.append(record)
        self._known = fresh
        return good, bad


def reader(kind: type[T]) -> Callable[[bytes | msgspec.Raw], T]:
    """What reads one record of a kind, and raises one of `UNREADABLE` where it cannot."""
    decode: Callable[[bytes | msgspec.Raw], T] = msgspec.json.Decoder(kind).decode

    def read(raw: bytes | msgspec.Raw) -> T:
        try:
            return decode(raw)
        except msgspec.ValidationError:
            return _nulls_left_out(raw, kind)

    return read


def _nulls_left_out(raw: bytes | msgspec.Raw, kind: type[T]) -> T:
    """For the handling of a `msgspec.ValidationError`, which is raised again where null is not what was wrong."""
    if b"null" not in bytes(raw):
        raise  # the error that is being handled
    return msgspec.convert(_without_nulls(msgspec.json.decode(raw)), kind)


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


_RAWS = msgspec.json.Decoder(list[msgspec.Raw] | None)


def members(body: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """The members of a JSON object, unread. Raises `Malformed` where it is none at all, or is cut off."""
    try:
        return _MEMBERS.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        body = bytes(body)
        if not body.lstrip().startswith(b"{"):
            raise Malformed("it answered something that is not a JSON object") from error
    found: dict[str, msgspec.Raw] = {}
    for each in _by_hand(body)[0]:
        name, colon, value = bytes(each).partition(b":")
        if colon and name.strip().startswith(b'"'):
            found[name.strip().strip(b'"').decode("utf-8", "replace")] = msgspec.Raw(value.strip())
    return found


def one(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """One record, of which a member that is left `msgspec.Raw` may be as bad as it likes. Raises one of `UNREADABLE`."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        return _nulls_left_out(body, kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        there = members(body)
    return kind(**_read(there, kind))


def _read(there: Mapping[str, msgspec.Raw], kind: type) -> dict[str, object]:
    """The members that a kind of record has, each read for itself. Raises what msgspec raises."""
    found: dict[str, object] = {}
    for field in msgspec.structs.fields(kind):
        raw = there.get(field.encode_name)
        if raw is not None:
            found[field.name] = raw if field.type is msgspec.Raw else msgspec.json.decode(raw, type=field.type)
        elif field.required:
            raise msgspec.ValidationError(f"it has no {field.encode_name}")
    return found


_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def split(body: bytes | msgspec.Raw) -> Iterator[msgspec.Raw]:
    """The records of a JSON list, unread. Raises `Malformed` where it is no list at all, or is cut off."""
    try:
        return iter(_RAWS.decode(body) or ())
    except (msgspec.DecodeError, RecursionError) as error:
        body = bytes(body)
        if not body.lstrip().startswith(b"["):
            raise Malformed("it answered something that is not a list of records") from error
        return iter(_by_hand(body)[0])


def enclosed(text: bytes) -> list[bytes]:
    """The records that a piece of a list holds, by brackets alone; none where it does not hold them whole."""
    whole = b"[" + text + b"]"
    try:
        found, end = _by_hand(whole)
    except Malformed:
        return []
    return [bytes(raw) for raw in found] if end == len(whole) else []


def _by_hand(body: bytes) -> tuple[list[msgspec.Raw], int]:
    """The same for a list in which a record is no JSON at all, or nested without end: by brackets alone; and where it ends."""
    depth, start, found = 0, 0, list[msgspec.Raw]()
    for mark in _MARK.finditer(body):
        sign = mark[0]
        if sign in (b"[", b"{"):
            depth += 1
            start = mark.end() if depth == 1 else start
        elif sign in (b"]", b"}"):
            depth -= 1
        if (sign == b"," and depth == 1) or (depth == 0 and start):
            found.append(msgspec.Raw(body[start : mark.start()].strip()))
            start = mark.end()
            if depth == 0:
                return found, start
    raise Malformed("its answer was cut off")


def when(text: str) -> datetime | None:
    """A time of the API (RFC 3339) in UTC; ``None`` for one that is unset or that no calendar has."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None and found.year >= _UNSET else None
    except (ValueError, OverflowError):
        return None
