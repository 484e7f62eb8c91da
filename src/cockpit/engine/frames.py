"""Messages over a Unix socket: four bytes of length (big-endian), then MessagePack."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

_HEAD = 4
_encode = msgspec.msgpack.Encoder().encode


def framed(message: msgspec.Struct) -> bytes:
    """One message as it goes over the socket."""
    body = _encode(message)
    return len(body).to_bytes(_HEAD, "big") + body


async def received(reader: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[Any], longest: int) -> Any:
    """The next message. Raises ``EOFError`` where the other side has gone, ``ValueError`` where it says what is no message."""
    length = int.from_bytes(await reader.readexactly(_HEAD), "big")
    if not 0 < length <= longest:
        raise ValueError(f"a message of {length} bytes")
    return decoder.decode(await reader.readexactly(length))  # DecodeError is a ValueError, IncompleteReadError an EOFError
