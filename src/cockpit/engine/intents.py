"""What somebody asked for, as runs: what each says, whether it may begin, and its being written down before anything is sent."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec

from ..core.actions import (
    Action,
    Approve,
    Cancel,
    ChangeIncident,
    DrillTrap,
    PagePeople,
    Reply,
    Run,
    RunState,
    Start,
    StartMany,
    changing,
    touched,
)
from ..core.alerts import LOCAL
from ..core.drills import rehearses
from ..core.plans import Plan, secrets_of
from ..core.several import named
from ..core.values import SECRET, unfit_for
from ..core.why import under_way
from ..provider import Clock
from . import verbs
from .desk import Refused
from .failures import said
from .journal import Journal, JournalError
from .logbook import Logbook
from .planning import difference
from .source import Source
from .store import Store
from .twice import same_steps, still_running
from .vault import Vault


class Intents:
    """``who`` is the person; ``source`` finds a source by name, ``plan`` resolves a runbook as things are now, ``output`` is where
    a run's output will lie, ``named`` what another's run is called. May be called from any thread; `write` blocks on the disk."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        logbook: Logbook,
        clock: Clock,
        *,
        who: str,
        source: Callable[[str], Source | None],
        plan: Callable[[Start], Plan],
        output: Callable[[str], Path],
        named: Callable[[str], str],
        vault: Vault,
    ) -> None:
        self._store, self._journal, self._logbook, self._clock = store, journal, logbook, clock
        self._who, self._source, self._plan, self._output, self._named, self._vault = who, source, plan, output, named, vault

    def runs(self, action: Action) -> tuple[Run, ...]:
        """The runs for an action, one for each source concerned. Raises `Refused`."""
        now = self._clock.now()
        stem = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        if isinstance(action, Start):
            return (self._starting(action, stem),)
        if isinstance(action, StartMany):
            return (self._several(action, stem),)
        if isinstance(action, (Cancel, Reply)):
            raise TypeError("a cancellation and an answer are no runs of their own")
        if isinstance(action, PagePeople):
            return (self._run(action, stem, "page", ", ".join(action.to)),)
        if isinstance(action, Approve):
            return (self._run(action, stem, "approve", self._named(action.run_id)),)
        if isinstance(action, ChangeIncident):
            return (self._run(action, stem, changing(action.change), action.incident),)
        if isinstance(action, DrillTrap):
            return (self._run(action, stem, "quiet drill" if action.quiet else "drill", action.trap.id),)
        view = self._store.peek
        return tuple(
            self._run(part, stem if not n else f"{stem}.{n + 1}", verbs.word(part), verbs.target(part, view))
            for n, (_, part) in enumerate(verbs.by_source(action))
        )

    def refuse_twice(self, run: Run) -> None:
        """What is known here of who does the same now; the journal is asked for the others before anything is sent. Raises
        `Refused`."""
        key = self._exclusive(run)
        for other in self._store.runs if key else ():
            if not other.state.settled and not isinstance(other.action, (Cancel, Reply)) and self._exclusive(other) == key:
                raise Refused(under_way(other))

    def write_all(self, runs: tuple[Run, ...]) -> tuple[Run, ...]:
        """`write` them; those that may not go on after the first are given back as failed. Raises `Refused` for the first."""
        begun: list[Run] = []
        for run in runs:
            try:
                self.write(run)
            except Refused as refused:
                if not begun:
                    raise
                # the first part is on its way: this one is told as a run that failed
                run = msgspec.structs.replace(run, state=RunState.FAILED, reason=str(refused))
            begun.append(run)
        return tuple(begun)

    def write(self, run: Run) -> None:
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
        self._logbook.note("run.started", run)

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
        return msgspec.structs.replace(run, output_path=str(self._output(run_id)))

    def _several(self, action: StartMany, run_id: str) -> Run:
        """It is begun for all that were shown, exactly as shown, or for none."""
        for aim, start in zip(action.aims, action.starts(), strict=True):
            plan = self._plan(start)
            if problem := plan.refused or difference(start, plan):
                raise Refused(f"{aim.name}: {problem}; nothing was begun")
            self._refuse_secrets(start, plan)
        return self._run(action, run_id, action.runbook, named(action.aims))

    def part(self, action: Start, whole: Run, number: int) -> Run:
        """The run for the target of that number (from 1) of a run for several: approved where that is. Raises `Refused`."""
        run = self._starting(action, f"{whole.id}.{number}")
        return msgspec.structs.replace(run, part_of=whole.id, approved_by=whole.approved_by)

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
        return Run(
            id=run_id, at=self._clock.now(), who=self._who, action=action, what=what, target=target, state=RunState.PENDING,
            drill=self._practice(action),
        )  # fmt: skip

    def _practice(self, action: Action) -> bool:
        """Whether every alert that an action is about is a drill, as far as is known now."""
        view = self._store.peek
        rows = [view.alert(ref) for ref in touched(action)]
        return bool(rows) and all(row is not None and rehearses(row.alert) for row in rows)

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
            case StartMany(runbook=runbook, aims=aims):
                return f"several:{runbook}:{','.join(sorted(str(aim.alert) for aim in aims))}"
            case PagePeople(to=to, text=text):
                return f"page:{','.join(to)}:{text}"
            case Approve(run_id=run_id):
                return f"approve:{run_id}"
            case ChangeIncident(incident="", data=data):
                return f"incident:{data.get('title', '')}"
            case DrillTrap(trap=trap):
                return f"drill:{trap.id}"
            case ChangeIncident():
                return ""  # two people may well note something at once
            case action:
                return verbs.exclusive(action, verbs.by_source(action)[0][0])

    def _needs_journal(self, run: Run) -> bool:
        if isinstance(run.action, Start):
            return not run.action.dry_run and self._plan(run.action).runbook.changes is not None
        if isinstance(run.action, StartMany):
            return self._plan(run.action.starts()[0]).runbook.changes is not None
        if isinstance(run.action, (PagePeople, Cancel, Reply)):
            return False  # help can be called for whatever else fails
        if isinstance(run.action, (Approve, ChangeIncident, DrillTrap)):
            return True  # that somebody said yes must be known afterwards; an incident and a drill are nothing but their entries
        source = self._source(verbs.by_source(run.action)[0][0])
        return source is not None and source.provider_name == LOCAL  # which keeps what people do in the journal itself
