"""The engine without its thread: single steps for a command that does one thing and ends, and the answers that need no thread."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Self

import msgspec

from ..core.actions import Action, Run, Start
from ..core.aftermath import Past
from ..core.alerts import Alert, Ref
from ..core.books import Books
from ..core.margins import Margin
from ..core.plans import Plan
from ..core.questions import Answered, Question
from ..core.roster import OnCall
from ..core.roster import zone as at_zone
from ..core.runbooks import Runbook
from ..core.schedule import Schedule, schedule
from ..core.text import clean
from ..core.view import View
from ..core.why import READ_ONLY, narrowed
from ..provider import ProviderError
from .carrying import Answer
from .desk import After, Followed, Refused, Rehearsed, Session, Tried
from .disturbed import disturbances
from .journal import JournalError, open_journal
from .parts import Parts
from .person import who_is

if TYPE_CHECKING:
    from ..core.arming import Proposals
    from ..core.causes import Cause
    from ..core.handover import Brief
    from ..core.incidents import Incident
    from .arming import Arming
    from .drilling import Route
    from .reporting import Reported


class Works(Parts):
    """What can be done with the parts (see there for how they are made) on the caller's own loop."""

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Self]:
        """On the caller's own loop: nothing happens but what is asked for."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._crew.heard)
        with contextlib.suppress(JournalError):  # the journal's `problem` is in every view
            self._store.put_runs(await self._aside.do(self.journal.runs))
        await self._aftermaths.follow()
        self._views.publish()
        try:
            yield self
        finally:
            await self._wind_up()
            self._loop = None

    async def once(self, *, look: bool = True) -> View:
        """Look at all traps (unless another process keeps them, or not ``look``), ask every source once, and give the view."""
        await self._rounds.once(look=look)
        return self._store.view

    async def do(
        self,
        action: Action,
        follow: Callable[[str], None] = lambda _: None,
        answer: Answer | None = None,
    ) -> tuple[Run, ...]:
        """Do it and wait until nothing more will happen to it by itself: a run for each source concerned. ``follow`` is called
        with a run's id again and again while it goes on, and once after; ``answer`` is asked for what a run waits for (``None``
        ends it), and without that a run that needs a person fails. Raises `Refused`. On the engine's own loop."""
        self._runner.attended = answer is not None
        self._refuse(action)
        runs = await self._dispatch.begin(narrowed(action, self._views.now(), self.can))
        await self._carrying.attend(runs, follow, answer)
        self._views.publish()
        return tuple(self._store.run(run.id) or run for run in runs)

    async def on_call(self, at: datetime) -> tuple[tuple[OnCall, ...], tuple[str, ...]]:
        """Who is on call everywhere at ``at`` (UTC), by level; and a sentence for each source that could not say."""
        return await self._sources.on_call(at)

    async def schedule(self, since: datetime, until: datetime, roster: str = "") -> Schedule:
        """All rosters, or one, between two moments (UTC), with what follows from it: gaps, clashes, loads."""
        laid = (await self._sources.lay_out(since, until)).only(roster)
        try:
            disturbed = await self._aside.do(lambda: disturbances(self.journal, since))
        except JournalError as error:
            disturbed = ()
            laid = msgspec.structs.replace(laid, silent=(*laid.silent, f"interruptions cannot be counted: {error}"))
        return schedule(laid, self.here.people, since, until, disturbed)

    async def inquire(self, question: Question) -> Answered:
        """The answer of a source to a question, waited for. On the engine's own loop."""
        return await self._inquiries.ask(question)

    def tell_address(self, source: str, address: str) -> str:
        """See `Desk.tell_address`."""
        if self._views.read_only:
            raise Refused(READ_ONLY)
        try:
            return clean(str(self.here.tell_address(source, address, who_is(self.config))))
        except ProviderError as error:
            raise Refused(str(error)) from error

    def propose_traps(self, after: After) -> Proposals:
        """See `Desk.propose_traps`."""
        from ..core.arming import Proposals  # deferred: only who arms a trap needs these
        from ..discover import look, propose

        about = self._cause(after)
        if about is None:
            return Proposals()
        offered = propose(look()).suggestions
        return self._arming().proposed(about, [(each.trap, each.because) for each in offered if each.active])

    def try_trap(self, values: Mapping[str, str], after: After | None) -> Tried:
        """See `Desk.try_trap`."""
        try:
            return self._arming().tried(values, self._cause(after))
        except Refused as no:
            return Tried(problem=str(no))

    def lay_trap(self, name: str, text: str, after: After | None) -> str:
        """See `Desk.lay_trap`."""
        self._writes()
        try:
            return clean(self._arming().lay(name, text, who_is(self.config), self._cause(after)))
        except ProviderError as error:
            raise Refused(str(error)) from error

    def drill_route(self, trap: str, *, quiet: bool) -> Route:
        """See `Desk.drill_route`."""
        return self._rehearsals().route(trap, who_is(self.config), quiet=quiet)

    def follow_drill(self, trap: str) -> Rehearsed | None:
        """See `Desk.follow_drill`."""
        from ..core.roster import display  # deferred, as above
        from .rehearsals import followed

        return followed(self.journal, trap, self.clock.now(), display(self.here.people))

    def handover(self, laid: Schedule) -> Brief:
        """See `Desk.handover`."""
        from ..core.roster import display  # deferred: no screen that opens needs it
        from .handover_facts import gathered

        try:
            return gathered(self.journal, self._store.peek, laid, self.here.config.storm, called=display(self.here.people))
        except JournalError as error:
            raise Refused(str(error)) from error

    def note_for_next(self, text: str) -> None:
        """See `Desk.note_for_next`."""
        from .handing import leave  # deferred, as above

        self._writes()
        try:
            leave(self.journal, text, who_is(self.config), self.clock.now())
        except (JournalError, ValueError) as error:
            raise Refused(str(error)) from error

    def hand_over(self, brief: Brief, taker: str) -> str:
        """See `Desk.hand_over`."""
        from .handing import mark  # deferred, as above

        self._writes()
        try:
            return mark(self.journal, brief, taker, who_is(self.config), self.clock.now())
        except JournalError as error:
            raise Refused(str(error)) from error

    def _writes(self) -> None:
        """Raises `Refused` where nothing may be written."""
        if self._views.read_only:
            raise Refused(READ_ONLY)

    def _cause(self, after: After | None) -> Cause | None:
        """What a trap is armed after, as it is now. Raises `Refused` for an incident that there is not, or that became another."""
        from ..core.causes import of_alert, of_incident  # deferred, as above

        if after is None or isinstance(after, Ref):
            row = self._views.now().alert(after) if after is not None else None
            return of_alert(row.alert) if row is not None else None
        here = self._incidents.known().get(after)
        if here is None or here.into:
            raise Refused(f"{after} was merged into {here.into}: say it of that one" if here else f"there is no incident {after}")
        return of_incident(here)

    def _arming(self) -> Arming:
        from .arming import Arming  # deferred, as above

        return Arming(self.here, self.journal, self.clock, lambda: self.here.config)

    def report(self, since: datetime, until: datetime, zone: str) -> Reported:
        """See `Desk.report`. It reads through a connection of its own: those who draw do not wait behind it."""
        from .reporting import laid_here, reported  # deferred: few look at a report

        config, host, journal = self.here.config, self.here.host, open_journal(self._state_dir, self.clock)
        try:
            people, traps = tuple(config.people.values()), laid_here(config, journal, until)
            return reported(journal, people, traps, host, self.bookcase.runbooks.values(), since, until, at_zone(zone))
        except JournalError as error:
            raise Refused(str(error)) from error
        finally:
            journal.close()

    def plan(self, runbook: str, alert: Ref | None, given: Mapping[str, str]) -> Plan:
        """A runbook resolved for an alert as it is now: the exact preview. What cannot be (any more) says why in ``refused``."""
        return self._plans.of(runbook, alert, given)

    def choices(self, runbook: str, param: str) -> tuple[str, ...]:
        """See `Desk.choices`."""
        return self._plans.choices(runbook, param)

    def owns(self, run_id: str) -> bool:
        """See `Desk.owns`."""
        return run_id in self._dispatch.mine

    def way_back(self, run_id: str) -> Plan | None:
        """See `Desk.way_back`."""
        return self._runner.ways_back(run_id)

    def find_way_back(self, run: Run) -> Plan | None:
        """See `Desk.find_way_back`."""
        from ..core.ways_back import WayBack, after, plan_back  # deferred: no screen that opens needs it
        from .twice import still_running  # as above

        plan = self._runner.ways_back(run.id)
        if not isinstance(run.action, Start) or run.action.dry_run:
            return plan
        try:
            way, undoing = self.journal.way_back(run.id)
        except JournalError as error:
            if plan is not None:
                return plan  # whether it may be begun is asked of the journal again then
            raise Refused(str(error)) from error
        if why := undoing.says if undoing is not None and undoing.final else still_running([run]):
            gone = Runbook(name=run.action.runbook, title=run.action.runbook, steps=())
            return plan_back(gone, (), WayBack(lost=why))
        if plan is None and way is not None and run.state.settled:
            plan = self._plans.back(run, way)
        if plan is None:
            return None
        if undoing is not None and undoing.run != plan.after:
            plan = after(plan, undoing)
        if not plan.refused:
            self._runner.remember(run.id, plan)
        return plan

    def hold(self, secret: str) -> str:
        """See `Desk.hold`."""
        return self._vault.hold(secret)

    def terminal(self, run_id: str) -> Session | None:
        """See `Desk.terminal`."""
        return self._runner.session(run_id)

    async def read_library(self) -> None:
        """Look at the directories of runbooks: for a command that needs them. The engine does so by itself."""
        await self._rounds.read_library()

    def books(self) -> Books:
        """See `Desk.books`."""
        return self.bookcase.books

    def margin(self, book: str, alert: Ref | None) -> Margin:
        """See `Desk.margin`."""
        return self._margins.of(book, alert)

    def tick(self, book: str, alert: Ref | None, box: str) -> None:
        """See `Desk.tick`."""
        self._margins.tick(book, alert, box)

    def leave(self, book: str, line: int) -> None:
        """See `Desk.leave`."""
        self._margins.leave(book, line)

    def incidents(self) -> Mapping[str, Incident]:
        """See `Desk.incidents`."""
        return self._incidents.known()

    def follow_incident(self, incident: str) -> Followed | None:
        """See `Desk.follow_incident`."""
        return self._incidents.followed(incident, tuple(self.here.people))

    def incident_of(self, alert: Ref) -> str:
        """See `Desk.incident_of`."""
        return self._incidents.of(alert)

    def past(self, alert: Alert) -> tuple[Past, ...]:
        """See `Desk.past`."""
        return self._aftermaths.before(alert)
