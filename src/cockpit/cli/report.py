"""``cockpit report``: what the journal says of the last weeks, for the person who decides what to mend next."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from ..config.model import Config
from ..core.markdown import cell, inert
from ..core.report_fires import FIRES
from ..core.report_toil import RULE, Kind, Toil
from ..core.runbooks import Runbook
from ..core.text import clean
from ..core.units import say_seconds, seconds
from ..engine.person import this_host
from ..engine.records import JournalError
from ..engine.reporting import Reported, laid_here, reported
from . import COULD_NOT_SEE, FINE, USAGE, report_fires, report_learnt
from .configured import read_config
from .listing import as_json_object, counts, say, table, when
from .moments import read, viewer
from .options import Options, Stop
from .record import journal

_SHOWN = 15
_ALL = 1_000_000


def report(options: Options) -> int:
    """Print it for people, as Markdown for a page of the team, or as JSON."""
    if options.json and options.flag("markdown"):
        raise Stop("either --json or --markdown", USAGE)
    config = read_config(options)
    clock, now = viewer(config), datetime.now(UTC)
    since = _since(options.text("since"), now, clock)
    until = min(now, _since(options.text("until"), now, clock)) if options.text("until") else now
    if since >= now:
        raise Stop("--since lies in the future: nothing has happened there yet", USAGE)
    if since >= until:
        raise Stop("--until lies before --since", USAGE)
    with journal() as kept:
        try:
            people, traps = tuple(config.people.values()), laid_here(config, kept, until)
            made = reported(kept, people, traps, this_host(), _runbooks(config), since, until, clock)
        except JournalError as error:
            raise Stop(str(error), COULD_NOT_SEE) from error
    if options.json:
        as_json_object(_record(made))
    elif options.flag("markdown"):
        _markdown(made, clock)
    else:
        _print(made, clock, options)
    return FINE


def _runbooks(config: Config) -> tuple[Runbook, ...]:
    """Those of the config, and those that lie as Markdown in its repositories."""
    if not config.repositories:
        return tuple(config.runbooks.values())
    from .books import shelf  # deferred: most configs have no repository

    return (*config.runbooks.values(), *(each.runbook for each in shelf(config).books.values() if each.runbook is not None))


def _tables(reported: Reported, limit: int, clock: tzinfo | None) -> Iterator[report_fires.Table]:
    yield from report_fires.tables(reported.fires, limit)
    yield from report_learnt.tables(reported.learnt, limit, clock)


def _since(text: str, now: datetime, clock: tzinfo | None) -> datetime:
    """``30d``, or a day, or a time."""
    try:
        return now - timedelta(seconds=seconds(text))
    except ValueError:
        return read(text, clock)


def _heading(reported: Reported, clock: tzinfo | None) -> str:
    first, last = reported.since.astimezone(clock), reported.until.astimezone(clock)
    days = round((reported.until - reported.since).total_seconds() / 86400)
    return f"{first:%Y-%m-%d} to {last:%Y-%m-%d} ({days} day{'s' * (days != 1)}, {last:%Z})"


_HEADS = ("What", "Kind", "Times", "Time", "Nights", "Mostly at", "By", "Went well", "Helped", "Score")


def _cells(toil: Toil) -> tuple[str, ...]:
    """One line of the ledger, for people."""
    by = ", ".join(f"{who} {many}" for who, many in toil.people[:3]) + (", …" if len(toil.people) > 3 else "")
    ended = toil.succeeded + toil.failed
    well = f"{toil.succeeded} of {ended}" if ended else ""
    share = toil.helped_share
    helped = "" if toil.kind is not Kind.RUN else "unknown" if share is None else f"{share:.0%}"
    if share is not None and toil.unknown:
        helped += f" ({toil.unknown} unknown)"
    time = say_seconds(toil.seconds) if toil.seconds >= 1 else ""
    at = f"{toil.busiest:02d}–{(toil.busiest + 1) % 24:02d}"
    return (
        toil.what, toil.kind.value, str(toil.times), time, str(toil.nights), at, by, well, helped, f"{toil.score:.1f}",
    )  # fmt: skip


def _proven(reported: Reported) -> list[str]:
    return [
        f"{each.what}: done {each.times} times, always went well, helped {each.helped} of {each.helped} times"
        for each in reported.toil
        if each.proven
    ]


def _print(reported: Reported, clock: tzinfo | None, options: Options) -> None:
    limit = int(options.text("limit") or _SHOWN)
    say(f"Report, {_heading(reported, clock)}")
    for sentence in report_fires.verdict(reported.fires):
        _wrapped(sentence)
    say()
    for heading, heads, rows in _tables(reported, limit, clock):
        say(heading)
        table(heads, rows, color=options.color, cut=(0, *range(6, len(heads))), right=counts(rows))
        say()
    for sentence in _sentences(reported):
        _wrapped(sentence)
    say()
    say("Toil: what to automate")
    if not reported.toil:
        say("Nothing was done by hand that the journal knows of.")
        return
    shown = reported.toil[:limit]
    ledger = [_cells(each) for each in shown]
    table(_HEADS, ledger, color=options.color, cut=(0, 6), right=counts(ledger))
    if len(reported.toil) > len(shown):
        say(f"… and {len(reported.toil) - len(shown)} more; --limit shows them.")
    say()
    _wrapped(RULE)
    if proven := _proven(reported):
        say()
        say("For a machine to do, since it always worked:")
        for line in proven:
            say(f"  {line}")


def _sentences(reported: Reported) -> Iterator[str]:
    yield from report_fires.sentences(reported.fires)
    if reported.undrilled:
        yield f"Never drilled: {', '.join(reported.undrilled)}."
    if reported.unproven:
        yield f"Not proven lately, by a real trip or a drill: {', '.join(reported.unproven)}."
    yield FIRES
    yield from report_learnt.sentences(reported.learnt)


def _wrapped(text: str) -> None:
    for line in textwrap.wrap(clean(text), min(100, shutil.get_terminal_size().columns)):
        say(line)


def _markdown(reported: Reported, clock: tzinfo | None) -> None:
    say(f"# Report, {_heading(reported, clock)}")
    say()
    for sentence in report_fires.verdict(reported.fires):
        say(f"**{inert(sentence)}**")
        say()
    for heading, heads, rows in _tables(reported, _ALL, clock):
        say(f"## {heading}")
        say()
        _markdown_table(heads, rows)
        say()
    for sentence in _sentences(reported):
        say(f"- {inert(sentence)}")
    say()
    say("## Toil: what to automate")
    say()
    if not reported.toil:
        say("Nothing was done by hand that the journal knows of.")
        return
    _markdown_table(_HEADS, [_cells(each) for each in reported.toil])
    say()
    say(RULE)
    if proven := _proven(reported):
        say()
        say("**For a machine to do, since it always worked:**")
        say()
        for line in proven:
            say(f"- {inert(line)}")


def _markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    say(f"| {' | '.join(heads)} |")
    right = counts(rows)
    say(f"|{''.join('--:|' if i in right else '---|' for i in range(len(heads)))}")
    for row in rows:
        say(f"| {' | '.join(cell(each) for each in row)} |")


def _record(reported: Reported) -> dict[str, object]:
    return {
        "since": when(reported.since),
        "until": when(reported.until),
        **report_fires.record(reported.fires),
        **report_learnt.record(reported.learnt),
        "not_proven": list(reported.unproven),
        "never_drilled": list(reported.undrilled),
        "toil": [
            {
                "what": each.what,
                "kind": each.kind.value,
                "times": each.times,
                "seconds": round(each.seconds, 3),
                "nights": each.nights,
                "hours": list(each.hours),
                "people": dict(each.people),
                "succeeded": each.succeeded,
                "failed": each.failed,
                "helped": each.helped,
                "not_helped": each.not_helped,
                "unknown": each.unknown,
                "score": round(each.score, 3),
                "proven": each.proven,
            }
            for each in reported.toil
        ],
    }
