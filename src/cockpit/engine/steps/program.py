"""A program of a step: started apart from the terminal, its output kept. See `process` for what is ended when."""

from __future__ import annotations

import asyncio
import contextlib

from ...core.actions import RunState
from ...core.steps.run import RunStep
from ...core.steps.script import ScriptStep
from ...core.text import clean
from ..process import Child, started
from .doing import Doing, Outcome

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Exit statuses for what could not be started, as shells have them."""
_DRAIN = 0.5  # real seconds for the last words of a program that has ended; what it left behind may hold its output open


class Program:
    """Does ``run`` and ``script``; a `Deed`."""

    outlives = False

    def __init__(self, do: RunStep | ScriptStep, doing: Doing) -> None:
        self._do, self._doing = do, doing
        self._left = False
        self._begun: asyncio.Future[Child | None] = asyncio.get_running_loop().create_future()

    async def done(self) -> Outcome:
        """Start it, and wait for its end."""
        do, going = self._do, self._doing.going
        try:
            child = await started(self._doing.mark or going.run_id, do.argv, self._doing.environment(do.env), do.cwd, going.heir)
        except (OSError, ValueError) as error:
            self._begun.set_result(None)
            return not_started(do.argv[0] if do.argv else "", do.cwd, error)
        self._begun.set_result(child)
        going.adopt(child)
        listening = asyncio.ensure_future(self._listen(child))
        try:
            return _ended(await asyncio.shield(child.ended))
        finally:
            going.let_go(child)
            await asyncio.wait({listening}, timeout=_DRAIN)
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening
            if self._left:
                child.leave()
            else:
                child.close()

    async def begun(self) -> None:
        """Wait until it has been started, or could not be."""
        await self._begun

    def leave(self) -> None:
        """It goes on after the run. What it prints goes on into the output."""
        self._left = True

    async def end(self) -> str:
        """TERM, then KILL, to all that came of it."""
        child = await self._begun
        if child is None:
            return ""
        await child.end(self._doing.grace)
        return f"still there: {', '.join(child.left_over)}, which is not ours to end" if child.left_over else ""

    async def _listen(self, child: Child) -> None:
        while data := await child.read():
            await self._doing.feed(data)


def status(code: int) -> Outcome:
    """What an exit status means."""
    if code == 0:
        return Outcome(RunState.CONFIRMED, 0, 0.0)
    return Outcome(RunState.FAILED, code, 0.0, f"ended with status {code}")


def _ended(code: int) -> Outcome:
    """As `subprocess` counts: negative for a signal."""
    return status(code) if code >= 0 else Outcome(RunState.FAILED, 128 - code, 0.0, f"was ended by signal {-code}")


def not_started(program: str, cwd: str, error: OSError | ValueError) -> Outcome:
    """What it means that a program could not be started."""
    program = clean(program) or "nothing"
    match error:
        case OSError(filename=place) if cwd and place == cwd:
            code, why = NOT_EXECUTABLE, f"its directory {clean(cwd)}: {error.strerror}"
        case FileNotFoundError():
            code, why = NOT_FOUND, f"{program} is not on this machine (not found in PATH, or its interpreter is missing)"
        case PermissionError():
            code, why = NOT_EXECUTABLE, f"{program} may not be executed"
        case OSError():
            code, why = NOT_EXECUTABLE, f"{program}: {error.strerror}"
        case _:
            code, why = NOT_EXECUTABLE, f"{program}: {clean(str(error))}"
    return Outcome(RunState.FAILED, code, 0.0, f"could not start: {why}")
