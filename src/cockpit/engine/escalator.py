"""Wakes people: carries out the escalation policies for this machine's alerts, in the one process that keeps the traps.

Each page is written down as begun before it is sent, in a transaction that also sees to it that this process holds the lease and
that nobody else has begun the same; what came of it is written down after. Killed in between, the next keeper sends that page again
under the same key: at least once, and a far side that knows the key takes it once. Where nothing can be written, see `PageBook`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec

from ..core.alerts import Alert
from ..core.drills import DRILL_SUFFIX
from ..core.escalation import TRIES, Firing, due, endings
from ..core.marks import Numbered
from ..core.paged import PageState
from ..core.pages import Attempt
from ..core.paging import Page
from ..provider import Clock, NotFound, Recipient, Unreachable
from .aside import Aside
from .channels import Channels, NotTold
from .journal import Journal
from .page_book import PageBook
from .page_words import page_of
from .paging import Plan, firing_of, over

LOOK = 5.0
"""Seconds between looks at whether somebody must be told, at most."""
SOON = 0.2
"""Seconds between them at least."""


class ByHand(msgspec.Struct, frozen=True):
    """Everybody whom a person paged was told: by which channels, in ``told``. ``amiss`` says which others failed, and why; "" where
    none did."""

    told: str
    amiss: str = ""


class Escalator:
    """``alerts`` gives this machine's alerts (it may block: it is called aside), ``plan`` the escalations as configured now,
    ``leads`` whether this process keeps the traps. ``on_change`` is called on the loop when somebody was told, or could not be."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        channels: Channels,
        *,
        alerts: Callable[[], Sequence[Numbered]],
        plan: Callable[[], Plan],
        leads: Callable[[], bool],
        host: str,
        pid: int,
        on_change: Callable[[], None],
    ) -> None:
        self._clock, self._channels = clock, channels
        self._alerts, self._plan, self._leads = alerts, plan, leads
        self._host, self._on_change = host, on_change
        self._aside = Aside("pages")
        self._nudged = asyncio.Event()
        self._sending: dict[str, asyncio.Task[Attempt]] = {}
        self._book = PageBook(journal, self._aside, pid, leads)

    def nudge(self) -> None:
        """Look now: an alert or an acknowledgement has changed. On the loop."""
        self._nudged.set()

    async def run(self) -> None:
        """Until cancelled. Pages under way are waited for a moment; what does not end then is sent again by the next keeper. Where
        it ends by a fault of ours it may be run again: pages under way go on."""
        try:
            while True:
                self._nudged.clear()
                wait = await self._round() if self._leads() and self._plan().ways else LOOK
                await self._rest(max(SOON, min(LOOK, wait)))
        except asyncio.CancelledError:
            await self._wind_up()
            raise

    async def _wind_up(self) -> None:
        if self._sending:
            await asyncio.wait(self._sending.values(), timeout=2.0)
        for task in self._sending.values():
            task.cancel()
        self._aside.close()

    async def by_hand(self, run_id: str, to: Sequence[str], via: tuple[str, ...], page: Page, about: Numbered | None) -> ByHand:
        """Tell these people now, whatever the policies say; gives who was told, and who was not by every channel. Raises `NotFound`
        where there is nobody to tell, `NotTold` where somebody was told by none, or nobody knows."""
        plan, now = self._plan(), self._clock.now()
        people, gaps = plan.by_hand(to, via, now)
        wanted = [
            Attempt(
                key=f"by-hand/{run_id}/{each.person}/{channel}",
                alert=about.alert.ref.id if about is not None else f"page:{run_id}{DRILL_SUFFIX * page.drill}",
                firing=about.firing if about is not None else 0,
                policy="",
                begun_at=now,
                person=each.person,
                channel=channel,
                page=msgspec.structs.replace(page, person=each.person),
            )
            for each in people
            for channel in each.channels
        ]
        if not wanted:
            raise NotFound("; ".join(gaps) or "there is nobody to tell")
        told = await asyncio.gather(*map(self._send, await self._book.begin(wanted, leading=False)))
        if about is None:
            await self._book.close({(wanted[0].alert, 0)}, now)
        lost = [each for each in told if each.state is not PageState.SENT]
        reached = {each.person for each in told if each.state is PageState.SENT}
        well = ", ".join(f"{plan.called(each.person)} by {each.channel}".strip() for each in told if each.state is PageState.SENT)
        without = [each for each in lost if each.person not in reached]
        if without or gaps:
            failed = [f"{plan.called(each.person) or each.channel} by {each.channel}: {each.why}" for each in lost]
            not_told = "; ".join((*failed, *gaps))
            words = f"told {well}; not told {not_told}" if well else not_told
            raise NotTold(words, maybe=not gaps and all(each.lodged for each in without))
        many = len(reached) > 1
        amiss = "; ".join(f"not {plan.called(each.person) + ' ' if many else ''}by {each.channel}: {each.why}" for each in lost)
        return ByHand(well, amiss)

    async def _rest(self, seconds: float) -> None:
        nudge, nap = asyncio.ensure_future(self._nudged.wait()), asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait({nudge, nap}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            nudge.cancel()
            nap.cancel()

    async def _round(self) -> float:
        """Begin what is due. Gives the seconds until something is due again."""
        try:
            alerts = await self._aside.do(self._alerts)
        except Unreachable:
            return LOOK  # the journal has never been read: nothing is known of any alert
        attempts, gone = await self._book.known()
        now = self._clock.now()
        current = {(each.alert.ref.id, each.firing): each.alert for each in alerts}
        orphans = gone - self._sending.keys()
        wanted: list[Attempt] = []
        done: set[tuple[str, int]] = set()
        moments: list[datetime] = []
        for firing, alert in current.items():
            found, again_at = self._due(firing, alert, attempts, now, orphans)
            wanted += found
            moments += [again_at] if again_at is not None else []
        wanted += _lost_by_hand(attempts, orphans)
        for firing in {(each.alert, each.firing) for each in attempts} - current.keys():
            found, again_at = self._ended(firing, attempts, now, orphans)
            wanted += found
            moments += [again_at] if again_at is not None else []
            if not found and again_at is None and not any(self._is_open(each, firing, orphans) for each in attempts):
                done.add(firing)
        await self._begin(wanted, current)
        done -= {(each.alert, each.firing) for each in wanted}  # closed, nobody would take them up if this process died too
        if done:
            await self._book.close(done, now)
        return min(((each - now).total_seconds() for each in moments), default=LOOK)

    def _due(
        self, firing: tuple[str, int], alert: Alert, attempts: Sequence[Attempt], now: datetime, orphans: frozenset[str]
    ) -> tuple[Sequence[Attempt], datetime | None]:
        plan = self._plan()
        policy = plan.policy_for(alert, now)
        if policy is None:
            return self._endings(firing_of(alert, firing[1]), attempts, now, orphans)
        told = due(
            policy,
            firing_of(alert, firing[1]),
            attempts,
            now,
            plan.reach(alert.ref.id),
            lasting=plan.lasting,
            orphaned=lambda each: each.key in orphans,
        )
        return told.begin, told.again_at

    def _ended(
        self, firing: tuple[str, int], attempts: Sequence[Attempt], now: datetime, orphans: frozenset[str]
    ) -> tuple[Sequence[Attempt], datetime | None]:
        """What lasting channels must be told of a firing that is over."""
        mine = [each for each in attempts if (each.alert, each.firing) == firing]
        return self._endings(over(*firing, mine), mine, now, orphans)

    def _endings(
        self, firing: Firing, attempts: Sequence[Attempt], now: datetime, orphans: frozenset[str]
    ) -> tuple[Sequence[Attempt], datetime | None]:
        """What lasting channels must be told, whichever policies are configured by now."""
        told = endings(firing, attempts, now, lasting=self._plan().lasting, orphaned=lambda each: each.key in orphans)
        return told.begin, told.again_at

    def _is_open(self, attempt: Attempt, firing: tuple[str, int], orphans: frozenset[str]) -> bool:
        """Whether it is still being sent, here or elsewhere."""
        return (attempt.alert, attempt.firing) == firing and attempt.state is PageState.BEGUN and attempt.key not in orphans

    async def _begin(self, wanted: Sequence[Attempt], alerts: Mapping[tuple[str, int], Alert]) -> None:
        fresh = [each for each in wanted if each.key not in self._sending]
        if not fresh:
            return
        written = [self._with_page(each, alerts.get((each.alert, each.firing))) for each in fresh]
        for attempt in await self._book.begin(written):
            task = asyncio.get_running_loop().create_task(self._send(attempt))
            self._sending[attempt.key] = task
            task.add_done_callback(partial(self._sent, attempt.key))
        self._on_change()

    def _with_page(self, attempt: Attempt, alert: Alert | None) -> Attempt:
        """With what is sent: what was sent before under this key, or of this trouble; else what the alert says now."""
        if attempt.page is not None:
            page = msgspec.structs.replace(attempt.page, kind=attempt.kind)
        elif alert is not None and attempt.channel:
            page = page_of(attempt, alert, self._host)
        else:
            return attempt
        return msgspec.structs.replace(attempt, page=page)

    def _sent(self, key: str, _task: asyncio.Task[Attempt]) -> None:
        self._sending.pop(key, None)
        self._nudged.set()  # what failed hands on to the next at once
        self._on_change()

    async def _send(self, attempt: Attempt) -> Attempt:
        """Send one page and write down what came of it."""
        page = attempt.page
        try:
            if page is None:
                raise NotTold("what it was about is not known any more")
            said = await self._channels.tell(attempt.channel, page, self._recipient(attempt))
        except NotTold as error:
            state, why, lodged = PageState.FAILED, str(error), attempt.lodged or error.maybe
        else:
            state, why, lodged = PageState.SENT, said, True
        settled = msgspec.structs.replace(attempt, state=state, why=why, lodged=lodged, settled_at=self._clock.now())
        await self._book.settle(settled)
        return settled

    def _recipient(self, attempt: Attempt) -> Recipient:
        plan = self._plan()
        person = plan.people.get(attempt.person)
        if person is None:
            return Recipient(person=attempt.person, name=attempt.person)
        address = plan.address(person.id, attempt.channel)
        return Recipient(person=person.id, name=person.name, address=address, timezone=person.timezone)


def _lost_by_hand(attempts: Sequence[Attempt], orphans: frozenset[str]) -> list[Attempt]:
    """What a person sent, and the process that was to send it is gone: it is sent by this one."""
    lost = [each for each in attempts if not each.policy and each.key in orphans and each.tries < TRIES]
    return [msgspec.structs.replace(each, tries=each.tries + 1) for each in lost]
