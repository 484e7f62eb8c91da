"""Takes actions: journals the intent, has it done, and finds out what became of it.

A run leaves `PENDING` when the provider said yes (`ACCEPTED`) or no (`FAILED`), or when it was sent and no answer came
(`UNCERTAIN`). Nothing is ever sent twice by itself. What was accepted is confirmed by a snapshot asked for after that; what is
uncertain is read back the same way.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

import msgspec

from ..core.actions import OURS, Ack, Action, AddressWanted, Approve, Cancel, PagePeople, Reply, Run, RunState, Start, Unack
from ..core.alerts import Ref
from ..core.asking import Answers, Want
from ..core.jobs import Far
from ..core.permits import barred
from ..core.plans import Plan, secrets_of
from ..core.sources import Snapshot
from ..core.text import clean
from ..core.values import SECRET, unfit_for
from ..core.why import under_way
from ..provider import Clock, Nameless
from . import verbs
from .approving import Approving
from .aside import Aside
from .desk import Refused
from .journal import Journal, JournalError
from .local import LOCAL
from .planning import difference, resumed
from .runner import Runner
from .source import Source, said
from .steps import doing as steps
from .store import Store
from .telling import Outcome, tell, tell_many
from .twice import same_steps, still_running
from .vault import Vault

PATIENCE = 3
"""So many complete snapshots, asked for after it settled, may fail to show an effect."""


class Dispatch:
    """``who`` is the person, ``real`` who the system says it is (for the journal); ``source`` finds a source by name, ``plan``
    resolves a runbook as things are now, ``page`` tells people, ``changed`` is called on the loop after every change of a run.
    `begin`, `intend` and `cancel` may be called from any thread, the rest belongs to the engine's loop. What is journalled is
    written aside, in order: a disk that does not answer stops nothing else."""

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
        stamp: Callable[[], float],
        changed: Callable[[], None],
        ticked: Callable[[Run], None],
        vault: Vault,
    ) -> None:
        self._ticked = ticked
        self._store, self._journal, self._runner, self._clock, self._approving = store, journal, runner, clock, approving
        self._who, self._real = who, dict(real)
        self._source, self._plan, self._page, self._stamp, self._changed = source, plan, page, stamp, changed
        self._vault = vault
        self._results: dict[str, object] = {}
        self._sent: dict[str, str] = {}  # runs of this process that a snapshot can still settle, and their source
        self._unseen: dict[str, int] = {}
        self._aside = Aside("journal of runs")
        runner.on_want = self._waits
        self._waiting_since: dict[tuple[str, int], float] = {}
        self._unwritten: set[str] = set()
        self.mine: set[str] = set()

    def intend(self, action: Action) -> tuple[Run, ...]:
        """The runs for an action, one for each source concerned, shown at once as pending; `carry_out` writes each down before
        anything is sent. Does not touch the disk. Raises `Refused`; then nothing is shown or sent."""
        runs = self._runs(action)
        self._refuse_twice(runs[0])
        self._unwritten.update(run.id for run in runs)
        self.mine.update(run.id for run in runs)
        self._store.put_runs(runs)
        return runs

    async def begin(self, action: Action) -> tuple[Run, ...]:
        """`intend`, and wait until the intent is written down. Raises `Refused`; then nothing was journalled."""
        runs = self._runs(action)
        begun = await self._aside.do(lambda: self._begun(runs))
        self.mine.update(run.id for run in begun)
        self._store.put_runs(begun)
        return begun

    def _begun(self, runs: tuple[Run, ...]) -> tuple[Run, ...]:
        begun: list[Run] = []
        for run in runs:
            try:
                self._write_down(run)
            except Refused as refused:
                if not begun:
                    raise
                # the first part is on its way: this one is told as a run that failed
                run = msgspec.structs.replace(run, state=RunState.FAILED, reason=str(refused))
            begun.append(run)
        return tuple(begun)

    def _runs(self, action: Action) -> tuple[Run, ...]:
        now = self._clock.now()
        stem = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        if isinstance(action, Start):
            return (self._starting(action, stem),)
        if isinstance(action, (Cancel, Reply)):
            raise TypeError("a cancellation and an answer are no runs of their own")
        if isinstance(action, PagePeople):
            return (self._run(action, stem, "page", ", ".join(action.to)),)
        if isinstance(action, Approve):
            return (self._run(action, stem, "approve", self._approving.named(action.run_id)),)
        view = self._store.peek
        return tuple(
            self._run(part, stem if not n else f"{stem}.{n + 1}", verbs.word(part), verbs.target(part, view))
            for n, (_, part) in enumerate(verbs.by_source(action))
        )

    def _refuse_twice(self, run: Run) -> None:
        """What is known here of who does the same now; the journal is asked for the others before anything is sent."""
        key = self._exclusive(run)
        for other in self._store.runs if key else ():
            if not other.state.settled and not isinstance(other.action, (Cancel, Reply)) and self._exclusive(other) == key:
                raise Refused(under_way(other))

    def cancel(self, action: Cancel, on_loop: Callable[[Callable[[], object]], None]) -> None:
        """End a run; ``on_loop`` has something done on the engine's loop. Raises `Refused` where it does not go on here."""
        run = self._store.run(action.run_id)
        if run is None or run.state.settled:
            raise Refused("that run is not going on any more")
        if run.id not in self.mine:
            raise Refused(f"another cockpit {'follows' if run.far is not None else 'began'} that run: cancel it there")
        if not isinstance(run.action, Start):
            raise Refused(f"{run.what} has been sent: it cannot be called back")
        self._aside.put(lambda: self._note("run.cancelled", run))
        on_loop(lambda: self.end(run.id, f"cancelled by {self._who}"))

    def end(self, run_id: str, why: str) -> None:
        """End a run of this process, whether it goes on or waits for approval."""
        run = self._store.run(run_id)
        if run is not None and run.state in (RunState.PENDING, RunState.AWAITING):
            self._approving.consent.cancel(run_id, why)
        self._runner.cancel(run_id, why)

    def reply(self, action: Reply, on_loop: Callable[[Callable[[], object]], None]) -> None:
        """Hand an answer to a run that waits for it; ``on_loop`` as for `cancel`. Raises `Refused` where that cannot be."""
        run = self._store.run(action.run_id)
        if run is None or run.wants is None or run.wants.number != action.number:
            raise Refused("that run does not wait for this any more")
        if run.id not in self.mine:
            raise Refused("another cockpit began that run: answer it there")
        said = "" if run.wants.asked.kind is Answers.SECRET else action.value
        data = {"run": run.id, "what": run.what, "question": run.wants.asked.text, "answer": said, **self._real}
        took = self._clock.mono() - self._waiting_since.get((run.id, action.number), self._clock.mono())
        by_hand = {"run": run.id, "what": run.what, "step": run.wants.asked.text or run.wants.name, "seconds": took}
        self._aside.put(lambda: self._record("run.answered", run, data))
        self._aside.put(lambda: self._record("hand.step", run, by_hand))
        on_loop(lambda: self._runner.answer(run.id, action.number, action.value, self._who))
        if run.wants.asked.kind is Answers.TICK:
            self._ticked(run)

    def _waits(self, run_id: str, want: Want | None) -> None:
        """A run begins to wait for a person, or ceases to."""
        run = self._store.run(run_id)
        if run is None or run.state.settled:
            return
        if want is not None:
            self._waiting_since[run_id, want.number] = self._clock.mono()
        run = msgspec.structs.replace(run, wants=want)
        self._store.put_run(run)
        self._aside.put(lambda: self._keep(run))
        self._changed()

    def awaited(self, run_id: str) -> str:
        """The source whose next snapshots may settle this run; "" if nothing will."""
        return self._sent.get(run_id, "")

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
                    return await self._carry_start(run, action)
                case PagePeople() as action:
                    return await self._carry_page(run, action)
                case Approve() as action:
                    return await self._carry_approve(run, action)
            return await self._carry_verb(run)
        except Exception as error:  # noqa: BLE001  # a fault of ours: nobody may believe that it is still under way
            reason = f"a bug in the cockpit: {type(error).__name__}: {said(error)}"
            return await self._settle(
                msgspec.structs.replace(run, state=RunState.UNCERTAIN, reason=reason, settled_mono=self._stamp())
            )

    async def settled(self, patience: float) -> None:
        """Wait until what became of runs is written down, ``patience`` seconds at most."""
        with suppress(TimeoutError):  # then the next cockpit will read "outcome unknown"
            async with asyncio.timeout(patience):
                await self._aside.drained()
        self._aside.close()

    async def _written(self, run: Run) -> Run:
        """The run, written down; or failed, where it may not go on: nothing was sent then."""
        if run.id not in self._unwritten:
            return run
        self._unwritten.discard(run.id)
        reason = ""
        try:
            await self._aside.do(lambda: self._write_down(run))
        except Refused as refused:
            reason = str(refused)
        except asyncio.CancelledError:
            failed = msgspec.structs.replace(run, state=RunState.FAILED, reason="the cockpit was closed before anything was sent")
            self._store.put_run(failed)
            self._aside.put(lambda: self._keep(failed))
            raise
        if not reason:
            return run
        run = msgspec.structs.replace(run, state=RunState.FAILED, reason=reason, seconds=0.0)
        self._store.put_run(run)
        self._changed()
        return run

    def observe(self, snapshot: Snapshot) -> None:
        """Settle what this snapshot settles."""
        for run_id, source in list(self._sent.items()):
            run = self._store.run(run_id)
            if source != snapshot.source or run is None or run.settled_mono is None or snapshot.asked_mono <= run.settled_mono:
                continue
            shown = verbs.shows(run.action, self._results.get(run_id), snapshot)
            uncertain = run.state is RunState.UNCERTAIN
            if shown or (shown is None and snapshot.complete and not uncertain):
                read_back = "no answer came, but reading it back showed that it was done"
                self._seen(run, RunState.CONFIRMED, read_back if uncertain else run.reason)
            elif shown is False and snapshot.complete:
                self._unseen[run_id] = self._unseen.get(run_id, 0) + 1
                if self._unseen[run_id] >= PATIENCE:
                    self._give_up(run)

    def _give_up(self, run: Run) -> None:
        if run.state is RunState.UNCERTAIN:
            undone = f"{run.done:,} are done, the others are not" if run.done else "it was not done"
            self._seen(run, RunState.FAILED, f"no answer came, and {PATIENCE} readings later it is not there: {undone}")
        else:
            source = self._sent[run.id]
            self._seen(run, RunState.UNCERTAIN, f"{source} said yes, but {PATIENCE} answers later it does not show: look there")

    def _seen(self, run: Run, state: RunState, reason: str) -> None:
        for book in (self._sent, self._results, self._unseen):
            book.pop(run.id, None)
        run = msgspec.structs.replace(run, state=state, reason=reason)
        self._store.put_run(run)
        self._aside.put(lambda: self._keep(run))

    def _starting(self, action: Start, run_id: str) -> Run:
        plan = self._plan(action)
        if plan.refused:
            raise Refused(plan.refused)
        different = difference(action, plan)
        if different:
            raise Refused(different)
        self._refuse_secrets(action, plan)
        # what is journalled says exactly what is going to be executed
        action = msgspec.structs.replace(action, preview=plan.exact)
        on = plan.target or (verbs.named_alert(action.alert, self._store.peek) if action.alert is not None else "")
        run = self._run(action, run_id, f"undo {action.runbook}" if action.undoes else action.runbook, on)
        return msgspec.structs.replace(run, output_path=str(self._runner.path(run_id)))

    def _refuse_secrets(self, action: Start, plan: Plan) -> None:
        """No secret stands in what is journalled; every one that is needed has been said, and fits."""
        for name in () if action.dry_run else secrets_of(plan.runbook):
            if action.params.get(name) != SECRET:
                raise Refused(f"{name} is a secret, and it must not be given like any value: say it when it is asked for")
            said = self._vault.look(action.secrets.get(name, ""))
            if said is None:
                raise Refused(f"{name} is a secret: it must be said anew for each run")
            if why := unfit_for(name, plan.runbook.params[name], said):
                raise Refused(why)

    def _run(self, action: Action, run_id: str, what: str, target: str) -> Run:
        return Run(id=run_id, at=self._clock.now(), who=self._who, action=action, what=what, target=target, state=RunState.PENDING)

    def _write_down(self, run: Run) -> None:
        """The intent, before anything is sent. Raises `Refused` where it may not go on without."""
        try:
            exclusive = self._exclusive(run)
            self._refuse_beside_orphan(run, exclusive)
            other = self._journal.begin_run(run, exclusive)
        except JournalError as error:
            if self._needs_journal(run):
                raise Refused(f"what changes the world is blocked while nothing is journalled: {said(error)}") from error
            return
        if other is not None:
            raise Refused(under_way(other))
        self._note("run.started", run)

    def _refuse_beside_orphan(self, run: Run, exclusive: str) -> None:
        """What a killed cockpit began may be at work still: nothing that changes the world is begun beside the same."""
        if not exclusive or not isinstance(run.action, Start) or self._plan(run.action).runbook.changes is None:
            return
        if reason := still_running(self._journal.same_runs(exclusive)):
            raise Refused(reason)

    def _exclusive(self, run: Run) -> str:
        match run.action:
            case Start(dry_run=True) | Cancel() | Reply():
                return ""
            case Start() as action:
                return same_steps(self._plan(action))
            case PagePeople(to=to, text=text):
                return f"page:{','.join(to)}:{text}"
            case Approve(run_id=run_id):
                return f"approve:{run_id}"
            case action:
                return verbs.exclusive(action, verbs.by_source(action)[0][0])

    def _needs_journal(self, run: Run) -> bool:
        if isinstance(run.action, Start):
            return not run.action.dry_run and self._plan(run.action).runbook.changes is not None
        if isinstance(run.action, (PagePeople, Cancel, Reply)):
            return False  # help can be called for whatever else fails
        if isinstance(run.action, Approve):
            return True  # that somebody said yes must be known afterwards
        source = self._source(verbs.by_source(run.action)[0][0])
        return source is not None and source.provider_name == LOCAL  # which keeps what people do in the journal itself

    async def _carry_verb(self, run: Run) -> Run:
        if isinstance(run.action, OURS):
            raise TypeError(f"{run.what} is not done by a provider")
        name = verbs.by_source(run.action)[0][0]
        source = self._source(name)
        if source is None:
            return await self._settle(msgspec.structs.replace(run, state=RunState.FAILED, reason=f"there is no source {name}"))
        try:
            outcome = await self._told(source, run)
        except asyncio.CancelledError:
            reason = f"the cockpit was closed while {name} was being told"
            run = msgspec.structs.replace(run, state=RunState.UNCERTAIN, reason=reason, settled_mono=self._stamp())
            self._store.put_run(run)
            self._aside.put(lambda: self._keep(run))
            raise
        after = self._stamp()
        run = msgspec.structs.replace(
            self._store.run(run.id) or run,
            state=outcome.state,
            reason=outcome.reason,
            settled_mono=after,
            seconds=(self._clock.now() - run.at).total_seconds(),
            address_wanted=AddressWanted(name, clean(outcome.error.wants, 200)) if isinstance(outcome.error, Nameless) else None,
        )
        if outcome.state in (RunState.ACCEPTED, RunState.UNCERTAIN):
            self._results[run.id], self._sent[run.id] = outcome.result, name
        await self._settle(run)
        source.nudge()
        return run

    async def _told(self, source: Source, run: Run) -> Outcome:
        """Have it done, and say how far it is where it is for many."""
        action = run.action
        if isinstance(action, OURS):
            raise TypeError(f"{run.what} is not done by a provider")
        if not isinstance(action, (Ack, Unack)) or len(action.refs) < 2:
            return await tell(source, verbs.call(action, run.who))

        def told(done: int) -> None:
            self._store.put_run(msgspec.structs.replace(self._store.run(run.id) or run, done=done))
            self._changed()

        async def still(refs: Sequence[Ref]) -> tuple[Ref, ...]:
            await source.poll()
            snapshot = self._store.snapshot(source.name)
            there = {alert.ref for alert in (snapshot.alerts if snapshot is not None else None) or ()}
            return tuple(ref for ref in refs if ref in there)

        return await tell_many(source, verbs.alike_together(action, self._store.peek), run.who, still, told)

    async def _carry_start(self, run: Run, action: Start) -> Run:
        plan = self._plan(action)
        if problem := self._unfit(action, plan):
            return await self._settle(msgspec.structs.replace(run, state=RunState.FAILED, reason=problem, seconds=0.0))
        if plan.runbook.approve is not None and not action.dry_run:
            run = await self._approved(run, action, plan)
            plan = self._plan(action)
            if not run.state.settled and (problem := self._unfit(action, plan)):
                run = await self._settle(msgspec.structs.replace(run, state=RunState.FAILED, reason=problem))
            if run.state.settled:
                return run
        run = await self._settle(msgspec.structs.replace(run, state=RunState.RUNNING))
        if action.undoes and not action.dry_run:
            self._runner.used(action.undoes)
        said = {name: self._vault.take(word) for name, word in action.secrets.items()}
        secrets = {name: value for name, value in said.items() if value is not None}
        return await self._ran(run, await self._runner.execute(run.id, plan, dry_run=action.dry_run, secrets=secrets))

    def _unfit(self, action: Start, plan: Plan) -> str:
        """Why what was asked for may not begin (any more)."""
        view = self._store.peek
        who = "" if action.dry_run else barred(plan.runbook, view.me, view.rosters)  # a shift may just have ended
        return plan.refused or who or difference(action, plan)

    async def _approved(self, run: Run, action: Start, plan: Plan) -> Run:
        """The run, once another user has approved it; or settled, where nobody has."""
        run, by = await self._approving.granted(run, (plan,), lambda: (self._plan(action),), self.keep)
        data = {"run": run.id, "what": run.what, "by": by, "state": run.state.value, "reason": run.reason, **self._real}
        self._aside.put(lambda: self._record("run.approved" if run.approved_by else "run.unapproved", run, data))
        return await self._settle(run) if run.state.settled else run

    async def keep(self, run: Run) -> None:
        """Write a run down, and show it. Raises `JournalError` where that cannot be."""
        self._store.put_run(run)
        await self._aside.do(lambda: self._journal.put_run(run))
        self._changed()

    async def _carry_approve(self, run: Run, action: Approve) -> Run:
        state, reason = await self._approving.answered(action)
        seconds = (self._clock.now() - run.at).total_seconds()
        return await self._settle(msgspec.structs.replace(run, state=state, reason=reason, seconds=seconds))

    async def keep_far(self, run_id: str, far: Far) -> None:
        """Write down where a run goes on. Raises `JournalError` where that cannot be."""
        run = self._store.run(run_id)
        if run is None:
            raise JournalError(f"there is no run {run_id}")
        await self.keep(msgspec.structs.replace(run, far=far))

    async def follow_on(self, run: Run) -> Run:
        """Follow a run that an earlier cockpit ordered elsewhere, to its end; it must be this process's own (`Journal.adopt_runs`).
        Nothing is sent but questions."""
        self.mine.add(run.id)
        run = msgspec.structs.replace(run, state=RunState.RUNNING, reason="")
        self._store.put_run(run)
        self._changed()
        return await self._ran(run, await self._runner.execute(run.id, resumed(run, self._clock.now()), far=run.far))

    async def _ran(self, run: Run, outcome: steps.Outcome) -> Run:
        run = msgspec.structs.replace(
            self._store.run(run.id) or run,
            state=outcome.state,
            exit_code=outcome.exit_code,
            seconds=outcome.seconds if run.far is None else (self._clock.now() - run.at).total_seconds(),
            reason=outcome.reason,
            settled_mono=self._stamp() if outcome.state.settled else None,
        )
        return await self._settle(run)

    async def _carry_page(self, run: Run, action: PagePeople) -> Run:
        paged = await self._page(run, action)
        return await self._settle(msgspec.structs.replace(paged, seconds=(self._clock.now() - run.at).total_seconds()))

    async def _settle(self, run: Run) -> Run:
        """Keep what became of a run. Where that cannot be written the screen says so (the journal's ``problem``), and the next
        cockpit will read "outcome unknown", which is then the truth."""
        self._store.put_run(run)
        await self._aside.do(lambda: self._keep(run))
        self._changed()
        return run

    def _keep(self, run: Run) -> None:
        with suppress(JournalError):  # the journal's own `problem` tells
            self._journal.put_run(run)
            if run.state.settled:
                self._note("run.ended", run)

    def _note(self, kind: str, run: Run | None) -> None:
        if run is None:
            return
        data = {"run": run.id, "what": run.what, "state": run.state.value, "reason": run.reason, **self._real}
        if run.exit_code is not None:
            data["exit_code"] = str(run.exit_code)
        self._record(kind, run, data)

    def _record(self, kind: str, run: Run, data: Mapping[str, object]) -> None:
        source = "" if isinstance(run.action, OURS) else verbs.by_source(run.action)[0][0]
        with suppress(JournalError):  # the run itself is written; the journal's own `problem` tells the rest
            self._journal.record(kind, at=self._clock.now(), who=self._who, source=source, subject=run.target, data=data)
