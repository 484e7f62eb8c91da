"""Bodies of HTTP answers, unpacked piece by piece under a cap: a thousandth of a gigabyte may be a gigabyte once it is unpacked."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

from .core.text import clean
from .core.units import say_bytes
from .heap import expect_much
from .provider import Malformed, Sink

if TYPE_CHECKING:
    from zlib import _Decompress as Packed

    import httpx

MOST_BYTES = 128 * 1024 * 1024
"""Bytes of a body, decoded, at most: a hundred thousand alerts of twelve labels are 88 MB."""
MOST_TOLD = 65536
"""Bytes of a refusal's body that are read for its reason."""
LARGE = 4 * 1024 * 1024
"""Bytes of a body that is large."""
_PIECE = 65536


class Budget:
    """The bytes that an address's answers under way have come to: several bombs at once are no larger than one."""

    def __init__(self) -> None:
        self._used = 0

    def take(self, count: int) -> None:
        """So many more. Raises `Malformed` where that is too many."""
        self._used += count
        if self._used > MOST_BYTES:
            raise Malformed(f"its answer is larger than {say_bytes(MOST_BYTES)}")

    def give_back(self, count: int) -> None:
        """So many are not under way any more."""
        self._used -= count


async def body_of(response: httpx.Response, budget: Budget, *, whole: bool, into: Sink | None = None) -> bytes:
    """The body, unpacked; not ``whole`` reads its first `MOST_TOLD` bytes. ``into`` is given it piece by piece, and then there is
    nothing left to give back. Raises `Malformed`, and what httpx raises."""
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise Malformed(f"it is packed as {clean(coding, 40)}, which was not asked for")
    packed = zlib.decompressobj(zlib.MAX_WBITS | 32) if coding not in ("", "identity") else None
    kept, taken = io.BytesIO(), 0
    try:
        async for raw in response.aiter_raw(_PIECE):
            left = raw
            while left:
                piece, left, packed = _unpacked(left, packed)
                taken += len(piece)
                budget.take(len(piece))
                if taken > LARGE:
                    expect_much()
                if into is None:
                    kept.write(piece)
                elif piece:
                    await into(piece)
                if not whole and taken > MOST_TOLD:
                    return kept.getvalue()[:MOST_TOLD]
    finally:
        budget.give_back(taken)
    if packed is not None and taken and not packed.eof and whole:
        raise Malformed("its answer was cut off")
    return kept.getvalue()


def _unpacked(left: bytes, packed: Packed | None) -> tuple[bytes, bytes, Packed | None]:
    """(a piece, what is left to unpack, with what)."""
    if packed is None:
        return left, b"", None
    try:
        if packed.eof:  # gzip may have several members
            packed = zlib.decompressobj(zlib.MAX_WBITS | 32)
        piece = packed.decompress(left, _PIECE)
    except zlib.error:
        raise Malformed("its answer is packed wrongly") from None
    return piece, packed.unused_data if packed.eof else packed.unconsumed_tail, packed
