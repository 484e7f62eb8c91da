"""The runbooks there are: those of the config, and those that lie as Markdown in the repositories, as they lie there now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from ..config.model import Config, Problem, Repository
from ..config.repositories import with_beside
from ..core.books import Books
from ..core.rows import Breathe, unhurried
from ..core.runbooks import Runbook
from .aside import Aside

SOON = 3.0
"""Seconds that a look at the directories may take where somebody waits for it."""


class _Held(msgspec.Struct, frozen=True):
    """What was found at the last look: replaced as a whole, so that any thread reads it without a lock."""

    runbooks: Mapping[str, Runbook]
    books: Books = {}
    problems: tuple[Problem, ...] = ()


class Bookcase:
    """``look`` may be waited for on the loop alone; everything else may be asked from any thread, and never blocks."""

    def __init__(self, config: Config) -> None:
        self._aside = Aside("runbooks")
        self._config = config
        self._shelves: object = None
        self._held = _Held(config.runbooks)
        self._reading: asyncio.Future[None] | None = None
        self._silent = False
        self.breathe: Breathe = unhurried
        """Called between files while the directories are read; may rest."""

    @property
    def runbooks(self) -> Mapping[str, Runbook]:
        """All that can be offered, by name: those of the config first."""
        return self._held.runbooks

    @property
    def books(self) -> Books:
        """All that can be read."""
        return self._held.books

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong in the directories, each with its file and line."""
        return self._held.problems

    @property
    def remarks(self) -> tuple[str, ...]:
        """The same in a line, for the screen."""
        if self._silent:
            return ("the disk with the runbooks does not answer: they are as they were last read, and none of them runs",)
        first, *more = self.problems or (None,)
        if first is None:
            return ()
        return (f"{first}" + (f"; and {len(more)} more: `cockpit check` lists them" if more else ""),)

    def doubt(self, name: str) -> str:
        """Why a runbook must not run as it is known here; "" if nothing is against it."""
        return (
            "the disk it lies on does not answer: nobody knows whether it is still what is shown"
            if (self._silent and name in self.books)
            else ""
        )

    def adopt(self, config: Config) -> None:
        """Go on with another config; its directories are read at the next `look`."""
        self._config = config
        self._held = _Held({**config.runbooks, **_runnable(self._held.books)}, self._held.books, self._held.problems)

    async def look(self, patience: float = SOON) -> bool:
        """Look at the directories again; whether anything differs. What is not answered within ``patience`` (real seconds) is in
        doubt until it is."""
        if not self._config.repositories and self._config.directory is None:
            changed = self._held.books != {} or self._held.runbooks != self._config.runbooks
            self._held = _Held(self._config.runbooks)
            return changed
        before, silent = self._held, self._silent
        try:
            async with asyncio.timeout(patience):
                if self._reading is not None and not self._reading.done():
                    await asyncio.shield(self._reading)  # it may have passed by what has changed since
                self._reading = asyncio.ensure_future(self._aside.do(self._read))
                await asyncio.shield(self._reading)
            self._silent = False
        except TimeoutError:
            self._silent = True
        return self._held is not before or silent != self._silent

    def close(self) -> None:
        """No more looks."""
        self._aside.close()

    def _read(self) -> None:
        """In the thread aside."""
        config, shelves = self._config, self._shelves
        repositories = self._there(config)
        if not repositories and shelves is None:
            return
        from ..config.shelf import Shelves  # deferred: most configs have no repository

        if not isinstance(shelves, Shelves) or shelves.repositories != repositories or shelves.configured != config.runbooks:
            shelves = self._shelves = Shelves(repositories, config.runbooks)
        shelf = shelves.read(self.breathe)
        if shelf.books != self._held.books or shelf.problems != self._held.problems:
            self._held = _Held({**self._config.runbooks, **_runnable(shelf.books)}, shelf.books, shelf.problems)

    @staticmethod
    def _there(config: Config) -> tuple[Repository, ...]:
        """The repositories, and the directory beside the config, which may have come since it was read."""
        found = config.repositories if config.directory is None else with_beside(config.repositories, config.directory)
        return tuple(found.values())


def _runnable(books: Books) -> dict[str, Runbook]:
    return {name: book.runbook for name, book in books.items() if book.runbook is not None}
