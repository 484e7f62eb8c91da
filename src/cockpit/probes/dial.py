"""Connecting to a service, and telling "it is down" from "I cannot see".

The line every probe of the network draws: what the *other* side did or failed to do is seen to be wrong (`Down`: refused, reset,
no answer in time, no route to that host). What keeps *this* side from asking is blindness (`ProbeError`: the name does not
resolve, this machine has no network, no descriptor is free).
"""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Iterator, Sequence

from ..core.text import clean
from ..core.units import say_seconds
from ..provider import ProbeError

MOST_ADDRESSES = 8

_DOWN = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.ECONNABORTED: "connection aborted",
    errno.EPIPE: "connection closed",
    errno.EHOSTUNREACH: "no route to the host",
    errno.EHOSTDOWN: "the host is down",
    errno.ETIMEDOUT: "no answer",
}


class Down(Exception):
    """The service is seen to be down; the message says how, for the person."""


class Deadline:
    """A moment by which all must be done. Real time: it bounds system calls, whatever the cockpit's clock says."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self, what: str = "no answer") -> float:
        """Seconds left, above 0. Raises `Down` with ``what`` when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise self.missed(what)
        return left

    def missed(self, what: str = "no answer") -> Down:
        """The error for coming too late."""
        return Down(f"{what} within {say_within(self.seconds)}")


def say_within(seconds: float) -> str:
    """A deadline for people; `say_seconds` rounds 0.5 s down to nothing."""
    return say_seconds(seconds) if seconds >= 1 else f"{seconds * 1000:.0f} ms"


Address = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


def addresses(host: str, port: int) -> Sequence[tuple[int, Address]]:
    """(family, address) pairs in the system's order of preference. Raises `ProbeError`."""
    shown = clean(host, 200)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise ProbeError(f"the name server does not answer for {shown}") from error
        raise ProbeError(f"the name {shown} does not resolve: {error.strerror}") from error
    except (UnicodeError, ValueError, OSError) as error:
        raise ProbeError(f"{shown} cannot be looked up: {error}") from error
    unique = list(dict.fromkeys((family, address) for family, _, _, _, address in found))
    return unique[:MOST_ADDRESSES]


def dial(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A connected socket. The time left is shared evenly among the addresses not tried yet, so that a dead IPv6 route does not
    eat it all. Raises `Down` or `ProbeError`."""
    found = addresses(host, port)
    errors: list[OSError] = []
    for place, (family, address) in enumerate(found):
        connection: socket.socket | None = None
        try:
            connection = socket.socket(family, socket.SOCK_STREAM)
            connection.settimeout(deadline.left() / (len(found) - place))
            connection.connect(address)
        except OSError as error:
            errors.append(error)
            if connection is not None:
                connection.close()
        except BaseException:  # whatever ends it, the socket is not left open
            if connection is not None:
                connection.close()
            raise
        else:
            return connection
    raise verdict(errors, deadline)


def verdict(errors: Sequence[OSError], deadline: Deadline) -> Down | ProbeError:
    """What these failures, one for each address tried, mean together: any that the other side caused makes it `Down`."""
    for error in errors:
        if error.errno in _DOWN:
            said = _DOWN[error.errno]
            return Down(said) if said != "no answer" else deadline.missed()
    if any(isinstance(error, TimeoutError) for error in errors):
        return deadline.missed()
    if not errors:
        return ProbeError("there was no address to try")
    return ProbeError(
        f"this machine cannot connect: {os.strerror(errors[0].errno) if errors[0].errno else clean(str(errors[0]), 200)}"
    )


def received(connection: socket.socket, deadline: Deadline, what: str, most: int, at_once: int = 4096) -> Iterator[bytes]:
    """What comes in, piece by piece, until the other side closes or ``most`` bytes came. Raises `Down`."""
    while most > 0:
        connection.settimeout(deadline.left(what))
        try:
            piece = connection.recv(min(at_once, most))
        except TimeoutError as error:
            raise deadline.missed(what) from error
        except OSError as error:
            raise Down(_DOWN.get(error.errno or 0, clean(str(error), 200))) from error
        if not piece:
            return
        most -= len(piece)
        yield piece


def send(connection: socket.socket, data: bytes, deadline: Deadline) -> None:
    """Send all of it. Raises `Down`."""
    connection.settimeout(deadline.left("it took no data"))
    try:
        connection.sendall(data)
    except TimeoutError as error:
        raise deadline.missed("it took no data") from error
    except OSError as error:
        raise Down(_DOWN.get(error.errno or 0, clean(str(error), 200))) from error


def check_port(port: int) -> None:
    """Raises ``ValueError`` where that is no TCP port."""
    if not 1 <= port <= 65535:
        raise ValueError(f"port must be from 1 to 65535, not {port}")
