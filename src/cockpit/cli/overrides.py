"""Overriding who is on call: put somebody on, take a shift, cover for somebody, swap, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from ..core.actions import EndOverride, MakeOverride
from ..core.alerts import Ref
from ..core.coverage import Name, begins, ends, next_of, who_has
from ..core.covers import Cover, Standing
from ..core.roster import Shift, display, known_as
from ..core.schedule import Schedule
from ..core.swaps import Change, NoSwap, changes, covering, objections, of_roster, swapping
from ..core.units import say_seconds
from ..engine.person import at_keyboard, os_user
from . import FINE, UNCONFIRMED, USAGE
from .alerts import duration_of, settle
from .compose import House, house
from .listing import as_json, say, table, when
from .moments import read, told, viewer
from .options import Options, Stop

_AHEAD = timedelta(days=120)
"""How far ahead a shift to take, to cover or to swap is looked for."""


class _Table:
    """What all these commands look at: the rosters as they are laid out, and who asks."""

    def __init__(self, home: House, options: Options) -> None:
        self.home, self.options = home, options
        self.config, self.now = home.config, home.clock.now()
        self.zone: tzinfo | None = viewer(home.config)
        home.view(look=False)
        self.laid: Schedule = home.schedule(self.now - timedelta(days=1), self.now + _AHEAD)
        self.people = self.laid.people

    @property
    def me(self) -> str:
        """My id."""
        return at_keyboard(self.config, os_user()).id

    def person(self, text: str) -> str:
        """The id of somebody as named on the command line; ends the command where nobody goes by that name."""
        known = known_as(self.people, text)
        if known is not None:
            return known.id
        there = next(
            (shift for shift in self.laid.shifts if text.casefold() in (shift.person.casefold(), shift.name.casefold())), None
        )
        if there is not None:
            return who_has(there, self.people)
        known_ids = {person.id for person in self.people}
        names = sorted(known_ids | {shift.name for shift in self.laid.shifts if who_has(shift, self.people) not in known_ids})
        raise Stop(f"nobody goes by {text!r}: there are {', '.join(names) or 'no people'}", USAGE)

    def roster(self) -> Name:
        """The roster that is meant: the one named, else the only one that is paged first."""
        wanted = self.options.text("roster")
        named = [name for name in self.laid.rosters if wanted in (name[1], f"{name[0]}/{name[1]}")]
        first = min((name[2] for name in self.laid.rosters), default=1)
        found = named if wanted else [name for name in self.laid.rosters if name[2] == first]
        if len(found) == 1:
            return found[0]
        names = ", ".join(name[1] for name in self.laid.rosters) or "none is configured"
        raise Stop(f"say which roster, with --roster: {names}" if not wanted else f"there is no roster {wanted!r}: {names}", USAGE)

    def shifts(self, name: Name) -> tuple[Shift, ...]:
        """The shifts of one roster."""
        return of_roster(self.laid.shifts, name)

    def time(self, option: str, otherwise: datetime) -> datetime:
        """A moment that was given, or another."""
        text = self.options.text(option)
        return read(text, self.zone) if text else otherwise


def override(options: Options) -> int:
    """Put somebody on call, from when to when."""
    with house(options, propose=False) as home:
        at = _Table(home, options)
        person, name = at.person(options.text("person")), at.roster()
        start = at.time("start", at.now)
        end = _end(at, start)
        if end <= start:
            raise Stop(f"it would end before it begins: from {told(start, at.zone)} to {told(end, at.zone)}", USAGE)
        return _done(at, name, (Cover(person, start, end),), options.text("why"))


def take(options: Options) -> int:
    """Take the shift that goes on now, until its end or for some time."""
    with house(options, propose=False) as home:
        at = _Table(home, options)
        name = at.roster()
        now = next((shift for shift in at.shifts(name) if begins(shift) <= at.now < ends(shift)), None)
        if now is not None and who_has(now, at.people) == at.me:
            raise Stop(f"you are on {name[1]} already")
        return _done(at, name, (Cover(at.me, at.now, _end(at, at.now, now)),), options.text("why"))


def cover(options: Options) -> int:
    """Have somebody's shift: the one that goes on, or their next; or all of theirs between two moments."""
    with house(options, propose=False) as home:
        at = _Table(home, options)
        name, person = at.roster(), at.person(options.text("person"))
        by = at.person(options.text("by")) if options.text("by") else at.me
        shifts = at.shifts(name)
        if options.text("start") or options.text("end"):
            since, until = at.time("start", at.now), at.time("end", at.now + _AHEAD)
            if options.text("start") and until <= since:
                raise Stop(f"that time ends before it begins: from {told(since, at.zone)} to {told(until, at.zone)}", USAGE)
        else:
            theirs = next_of(shifts, at.people, person, at.now)
            if theirs is None or theirs.end is None:
                raise Stop(f"no shift of {person} with an end is near: say --from and --to", USAGE)
            since, until = max(begins(theirs), at.now), theirs.end
        try:
            covers = covering(shifts, at.people, person, by, since, until)
        except NoSwap as no:
            raise Stop(str(no)) from None
        return _done(at, name, covers, options.text("why") or f"covers for {person}")


