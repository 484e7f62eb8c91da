"""What a run would do: a runbook resolved for an alert as it is now, what can be chosen for it, and what takes a run back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from ..core.actions import Run, Start
from ..core.alerts import Ref
from ..core.plans import Plan
from ..core.roster import Person
from ..core.runbooks import Runbook
from ..core.text import clean
from .bookcase import Bookcase
from .listing import listed
from .planning import resolved
from .runner import Runner
from .store import Store

if TYPE_CHECKING:
    from ..config.reread import Reread
    from ..core.ways_back import WayBack


class Plans:
    """``people`` gives those who are known; ``files`` are those of the config. May be asked from any thread."""

    def __init__(
        self,
        store: Store,
        bookcase: Bookcase,
        runner: Runner,
        people: Callable[[], Iterable[Person]],
        files: Reread | None = None,
    ) -> None:
        self._store, self._bookcase, self._runner, self._people = store, bookcase, runner, people
        self._files = files

    def of(self, runbook: str, alert: Ref | None, given: Mapping[str, str]) -> Plan:
        """A runbook resolved for an alert as it is now: the exact preview. What cannot be (any more) says why in ``refused``."""
        view, own = self._store.peek, self._bookcase.runbooks
        known = own if runbook in own else {each.name: each for each in view.runbooks}
        plan = resolved(known, view, runbook, alert, given, self._people())
        doubt = self._bookcase.doubt(runbook)
        return msgspec.structs.replace(plan, refused=doubt, steps=()) if doubt and not plan.refused else plan

    def to_start(self, action: Start) -> Plan:
        """What a person asked for, as it would be done now."""
        if not action.undoes:
            plan = self.of(action.runbook, action.alert, action.params)
            if action.first == 1:
                return plan
            from ..core.beginning import begun_at  # deferred: most begin at the beginning

            return begun_at(plan, action.first)
        gone = Runbook(name=action.runbook, title=action.runbook, steps=())
        return self._runner.ways_back(action.undoes) or Plan(gone, {}, (), "", refused=f"nothing of {action.undoes} can be undone")

    def back(self, run: Run, way: WayBack) -> Plan:
        """What takes an ended run back, made anew of what was kept of it; what cannot be says why in ``refused``."""
        from ..core.ways_back import again  # deferred: no screen that opens needs it

        view, name = self._store.peek, run.action.runbook if isinstance(run.action, Start) else run.what
        own = self._bookcase.runbooks
        book = own[name] if name in own else next((each for each in view.runbooks if each.name == name), None)
        doubt = self._bookcase.doubt(name)
        plan = again(book, way, clean(name), self._as_read(run) if book is None else "")
        return msgspec.structs.replace(plan, refused=doubt, steps=()) if doubt and not plan.refused else plan

    def _as_read(self, run: Run) -> str:
        """When this cockpit read what it knows, and what to do where there is something newer. Asks the disk."""
        if (files := self._files) is None:
            return ""
        newer, since = files.newer(), files.since(datetime.now(UTC))
        todo = f", and {newer} changed since: open it anew, or `cockpit run --undo {run.id}`" if newer else ""
        return f": it read its config at {since}{todo}"

    def choices(self, runbook: str, param: str) -> tuple[str, ...]:
        """See `Desk.choices`."""
        book = self._bookcase.runbooks.get(runbook)
        asked = book.params[param].ask if book is not None and param in book.params else None
        if asked is None or not asked.choices_from:
            return asked.choices if asked is not None else ()
        return listed(asked.choices_from, self._runner.hidden)
