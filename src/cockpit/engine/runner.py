"""Executes the steps of runbooks, in their order and under deadlines, and keeps what they print. `steps` says how each is done.

A run goes on when the terminal stalls, because the engine has a thread of its own. See `spool` for what is kept of the output.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..config.secrets import SecretError
from ..core.actions import RunState
from ..core.asking import Want
from ..core.jobs import Far
from ..core.plans import Plan
from ..core.steps.step import Do
from ..core.text import clean
from ..provider import Clock, ProviderError
from .course import Course
from .desk import Output, Session
from .far import Engines
from .saying import said
from .spool import CAP, LINE_CAP, Spool, kept
from .steps.deeds import deed
from .steps.doing import DISK, Deed, Doing, Going, Outcome
from .steps.world import NOWHERE

if TYPE_CHECKING:
    from ..core.ways_back import WayBack

ASKING = 30.0
"""Real seconds in which those who keep the secrets of a run's steps have to give them."""
_REMEMBERED = 8  # so many ended runs keep their lines in memory; of the others the file is read
_WAYS_BACK = 500  # so many can still be taken back: what one holds is small, and one run may have many targets


class Runner:
    """Executes plans; several at once. ``hidden`` names the environment variables that no program gets: the secrets that the config
    refers to. ``grace`` is how long (seconds) a program may take to end after TERM; ``engines`` takes orders for other engines.
    Methods belong to the engine's loop, except `output`, which any thread may call. ``on_want`` is called with a run's id when
    it begins to wait for a person, and with ``None`` when it ceases to, ``on_step`` with each of several steps that it comes
    to, ``on_way_back`` with what takes an ended one back, as it is kept (empty where nothing does any more), ``on_about_to``
    with what would take it back then, before each step from the first with a way back on, ``on_failing`` once it will not
    succeed, whatever is still asked or taken back; ``attended`` says whether there is anybody to ask, ``world`` what steps may
    reach beyond programs, ``deed`` makes the doing of each; ``secrets`` gives what no output may hold, and may block,
    ``fetched`` what this process has fetched of that so far, and does not."""

    def __init__(
        self,
        state_dir: Path,
        clock: Clock,
        *,
        hidden: Sequence[str] = (),
        grace: float = 5.0,
        cap: int = CAP,
        line_cap: int = LINE_CAP,
        engines: Engines | None = None,
    ) -> None:
        self._engines = engines
        self.folder = state_dir / "runs"
        self.hidden = frozenset(hidden)
        self._clock, self._grace, self._cap, self._line_cap = clock, grace, cap, line_cap
        self._going: dict[str, Going] = {}
        self._unwanted: dict[str, str] = {}
        self._ways_back: dict[str, Plan] = {}
        self._shut = ""
        self.world = NOWHERE
        self.deed: Callable[[Do, Doing], Deed] = deed
        self.secrets: Callable[[], Collection[str]] = tuple
        self.fetched: Callable[[], Collection[str]] = tuple
        self.attended = True
        self.on_want: Callable[[str, Want | None], None] = lambda _id, _want: None
        self.on_step: Callable[[str, str], None] = lambda _id, _step: None
        self.on_failing: Callable[[str], None] = lambda _id: None
        self.on_way_back: Callable[[str, WayBack], None] = lambda _id, _way: None
        self.on_about_to: Callable[[str, WayBack], Awaitable[None]] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._spools: dict[str, Spool] = {}

    def path(self, run_id: str) -> Path:
        """The file that keeps a run's output."""
        return self.folder / f"{run_id}.log"

    async def execute(
        self,
        run_id: str,
        plan: Plan,
        *,
        dry_run: bool = False,
        far: Far | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Execute the steps in order; ``secrets`` are the values of those parameters, by name. A step that fails ends the run,
        unless it says ``continue_on_error``. ``far`` is what an earlier cockpit ordered elsewhere: it is followed from its
        beginning, and its output kept anew. `RunState.RUNNING` is the outcome where the cockpit is closed and the run goes on
        elsewhere. Never raises for what a program does. Not to be cancelled as a task: `cancel` is how a run is ended, so that
        nothing of it is left behind."""
        begun = self._clock.mono()
        secrets = secrets or {}
        going = self._begin(run_id, secrets)
        lost = ""
        try:
            try:
                going.spool = await going.write(partial(self._opened, run_id, going, anew=far is not None), DISK)
            except TimeoutError:
                going.given_up = True
                reason = f"nothing was started: the disk of {clean(str(self.folder))} does not answer"
                return Outcome(RunState.FAILED, None, self._clock.mono() - begun, reason)
            self._remember(run_id, going.spool)
            await self._learn(going, () if dry_run else plan.references)
            if dry_run:
                await going.write(partial(self._rehearse, going, plan))
                outcome = Outcome(RunState.CONFIRMED, None, 0.0, "dry run: nothing was executed")
            else:
                course = Course(
                    plan, going, self._clock, self.hidden, self._grace, self._engines, far, self.world, secrets, self.deed
                )  # fmt: skip
                outcome = await course.run(begun)
                if (back := course.way_back()) is not None:
                    self.remember(run_id, back[0])
                    self.on_way_back(run_id, back[1])
                elif going.kept:
                    self._taken_back_already(run_id)
            try:
                await going.write(going.spool.close, DISK)
            except TimeoutError:
                lost = f"its output is not kept: the disk of {clean(str(going.spool.path))} does not answer"
        finally:
            going.close(self._spools.get(run_id))
            del self._going[run_id]
            if not self._going:
                self._idle.set()
        withheld = f"{going.withheld} bytes of its output were withheld: its secrets were not known" if going.withheld else ""
        reason = "; ".join(filter(None, (outcome.reason, lost or going.spool.problem, withheld)))
        return msgspec.structs.replace(outcome, reason=going.told(reason), seconds=self._clock.mono() - begun)

    def _begin(self, run_id: str, secrets: Mapping[str, str]) -> Going:
        """It goes on from here, unless it was given up before it came to its turn."""
        going = self._going[run_id] = Going(run_id, self.on_want, self.fetched)
        going.attended = self.attended
        going.reached = partial(self.on_step, run_id)
        going.failing = partial(self.on_failing, run_id)
        going.keeps = partial(self.on_about_to, run_id) if self.on_about_to is not None else None
        for secret in secrets.values():
            going.confide(secret)
        if unwanted := self._shut or self._unwanted.pop(run_id, ""):
            going.end(unwanted)
        self._idle.clear()
        return going

    def _taken_back_already(self, run_id: str) -> None:
        """What was kept while it went on does not count any more."""
        from ..core.ways_back import WayBack  # deferred: no screen that opens needs it

        self.on_way_back(run_id, WayBack())

    def cancel(self, run_id: str, why: str) -> None:
        """End a run, also one that has not begun yet; ``why`` goes into its reason."""
        going = self._going.get(run_id)
        if going is None:
            self._unwanted[run_id] = why
            return
        going.end(why)

    def answer(self, run_id: str, number: int, value: str, who: str) -> None:
        """What a person says to the question of that number; nothing where the run does not wait for that any more."""
        if (going := self._going.get(run_id)) is not None:
            going.answer(number, value, who)

    def ways_back(self, run_id: str) -> Plan | None:
        """What takes back what a run has done, as a plan of its own, which says why where that cannot be; ``None`` where there is
        nothing to take back (any more), or it is not known here: of this process's own runs it is, of others once it was looked
        for (`remember`)."""
        return self._ways_back.get(run_id)

    def remember(self, run_id: str, back: Plan) -> None:
        """This takes that run back: for `ways_back`."""
        self._ways_back[run_id] = back
        while len(self._ways_back) > _WAYS_BACK:
            del self._ways_back[next(iter(self._ways_back))]

    def leave_alone(self) -> None:
        """There is nobody to ask any more."""
        self.attended = False
        for going in self._going.values():
            going.attended = False

    def used(self, run_id: str) -> None:
        """A run is being taken back: how that ends decides what is offered next, and the journal knows it."""
        self._ways_back.pop(run_id, None)

    def session(self, run_id: str) -> Session | None:
        """What a run wants executed at a terminal; any thread may ask."""
        going = self._going.get(run_id)
        return going.session if going is not None else None

    def shut(self, why: str) -> None:
        """End all runs, and begin none any more; what goes on elsewhere is left to itself."""
        self._shut = why
        for going in self._going.values():
            going.shut = True
            going.end(why)

    async def idle(self) -> None:
        """Wait until no run is under way."""
        await self._idle.wait()

    def output(self, run_id: str, since: int = 0) -> Output:
        """What a run has printed from line ``since`` on, also one of an earlier cockpit."""
        spool = self._spools.get(run_id)
        if spool is not None:
            return spool.lines(since)
        if not re.fullmatch(r"[\w.-]+", run_id, re.ASCII):
            return Output(())
        return kept(self.path(run_id), since)

    async def _learn(self, going: Going, references: Collection[str]) -> None:
        """What may not be seen in any output. Some lie in files: a disk that does not answer holds up this run alone. Those that
        its steps send (``references``) somebody has to be asked for; they are known before anything can print them."""
        if not await going.learn(self.secrets, DISK):
            await going.say("… the secrets of the config cannot be read (a disk does not answer): until then no output is shown")
        if references and not await going.learn(partial(self._said, references), ASKING):
            await going.say("… the secrets that its steps send are not to be had: until then no output is shown")

    def _said(self, references: Collection[str]) -> list[str]:
        found: list[str] = []
        for reference in references:
            with contextlib.suppress(SecretError, ProviderError):  # the step that needs it says so
                found.append(self.world.secret(reference).reveal())
        return found

    def _opened(self, run_id: str, going: Going, *, anew: bool) -> Spool:
        if anew:
            with contextlib.suppress(OSError):  # what cannot be taken away is said when it cannot be written
                self.path(run_id).unlink(missing_ok=True)
        spool = Spool(self.path(run_id), cap=self._cap, line_cap=self._line_cap)
        if going.given_up:
            spool.close()
        return spool

    def _remember(self, run_id: str, spool: Spool) -> None:
        self._spools[run_id] = spool
        for old in [each for each in self._spools if each not in self._going][:-_REMEMBERED]:
            del self._spools[old]

    def _rehearse(self, going: Going, plan: Plan) -> None:
        for step in plan.steps:
            for line in said(step):
                going.spool.say(going.told(line), unrecorded=True)
