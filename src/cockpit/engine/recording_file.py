"""The file of a recording: a line that says what it is, then chunks, each as it was known at one moment.

A chunk is 21 bytes of head (flags, position in microseconds, bytes packed, bytes unpacked, CRC-32 of what stands before it in the
head and of the packed bytes) and its messages, deflated (RFC 1951), each with its length in four bytes before it. The chunks from
one that begins anew (`ANEW`) to the next are one stream, flushed after each: what is told is small, because what was told before is
still in the window. Who reads begins at any of them that begins anew. Those `APART` are streams of their own.

The last chunk may be cut off at any byte: what stands before it is whole.
"""

from __future__ import annotations

import zlib
from struct import Struct

FORMAT = b"cockpit recording "
"""How every recording begins, of whatever version."""
MAGIC = FORMAT + b"1\n"
HEAD = Struct(">BQIII")

ANEW, EVENT, APART, FIRST, MORE = 1, 2, 4, 8, 16
"""Flags of a chunk: what was known is told anew from here; something happened that one would step to; it can be read by itself;
it is the header; the next one belongs to the same moment."""

WIDEST = 4 * 2**20
"""Bytes of messages after which a chunk is full."""
LONGEST = 68 * 2**20
"""Bytes unpacked that a chunk may have: one message of the greatest length, with what stood before it."""
MOST = 512 * 2**20
"""Bytes unpacked that may have to be read for one moment."""
MANY = 2_000_000
"""Chunks of one recording at most: eleven days of two a second."""
WINDOW = -15


def checksum(flags: int, position: int, packed: bytes, unpacked: int) -> int:
    """What stands in a chunk's head for all the rest of it."""
    front = HEAD.pack(flags, position, len(packed), unpacked, 0)[:-4]
    return zlib.crc32(packed, zlib.crc32(front))


def chunk(flags: int, position: int, packed: bytes, unpacked: int) -> bytes:
    """A whole chunk, for the file; ``position`` in microseconds."""
    return HEAD.pack(flags, position, len(packed), unpacked, checksum(flags, position, packed, unpacked)) + packed
