"""Action items: what is to be done after an incident, by whom, until when; done when its trap has been drilled, where it has one.

They are part of their incident (`incidents.Incident.items`) and, like it, nothing but what happened to them. All of it is pure: the
incident's pane, the postmortem, the shift brief and the report ask here what is open, overdue or done.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from . import numbered
from .roster import Person, display, known_as, zone
from .units import seconds

USUALLY = timedelta(days=14)
"""How long somebody has for one where nobody says."""
SOON = timedelta(days=7)
"""So long before its end one is told of in the shift brief."""
_FURTHEST = timedelta(days=3 * 366)


class ItemState(enum.Enum):
    """``DROPPED``: it is not wanted any more, and somebody has said why."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do after ``incident`` (its id). It is ``owner``'s until the end of the day ``due``, on the owner's clock. With a
    ``trap`` (its name) it is done once that has been drilled up to the acknowledgement, or has really tripped, after it was made;
    ``how`` says what made it done, or why it was dropped. Times are UTC."""

    id: str
    incident: str
    text: str
    owner: str
    due: date | None
    made_at: datetime
    made_by: str
    trap: str = ""
    state: ItemState = ItemState.OPEN
    ended_at: datetime | None = None
    ended_by: str = ""
    how: str = ""

    @property
    def open(self) -> bool:
        """Whether there is still something to do."""
        return self.state is ItemState.OPEN


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """What one person or team has to do, and has done. ``owner`` is a name for people. ``open`` are those whose day is not over,
    ``overdue`` those whose day is, the longest first; ``done`` the last first."""

    owner: str
    open: tuple[Item, ...] = ()
    overdue: tuple[Item, ...] = ()
    done: tuple[Item, ...] = ()


def number_of(text: str) -> str:
    """The id that a person means: ``a3``, ``3`` and ``A3`` are the same."""
    return numbered.meant("a", text)


def next_id(known: Iterable[Item]) -> str:
    """The id of the next one: the first is ``a1``."""
    return numbered.after("a", (each.id for each in known))


def changed(
    items: tuple[Item, ...], incident: str, word: str, at: datetime, who: str, data: Mapping[str, object]
) -> tuple[Item, ...]:
    """The items of an incident after this (``item_added``, ``item_edited``, ``item_done``, ``item_reopened``, ``item_dropped``).
    Raises ``ValueError`` or ``LookupError`` where that cannot be understood."""
    said = {key: value for key, value in data.items() if isinstance(value, str)}
    id = said["item"]
    if word == "item_added":
        made = Item(
            id=id, incident=incident, text=said["text"], owner=said["owner"], due=_day(said.get("due", "")),
            trap=said.get("trap", ""), made_at=at, made_by=who,
        )  # fmt: skip
        return (*(each for each in items if each.id != id), made)
    old = {each.id: each for each in items}[id]
    replace = msgspec.structs.replace
    match word:
        case "item_edited":
            texts = {key: said[key] for key in ("text", "owner", "trap") if key in said}
            new = replace(old, **texts, **({"due": _day(said["due"])} if "due" in said else {}))
        case "item_done" | "item_dropped":
            state = ItemState.DONE if word == "item_done" else ItemState.DROPPED
            new = replace(old, state=state, ended_at=at, ended_by=who, how=said.get("how", ""))
        case _:
            new = replace(old, state=ItemState.OPEN, ended_at=None, ended_by="", how="")
    return tuple(new if each.id == id else each for each in items)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def refusal(items: Iterable[Item], word: str, data: Mapping[str, object]) -> str:
    """Why this cannot be said of an item by a person, for the person; "" where nothing is against it."""
    if word == "item_added":
        return ""
    here = next((each for each in items if each.id == data.get("item")), None)
    if here is None:
        return f"there is no action item {data.get('item')}; `cockpit action` lists them"
    if word == "item_reopened":
        return f"{here.id} is open" if here.open else ""
    if not here.open and word != "item_edited":
        return f"{here.id} is {here.state.value} already; `cockpit action reopen {here.id}` opens it again"
    if word == "item_done" and here.trap:
        return (
            f"{here.id} is done when its trap {here.trap} has been drilled: `cockpit trap drill {here.trap}`; "
            f"`cockpit action edit {here.id} --trap -` does without"
        )
    return ""


def due_of(text: str, today: date) -> date:
    """A day as a person types it: ``2026-12-04``, ``14d``, ``2 weeks``. Raises ``ValueError`` that says what would have been
    understood."""
    text = text.strip()
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        day = date.fromisoformat(text)
    else:
        try:
            day = today + timedelta(seconds=seconds(text))
        except ValueError:
            raise ValueError(f"{text!r} is no day: write 2026-12-04, 14d or 2w") from None
    if day < today:
        raise ValueError(f"{day} is over")
    if day > today + _FURTHEST:
        raise ValueError(f"{day} is more than three years away")
    return day


def today_of(owner: str, people: Sequence[Person], now: datetime) -> date:
    """What day it is for whoever owns something: on their own clock where they are one of ``people``, else in UTC."""
    person = known_as(people, owner)
    return now.astimezone(zone(person.timezone)).date() if person is not None else now.date()


def days_left(item: Item, people: Sequence[Person], now: datetime) -> int | None:
    """Days until the last one that its owner has: 0 is today, less is overdue; ``None`` without one, or once it is over."""
    return (item.due - today_of(item.owner, people, now)).days if item.open and item.due is not None else None


def is_overdue(item: Item, people: Sequence[Person], now: datetime) -> bool:
    """Whether its day is over and it is not."""
    left = days_left(item, people, now)
    return left is not None and left < 0


def in_order(items: Iterable[Item]) -> tuple[Item, ...]:
    """Open ones first, by their days; then those that are over, the last first."""

    def rank(each: Item) -> tuple[bool, float, float, int]:
        ended = each.ended_at.timestamp() if each.ended_at is not None else 0.0
        day = float(each.due.toordinal()) if each.due is not None else float("inf")
        return not each.open, 0.0 if not each.open else day, -ended, numbered.number_in(each.id)

    return tuple(sorted(items, key=rank))


def soon(items: Iterable[Item], people: Sequence[Person], now: datetime, within: timedelta = SOON) -> tuple[Item, ...]:
    """The open ones that are overdue or whose day is within so long, the first of them first."""
    found = ((days_left(each, people, now), each) for each in in_order(items))
    return tuple(each for left, each in found if left is not None and left <= within.days)


def owed(items: Iterable[Item], people: Sequence[Person], now: datetime) -> tuple[Owed, ...]:
    """Who has how much to do, those first who are late with most. Somebody who goes by several names is one. What was dropped
    counts nowhere."""
    by_owner: dict[str, list[Item]] = {}
    for each in in_order(items):
        by_owner.setdefault(_owner(each, people), []).append(each)
    found = [
        Owed(
            owner=owner,
            open=tuple(each for each in theirs if each.open and not is_overdue(each, people, now)),
            overdue=tuple(each for each in theirs if is_overdue(each, people, now)),
            done=tuple(each for each in theirs if each.state is ItemState.DONE),
        )
        for owner, theirs in by_owner.items()
    ]
    shown = (each for each in found if each.open or each.overdue or each.done)
    return tuple(sorted(shown, key=lambda each: (-len(each.overdue), -len(each.open), each.owner)))


def _owner(item: Item, people: Sequence[Person]) -> str:
    """Whose it is, by the name that people go by."""
    person = known_as(people, item.owner)
    return person.name if person is not None else item.owner


def gone(item: Item, traps: Collection[str] | None) -> bool:
    """Whether it waits for a trap that is none of these (any more): it can be done by nobody then. ``None``: not known."""
    return traps is not None and item.open and bool(item.trap) and item.trap not in traps


def standing(item: Item, people: Sequence[Person], now: datetime, traps: Collection[str] | None = None) -> str:
    """How it stands, for people: ``Bo, due Fri 2026-12-04``, ``Bo, overdue by 3 d``, ``done 2026-12-01 by Bo: …``."""
    name = _owner(item, people)
    if not item.open:
        by = f" by {display(people)(item.ended_by)}" if item.ended_by else ""
        return f"{name}, {item.state.value} {item.ended_at:%Y-%m-%d}{by}" + (f": {item.how}" if item.how else "")
    left = days_left(item, people, now)
    when = _when(item.due, left)
    if gone(item, traps):
        return f"{name}, {when}; there is no trap {item.trap} (any more): `cockpit action edit {item.id} --trap NAME`, or -"
    return f"{name}, {when}" + (f", done when {item.trap} has been drilled" if item.trap else "")


def _when(due: date | None, left: int | None) -> str:
    if due is None or left is None:
        return "no day"
    return f"overdue by {-left} d" if left < 0 else f"due {due:%a %Y-%m-%d}" + (" (today)" if left == 0 else "")


def told(word: str, data: Mapping[str, object]) -> str:
    """What happened to an item, for a timeline."""
    said = {key: value for key, value in data.items() if isinstance(value, str)}
    id, text, how = said.get("item", ""), said.get("text", ""), said.get("how", "")
    facts = [
        *([f"owner {said['owner']}"] if said.get("owner") else []),
        *([f"due {said['due']}"] if said.get("due") else []),
        *([f"trap {said['trap'] or 'none'}"] if "trap" in said and (said["trap"] or word == "item_edited") else []),
    ]
    more = f" ({', '.join(facts)})" if facts else ""
    verb = word.removeprefix("item_")
    return f"action item {id} {verb}" + (f": {text or how}" if text or how else "") + more
