"""The On call pane: who is on, until when, who is next, and what time it is for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..core.alerts import Ref
from ..core.roster import Gap, OnCall, Shift, called_first
from ..core.units import say_seconds
from .lines import Lines
from .look import Look
from .spans import Row, Span, Spans, cells, fit, heading, wrapped
from .times import city, clock, moment


class Roster(Lines):
    """A few lines for each roster. Times are in the viewer's zone, which the title names; each person's own stands beside them."""

    def __init__(self, look: Look, *, zone: str) -> None:
        super().__init__(look, id="oncall")
        self.zone = zone
        self.rosters: tuple[OnCall, ...] = ()
        self._now: datetime | None = None
        self._me: frozenset[str] = frozenset()

    def show(self, rosters: Sequence[OnCall], me: Sequence[str] = ()) -> None:
        """New facts; ``me`` are the names of whoever looks."""
        self.rosters, self._me = tuple(sorted(rosters, key=called_first)), frozenset(me)
        self.settle()

    def tick(self, now: datetime) -> None:
        """Time has passed: their clocks go on."""
        before, self._now = self._now, now
        if before is None or before.replace(second=0, microsecond=0) != now.replace(second=0, microsecond=0):
            self.settle()

    @property
    def here(self) -> OnCall | None:
        """The roster under the cursor."""
        key = self.key
        return next((each for each in self.rosters if isinstance(key, tuple) and Ref(each.source, each.roster) == key[0]), None)

    def build(self, width: int) -> Sequence[Row]:
        if self._now is None:
            return ()
        name = max(6, min(12, max((cells(each.roster) for each in self.rosters), default=0), width // 3))
        rows: list[Row] = []
        said: set[str] = set()
        for each in self.rosters:
            ref = Ref(each.source, each.roster)
            rows.append(((ref, 0), self._on(each, name)))
            rows += [((ref, 1 + n), (("  ", ""), (line, "muted"))) for n, line in enumerate(self._beside(each, width - 3))]
            if each.now is not None and each.gap is not None:
                rows.append(((ref, "gap"), (("  ", ""), (self._gap(each.gap), "critical"))))
            if each.remark and each.remark not in said:
                said.add(each.remark)
                rows += [((ref, 3 + n), ((line, "muted"),)) for n, line in enumerate(("", *wrapped(each.remark, width - 3)))]
        for person, where in self._double().items():
            lines = wrapped(f"! {person} is on {' and '.join(where)} at once", width - 3)
            rows += [(("double", person, n), ((line, "warning"),)) for n, line in enumerate(lines)]
        return rows

    def _double(self) -> dict[str, list[str]]:
        """Who is on call at more than one place now, and where."""
        found: dict[str, list[str]] = {}
        for each in self.rosters:
            if each.now is not None and each.roster not in (there := found.setdefault(each.now.name, [])):
                there.append(each.roster)
        return {name: where for name, where in found.items() if len(where) > 1}

    def _gap(self, gap: Gap) -> str:
        lasts = f", {say_seconds((gap.end - gap.start).total_seconds())}" if gap.start is not None and gap.end is not None else ""
        return f"✗ gap {self._when(gap.start)}{lasts}"

    def _on(self, each: OnCall, name: int) -> Spans:
        label: Span = (fit(each.roster, name) + "  ", "muted")
        if each.now is None:
            until = f" until {self._when(each.next.start)}" if each.next is not None and each.next.start else ""
            return (label, ("nobody" + until, "critical" if each.always else "muted"))
        until = f" → {self._when(each.now.end)}" if each.now.end is not None else " · no end"
        return (label, (each.now.name, "who"), (until, "text"), (" override" if each.now.override else "", "warning"))

    def _beside(self, each: OnCall, room: int) -> list[str]:
        """What time it is for who is on, and who comes next, with theirs; in so many cells the name is not said twice."""
        lines = [local(each.now, self._now)] if each.now is not None else []
        if each.next is not None:
            then = f"then {each.next.name} · {local(each.next, self._now)}"
            lines.append(then if cells(then) <= room else then.removesuffix(f" for {each.next.name}"))
        return lines

    def _when(self, at: datetime | None) -> str:
        return moment(at, self._now, self.zone) if at is not None and self._now is not None else ""

    def head(self, width: int) -> Spans:
        title: Span = ("On call", "title-focus" if self.active else "title")
        if not self.folded:
            return heading(width, title, [(f"{city(self.zone)} time" if self.zone != "UTC" else "UTC", "muted")])
        said: list[Span] = []
        for each in sorted(self.rosters, key=self._not_mine)[:2]:
            said += [("  ", "")] * bool(said) + [(f"{each.roster} ", "muted"), *self._on(each, 0)[1:]]
        return heading(width, title, said)

    def _not_mine(self, each: OnCall) -> bool:
        return each.now is None or self._me.isdisjoint((each.now.person, each.now.name))

    def nothing(self) -> Sequence[Spans]:
        return (((" Nobody is known to be on call", "warning"),),)


def local(shift: Shift, now: datetime | None) -> str:
    """What time it is for the person: ``04:12 for Ana``."""
    return f"{clock(now, shift.timezone)} for {shift.name}" if now is not None else ""
