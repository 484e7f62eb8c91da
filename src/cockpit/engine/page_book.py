"""What is known of pages: the journal's word, and where it cannot be written, what this process itself did.

A full disk is what people are paged for. So pages go out without the journal too: two processes that both cannot write could then
each send one, under the same key, and that is better than nobody's being woken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

from ..core.paged import PageState
from ..core.pages import Attempt
from .aside import Aside
from .journal import Journal, JournalError


class PageBook:
    """``leads`` says whether this process keeps the traps, for when the journal cannot. Belongs to the engine's loop."""

    def __init__(self, journal: Journal, aside: Aside, pid: int, leads: Callable[[], bool]) -> None:
        self._journal, self._aside, self._pid, self._leads = journal, aside, pid, leads
        self._read: tuple[tuple[Attempt, ...], frozenset[str]] = ((), frozenset())
        self._own: dict[str, Attempt] = {}
        self._writing = asyncio.Lock()

    async def known(self) -> tuple[tuple[Attempt, ...], frozenset[str]]:
        """The pages of all firings that are not done with; and the keys of those whose process is gone in the middle."""
        with suppress(JournalError):  # the journal's `problem` is in every view
            await self._write_left()
        with suppress(JournalError):  # then what was read last, and what was done here since
            self._read = await self._aside.do(self._journal.pages)
        attempts, gone = self._read
        return tuple(({each.key: each for each in attempts} | self._own).values()), gone - self._own.keys()

    async def begin(self, wanted: Sequence[Attempt], *, leading: bool = True) -> list[Attempt]:
        """Write down that these are begun; gives those that may be sent (see `Journal.begin_pages`)."""
        try:
            return await self._aside.do(lambda: self._journal.begin_pages(wanted, self._pid, leading=leading))
        except JournalError:
            if leading and not self._leads():
                return []
            self._own |= {each.key: each for each in wanted}
            return [each for each in wanted if each.state is PageState.BEGUN]

    async def settle(self, attempt: Attempt) -> None:
        """Write down what became of one, now or when that works again; until then it is not sent again from here."""
        self._own[attempt.key] = attempt
        with suppress(JournalError):
            await self._write_left()

    async def close(self, firings: Collection[tuple[str, int]], now: datetime) -> None:
        """Nothing more is to be done for these (alert id, firing)."""
        with suppress(JournalError):  # they stay open, which costs a row each until it works
            await self._aside.do(lambda: self._journal.close_pages(firings, now))

    async def _write_left(self) -> None:
        """Write down what became of pages, each once. Raises `JournalError`."""
        async with self._writing:
            for key, attempt in tuple(self._own.items()):
                if attempt.state is PageState.BEGUN:
                    continue  # on its way
                await self._aside.do(partial(self._journal.settle_page, attempt, self._pid))
                if self._own.get(key) is attempt:
                    del self._own[key]
