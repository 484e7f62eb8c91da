"""Action items of the incident that one follows: added with an owner and a day, ticked, and opened again."""

from __future__ import annotations

from collections.abc import Awaitable

from ...core.action_items import USUALLY, Item, due_of, today_of
from ...core.alerts import LOCAL
from ...core.incident_refusals import refusal
from ...core.incidents import Change, Incident
from ...engine.desk import Desk
from ..ask import Ask, Field, wanted
from ..incident import Following
from ..item_words import local_traps, standings
from ..palette import Entry, Picker
from .incident_steps import barred, change
from .steps import Rest, nothing, refuse, show

_ADD = "add"


def items(at: Following, desk: Desk, here: Incident) -> Rest:
    """Pick one that is open to tick it (one with a trap: to drill that), one that is done to open it again, or add one."""
    if reason := barred(desk, here, closed=True):
        return refuse(at, reason)
    found = standings(here.items, at.people, at.view, at.clock.now())
    if not found:
        return _added(at, desk, here)
    entries = [
        Entry(each.id, f"[{' ' if each.open else 'x'}] {each.id} {each.text}", stands, also=(each.id,)) for each, stands in found
    ]
    picker = Picker(f"Action items of {here.id}: tick which?", [*entries, Entry(_ADD, "Add one …", "what, who, until when")])
    return _picked(at, desk, here, show(at, picker))


async def _picked(at: Following, desk: Desk, here: Incident, answer: Awaitable[str | None]) -> None:
    chosen = await answer
    if chosen == _ADD:
        await _added(at, desk, here)
    elif (item := next((each for each in here.items if each.id == chosen), None)) is not None:
        await _ticked(at, desk, here, item)


def _ticked(at: Following, desk: Desk, here: Incident, item: Item) -> Rest:
    """What has a trap is done by that trap's drill: it is begun from here."""
    trap = next((each for each in at.view.traps if each.source == LOCAL and each.trap.name == item.trap), None)
    if item.open and trap is not None:
        from .drill import drilled  # by itself: few drill

        return drilled(at, desk, trap, at.text.look)
    what, data = Change.ITEM_DONE if item.open else Change.ITEM_REOPENED, dict[str, object](item=item.id)
    if reason := refusal({here.id: here}, here.id, what, data):
        return refuse(at, reason)
    change(at, desk, here, what, data)
    return nothing()


def _added(at: Following, desk: Desk, here: Incident) -> Rest:
    """A trap that was armed after it, and that no item is for yet, is what there is to rehearse."""
    kept = {each.trap for each in here.items if each.trap}
    trap = next((each.trap for each in here.guards if each.trap not in kept), "")
    traps, me = local_traps(at.view), next(iter(at.view.me), "")
    people, now = at.people, at.clock.now()
    day = today_of(here.lead or me, people, now)

    def due(value: str) -> str | None:
        try:
            due_of(value, day)
        except ValueError as fault:
            return str(fault)
        return None

    def known(value: str) -> str | None:
        return None if not value.strip() or value.strip() in traps else f"there is no trap {value.strip()} here"

    fields = [
        Field("text", "What is to be done", f"Rehearse the trap {trap}" if trap else "", "", wanted("what is to be done")),
        Field("owner", "Owner", here.lead or me, "whose it is", wanted("whose it is")),
        Field("due", "Until", str(day + USUALLY), "2026-12-04, 14d or 2w", due),
        Field("trap", "Trap", trap, "done when that has been drilled; may stay empty", known, choices=traps),
    ]
    return _said(at, desk, here, show(at, Ask(f"Add an action item to {here.id}", fields)))


async def _said(at: Following, desk: Desk, here: Incident, answer: Awaitable[dict[str, str] | None]) -> None:
    if (given := await answer) is None:
        return
    owner = given["owner"].strip()
    day = due_of(given["due"], today_of(owner, at.people, at.clock.now()))
    data: dict[str, object] = {"due": str(day), **{key: given[key].strip() for key in ("text", "owner", "trap")}}
    change(at, desk, here, Change.ITEM_ADDED, data)
