"""``cockpit handover``: the shift brief, notes for the next shift, and the mark that it was handed over."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

from ..config.model import Config
from ..core.handover import LONGEST, Brief
from ..core.handover_words import at, markdown, sections, standing, title
from ..core.roster import Naming, display
from ..core.text import clean
from ..core.why import READ_ONLY
from ..engine.handing import leave, mark, take_back
from ..engine.handover_facts import gathered
from ..engine.person import who_is
from . import COULD_NOT_SEE, FINE, UNCONFIRMED, USAGE
from .compose import house
from .configured import read_config
from .handover_json import record
from .listing import as_json_object, say
from .moments import read, viewer
from .options import Options, Stop
from .record import journal

_WIDE = 80
_ALL = 10_000_000


def handover(options: Options) -> int:
    """Print the brief for people, as Markdown or as JSON; or write a note, take one back, or mark it as handed over."""
    config = read_config(options)
    if options.json and options.flag("markdown"):
        raise Stop("either --json or --markdown", USAGE)
    writes = options.text("note") or options.text("unnote") or options.flag("done")
    if writes and (options.read_only or config.read_only):
        raise Stop(READ_ONLY)
    if options.text("note"):
        return _note(options, config)
    if options.text("unnote"):
        return _unnote(options, config)
    made, zone = _brief(options, config, str if options.json else display(config.people.values())), viewer(config)
    if options.flag("done"):
        return _done(options, config, made, zone)
    if options.json:
        as_json_object(record(made))
    elif options.flag("markdown"):
        for line in markdown(title(made, zone), sections(made, zone, _ALL)):
            say(line)
    else:
        _print(made, zone, int(options.text("limit")))
    return COULD_NOT_SEE if made.unseen else FINE


def _brief(options: Options, config: Config, called: Naming) -> Brief:
    zone = viewer(config)
    with house(options) as home:
        view = home.view()
        laid = home.schedule(view.now - LONGEST, view.now + LONGEST)
        since = read(options.text("since"), zone) if options.text("since") else None
        if since is not None and since >= view.now:
            raise Stop("--since lies in the future: nothing has happened there yet", USAGE)
        return gathered(home.journal, view, laid, config.storm, since, called)


def _note(options: Options, config: Config) -> int:
    with journal() as kept:
        try:
            number = leave(kept, options.text("note"), who_is(config), datetime.now(UTC))
        except ValueError as empty:
            raise Stop(str(empty), USAGE) from empty
    say(f"Noted for the next shift: {clean(options.text('note')).strip()}")
    say(f"`cockpit handover --unnote {number}` takes it back.")
    return FINE


def _unnote(options: Options, config: Config) -> int:
    with journal() as kept:
        try:
            found = take_back(kept, int(options.text("unnote")), who_is(config), datetime.now(UTC))
        except LookupError as no:
            raise Stop(str(no.args[0])) from no
    say(f"Taken back: {found.text}")
    return FINE


def _done(options: Options, config: Config, made: Brief, zone: tzinfo | None) -> int:
    """Say what would be marked, and mark it where that was confirmed."""
    duty, who = made.duty, who_is(config)
    giver = duty.giver if duty is not None and duty.giver else who
    taker = clean(options.text("to"), 200) or (duty.taker if duty is not None else "")
    if not taker:
        raise Stop("no roster says who takes over: say it with --to PERSON", USAGE)
    parties = f"from {made.called_so(giver)} to {made.called_so(taker)}"
    if not options.flag("yes"):
        say(f"Mark as handed over {parties}, now ({at(made.now, zone)}):")
        for line in standing(made):
            say(f"  {line}")
        _say_stays(made, taker, zone)
        say("Nothing was marked. Add --yes to do it.")
        return UNCONFIRMED
    with journal() as kept:
        mark(kept, made, taker, who, datetime.now(UTC))
    say(f"Handed over {parties}. What changes from now on stands first in the next brief.")
    _say_stays(made, taker, zone)
    return FINE


def _say_stays(made: Brief, taker: str, zone: tzinfo | None) -> None:
    """That the pages go on to whoever the roster has: what is marked changes no roster."""
    duty = made.duty
    if duty is not None and duty.giver and duty.at is not None and duty.at > made.now:
        say(f"{duty.giver} stays on call until {at(duty.at, zone)}, and is paged until then.")
        say(f"`cockpit oncall take --roster {duty.roster}`, run by {made.called_so(taker)}, takes the rest of that shift.")


def _print(made: Brief, zone: tzinfo | None, limit: int) -> None:
    width = min(_WIDE, shutil.get_terminal_size((_WIDE, 24)).columns)
    for line in _wrapped(title(made, zone), width, ""):
        say(line)
    for part in sections(made, zone, limit):
        if part.lines:
            say()
            for line in _wrapped(part.heading, width, ""):
                say(line)
            for text in part.lines:
                for line in _wrapped(text, width, "  "):
                    say(line)


def _wrapped(text: str, width: int, indent: str) -> Iterator[str]:
    """Lines of at most ``width`` cells, broken at spaces where there are any; what goes on is indented by two cells more."""
    from rich.cells import cell_len, chop_cells

    line, head = "", indent
    for word in clean(text, 10_000).split():
        for part in chop_cells(word, max(2, width - len(indent) - 2)):
            if line and cell_len(head) + cell_len(line) + 1 + cell_len(part) > width:
                yield head + line
                line, head = part, indent + "  "
            else:
                line = f"{line} {part}" if line else part
    yield head + line
