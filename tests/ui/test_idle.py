"""What an idle screen draws: as little as is true."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from cockpit.core.traps import Reading, Trap, TrapState
from cockpit.core.units import bound
from cockpit.core.view import View
from cockpit.ui.times import ago, drawn_age, within
from cockpit.ui.told import Told, worth_saying
from support.boards import Sitting, run, sitting
from support.scene import NOW, scene, trap

ARMED, TRIPPED, BLIND, RESTS = TrapState.ARMED, TrapState.TRIPPED, TrapState.BLIND, TrapState.DISARMED
MEMORY = Trap(name="memory", probe="memory", trip=bound("used_percent >= 95"))
UNBOUND = Trap(name="memory", probe="memory")


def with_trap(state: TrapState, says: str, full_in: float | None = None, laid: Trap = MEMORY, **changes: Any) -> View:
    """The scene with one trap, whose reading is the number that ``says`` begins with; ``changes`` are fields of `Watch`."""
    known = trap("memory", state, says)
    reading = Reading({"used_percent": float(says.split()[0])}, says)
    watch = msgspec.structs.replace(known.watch, reading=reading, trips_in=None, full_in=full_in, **changes)
    return msgspec.structs.replace(scene(), traps=(msgspec.structs.replace(known, watch=watch, trap=laid),))


def words(person: Sitting) -> str:
    """What the Traps pane says of it."""
    return next(line for line in person.lines if " memory " in line)


async def new(person: Sitting, view: View) -> None:
    """A newer view, drawn."""
    person.desk.show(view)
    await person.until(lambda: person.board.view == view, "the newer view")
    await person.follow()


async def minute(person: Sitting) -> None:
    """The clock comes to the next full minute."""
    person.clock.turn(60 - person.clock.now().second)
    person.board._tick()
    await person.follow()


def test_a_trap_that_stays_armed_keeps_its_words_until_the_minute_is_over() -> None:
    async def body() -> None:
        async with sitting(with_trap(TrapState.ARMED, "61 % used"), (160, 50)) as person:
            assert "61 % used" in words(person)
            await new(person, with_trap(TrapState.ARMED, "62 % used"))
            assert "61 % used" in words(person)
            await minute(person)
            assert "62 % used" in words(person)
            await new(person, with_trap(TrapState.ARMED, "70 % used"))
            assert "70 % used" in words(person), "that is no last digit"

    run(body)


@pytest.mark.parametrize("state", [TrapState.TRIPPED, TrapState.WARNING])
def test_a_trap_that_is_not_calm_says_at_once_what_was_found(state: TrapState) -> None:
    async def body() -> None:
        async with sitting(with_trap(TrapState.ARMED, "61 % used"), (160, 50)) as person:
            await new(person, with_trap(state, "97 % used"))
            assert "97 % used" in words(person)
            await new(person, with_trap(state, "98 % used"))
            assert "98 % used" in words(person)
            await new(person, with_trap(TrapState.ARMED, "60 % used"))
            assert "60 % used" in words(person)

    run(body)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_what_a_tripped_trap_says_is_of_now_though_its_bound_stands_still(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(with_trap(TrapState.TRIPPED, "97 % used, 1 s old", checked_at=NOW), size) as person:
            for age, passed in (("9 s", 8), ("21 s", 20), ("5 m 13 s", 312), ("5 m 16 s", 315)):
                looked = NOW + timedelta(seconds=passed)
                await new(person, with_trap(TrapState.TRIPPED, f"97 % used, {age} old", checked_at=looked))
                assert f"97 % used, {age}" in words(person)

    run(body)


def test_words_beside_a_bound_that_stands_still_are_told_of_a_calm_trap_with_the_minute() -> None:
    async def body() -> None:
        async with sitting(with_trap(TrapState.ARMED, "61 % used, 1 s old"), (160, 50)) as person:
            await new(person, with_trap(TrapState.ARMED, "61 % used, 40 s old"))
            assert "61 % used, 1 s old" in words(person)
            await minute(person)
            assert "61 % used, 40 s old" in words(person)

    run(body)


Seen = tuple[TrapState, str, float | None]


@pytest.mark.parametrize(
    ("before", "after", "at_once", "with_the_minute"),
    [
        pytest.param((ARMED, "61 % used", None), (ARMED, "61.2 % used", None), False, False, id="hardly moved"),
        pytest.param((ARMED, "61 % used", None), (ARMED, "62.5 % used", None), False, True, id="moved a little"),
        pytest.param((ARMED, "0.1 % used", None), (ARMED, "0.4 % used", None), False, True, id="moved much, far from its bound"),
        pytest.param((ARMED, "61 % used", None), (ARMED, "67 % used", None), True, True, id="moved much"),
        pytest.param((TRIPPED, "97 % used", None), (TRIPPED, "97.2 % used", None), False, False, id="tripped, hardly moved"),
        pytest.param((ARMED, "61 % used", 1e6), (ARMED, "61 % used", 9.5e5), False, False, id="a far end hardly moved"),
        pytest.param((ARMED, "61 % used", 1e6), (ARMED, "61.1 % used", 5e5), False, True, id="a far end came nearer"),
        pytest.param((ARMED, "61 % used", None), (ARMED, "61.1 % used", 5e5), False, True, id="a far end came into sight"),
        pytest.param((ARMED, "61 % used", None), (ARMED, "61.1 % used", 3e3), True, True, id="a near end came into sight"),
        pytest.param((ARMED, "61 % used", 3e3), (ARMED, "61.1 % used", 2990), False, True, id="a near end came nearer"),
        pytest.param((BLIND, "1 blind 9 s", None), (BLIND, "1 blind 24 s", None), False, True, id="blind for longer"),
        pytest.param((RESTS, "1 rests", None), (RESTS, "1 rests less", None), False, True, id="rests for less"),
    ],
)
def test_what_is_worth_saying(before: Seen, after: Seen, at_once: bool, with_the_minute: bool) -> None:
    last, now = with_trap(*before).traps[0], with_trap(*after).traps[0]
    assert (worth_saying(last, now, due=False), worth_saying(last, now, due=True)) == (at_once, with_the_minute)


@pytest.mark.parametrize(
    ("state", "after", "at_once"),
    [
        (ARMED, "8 jobs wait", False),
        (ARMED, "9 jobs are lost", True),
        (TRIPPED, "8 jobs wait", True),
        (TRIPPED, "9 jobs wait", False),
    ],
)
def test_without_a_bound_the_words_decide(state: TrapState, after: str, at_once: bool) -> None:
    last, now = (with_trap(state, says, laid=UNBOUND).traps[0] for says in ("9 jobs wait", after))
    assert worth_saying(last, now, due=False) is at_once


@pytest.mark.parametrize(
    ("after", "passed", "at_once", "with_the_minute"),
    [
        pytest.param("503 in 120 ms, 300 s old", 1, False, False, id="nothing moved"),
        pytest.param("503 in 127 ms, 300 s old", 1, False, True, id="how long an answer took is another each time"),
        pytest.param("503 in 120 ms, 301 s old", 1, True, True, id="an age grows with the clock"),
        pytest.param("503 in 120 ms, 302 s old", 60, False, False, id="what does not is none"),
        pytest.param("503 in 120 ms, 299 s old", 1, False, False, id="nor is what shrinks"),
        pytest.param("503 in 120 ms, 2 s old", 1, True, True, id="a new one"),
    ],
)
@pytest.mark.parametrize("laid", [MEMORY, UNBOUND], ids=["bound", "unbound"])
def test_of_a_tripped_trap_an_age_is_told_at_once_and_how_long_an_answer_took_with_the_minute(
    laid: Trap, after: str, passed: float, at_once: bool, with_the_minute: bool
) -> None:
    last = with_trap(TRIPPED, "503 in 120 ms, 300 s old", laid=laid, checked_at=NOW).traps[0]
    now = with_trap(TRIPPED, after, laid=laid, checked_at=NOW + timedelta(seconds=passed)).traps[0]
    assert (worth_saying(last, now, due=False), worth_saying(last, now, due=True)) == (at_once, with_the_minute)


@pytest.mark.parametrize(("state", "changed"), [(BLIND, {"reason": "refused"}), (RESTS, {"rest_by": "Bo"})])
def test_another_reason_is_told_at_once(state: TrapState, changed: dict[str, Any]) -> None:
    last, now = with_trap(state, "1").traps[0], with_trap(state, "1", **changed).traps[0]
    assert worth_saying(last, now, due=False)


def test_how_long_a_trap_is_blind_is_counted_on_though_no_newer_view_came() -> None:
    told, known = Told(), with_trap(BLIND, "1", blind_since=NOW - timedelta(minutes=3), reason="refused").traps[0]
    known = msgspec.structs.replace(known, says="blind 3 m: refused")
    assert told.of(known).says == "blind 3 m: refused"
    told.minute(NOW + timedelta(minutes=1))
    assert told.of(known).says == "blind 4 m: refused"
    told.minute(NOW + timedelta(minutes=2))
    assert told.of(known).says == "blind 5 m: refused"
    dark = msgspec.structs.replace(known, says="blind: the engine says nothing")
    told.minute(NOW + timedelta(minutes=3))
    assert told.of(dark).says == "blind: the engine says nothing"


def test_what_moved_little_by_little_is_told_in_the_end() -> None:
    told, shown = Told(), []
    for step in range(200):
        if step % 4 == 0:
            told.minute(NOW)
        shown.append(told.of(with_trap(TrapState.ARMED, f"{61 + step / 40} % used").traps[0]).watch.reading)
    read = [each.values["used_percent"] for each in shown if each is not None]
    assert max(abs(61 + step / 40 - said) for step, said in enumerate(read)) < 1.2
    assert len(set(read)) < 8


def test_detail_says_of_a_trap_what_its_pane_says() -> None:
    async def body() -> None:
        async with sitting(with_trap(TrapState.ARMED, "61 % used"), (160, 50)) as person:
            person.board.to_pane("traps")
            await new(person, with_trap(TrapState.ARMED, "62 % used"))
            assert (person.text.count("61 % used"), person.text.count("62 % used")) == (2, 0)
            await minute(person)
            assert (person.text.count("61 % used"), person.text.count("62 % used")) == (0, 2)

    run(body)


def test_whoever_asks_for_it_sees_every_look_until_the_minute_is_over() -> None:
    async def body() -> None:
        async with sitting(with_trap(TrapState.ARMED, "61 % used"), (160, 50)) as person:
            await person.press("r")
            await new(person, with_trap(TrapState.ARMED, "62 % used"))
            assert "62 % used" in words(person)
            await minute(person)
            await new(person, with_trap(TrapState.ARMED, "63 % used"))
            assert "62 % used" in words(person)

    run(body)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "<1m"),
        (0, "<1m"),
        (44, "<1m"),
        (45, "<1m"),
        (59, "<1m"),
        (60, "1m"),
        (104, "1m"),
        (105, "2m"),
        (120, "2m"),
        (7200, "2h"),
        (1e9, "999w"),
    ],
)
def test_an_age_is_the_difference_of_the_minutes_on_the_clock_once_one_has_passed(seconds: float, said: str) -> None:
    assert NOW.second == 44
    assert drawn_age(NOW - timedelta(seconds=seconds), NOW) == said


@pytest.mark.parametrize(("seconds", "said"), [(1, "<15s"), (22.5, "<30s"), (60, "<1m"), (450, "<10m"), (9e4, "<2d"), (1e9, "<4d")])
def test_how_old_answers_are_at_most_is_a_round_time(seconds: float, said: str) -> None:
    assert within(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(-3, "just now"), (6, "just now"), (59, "just now"), (60, "1 m ago"), (7200, "2 h ago")]
)
def test_what_has_just_happened_was_no_minute_ago(seconds: float, said: str) -> None:
    assert ago(NOW + timedelta(seconds=13), NOW + timedelta(seconds=13 + seconds)) == said


def test_all_ages_move_together_with_the_clocks_minute() -> None:
    async def body() -> None:
        ages = (3, 75, 100, 3500)
        rows = tuple(
            msgspec.structs.replace(row, alert=msgspec.structs.replace(row.alert, started_at=NOW - timedelta(seconds=age)))
            for row, age in zip(scene().alerts, ages, strict=False)
        )
        async with sitting(msgspec.structs.replace(scene(), alerts=rows)) as person:
            seen: list[tuple[int, tuple[str, ...]]] = []
            for _ in range(90):
                now = tuple(person.board.alerts.face_at(index).age for index in range(len(rows)))
                if not seen or now != seen[-1][1]:
                    seen.append((person.clock.now().second, now))
                person.clock.turn(1)
                person.board._tick()
            assert seen == [
                (44, ("<1m", "1m", "1m", "58m")),
                (0, ("<1m", "2m", "2m", "59m")),
                (41, ("1m", "2m", "2m", "59m")),  # a whole minute has passed
                (0, ("2m", "3m", "3m", "1h")),
            ]

    run(body)


def test_a_source_that_answers_in_time_has_nothing_that_moves() -> None:
    async def body() -> None:
        view = scene()
        live = msgspec.structs.replace(view.sources[0], age=timedelta(0), late_after=timedelta(seconds=22.5))
        async with sitting(msgspec.structs.replace(view, sources=(live,)), (160, 50)) as person:
            said = set()
            for _ in range(23):
                said.add(person.lines[0].partition("am-prod")[2].strip())
                person.clock.turn(1)
                person.board._tick()
                await person.follow()
            assert said == {"<30s"}

    run(body)
