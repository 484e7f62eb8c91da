"""A step on another machine: ssh begins it, listens to it, and has it ended there. See `core.far` for what is agreed with the far
side."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import secrets
from typing import Any

import msgspec

from ...core.actions import RunState
from ...core.far import BEGAN, END, ENDED, GONE, LEFT, READY, Errand, Heard, Word, bootstrap, errand
from ...core.ssh import Reached, meaning, ssh_argv
from ...core.steps.ssh import SshStep
from ...core.text import clean
from ..hops import NoWay, way_to
from ..process import Child, started
from ..sockets import sockets
from .doing import Doing, Outcome
from .program import not_started, status

_DRAIN = 1.0  # real seconds for the last words once it has ended there: a daemon that it began may hold the connection open
_ANSWER = 5.0  # real seconds beyond the grace in which the far side has to say that it has ended what was begun
_PREFACE = 8192  # bytes of what ssh said before anything began that are looked at for its meaning


class Ssh:
    """Does ``ssh``; a `Deed`."""

    outlives = False

    def __init__(self, do: SshStep, doing: Doing) -> None:
        self._do, self._doing = do, doing
        self._token = secrets.token_hex(16)
        self._heard = Heard(self._token)
        self._begun: asyncio.Future[Child | None] = asyncio.get_running_loop().create_future()
        self._settled = asyncio.Event()
        self._said: dict[str, int] = {}
        self._preface = b""

    async def done(self) -> Outcome:
        """Go there, have it done, and wait for its end."""
        going = self._doing.going
        try:
            line = self._errand()
            kept = sockets(going.spool.path.parent.parent)
            argv = ssh_argv(await self._there(), bootstrap(self._token), sockets=kept)
            child = await started(going.run_id, argv, self._doing.environment({}), "", going.heir, talks=True)
        except NoWay as problem:
            self._begun.set_result(None)
            return Outcome(RunState.FAILED, None, 0.0, f"did not begin: {problem}")
        except (OSError, ValueError) as error:
            self._begun.set_result(None)
            return not_started("ssh", "", error)
        self._begun.set_result(child)
        going.adopt(child)
        listening = asyncio.ensure_future(self._listen(child, line))
        try:
            await self._until_settled(child, listening)
            return self._outcome()
        finally:
            going.let_go(child)
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening
            child.hang_up()
            child.close()

    async def begun(self) -> None:
        """Wait until ssh has been started, or could not be."""
        await self._begun

    def leave(self) -> None:
        """Nothing goes on there after the run: the far side ends it when nobody listens any more."""

    async def end(self) -> str:
        """Have it ended there; then ssh, whatever became of that."""
        child = await self._begun
        if child is None:
            return ""
        await child.write(END)
        if READY in self._said:  # else nothing has begun there, and nobody answers
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._doing.grace + _ANSWER):
                    await self._settled.wait()
        still = self._still_there()
        if not child.ended.done() and not self._settled.is_set():
            await child.end(self._doing.grace)
        self._settled.set()
        return still

    async def _there(self) -> Reached:
        do, config = self._do, self._config()
        jump = await way_to(do.host, do.port, do.jump, config, self._doing.environment({}))
        return msgspec.structs.replace(do.reached, config=config, jump=jump)

    def _config(self) -> str:
        return os.path.expanduser(self._do.config)  # ssh itself does not do that for -F

    def _errand(self) -> bytes:
        do, doing = self._do, self._doing
        inner, own = do.inner, {**do.inner.env, "COCKPIT_RUNBOOK": doing.runbook}
        limit, grace = math.ceil(doing.seconds + doing.grace), math.ceil(doing.grace)
        return errand(Errand(inner.argv, doing.going.run_id, limit, grace, own, inner.cwd), self._token)

    async def _until_settled(self, child: Child, listening: asyncio.Future[None]) -> None:
        """Until the far side has said how it ended, or ssh has ended; and then for its last words."""
        settled = asyncio.ensure_future(self._settled.wait())
        try:
            ends: set[asyncio.Future[Any]] = {settled, child.ended}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            settled.cancel()
        child.hush()
        await asyncio.wait({listening}, timeout=_DRAIN)

    async def _listen(self, child: Child, line: bytes) -> None:
        while data := await child.read():
            printed, words = self._heard.feed(data)
            if READY not in self._said:
                self._preface = (self._preface + printed)[-_PREFACE:]
            if printed:
                await self._doing.feed(printed)
            for word in words:
                await self._take(child, word, line)
        if rest := self._heard.rest():
            await self._doing.feed(rest)

    async def _take(self, child: Child, said: Word, line: bytes) -> None:
        self._said.setdefault(said.word, said.number)
        if said.word == READY:
            await child.write(line)
        if said.word == ENDED:
            self._settled.set()

    def _outcome(self) -> Outcome:
        host = clean(self._do.host, 80)
        if ENDED in self._said:
            return status(self._said[ENDED])
        if READY not in self._said:
            to = msgspec.structs.replace(self._do.reached, config=self._config())
            why = meaning(self._preface.decode("utf-8", "replace"), to)
            return Outcome(RunState.FAILED, None, 0.0, f"did not begin: {why}")
        begun = "" if BEGAN in self._said else ", and whether it has begun there is not known"
        reason = f"is out of sight: the connection to {host} broke{begun}. It may go on there until its time is over: look there"
        return Outcome(RunState.UNCERTAIN, None, 0.0, reason)

    def _still_there(self) -> str:
        host = clean(self._do.host, 80)
        if LEFT in self._said:
            return f"still there on {host}: {self._said[LEFT]} processes, which are not ours to end"
        if READY not in self._said or GONE in self._said or ENDED in self._said:
            return ""
        return f"{host} did not say that it has ended: it may go on there until its time is over; look there"
