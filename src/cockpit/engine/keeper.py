"""The keeper: looks at the traps, one process for each state directory, and never takes what it cannot see for healthy."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from contextlib import suppress
from functools import partial

from ..config.decode import Secrets
from ..config.secrets import resolve
from ..core.retention import Retention
from ..core.traps import Event, Trap, TrapState, Watch
from ..provider import Host
from .aside import Aside
from .backlog import Backlog
from .in_step import Thinner
from .journal import Journal, JournalError
from .looks import Looks
from .post import Post
from .probing import build
from .strays import Strays
from .tenure import TTL, Found, claim, survey
from .timers import Timers

SETTLE = 2.0
"""Seconds within which every trap has its first look begun."""
RENEW = TTL / 3
"""Seconds between two renewals of the lease."""
THIN = 60.0
"""Seconds between two small steps of thinning old readings: one trap each."""
PARTING = 2.0
"""Seconds that the end waits for the journal."""
CALM = 5.0
"""Seconds for which readings that turned nothing are gathered: to combine all facts anew for each costs more than the looks."""
EAGER = 15.0
"""Seconds after somebody asked for a look in which every look is told at once."""
_RETENTION = Retention()


class Keeper:
    """Everything here is called from the loop that `run` runs in, save ``watches``, ``leads`` and ``says``.

    It looks at each trap every ``trap.every`` seconds of monotonic time, the first time within two seconds. A look that is not over
    in its time (``trap.timeout``, else 10 s, never past two intervals) makes the trap blind; while it still hangs no second one is
    begun. Only the process that holds the lease looks; another follows, takes over when the holder is gone, and looks meanwhile at
    what the holder leaves out (see `Strays`). Where the journal fails it goes on looking: what it knows is in ``watches``, and is
    written down when that works again. ``died`` says, for people, which process did that this one followed and now stands in for.

    ``load`` gives a probe's class by name (`plugins.load`), ``secrets`` the secrets its config refers to; old readings and events
    are thinned by ``retention``, which may be set anew, unless the wall clock jumped (see `Thinner`). ``on_change`` is called
    on the loop whenever something is known anew: at once where a trap turned or somebody asked for the look, else within `CALM`.
    """

    def __init__(
        self,
        host: Host,
        journal: Journal,
        load: Callable[[str], type],
        *,
        traps: Iterable[Trap] = (),
        retention: Retention = _RETENTION,
        secrets: Secrets = resolve,
        on_change: Callable[[], None] = lambda: None,
        pid: int | None = None,
    ) -> None:
        self._clock, self._journal = host.clock, journal
        self.retention = retention
        self._on_change = on_change
        self._pid = os.getpid() if pid is None else pid
        self._posts: Mapping[str, Post] = {trap.name: Post(trap) for trap in traps}
        self._timers = Timers(self._clock)
        self._looks = Looks(self._clock, self._timers, lambda post: build(post.trap, load, host, secrets), self._took)
        self._aside = Aside("keeper's journal")
        self._thinner = Thinner(self._clock, journal, self._aside, self._pid)
        self._leads = False
        self._knows = False
        self._strays = Strays(self._clock, self._pid)
        self._minded: frozenset[str] = frozenset()
        self._term = 0
        self._eager_until = 0.0
        self._calm_news = False
        self._says = self.died = ""
        self._backlog = Backlog(journal, self._clock, self._timers, self._aside, self._spawn, self._written)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def watches(self) -> dict[str, Watch]:
        """What this process knows by looking itself: never older than the journal. While another process looks, that is what is
        looked at here because it is left out there."""
        minded = self._minded
        return {name: post.watch for name, post in self._posts.items() if self._knows or name in minded}

    @property
    def leads(self) -> bool:
        """Whether this process looks at the traps."""
        return self._leads

    @property
    def says(self) -> str:
        """Who looks at the traps, if it is somebody else, for the person; "" where it is this process."""
        return "" if self._leads else self._says

    async def run(self) -> None:
        """Keep the traps until cancelled; then what is unwritten is written and the lease given back."""
        self._term += 1
        self._spawn(self._tend(self._term))
        self._timers.after(THIN, partial(self._thin, self._term))
        try:
            await self._timers.run()
        finally:
            await self._finish()

    def set_traps(self, traps: Iterable[Trap]) -> None:
        """Guard these from now on. What was known of a trap with the same name stays."""
        posts: dict[str, Post] = {}
        fresh: list[Post] = []
        for trap in traps:
            old = self._posts.get(trap.name)
            if old is not None and old.trap == trap:
                posts[trap.name] = old
                continue
            posts[trap.name] = post = Post(trap)
            fresh.append(post)
            if old is not None:
                post.inherit(old)
        for name, old in self._posts.items():
            old.retired = posts.get(name) is not old
        self._posts = posts
        self._minded -= {post.trap.name for post in fresh} | (self._minded - posts.keys())
        if fresh and self._leads:
            self._spawn(self._guard(fresh))
        self._on_change()

    def look_all(self) -> None:
        """Look at every trap now, where this process is the one that looks."""
        self._eager_until = self._clock.mono() + EAGER
        for post in self._posts.values():
            if self._is_ours(post):
                self._looks.begin(post)

    async def look_now(self, name: str) -> Watch:
        """Look at one trap now; what is known after it. Raises ``KeyError``."""
        self._eager_until = self._clock.mono() + EAGER
        return await self._look_at(self._posts[name])

    async def once(self, names: Collection[str] | None = None, *, deadline: float = 15.0) -> dict[str, Watch]:
        """Look without staying, where `run` does not run: at the traps named, or at those that are due.

        All are looked at together; what is not over within ``deadline`` seconds is blind. While another process keeps the traps,
        none is due, and a look at a named one is not written down: the keeper's looks are the truth.
        Gives what is known of every trap.
        """
        ticking = asyncio.ensure_future(self._timers.run())
        try:
            held = await self._aside.do(partial(claim, self._journal, self._pid, self._clock))
            self._remember(await self._surveyed(self._posts.values()))
            self._leads = self._knows = held.ours
            self._says = held.says
            if names is not None:
                chosen = [self._posts[name] for name in names]
            else:
                chosen = [post for post in self._posts.values() if held.ours and self._is_due(post)]
            await self._look_together(chosen, deadline, ticking)
            # others took so long that quick ones, looked at with them, are due again, and overdue in a moment
            await self._look_together([post for post in chosen if self._is_ageing(post)], deadline, ticking)
            return {name: post.watch for name, post in self._posts.items()}
        finally:
            ticking.cancel()
            await self._finish()

    # -- who looks

    async def _tend(self, term: int) -> None:
        """Hold the lease or follow who does, for as long as this call of `run` lasts."""
        if term != self._term:
            return
        held = await self._aside.do(partial(claim, self._journal, self._pid, self._clock))
        self._timers.after(RENEW, lambda: self._spawn(self._tend(term)))
        self.died = held.died if held.died and self._says else self.died if held.ours else ""
        if held.says != self._says:
            self._says = held.says
            self._on_change()
        if held.ours and not self._leads:
            found = await self._surveyed(self._posts.values())
            self._thinner.seen(watch.checked_at for watch in found.watches.values())
            self._remember(found)
            self._leads = self._knows = True
            self._minded = frozenset()
            self._schedule(self._posts.values())
            self._on_change()
        elif self._leads and not held.ours:
            self._leads = self._knows = False
            self._backlog.clear()
            self._on_change()
        elif not held.ours:
            await self._mind()
        self._backlog.nudge()

    async def _mind(self) -> None:
        """Look at what is left out by the process that keeps the traps."""
        known = await self._aside.do(partial(survey, self._journal, (), self._clock.now()))
        before, self._minded = self._minded, self._strays.among(self._posts.values(), known.watches, self._minded)
        for name in before - self._minded:
            self._looks.drop(self._posts[name])
        if self._minded != before:
            self._on_change()
        await self._guard([self._posts[name] for name in self._minded - before])

    async def _guard(self, posts: list[Post]) -> None:
        self._remember(await self._surveyed(posts))
        self._schedule([post for post in posts if not post.retired])

    async def _surveyed(self, posts: Collection[Post]) -> Found:
        wanted = [(post.trap.name, post.trap.forecast) for post in posts]
        return await self._aside.do(partial(survey, self._journal, wanted, self._clock.now()))

    def _remember(self, found: Found) -> None:
        for name, post in self._posts.items():
            post.remember(found.watches.get(name), found.points.get(name, ()))

    # -- when to look

    def _schedule(self, posts: Iterable[Post]) -> None:
        """A first look soon, and then each trap at its own place within its interval."""
        now = self._clock.mono()
        for post in posts:
            first = post.phase * min(SETTLE, post.every)
            place = post.phase * post.every
            post.due = now + place + (post.every if place - first < post.every / 10 else 0.0)
            self._timers.at(now + first, partial(self._first, post))
            self._timers.at(post.due, partial(self._fell_due, post, post.due))

    def _first(self, post: Post) -> None:
        if self._is_ours(post):
            self._looks.begin(post)

    def _fell_due(self, post: Post, due: float) -> None:
        if post.retired or not self._is_ours(post) or post.due != due:
            return
        now = self._clock.mono()
        post.due += (int(max(0.0, now - due) / post.every) + 1) * post.every
        self._timers.at(post.due, partial(self._fell_due, post, post.due))
        self._looks.begin(post)

    def _is_ours(self, post: Post) -> bool:
        return self._leads or post.trap.name in self._minded

    def _is_due(self, post: Post) -> bool:
        checked = post.watch.checked_at
        return checked is None or not 0 <= (self._clock.now() - checked).total_seconds() < post.every

    def _is_ageing(self, post: Post) -> bool:
        return post.watch.state is not TrapState.BLIND and self._is_due(post)

    # -- looking

    async def _look_at(self, post: Post) -> Watch:
        waiting: asyncio.Future[Watch] = asyncio.get_running_loop().create_future()
        post.waiting.append(waiting)
        self._looks.begin(post)
        return await waiting

    async def _look_together(self, posts: Collection[Post], deadline: float, ticking: asyncio.Future[None]) -> None:
        if not posts:
            return
        looks = asyncio.gather(*(self._look_at(post) for post in posts))
        self._timers.after(deadline, partial(self._give_up, posts, f"no answer within the {deadline:g} s there were for all"))

        def died(timers: asyncio.Future[None]) -> None:
            """Nobody keeps time any more: without this, looks that hang would be waited for for ever."""
            if not timers.cancelled():
                self._give_up(posts, f"a bug in the cockpit: {timers.exception()!r}")

        ticking.add_done_callback(died)
        try:
            await looks
        finally:
            ticking.remove_done_callback(died)

    def _give_up(self, posts: Iterable[Post], reason: str) -> None:
        for post in posts:
            self._looks.give_up(post, reason)

    # -- what came of it

    def _took(self, post: Post, event: Event) -> None:
        before = post.watch
        kept = post.took(event)
        if self._is_ours(post):
            self._backlog.add(kept)
            # what waits longer than a trap's own interval would make it look overdue to everyone who reads it
            hurried = post.every < 2 * CALM or self._clock.mono() < self._eager_until
            if hurried or post.watch.state is not before.state or kept.happened:
                self._on_change()
            elif not self._calm_news:
                self._calm_news = True
                self._timers.after(CALM, self._tell_calm)

    def _tell_calm(self) -> None:
        self._calm_news = False
        if self._leads or self._minded:
            self._on_change()

    def _written(self, known: Mapping[str, Watch]) -> None:
        for name, watch in known.items():
            if name in self._posts:
                self._posts[name].rests_as(watch)

    def _thin(self, term: int) -> None:
        if term != self._term:
            return
        self._timers.after(THIN, partial(self._thin, term))
        believed = self._thinner.believed()
        if self._leads:
            self._spawn(self._thinner.thin(believed, self.retention))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:  # a bug in here must end `run` where it is seen, not stay in a task nobody waits for
            self._timers.after(0.0, partial(_raise, error))

    async def _finish(self) -> None:
        """Leave nothing half done: looks under way count no more, what was seen is written, the lease is given back."""
        for post in self._posts.values():
            self._looks.drop(post)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=PARTING)
        led, self._leads = self._leads, False
        with suppress(TimeoutError, JournalError):  # the journal's `problem` says it; the lease runs out by itself
            async with asyncio.timeout(PARTING):
                await self._backlog.write()
                if led:
                    await self._aside.do(partial(self._journal.drop_lease, self._pid))
        self._aside.close()


def _raise(error: BaseException) -> None:
    raise error
