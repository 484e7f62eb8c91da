"""Takes actions: journals the intent, has it done, and finds out what became of it.

A run leaves `PENDING` when the provider said yes (`ACCEPTED`) or no (`FAILED`), or when it was sent and no answer came
(`UNCERTAIN`). Nothing is ever sent twice by itself. What was accepted is confirmed by a snapshot asked for after that; what is
uncertain is read back the same way.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping

import msgspec

from ..core.actions import Action, Approve, Cancel, ChangeIncident, DrillTrap, PagePeople, Reply, Run, RunState, Start, StartMany
from ..core.asking import Answers, Want
from ..core.plans import Plan
from ..provider import Clock
from .approving import Approving
from .confirming import Confirming
from .desk import Refused
from .executing import Executing
from .failures import said
from .intents import Intents
from .journal import Journal
from .logbook import Logbook
from .runner import Runner
from .sending import Sending
from .several import Several
from .source import Source
from .store import Store
from .vault import Vault


class Dispatch:
    """``who`` is the person, ``real`` who the system says it is (for the journal); ``source`` finds a source by name, ``plan``
    resolves a runbook as things are now, ``page`` tells people, ``incident`` changes one, ``drill`` begins one, ``changed`` is
    called on the loop after every change of a run. `begin`, `intend` and `cancel` may be called from any thread, the rest belongs
    to the engine's loop."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        runner: Runner,
        clock: Clock,
        approving: Approving,
        *,
        who: str,
        real: Mapping[str, str],
        source: Callable[[str], Source | None],
        plan: Callable[[Start], Plan],
        page: Callable[[Run, PagePeople], Awaitable[Run]],
        incident: Callable[[Run, ChangeIncident], Awaitable[Run]],
        drill: Callable[[Run, DrillTrap], Awaitable[Run]],
        stamp: Callable[[], float],
        changed: Callable[[], None],
        ticked: Callable[[Run], None],
        vault: Vault,
    ) -> None:
        self._store, self._runner, self._clock, self._approving = store, runner, clock, approving
        self._incident, self._drill = incident, drill
        self._who, self._page, self._stamp, self._changed, self._ticked = who, page, stamp, changed, ticked
        self.logbook = Logbook(store, journal, clock, who=who, real=real, changed=changed)
        self._intents = Intents(
            store, journal, self.logbook, clock,
            who=who, source=source, plan=plan, output=runner.path, named=approving.named, vault=vault,
        )  # fmt: skip
        self.confirming = Confirming(store, self.logbook)
        self._sending = Sending(store, self.logbook, self.confirming, clock, source=source, stamp=stamp)
        self.executing = Executing(store, self.logbook, runner, approving, clock, plan=plan, stamp=stamp, vault=vault)
        self.several = Several(
            store, self.logbook, self._intents, self.executing, clock,
            plan=plan, own=lambda run_id: self.mine.add(run_id), waits=self._waits, attended=lambda: runner.attended,
        )  # fmt: skip
        self.several.end_part = self.end
        runner.on_want, runner.on_step = self._waits, self._steps
        runner.on_failing = self.several.failing
        runner.on_way_back, runner.on_about_to = self.logbook.keep_way_back_soon, self.logbook.keep_way_back
        self._vault = vault
        self._waiting_since: dict[tuple[str, int], float] = {}
        self._unwritten: set[str] = set()
        self.mine: set[str] = set()

    def intend(self, action: Action) -> tuple[Run, ...]:
        """The runs for an action, one for each source concerned, shown at once as pending; `carry_out` writes each down before
        anything is sent. Does not touch the disk. Raises `Refused`; then nothing is shown or sent."""
        with self._said_for(action):
            runs = self._intents.runs(action)
            self._intents.refuse_twice(runs[0])
        self._unwritten.update(run.id for run in runs)
        self.mine.update(run.id for run in runs)
        self._store.put_runs(runs)
        return runs

    async def begin(self, action: Action) -> tuple[Run, ...]:
        """`intend`, and wait until the intent is written down. Raises `Refused`; then nothing was journalled."""
        with self._said_for(action):
            runs = self._intents.runs(action)
            begun = await self.logbook.aside.do(lambda: self._intents.write_all(runs))
        self.mine.update(run.id for run in begun)
        self._store.put_runs(begun)
        return begun

    @contextlib.contextmanager
    def _said_for(self, action: Action) -> Iterator[None]:
        """The secrets that were said for an action are held until it is over, and no longer where it is refused."""
        words = action.secrets.values() if isinstance(action, (Start, StartMany)) else ()
        self._vault.claim(words)
        try:
            yield
        except BaseException:
            self._vault.drop(words)
            raise

    def cancel(self, action: Cancel, on_loop: Callable[[Callable[[], object]], None]) -> None:
        """End a run; ``on_loop`` has something done on the engine's loop. Raises `Refused` where it does not go on here."""
        run = self._store.run(action.run_id)
        if run is None or run.state.settled:
            raise Refused("that run is not going on any more")
        if run.id not in self.mine:
            raise Refused(f"another cockpit {'follows' if run.far is not None else 'began'} that run: cancel it there")
        if not isinstance(run.action, (Start, StartMany)):
            raise Refused(f"{run.what} has been sent: it cannot be called back")
        self.logbook.note_soon("run.cancelled", run)
        on_loop(lambda: self.end(run.id, f"cancelled by {self._who}"))

    def end(self, run_id: str, why: str) -> None:
        """End a run of this process, whether it goes on or waits for approval."""
        run = self._store.run(run_id)
        if run is not None and run.state in (RunState.PENDING, RunState.AWAITING):
            self._approving.consent.cancel(run_id, why)
        if run is not None and isinstance(run.action, StartMany):
            self.several.end(run_id, why)
        else:
            self._runner.cancel(run_id, why)

    def reply(self, action: Reply, on_loop: Callable[[Callable[[], object]], None]) -> None:
        """Hand an answer to a run that waits for it; ``on_loop`` as for `cancel`. Raises `Refused` where that cannot be."""
        run = self._store.run(action.run_id)
        if run is None or run.wants is None or run.wants.number != action.number:
            raise Refused("that run does not wait for this any more")
        if run.id not in self.mine:
            raise Refused("another cockpit began that run: answer it there")
        said = "" if run.wants.asked.kind is Answers.SECRET else action.value
        data = {"run": run.id, "what": run.what, "question": run.wants.asked.text, "answer": said, **self.logbook.real}
        took = self._clock.mono() - self._waiting_since.get((run.id, action.number), self._clock.mono())
        by_hand = {"run": run.id, "what": run.what, "step": run.wants.asked.text or run.wants.name, "seconds": took}
        self.logbook.record_soon("run.answered", run, data)
        self.logbook.record_soon("hand.step", run, by_hand)
        answer = self.several.answer if isinstance(run.action, StartMany) else self._runner.answer
        on_loop(lambda: answer(run.id, action.number, action.value, self._who))
        if run.wants.asked.kind is Answers.TICK:
            self._ticked(run)

    def _waits(self, run_id: str, want: Want | None) -> None:
        """A run begins to wait for a person, or ceases to."""
        run = self._store.run(run_id)
        if run is None or run.state.settled:
            return
        if want is not None:
            self._waiting_since[run_id, want.number] = self._clock.mono()
            want = msgspec.structs.replace(want, whose=run.target) if run.part_of else want
        self.logbook.soon(msgspec.structs.replace(run, wants=want))
        self._changed()

    def _steps(self, run_id: str, step: str) -> None:
        """A run has come to another of its steps."""
        run = self._store.run(run_id)
        if run is not None and not run.state.settled:
            self.logbook.soon(msgspec.structs.replace(run, step=step))
            self._changed()

    async def carry_out(self, run: Run) -> Run:
        """Do it. Gives the run as it stands then."""
        if run.state.settled:
            return run
        try:
            run = await self._written(run)
            if run.state.settled:
                return run
            match run.action:
                case Start() as action:
                    return await self.executing.carry_out(run, action)
                case StartMany() as action:
                    return await self.several.carry_out(run, action)
                case PagePeople() as action:
                    return await self._carry_page(run, action)
                case Approve() as action:
                    return await self._carry_approve(run, action)
                case ChangeIncident() as action:
                    return await self.logbook.settle(await self._incident(run, action))
                case DrillTrap() as action:
                    return await self.logbook.settle(await self._drill(run, action))
            return await self._sending.carry_out(run)
        except Exception as error:  # noqa: BLE001  # a fault of ours: nobody may believe that it is still under way
            reason = f"a bug in the cockpit: {type(error).__name__}: {said(error)}"
            return await self.logbook.settle(
                msgspec.structs.replace(run, state=RunState.UNCERTAIN, reason=reason, settled_mono=self._stamp())
            )
        finally:  # also where it was refused, was not approved or came too late
            if isinstance(run.action, (Start, StartMany)) and not run.part_of:
                self._vault.drop(run.action.secrets.values())

    async def follow_on(self, run: Run) -> Run:
        """See `Executing.follow_on`."""
        self.mine.add(run.id)
        return await self.executing.follow_on(run)

    async def _written(self, run: Run) -> Run:
        """The run, written down; or failed, where it may not go on: nothing was sent then."""
        if run.id not in self._unwritten:
            return run
        self._unwritten.discard(run.id)
        reason = ""
        try:
            await self.logbook.aside.do(lambda: self._intents.write(run))
        except Refused as refused:
            reason = str(refused)
        except asyncio.CancelledError:
            failed = msgspec.structs.replace(run, state=RunState.FAILED, reason="the cockpit was closed before anything was sent")
            self.logbook.soon(failed)
            raise
        if not reason:
            return run
        run = msgspec.structs.replace(run, state=RunState.FAILED, reason=reason, seconds=0.0)
        self.logbook.show(run)
        return run

    async def _carry_approve(self, run: Run, action: Approve) -> Run:
        state, reason = await self._approving.answered(action)
        seconds = (self._clock.now() - run.at).total_seconds()
        return await self.logbook.settle(msgspec.structs.replace(run, state=state, reason=reason, seconds=seconds))

    async def _carry_page(self, run: Run, action: PagePeople) -> Run:
        paged = await self._page(run, action)
        return await self.logbook.settle(msgspec.structs.replace(paged, seconds=(self._clock.now() - run.at).total_seconds()))
