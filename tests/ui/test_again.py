"""Running again from the list of runs: it is shown first, with what differs from then."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from cockpit.core.actions import Ack, Run, RunState, Start
from cockpit.core.alerts import Ref
from cockpit.ui import confirm
from cockpit.ui.confirm import Confirm
from support.boards import Sitting, sitting
from support.scene import NOW, scene


def done(person: Sitting, preview: tuple[tuple[str, ...], ...] | None = None, alert: Ref | None = None) -> Run:
    """A run of the first runbook that is offered for the first alert, as it would be run now unless ``preview`` says otherwise."""
    about = scene().alerts[0].alert.ref
    book = person.board.offers[0].runbook
    exact = person.desk.plan(book.name, about, {}).exact if preview is None else preview
    action = Start(book.name, {}, alert or about, exact)
    return Run(id="r1", at=NOW, who="Ana", action=action, what=book.name, target="web-3", state=RunState.CONFIRMED)


async def listed(person: Sitting, run: Run) -> None:
    """The list of runs with just this one in it."""
    person.desk.change(runs=(run,))
    await person.press("R")
    await person.sees("run it again…")


def test_the_same_is_shown_and_confirmed_before_it_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "QUIET", 0.0)

    async def body() -> None:
        async with sitting() as person:
            run = done(person)
            await listed(person, run)
            await person.press("a")
            await person.until(lambda: isinstance(person.app.screen, Confirm), "the question")
            assert "the same as then" in person.text
            await person.press("y")
            await person.until(lambda: person.desk.asked, "the run")
            (action,) = person.desk.asked
            assert action == run.action

    asyncio.run(body())


def test_what_differs_from_then_is_told_before_anything_is_run() -> None:
    async def body() -> None:
        async with sitting() as person:
            await listed(person, done(person, (("systemctl", "restart", "quite another"),)))
            await person.press("a")
            await person.sees("It would not be the same as then:")
            assert "systemctl restart 'quite another'" in person.text
            await person.press("escape")
            assert person.desk.asked == []

    asyncio.run(body())


def test_what_is_gone_or_was_no_runbook_is_refused_with_the_reason() -> None:
    async def body() -> None:
        async with sitting() as person:
            await listed(person, done(person, alert=Ref("pd", "gone")))
            await person.press("a")
            await person.sees("is not an alert any more")
            acked = msgspec.structs.replace(done(person), action=Ack((Ref("pd", "x"),)), what="ack")
            await listed(person, acked)
            await person.press("a")
            await person.sees("ack was no runbook")
            back = msgspec.structs.replace(done(person), action=Start("fix", undoes="r0"), what="undo fix")
            await listed(person, back)
            await person.press("a")
            await person.sees("undo fix took r0 back, which can be done once")
            await listed(person, msgspec.structs.replace(back, state=RunState.FAILED))
            await person.press("a")
            await person.sees("undo fix was to take r0 back: where it did not, undo r0 again (u, or")
            assert person.desk.asked == []

    asyncio.run(body())


def test_a_long_reason_stands_above_the_keys_and_not_among_them() -> None:
    async def body() -> None:
        async with sitting(size=(80, 24)) as person:
            undo = tuple(("", "undo", "", "rmdir", "-v", f"/srv/a/long/path/to/a/directory/number/{n}") for n in range(2))
            await listed(person, done(person, undo))
            await person.press("u")
            await person.sees("as its preview had it, undo is")
            (keys,) = [line for line in person.text.splitlines() if "run it again" in line]
            assert keys.strip(" │").startswith("enter output"), person.text

    asyncio.run(body())


def test_a_dry_run_says_once_that_nothing_was_executed() -> None:
    async def body() -> None:
        async with sitting() as person:
            run = done(person)
            action = msgspec.structs.replace(run.action, dry_run=True)
            person.desk.change(runs=(msgspec.structs.replace(run, action=action, reason="dry run: nothing was executed"),))
            await person.press("R", "enter")
            await person.sees("dry run: nothing was executed")
            assert person.text.count("dry run: ") == 1, person.text

    asyncio.run(body())
