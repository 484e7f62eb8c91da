"""Action items in words, for an incident that one follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..core.action_items import Item, ItemState, in_order, is_overdue, standing
from ..core.alerts import LOCAL
from ..core.roster import Person
from ..core.view import View

SHOWN = 3
"""So many open ones stand in the pane; the others are counted."""


def local_traps(view: View) -> tuple[str, ...]:
    """The names of this machine's traps."""
    return tuple(each.trap.name for each in view.traps if each.source == LOCAL)


def standings(items: Sequence[Item], people: Sequence[Person], view: View, now: datetime) -> list[tuple[Item, str]]:
    """Each with how it stands, the most urgent first; what was dropped is left out."""
    traps = local_traps(view)
    kept = (each for each in in_order(items) if each.state is not ItemState.DROPPED)
    return [(each, standing(each, people, now, traps)) for each in kept]


def lines(items: Sequence[Item], people: Sequence[Person], view: View, now: datetime) -> list[tuple[tuple[str, str], ...]]:
    """A line for each of the most urgent, as (text, style), and one that counts the rest."""
    found = standings(items, people, view, now)
    open_ = [(each, stands) for each, stands in found if each.open]
    made = [
        (
            (f"{each.id} {each.text}", ""),
            (f"  {stands}", "$role-warning" if is_overdue(each, people, now) else "$role-muted"),
        )
        for each, stands in open_[:SHOWN]
    ]
    done = len(found) - len(open_)
    counts = [
        *([f"{len(open_) - SHOWN} more open"] if len(open_) > SHOWN else []),
        *([f"{done} done"] if done else []),
    ]
    return [*made, *([((", ".join(counts), "$role-muted"),)] if counts else [])]
