"""What is selected on the board: what actions are for, and the panes that follow the cursor there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.timer import Timer

from ..config.model import Config
from ..core.alerts import Ref
from ..core.filters import Filter
from ..core.roster import display
from ..core.view import Row
from ..engine.desk import Desk
from ..provider import Clock
from .detail import Shown
from .filtering import Filtering
from .keys import NOT_REPLAYED, Key
from .look import Look
from .runbooks import Offer
from .selection import Selection, Undo
from .showing import Showing
from .silence_keys import with_silences
from .silences import KEYS as SILENCE_KEYS
from .stage import Stage
from .status import tabs
from .subject import Subject, offers, offers_for, reasons, words
from .told import Told

if TYPE_CHECKING:
    from ..engine.driven import Driven

_FOLLOW = 0.08  # the other panes follow once the cursor rests: a held key costs two lines, not a screen
_ROOMY = 100


class Selected(Stage, inherit_bindings=False):
    """A `Stage` over a desk, whose Detail, Runbooks and footer are about what is selected in its lists. Of keys that cannot be used
    for that, ``why`` says why."""

    def __init__(
        self, desk: Desk, config: Config, *, table: Sequence[Key], look: Look, clock: Clock, replay: Driven | None = None
    ) -> None:
        me = next((config.people[name] for name in config.me if name in config.people), None)
        self.zone = me.timezone if me is not None else next(iter(config.zones), "UTC")
        self.told = Told()
        super().__init__(look, config, table, zone=self.zone, told=self.told, replay=replay)
        self.desk, self.config, self.table, self.clock = desk, config, tuple(table), clock
        self.view = desk.view
        self.why: Mapping[str, str] = {}
        self.called = self.alerts.called = self.silences.called = display(config.people.values())
        self.showing = Showing(desk, self.zone, config.people, self.told)
        self._subject_pane = "alerts"
        self._timer: Timer | None = None
        self.filtering = Filtering(
            self.alerts, clock, self.set_timer, lambda: self.home,
            storm=config.storm, group_by=config.group_by, settled=self.follow_soon,
        )  # fmt: skip
        self.selection = Selection(self.alerts, self.traps, self.silences, desk.view)
        self.undo = Undo()

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The runbooks of the Runbooks pane, in the order of their digits."""
        return self.runbooks.offers

    @property
    def subject(self) -> Subject:
        """The alert or trap that Detail and Runbooks are about."""
        return self.selection.subject

    def cursor_row(self) -> Row | None:
        """The alert under the cursor (or the one that the trap under it raised)."""
        return self.selection.subject.row

    def alert_refs(self) -> tuple[Ref, ...]:
        """The alerts that an action is for."""
        return self.selection.alert_refs()

    def run_refs(self) -> tuple[Ref, ...]:
        """The alerts that a runbook is run for."""
        return self.selection.run_refs()

    def undo_refs(self) -> tuple[Ref, ...]:
        """The alerts whose acknowledgement ``u`` takes back."""
        return self.undo.refs(self.alert_refs(), bool(self.alerts.marks), self.view, self.clock.now())

    def trap_refs(self) -> tuple[Ref, ...]:
        """The traps that an action is for."""
        return self.selection.trap_refs()

    def target_refs(self) -> tuple[Ref, ...]:
        """What an action is for: traps in the Traps pane, alerts elsewhere."""
        return self.trap_refs() if self.selection.about == "traps" else self.alert_refs()

    @property
    def filter(self) -> Filter:
        """The filter in force."""
        return self.filtering.filter

    @property
    def filter_text(self) -> str:
        """The filter in force as written, with ``@mine`` where only those are shown."""
        return self.filtering.text

    def sift(self, text: str | None = None, mine: bool | None = None, *, tentative: bool = False) -> None:
        """Set the filter (it must be readable) or ``mine``, and draw what is left; ``tentative``: it is still being typed."""
        self.filtering.choose(text, mine, tentative=tentative)
        self.follow_soon()

    def follow_soon(self) -> None:
        """The cursor moved: the other panes follow once it rests."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_FOLLOW, self.follow)

    def follow(self) -> None:
        """Detail, runbooks and footer for what is selected now."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        about = self.subject
        self.silences.filter_text = self.filter_text
        self._offer(about)
        self.detail.show(self._shown, self.clock.now())
        few = self.selection.witnesses()
        undo = self.undo.refs(few, bool(self.alerts.marks), self.view, self.clock.now())
        why = reasons(self.table, self.desk, self.view, few, self.trap_refs(), self.offers, about, undo)
        silences = self.selection.silence_refs() if self.selection.about == "silences" else None
        why = with_silences(why, self.desk, self.view, silences, self.filter_text)
        self.why = {**why, **self.selection.gone(self.table), **(NOT_REPLAYED if self.reel is None else {})}
        marked = len(self.panes[self.selection.about].marks)
        said = [f"{marked} marked"] * bool(marked)
        if self.view.read_only or self.size.width >= _ROOMY:
            said.append(f"read-only {'on' if self.view.read_only else 'off'}")
        here, named = (SILENCE_KEYS, {}) if silences is not None else ({}, words(self.desk, few))
        named = {**named, "open": "read"} if self._book_here() else named
        self.footer.show(frozenset(self.why), "  ".join(said), here, named)
        self.tabs.show(tabs(self.view, len(self.offers), self.front), self.pane)

    def _offer(self, about: Subject) -> None:
        """The runbooks for what is marked, else for what the cursor is on."""
        refs, now = self.run_refs(), self.clock.now()
        if self.alerts.marks and refs and self.selection.about == "alerts":
            self.runbooks.show(offers_for(refs, self.view, self.desk, now, self.called), f"the {len(refs)} marked")
        else:
            self.runbooks.show(offers(about, self.view, self.desk, now, self.called), about.name)

    def _shown(self, now: datetime) -> Shown:
        here = (self.oncall.here, self.runbooks.here, self.traps.here, self.silences.here)
        self.showing.room = 0 if self.detail.folded else self.detail.room
        detail = self.places(self.size).regions.get("detail")
        self.showing.looks = detail is not None and detail.height > 1
        return self.showing.of_pane(self._subject_pane, here, self.subject, self.view, now)

    def _book_here(self) -> str:
        """The name of the Markdown runbook under the cursor; "" where there is none."""
        offer = self.runbooks.here if self.pane == "runbooks" else None
        return offer.runbook.name if offer is not None and offer.runbook.name in self.desk.books() else ""
