"""The list of runs, and one run with its output as it comes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from cockpit.core.actions import Ack, Action, Cancel, EndSilence, MakeSilence, PagePeople, Run, RunState, Start
from cockpit.core.alerts import Ref
from cockpit.core.jobs import Far
from cockpit.core.view import View
from cockpit.engine.desk import Output
from cockpit.ui.confirm import Confirm
from cockpit.ui.leave import going
from cockpit.ui.page import Page
from cockpit.ui.run_list import RunList, newest_first
from cockpit.ui.run_words import said
from cockpit.ui.runs import KEPT, RunOutput
from cockpit.ui.subject import failed
from cockpit.ui.undone import not_undone
from support.boxes import opened, settled, until
from support.desk import FakeDesk
from support.scene import NOW, scene

LATE = Ack((Ref("pd", "PINC1"),), "on it")


@pytest.mark.parametrize(
    ("action", "state", "reason", "told"),
    [
        (LATE, RunState.FAILED, "403", True),
        (LATE, RunState.ACCEPTED, "it was done, but the note was not left: 403", True),
        (LATE, RunState.ACCEPTED, "", False),
        (LATE, RunState.UNCERTAIN, "no answer", False),  # it is read back, and told then
        (PagePeople(("person:bo",), "come"), RunState.UNCERTAIN, "Bo by mail: it may have arrived", True),
        (PagePeople(("person:bo",), "come"), RunState.CONFIRMED, "told Bo by mail", False),
        (PagePeople(("person:bo",), "come"), RunState.CONFIRMED, "told Bo by mail; not by sms: busy", True),
        (Start("free-disk"), RunState.FAILED, "exit 3", False),  # its box shows it
    ],
)
def test_what_came_of_it_is_told_once_where_somebody_must_know(action: Action, state: RunState, reason: str, told: bool) -> None:
    asked = Run(id="r1", at=NOW, who="Ana", action=action, what="ack", target="fire", state=RunState.PENDING)
    came = msgspec.structs.replace(asked, state=state, reason=reason, amiss="; not by" in reason)
    before, after = (View(now=NOW, me=("Ana",), runs=(each,)) for each in (asked, came))
    assert failed(before, after) == (f"ack fire: {reason}" if told else "")
    assert failed(before, after, NOW + timedelta(seconds=1)) == "", "asked for before this screen was opened"
    confirmed = msgspec.structs.replace(came, state=RunState.CONFIRMED if state is RunState.ACCEPTED else state)
    assert failed(after, View(now=NOW, me=("Ana",), runs=(confirmed,))) == "", "once"


def run(state: RunState = RunState.RUNNING, id: str = "r9", **more: object) -> Run:
    made = Run(id=id, at=NOW, who="Ana", action=Start("free-disk"), what="free-disk", target="/", state=state)
    return msgspec.structs.replace(made, **more)


def desk(*runs: Run, lines: tuple[str, ...] = (), first: int = 0, truncated: bool = False) -> FakeDesk:
    made = FakeDesk(msgspec.structs.replace(scene(), runs=runs))
    made.outputs["r9"] = Output(lines, first, truncated)
    return made


def test_output_comes_as_it_is_printed_and_the_end_says_how_it_ended() -> None:
    async def go() -> None:
        on_desk = desk(run(), lines=("one",))
        async with opened(RunOutput(on_desk, "r9")) as on:
            assert "running" in on.text
            assert "one" in on.text
            on_desk.outputs["r9"] = Output(("one", "two [b]bold[/b] [/nope]"))
            on_desk.show(
                msgspec.structs.replace(
                    on_desk.view, runs=(run(RunState.FAILED, exit_code=3, seconds=12.0, reason="step 1 ended with status 3"),)
                )
            )
            await until(on.pilot, lambda: "two [b]bold[/b] [/nope]" in on.text, "the second line")  # safety 3
            assert "failed, exit 3, after 12 s" in on.text
            assert "step 1 ended with status 3" in on.text

    asyncio.run(go())


def test_what_was_done_to_silences_is_told_apart_and_times_are_on_the_viewers_clock() -> None:
    async def go() -> None:
        make = MakeSilence("am", "team=web", NOW, "x")
        runs = (
            run(RunState.CONFIRMED, "a", action=make, what="silence", target="team=web"),
            run(RunState.CONFIRMED, "b", action=msgspec.structs.replace(make, replaces="1"), what="silence", target="team=db"),
            run(RunState.CONFIRMED, "c", action=EndSilence(Ref("am", "1")), what="unsilence", target="team=app"),
        )
        async with opened(RunList(desk(*runs), "America/Sao_Paulo"), (100, 24)) as on:
            said = [line.split("00:12  ")[1].split("  done")[0].split("  ") for line in on.text.splitlines() if "team=" in line]
            assert [words[0].strip() for words in said] == ["silence", "change silence", "end silence"]
            assert "times in São Paulo" in on.text
            await on.press("enter")
            await until(on.pilot, lambda: "00:12:44 São Paulo" in on.text, "the run, by the same clock")

    asyncio.run(go())


def test_people_are_called_by_their_names_in_the_list_and_in_what_it_opens() -> None:
    async def go() -> None:
        runs = desk(run(RunState.CONFIRMED, who="ana", approved_by="bo"))
        async with opened(RunList(runs, names={"ana": "Ana Souza", "bo": "Bo"}.__getitem__), (100, 24)) as on:
            assert "Ana Souza" in on.text
            await on.press("enter")
            await until(on.pilot, lambda: "· Ana Souza ·" in on.text and "approved by Bo" in on.text, "the run")

    asyncio.run(go())


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (120, 40)])
def test_the_columns_of_the_list_stand_in_line_and_the_target_gives_way_last(size: tuple[int, int]) -> None:
    async def go() -> None:
        runs = (
            run(RunState.TIMED_OUT, "a", target="web-3", seconds=600.0, what="restart-web"),
            run(RunState.CONFIRMED, "b", target="db-1", exit_code=0, seconds=72.0),
            run(RunState.UNCERTAIN, "c", target="worker-2", action=Ack(()), what="ack"),
        )
        async with opened(RunList(desk(*runs)), size) as on:
            lines = on.text.splitlines()
            rows = [next(line for line in lines if target in line) for target in ("web-3", "db-1", "worker-2")]
            states = ("timed out", "done", "outcome unknown")
            starts = {line.index(target) for line, target in zip(rows, ("web-3", "db-1", "worker-2"), strict=True)}
            assert len(starts) == 1
            assert len({line.index(state) for line, state in zip(rows, states, strict=True)}) == 1

    asyncio.run(go())


def test_output_is_fetched_also_while_the_view_does_not_change() -> None:
    async def go() -> None:
        on_desk = desk(run(), lines=("one",))
        async with opened(RunOutput(on_desk, "r9")) as on:
            on_desk.outputs["r9"] = Output(("one", "two"))
            await until(on.pilot, lambda: "two" in on.text, "the second line")

    asyncio.run(go())


def test_it_follows_the_end_until_somebody_scrolls_and_again_from_the_end() -> None:
    async def go() -> None:
        def upto(count: int) -> tuple[str, ...]:
            return tuple(f"line {number:03d}" for number in range(count))

        on_desk = desk(run(), lines=upto(50))
        async with opened(RunOutput(on_desk, "r9")) as on:
            assert "line 049" in on.text
            await on.press("k", "k")
            on_desk.outputs["r9"] = Output(upto(60))
            page = on.box.query_one(Page)
            await until(on.pilot, lambda: page.rows == 60, "ten more lines")
            assert "line 059" not in on.text
            await on.press("G")
            on_desk.outputs["r9"] = Output(upto(70))
            await until(on.pilot, lambda: "line 069" in on.text, "the end again")

    asyncio.run(go())


def test_lines_that_are_not_shown_are_counted_and_the_file_named() -> None:
    async def go() -> None:
        on_desk = desk(run(output_path="/state/runs/r9.log"), lines=("last",), first=500)
        async with opened(RunOutput(on_desk, "r9")) as on:
            assert "500 lines are not shown: all of them are in" in on.text

    asyncio.run(go())


def test_truncated_output_and_none_at_all_are_said() -> None:
    async def go() -> None:
        async with opened(RunOutput(desk(run(RunState.CONFIRMED, exit_code=0), lines=("x",), truncated=True), "r9")) as on:
            assert "truncated" in on.text
            assert "done, exit 0" in on.text
        async with opened(RunOutput(desk(run(RunState.CONFIRMED, exit_code=0)), "r9")) as on:
            assert "it printed nothing" in on.text

    asyncio.run(go())


def test_of_what_was_cut_the_file_is_not_said_to_have_all() -> None:
    async def go() -> None:
        on_desk = desk(run(RunState.CONFIRMED, output_path="/s/r9.log"), lines=("x",), truncated=True, first=500)
        async with opened(RunOutput(on_desk, "r9")) as on:
            assert "500 lines are not shown: the beginning and the end are in /s/r9.log" in on.text
            assert "of which the middle is left out" in on.text
            assert "all of them" not in on.text

    asyncio.run(go())


SHOWN = (("true",), ("", "undo", "", "systemctl", "start", "web 3"), ("", "changes", "restarts"))


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (Start("fix"), "no step of it has an undo"),
        (Start("fix", preview=SHOWN, dry_run=True), "it was a dry run"),
        (
            Start("fix", preview=SHOWN),
            "could not be kept; as its preview had it, undo is: systemctl start 'web 3'",
        ),
    ],
)
def test_why_nothing_of_it_can_be_undone_is_said(action: Start, why: str) -> None:
    ended = msgspec.structs.replace(run(RunState.CONFIRMED), action=action)
    assert why in not_undone(ended, [ended])


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (RunState.CONFIRMED, "it was undone already: ana did at 2026-11-25 03:12:44 UTC"),
        (RunState.RUNNING, "ana has been undoing it since 2026-11-25 03:12:44 UTC, as u1: wait for that"),
        (RunState.FAILED, "ana's undo of 2026-11-25 03:12:44 UTC failed (step 1 broke, as u1): look before you take it back; "),
        (RunState.UNCERTAIN, "ana's undo of 2026-11-25 03:12:44 UTC has an outcome that nobody knows (as u1): look before you "),
    ],
)
def test_an_undo_of_it_is_told_as_what_became_of_it(state: RunState, why: str) -> None:
    ended = msgspec.structs.replace(run(RunState.CONFIRMED), action=Start("fix", preview=SHOWN))
    back = msgspec.structs.replace(run(state), id="u1", action=Start("fix", undoes="r9"), who="ana", reason="step 1 broke")
    rehearsed = msgspec.structs.replace(back, id="u2", action=Start("fix", undoes="r9", dry_run=True), state=RunState.CONFIRMED)
    said = not_undone(ended, [rehearsed, back, ended])
    assert said.startswith(why)
    assert ("as its preview had it, undo is: systemctl start 'web 3'" in said) is (state in (RunState.FAILED, RunState.UNCERTAIN))


def test_what_a_killed_cockpit_did_is_not_guessed() -> None:
    killed = msgspec.structs.replace(run(RunState.UNCERTAIN), action=Start("fix", preview=SHOWN))
    why = "its cockpit was killed, and nothing was kept of a step that has an undo: look whether one was begun; "
    why += "as its preview had it, undo is: "
    assert not_undone(killed, [killed]).startswith(why)


def test_colours_are_shown_and_no_sequence_is_left() -> None:  # safety 5
    async def go() -> None:
        async with opened(RunOutput(desk(run(), lines=("\x1b[31mred\x1b[0m and \x1b]52;c;eA==\x07",)), "r9")) as on:
            assert "red and ␛]52;c;eA==␇" in on.text

    asyncio.run(go())


def test_cancelling_is_asked_first() -> None:
    async def go() -> None:
        on_desk = desk(run())
        async with opened(RunOutput(on_desk, "r9")) as on:
            await on.press("c")
            assert isinstance(on.pilot.app.screen, Confirm)
            assert on_desk.asked == []
            await on.press("n")
            assert on_desk.asked == []
            await on.press("c")
            await on.pilot.pause(0.4)  # the box's quiet time, on the real clock
            await on.press("y")
            assert on_desk.asked == [Cancel("r9")]

    asyncio.run(go())


def test_one_that_goes_on_elsewhere_is_ended_by_the_engine_there() -> None:
    async def go() -> None:
        far = Far(source="rundeck-prod", job="7400", name="web/Restart", at=NOW, until=NOW, execution="e1")
        async with opened(RunOutput(desk(run(far=far)), "r9")) as on:
            await on.press("c")
            assert "rundeck-prod is asked to end it." in on.text
            assert "TERM" not in on.text

    asyncio.run(go())


def test_leaving_ends_no_run_that_goes_on_elsewhere() -> None:
    far = Far(source="rundeck-prod", job="7400", name="web/Restart", at=NOW, until=NOW)
    assert going(desk(run(), run(id="r8", what="rundeck-prod/web/Restart", far=far)).view) == ["free-disk"]


def test_what_one_has_begun_is_cancelled_also_when_it_is_read_only_by_now() -> None:  # safety 12: it ends what changes the world
    async def go() -> None:
        on_desk = desk(run())
        on_desk.change(read_only=True)
        async with opened(RunOutput(on_desk, "r9")) as on:
            await on.press("c")
            assert isinstance(on.pilot.app.screen, Confirm)

    asyncio.run(go())


def test_closing_leaves_the_run_alone_and_stops_listening() -> None:
    async def go() -> None:
        on_desk = desk(run())
        async with opened(RunOutput(on_desk, "r9")) as on:
            assert on_desk.listeners == 1
            await on.press("escape")
            await settled(on.pilot)
            assert on_desk.listeners == 0
            assert on_desk.asked == []

    asyncio.run(go())


def test_search_finds_the_next_place_in_any_case() -> None:
    async def go() -> None:
        lines = tuple("needle" if number in (10, 200) else f"hay {number}" for number in range(300))
        async with opened(RunOutput(desk(run(), lines=lines), "r9")) as on:
            await on.press("slash")
            await on.press(*"NEEDLE", "enter")
            assert "hay 11" in on.text
            await on.press("n")
            assert "hay 201" in on.text
            await on.press("slash", "ctrl+u", *"straw", "enter")
            assert "'straw' is not in it" in on.text
            await on.press("escape")
            assert on.answers == [None]

    asyncio.run(go())


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (run(RunState.CONFIRMED, exit_code=0, seconds=3.2), "done, exit 0, after 3 s"),
        (run(RunState.CONFIRMED, exit_code=0, seconds=0.2), "done, exit 0, in under a second"),
        (run(RunState.UNCERTAIN), "outcome unknown"),
        (run(RunState.TIMED_OUT, seconds=60.0), "timed out, after 1 m"),
        (run(RunState.ACCEPTED, action=Ack(()), what="ack"), "accepted"),
    ],
)
def test_how_a_run_stands_in_words(made: Run, words: str) -> None:
    assert said(made) == words


def test_the_list_shows_the_newest_first_keeps_the_cursor_and_opens_a_run() -> None:
    async def go() -> None:
        old, new = run(RunState.CONFIRMED, at=NOW - timedelta(hours=1), exit_code=0, target="older"), run(id="r8", target="newer")
        on_desk = desk(old, new, lines=("hello",))
        assert newest_first((old, new)) == (new, old)
        async with opened(RunList(on_desk), (100, 24)) as on:
            rows = [line for line in on.text.splitlines() if "free-disk" in line]
            assert "newer" in rows[0]
            assert "older" in rows[1]
            assert "done, exit 0" in rows[1]
            await on.press("j")
            on_desk.change(runs=(old, new, run(id="r10", at=NOW + timedelta(seconds=1))))
            await until(on.pilot, lambda: on.text.count("free-disk") == 3, "the third run")
            await on.press("enter")
            assert isinstance(on.pilot.app.screen, RunOutput)
            assert "hello" in on.text

    asyncio.run(go())


def test_an_empty_list_says_so() -> None:
    async def go() -> None:
        async with opened(RunList(desk())) as on:
            assert "Nothing has been done yet." in on.text
            await on.press("enter")
            assert isinstance(on.pilot.app.screen, RunList)

    asyncio.run(go())


def test_endless_output_stays_bounded_and_says_what_was_left_out() -> None:  # safety 11
    async def go() -> None:
        on_desk = desk(run(output_path="/state/runs/r9.log"))
        async with opened(RunOutput(on_desk, "r9")) as on:
            page = on.box.query_one(Page)
            for count in range(0, 40_000, 2000):
                on_desk.outputs["r9"] = Output(tuple(f"line {number}" for number in range(count, count + 2000)), count)
                on_desk.change(remarks=(str(count),))
                await until(on.pilot, lambda last=f"line {count + 1999}": last in on.text, "the newest line")  # type: ignore[misc]
            assert page.rows <= KEPT
            assert "lines are not kept here" in on.text

    asyncio.run(go())


def test_o_opens_the_links_of_its_steps_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "far")  # there is no browser: they are copied

    async def go() -> None:
        preview = (("df",), ("", "open", "https://wiki/a"), ("", "open", "https://wiki/b"))
        action = Start("free-disk", preview=preview)
        async with opened(RunOutput(desk(run(RunState.CONFIRMED, action=action, exit_code=0)), "r9")) as on:
            assert "o link" in on.text
            for url in ("https://wiki/a", "https://wiki/b", "https://wiki/a"):
                await on.pilot.press("o")
                assert f"copied, no browser here: {url}" in on.text
                assert on.pilot.app.clipboard == url
        async with opened(RunOutput(desk(run(RunState.CONFIRMED, exit_code=0)), "r9")) as on:
            assert "o link" not in on.text

    asyncio.run(go())
