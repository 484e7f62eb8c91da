"""What is under maintenance at its source: ended, or begun for the service of an alert."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

from ...core.alerts import Ref
from ...core.questions import ServicesAt
from ...core.responses import EndMaintenance, Maintain, Service
from ...engine.desk import Desk
from ..ask import Ask, Field, wanted
from ..live import LivePicker, Offers
from ..page import Line
from ..palette import Entry
from .decide import Decision, decided
from .steps import Board, Rest, check_duration, duration, fact, refuse, show, until

LENGTH = "1h"
"""What the form offers."""


def maintenance(board: Board, desk: Desk) -> Rest:
    """Everything that is under maintenance, or will be; one of them is ended, or another begun."""
    source = _source(desk, board)
    if isinstance(source, str):
        return refuse(board, source)
    now, zone = board.clock.now(), board.zone
    entries = [
        Entry(
            str(each.ref),
            ", ".join(each.services) or each.ref.id,
            f"{'' if each.runs(now) else 'from ' + until(each.starts_at, now, zone) + ', '}until {until(each.ends_at, now, zone)}"
            f" · {each.who}: {each.comment}",
            desk.why_not(EndMaintenance(each.ref)) or "",
        )
        for each in board.view.maintenances
    ]
    entries.append(Entry("new", f"Begin one at {source.source}…", "nothing is raised meanwhile"))
    return _chosen(board, desk, source, show(board, LivePicker("Under maintenance; enter ends one", lambda: (entries, False))))


def _source(desk: Desk, board: Board) -> Ref | str:
    """Where maintenance can be begun: the source of the alert under the cursor, or the first that can; or why nowhere."""
    row = board.cursor_row()
    names = ([row.alert.ref.source] if row is not None else []) + [each.source for each in board.view.sources]
    reasons = {name: _why_not(board, desk, name) for name in names}
    able = next((name for name, reason in reasons.items() if reason is None), None)
    return Ref(able, "") if able is not None else next(filter(None, reasons.values()), "no source is configured")


def _why_not(board: Board, desk: Desk, source: str) -> str | None:
    now = board.clock.now()
    return desk.why_not(Maintain(source, ("…",), now, now + duration(LENGTH), "…"))


async def _chosen(board: Board, desk: Desk, source: Ref, answer: Awaitable[str | None]) -> None:
    chosen = await answer
    if chosen == "new":
        await begin(board, desk, source)
        return
    each = next((one for one in board.view.maintenances if str(one.ref) == chosen), None)
    if each is None:
        return
    now = board.clock.now()
    lines: list[Line] = [
        fact("at", each.ref.source),
        fact("services", ", ".join(each.services), "bold"),
        fact("until", until(each.ends_at, now, board.zone)),
        fact("begun by", f"{each.who}: {each.comment}"),
        "",
        "What is wrong there rings again from now on.",
    ]
    end = Decision(EndMaintenance(each.ref), "End this maintenance?", lambda: lines, (), "end it", "the maintenance ends")
    await decided(board, desk, end)


async def begin(board: Board, desk: Desk, about: Ref) -> None:
    """For the service of this alert, to begin with; another can be typed."""
    if reason := _why_not(board, desk, about.source):
        board.say(reason, "refusal")
        return
    row = board.view.alert(about)
    name = row.alert.labels.get("service", "") if row is not None else ""
    service = await _service(board, desk, about.source, name)
    if service is None:
        return
    fields = [
        Field("for", "For", LENGTH, "45m, 2h, 1d", check_duration),
        Field("comment", "Comment", "", "the next person will ask why", wanted("why")),
    ]
    title = f"Maintenance of {service.name} at {about.source}"
    given = await show(board, Ask(title, fields, lambda values: _preview(board, values)))
    if given is not None:
        await _begun(board, desk, about.source, service, given)


def _preview(board: Board, values: Mapping[str, str]) -> list[Line]:
    if check_duration(values["for"]):
        return []
    now = board.clock.now()
    return [
        fact("until", until(now + duration(values["for"]), now, board.zone)),
        "What fires already goes on; nothing new is raised.",
    ]


async def _service(board: Board, desk: Desk, source: str, name: str) -> Service | None:
    """Which one; that of the alert stands first."""
    question = ServicesAt(source)

    def offers() -> Offers:
        answered = desk.look_up(question)
        found: Sequence[Entry] = [Entry(each.id, each.name) for each in _services(desk, question, name)]
        waits = "on its way" if answered.asking else answered.problem or "there are none"
        return found or [Entry("none", f"Asking {source} for its services", "", waits)], answered.asking

    chosen = await show(board, LivePicker("Maintenance of which service?", offers))
    return next((each for each in _services(desk, question, name) if each.id == chosen), None)


def _services(desk: Desk, question: ServicesAt, first: str) -> list[Service]:
    value = desk.look_up(question).value
    known = [each for each in value if isinstance(each, Service)] if isinstance(value, tuple) else []
    return sorted(known, key=lambda each: (each.name != first, each.name.casefold()))


def _begun(board: Board, desk: Desk, source: str, service: Service, given: Mapping[str, str]) -> Rest:
    now = board.clock.now()
    ends, comment = (now + duration(given["for"])).replace(microsecond=0), given["comment"].strip()
    lines: list[Line] = [
        fact("at", source),
        fact("service", service.name, "bold"),
        fact("until", until(ends, now, board.zone)),
        fact("comment", comment),
        "",
        "What fires already goes on; nothing new is raised.",
    ]
    action = Maintain(source, (service.id,), now, ends, comment, (service.name,))
    title = "Begin this maintenance?"
    return decided(
        board, desk, Decision(action, title, lambda: lines, (), "begin", f"under maintenance until {until(ends, now, board.zone)}")
    )
