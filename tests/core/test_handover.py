"""The shift brief: who hands over to whom, and that nothing of the shift is lost, told twice, or more than words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cockpit.core.alerts import Alert, AlertState, Ref, Remark, Severity, Silence
from cockpit.core.handover import (
    Brief,
    Handed,
    Note,
    Shown,
    brief,
    duties,
    happened,
    since_when,
    to_look_at,
)
from cockpit.core.handover_words import at, markdown, sections, title
from cockpit.core.incident_timeline import Line
from cockpit.core.loads import Disturbance
from cockpit.core.roster import Absence, Person, Shift
from cockpit.core.rows import Row
from cockpit.core.schedule import Laid, Schedule, schedule
from cockpit.core.sources import Health, SourceHealth
from cockpit.core.traps import Reading, Trap, TrapState, TrapView, Watch
from cockpit.core.units import bound
from cockpit.core.view import View

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEEK, HOUR, MINUTE = timedelta(days=7), timedelta(hours=1), timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = tuple(Person(id=name.lower(), name=name, timezone="Europe/Berlin") for name in ("Ana", "Bo", "Cy"))


def shift(name: str, start: datetime, end: datetime, roster: str = "primary", level: int = 1) -> Shift:
    return Shift(
        roster=roster, level=level, person=name.lower(), name=name, timezone="Europe/Berlin", start=start, end=end, source="local"
    )


WEEKS = tuple(shift(("Ana", "Bo", "Cy")[n % 3], MONDAY + n * WEEK, MONDAY + (n + 1) * WEEK) for n in range(-3, 4))


def laid(*shifts: Shift, people: tuple[Person, ...] = PEOPLE) -> Schedule:
    return schedule(Laid(shifts=shifts or WEEKS), people, MONDAY - 3 * WEEK, MONDAY + 3 * WEEK)


def alert(id: str, since: datetime, state: AlertState = AlertState.FIRING, source: str = "am") -> Alert:
    return Alert(ref=Ref(source, id), name=id, severity=Severity.ERROR, state=state, summary="s", where="db-1", started_at=since)


def made(now: datetime, *alerts: Alert, shown: Shown | None = None, **more: object) -> Brief:
    view = msgspec.structs.replace(View(now=now), alerts=tuple(map(Row, alerts)), **more)
    return brief(view, laid(), shown or Shown(since=MONDAY))


def words(what: Brief, zone: ZoneInfo = BERLIN, shown: int = 40) -> dict[str, tuple[str, ...]]:
    return {part.heading: part.lines for part in sections(what, zone, shown)}


@pytest.mark.parametrize(
    ("after", "giver", "taker", "next_"),
    [
        (timedelta(0), "Cy", "Ana", "Bo"),  # it has just been handed over: its brief is still the one that is wanted
        (3 * HOUR, "Cy", "Ana", "Bo"),
        (5 * HOUR, "Ana", "Bo", "Cy"),
        (WEEK - MINUTE, "Ana", "Bo", "Cy"),
        (WEEK, "Ana", "Bo", "Cy"),
        (WEEK + 4 * HOUR, "Bo", "Cy", "Ana"),
    ],
)
def test_who_hands_over_to_whom_is_what_the_roster_says(after: timedelta, giver: str, taker: str, next_: str) -> None:
    (duty,) = duties(laid(), MONDAY + after)
    assert (duty.giver, duty.taker, duty.after) == (giver, taker, next_)


def test_short_shifts_change_to_the_next_hand_over_sooner() -> None:
    shifts = [shift(name, MONDAY + n * 3 * HOUR, MONDAY + (n + 1) * 3 * HOUR) for n, name in enumerate(("Ana", "Bo", "Cy"))]
    takers = [duties(laid(*shifts), MONDAY + 3 * HOUR + n * MINUTE)[0].taker for n in (0, 59, 60)]
    assert takers == ["Bo", "Bo", "Cy"]


def test_what_one_person_has_in_pieces_is_one_shift_and_a_gap_has_nobody() -> None:
    pieces = [
        shift("Ana", MONDAY, MONDAY + HOUR), shift("Ana", MONDAY + HOUR, MONDAY + 9 * HOUR),
        shift("Bo", MONDAY + 20 * HOUR, MONDAY + WEEK),
    ]  # fmt: skip
    (before,) = duties(laid(*pieces), MONDAY + 2 * HOUR)
    (between,) = duties(laid(*pieces), MONDAY + 12 * HOUR)
    assert (before.giver, before.began, before.taker) == ("Ana", MONDAY, "Bo")
    again = [shift("Bo", MONDAY, MONDAY + HOUR), shift("Bo", MONDAY + 9 * HOUR, MONDAY + 20 * HOUR)]
    plan = laid(*again)
    told = words(brief(View(now=MONDAY + MINUTE), plan, Shown(since=MONDAY)))["On call"]
    assert told == ("primary: Bo, again from Mon 11-23 18:00",)
    assert (between.giver, between.taker, between.at) == ("Ana", "Bo", MONDAY + 20 * HOUR)


def test_a_drill_that_was_acknowledged_does_not_go_over_to_the_next_person() -> None:
    drill = msgspec.structs.replace(alert("disk:drill", MONDAY, source="local"), trap="disk", labels={"drill": "true"})
    taken = msgspec.structs.replace(drill, state=AlertState.ACKNOWLEDGED)
    other = alert("disk:drill", MONDAY, AlertState.ACKNOWLEDGED)
    back = msgspec.structs.replace(
        other, ref=Ref("am", "1"), labels={"drill": "true"}, annotations={"cockpit_page": "web-1/disk:drill/1"}
    )
    rows = made(MONDAY + HOUR, taken, other, back).alerts
    assert [row.alert.ref for row in rows] == [other.ref], "it is over, also where it was told to; what is only called so is none"
    assert len(made(MONDAY + HOUR, drill).alerts) == 1, "one that nobody has taken goes on"


def test_primary_stands_before_other_rosters() -> None:
    second = shift("Cy", MONDAY, MONDAY + WEEK, "backup", 2)
    assert [duty.roster for duty in duties(laid(second, *WEEKS), MONDAY + HOUR)] == ["primary", "backup"]


def test_a_brief_begins_with_the_shift_or_with_the_mark_before_it() -> None:
    on = duties(laid(), MONDAY + 24 * HOUR)
    marked = Handed(at=MONDAY - 20 * MINUTE, who="cy", giver="Cy", taker="Ana")
    assert since_when(on, (), MONDAY + 24 * HOUR) == MONDAY
    assert since_when(on, (marked,), MONDAY + 24 * HOUR) == MONDAY - 20 * MINUTE
    assert since_when((), (), MONDAY) == MONDAY - timedelta(days=1), "with no roster it is the last day"


LINES = st.builds(
    Line,
    at=st.integers(0, 7 * 24 * 60).map(lambda n: MONDAY + n * MINUTE),
    what=st.sampled_from(["alert", "trap", "page", "run", "mark", "note", "incident", "roster"]),
    who=st.sampled_from(["", "ana"]),
    text=st.sampled_from(["a fired: 91 %", "a fired: 92 %", "b fired", "deployed 1.4"]),
)


@given(st.lists(LINES, max_size=40), st.none() | st.integers(0, 7 * 24 * 60))
def test_nothing_that_began_in_the_shift_is_lost_or_told_in_two_places(lines: list[Line], marked: int | None) -> None:
    handed = () if marked is None else (Handed(at=MONDAY + marked * MINUTE, who="", giver="Ana", taker="Bo"),)
    what = made(MONDAY + WEEK, shown=Shown(since=MONDAY, lines=tuple(lines), handed=handed))
    assert sum(each.times for each in (*what.earlier, *what.since_then)) == len(lines)
    for line in lines:
        late = marked is not None and line.at >= MONDAY + marked * MINUTE
        told = what.since_then if late else what.earlier
        assert any(
            each.what == line.what and each.who == line.who and each.first <= line.at <= each.last
            and each.text.partition(": ")[0] == line.text.partition(": ")[0]
            for each in told
        )  # fmt: skip


@given(st.lists(LINES, max_size=20))
def test_what_people_did_and_said_is_told_word_for_word_each_time(lines: list[Line]) -> None:
    theirs = sorted((each.at, each.text) for each in lines if each.who or each.what not in ("alert", "trap"))
    told = [(each.first, each.text) for each in happened(lines) if each.who or each.what not in ("alert", "trap")]
    assert sorted(told) == theirs


def test_an_alert_of_another_system_that_began_in_the_shift_is_in_what_happened() -> None:
    what = made(MONDAY + 30 * HOUR, alert("Slow", MONDAY + HOUR), alert("Old", MONDAY - HOUR))
    assert [each.text for each in what.earlier] == ["Slow on db-1 fired: s"]
    assert {row.alert.name for row in what.alerts} == {"Slow", "Old"}


def test_after_the_mark_what_changed_since_stands_first() -> None:
    handed = Handed(at=MONDAY + WEEK - HOUR, who="ana", giver="Ana", taker="Bo", alerts={"am/Gone": "Gone", "am/Stays": "Stays"})
    lines = (Line(at=MONDAY + HOUR, what="mark", text="before"), Line(at=MONDAY + WEEK, what="mark", text="after"))
    now = MONDAY + WEEK + HOUR
    what = made(now, alert("Stays", MONDAY), alert("New", now - MINUTE), shown=Shown(since=MONDAY, lines=lines, handed=(handed,)))
    heading, *_ = words(what)
    assert heading == "Changed since Ana handed over to Bo, Mon 11-30 08:00"
    changed = words(what)[heading]
    assert changed[:2] == ("new and open: New", "over: Gone")
    assert [line for line in changed if "mark" in line] == ["Mon 11-30 09:00 mark: after"]
    dark = SourceHealth(source="am", provider="alertmanager", health=Health.BLIND)
    assert made(now, shown=Shown(since=MONDAY, handed=(handed,)), sources=(dark,)).over == (), "who is blind sees no end"
    another = msgspec.structs.replace(handed, giver="Cy")
    assert made(now, shown=Shown(since=MONDAY, handed=(another,))).handed is None, "another hand-over's mark is not this one's"


def test_who_has_what_for_how_long_and_what_is_kept_quiet() -> None:
    now = MONDAY + 30 * HOUR
    mine = msgspec.structs.replace(
        alert("Disk", now - 2 * HOUR, AlertState.ACKNOWLEDGED),
        acknowledged_by="ana",
        acknowledged_at=now - HOUR,
        acknowledged_why="on it",
    )
    told = words(made(now, mine, alert("Free", now - HOUR), alert("Hush", now, AlertState.SUPPRESSED)))["Open alerts"]
    assert "error 2h Disk on db-1: s; ana has it for 1 h (on it)" in told
    assert "error 1h Free on db-1: s; nobody has it" in told
    assert told[-1].startswith("1 more kept quiet")


def test_calls_at_night_are_told_on_the_clock_of_whoever_was_called() -> None:
    ana = Person(id="ana", name="Ana", timezone="America/Sao_Paulo")
    times = [MONDAY + 20 * HOUR, MONDAY + 20 * HOUR + 5 * MINUTE, MONDAY + 8 * HOUR]  # 01:00 there, the same call, 13:00
    view, plan = View(now=MONDAY + 30 * HOUR), laid(people=(ana, *PEOPLE[1:]))
    what = brief(view, plan, Shown(since=MONDAY, disturbances=tuple(Disturbance(each, "ana") for each in times)))
    assert [(each.name, each.times, each.woken) for each in what.called] == [("Ana", 2, 1)]


def test_the_hour_that_the_night_has_twice_says_which_one_it_is() -> None:
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert [at(each, BERLIN) for each in (first, second)] == ["Sun 10-25 02:30 CEST", "Sun 10-25 02:30 CET"]
    assert at(first - HOUR, BERLIN) == "Sun 10-25 01:30"
    assert at(datetime(2027, 3, 28, 1, 0, tzinfo=UTC), BERLIN) == "Sun 03-28 03:00", "the hour that does not exist is left out"


def test_absences_and_silences_ahead_are_told() -> None:
    now = MONDAY + 30 * HOUR
    away = msgspec.structs.replace(PEOPLE[1], away=(Absence(start=datetime(2026, 12, 1), end=datetime(2026, 12, 2), why="ill"),))
    ends = {
        "tonight": now + 9 * HOUR,
        "after the hand-over": MONDAY + WEEK + HOUR,
        "in a month": now + timedelta(days=30),
        "over": now - HOUR,
    }
    hushes = tuple(
        Silence(ref=Ref("am", name), match=name, starts_at=MONDAY - WEEK, ends_at=end, who="ana", comment="c")
        for name, end in ends.items()
    )
    what = brief(View(now=now, silences=hushes), laid(people=(PEOPLE[0], away, PEOPLE[2])), Shown(since=MONDAY))
    assert [each.match for each in what.silences] == ["tonight", "after the hand-over"]
    told = words(what)["Gaps and absences ahead"]
    assert "Bo is away, Tue 12-01 00:00 to Wed 12-02 00:00: ill" in told
    assert any(line.startswith("Bo is on primary and away") for line in told)


@pytest.mark.parametrize(
    ("state", "value", "ahead", "told"),
    [
        (TrapState.ARMED, 50.0, None, False), (TrapState.ARMED, 84.0, None, True), (TrapState.ARMED, 50.0, 3600.0, True),
        (TrapState.ARMED, 50.0, 9e5, False), (TrapState.BLIND, 1.0, None, True), (TrapState.DISARMED, 1.0, None, True),
        (TrapState.TRIPPED, 99.0, None, True),
    ],
)  # fmt: skip
def test_traps_that_are_not_content_or_near_their_bounds_are_told(
    state: TrapState, value: float, ahead: float | None, told: bool
) -> None:
    trap = Trap(name="disk", probe="disk", trip=bound("used_percent >= 92"))
    watch = Watch(reading=Reading({"used_percent": value}, "x"), trips_in=ahead)
    assert to_look_at(TrapView(source="local", trap=trap, watch=watch, state=state, says="")) is told


HOSTILE = [
    "<script>x</script>",
    "[x](javascript:1)",
    "@everyone",
    "`code`",
    "# head",
    "a|b",
    "http://evil.example",
    "\x1b[31m",
    "- x",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_words_from_outside_are_only_words_on_the_page(text: str) -> None:
    now = MONDAY + 30 * HOUR
    hostile = msgspec.structs.replace(alert("A", now), name=text, summary=text, where=text)
    note = Note(number=1, at=now, who=text, text=text)
    what = made(now, hostile, shown=Shown(since=MONDAY, notes=(note,), lines=(Line(at=now, what="mark", who=text, text=text),)))
    page = "\n".join(markdown(title(what, BERLIN), sections(what, BERLIN, 40)))
    kinds = {token.type for block in MarkdownIt("gfm-like").parse(page) for token in (block, *(block.children or ()))}
    plain = {"heading_open", "heading_close", "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"}
    assert kinds - plain <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "code_inline"}
    assert "\x1b" not in page


def test_what_is_cut_says_so_and_keeps_the_newest() -> None:
    lines = tuple(Line(at=MONDAY + n * MINUTE, what="mark", text=f"number {n}") for n in range(30))
    told = words(made(MONDAY + 30 * HOUR, shown=Shown(since=MONDAY, lines=lines)), shown=10)["In the shift, since Mon 11-23 09:00"]
    assert told[0] == "… 20 before: --limit 30 shows them"
    assert (told[1][-9:], told[-1][-9:]) == ("number 20", "number 29")


def test_a_storm_is_told_in_one_line_and_what_somebody_noted_of_it_stays_by_itself() -> None:
    now = MONDAY + 30 * HOUR
    began = now - 3 * HOUR  # long after a board that opens now would call it a storm
    storm = [
        msgspec.structs.replace(alert(f"s{n}", began + timedelta(seconds=n % 50)), name="Storm", where=f"n{n}") for n in range(250)
    ]
    storm[0] = msgspec.structs.replace(storm[0], severity=Severity.CRITICAL)
    storm[1] = msgspec.structs.replace(storm[1], state=AlertState.ACKNOWLEDGED, acknowledged_by="ana")
    storm[2] = msgspec.structs.replace(storm[2], notes=(Remark(at=now, who="bo", text="the switch"),))
    what = made(now, alert("Disk", now - 2 * HOUR), *storm)
    told = words(what)
    assert told["Open alerts"] == (
        "critical 3h 249× Storm, since Tue 11-24 12:00; nobody has 248 of them; ana has 1 of them",
        "error 2h Disk on db-1: s; nobody has it",
        "error 2h Storm on n2: s; nobody has it; note of bo, Tue 11-24 15:00: the switch",
    )
    shift = told["In the shift, since Mon 11-23 09:00"]
    assert "Tue 11-24 12:00 alert: 249× Storm fired (last Tue 11-24 12:00)" in shift
    assert len(shift) == 3
    assert len(what.alerts) == 251, "JSON has them all"
    assert len(what.earlier) == 251


@pytest.mark.parametrize("summary", ["s", "before"])
def test_an_alert_that_came_alone_before_a_storm_of_its_name_is_not_told_as_that(summary: str) -> None:
    now = MONDAY + 30 * HOUR
    named = {"name": "DiskFull", "where": "db-1"}
    alone = msgspec.structs.replace(alert("alone", now - 8 * HOUR), **named, summary=summary)
    storm = [msgspec.structs.replace(alert(f"s{n}", now - 3 * HOUR), **{**named, "where": f"db-{n}"}) for n in range(30)]
    told = words(made(now, alone, *storm))["In the shift, since Mon 11-23 09:00"]
    assert told == (
        f"Tue 11-24 07:00 alert: DiskFull on db-1 fired: {summary}",
        "Tue 11-24 12:00 alert: 30× DiskFull fired (last Tue 11-24 12:00)",
    )


def test_what_is_new_since_the_mark_is_counted_by_name() -> None:
    now = MONDAY + WEEK + HOUR
    handed = Handed(at=now - HOUR, who="ana", giver="Ana", taker="Bo")
    new = [msgspec.structs.replace(alert(f"s{n}", now), name="Slow" if n else "Disk") for n in range(13)]
    heading, *_ = told = words(made(now, *new, shown=Shown(since=MONDAY, handed=(handed,))))
    assert told[heading][0] == "new and open: Disk, 12× Slow"
