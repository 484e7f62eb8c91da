"""Fires and prevention: each figure against a second reckoning that is slow and plain."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from math import inf
from operator import itemgetter
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cockpit.core.report_fires import Called, Fact, Fires, Noise, Spans, Spread, Week, fires, spread
from cockpit.core.report_trend import Verdict
from cockpit.core.roster import Person

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 10, 5, tzinfo=BERLIN).astimezone(UTC)  # a Monday; the clocks go back on the 25th
END = datetime(2026, 11, 16, tzinfo=BERLIN).astimezone(UTC)
ANA = Person(id="ana", name="Ana", timezone="America/Sao_Paulo", also=("ana@example.com",))
BO = Person(id="bo", name="Bo", timezone="Australia/Lord_Howe", night=(time(1), time(9)))
STRANGER = Person(id="root", name="root", timezone="Europe/Berlin")
TRAPS = ("disk", "tls", "queue")


def told(*facts: Fact, harm: Mapping[str, Spans] = {}, traps: tuple[str, ...] = TRAPS) -> Fires:
    return fires(sorted(facts, key=itemgetter(0)), (ANA, BO), STRANGER, traps, START, END, BERLIN, harm=harm)


def at(hours: float, kind: str, subject: str = "disk", who: str = "") -> Fact:
    return (START.timestamp() + hours * 3600, kind, who, subject)


def test_what_called_nobody_was_caught_and_what_called_somebody_is_a_fire() -> None:
    found = told(
        at(1, "trap.warning"), at(2, "trap.armed"),
        at(3, "trap.warning"), at(4, "alert.fired"), at(5, "page.sent", who="ana"), at(5.1, "page.sent", who="bo"),
        at(6, "trap.armed"),
        at(7, "alert.fired", "tls"), at(8, "alert.acked", "tls", "cron"), at(200, "trap.armed", "tls"),
        at(300, "trap.warning", "queue"),
    )  # fmt: skip
    assert found.weeks[0] == Week(date(2026, 10, 5), fires=1, caught=2, pages=2, woken=found.weeks[0].woken)
    assert found.lead == Spread(1, 7200.0, 7200.0)
    assert (found.waiting, found.silent) == (1, ("queue",))


def test_what_no_config_lays_any_more_does_not_go_on() -> None:
    assert told(at(1, "trap.warning", "gone"), at(2, "alert.fired", "gone")).waiting == 0
    assert told(at(1, "trap.warning", "queue"), at(2, "alert.fired", "gone")).waiting == 1


def test_whoever_takes_it_unasked_was_not_called() -> None:
    taken = (at(1, "alert.fired"), at(2, "alert.acked", who="ana"), at(3, "trap.armed"))
    found = told(*taken)
    assert (found.weeks[0].fires, found.weeks[0].caught, found.burnt, found.lead.times) == (0, 1, {}, 0)
    assert found.to_ack.times == 1
    found = told(*taken, at(1.5, "page.sent"))
    assert (found.weeks[0].fires, found.weeks[0].caught) == (1, 0), "a system that calls by rules of its own had called them"
    assert (found.lead.median, found.weeks[0].pages, [each.name for each in found.people]) == (3600.0, 0, ["Ana"])
    for alone in ((at(1.5, "page.sent"), taken[0], taken[2]), (*taken, at(2.5, "page.sent"))):
        assert told(*alone).weeks[0].fires == 0, "nobody came because of it"
    again = (at(4, "alert.fired"), at(5, "alert.acked", who="ana"), at(6, "trap.armed"))
    assert told(*taken, at(1.5, "page.sent"), *again).weeks[0].fires == 1, "the next time is another"


@pytest.mark.parametrize(
    ("begun", "over", "fires", "lead"),
    [(1.5, 1.7, 1, 1800.0), (1.5, inf, 1, 1800.0), (0.5, 1.2, 1, 0.0), (0.1, 0.9, 0, None), (3.5, inf, 0, None)],
)
def test_users_who_were_hurt_before_it_was_armed_again_make_a_fire(
    begun: float, over: float, fires: int, lead: float | None
) -> None:
    spans = [(START.timestamp() + begun * 3600, START.timestamp() + over * 3600)]
    taken = (at(1, "alert.fired"), at(2, "alert.acked", who="ana"), at(3, "trap.armed"))
    found = told(*taken, harm={"disk": spans})
    assert (found.weeks[0].fires, found.weeks[0].caught, found.lead.median) == (fires, 1 - fires, lead)
    assert told(*taken, at(2.5, "page.sent", who="bo"), harm={"disk": spans}).lead.median == (lead if fires else 5400.0)
    assert told(*taken, harm={"tls": spans}).weeks[0].fires == 0
    goes_on = told(taken[0], harm={"disk": spans})
    assert (goes_on.weeks[0].fires, goes_on.waiting) == ((0, 1) if over == 0.9 else (1, 0))


def test_a_trap_of_whose_alerts_nobody_needed_to_do_anything_cries_wolf() -> None:
    cries = [at(n, kind) for n in range(3) for kind in ("trap.warning", "alert.fired")]
    over = [at(n + 0.5, kind) for n in range(3) for kind in ("trap.armed", "alert.resolved")]
    assert told(*cries, *over).wolves == ("disk",)
    gone = told(*cries, *over, traps=("queue",))
    assert (gone.wolves, [each.alert for each in gone.noisy]) == ((), ["disk"]), "laid no more, it is nothing to mend; it was noise"
    assert told(*cries, *over, at(1.2, "alert.noted"), at(1.3, "alert.acked", who="ana")).wolves == ()
    assert told(*cries[:4], *over[:4]).wolves == ()


def fire(week: int, hour: float = 10) -> list[Fact]:
    """In that week: a trap, somebody paged, over."""
    kinds = (("alert.fired", ""), ("page.sent", "x"), ("trap.armed", ""))
    return [at(168 * week + hour + n / 10, kind, who=who) for n, (kind, who) in enumerate(kinds)]


def test_the_trend_is_of_the_whole_weeks_of_which_anything_is_known() -> None:
    falling = [fact for week in range(6) for n in range(12 - 2 * week) for fact in fire(week, 9.5 + n / 2)]
    assert told(*falling).trend.verdict is Verdict.EASIER
    assert told(*falling).trend.weeks == 6
    assert told().trend.verdict is Verdict.QUIET
    cut = fires(falling, (), STRANGER, (), START + timedelta(hours=1), END - timedelta(hours=1), BERLIN)
    assert [week.whole for week in cut.weeks] == [False, True, True, True, True, False]
    assert cut.trend.verdict is Verdict.UNKNOWN
    dark = fires(falling, (), STRANGER, (), START, END, BERLIN, None, {date(2026, 10, 12)})
    assert [week.known for week in dark.weeks] == [True, False, True, True, True, True]
    assert dark.trend.weeks == 5
    gap = fires(falling, (), STRANGER, (), START, END, BERLIN, None, {date(2026, 10, 19)})
    assert (told(*falling).trend.slope, gap.trend.slope) == (-2.0, -2.0), "a week of which nothing is known has passed, too"
    young = fires(falling, (), STRANGER, (), START, END, BERLIN, START + timedelta(days=8))
    assert [week.whole for week in young.weeks] == [False, False, True, True, True, True], "what began on Tuesday is no whole week"


def test_a_fire_that_goes_on_is_one_and_what_called_nobody_so_far_is_in_no_figure() -> None:
    found = told(
        *fire(1)[:2], at(400, "trap.warning", "queue"), at(401, "alert.fired", "disk:blind"), at(402, "alert.fired", "channel:x")
    )
    assert (sum(each.fires for each in found.weeks), found.waiting) == (1, 1)
    assert found.burnt == {"disk": (START.timestamp() + 178 * 3600,)}
    assert {each.alert for each in found.noisy} == {"disk", "disk:blind", "channel:x"}


@pytest.mark.parametrize(
    ("values", "median", "p90"), [([], None, None), ([7.0], 7.0, 7.0), (list(map(float, range(1, 11))), 5.0, 9.0)]
)
def test_the_ranks_are_the_nearest(values: list[float], median: float | None, p90: float | None) -> None:
    assert spread(values[::-1]) == Spread(len(values), median, p90)


def test_the_week_of_the_changed_clocks_ends_when_its_clocks_say_so() -> None:
    last = datetime(2026, 10, 25, 23, 59, tzinfo=BERLIN).timestamp()
    found = told((last, "page.sent", "ana", "x"), (last + 60, "page.sent", "ana", "x"))
    assert [(each.start, each.pages) for each in found.weeks if each.pages] == [(date(2026, 10, 19), 1), (date(2026, 10, 26), 1)]


LA = Person(id="la", name="La", timezone="America/New_York")  # 2026: ahead on March 8th, back on November 1st


@pytest.mark.parametrize(
    ("there", "fold", "woken", "out"),
    [
        ("2026-10-30T21:59", 0, False, True), ("2026-10-30T22:00", 0, True, True),  # the evening before: a night begins at 22:00
        ("2026-11-01T01:30", 0, True, True), ("2026-11-01T01:30", 1, True, True),  # the hour that comes twice
        ("2026-11-01T06:59", 0, True, True), ("2026-11-01T07:00", 0, False, True),  # and ends at 07:00
        ("2026-10-30T08:59", 0, False, True), ("2026-10-30T09:00", 0, False, False),  # Friday, still summer time
        ("2026-11-02T08:59", 0, False, True), ("2026-11-02T09:00", 0, False, False),  # Monday, an hour later by UTC
        ("2026-11-02T17:59", 0, False, False), ("2026-11-02T18:00", 0, False, True),
    ],
)  # fmt: skip
def test_nights_and_working_hours_follow_the_persons_clock_as_it_changes(there: str, fold: int, woken: bool, out: bool) -> None:
    moment = datetime.fromisoformat(there).replace(tzinfo=ZoneInfo("America/New_York"), fold=fold)
    facts = [(moment.timestamp(), "page.sent", "la", "disk")]
    found = fires(facts, (LA,), STRANGER, TRAPS, START, END, BERLIN)
    assert found.people == (Called("La", 1, int(out), int(woken)),)


def test_in_the_spring_a_night_is_an_hour_shorter_and_nothing_is_lost() -> None:
    since, until = (datetime(2026, 3, day, tzinfo=UTC) for day in (7, 10))
    at_five = datetime(2026, 3, 8, 10, 59, tzinfo=UTC), datetime(2026, 3, 8, 11, 0, tzinfo=UTC)  # 06:59 and 07:00, summer time
    facts = [(moment.timestamp(), "page.sent", who, "x") for who, moment in zip(("la", "cron"), at_five, strict=True)]
    found = fires(facts, (LA,), msgspec.structs.replace(LA, id="cron", name="cron"), TRAPS, since, until, None)
    assert {each.name: each.woken for each in found.people} == {"La": 1, "cron": 0}


def test_two_pages_in_the_hour_that_comes_twice_are_an_hour_apart() -> None:
    first, second = (datetime(2026, 11, 1, hour, 30, tzinfo=UTC).timestamp() for hour in (5, 6))  # 01:30, and 01:30 again
    found = fires([(at, "page.sent", "la", "x") for at in (first, second)], (LA,), STRANGER, TRAPS, START, END, BERLIN)
    assert found.people[0].woken == 2, "not once within a quarter of an hour"


def _facts(chance: random.Random) -> list[Fact]:
    kinds = ("trap.warning", "trap.armed", "alert.fired", "alert.resolved", "page.sent", "alert.acked", "alert.noted")
    people = ("ana", "ana@example.com", "bo", "cron")
    span = int((END - START).total_seconds())
    moments = chance.sample(range(span), 300)
    made: list[Fact] = []
    for moment in moments:
        kind = chance.choice(kinds)
        who = chance.choice((*people, "") if kind == "page.sent" else people) if kind in ("page.sent", "alert.acked") else ""
        made.append((START.timestamp() + moment, kind, who, chance.choice((*TRAPS, "swap"))))
    return made


def _harm(chance: random.Random) -> dict[str, list[tuple[float, float]]]:
    """One span for each of two traps, of up to three days."""
    begun = [START.timestamp() + chance.random() * 40 * 86400 for _ in range(2)]
    return {name: [(at, at + chance.random() * 3 * 86400)] for name, at in zip(TRAPS, begun, strict=False)}


def _name(who: str) -> str:
    return {"ana": "Ana", "ana@example.com": "Ana", "bo": "Bo"}.get(who, who)


def _local(moment: float, who: str) -> datetime:
    person = {"Ana": ANA, "Bo": BO}.get(_name(who), STRANGER)
    return datetime.fromtimestamp(moment, ZoneInfo(person.timezone))


def _night(moment: float, who: str) -> bool:
    hour = _local(moment, who).hour
    return 1 <= hour < 9 if _name(who) == "Bo" else hour >= 22 or hour < 7


def _stretches(facts: list[Fact], subject: str, begins: tuple[str, ...], ends: str, anew: bool) -> list[tuple[float, float]]:
    """From each beginning to its end; ``anew``: a beginning in the middle begins again."""
    found, begun = [], None
    for moment, kind, _, of in facts:
        if of != subject:
            continue
        if kind in begins and (begun is None or anew):
            begun = moment
        elif kind == ends and begun is not None:
            found.append((begun, moment))
            begun = None
    return found if begun is None or anew else [*found, (begun, float("inf"))]


@pytest.mark.parametrize("seed", range(25))
def test_it_is_what_a_plain_reckoning_finds(seed: int) -> None:
    shuffled, harm = _facts(random.Random(seed)), _harm(random.Random(seed + 1000))
    found, facts = told(*shuffled, harm=harm), sorted(shuffled)
    calls = [each for each in facts if each[1] in ("page.sent", "alert.acked") and each[2]]
    burnt, caught, lead = 0, 0, []
    firings: dict[str, list[tuple[float, float]]] = {}
    for subject in (*TRAPS, "swap"):
        for begun, over in _stretches(facts, subject, ("trap.warning", "alert.fired"), "trap.armed", anew=False):
            during = [each for each in facts if each[3] == subject and begun < each[0] < over]
            routed = [moment for moment, kind, who, _ in during if kind == "page.sent" and not who]
            called = [moment for moment, kind, who, _ in during if kind == "page.sent" and who]
            called += [moment for moment, kind, _, _ in during if kind == "alert.acked" and routed and moment > routed[0]]
            called += [max(start, begun) for start, end in harm.get(subject, ()) if start < over and end > begun]
            burnt, caught = burnt + bool(called), caught + (not called and over < float("inf"))
            lead += [min(called) - begun] if called else []
        firings[subject] = _stretches(facts, subject, ("alert.fired",), "alert.resolved", anew=True)
    assert (sum(each.fires for each in found.weeks), sum(each.caught for each in found.weeks)) == (burnt, caught)
    assert found.lead == spread(lead)
    assert found.to_resolve == spread([over - begun for each in firings.values() for begun, over in each])
    for noise in found.noisy:
        touched = [
            [
                kind
                for moment, kind, _, of in facts
                if of == noise.alert and begun < moment < over and kind in ("alert.acked", "alert.noted")
            ]
            for begun, over in firings[noise.alert]
        ]
        fired = sum(kind == "alert.fired" and of == noise.alert for _, kind, _, of in facts)
        assert noise == Noise(noise.alert, fired, len(touched), touched.count([]))
    for person in found.people:
        theirs = [(moment, kind, who) for moment, kind, who, _ in calls if _name(who) == person.name]
        pages = [(moment, who) for moment, kind, who in theirs if kind == "page.sent"]
        first = [n == 0 or theirs[n][0] - theirs[n - 1][0] > 900 for n in range(len(theirs))]
        woken = sum(new and _night(moment, who) for new, (moment, _, who) in zip(first, theirs, strict=True))
        works = sum(_local(*each).weekday() < 5 and 9 <= _local(*each).hour < 18 for each in pages)
        assert person == Called(person.name, len(pages), len(pages) - works, woken)
    assert {each.name for each in found.people} == {_name(who) for _, _, who, _ in calls}
