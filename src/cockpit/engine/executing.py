"""A runbook that is run: approved first where it has to be, then executed here, or followed where it goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ..core.actions import Run, RunState, Start
from ..core.jobs import Far
from ..core.permits import barred
from ..core.plans import Plan
from ..core.why import READ_ONLY
from ..provider import Clock, Conflict
from .approving import Approving
from .journal import JournalError
from .logbook import Logbook
from .planning import difference, resumed
from .runner import Runner
from .steps import doing as steps
from .store import Store
from .vault import Vault


class Executing:
    """``plan`` resolves a runbook as things are now. Belongs to the engine's loop."""

    def __init__(
        self,
        store: Store,
        logbook: Logbook,
        runner: Runner,
        approving: Approving,
        clock: Clock,
        *,
        plan: Callable[[Start], Plan],
        stamp: Callable[[], float],
        vault: Vault,
    ) -> None:
        self._store, self._logbook, self._runner, self._approving, self._clock = store, logbook, runner, approving, clock
        self._plan, self._stamp, self._vault = plan, stamp, vault

    async def carry_out(self, run: Run, action: Start) -> Run:
        """Execute it, as soon as it may be. Gives the run as it stands then."""
        plan = self._plan(action)
        if problem := self._unfit(action, plan):
            return await self._logbook.settle(msgspec.structs.replace(run, state=RunState.FAILED, reason=problem, seconds=0.0))
        if plan.runbook.approve is not None and not action.dry_run and not run.approved_by:
            run = await self.approved(run, lambda: [self._plan(action)])
            plan = self._plan(action)
            if not run.state.settled and (problem := self._unfit(action, plan)):
                run = await self._logbook.settle(msgspec.structs.replace(run, state=RunState.FAILED, reason=problem))
            if run.state.settled:
                return run
        if action.undoes and not action.dry_run:
            if problem := await self._taken(run, action.undoes, plan):
                return await self._logbook.settle(msgspec.structs.replace(run, state=RunState.FAILED, reason=problem, seconds=0.0))
            self._runner.used(action.undoes)
        run = await self._logbook.settle(msgspec.structs.replace(run, state=RunState.RUNNING))
        held = self._vault.look if run.part_of else self._vault.take  # the other targets need them, too
        said = {name: held(word) for name, word in action.secrets.items()}
        secrets = {name: value for name, value in said.items() if value is not None}
        return await self._ran(run, await self._runner.execute(run.id, plan, dry_run=action.dry_run, secrets=secrets))

    async def keep_far(self, run_id: str, far: Far) -> None:
        """Write down where a run goes on. Raises `JournalError` where that cannot be."""
        run = self._store.run(run_id)
        if run is None:
            raise JournalError(f"there is no run {run_id}")
        await self._logbook.keep(msgspec.structs.replace(run, far=far))

    async def follow_on(self, run: Run) -> Run:
        """Follow a run that an earlier cockpit ordered elsewhere, to its end; it must be this process's own (`Journal.adopt_runs`).
        Nothing is sent but questions."""
        run = msgspec.structs.replace(run, state=RunState.RUNNING, reason="")
        self._logbook.show(run)
        return await self._ran(run, await self._runner.execute(run.id, resumed(run, self._clock.now()), far=run.far))

    async def _taken(self, run: Run, undone: str, plan: Plan) -> str:
        """Why ``run`` may not take another back; "" where it may, and that is written down: whichever cockpit does it, it goes well
        once, and is begun again by nobody who was not told that it went wrong."""
        try:
            await self._logbook.take_back(undone, by=run.id, after=plan.after)
        except Conflict as already:
            return f"{already}; nothing was executed"
        except JournalError as error:
            return f"what changes the world is blocked while nothing is journalled: {error}" if plan.runbook.changes else ""
        return ""

    def _unfit(self, action: Start, plan: Plan) -> str:
        """Why what was asked for may not begin (any more)."""
        view = self._store.peek
        who = "" if action.dry_run else barred(plan.runbook, view.me, view.rosters)  # a shift may just have ended
        read_only = READ_ONLY if view.read_only and not action.dry_run else ""  # switched on while it waited for another's yes
        return plan.refused or who or read_only or difference(action, plan)

    async def approved(self, run: Run, plans: Callable[[], Sequence[Plan]], order: str = "") -> Run:
        """The run, once another user has approved all that ``plans`` gives, in that ``order`` where they are several; or settled,
        where nobody has."""
        run, by = await self._approving.granted(run, plans(), plans, self._logbook.keep, order)
        data = {"run": run.id, "what": run.what, "by": by, "state": run.state.value, "reason": run.reason, **self._logbook.real}
        self._logbook.record_soon("run.approved" if run.approved_by else "run.unapproved", run, data)
        return await self._logbook.settle(run) if run.state.settled else run

    async def _ran(self, run: Run, outcome: steps.Outcome) -> Run:
        run = msgspec.structs.replace(
            self._store.run(run.id) or run,
            state=outcome.state,
            exit_code=outcome.exit_code,
            seconds=outcome.seconds if run.far is None else (self._clock.now() - run.at).total_seconds(),
            reason=outcome.reason,
            settled_mono=self._stamp() if outcome.state.settled else None,
        )
        return await self._logbook.settle(run)
