"""``cockpit action``: what is to be done after incidents, by whom, until when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from ..config.faults import suggestion
from ..config.model import Config
from ..core.action_items import (
    USUALLY,
    Item,
    days_left,
    due_of,
    gone,
    in_order,
    is_overdue,
    number_of,
    refusal,
    standing,
    today_of,
)
from ..core.incidents import Change, Incident
from ..core.incidents import number_of as incident_of
from ..core.roster import Person, known_as
from ..core.text import clean
from ..core.why import READ_ONLY
from ..engine.journal import Journal
from ..engine.person import who_is
from . import BAD, COULD_NOT_SEE, FINE, USAGE
from .configured import read_config
from .listing import as_json, say, table, when
from .options import Options, Stop
from .record import journal, told_why

_CHANGES = {
    "done": Change.ITEM_DONE, "edit": Change.ITEM_EDITED, "reopen": Change.ITEM_REOPENED, "drop": Change.ITEM_DROPPED,
}  # fmt: skip
NONE = "-"
"""What stands for nothing on the command line."""


def action(options: Options) -> int:
    """List the action items, or add and change one. Each change is an entry in the journal, with who and when."""
    config, verb = read_config(options), options.text("verb")
    if verb not in ("", "list") and (options.read_only or config.read_only):
        raise Stop(READ_ONLY)
    with journal() as kept:
        known = kept.incidents()
        if not known and kept.problem:
            raise Stop(kept.problem, COULD_NOT_SEE)
        if verb in ("", "list"):
            return _listed(options, config, known)
        if verb == "add":
            return _added(options, config, kept, known)
        return _changed(options, config, kept, known)


def record(item: Item, people: Collection[Person], now: datetime, traps: Collection[str] | None = None) -> dict[str, object]:
    """An item as JSON. ``traps`` are the names of those that there are, where that is known."""
    return {
        "id": item.id,
        "incident": item.incident,
        "text": item.text,
        "owner": item.owner,
        "due": item.due.isoformat() if item.due is not None else None,
        "trap": item.trap or None,
        "state": item.state.value,
        "overdue": is_overdue(item, tuple(people), now),
        "days_left": days_left(item, tuple(people), now),
        "trap_gone": gone(item, traps),
        "made_at": when(item.made_at),
        "made_by": item.made_by,
        "ended_at": when(item.ended_at),
        "ended_by": item.ended_by or None,
        "how": item.how or None,
    }


def _listed(options: Options, config: Config, known: Mapping[str, Incident]) -> int:
    """Exit status 1 while one is overdue."""
    people, now, traps = tuple(config.people.values()), datetime.now(UTC), config.traps.keys()
    owner, incident = options.text("owner"), options.text("incident")
    whose = who_is(config) if owner == "me" else owner
    every = in_order(item for here in known.values() for item in here.items)
    shown = [
        each
        for each in every
        if (each.open or options.flag("all"))
        and (not whose or _same(each.owner, whose, people))
        and (not incident or each.incident == incident_of(incident))
    ]
    if options.json:
        as_json([record(each, people, now, traps) for each in shown])
    elif shown:
        rows = [(each.id, each.incident, each.text, standing(each, people, now, traps)) for each in shown]
        styles = ["bad" if is_overdue(each, people, now) else "dim" if not each.open else "" for each in shown]
        table(("Id", "Incident", "What", "Who, when"), rows, styles, options.color, cut=(2, 3))
    else:
        say("There are no open action items." if every else "There are no action items.")
    return BAD if any(is_overdue(each, people, now) for each in shown) else FINE


def _same(one: str, other: str, people: tuple[Person, ...]) -> bool:
    """Whether two names are of one person or team."""
    person = known_as(people, one)
    return one.casefold() == other.casefold() or (person is not None and person == known_as(people, other))


def _added(options: Options, config: Config, kept: Journal, known: Mapping[str, Incident]) -> int:
    here = known.get(incident_of(options.text("incident")))
    if here is None:
        raise Stop(f"there is no incident {clean(options.text('incident'), 80)}; `cockpit incident list --all` lists them")
    owner = clean(options.text("owner"), 200) or here.lead or who_is(config)
    data = {
        "text": _text(options), "owner": owner, "due": _due(options.text("due"), owner, config),
        "trap": _trap(options.text("trap"), config),
    }  # fmt: skip
    _written(config, kept, here.id, Change.ITEM_ADDED, data)
    _say_last(config, kept, here.id)
    return FINE


def _changed(options: Options, config: Config, kept: Journal, known: Mapping[str, Incident]) -> int:
    wanted = number_of(options.text("id"))
    here = next((each for each in known.values() if any(item.id == wanted for item in each.items)), None)
    change = _CHANGES[options.text("verb")]
    data: dict[str, str] = {"item": wanted}
    if change is Change.ITEM_EDITED:
        data |= _edits(options, config, here, wanted)
    elif how := clean(options.text("why") or " ".join(options.words("text"))).strip():
        data["how"] = how
    if here is None:
        raise Stop(refusal((), change.value, {"item": clean(wanted, 80)}))
    _written(config, kept, here.id, change, data)
    _say_last(config, kept, here.id, wanted)
    return FINE


def _edits(options: Options, config: Config, here: Incident | None, wanted: str) -> dict[str, str]:
    given = {
        key: clean(options.text(key), 2000).strip() for key in ("text", "owner", "due", "trap") if options.args.get(key) is not None
    }
    if not given:
        raise Stop("say what is to change: --text, --owner, --due or --trap", USAGE)
    if not all(given.get(key, "…") for key in ("text", "owner")):
        raise Stop("an action item has an owner and says what is to be done", USAGE)
    old = next((each.owner for each in (here.items if here is not None else ()) if each.id == wanted), "")
    if "due" in given:
        given["due"] = "" if given["due"] == NONE else _due(given["due"], given.get("owner", old), config)
    if "trap" in given:
        given["trap"] = "" if given["trap"] == NONE else _trap(given["trap"], config)
    return given


def _text(options: Options) -> str:
    text = clean(" ".join(options.words("text"))).strip()
    if not text:
        raise Stop("say what is to be done", USAGE)
    return text


def _due(text: str, owner: str, config: Config) -> str:
    today = today_of(owner, tuple(config.people.values()), datetime.now(UTC))
    try:
        return str(due_of(text, today) if text else today + USUALLY)
    except ValueError as fault:
        raise Stop(str(fault), USAGE) from None


def _trap(name: str, config: Config) -> str:
    if not name or name in config.traps:
        return name
    more = suggestion(name, config.traps, listed=False) or "`cockpit trap add` arms one"
    raise Stop(f"there is no trap {clean(name, 80)!r} in the config here; {more}", USAGE)


def _written(config: Config, kept: Journal, incident: str, change: Change, data: Mapping[str, str]) -> None:
    with told_why():
        kept.change_incident(incident, change, who=who_is(config), at=datetime.now(UTC), data=data)


def _say_last(config: Config, kept: Journal, incident: str, id: str = "") -> None:
    """The item as it stands now; the newest of the incident where none is named."""
    items = kept.incidents()[incident].items
    item = next((each for each in items if each.id == id), items[-1])
    people, now = tuple(config.people.values()), datetime.now(UTC)
    say(f"{item.id} {item.text} ({item.incident}): {standing(item, people, now, config.traps.keys())}")
