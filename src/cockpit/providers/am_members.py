"""The members of one Alertmanager cluster: each is asked, what they say is put together, and one that answers is told to write.

Prometheus sends every alert to every member, and members tell each other of silences: any one knows all, a moment later. So what
one member alone knows counts, where they differ the louder wins (`am_merge`), and that they differ is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ..provider import AuthFailed, NotReached, ProviderError, RateLimited, Reply, Unreachable
from .am_member import API, PATIENCE, Member, Told

T = TypeVar("T")


class Cluster:
    """The members, in the order of the configuration; the one that answered last is told first."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = tuple(members)
        self._first = self.members[0]

    async def ask(self) -> tuple[list[tuple[Member, Told]], list[tuple[Member, ProviderError]]]:
        """What each said, and why others did not. Raises where none did."""
        good, bad = await self.each(lambda member: member.ask())
        if not good:
            raise whole(bad)
        self._first = good[0][0]
        return good, bad

    async def each(
        self, question: Callable[[Member], Awaitable[T]]
    ) -> tuple[list[tuple[Member, T]], list[tuple[Member, ProviderError]]]:
        """Ask every member at once; when the first has answered, the others have `PATIENCE` seconds left."""
        tasks = {asyncio.ensure_future(question(member)): member for member in self.members}
        waiting: set[asyncio.Future[T]] = set(tasks)
        patience: float | None = None
        try:
            while waiting:
                done, waiting = await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    break
                if any(task.exception() is None for task in done):
                    patience = PATIENCE
        finally:
            for task in waiting:
                task.cancel()
            if waiting:
                await asyncio.wait(waiting)
        good: list[tuple[Member, T]] = []
        bad: list[tuple[Member, ProviderError]] = []
        for task, member in tasks.items():
            if task.cancelled():
                bad.append((member, Unreachable(f"no answer within {PATIENCE:g} s of the others")))
                continue
            error = task.exception()
            if error is None:
                good.append((member, task.result()))
            elif isinstance(error, ProviderError):
                bad.append((member, error))
            else:
                raise error
        return good, bad

    async def write(self, method: str, path: str, body: bytes = b"", accept: Sequence[int] = ()) -> Reply:
        """Write at one member; at another where that one was certainly not reached. Nothing is sent twice."""
        failed: list[tuple[Member, ProviderError]] = []
        for member in sorted(self.members, key=lambda each: each is not self._first):
            try:
                return await member.http.send(method, API + path, body, accept=accept)
            except NotReached as error:
                failed.append((member, error))
        raise whole(failed)

    async def read(self, path: str, query: Sequence[tuple[str, str]] = (), accept: Sequence[int] = ()) -> Reply:
        """Ask one member; another where that one does not answer."""
        return await self._of_one(lambda member: member.http.get(API + path, query, accept=accept))

    async def listed(self, query: Sequence[tuple[str, str]]) -> Reply:
        """The alerts that these matchers select, of one member; of another where that one does not answer."""
        return await self._of_one(lambda member: member.listed(query))

    async def _of_one(self, question: Callable[[Member], Awaitable[Reply]]) -> Reply:
        failed: list[tuple[Member, ProviderError]] = []
        for member in sorted(self.members, key=lambda each: each is not self._first):
            try:
                return await question(member)
            except Unreachable as error:
                failed.append((member, error))
        raise whole(failed)

    async def knows(self, silence_id: str, within: float) -> None:
        """Wait until every member that answers knows this silence, for so many seconds at most: they tell each other."""
        if len(self.members) == 1:
            return

        async def known(member: Member) -> bool:
            pause = 0.05
            while (await member.http.get(f"{API}/silence/{silence_id}", accept=(404, 500))).status != 200:
                await asyncio.sleep(pause)
                pause = min(0.4, pause * 2)
            return True

        try:
            async with asyncio.timeout(within):
                await self.each(known)
        except TimeoutError:
            pass  # the next answer says that they differ

    async def close(self) -> None:
        """Close every member's connections."""
        for member in self.members:
            await member.http.close()


def whole(failed: Sequence[tuple[Member, ProviderError]]) -> ProviderError:
    """One error for a cluster in which no member answered: of the kind that says most about what to do."""
    errors = [error for _, error in failed]
    if len(failed) == 1:
        return errors[0]
    said = f"none of {len(failed)} members answers: {told_by(failed)}"
    limited = [error for error in errors if isinstance(error, RateLimited)]
    if limited:
        return RateLimited(said, max((each.retry_after for each in limited if each.retry_after is not None), default=None))
    if all(isinstance(error, NotReached) for error in errors):
        return NotReached(said)
    if all(isinstance(error, AuthFailed) for error in errors):
        return AuthFailed(said)
    if any(isinstance(error, Unreachable) for error in errors):
        return Unreachable(said)
    return type(errors[0])(said)


def told_by(failed: Sequence[tuple[Member, ProviderError]]) -> str:
    """Who says no and why, each reason once."""
    names: dict[str, list[str]] = {}
    for member, error in failed:
        names.setdefault(str(error), []).append(member.name)
    return "; ".join(f"{', '.join(members)}: {reason}" for reason, members in names.items())
