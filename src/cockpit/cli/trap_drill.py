"""``cockpit trap drill``: rehearse a trap's whole route, once it was seen who will be told of it."""

from __future__ import annotations

from ..core.text import clean
from ..core.why import READ_ONLY
from ..engine.drill_words import said
from ..engine.drilling import Call, Drilling, Route
from ..engine.journal import JournalError
from ..engine.person import who_is
from ..provider import Conflict, NotFound, ProviderError
from . import BAD, FINE, UNCONFIRMED, USAGE
from .compose import house
from .listing import as_json, say
from .options import Options, Stop


def drill(options: Options) -> int:
    """Show who would be told when; with ``--yes`` begin it."""
    name, quiet = options.text("name").removeprefix("local/"), options.flag("quiet")
    with house(options) as home:
        home.view(look=False)  # the rosters of other sources may say who is on call
        drilling, who = Drilling(home.desk.here, home.journal, home.clock), who_is(home.config)
        try:
            why_not, route = drilling.why_not(name), drilling.route(name, who, quiet=quiet)
        except NotFound as error:
            raise Stop(f"{error} in the config here, and no other can be drilled", USAGE) from None
        except (ProviderError, JournalError) as error:
            raise Stop(str(error)) from None
        if options.json:
            as_json([_record(each) for each in route.calls])
        else:
            _show(name, route)
        if not options.flag("yes") or options.flag("dry_run"):
            if not options.json:
                hint = "" if options.flag("dry_run") else " Add --yes to drill it."
                say(f"It cannot be now: {why_not}" if why_not else f"Nothing was begun.{hint}")
            return BAD if why_not else FINE if options.flag("dry_run") else UNCONFIRMED
        if home.config.read_only:
            raise Stop(READ_ONLY)
        try:
            begun = drilling.begin(name, who, quiet=quiet)
        except (Conflict, JournalError) as error:
            raise Stop(f"not begun: {error}") from None
    if not options.json:
        say(f"Begun: it trips at {begun.trips_at:%H:%M:%S} UTC. `cockpit ack {clean(name)}:drill` ends it.")
    return FINE


def _show(name: str, route: Route) -> None:
    begins, told, ends = said(name, route)
    say(begins)
    for line in told:
        say(f"  {line}" if route.calls else line)
    say(ends)


def _record(call: Call) -> dict[str, object]:
    return {"after_seconds": call.after, "who": call.who, "channel": call.channel, "gap": call.gap}
