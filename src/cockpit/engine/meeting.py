"""The directory in which users of one machine ask one another for approval: what makes it safe, who asks there, and the answer.

Each run that waits is a Unix socket there, which its cockpit answers. Nothing else is kept in the directory, nothing is written
into it by who looks, and a socket whose cockpit is gone says nothing.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import stat
from pathlib import Path
from typing import NamedTuple

import msgspec

from ..core.actions import RunState
from ..core.approvals import Answer, Heard, Heed, heard
from ..core.text import clean
from .peers import login_name, peer_of

SUFFIX = ".sock"
MOST = 4 * 2**20
"""Bytes of a petition."""
_NAME = re.compile(r"[0-9a-zA-Z-]{1,60}\.sock", re.ASCII)
_MANY = 64  # sockets that are looked at: more are nobody's night
_PATIENCE = 1.0  # seconds for which one that asks has to speak
_JUDGING = 10.0  # seconds for which one that asks may weigh an answer


def folder_problem(path: str) -> str:
    """Why users cannot ask one another in this directory; "" if they can. It must be root's, and so must all above it: whoever
    could put something else in its place would stand between them."""
    if not path:
        return 'no directory is configured where the other could be asked (approvals = "/run/cockpit")'
    shown = clean(path)
    if not os.path.isabs(path) or os.path.realpath(path) != os.path.normpath(path):
        return f"approvals cannot be asked for in {shown}: it is no absolute path, or leads over a link"
    mend = f"`install -d -m 3770 -o root -g GROUP {shown}` makes it"
    try:
        facts = os.lstat(path)
        above = [os.lstat(each) for each in Path(path).parents]
    except OSError as error:
        return f"approvals cannot be asked for in {shown}: {error.strerror} ({mend})"
    if not stat.S_ISDIR(facts.st_mode):
        return f"approvals cannot be asked for in {shown}: it is no directory ({mend})"
    if facts.st_uid != 0 or any(each.st_uid != 0 or _loose(each) for each in above):
        return f"approvals cannot be asked for in {shown}: it, or a directory above it, is not root's alone ({mend})"
    if facts.st_mode & stat.S_IWOTH:
        return f"approvals cannot be asked for in {shown}: everybody may write there ({mend})"
    if _loose(facts):
        return f"approvals cannot be asked for in {shown}: who may write there could remove what others ask (chmod +t {shown})"
    return ""


def _loose(facts: os.stat_result) -> bool:
    """Whether others than its owner can rename what is in a directory."""
    return bool(facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)) and not facts.st_mode & stat.S_ISVTX


class _Call(NamedTuple):
    """A conversation with who asks: the socket, what they told, and what they said after it."""

    end: socket.socket
    asked: Heard


def waiting(folder: str) -> tuple[tuple[Heard, ...], str]:
    """What waits for approval in this directory, oldest first; and why that cannot be known, "" if it can. Blocks for as long as
    those who ask take to speak, a second each at most."""
    if problem := folder_problem(folder):
        return (), problem
    try:
        names = sorted(name for name in os.listdir(folder) if _NAME.fullmatch(name))[:_MANY]
    except OSError as error:
        return (), f"{clean(folder)} cannot be read: {error.strerror}"
    found = []
    for name in names:
        with contextlib.suppress(
            OSError, ValueError, msgspec.MsgspecError
        ):  # its cockpit is gone, or it is no petition: nothing waits
            call = _called(Path(folder) / name)
            call.end.close()
            found.append(call.asked)
    return tuple(sorted(found, key=lambda each: (each.petition.at, each.petition.run))), ""


def answer(folder: str, run_id: str, said: Answer) -> tuple[RunState, str]:
    """Tell who asks what is said to it: whether it counts (`RunState.CONFIRMED`), and why it does not. An approval is of what was
    seen: where something else is asked for by now, it is not given."""
    if problem := folder_problem(folder):
        return RunState.FAILED, problem
    try:
        call = _called(Path(folder) / f"{run_id}{SUFFIX}")
    except (OSError, ValueError, msgspec.MsgspecError):
        return RunState.FAILED, "nothing waits under that number (any more)"
    with call.end:
        if call.asked.digest != said.digest:
            return RunState.FAILED, "something else is asked for by now: look again"
        call.end.settimeout(_JUDGING)
        try:
            call.end.sendall(msgspec.json.encode(said) + b"\n")
            heed = msgspec.json.decode(_line(call.end), type=Heed)
        except (OSError, ValueError, msgspec.MsgspecError):
            return RunState.UNCERTAIN, "no answer came: `cockpit approve` lists what still waits"
    return (RunState.FAILED, clean(heed.refused)) if heed.refused else (RunState.CONFIRMED, "")


def _called(path: Path) -> _Call:
    """Connect, and hear what is asked for. Raises ``OSError`` and ``ValueError``."""
    facts = os.lstat(path)
    if not stat.S_ISSOCK(facts.st_mode):
        raise ValueError("it is no socket")
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        end.settimeout(_PATIENCE)
        end.connect(str(path))
        peer = peer_of(end)
        if peer.uid != facts.st_uid:  # a link that was put there in between leads elsewhere
            raise ValueError("another listens than the one whose it is")
        asked = heard(_line(end), peer.uid, login_name(peer.uid), mine=peer.uid == os.getuid())
        if f"{asked.petition.run}{SUFFIX}" != path.name:
            raise ValueError("it goes by another name than it has")
    except BaseException:  # whatever ends it, the socket is not left open
        end.close()
        raise
    return _Call(end, asked)


def _line(end: socket.socket) -> bytes:
    found = bytearray()
    while not found.endswith(b"\n"):
        data = end.recv(65536)
        found += data
        if not data or len(found) > MOST:
            raise ValueError("it does not speak as a cockpit does")
    return bytes(found[:-1])