def swap(options: Options) -> int:
    """My next shift for theirs."""
    with house(options, propose=False) as home:
        at = _Table(home, options)
        name, other = at.roster(), at.person(options.text("person"))
        one = at.person(options.text("by")) if options.text("by") else at.me
        try:
            covers = swapping(at.shifts(name), at.people, one, other, at.now)
        except NoSwap as no:
            raise Stop(str(no)) from None
        return _done(at, name, covers, options.text("why") or f"{one} and {other} swap")


def undo(options: Options) -> int:
    """Take an override back: the one with this id, or the one that is listed last."""
    with house(options, propose=False) as home:
        view, wanted, zone = home.view(look=False), options.text("id"), viewer(home.config)
        able = [each for each in view.overrides if not each.undone or wanted]
        found = [each for each in able if wanted in ("", each.ref.id, str(each.ref), each.together)]
        lists = "`cockpit oncall overrides` lists them"
        if not found:
            raise Stop(f"there is no override {wanted} now; {lists}" if wanted else "there is nothing to take back")
        if len({each.ref.source for each in found}) > 1:
            raise Stop(f"there are overrides at several sources: say which to take back; {lists}", USAGE)
        last = found[-1]
        together = [each for each in view.overrides if each.ref == last.ref or (each.together and each.together == last.together)]
        for each in together:
            say(f"Takes back at {each.ref.source}, {each.roster}: {_standing(each, zone)}")
        if not options.flag("yes"):
            say("Nothing was sent. Add --yes to send it.")
            return UNCONFIRMED
        return max(settle(home, EndOverride(each.ref)) for each in together)


def overrides(options: Options) -> int:
    """The overrides that run or will."""
    with house(options, propose=False) as home:
        view, zone, called = home.view(look=False), viewer(home.config), display(home.config.people.values())
    if options.json:
        as_json([_record(each) for each in view.overrides])
    elif view.overrides:
        rows = [
            (
                *(str(each.ref), each.roster, told(each.start, zone), told(each.end, zone)),
                *(each.name, called(each.who), each.why or each.undone),
            )
            for each in view.overrides
        ]
        table(("Id", "Roster", "From", "Until", "On call", "By", "Why"), rows, cut=(1, 4, 5, 6), last=(2, 3))
    else:
        say("There are no overrides.")
    return FINE


def _end(at: _Table, start: datetime, shift: Shift | None = None) -> datetime:
    """Until when: as given, else to the end of the shift."""
    if at.options.text("end"):
        return at.time("end", start)
    if at.options.text("duration"):
        return start + timedelta(seconds=duration_of(at.options.text("duration")))
    if shift is None or shift.end is None:
        raise Stop("say until when, with --to or --for", USAGE)
    return shift.end


def _done(at: _Table, name: Name, covers: Sequence[Cover], why: str) -> int:
    """Show exactly what would change; with ``--yes``, change it."""
    shifts = at.shifts(name)
    found = changes(shifts, at.people, covers)
    if not found:
        say("That changes nothing: it is so already.")
        return FINE
    say(f"At {name[0]}, {name[1]} (level {name[2]}):")
    for each in found:
        say(f"  {_change(each, at.zone)}")
    for word in objections(at.laid.shifts, at.people, name, covers):
        say(f"  CLASH: {word}")
    if not at.options.flag("yes"):
        say("Nothing was sent. Add --yes to send it.")
        return UNCONFIRMED
    return settle(at.home, MakeOverride(Ref(name[0], name[1]), tuple(covers), why))


def _change(each: Change, zone: tzinfo | None) -> str:
    lasts = say_seconds((each.end - each.start).total_seconds())
    return f"{each.after} instead of {each.before or 'nobody'}, {told(each.start, zone)} to {told(each.end, zone)} ({lasts})"


def _standing(each: Standing, zone: tzinfo | None) -> str:
    why = f" ({each.why})" if each.why else ""
    return f"{each.name}, {told(each.start, zone)} to {told(each.end, zone)}{why}"


def _record(each: Standing) -> dict[str, object]:
    return {
        "source": each.ref.source,
        "id": each.ref.id,
        "roster": each.roster,
        "person": each.person,
        "name": each.name,
        "start": when(each.start),
        "end": when(each.end),
        "who": each.who or None,
        "why": each.why or None,
        "undone": each.undone or None,
    }
