"""The early-warning traps: list, check one, arm, disarm; and heartbeats."""

from __future__ import annotations

import math
from datetime import timedelta

from ..core.actions import Arm, Disarm
from ..core.alerts import LOCAL, Ref
from ..core.trap_steps import step
from ..core.traps import Reading, TrapState, TrapView, Watch, view_of
from ..core.units import say_bytes, say_seconds, short_age
from ..core.view import View
from . import BAD, COULD_NOT_SEE, FINE, USAGE
from .alerts import duration_of, settle
from .compose import house
from .listing import as_json, say, table, when
from .options import Options, Stop

_STYLE = {TrapState.TRIPPED: "bad", TrapState.BLIND: "bad", TrapState.WARNING: "warn", TrapState.DISARMED: "dim"}
_RANK = {TrapState.TRIPPED: 0, TrapState.BLIND: 1, TrapState.WARNING: 2, TrapState.ARMED: 3, TrapState.DISARMED: 4}


def traps(options: Options) -> int:
    """List every trap with what it last saw."""
    with house(options) as home:
        view, proposed = home.view(), home.config.proposed
    found = sorted(view.traps, key=lambda each: (_RANK[each.state], each.trap.name))
    if options.json:
        as_json([_record(each) for each in found])
    elif not found:
        say("There are no traps. `cockpit init` looks at this machine and proposes some.")
    else:
        rows = [(each.state.value, each.trap.name, each.says, _age(each, view), each.trap.probe, each.source) for each in found]
        table(
            ("State", "Trap", "Says", "Looked", "Probe", "Source"),
            rows,
            [_STYLE.get(each.state, "") for each in found],
            options.color,
            cut=(2, 4, 5),
            last=(1,),
        )
    if not options.json:
        for health in view.blind:
            say(f"Cannot see: {health.source}" + (f": {health.reason}" if health.reason else ""))
    if not options.json and (unproven := [each.trap.name for each in found if each.unproven]):
        say(f"Not proven lately, by a real trip or a drill up to its ack (`cockpit trap drill NAME`): {', '.join(unproven)}")
    if proposed and not options.json:
        say("No config yet: these are the traps that `cockpit init` would propose for this machine.")
    states = {each.state for each in found}
    if TrapState.TRIPPED in states:
        return BAD
    return COULD_NOT_SEE if TrapState.BLIND in states or view.blind else FINE


def _age(each: TrapView, view: View) -> str:
    return short_age((view.now - each.watch.checked_at).total_seconds()) if each.watch.checked_at else "never"


def _record(each: TrapView) -> dict[str, object]:
    watch, reading = each.watch, each.watch.reading or Reading({}, "")
    return {
        "source": each.source,
        "name": each.trap.name,
        "state": each.state.value,
        "reading": reading.values,
        "text": each.says,
        "checked_at": when(watch.checked_at),
        "trips_in_seconds": watch.trips_in,
        "tripped_at": when(watch.tripped_at),
        "disarmed_until": when(watch.rest_until),
        "severity": each.trap.severity.word,
        "drill": each.drill.value,
        "drills": watch.drills,
        "proven_at": when(watch.proven_at or watch.tripped_at),
        "unproven": each.unproven,
    }


def trap(options: Options) -> int:
    """One trap: look once, add, drill, arm, disarm."""
    name = options.text("name")
    if options.text("verb") == "add":
        from .trap_add import add  # deferred: no other command needs it

        return add(options)
    if options.text("verb") == "drill":
        from .trap_drill import drill  # deferred, as above

        return drill(options)
    if options.text("verb") == "check":
        return _check(options, name)
    with house(options) as home:
        view = home.view(look=False)
        ref = _ref(view, name)
        if options.text("verb") == "arm":
            return settle(home, Arm(ref))
        rest = timedelta(seconds=duration_of(options.text("duration")))
        return settle(home, Disarm(ref, view.now + rest, options.text("why")))


def _ref(view: View, name: str) -> Ref:
    found = [Ref(each.source, each.trap.name) for each in view.traps if name in (each.trap.name, f"{each.source}/{each.trap.name}")]
    if len(found) > 1:
        raise Stop(f"{name} is a trap at {' and '.join(ref.source for ref in found)}: write SOURCE/NAME", USAGE)
    return found[0] if found else _unknown(name, [each.trap.name for each in view.traps])


def _unknown(name: str, known: list[str]) -> Ref:
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    raise Stop(f"there is no trap {name!r}" + (f"; did you mean {near[0]!r}?" if near else "; `cockpit traps` lists them"), USAGE)


def _number(metric: str, value: float) -> str:
    """A reading's number for people: a size in its unit, whole numbers as they are, all else with four significant digits, and no
    powers of ten."""
    if not math.isfinite(value):
        return str(value)
    if "_bytes" in f"_{metric}":
        return say_bytes(value)
    if value == int(value) or abs(value) >= 1000:
        return f"{value:.0f}"
    places = 3 - math.floor(math.log10(abs(value)))
    return f"{value:.{places}f}".rstrip("0").removesuffix(".")


def _check(options: Options, name: str) -> int:
    with house(options) as home:
        trap = home.config.traps.get(name)
        if trap is None:
            _unknown(name, list(home.config.traps))
            raise AssertionError  # _unknown always raises
        event = home.look_once(trap)
        view = view_of(LOCAL, trap, step(trap, Watch(), event), home.clock.now())
    reading = view.watch.reading or Reading({}, "")
    if options.json:
        as_json([_record(view)])
    else:
        say(f"{name}: {view.state.value if view.state is not TrapState.ARMED else 'fine, it would be armed'}")
        say(f"  {view.says}")
        for metric, value in sorted(reading.values.items()):
            say(f"  {metric} = {_number(metric, value)}")
        for word, bound in (("warns at", trap.warn), ("trips at", trap.trip)):
            if bound is not None:
                say(f"  {word} {bound.text}" + (f" for {say_seconds(trap.hold)}" if word == "trips at" and trap.hold else ""))
    pending = view.watch.over_since is not None
    return COULD_NOT_SEE if view.state is TrapState.BLIND else BAD if view.state is TrapState.TRIPPED or pending else FINE
