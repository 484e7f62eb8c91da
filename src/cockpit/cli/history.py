"""What was run for an alert before, and whether it helped."""

from __future__ import annotations

from datetime import UTC, datetime

from ..core.aftermath import Past, Verdict
from ..core.roster import Naming
from ..core.text import clean
from ..core.units import say_seconds
from . import COULD_NOT_SEE, FINE
from .alerts import state_word
from .configured import naming
from .listing import as_json, say, table, when
from .options import Options, Stop
from .record import journal


def for_alert(options: Options) -> int:
    """The runs for the alerts that ``--alert`` means by an id or a name, newest first, there or not. It needs no config."""
    wanted, now = options.text("alert"), datetime.now(UTC)
    with journal() as kept:
        found = kept.past_named(wanted, int(options.text("limit")))
        if not found and kept.problem:
            raise Stop(kept.problem, COULD_NOT_SEE)
    if options.json:
        as_json([_record(each, now) for each in found])
    elif not found:
        say(f"Nothing was ever run for {clean(wanted)}.")
    else:
        called = naming(options)
        heads = ("Id", "At (local)", "Who", "What", "For", "State", "Took", "Helped")
        table(heads, [_cells(each, now, called) for each in found], cut=(4, 3))
    return FINE


def _cells(each: Past, now: datetime, called: Naming) -> tuple[str, ...]:
    run, after = each.run, each.after
    took = say_seconds(run.seconds) if run.seconds is not None else ""
    on = after.name + (f" {after.place}" if after.place else "")
    return run.id, f"{run.at.astimezone():%m-%d %H:%M:%S}", called(run.who), run.what, on, state_word(run), took, _helped(each, now)


def _helped(each: Past, now: datetime) -> str:
    """Whether it helped, for people, and how soon; what only reads cannot have."""
    verdict, after = each.verdict(now), each.after
    if verdict is None:
        return "it only reads"
    if verdict is Verdict.HELPED and after.gone is not None and after.ended is not None:
        later = (after.gone - after.ended).total_seconds()
        return f"{each.says(now)}, over {say_seconds(later)} later" if later >= 1 else each.says(now)
    if verdict is Verdict.UNKNOWN and after.until is not None and after.gone is not None and after.gone <= after.until:
        return "unknown: it was over, but not done to its end"
    return "unknown: nobody saw" if verdict is Verdict.UNKNOWN else each.says(now)


_WORDS: dict[Verdict | None, str] = {
    Verdict.HELPED: "helped",
    Verdict.NOT: "not helped",
    Verdict.UNKNOWN: "unknown",
    Verdict.OPEN: "open",
}


def _record(each: Past, now: datetime) -> dict[str, object]:
    run, after = each.run, each.after
    return {
        "id": run.id,
        "at": when(run.at),
        "who": run.who,
        "runbook": run.what,
        "target": run.target,
        "state": run.state.value,
        "exit_code": run.exit_code,
        "seconds": run.seconds,
        "source": after.source,
        "alert": after.alert,
        "alert_name": after.name,
        "alert_where": after.place,
        "helped": _WORDS.get(each.verdict(now)),
        "over_at": when(after.gone),
    }
