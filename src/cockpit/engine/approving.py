"""The two-person rule in the engine: a run that waits for another's approval, and what others wait for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

import msgspec

from ..core.actions import Approve, Run, RunState
from ..core.approvals import Answer, Heard, awaited, petition
from ..core.plans import Plan
from ..core.runbooks import Runbook
from ..provider import Clock
from . import meeting
from .aside import Aside
from .consent import Consent
from .failures import said
from .journal import JournalError

Keep = Callable[[Run], Awaitable[None]]
"""Writes a run down and shows it; raises `JournalError` where that cannot be."""


class Approving:
    """``folder`` gives the directory of `meeting`, "" for none; ``judge`` is as for `Consent`; ``host`` names this machine. What
    blocks is done aside. Methods belong to the engine's loop, but for `problem`."""

    def __init__(self, clock: Clock, folder: Callable[[], str], judge: Callable[[str, str], str], host: Callable[[], str]) -> None:
        self._clock, self._folder, self._host = clock, folder, host
        self._aside = Aside("approvals")
        self.consent = Consent(clock, folder, judge)
        self.heard: tuple[Heard, ...] = ()
        self.fault = ""

    def problem(self, runbook: Runbook) -> str:
        """Why what needs another's approval cannot be begun here; "" if it can, or needs none."""
        return self.consent.problem() if runbook.approve is not None else ""

    async def listen(self) -> bool:
        """Hear what others ask for; whether that is something else than before."""
        before = self.heard, self.fault
        folder = self._folder()
        self.heard, self.fault = await self._aside.do(partial(meeting.waiting, folder)) if folder else ((), "")
        return before != (self.heard, self.fault)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What others ask for, and why that cannot be known, in words."""
        asked = (f"Y shows what {each.said} (`cockpit approve {each.short}`)" for each in self.heard if not each.mine)
        return (*([self.fault] if self.fault else []), *asked)

    async def granted(
        self, run: Run, plans: Sequence[Plan], again: Callable[[], Sequence[Plan]], keep: Keep, order: str = ""
    ) -> tuple[Run, str]:
        """Have another approve exactly these plans, in that ``order`` where they are several, and give the run as it then stands:
        it may begin where it is ``RUNNING``, and that is written down; and who said so. ``again`` makes the plans as things are
        then."""
        until = run.at + timedelta(seconds=float(plans[0].runbook.approve_within))
        asked = petition(plans, run=run.id, who=run.who, host=self._host(), at=run.at, until=until, order=order)
        try:
            await keep(msgspec.structs.replace(run, state=RunState.AWAITING, reason=awaited(run.id, until)))
            verdict = await self.consent.asked(asked, lambda: _changed(plans, again()))
            state, why, by = verdict.state, verdict.why, verdict.by
        except (OSError, JournalError) as error:
            state, why, by = RunState.FAILED, said(error), ""
        if state is RunState.RUNNING:
            try:
                await keep(msgspec.structs.replace(run, state=state, reason="", approved_by=by))
            except JournalError as error:  # killed after this it would read as if it had never begun
                state, why = RunState.FAILED, f"what changes the world is blocked while nothing is journalled: {said(error)}"
        if state is RunState.RUNNING:
            return msgspec.structs.replace(run, state=state, reason="", approved_by=by), by
        waited = (self._clock.now() - run.at).total_seconds()
        return msgspec.structs.replace(run, state=state, reason=f"{why}; nothing was executed", seconds=waited), by

    def named(self, run_id: str) -> str:
        """What another's run is, for people."""
        found = next((each for each in self.heard if each.petition.run == run_id), None)
        return (
            run_id
            if found is None
            else f"{found.petition.runbook} of {found.login}" + (f" on {found.target}" if found.target else "")
        )

    async def answered(self, action: Approve) -> tuple[RunState, str]:
        """Say to another's run what this person says; whether that counts, and why it does not."""
        words = Answer(digest=action.digest, approved=action.approved, why=action.why)
        found = await self._aside.do(partial(meeting.answer, self._folder(), action.run_id, words))
        await self.listen()
        return found

    def close(self) -> None:
        """Nothing more is asked or heard."""
        self._aside.close()


def _changed(before: Sequence[Plan], now: Sequence[Plan]) -> str:
    for one, other in zip(before, now, strict=False):
        if other.refused:
            return other.refused
        if (one.runbook, one.steps, one.target, one.changes, one.values) != (
            other.runbook,
            other.steps,
            other.target,
            other.changes,
            other.values,
        ):
            return f"what would be done {f'on {one.target} ' if one.target else ''}has changed since it was asked for"
    return "" if len(before) == len(now) else "other targets would be meant now"
