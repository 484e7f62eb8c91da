"""Who is at the other end of a Unix socket: the kernel's word, never what the other side says."""

from __future__ import annotations

import os
import pwd
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..core.text import clean

_CREDENTIALS = struct.Struct("3i")
_NO_LOGIN = 0xFFFFFFFF
"""What the kernel gives as the login of a process that came of none (audit, ``/proc/PID/loginuid``)."""
_DEPTH = 64


class Peer(NamedTuple):
    """A process at the other end, as it was when it connected or began to listen."""

    pid: int
    uid: int
    gid: int


def peer_of(end: socket.socket) -> Peer:
    """Who is at the other end (``SO_PEERCRED``, unix(7)). Raises ``OSError`` where this system does not say."""
    if not hasattr(socket, "SO_PEERCRED"):
        raise OSError("this system does not say who is at the other end of a socket")
    return Peer(*_CREDENTIALS.unpack(end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)))


def login_name(uid: int) -> str:
    """The user's name, or the number where it has none."""
    try:
        return clean(pwd.getpwuid(uid).pw_name, 100)
    except KeyError:
        return f"user {uid}"


def same_hands(peer: Peer) -> str:
    """Why the user at the other end is, as far as can be told, the person who sits here; "" if nothing says so.

    The same user is. So is another user of the same login: who became root or a colleague by ``su`` or ``sudo`` is still the one
    who logged in. That is seen by the kernel's login number, where it keeps one (most hosts do, few containers), and by whose
    processes each has come of. Where neither tells, two users are two people.
    """
    us = {os.getuid(), os.geteuid()}
    if peer.uid in us:
        return "whoever asked cannot approve it: another user of this machine has to"
    name, ours = login_name(peer.uid), login_name(os.getuid())
    here, there = login_of(os.getpid()), login_of(peer.pid)
    if here is not None and here == there:
        return f"{name} is logged in as {login_name(here)}, and so is who asked: another person has to"
    if (there in us and there != 0) or us & set(_forebears(peer.pid)):
        return f"{name} came of a process of {ours}, who asked: another person has to"
    if (here == peer.uid and here != 0) or peer.uid in _forebears(os.getpid()):
        return f"who asked came of a process of {name}: another person has to"
    return ""


def login_of(pid: int) -> int | None:
    """The user that the process's session logged in as, whatever it became since; ``None`` where the kernel does not say."""
    try:
        number = int(Path(f"/proc/{pid}/loginuid").read_text("ascii"))
    except (OSError, ValueError):
        return None
    return None if number == _NO_LOGIN else number


def _forebears(pid: int) -> tuple[int, ...]:
    """The users of the processes that a process has come of, nearest first, without root, of whom all come."""
    return tuple(uid for uid in _line(pid) if uid != 0)


def _line(pid: int) -> Iterator[int]:
    for _ in range(_DEPTH):
        try:
            text = Path(f"/proc/{pid}/status").read_text("utf-8", "replace")
        except OSError:
            return
        facts = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        yield int(facts["Uid"].split()[0])  # the real user
        pid = int(facts["PPid"])
        if pid <= 1:
            return
