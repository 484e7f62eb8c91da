"""What is written into a recording, without what is secret."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from ..core.sharing import encoded
from .redacting import Redactor

_ODD = re.compile("[…\u2400-\u2421]|⟨U")  # where a text was too long, there may be the beginning of a secret; made visible


def redacted(message: bytes, redactor: Redactor) -> bytes:
    """A message without secrets: looked for in its bytes, and only where there is one, or may be one that something takes
    apart, are its texts looked at one by one."""
    hidden = redactor.hidden
    if not hidden:
        return message
    there = any(secret in message for secret in hidden)
    whole = msgspec.msgpack.decode(message)
    return encoded(_redacted(whole, redactor)) if there or _any_odd(whole) else message


def _any_odd(value: Any) -> bool:
    """Whether any text of it has something in which a secret may stand though its bytes do not."""
    if isinstance(value, str):
        return _ODD.search(value) is not None or not (value.isprintable() or _unbroken(value).isprintable())
    if isinstance(value, bytes):
        return _any_odd(value.decode("utf-8", "surrogateescape"))
    if isinstance(value, dict):
        return any(map(_any_odd, value)) or any(map(_any_odd, value.values()))
    return isinstance(value, list) and any(map(_any_odd, value))


def _unbroken(text: str) -> str:
    return text.replace("\n", "").replace("\t", "")


def _redacted(value: Any, redactor: Redactor) -> Any:
    """The same without secrets, in every text of it."""
    if isinstance(value, str):
        return redactor.line(value)
    if isinstance(value, bytes):
        return redactor.line(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if isinstance(value, dict):
        return {_redacted(name, redactor): _redacted(each, redactor) for name, each in value.items()}
    if isinstance(value, list):
        return [_redacted(each, redactor) for each in value]
    return value
