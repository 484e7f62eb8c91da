"""A job at another engine: ordered once, followed line by line. It goes on when the cockpit ends, and the next one follows it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec

from ...core.actions import RunState
from ...core.asking import Answers, Asked, Want
from ...core.jobs import Execution, ExecutionState, Far, Progress
from ...core.steps.job import JobStep
from ...core.text import clean
from ..far import BETWEEN, LOOKS, Engines
from ..records import JournalError
from .doing import Doing, Ended, Outcome, Unattended

LAST = 20.0
"""Seconds in which an execution that the engine was asked to end has to do so, until the person is told that it goes on."""
_ENDS = {
    ExecutionState.SUCCEEDED: RunState.CONFIRMED,
    ExecutionState.FAILED: RunState.FAILED,
    ExecutionState.CANCELLED: RunState.CANCELLED,
    ExecutionState.TIMED_OUT: RunState.TIMED_OUT,
}
_SAID = {
    RunState.FAILED: "failed",
    RunState.CANCELLED: "was cancelled",
    RunState.TIMED_OUT: "ran out of its time there",
}


class JobDeed:
    """Does ``job``; a `Deed`. ``resumed`` is what an earlier cockpit ordered: that is followed, and nothing is sent; it is ended
    where a person says so, and not because its time went by while no cockpit was there. ``seconds`` is how long it may take."""

    outlives = True

    def __init__(self, do: JobStep, doing: Doing, engines: Engines, *, resumed: Far | None, seconds: float) -> None:
        self._do, self._doing, self._engines, self._seconds = do, doing, engines, seconds
        self._far = resumed
        self._resumed = resumed is not None
        self._answered = asyncio.Event()  # nothing is on its way any more
        self._settled = asyncio.Event()  # what became of the order is known, as far as it can be
        self._over = asyncio.Event()
        self._hurry = asyncio.Event()

    async def done(self) -> Outcome:
        """Order it, and follow it to its end."""
        try:
            outcome = await self._known()
            self._settled.set()
            return outcome or await self._follow()
        finally:
            for event in (self._answered, self._settled, self._over):
                event.set()

    async def begun(self) -> None:
        """It is never in the background."""

    def leave(self) -> None:
        """It is never in the background."""

    async def end(self) -> str:
        """Ask the engine to end it, and wait for that; where the cockpit ends, only for what became of the order."""
        await self._answered.wait()
        if self._doing.going.shut:
            return ""
        await self._settled.wait()
        far = self._far
        if far is None or self._over.is_set():
            return ""
        if self._resumed and not self._doing.going.ending.is_set():
            return f"it goes on at {far.source}: look there"
        if not far.execution:
            return f"nobody knows whether it began at {far.source}: look there"
        if refused := await self._engines.cancel(far):
            await self._doing.going.say(f"{far.source} was asked to end it: {refused}")
        self._hurry.set()
        try:
            await asyncio.wait_for(self._over.wait(), LAST)
        except TimeoutError:
            return f"{far.source} was asked to end it and has not" + (f" ({refused})" if refused else "") + ": look there"
        return ""

    async def _known(self) -> Outcome | None:
        """Until the execution is known: ``None`` then, or how it ended before."""
        going, do = self._doing.going, self._do
        if self._far is None:
            now = self._engines.clock.now()
            far = Far(
                source=do.source,
                job=do.job,
                name=do.name,
                values=do.sent,
                secrets=(*do.secrets, *do.asked),
                at=now,
                until=now + timedelta(seconds=self._seconds),
            )
            said = await self._secrets()
            if isinstance(said, Outcome):
                return said
            try:
                await self._engines.keep(going.run_id, far)
            except JournalError as error:
                return Outcome(RunState.FAILED, None, 0.0, f"was not sent: it could not be written down first ({error})")
            self._far = far
            told = await self._engines.order(going.run_id, far, do.secrets, said, going.hide)
            self._answered.set()
            if told.state is RunState.FAILED:
                return Outcome(RunState.FAILED, None, 0.0, f"was refused: {told.reason}")
            if isinstance(told.result, Execution):
                await self._begun(told.result)
                return None
            doubt = told.reason if told.state is RunState.UNCERTAIN else ""
            await going.say(doubt or f"{far.source} took it, and does not say which run it is")
            return await self._find(doubt)
        self._answered.set()
        if not self._far.execution:
            return await self._find("the cockpit that ordered it ended before the answer came")
        await going.say(f"followed on from an earlier cockpit, at {self._far.source}")
        return None

    async def _secrets(self) -> dict[str, str] | Outcome:
        """What a person says for the secret options that are kept nowhere; or why nobody did."""
        going, do, said = self._doing.going, self._do, dict[str, str]()
        for name in do.asked:
            asked = Asked(text=f"{name}, for {do.name} at {do.source}", kind=Answers.SECRET)
            try:
                said[name], who = await going.ask(Want(number=0, place=self._doing.place, name=name, asked=asked))
            except Unattended as nobody:
                return Outcome(RunState.FAILED, None, 0.0, f"was not sent: it {nobody}")
            except Ended:
                return Outcome(RunState.CANCELLED, None, 0.0, f"was not sent: {going.why}")
            going.confide(said[name])
            await going.say(f"{who} has said {name}")
        return said

    async def _find(self, doubt: str) -> Outcome | None:
        """Read back before anything else: nothing is sent again. ``doubt``: nobody knows whether it was taken at all."""
        far, why = self._far, ""
        if far is None:
            raise TypeError("nothing was ordered")
        for wait in LOOKS:
            await self._engines.clock.sleep(wait)
            looked = await self._engines.look(self._doing.going.run_id, far)
            if isinstance(looked.result, Execution):
                await self._doing.going.say(f"found at {far.source}: {clean(looked.result.how or looked.result.id, 300)}")
                await self._begun(looked.result)
                return None
            why = looked.reason
            if type(looked.error).__name__ == "Conflict":
                break
        unfound = why or f"it is not there, {sum(LOOKS):g} s later"
        reason = f"has an unknown outcome: {'; '.join(filter(None, (doubt, unfound)))}; look at {far.source} before you do it again"
        return Outcome(RunState.UNCERTAIN, None, 0.0, reason)

    async def _begun(self, execution: Execution) -> None:
        if self._far is None:
            raise TypeError("nothing was ordered")
        self._far = msgspec.structs.replace(self._far, execution=clean(execution.id, 200), url=clean(execution.url, 500))
        if self._far.url:
            await self._doing.going.say(self._far.url)
        try:
            await self._engines.keep(self._doing.going.run_id, self._far)
        except JournalError as error:
            await self._doing.going.say(f"no later cockpit will find it: {error}")

    async def _follow(self) -> Outcome:
        going, far = self._doing.going, self._far
        if far is None:
            raise TypeError("nothing was ordered")
        at, failures, before = "", 0, ""
        while True:
            asked = await self._engines.follow(far, at, failures)
            said = asked.why
            if asked.progress is not None:
                failures, at = 0, str(asked.progress.at)
                await self._print(asked.progress)
                if asked.progress.over:
                    if asked.progress.reason:
                        await going.say(asked.progress.reason)
                    return self._ended(asked.progress)
                said = asked.progress.reason
            elif asked.gone:
                return Outcome(RunState.UNCERTAIN, None, 0.0, f"cannot be followed any more: {asked.why}; look at {far.source}")
            else:
                failures += 1
            if said and said != before:
                await going.say(f"… {said}")
            before = said
            await self._rest(asked.wait)

    async def _rest(self, seconds: float) -> None:
        """So long; no longer than between two questions while it is to end."""
        if self._hurry.is_set():
            await self._engines.clock.sleep(min(seconds, BETWEEN))
            return
        waits = {asyncio.ensure_future(self._engines.clock.sleep(seconds)), asyncio.ensure_future(self._hurry.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    async def _print(self, progress: Progress) -> None:
        text = "".join(f"{line}\n" for line in progress.lines)
        if text:
            await self._doing.going.feed(text.encode("utf-8", "replace"))

    def _ended(self, progress: Progress) -> Outcome:
        state = _ENDS.get(progress.state, RunState.UNCERTAIN)
        if state is RunState.CONFIRMED:
            return Outcome(state, None, 0.0)
        how = _SAID.get(state, "ended in a way that nobody knows")
        return Outcome(state, None, 0.0, f"{how} at {self._do.source}" + (f": {progress.reason}" if progress.reason else ""))
