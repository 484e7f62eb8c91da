"""The Alerts pane: what is wrong now."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from ..core.actions import Ack, Unack, progress
from ..core.alerts import AlertState, Ref
from ..core.groups import Group, GroupKey
from ..core.roster import Naming
from ..core.rows import Rank, rank
from ..core.view import Row as AlertRow
from ..core.view import View
from .alert_face import EVERYTHING, SEVERITIES, AlertFace, face_of, group_face, needed, widths
from .entries import Entry
from .haunted import Few, Haunted, Listing
from .lines import CURSOR
from .look import Look
from .spans import Span, Spans, cells, fit, heading, width_of
from .times import passed


class Counted(Listing[Entry], Protocol):
    """What the list is drawn from. ``looked`` is the share of all alerts that the filter has been asked about so far, 0 to 1."""

    @property
    def looked(self) -> float: ...
    def count_in(self, state: AlertState) -> int:
        """How many of its alerts are in this state."""
        ...


class Around(msgspec.Struct, frozen=True):
    """What there is besides the entries: how ``many`` alerts the filter lets through; how a group is found (without ``find`` none
    are shown); the one that is ``opened``, as it is, or its key where nothing is left of it; what the title ``says`` of them; how
    many critical alerts that fire the filter ``hides``, or -1 while that is not known."""

    many: int
    find: Callable[[GroupKey], Group | None] | None = None
    opened: Group | GroupKey | None = None
    says: str = ""
    storm: bool = False
    hides: int = 0


class Alerts(Haunted[Entry]):
    """Every alert that the filter lets through, worst first, some of them in groups. Rows are made when they come into sight."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="alerts")
        self.things: Listing[Entry] = Few[Entry]()
        self.called: Naming = str
        """How people are called."""
        self.hidden = 0
        self._looked = 1.0
        self.filter_text = ""
        self.silenced: tuple[str, ...] | None = None
        """What the title says of the silences that stand, in full and in short (`silences.counted`), and its role."""
        self._told_silenced: tuple[str, ...] | None = None
        self._around = Around(0)
        self._doing: Sequence[tuple[AlertRow, str]] = ()
        self._needs = self._lately = EVERYTHING
        self._narrowed: datetime | None = None
        self._blind: tuple[str, ...] = ()
        self._unwatched = self._warned = ""
        self._ages: dict[str, timedelta | None] = {}
        self._counts: dict[AlertState, int] = {}
        self._firing = 0
        self._hides: int | None = None
        self._unseen = 0
        self._armed = 0
        self._sources = 0

    @property
    def rows(self) -> Listing[Entry]:
        """The alerts and groups as listed."""
        return self.things

    @property
    def row_here(self) -> AlertRow | None:
        """The alert under the cursor, if it is one."""
        return self.here if isinstance(self.here, AlertRow) else None

    @property
    def group_here(self) -> Group | None:
        """The group under the cursor, if it is one."""
        return self.here if isinstance(self.here, Group) else None

    def show(
        self, listed: Counted, view: View, filter_text: str = "", *, chosen: bool = False, around: Around | None = None
    ) -> None:
        """New facts: ``listed`` are the alerts of ``view`` that the filter lets through; ``chosen``: it is another filter."""
        self.filter_text = filter_text
        self._looked = listed.looked
        self._around = around or Around(len(listed))
        self.hidden = len(view.alerts) - self._around.many
        self._blind, self._unwatched, self._warned = view.cannot_see, view.unwatched, view.warned
        self._ages = {source.source: source.age for source in view.sources}
        self._sources, self._armed = len(view.sources), sum(trap.state.value == "armed" for trap in view.traps)
        self._counts = {state: listed.count_in(state) for state in AlertState}
        self._firing = view.alerts.count_in(AlertState.FIRING) if self.hidden else 0
        self._count_hidden(chosen)
        self._doing = under_way(view) if self._around.find is not None else ()
        if len(listed) or not len(self.things):
            self._measure(listed, new=chosen or not len(self.things))
        self.hold(listed, lambda key: self._known(key, view), chosen=chosen)
        self.settle()

    def _measure(self, listed: Listing[Entry], *, new: bool) -> None:
        """How wide the columns have to be: they grow at once, and what is not needed any more they keep for a while (`_narrow`), so
        that they do not go back and forth as rows come and go."""
        these = needed(listed, self._ages, self.called)
        self._needs = these if new else self._needs.joined(these)
        self._lately = these if new else self._lately.joined(these)

    def _narrow(self, now: datetime) -> bool:
        """Once a minute: the columns keep what was needed in it; gives back whether they are others now."""
        since, self._narrowed = self._narrowed, now
        if since is None or not passed(since, now) or not len(self.things):
            self._narrowed = since or now
            return False
        before, self._needs = self._needs, self._lately
        self._lately = needed(self.things, self._ages, self.called)
        return self._needs != before

    def _count_hidden(self, chosen: bool) -> None:
        """How many critical alerts the filter hides that it did not when it was chosen."""
        now, before = self._around.hides, None if chosen else self._hides
        if now < 0:
            self._hides = before
            return
        self._hides = now if before is None else min(before, now)
        self._unseen = now - self._hides

    def _known(self, key: Hashable, view: View) -> Entry | None:
        if isinstance(key, Ref):
            return view.alert(key)
        find = self._around.find
        return find(key) if find is not None and isinstance(key, GroupKey) else None

    def identity(self, thing: Entry) -> Hashable:
        return thing.key if isinstance(thing, Group) else thing.alert.ref

    def standing(self, thing: Entry) -> Rank:
        return rank(thing.worst if isinstance(thing, Group) else thing)

    def relic(self, thing: Entry) -> Entry:
        if isinstance(thing, Group):
            return thing
        alert = msgspec.structs.replace(thing.alert, state=AlertState.RESOLVED, ended_at=thing.alert.ended_at or self._now)
        return AlertRow(alert)

    def tick(self, now: datetime) -> bool:
        """Time has passed: draw the ages that read differently now; gives back whether a ghost went."""
        before = self._now
        faded = self.fade(now)
        narrowed = self._narrow(now)
        if before is None or narrowed or passed(before, now) or self.silenced != self._told_silenced:
            self._told_silenced = self.silenced
            self.redraw()
        return faded

    def marked(self) -> tuple[Ref, ...]:
        """The marked alerts, and those of marked groups, in the order of the list."""
        found = ((self.index_of(key), key) for key in self.marks)
        listed = sorted((at for at, _ in found if at is not None))
        return tuple(ref for at in listed for ref in refs_of(self.things[at]))

    def row_key(self, index: int) -> Hashable:
        return self.identity(self.things[index])

    def face_at(self, index: int) -> AlertFace:
        """All that the row shows."""
        thing = self.things[index]
        if isinstance(thing, Group):
            doing = next((said for row, said in self._doing if thing.members.place(row) is not None), "")
            return group_face(thing, self._now, self._needs, self.called, doing, gone=thing is self.ghost)
        return face_of(thing, self._now, self._ages, self._needs, self.called, gone=thing is self.ghost)

    def head(self, width: int) -> Spans:
        firing = self._counts.get(AlertState.FIRING, 0)
        several = f"{firing} of {self._firing} firing shown" if self._firing > firing else f"{firing} firing"
        said: list[Span] = [(several, "text" if firing else "muted")]
        if self._unseen:  # before all that may be cut
            hides = f"filter hides {self._unseen} new critical{'s' * (self._unseen != 1)}"
            said = [(hides, "critical"), (f" · {several}", "muted")]
        for state, word in (
            (AlertState.ACKNOWLEDGED, "acked"),
            (AlertState.SUPPRESSED, "suppressed"),
            (AlertState.RESOLVED, "resolved"),
        ):
            if count := self._counts.get(state):
                said.append((f" · {count} {word}", "muted"))
        if self.hidden:
            so_far = f"{self._looked:.0%} looked at" if self._looked < 1 else f"{self.hidden} hidden"
            said.append((f" · {so_far}", "muted"))
        if self._around.says:
            said.append((f" · {self._around.says}", "warning" if self._around.storm else "muted"))
        right: list[Span] = []
        if self.folded and len(self.rows):
            right = self._folded(width)
        elif not self.folded and self.count() > self.page:
            above, below = self.top, max(0, self.count() - self.top - self.page)
            right.append((" ".join(f"{arrow}{many}" for arrow, many in (("↑", above), ("↓", below)) if many), "muted"))
        if self.filter_text:
            right += [("  ", "")] if right else []
            right += [("/ ", "key"), (fit(self.filter_text, min(len(self.filter_text), max(8, width // 3))), "text")]
        opened = self._around.opened
        name = "Alerts" if opened is None else f"Alerts → {opened.title if isinstance(opened, Group) else opened.said}"
        needs_right = self.folded or bool(self.filter_text)
        if self.silenced:
            *words, role = self.silenced
            room = width - cells(name) - (12 + width_of(right) if needs_right else 7) - width_of(said)
            word = next((each for each in words if cells(each) + 3 <= room), "")
            # where there is no room for any, when the first ends stands before what may be cut
            at = len(said) - bool(self._around.says and not word and len(words) > 1)
            said.insert(at, (f" · {word or words[-1]}", role))
        return heading(width, (name, "title-focus" if self.active else "title"), said, right, needs_right=needs_right)

    def _folded(self, width: int) -> list[Span]:
        """The alert that the keys act on, with the cursor's bar; while they are about something else, the worst."""
        held = (self.held or self.active) and self.here is not None
        entry = self.here if held and self.here is not None else self.rows[0]
        alert = entry.worst.alert if isinstance(entry, Group) else entry.alert
        called = f"{len(entry)}× {entry.title}" if isinstance(entry, Group) else f"{alert.name} {alert.where}".rstrip()
        text = f"{SEVERITIES[alert.severity][0]} {called}"
        shown = fit(text, min(cells(text), max(12, width // 2)))
        return [*([(CURSOR + " ", "bar-away")] if held else []), (shown, alert.severity.word)]

    def columns(self) -> Spans:
        if not len(self.things):
            return ()
        spans: list[Span] = [("    Sev   Age  ", "muted")]
        for title, size in zip(("Alert", "Where", "Summary", "Who", "Source"), widths(self.room - 2, self._needs), strict=True):
            if size:
                spans.append((fit(title, size) + "  ", "muted"))
        return tuple(spans)

    def nothing(self) -> Sequence[Spans]:
        if self._around.opened is not None:
            over = [("Nothing is left of this group", "ok")]
            return ((), *_centred(over, self.room), *_centred([("esc goes back to all alerts", "muted")], self.room))
        if self.hidden:
            what = [(f"No alert matches the filter; {self.hidden} {'is' if self.hidden == 1 else 'are'} hidden by it.", "text")]
            return ((), *_centred(what, self.room), *_centred([("esc clears it", "muted")], self.room))
        if self._blind or not self._sources:
            return ((), *_centred([("◌ ", "blind"), (_not_seen(self._blind, self.room - 4), "blind")], self.room))
        if self._unwatched:
            return ((), *_centred([("◌ ", "blind"), (f"Nothing is watched: {self._unwatched}", "blind")], self.room))
        armed = f", {self._armed} trap{'s' * (self._armed != 1)} armed" if self._armed else ""
        seen = f"{self._sources} source{'s' * (self._sources != 1)} live{armed}"
        if self._warned:
            warned = fit(self._warned, min(len(self._warned), max(8, self.room - 4)))
            calm: list[Span] = [("Nothing firing, but", "text")]
            return ((), *_centred(calm, self.room), *_centred([("◆ ", "warning"), (warned, "warning")], self.room))
        return ((), *_centred([("✓ All clear", "ok")], self.room), *_centred([(seen, "muted")], self.room))


def _not_seen(blind: Sequence[str], width: int) -> str:
    """That nothing fires as far as one can see, with what cannot: as many of them as there is room for, and how many more."""
    names = list(blind)
    for shown in range(len(names), 0, -1):
        more = f" and {len(names) - shown} more" * (shown < len(names))
        text = f"Nothing firing on what I can see ({', '.join(names[:shown])}{more})"
        if cells(text) <= width:
            return text
    what = f"{len(names)} unseen" if names else "no source is configured"
    return fit(text, width).rstrip() if cells(text := f"Nothing firing on what I can see ({what})") > width else text


def _centred(spans: Sequence[Span], width: int) -> tuple[Spans]:
    used = sum(len(text) for text, _ in spans)
    return (((" " * max(0, (width - used) // 2), ""), *spans),)


def refs_of(entry: Entry) -> tuple[Ref, ...]:
    """The alerts that stand in a row of the list."""
    return tuple(row.alert.ref for row in entry.members) if isinstance(entry, Group) else (entry.alert.ref,)


def under_way(view: View) -> Sequence[tuple[AlertRow, str]]:
    """What is being done to many alerts at once: one of them, and how far it has come: ``ack 300 of 1,200…``."""
    found = []
    for run in view.runs:
        if run.state.settled or not isinstance(run.action, (Ack, Unack)) or len(run.action.refs) < 2:
            continue
        row = next((row for ref in run.action.refs if (row := view.alert(ref)) is not None), None)
        if row is not None:
            found.append((row, progress(run)))
    return tuple(found)
