"""Asks another user of this machine for approval, and waits for it: the side of the run that waits. See `meeting`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from ..core.actions import RunState
from ..core.approvals import Answer, Heed, Petition, digest, told
from ..core.text import clean
from ..provider import Clock
from .meeting import SUFFIX, folder_problem
from .peers import Peer, login_name, peer_of, same_hands

_AT_ONCE = 16  # users that may speak with one run at the same time
_SPEAKING = 15.0  # real seconds in which somebody who connects has to be done
_FAREWELL = 0.5  # real seconds in which they hear what became of their answer
_FRESH = 1.0  # seconds in which one that does not listen may be about to
_LONGEST = 4096  # bytes of an answer


class Verdict(msgspec.Struct, frozen=True):
    """What came of asking: ``RUNNING`` where it may begin, else how the run ended without having begun. ``by`` is who said so, by
    the kernel's word; ``why`` is for the person."""

    state: RunState
    why: str = ""
    by: str = ""


class Consent:
    """``folder`` gives the directory; ``judge`` says why a user (its second argument, a login) may not approve a runbook (its
    first, by name), "" if they may. Methods belong to the engine's loop."""

    def __init__(self, clock: Clock, folder: Callable[[], str], judge: Callable[[str, str], str]) -> None:
        self._clock, self._folder, self._judge = clock, folder, judge
        self._waiting: dict[str, asyncio.Future[Verdict]] = {}
        self._unwanted: dict[str, str] = {}
        self._shut = ""

    def problem(self) -> str:
        """Why nobody can be asked; "" if they can."""
        return folder_problem(self._folder())

    def cancel(self, run_id: str, why: str) -> None:
        """Wait for no answer any more."""
        waits = self._waiting.get(run_id)
        if waits is None:
            self._unwanted[run_id] = why
        elif not waits.done():
            waits.set_result(Verdict(RunState.CANCELLED, why))

    def waits(self, run_id: str) -> bool:
        """Whether this run waits for an answer now."""
        return run_id in self._waiting

    def shut(self, why: str) -> None:
        """Wait for nothing any more."""
        self._shut = why
        for run_id in list(self._waiting):
            self.cancel(run_id, why)

    async def asked(self, petition: Petition, still: Callable[[], str]) -> Verdict:
        """Ask, and wait until somebody has answered, the time is over, or nobody waits any more. ``still`` says why what was asked
        for is not what would be done any more, "" if it is. Raises ``OSError`` where nobody can be asked."""
        if unwanted := self._shut or self._unwanted.pop(petition.run, ""):
            return Verdict(RunState.CANCELLED, unwanted)
        if problem := self.problem():
            raise OSError(problem)
        waits: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting[petition.run] = waits
        path = Path(self._folder()) / f"{petition.run}{SUFFIX}"
        try:
            end = _opened(path)
        except OSError as error:
            del self._waiting[petition.run]
            raise OSError(f"nobody can be asked in {clean(str(path.parent))}: {error.strerror or error}") from error
        desk = _Desk(petition, still, self._judge, waits)
        timer = asyncio.ensure_future(self._clock.sleep(max(0.0, (petition.until - self._clock.now()).total_seconds())))
        timer.add_done_callback(lambda done: None if done.cancelled() or waits.done() else waits.set_result(_LATE))
        try:
            asyncio.get_running_loop().add_reader(end, desk.let_in, end)
            try:
                return await waits
            finally:
                asyncio.get_running_loop().remove_reader(end)
                await desk.parted()
        finally:
            timer.cancel()
            end.close()
            with contextlib.suppress(OSError):  # somebody with root tidied up
                path.unlink()
            del self._waiting[petition.run]


_LATE = Verdict(RunState.TIMED_OUT, "nobody approved it in time")


class _Desk:
    """One petition, told to whoever comes, and the answers judged."""

    def __init__(
        self, asked: Petition, still: Callable[[], str], judge: Callable[[str, str], str], waits: asyncio.Future[Verdict]
    ) -> None:
        self._asked, self._still, self._judge, self._waits = asked, still, judge, waits
        self._data = told(asked)
        self._digest = digest(self._data)
        self._talks: set[asyncio.Task[None]] = set()

    def let_in(self, end: socket.socket) -> None:
        """Somebody stands at the door."""
        try:
            guest, _ = end.accept()
        except OSError:  # they went again
            return
        if len(self._talks) >= _AT_ONCE:
            guest.close()
            return
        talk = asyncio.ensure_future(self._heard_out(guest))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def parted(self) -> None:
        """Let those who are told what became of their answer hear it, and send the others away."""
        talks = list(self._talks)
        if talks:
            await asyncio.wait(talks, timeout=_FAREWELL)
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _heard_out(self, guest: socket.socket) -> None:
        guest.setblocking(False)
        try:
            reader, writer = await asyncio.open_unix_connection(sock=guest)
        except BaseException:  # cancelled, too: the socket is not left open
            guest.close()
            raise
        try:
            with contextlib.suppress(OSError, ValueError, TimeoutError, msgspec.MsgspecError):  # they went, or spoke otherwise
                async with asyncio.timeout(_SPEAKING):
                    await self._talk(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        end: socket.socket = writer.get_extra_info("socket")
        peer = peer_of(end)
        writer.write(self._data + b"\n")
        await writer.drain()
        line = await reader.readline()
        if not line or len(line) > _LONGEST:
            return  # they only wanted to know
        heed, verdict = self._judged(peer, msgspec.json.decode(line, type=Answer))
        if verdict is not None and not self._waits.done():
            self._waits.set_result(verdict)
        writer.write(msgspec.json.encode(Heed(refused=heed)) + b"\n")
        await writer.drain()

    def _judged(self, peer: Peer, said: Answer) -> tuple[str, Verdict | None]:
        """Why the answer does not count, and what it is where it does."""
        name = login_name(peer.uid)
        if self._waits.done():
            return "it does not wait any more", None
        if why := same_hands(peer):
            return why, None
        if why := self._judge(self._asked.runbook, name):
            return why, None
        if not said.approved:
            return "", Verdict(RunState.FAILED, f"refused by {name}: {clean(said.why, 200) or 'no reason was given'}", name)
        if said.digest != self._digest:
            return "what you saw is not what is asked for: look again", None
        if why := self._still():
            return f"it is not what you saw any more ({why})", Verdict(RunState.FAILED, why, name)
        return "", Verdict(RunState.RUNNING, by=name)


def _opened(path: Path) -> socket.socket:
    """A new socket that the members of the directory's group may connect to; what lies there already is refused. What a killed
    cockpit of ours left is tidied up."""
    _tidy(path.parent)
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        end.bind(str(path))  # nobody can connect before it listens
        group = os.stat(path.parent).st_gid
        if os.lstat(path).st_gid != group:
            os.chown(path, -1, group, follow_symlinks=False)
        os.chmod(path, 0o660)
        end.listen(_AT_ONCE)
    except BaseException:  # cancelled, too: the socket is not left open
        end.close()
        raise
    end.setblocking(False)
    return end


def _tidy(folder: Path) -> None:
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):
            facts = entry.stat(follow_symlinks=False)
            ours = stat.S_ISSOCK(facts.st_mode) and facts.st_uid == os.geteuid() and entry.name.endswith(SUFFIX)
            if ours and time.time() - facts.st_mtime > _FRESH:
                _drop_dead(Path(entry.path))


def _drop_dead(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        end.settimeout(0.2)
        try:
            end.connect(str(path))
        except ConnectionRefusedError:  # nobody listens
            path.unlink()
