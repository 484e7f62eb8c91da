"""Views made and published: what the sources said and people did, and how the cockpit itself fares."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from ..core.view import JournalHealth, View
from ..core.watchrule import Outside
from ..provider import Clock
from .approving import Approving
from .bookcase import Bookcase
from .crew import Crew
from .journal import Journal
from .keeper import Keeper
from .machine import Here
from .offers import Offers
from .person import known_by
from .sources import Sources
from .store import Store, Surroundings


class Views:
    """``read_only``, ``file_fault`` (why the config's files cannot be followed, "" if they can), ``own`` (further remarks, by what
    they are about) and ``outside`` (how the beat of the watch fares at a moment, UTC) may be set; what is published next says so.
    `now` may be called from any thread, the rest belongs to the engine's loop."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        clock: Clock,
        here: Here,
        *,
        keeper: Keeper,
        sources: Sources,
        bookcase: Bookcase,
        approving: Approving,
        crew: Crew,
    ) -> None:
        self._store, self._journal, self._clock, self._here = store, journal, clock, here
        self._keeper, self._sources, self._bookcase = keeper, sources, bookcase
        self._approving, self._crew, self._offers = approving, crew, Offers(store.snapshot)
        self.read_only = here.config.read_only
        self.file_fault = ""
        self.own: dict[str, str] = {}
        self.outside: Callable[[datetime], Outside | None] = lambda _now: None

    def now(self) -> View:
        """The newest view, with what does not wait for the next one: read-only, and whether the journal can be written."""
        journal = JournalHealth(self._journal.problem)
        return msgspec.structs.replace(self._store.peek, now=self._clock.now(), read_only=self.read_only, journal=journal)

    def publish(self, *, fresh: bool = False) -> None:
        """Make a view of what is known now, and tell of it if it says anything else; ``fresh`` is as for `Store.publish`."""
        config = self._here.config
        around = Surroundings(
            health=self._sources.health(),
            journal=JournalHealth(self._journal.problem),
            keeper=self._keeper.says,
            runbooks=(*self._bookcase.runbooks.values(), *self._offers.all(config)),
            me=known_by(config),
            read_only=self.read_only,
            remarks=self._remarks(),
            petitions=self._approving.heard,
            outside=self.outside(self._clock.now()),
        )
        self._store.publish(self._clock.now(), around, fresh=fresh)

    def _remarks(self) -> tuple[str, ...]:
        trouble = (*self._crew.trouble.values(), *((self._store.trouble,) if self._store.trouble else ()))
        fault = (self.file_fault,) if self.file_fault else ()
        return (
            *((self._keeper.died,) if self._keeper.died else ()),
            *self._approving.remarks,
            *self._here.config.remarks,
            *fault,
            *self.own.values(),
            *self._sources.remarks,
            *self._journal.remarks,
            *self._here.remarks,
            *self._bookcase.remarks,
            *trouble,
        )
