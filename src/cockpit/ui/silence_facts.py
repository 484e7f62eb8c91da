"""What there is to say about a silence: plain facts, which the Detail pane lays out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ..core.alerts import Silence, SilenceState
from ..core.filters import FilterError, parse
from ..core.roster import Naming
from ..core.terms import Is
from ..core.view import Row, View
from .alert_face import SEVERITIES
from .fact import BLANK, Fact
from .silences import ends, state_of
from .times import ago, city, moment, said_age

LISTED = 100
"""So many of the alerts that it hits are listed; the others are counted."""


def hit_by(silence: Silence, view: View) -> tuple[Row, ...]:
    """The alerts that it hushes now, as its source told it; of one that is still to begin, those that it would hush."""
    source = silence.ref.source
    there = (row for row in view.alerts if row.alert.ref.source == source)
    if silence.state is SilenceState.ACTIVE:
        return tuple(row for row in there if silence.ref.id in row.alert.silences)
    if silence.state is SilenceState.EXPIRED:
        return ()
    try:
        rule = parse(silence.match)
    except FilterError:
        return ()  # another system's own matcher: what it will hit can be seen once it does
    return tuple(row for row in there if rule.matches(row.alert, view.now, view.me))


def of_silence(silence: Silence, hit: Sequence[Row], now: datetime, zone: str, called: Naming = str) -> tuple[Fact, ...]:
    """All about a silence: how it stands, who made it and why, what it matches, what it hits. Times in ``zone``; people are
    ``called`` so."""
    glyph, word, role = state_of(silence)
    end, end_role = ends(silence, now)
    facts = [Fact(spans=((f"{glyph} {word}", role), ("  ", ""), (end, end_role), ("  ", ""), (f"by {called(silence.who)}", "who")))]
    facts += [BLANK, Fact(text=silence.comment)] if silence.comment else []
    facts += [BLANK, _title("Matches"), *_matchers(silence.match)]
    facts += [BLANK, *_hits(silence, hit)]
    facts += [BLANK, *_times(silence, now, zone), Fact("source", f"{silence.ref.source} · {silence.ref.id}", "muted")]
    return tuple(facts)


def _title(text: str) -> Fact:
    return Fact(spans=((text, "title"),))


def _matchers(match: str) -> Iterable[Fact]:
    try:
        terms = parse(match).terms
    except FilterError:
        terms = ()
    if not terms or not all(isinstance(term, Is) and not term.fact for term in terms):
        yield Fact(text=match)
        return
    for term in terms:
        if isinstance(term, Is):
            yield Fact(" " + term.name, f"{term.op} {term.value}" if term.value else f'{term.op} ""')


def _hits(silence: Silence, hit: Sequence[Row]) -> Iterable[Fact]:
    if silence.state is SilenceState.EXPIRED:
        return
    word = "Would hush" if silence.state is SilenceState.PENDING else "Hushes"
    yield _title(f"{word} {len(hit)} alert{'s' * (len(hit) != 1)} now")
    for row in hit[:LISTED]:
        alert = row.alert
        glyph = SEVERITIES[alert.severity][0]
        where = f" · {alert.where}" if alert.where else ""
        yield Fact(spans=((f" {glyph} ", alert.severity.word), (f"{alert.name}{where}", "text")))
    if len(hit) > LISTED:
        yield Fact(text=f" … and {len(hit) - LISTED} more", role="muted")


def _times(silence: Silence, now: datetime, zone: str) -> Iterable[Fact]:
    there = city(zone)
    yield Fact("from", f"{moment(silence.starts_at, now, zone)} {there}")
    if silence.until_resolved:
        yield Fact("until", "what it hushes has resolved: it is renewed while a cockpit runs")
    else:
        off = f"in {said_age(now, silence.ends_at)}" if silence.ends_at > now else ago(silence.ends_at, now)
        renewed = ", renewed while its alert fires and a cockpit runs" if silence.ack else ""
        yield Fact("until", f"{moment(silence.ends_at, now, zone)} {there} ({off}){renewed}")
