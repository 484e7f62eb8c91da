"""Fires and prevention: each figure against a second reckoning that is slow and plain."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cockpit.core.report_fires import Called, Fact, Fires, Noise, Spread, Week, fires, spread
from cockpit.core.roster import Person

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 10, 5, tzinfo=BERLIN).astimezone(UTC)  # a Monday; the clocks go back on the 25th
END = datetime(2026, 11, 16, tzinfo=BERLIN).astimezone(UTC)
ANA = Person(id="ana", name="Ana", timezone="America/Sao_Paulo", also=("ana@example.com",))
BO = Person(id="bo", name="Bo", timezone="Australia/Lord_Howe", night=(time(1), time(9)))
STRANGER = Person(id="root", name="root", timezone="Europe/Berlin")
TRAPS = ("disk", "tls", "queue")


def told(*facts: Fact) -> Fires:
    return fires(facts, (ANA, BO), STRANGER, TRAPS, START, END, BERLIN)


def at(hours: float, kind: str, subject: str = "disk", who: str = "") -> Fact:
    return (START.timestamp() + hours * 3600, kind, who, subject)


def test_what_called_nobody_was_caught_and_what_called_somebody_is_a_fire() -> None:
    found = told(
        at(1, "trap.warning"), at(2, "trap.armed"),
        at(3, "trap.warning"), at(4, "trap.tripped"), at(5, "page", who="ana"), at(5.1, "page", who="bo"), at(6, "trap.armed"),
        at(7, "trap.tripped", "tls"), at(8, "ack", "tls", "cron"), at(200, "trap.armed", "tls"),
        at(300, "trap.warning", "queue"),
    )  # fmt: skip
    assert found.weeks[0] == Week(date(2026, 10, 5), fires=2, caught=1, pages=2, woken=found.weeks[0].woken)
    assert found.lead == Spread(2, 3600.0, 7200.0)
    assert (found.waiting, found.silent) == (1, ("queue",))


def test_a_trap_of_whose_alerts_nobody_needed_to_do_anything_cries_wolf() -> None:
    cries = [at(n, kind) for n in range(3) for kind in ("trap.tripped", "alert.fired")]
    over = [at(n + 0.5, kind) for n in range(3) for kind in ("trap.armed", "alert.resolved")]
    assert told(*cries, *over).wolves == ("disk",)
    assert told(*cries, *over, at(1.2, "act"), at(1.3, "ack", who="ana")).wolves == ()
    assert told(*cries[:4], *over[:4]).wolves == ()


def test_the_trend_compares_the_halves() -> None:
    def fire(week: int) -> list[Fact]:
        return [
            at(168 * week + h, kind, who=who)
            for h, kind, who in ((10, "trap.tripped", ""), (11, "page", "x"), (12, "trap.armed", ""))
        ]

    assert told(*fire(0), *fire(1)).trend.startswith("easier")
    assert told(*fire(5)).trend.startswith("harder")
    assert told().trend.startswith("neither")
    short = fires([], (), STRANGER, (), START, START + timedelta(days=2), BERLIN)
    assert "two weeks" in short.trend


@pytest.mark.parametrize(
    ("values", "median", "p90"), [([], None, None), ([7.0], 7.0, 7.0), (list(map(float, range(1, 11))), 5.0, 9.0)]
)
def test_the_ranks_are_the_nearest(values: list[float], median: float | None, p90: float | None) -> None:
    assert spread(values[::-1]) == Spread(len(values), median, p90)


def test_the_week_of_the_changed_clocks_ends_when_its_clocks_say_so() -> None:
    last = datetime(2026, 10, 25, 23, 59, tzinfo=BERLIN).timestamp()
    found = told((last, "page", "ana", "x"), (last + 60, "page", "ana", "x"))
    assert [(each.start, each.pages) for each in found.weeks if each.pages] == [(date(2026, 10, 19), 1), (date(2026, 10, 26), 1)]


def _facts(chance: random.Random) -> list[Fact]:
    kinds = ("trap.warning", "trap.tripped", "trap.armed", "alert.fired", "alert.resolved", "page", "ack", "act")
    people = ("ana", "ana@example.com", "bo", "cron")
    span = int((END - START).total_seconds())
    moments = chance.sample(range(span), 300)
    made: list[Fact] = []
    for moment in moments:
        kind = chance.choice(kinds)
        who = chance.choice(people) if kind in ("page", "ack") else ""
        made.append((START.timestamp() + moment, kind, who, chance.choice((*TRAPS, "swap"))))
    return made


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
    return found


@pytest.mark.parametrize("seed", range(25))
def test_it_is_what_a_plain_reckoning_finds(seed: int) -> None:
    shuffled = _facts(random.Random(seed))
    found, facts = told(*shuffled), sorted(shuffled)
    calls = [each for each in facts if each[1] in ("page", "ack")]
    fire, caught, lead = 0, 0, []
    firings: dict[str, list[tuple[float, float]]] = {}
    for subject in (*TRAPS, "swap"):
        for begun, over in _stretches(facts, subject, ("trap.warning", "trap.tripped"), "trap.armed", anew=False):
            called = [moment for moment, _, _, of in calls if of == subject and begun < moment < over]
            fire, caught = fire + bool(called), caught + (not called)
            lead += [min(called) - begun] if called else []
        firings[subject] = _stretches(facts, subject, ("alert.fired",), "alert.resolved", anew=True)
    assert (sum(each.fires for each in found.weeks), sum(each.caught for each in found.weeks)) == (fire, caught)
    assert found.lead == spread(lead)
    assert found.to_resolve == spread([over - begun for each in firings.values() for begun, over in each])
    for noise in found.noisy:
        touched = [
            [kind for moment, kind, _, of in facts if of == noise.alert and begun < moment < over and kind in ("ack", "act")]
            for begun, over in firings[noise.alert]
        ]
        fired = sum(kind == "alert.fired" and of == noise.alert for _, kind, _, of in facts)
        assert noise == Noise(noise.alert, fired, len(touched), touched.count([]))
    for person in found.people:
        theirs = [(moment, kind, who) for moment, kind, who, _ in calls if _name(who) == person.name]
        pages = [(moment, who) for moment, kind, who in theirs if kind == "page"]
        first = [n == 0 or theirs[n][0] - theirs[n - 1][0] > 900 for n in range(len(theirs))]
        woken = sum(new and _night(moment, who) for new, (moment, _, who) in zip(first, theirs, strict=True))
        works = sum(_local(*each).weekday() < 5 and 9 <= _local(*each).hour < 18 for each in pages)
        assert person == Called(person.name, len(pages), len(pages) - works, woken)
    assert {each.name for each in found.people} == {_name(who) for _, _, who, _ in calls}
