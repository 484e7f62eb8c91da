"""What fires taught, as lines of the report on the screen: where no trap was armed, and how each service is guarded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from ..core.action_items import Owed
from ..core.report_learnt import Caught, Service
from ..core.units import say_seconds
from ..engine.reporting import Learnt
from .report_bars import LEAST, NAME, SHOWN, WIDEST, listed, more, said, split
from .spans import Spans, cells, fit

_NARROW = 72


def caught(found: Sequence[Caught], width: int) -> list[Spans]:
    """The traps that told before anybody was called or hurt, and how early they are known to."""
    if not found:
        return said("Nothing: no trap told of what was over before anybody was called or hurt.", width)
    name = min(NAME, max(cells(each.trap) for each in found[:SHOWN]), width // 2)
    lines: list[Spans] = []
    for each in found[:SHOWN]:
        early = f"lead time {say_seconds(each.lead)}, " if each.lead else ""
        after = f"  {early}armed after {each.after}" if each.after else ""
        lines.append(((fit(each.trap, name), "strong"), (f"  {each.times:>3} ", "ok"), (after, "text")))
    return [*lines, *more(len(found), width)]


def untrapped(learnt: Learnt, width: int, clock: tzinfo) -> list[Spans]:
    """Incidents and fires that taught no trap."""
    if not learnt.incidents and not learnt.fires:
        return said("Nothing: each fire and each closed incident has one, or there was none.", width)
    lines: list[Spans] = []
    for each in learnt.incidents[:SHOWN]:
        day = f"{each.closed_at.astimezone(clock):%Y-%m-%d}" if each.closed_at is not None else ""
        text = f" {each.title}, closed {day}" + (f", {each.lead} led" if each.lead else "")
        lines.append(((fit(each.id, 6), "key"), (f"{each.severity.word:<9}", "warning"), (text, "text")))
    lines += more(len(learnt.incidents), width)
    if learnt.fires:
        name = min(NAME, max(cells(each.alert) for each in learnt.fires[:SHOWN]), width // 2)
        lines += [
            ((fit(each.alert, name), "strong"), (f"  {_times(each.fires)}, last {each.last.astimezone(clock):%Y-%m-%d}", "text"))
            for each in learnt.fires[:SHOWN]
        ]
    lines += more(len(learnt.fires), width)
    return [*lines, *said("t on an alert or in its incident arms one; so does cockpit trap add --incident ID.", width)]


def _times(many: int) -> str:
    return f"{many} fire{'s' * (many != 1)}"


def covered(services: Sequence[Service], width: int) -> list[Spans]:
    """Each service: fires against what was caught, its traps, and what has no runbook or no trap."""
    if not services:
        return said("No traps, and no incidents.", width)
    shown = services[:SHOWN]
    narrow = width < _NARROW
    name = min(NAME, max(8, *(cells(_named(each)) for each in shown)), width - (30 if narrow else 49))
    most, room = max(each.fires + each.caught for each in shown), min(WIDEST, width - name - 49)
    head = f"{'Service':<{name}}  {'Fires':>5}  {'Caught':>6}  " + ("" if narrow else f"{'Incidents':>9}  ")
    lines: list[Spans] = [((f"{head}{'Traps':>5}  Runbooks", "muted"),)]
    for each in shown:
        incidents = "" if narrow else f"{each.incidents or '·':>9}  "
        read = f"{each.alerts - len(each.no_runbook)} of {each.alerts}"
        whole = each.fires + each.caught
        lines.append((
            (fit(_named(each), name), "strong"), (f"  {each.fires or '·':>5}", "error" if each.fires else "muted"),
            (f"  {each.caught or '·':>6}", "ok" if each.caught else "muted"), (f"  {incidents}", "text"),
            (f"{each.traps or '·':>5}", "text" if each.traps else "warning"),
            (f"  {read:<8}  ", "warning" if each.no_runbook else "text"),
            *(split(each.fires, whole, most, room, "error", "ok") if most and room >= LEAST else ()),
        ))  # fmt: skip
        for label, names in (("  no runbook: ", each.no_runbook), ("  no trap: ", each.no_trap)):
            if names:
                lines += listed(label, [*names[:SHOWN], *(["…"] if len(names) > SHOWN else [])], "warning", width)
    return lines + more(len(services), width)


def _named(service: Service) -> str:
    return service.name or "(no label)"


def owing(owed: Sequence[Owed], width: int) -> list[Spans]:
    """Who owes what after incidents, and what of it is late."""
    if not owed:
        return said("None are open, and none were done in this time: `cockpit action add` makes one.", width)
    shown = owed[:SHOWN]
    name = min(NAME, max(5, *(cells(each.owner) for each in shown)), width - 25)
    lines: list[Spans] = [((f"{'Owner':<{name}}  {'Open':>5}  {'Overdue':>7}  {'Done':>5}", "muted"),)]
    for each in shown:
        lines.append((
            (fit(each.owner, name), "who"), (f"  {len(each.open) or '·':>5}", "text"),
            (f"  {len(each.overdue) or '·':>7}", "warning" if each.overdue else "muted"),
            (f"  {len(each.done) or '·':>5}", "ok" if each.done else "muted"),
        ))  # fmt: skip
        for item in each.overdue[:SHOWN]:
            lines += listed(f"  {item.id} ", [f"{item.text} ({item.incident}), due {item.due}"], "warning", width)
    return lines + more(len(owed), width)
