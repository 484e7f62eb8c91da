"""Incidents: opened from alerts, found again from them, followed, and changed while one follows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from ...core.actions import ChangeIncident, RunState
from ...core.alerts import SEVERITY_WORDS, Alert, Ref
from ...core.incidents import LEAD, WORKING, Change, Incident, member, number_of
from ...core.roster import Naming
from ...core.turns import instant
from ...core.why import READ_ONLY
from ...engine.desk import Desk, Refused
from ..ask import Ask, Field, wanted
from ..confirm import Confirm
from ..incident import Following
from ..page import Line
from ..palette import Entry, Picker
from ..times import city, moment
from ..times import zone as at_zone
from .decide import alert_lines
from .incident_steps import barred, change
from .items import items
from .lay import lay_after
from .looked import looked
from .steps import Board, Rest, counted, fact, loud, nothing, refuse, show, tell, used

PATIENCE, BREATH = 10.0, 0.05
"""Seconds that an incident which was asked for is waited for, and between two looks."""
_LONG_AGO = timedelta(days=366)


def incident(board: Board, desk: Desk, refs: Sequence[Ref], words: str = "") -> Rest:
    """Follow the open incident that these alerts are in; where there is none, ask how a new one is called, and open it. With an id
    in ``words``, that one. Without alerts, pick from those that are open."""
    alerts = [row.alert for ref in refs if (row := board.view.alert(ref)) is not None]
    return _known(board, desk, alerts, words, looked(board, "Incidents", "Looking in the journal …", desk.incidents))


async def _known(
    board: Board, desk: Desk, alerts: list[Alert], words: str, found: Awaitable[Mapping[str, Incident] | None]
) -> None:
    if (known := await found) is None:
        return
    opened = sorted((each for each in known.values() if not each.status.over), key=lambda each: each.opened_at, reverse=True)
    if words:
        await _named(board, desk, known, words)
    elif not alerts:
        await _picked(board, desk, opened)
    elif (here := holding(opened, [each.ref for each in alerts])) is not None:
        await _joined(board, desk, here, alerts)
    else:
        await _opened(board, desk, alerts)


def holding(opened: Sequence[Incident], refs: Sequence[Ref]) -> Incident | None:
    """The newest of these that has one of the alerts."""
    return next((each for each in opened if any(each.holds(ref.source, ref.id) for ref in refs)), None)


def _named(board: Board, desk: Desk, known: Mapping[str, Incident], words: str) -> Rest:
    here = known.get(number_of(words))
    if here is None:
        return refuse(board, f"there is no incident {words}")
    return followed(board, desk, here.id)


def _picked(board: Board, desk: Desk, opened: Sequence[Incident]) -> Rest:
    if not opened:
        return refuse(board, "there is no open incident: i on an alert opens one; :incidents lists those that are over")
    if len(opened) == 1:
        return followed(board, desk, opened[0].id)
    entries = [Entry(each.id, f"{each.id} {each.title}", _about(each, board.called), also=(each.id,)) for each in opened]
    return _chosen(board, desk, show(board, Picker("Follow which incident?", entries)))


def _about(each: Incident, called: Naming) -> str:
    return f"{each.severity.word} · {each.status.value} · {called(each.lead) or 'nobody leads'}"


async def _chosen(board: Board, desk: Desk, answer: Awaitable[str | None]) -> None:
    if (id := await answer) is not None:
        await followed(board, desk, id)


async def _joined(board: Board, desk: Desk, here: Incident, alerts: Sequence[Alert]) -> None:
    """What was marked besides may go in, too."""
    others = [each for each in alerts if not here.holds(each.ref.source, each.ref.id)]
    data = _alerts(others)
    if others and desk.why_not(ChangeIncident(Change.ADDED.value, here.id, data)) is None:
        lines = [fact("to", f"{here.id} {here.title}", "bold"), *alert_lines(board, [each.ref for each in others])]
        if await show(board, Confirm(f"Add {counted(len(others), 'alert')} to {here.id}?", lines, yes="add")):
            tell(board, desk, ChangeIncident(Change.ADDED.value, here.id, data))
            used(board)
    await followed(board, desk, here.id)


def _opened(board: Board, desk: Desk, alerts: list[Alert]) -> Rest:
    if reason := desk.why_not(ChangeIncident):
        return refuse(board, f"{reason}; none of these alerts is in an open incident" if reason == READ_ONLY else reason)
    worst = max(alerts, key=lambda each: each.severity)
    title = f"{worst.name} {worst.where}".strip() + (f" and {counted(len(alerts) - 1, 'other')}" if len(alerts) > 1 else "")
    lines = alert_lines(board, [each.ref for each in alerts])
    fields = [
        Field("title", "Title", title, "what people will call it", wanted("what it is called")),
        Field("severity", "Severity", worst.severity.word, "", severity_problem, choices=tuple(SEVERITY_WORDS)),
    ]
    form = Ask(f"Open an incident with {counted(len(alerts), 'alert')}", fields, lambda _: lines)
    return _asked(board, desk, alerts, show(board, form))


def severity_problem(value: str) -> str | None:
    """Why that is no severity."""
    return None if value.strip() in SEVERITY_WORDS else f"one of {', '.join(SEVERITY_WORDS)}"


def _alerts(alerts: Sequence[Alert]) -> dict[str, object]:
    return {"alerts": msgspec.to_builtins(tuple(map(member, alerts)))}


async def _asked(board: Board, desk: Desk, alerts: list[Alert], answer: Awaitable[dict[str, str] | None]) -> None:
    given = await answer
    if given is None:
        return
    data = {"title": given["title"].strip(), "severity": given["severity"].strip(), **_alerts(alerts)}
    run_id = tell(board, desk, ChangeIncident(Change.OPENED.value, data=data))
    if run_id is None:
        return
    used(board)
    for _ in range(round(PATIENCE / BREATH)):
        id = await asyncio.to_thread(_made, desk, alerts)
        run = next((run for run in desk.view.runs if run.id == run_id), None)  # after that: what is known now is told with it
        failed = run is not None and run.state is RunState.FAILED
        why = run.reason if run is not None and run.reason else "nobody knows why"
        if id is not None:
            await followed(board, desk, id, f"somebody was first: {why}" if failed else "")
            return
        if failed:
            board.say(f"no incident was opened: {why}", "refusal")
            return
        await asyncio.sleep(BREATH)
    board.say("the incident has not been written down yet: R says what becomes of it", "refusal")


def _made(desk: Desk, alerts: Sequence[Alert]) -> str | None:
    try:
        opened = [each for each in desk.incidents().values() if not each.status.over]
    except Refused:
        return None  # it is asked again
    here = holding(opened, [each.ref for each in alerts])
    return here.id if here is not None else None


async def followed(board: Board, desk: Desk, id: str, remark: str = "") -> None:
    """Follow it until the person leaves; the ``remark`` says how one came here, where that was not as asked."""
    box = Following(desk, next(iter(board.panes.values())).look, board.clock, id, board.zone, commands=board.reel is None)
    before, board.voice = board.voice, lambda text: box.say(text)
    if remark:
        box.say(remark)
    try:
        await show(board, box)
    finally:
        board.voice = before


# ── what is done to the one that is followed ──────────────────────────────────────────────────────────────────────


def lead(at: Following, desk: Desk, here: Incident) -> Rest:
    """Say that I lead; of somebody else it is taken only after a question."""
    me = at.me
    if reason := barred(desk, here, closed=True) or ("" if me else "it is not known who you are: `me` in the config says it"):
        return refuse(at, reason)
    if at.is_me(here.lead):
        return refuse(at, "you lead already")
    data: dict[str, object] = {"role": LEAD, "person": me, "before": here.lead}
    if here.lead:
        box = Confirm(
            f"Take the lead from {at.called(here.lead)}?", [fact("incident", f"{here.id} {here.title}", "bold")], yes="take it"
        )
        return if_so(at, box, lambda: change(at, desk, here, Change.ROLE, data))
    change(at, desk, here, Change.ROLE, data)
    return nothing()


def if_so(at: Following, box: Confirm, then: Callable[[], None]) -> Rest:
    """Do it once the box says so."""
    answer = show(at, box)
    return _answered(answer, then)


async def _answered(answer: Awaitable[bool | None], then: Callable[[], None]) -> None:
    if await answer:
        then()


def status(at: Following, desk: Desk, here: Incident) -> Rest:
    """Say where it stands."""
    if reason := barred(desk, here):
        return refuse(at, reason)
    about = {"open": "nobody knows the cause", "identified": "the cause is known", "monitoring": "mended, it seems: watching"}
    entries = [Entry(word, word, about.get(word, "")) for word in WORKING]
    return _stands(at, desk, here, show(at, Picker(f"Where does {here.id} stand?", entries)))


async def _stands(at: Following, desk: Desk, here: Incident, answer: Awaitable[str | None]) -> None:
    if (word := await answer) is not None and word != here.status.value:
        change(at, desk, here, Change.STATUS, {"status": word})


def note(at: Following, desk: Desk, here: Incident) -> Rest:
    """Leave a remark in its timeline."""
    if reason := barred(desk, here, closed=True):
        return refuse(at, reason)
    return _noted(at, desk, here, show(at, Ask(f"Note on {here.id}", [Field("text", "Note", check=wanted("something"))])))


async def _noted(at: Following, desk: Desk, here: Incident, answer: Awaitable[dict[str, str] | None]) -> None:
    if (given := await answer) is not None:
        change(at, desk, here, Change.NOTED, {"text": given["text"].strip()})


def impact(at: Following, desk: Desk, here: Incident) -> Rest:
    """Say since when users are hurt, until when, and what they see."""
    if reason := barred(desk, here, closed=True):
        return refuse(at, reason)
    now, zone = at.clock.now(), at.zone

    def check(value: str) -> str | None:
        try:
            moment_of(value, now, zone)
        except ValueError as fault:
            return str(fault)
        return None

    def whole(given: Mapping[str, str]) -> tuple[str, str] | None:
        start = moment_of(given["from"], now, zone) or here.impact_start
        end = moment_of(given["to"], now, zone) or here.impact_end
        if start is not None and end is not None and end < start:
            return "to", "that is before it began"
        return None if any(value.strip() for value in given.values()) else ("from", "say one of them")

    how, stands = f"now, 14:05 or 2026-11-24T14:05, {city(zone)} time", [
        f"{moment(each, now, zone)}" if each is not None else "not said" for each in (here.impact_start, here.impact_end)
    ]  # fmt: skip
    fields = [
        Field("from", "Users hurt from", "", f"{how}; it is {stands[0]}", check),
        Field("to", "Until", "", f"empty leaves it: it is {stands[1]}", check),
        Field("text", "What they saw", "", here.impact),
    ]
    box = Ask(f"When were users hurt by {here.id}?", fields, None, whole)
    return _hurt(at, desk, here, (now, zone), show(at, box))


async def _hurt(
    at: Following, desk: Desk, here: Incident, clock: tuple[datetime, str], answer: Awaitable[dict[str, str] | None]
) -> None:
    if (given := await answer) is None:
        return
    times = {key: moment_of(given[field], *clock) for key, field in (("impact_start", "from"), ("impact_end", "to"))}
    data: dict[str, object] = {key: f"{time:%Y-%m-%dT%H:%M:%S}Z" for key, time in times.items() if time is not None}
    text = given["text"].strip()
    change(at, desk, here, Change.IMPACT, {**data, "text": text} if text else data)


def moment_of(text: str, now: datetime, zone: str) -> datetime | None:
    """A time that has been, as typed on the clock of ``zone``, in UTC: ``now``, ``14:05`` (the last time that it was so late),
    ``2026-11-24T14:05``; ``None`` for nothing. Raises ``ValueError`` that says what would have been understood."""
    text, clock = text.strip(), at_zone(zone)
    if not text:
        return None
    if text == "now":
        return now

    def there(said: datetime) -> datetime:
        if said.tzinfo is not None:
            return said.astimezone(UTC)
        return instant(said, clock) if isinstance(clock, ZoneInfo) else said.replace(tzinfo=clock).astimezone(UTC)

    today = f"{now.astimezone(clock):%Y-%m-%d}"
    try:
        short = len(text) <= len("14:05") and ":" in text
        at = there(datetime.fromisoformat(f"{today}T{text.zfill(5)}" if short else text))
        if short and at > now:
            at = there(datetime.fromisoformat(f"{today}T{text.zfill(5)}") - timedelta(days=1))
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time: write now, 14:05 or 2026-11-24T14:05") from None
    if not now - _LONG_AGO <= at <= now:
        raise ValueError("that lies ahead" if at > now else "that is more than a year ago")
    return at


def close(at: Following, desk: Desk, here: Incident) -> Rest:
    """Say that it is over."""
    if reason := barred(desk, here):
        return refuse(at, reason)
    lines: list[Line] = [fact("incident", f"{here.id} {here.title}", "bold"), fact("lead", at.called(here.lead) or "nobody")]
    if here.impact_start is not None and here.impact_end is None:
        lines += ["", loud("Users are still said to be hurt: u says until when they were.")]
    lines += ["", f"`cockpit postmortem {here.id}` drafts its postmortem then."] if at.commands else []
    box = Confirm(f"Close {here.id}?", lines, yes="close it")
    return if_so(at, box, lambda: change(at, desk, here, Change.CLOSED, {}))


CHANGES: Mapping[str, Callable[[Following, Desk, Incident], Rest]] = {
    "lead": lead, "status": status, "note": note, "impact": impact, "close": close, "trap": lay_after, "items": items,
}  # fmt: skip
"""What each key does to the incident that is followed."""
