"""A replay as a screen sees it: the desk of an engine, at which nothing can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..config.model import Config
from ..core.actions import Action, Run, Start
from ..core.aftermath import Aftermath, Past
from ..core.alerts import LOCAL, Alert, AlertState, Ref
from ..core.books import Books
from ..core.curves import Curve
from ..core.margins import Margin
from ..core.plans import Plan
from ..core.questions import Answered, Question
from ..core.roster import zone as at_zone
from ..core.schedule import Schedule
from ..core.traps import TrapView
from ..core.view import View
from .desk import After, Followed, Output, Refused, Rehearsed, Session, Told, Tried
from .hits import Hits
from .journal import JournalError
from .listing import NotListed
from .planning import resolved
from .replay import Replay

if TYPE_CHECKING:
    from ..core.arming import Proposals
    from ..core.handover import Brief
    from ..core.incidents import Incident
    from .drilling import Route
    from .reporting import Reported

HELPS = 600.0
"""Seconds in which a run has to have helped: what the recording does not say."""


class ReplayDesk:
    """Implements `desk.Desk` over a `Replay`; ``config`` is what the screen shows by."""

    def __init__(self, replay: Replay, config: Config) -> None:
        self._replay, self._config, self._hits = replay, config, Hits()
        began = replay.header.began_at
        host = f" of {replay.header.host}" if replay.header.host else ""
        self._no = f"this is a recording{host} from {began:%Y-%m-%d %H:%M} UTC: nothing can be done in it"

    @property
    def view(self) -> View:
        """See `Desk.view`."""
        return self._replay.store.view

    def silent_for(self) -> float:
        """See `Desk.silent_for`. A recording is not expected to say anything."""
        return 0.0

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """See `Desk.on_change`."""
        return self._replay.store.on_change(callback)

    def ask(self, action: Action) -> str:  # noqa: ARG002  # whatever it is
        """See `Desk.ask`."""
        raise Refused(self._no)

    def why_not(self, action: Action | type) -> str | None:  # noqa: ARG002  # as above
        """See `Desk.why_not`."""
        return self._no

    def plan(self, runbook: str, alert: Ref | None, given: Mapping[str, str]) -> Plan:
        """See `Desk.plan`."""
        view = self._replay.store.peek
        return resolved({each.name: each for each in view.runbooks}, view, runbook, alert, given, self._replay.header.people)

    def books(self) -> Books:
        """See `Desk.books`."""
        return {}

    def margin(self, book: str, alert: Ref | None) -> Margin:  # noqa: ARG002  # nothing is in any
        """See `Desk.margin`."""
        return Margin()

    def tick(self, book: str, alert: Ref | None, box: str) -> None:  # noqa: ARG002
        """See `Desk.tick`."""
        raise Refused(self._no)

    def leave(self, book: str, line: int) -> None:
        """See `Desk.leave`. Nobody comes back to it."""

    def hits(self, source: str, match: str) -> tuple[Ref, ...]:
        """See `Desk.hits`."""
        return self._hits.of(self.view, self._replay.clock.now(), source, match)

    def silence_problem(self, source: str, match: str, ends_at: datetime | None) -> str:  # noqa: ARG002  # nothing is known against it
        """See `Desk.silence_problem`."""
        return ""

    def reached(self, to: Sequence[str], via: Sequence[str] = ()) -> tuple[tuple[Told, ...], tuple[str, ...]]:  # noqa: ARG002
        """See `Desk.reached`."""
        return (), tuple(f"{each}: how to reach anybody is not in a recording" for each in to)

    def output(self, run_id: str, since: int = 0) -> Output:
        """See `Desk.output`."""
        return self._replay.archive.output(run_id, since, self._replay.clock.position)

    def owns(self, run_id: str) -> bool:  # noqa: ARG002
        """See `Desk.owns`."""
        return False

    def way_back(self, run_id: str) -> Plan | None:  # noqa: ARG002
        """See `Desk.way_back`."""
        return None

    def find_way_back(self, run: Run) -> Plan | None:  # noqa: ARG002
        """See `Desk.find_way_back`."""
        raise Refused(self._no)

    def hold(self, secret: str) -> str:  # noqa: ARG002  # it is kept nowhere
        """See `Desk.hold`."""
        raise Refused(self._no)

    def choices(self, runbook: str, param: str) -> tuple[str, ...]:  # noqa: ARG002
        """See `Desk.choices`."""
        raise NotListed(self._no)

    def terminal(self, run_id: str) -> Session | None:  # noqa: ARG002
        """See `Desk.terminal`."""
        return None

    def past(self, alert: Alert) -> tuple[Past, ...]:
        """See `Desk.past`."""
        now, found = self._replay.clock.now(), list[Past]()
        there = now if alert.state is not AlertState.RESOLVED else None
        for run in self._replay.store.peek.runs:
            if isinstance(run.action, Start) and run.action.alert == alert.ref and not run.action.dry_run:
                ended = run.at + timedelta(seconds=run.seconds) if run.state.settled and run.seconds is not None else None
                after = Aftermath(
                    run=run.id, source=alert.ref.source, alert=alert.ref.id, name=alert.name, place=alert.where, began=run.at,
                    within=HELPS, trap=alert.trap, firing=alert.started_at, ended=ended, there=there,
                )  # fmt: skip
                found.append(Past(run, after))
        return tuple(found)

    def incidents(self) -> Mapping[str, Incident]:
        """See `Desk.incidents`."""
        return self._replay.incidents.known()

    def follow_incident(self, incident: str) -> Followed | None:
        """See `Desk.follow_incident`."""
        return self._replay.incidents.followed(incident, self._replay.header.people)

    def incident_of(self, alert: Ref) -> str:
        """See `Desk.incident_of`."""
        return self._replay.incidents.of(alert)

    def readings(self, trap: str, metric: str, since: datetime) -> tuple[tuple[float, float], ...]:
        """See `Desk.readings`."""
        return self._replay.archive.readings(trap, metric, since, self._replay.clock.now())

    def look_up(self, question: Question) -> Answered:
        """See `Desk.look_up`."""
        return self._replay.archive.reply(question, self._replay.clock.position)

    def series(self, about: Alert | TrapView, cells: int) -> Curve | None:  # noqa: ARG002  # of the points that are there
        """See `Desk.series`."""
        clock = self._replay.clock
        return self._replay.archive.curve(about, clock.position, clock.now())

    def laid_out(self, since: datetime, until: datetime) -> Schedule | None:
        """See `Desk.laid_out`."""
        return self._replay.archive.laid_out(since, until, self._replay.header.people, self._replay.clock.position)

    def refresh(self) -> None:
        """See `Desk.refresh`. There is nobody to ask."""

    def tell_address(self, source: str, address: str) -> str:  # noqa: ARG002
        """See `Desk.tell_address`."""
        raise Refused(self._no)

    def propose_traps(self, after: After) -> Proposals:  # noqa: ARG002  # this machine is another
        """See `Desk.propose_traps`."""
        from ..core.arming import Proposals  # deferred: few ask in a replay

        return Proposals()

    def try_trap(self, values: Mapping[str, str], after: After | None) -> Tried:  # noqa: ARG002
        """See `Desk.try_trap`."""
        return Tried(problem=self._no)

    def lay_trap(self, name: str, text: str, after: After | None) -> str:  # noqa: ARG002
        """See `Desk.lay_trap`."""
        raise Refused(self._no)

    def drill_route(self, trap: str, *, quiet: bool) -> Route:  # noqa: ARG002
        """See `Desk.drill_route`."""
        raise Refused(self._no)

    def follow_drill(self, trap: str) -> Rehearsed | None:
        """See `Desk.follow_drill`."""
        from ..core.roster import display  # deferred: few look at it
        from .rehearsals import followed

        return followed(self._replay.journal, trap, self._replay.store.peek.now, display(self._replay.header.people))

    def handover(self, laid: Schedule) -> Brief:
        """See `Desk.handover`."""
        from ..core.roster import display  # deferred: few look at it
        from .handover_facts import gathered

        try:
            header = self._replay.header
            return gathered(self._replay.journal, self._replay.store.peek, laid, header.storm, called=display(header.people))
        except JournalError as error:
            raise Refused(str(error)) from error

    def note_for_next(self, text: str) -> None:  # noqa: ARG002
        """See `Desk.note_for_next`."""
        raise Refused(self._no)

    def hand_over(self, brief: Brief, taker: str) -> str:  # noqa: ARG002
        """See `Desk.hand_over`."""
        raise Refused(self._no)

    def report(self, since: datetime, until: datetime, zone: str) -> Reported:
        """See `Desk.report`."""
        from .reporting import reported  # deferred, as above

        try:
            replay, view, people = self._replay, self._replay.store.peek, tuple(self._config.people.values())
            laid = [each for each in view.traps if each.source == LOCAL]  # as the recording has them: no config here lays them
            return reported(replay.journal, people, laid, replay.header.host, view.runbooks, since, until, at_zone(zone))
        except JournalError as error:
            raise Refused(str(error)) from error

    def set_read_only(self, on: bool) -> str | None:  # noqa: ARG002
        """See `Desk.set_read_only`."""
        return self._no
