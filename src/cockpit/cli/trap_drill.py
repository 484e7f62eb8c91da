"""``cockpit trap drill``: rehearse a trap's whole route, once it was seen who will be told of it."""

from __future__ import annotations

from ..core.text import clean
from ..core.units import say_seconds
from ..core.why import READ_ONLY
from ..engine.drilling import Call, Drilling, Route
from ..engine.journal import JournalError
from ..engine.person import who_is
from ..provider import Conflict, NotFound, ProviderError
from . import BAD, FINE, USAGE
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
                say(f"It cannot be now: {why_not}" if why_not else "Nothing was begun. Add --yes to drill it.")
            return BAD if why_not else FINE
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
    drill = route.drill
    signs, lasts = (drill.trips_at - drill.began_at).total_seconds(), (drill.until - drill.trips_at).total_seconds()
    say(f"A drill of {clean(name)}: {say_seconds(signs)} of signs, then an alert {name}:drill, marked DRILL wherever it is shown.")
    for call in route.calls:
        at = f"{say_seconds(call.after)} after that" if call.after else "at once"
        to = f"nobody: {call.gap}" if call.gap else f"{call.who or 'whomever it wakes'} by {call.channel}"
        say(f"  {at}: {clean(to, 1000)}")
    if route.why_nobody:
        say(f"Nobody is paged: {clean(route.why_nobody, 1000)}.")
    say(f"It ends with an acknowledgement, a real trip, or by itself {say_seconds(lasts)} after the alert. No runbook is started.")


def _record(call: Call) -> dict[str, object]:
    return {"after_seconds": call.after, "who": call.who, "channel": call.channel, "gap": call.gap}
