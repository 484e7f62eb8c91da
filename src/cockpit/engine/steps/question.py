"""A step that a person does: an answer, a choice, a tick, or what they do in a terminal. It waits as long as the run may take."""

from __future__ import annotations

import asyncio

import msgspec

from ...core.actions import RunState
from ...core.asking import Answers, Want
from ...core.placeholders import unfit
from ...core.steps.ask import AskStep
from ...core.steps.interactive import InteractiveStep
from ...core.steps.manual import ManualStep
from ...core.steps.pick import PickStep
from ...core.text import clean
from ..desk import Session
from ..process import MARK
from .doing import Doing, Ended, Outcome, Unattended
from .program import Program

_MOST = 1000
"""So many lines of a command can be chosen from."""


class Question:
    """Does ``ask``, ``pick``, ``manual`` and ``interactive``; a `Deed`."""

    outlives = False

    def __init__(self, do: AskStep | PickStep | ManualStep | InteractiveStep, doing: Doing) -> None:
        self._do, self._doing = do, doing
        self._listing: Program | None = None
        self._asking: asyncio.Future[tuple[str, str]] | None = None
        self._over = False

    async def done(self) -> Outcome:
        """Ask, and wait for the answer."""
        if isinstance(self._do, PickStep) and self._do.command is not None:
            found = await self._choices(self._do)
            if isinstance(found, Outcome):
                return found
            want = self._do.want(self._doing.place, found)
        else:
            want = self._do.want(self._doing.place)
        try:
            if isinstance(self._do, InteractiveStep):
                env = {**self._doing.environment(self._do.env), MARK: self._doing.going.run_id}
                self._doing.going.session = Session(self._do.argv, env, self._do.cwd)
            self._asking = asyncio.ensure_future(self._doing.going.ask(want))
            answer, who = await self._asking
        except Unattended as nobody:
            return Outcome(RunState.FAILED, None, 0.0, str(nobody))
        except (Ended, asyncio.CancelledError):
            if not self._over and not self._doing.going.ending.is_set():
                raise
            return Outcome(RunState.CANCELLED, None, 0.0, f"was ended: {self._doing.going.why}")
        finally:
            self._doing.going.session = None
        return await self._answered(want, answer, who)

    async def _answered(self, want: Want, answer: str, who: str) -> Outcome:
        going = self._doing.going
        match want.asked.kind:
            case Answers.SECRET:
                going.confide(answer)
                await going.say(f"{who} has said {want.name}")
            case Answers.TICK:
                await going.say(f"[x] by {who}")
                return Outcome(RunState.CONFIRMED, 0, 0.0)
            case Answers.TERMINAL:
                code = int(answer) if answer.isdecimal() else 1
                await going.say(f"{who} was at it; it ended with status {code}")
                state = RunState.FAILED if code else RunState.CONFIRMED
                return Outcome(state, code, 0.0, f"ended with status {code}" if code else "")
            case _:
                await going.say(f"{who}: {clean(answer, 200)}", unrecorded=True)
        return Outcome(RunState.CONFIRMED, 0, 0.0, given={want.name: answer})

    async def _choices(self, do: PickStep) -> tuple[str, ...] | Outcome:
        """What the command printed and may be chosen; or how it failed."""
        heard = bytearray()
        doing = msgspec.structs.replace(self._doing, heard=heard)
        command = do.command
        if command is None:
            return ()
        self._listing = Program(command, doing)
        outcome = await self._listing.done()
        self._listing = None
        if outcome.state is not RunState.CONFIRMED:
            return outcome
        lines = [clean(line.decode("utf-8", "replace")).strip() for line in bytes(heard).splitlines()[:_MOST]]
        fitting = [
            each for each in lines if each and not unfit(do.into, each, do.pattern, allow_dash=do.allow_dash, allow_control=False)
        ]
        if not fitting:
            return Outcome(RunState.FAILED, outcome.exit_code, 0.0, f"printed nothing that can be chosen for {do.into}")
        return tuple(dict.fromkeys(fitting))

    async def begun(self) -> None:
        """It is never in the background."""

    def leave(self) -> None:
        """It is never in the background."""

    async def end(self) -> str:
        """Ask no more; end the command that lists the choices."""
        self._over = True
        if self._asking is not None:
            self._asking.cancel()
        return await self._listing.end() if self._listing is not None else ""
