"""Runs for several targets: begun one by one as `targets` says, ended together, and asked about once.

Such a run is journalled before the first of its targets is begun, and each target's own run before that is. What is not begun when
the cockpit is killed is begun by nobody: nothing looks for it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from ..core.actions import Run, RunState, Start, StartMany
from ..core.asking import Answers, Asked, Want
from ..core.plans import Plan
from ..core.several import counted, said
from ..core.why import READ_ONLY
from ..provider import Clock
from .executing import Executing
from .intents import Intents
from .logbook import Logbook
from .planning import difference
from .store import Store
from .targets import Aimed, Came, carry


class _Going:
    """One that goes on: why it is to end, and what it waits for a person to say."""

    def __init__(self) -> None:
        self.why = self.failed = ""
        self.ending = asyncio.Event()
        self.asked = 0
        self.answer: asyncio.Future[tuple[str, str]] | None = None


class Several:
    """``plan`` resolves a runbook as things are now, ``own`` is told the id of each run that is begun, ``waits`` what one begins
    (``None``: ceases) to wait for. `carry_part`, which carries out a target's run, and `end_part`, which ends it, are set by who
    puts this together; ``attended`` says whether there is anybody to ask. Belongs to the engine's loop."""

    def __init__(
        self,
        store: Store,
        logbook: Logbook,
        intents: Intents,
        executing: Executing,
        clock: Clock,
        *,
        plan: Callable[[Start], Plan],
        own: Callable[[str], None],
        waits: Callable[[str, Want | None], None],
        attended: Callable[[], bool],
    ) -> None:
        self._store, self._logbook, self._intents, self._executing, self._clock = store, logbook, intents, executing, clock
        self._plan, self._own, self._waits, self._attended = plan, own, waits, attended
        self.carry_part: Callable[[Run], Awaitable[None]]
        self.end_part: Callable[[str, str], None]
        self._going: dict[str, _Going] = {}
        self._unwanted: dict[str, str] = {}
        self._shut = ""

    async def carry_out(self, run: Run, action: StartMany) -> Run:
        """Have every target done that may be. Gives the run as it stands then."""
        going = self._going[run.id] = _Going()
        read_only = READ_ONLY if self._store.peek.read_only else ""  # switched on since it was asked for
        self._end(going, self._shut or self._unwanted.pop(run.id, "") or read_only)
        try:
            run = await self._approved(run, action)
            if run.state.settled:
                return run
            run = await self._logbook.settle(msgspec.structs.replace(run, state=RunState.RUNNING))
            aims = [Aimed(aim.name, start) for aim, start in zip(action.aims, action.starts(), strict=True)]
            came = await carry(
                aims,
                action.rule,
                lambda number, aim: self._one(run, going, number, aim),
                ended=lambda: going.why or (going.failed if action.rule.stop else ""),
                go_on=lambda first: self._go_on(run.id, going, first, len(aims) - 1),
            )
            return await self._over(run, going, came)
        finally:
            del self._going[run.id]

    def end(self, run_id: str, why: str) -> None:
        """End it, with every target that is under way; none is begun any more. Also one that has not begun yet."""
        going = self._going.get(run_id)
        if going is None:
            self._unwanted[run_id] = why
            return
        self._end(going, why)
        for part in self._parts(run_id):
            self.end_part(part.id, why)

    def shut(self, why: str) -> None:
        """Begin no target any more, of what goes on and of whatever comes."""
        self._shut = why
        self.halt(why)

    def halt(self, why: str) -> None:
        """Begin no target any more of what goes on. Those under way go on to their end."""
        for going in self._going.values():
            self._end(going, why)

    def failing(self, run_id: str) -> None:
        """A run will not succeed, whatever is still done or asked in it: where it is a target's, the others may not be begun."""
        run = self._store.run(run_id)
        going = self._going.get(run.part_of) if run is not None else None
        if run is not None and going is not None:
            going.failed = going.failed or f"{run.target} did not succeed"

    def answer(self, run_id: str, number: int, value: str, who: str) -> None:
        """What a person says to the question of that number; nothing where that is not waited for any more."""
        going = self._going.get(run_id)
        if going is not None and going.answer is not None and not going.answer.done() and number == going.asked:
            going.answer.set_result((value, who))

    @staticmethod
    def _end(going: _Going, why: str) -> None:
        if why:
            going.why = going.why or why
            going.ending.set()

    def _parts(self, run_id: str) -> list[Run]:
        return [run for run in self._store.runs if run.part_of == run_id and not run.state.settled]

    async def _approved(self, run: Run, action: StartMany) -> Run:
        """The run, once another has approved all of it, where that must be: what was shown here, and nothing else."""
        starts = action.starts()
        plans = [self._plan(start) for start in starts]
        if plans[0].runbook.approve is None:
            return run
        for aim, start, plan in zip(action.aims, starts, plans, strict=True):
            if why := plan.refused or difference(start, plan):
                reason = f"{aim.name}: {why}; nothing was executed"
                return await self._logbook.settle(msgspec.structs.replace(run, state=RunState.FAILED, reason=reason, seconds=0.0))
        order = said(action.rule, len(action.aims))
        return await self._executing.approved(run, lambda: [self._plan(start) for start in starts], order)

    async def _one(self, whole: Run, going: _Going, number: int, aim: Aimed) -> Run:
        run = self._intents.part(aim.start, whole, number + 1)
        await self._logbook.aside.do(lambda: self._intents.write_all((run,)))
        self._own(run.id)
        self._logbook.show(run)
        if going.why:
            self.end_part(run.id, going.why)
        await self.carry_part(run)
        return self._store.run(run.id) or run

    async def _go_on(self, run_id: str, going: _Going, first: Came, others: int) -> str:
        """Ask whether the others are to be begun; why not, "" if they are."""
        if not self._attended():
            return "whether to go on is to be asked, and there is nobody to ask"
        going.asked += 1
        going.answer = asyncio.get_running_loop().create_future()
        text = f"{first.name} is done, and went well. Go on with the {counted(others).replace('target', 'other')}?"
        asked = Asked(text=text, kind=Answers.YES_NO)
        self._waits(run_id, Want(number=going.asked, place="after the first", name="go_on", asked=asked))
        ending = asyncio.ensure_future(going.ending.wait())
        try:
            ends: set[asyncio.Future[Any]] = {going.answer, ending}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not going.answer.done():
                return going.why
            value, who = going.answer.result()
            return "" if value == "yes" else f"{who} did not want the others done"
        finally:
            going.answer = None
            ending.cancel()
            self._waits(run_id, None)

    async def _over(self, run: Run, going: _Going, came: Sequence[Came]) -> Run:
        states = Counter(each.run.state for each in came if each.run is not None)
        done = states[RunState.CONFIRMED]
        left = [each for each in came if each.run is None]
        if done == len(came):
            state = RunState.CONFIRMED
        elif states[RunState.UNCERTAIN]:
            state = RunState.UNCERTAIN
        else:
            state = RunState.CANCELLED if going.why or states[RunState.CANCELLED] else RunState.FAILED
        told = [f"{done} of {counted(len(came))} done"]
        told += [f"{count} {state.value}" for state, count in states.items() if state is not RunState.CONFIRMED]
        told += [f"{len(left)} not begun ({left[0].reason.removeprefix('not begun: ')})"] if left else []
        seconds = (self._clock.now() - run.at).total_seconds()
        run = self._store.run(run.id) or run
        return await self._logbook.settle(
            msgspec.structs.replace(run, state=state, seconds=seconds, reason="; ".join(told) if len(told) > 1 else "")
        )
