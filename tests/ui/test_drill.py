"""``D``: a trap is drilled from the screen, after it was shown who would be told; and followed until somebody has it."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from cockpit.core.actions import Ack, DrillTrap
from cockpit.core.alerts import Ref
from cockpit.core.drills import Stage, drill_of
from cockpit.core.incident_timeline import Line
from cockpit.engine.desk import Rehearsed
from cockpit.ui.confirm import Confirm
from cockpit.ui.drill import Drilled
from cockpit.ui.palette import Picker
from support.boards import Sitting, run, shows, sitting
from support.scene import NOW, scene

DISK = Ref("local", "root-disk")
SIZES = pytest.mark.parametrize("size", [(120, 40), (80, 24)])


pytestmark = pytest.mark.usefixtures("no_quiet_time")


async def on_the_trap(person: Sitting) -> None:
    """The cursor on the alert that a trap of this machine has raised."""
    assert person.board.alerts.seek(DISK)
    await person.follow()


def rehearsed(stage: Stage, over: str = "", *, quiet: bool = False) -> Rehearsed:
    drill = drill_of("Ana", NOW, quiet=quiet)
    lines = (Line(at=NOW, number=1, what="trap", who="Ana", text="trap root-disk drilled"),)
    return Rehearsed(drill=drill, stage=stage, lines=lines, over=over)


@SIZES
def test_who_would_be_told_is_shown_and_y_begins_it_and_it_is_followed_to_its_end(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(scene(), size) as person:
            await on_the_trap(person)
            await person.press("D")
            await shows(person, Picker)
            assert "tells Ana, then Bo" in person.text
            await person.press("enter")
            await shows(person, Confirm)
            for words in ("at once: Ana by mail", "5 m after that: Bo by mail", "root-disk:drill", "marked", "is started"):
                assert words in " ".join(person.text.split()), words
            await person.press("enter")
            assert person.desk.asked == [], "enter does not confirm"
            await person.press("y")
            await shows(person, Drilled)
            assert person.desk.asked == [DrillTrap(DISK)]
            await person.sees("It has not begun yet")
            person.desk.rehearsed["root-disk"] = rehearsed(Stage.SIGNS)
            await person.sees("It shows signs, and trips in 10 s")
            assert "DRILL of root-disk" in person.text
            await person.sees("to be told")
            await person.sees("Ana: trap root-disk drilled")
            person.desk.rehearsed["root-disk"] = rehearsed(Stage.TRIPPED)
            await person.sees("It has tripped: nobody has it yet")
            person.desk.rehearsed["root-disk"] = rehearsed(Stage.NONE, "Ana has it: the trap is proven")
            await person.sees("It is over. Ana has it: the trap is proven.")
            assert "to be told" not in person.text
            await person.press("escape")
            await person.until(lambda: person.app.screen is person.board, "the board")

    run(body)


def test_quietly_nobody_is_told_and_the_box_says_so() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await on_the_trap(person)
            await person.press("D")
            await shows(person, Picker)
            await person.press("down", "enter")
            await shows(person, Confirm)
            assert "Drill root-disk quietly?" in person.text
            assert "Nobody is paged: --quiet stops before the page." in person.text
            await person.press("y")
            await shows(person, Drilled)
            assert person.desk.asked == [DrillTrap(DISK, quiet=True)]

    run(body)


def test_on_the_command_line_it_is_named_and_quiet_is_a_word() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await person.press("colon")
            await person.type("trap drill root-disk quiet")
            await person.press("enter")
            await shows(person, Confirm)
            assert "Drill root-disk quietly?" in person.text
            await person.press("escape")
            await person.until(lambda: person.app.screen is person.board, "the board")
            await person.press("colon")
            await person.type("drill nosuch")
            await person.press("enter")
            await person.sees("there is no trap 'nosuch'")
            assert person.desk.asked == []

    run(body)


def test_why_it_cannot_be_is_said_and_nothing_is_begun() -> None:  # safety 12
    async def body() -> None:
        async with sitting(scene()) as person:
            await on_the_trap(person)
            person.desk.drill_refused = "root-disk has really tripped: see to that; it is no drill"
            await person.press("D")
            await person.sees("has really tripped")
            await person.until(lambda: person.app.screen is person.board, "the board")
            person.desk.change(read_only=True)
            await person.follow()
            await person.press("D")
            await person.sees("read-only is on")
            assert person.app.screen is person.board
            assert person.desk.asked == []

    run(body)


def test_one_that_is_drilled_already_is_followed_and_a_takes_it() -> None:
    async def body() -> None:
        view = scene()
        traps = tuple(
            msgspec.structs.replace(each, drill=Stage.TRIPPED) if each.trap.name == "root-disk" else each for each in view.traps
        )
        row = next(each for each in view.alerts if each.alert.ref == DISK)
        drilled = msgspec.structs.replace(row.alert, ref=Ref("local", "root-disk:drill"), name="DRILL root-disk")
        view = msgspec.structs.replace(view, traps=traps, alerts=(*view.alerts, msgspec.structs.replace(row, alert=drilled)))
        async with sitting(view) as person:
            person.desk.rehearsed["root-disk"] = rehearsed(Stage.SIGNS)
            await on_the_trap(person)
            await person.press("D")
            await shows(person, Drilled)
            await person.sees("It shows signs")
            person.desk.rehearsed["root-disk"] = rehearsed(Stage.TRIPPED)
            await person.sees("It has tripped")
            await person.press("a")
            assert person.desk.asked == [Ack((Ref("local", "root-disk:drill"),))]

    run(body)


def test_before_it_trips_there_is_nothing_to_acknowledge() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await on_the_trap(person)
            await person.press("D")
            await shows(person, Picker)
            await person.press("enter")
            await shows(person, Confirm)
            await person.press("y")
            await shows(person, Drilled)
            person.desk.rehearsed["root-disk"] = rehearsed(Stage.SIGNS)
            await person.sees("It shows signs")
            await person.press("a")
            await person.sees("it has not tripped yet: there is nothing to acknowledge")
            assert person.desk.asked == [DrillTrap(DISK)]

    run(body)


def test_the_time_that_is_left_is_counted_on_the_clock_of_the_screen() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await on_the_trap(person)
            person.desk.rehearsed["root-disk"] = rehearsed(Stage.TRIPPED)
            await person.press("D")
            await shows(person, Picker)
            await person.press("enter")
            await shows(person, Confirm)
            await person.press("y")
            await shows(person, Drilled)
            await person.sees("It ends by itself in 15 m 10 s")
            assert timedelta(minutes=15, seconds=10) == rehearsed(Stage.TRIPPED).drill.until - NOW

    run(body)
