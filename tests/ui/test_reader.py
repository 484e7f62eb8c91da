"""Reading a Markdown runbook over the board: its place, its boxes, its links, and what is run from it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from cockpit.core.actions import Start
from cockpit.core.alerts import Link, Ref
from cockpit.core.books import boxes
from cockpit.ui import reader
from cockpit.ui.confirm import Confirm
from cockpit.ui.palette import Picker
from cockpit.ui.prose import Prose
from cockpit.ui.reader import Reader
from support.boards import Sitting, run, sitting
from support.bookcase import ERRORS, URL, book, books, shelved

HIGH = Ref("am-prod", "HighErrorRate/web-3")
TELL = "Tell #incidents that you are on it"


pytestmark = pytest.mark.usefixtures("no_quiet_time")


@asynccontextmanager
async def reading(size: tuple[int, int] = (120, 40), **changes: object) -> AsyncIterator[Sitting]:
    """The first runbook is open for the first alert."""
    async with at_board(size, **changes) as person:
        person.board.to_pane("runbooks")
        await person.press("enter")
        await opened(person)
        yield person


@asynccontextmanager
async def at_board(size: tuple[int, int] = (120, 40), **changes: object) -> AsyncIterator[Sitting]:
    async with sitting(msgspec.structs.replace(shelved(), **changes), size) as person:
        person.desk.shelf = books()
        assert person.board.alerts.seek(HIGH)
        await person.follow()
        yield person


async def opened(person: Sitting) -> None:
    await person.until(lambda: isinstance(person.app.screen, Reader), "the reader")
    await person.until(lambda: prose(person).count() > 0, "its text")


def prose(person: Sitting) -> Prose:
    return person.app.screen.query_one(Prose)


def test_enter_on_it_opens_the_whole_text_with_its_steps_numbered() -> None:
    async def body() -> None:
        async with reading() as person:
            assert "Too many 5xx on web-3" in person.text
            assert "! takes one web server out of the pool" in person.text
            assert "for HighErrorRate/web-3" in person.text
            assert "▶ look  sh" in person.text
            assert "│ journalctl -u shop" in person.text
            assert "nothing    it is down" in person.text
            assert "**" not in person.text
            await person.press("G")
            await person.sees("Put it back with pool add")
            assert "▶ drain  bash" in person.text

    run(body)


def test_space_goes_to_the_next_box_ticks_it_and_takes_the_tick_back() -> None:
    async def body() -> None:
        async with reading() as person:
            await person.press("space")
            assert person.desk.ticked == set(), "the first only went there"
            await person.press("space")
            assert person.desk.ticked == {("5xx", HIGH, TELL)}
            assert f"[x] {TELL} · Ana 00:12 São Paulo" in person.text
            await person.press("space")
            assert person.desk.ticked == set()
            assert f"[ ] {TELL}" in person.text
            await person.press("G", "space")
            assert "there is no box to tick below this" in person.text

    run(body)


def test_what_the_board_has_to_say_is_said_here_and_fades(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "SAID_FOR", 0.05)

    async def body() -> None:
        async with reading() as person:
            person.board.say("something that the board has to say")
            assert person.app.screen.query_one(Prose).is_attached
            await person.until(lambda: "n N step" in person.text, "the keys again")

    run(body)


def test_a_box_that_is_reworded_keeps_its_tick_and_one_that_is_gone_is_told() -> None:
    async def body() -> None:
        async with reading() as person:
            person.desk.ticked |= {("5xx", HIGH, TELL), ("5xx", HIGH, "Error rate below 1 % for five minutes")}
            text = ERRORS.replace("Tell `#incidents` that you are on it", "Tell `#incidents` that you have it")
            person.desk.shelf = {
                **books(),
                "5xx": book("5xx", text.replace("Error rate below 1 % for five minutes", "Put it back")),
            }
            person.desk.show(person.desk.view)
            await person.sees("[x] Tell #incidents that you have it")
            assert f"when it said: {TELL}" in " ".join(person.text.split())
            await person.sees("ticked, and not there any more in these words: Error rate below 1 %")
            await person.press("space", "space")
            assert person.desk.ticked == {("5xx", HIGH, "Error rate below 1 % for five minutes")}, "and is taken back"

    run(body)


def test_what_somebody_else_ticks_appears() -> None:
    async def body() -> None:
        async with reading() as person:
            person.desk.ticked.add(("5xx", HIGH, TELL))
            person.desk.show(person.desk.view)
            await person.sees(f"[x] {TELL}")

    run(body)


@pytest.mark.parametrize("key", ["enter", "1"])
def test_it_is_run_from_here_with_the_preview_as_ever(key: str) -> None:
    async def body() -> None:
        async with reading() as person:
            await person.press(key)
            await person.until(lambda: isinstance(person.app.screen, Confirm), "the preview")
            assert 'pool drain "$host"' in person.text
            assert person.desk.asked == []
            await person.press("y")
            await person.until(lambda: person.desk.asked != [], "what was asked")
            (asked,) = person.desk.asked
            assert isinstance(asked, Start)
            assert (asked.runbook, asked.alert) == ("5xx", HIGH)
            await person.press("escape")
            await opened(person)

    run(body)


def test_it_is_run_from_the_step_under_the_cursor_and_what_is_left_out_is_said() -> None:
    async def body() -> None:
        async with reading() as person:
            await person.press("n", "n", "f")
            await person.until(lambda: isinstance(person.app.screen, Confirm), "the preview")
            assert "It begins with step 2: step 1 is left out." in person.text
            assert "left out: the run begins behind it" in person.text
            await person.press("y")
            await person.until(lambda: person.desk.asked != [], "what was asked")
            (asked,) = person.desk.asked
            assert isinstance(asked, Start)
            assert asked.first == 2
            assert asked.preview[0][:2] == ("", "left out")

    run(body)


def test_below_the_last_step_there_is_nothing_to_run_from() -> None:
    async def body() -> None:
        async with reading() as person:
            await person.press("G", "f")
            await person.until(lambda: "there is no step from here on" in person.text, "the reason")
            assert not isinstance(person.app.screen, Confirm)

    run(body)


def test_one_that_only_reads_is_shown_before_it_runs_too() -> None:
    async def body() -> None:
        async with at_board() as person:
            other = book("5xx", ERRORS.replace("changes: takes one web server out of the pool\n", ""))
            assert other.runbook is not None
            assert other.runbook.changes is None
            person.desk.shelf = {**books(), "5xx": other}
            person.desk.change(runbooks=(other.runbook, *person.desk.view.runbooks[1:]))
            await person.follow()
            await person.press("1")
            await person.until(lambda: isinstance(person.app.screen, Confirm), "the preview")
            assert person.desk.asked == []

    run(body)


def test_one_that_changed_before_the_y_is_shown_anew_and_not_run() -> None:  # safety 10
    async def body() -> None:
        async with reading() as person:
            await person.press("enter")
            await person.until(lambda: isinstance(person.app.screen, Confirm), "the preview")
            other = book("5xx", ERRORS.replace("pool drain", "pool remove"))
            person.desk.shelf = {**books(), "5xx": other}
            person.desk.change(runbooks=(other.runbook, *person.desk.view.runbooks[1:]))
            await person.press("y")
            await person.sees("This changed while it was shown")
            assert 'pool remove "$host"' in person.text
            assert person.desk.asked == []

    run(body)


def test_read_only_says_so_where_one_reads() -> None:  # safety 12
    async def body() -> None:
        async with reading(read_only=True) as person:
            await person.press("enter")
            assert "read-only" in person.app.screen.query_one("#keys").render().plain  # type: ignore[union-attr]  # a Content
            assert isinstance(person.app.screen, Reader)
            assert person.desk.asked == []

    run(body)


def test_the_readers_place_is_kept() -> None:
    async def body() -> None:
        async with reading((80, 24)) as person:
            await person.press("n", "n", "n", "n")
            line = prose(person).block
            assert line is not None
            assert line.name == "drain"
            assert "pool wait" in person.text, "all of the step is in sight"
            await person.press("escape")
            await person.until(lambda: person.app.screen is person.board, "the board")
            assert person.desk.left == {"5xx": line.line}
            await person.press("enter")
            await opened(person)
            await person.until(lambda: (here := prose(person).block) is not None and here.name == "drain", "the place")

    run(body)


def test_its_title_keeps_its_values_when_the_alert_is_over() -> None:
    async def body() -> None:
        async with reading() as person:
            person.desk.change(alerts=())
            await person.press("j")
            await person.until(lambda: person.desk.view.alert(HIGH) is None, "the end of the alert")
            person.desk.ticked.add(("5xx", HIGH, TELL))
            person.desk.show(person.desk.view)
            await person.sees(f"[x] {TELL}")
            assert "Too many 5xx on web-3" in person.text

    run(body)


def test_sections_and_ends_are_gone_to_by_keys() -> None:
    async def body() -> None:
        async with reading((80, 24)) as person:
            seen = []
            for key in ("right_square_bracket", "right_square_bracket", "left_square_bracket", "G", "g", "left_square_bracket"):
                await person.press(key)
                here = prose(person).block
                assert here is not None
                seen.append("".join(piece.text for piece in here.words)[:12])
            assert seen == ["Look", "Take it out", "Look", "Put it back ", "Too many 5xx", "Too many 5xx"]
            assert "that was the first section" in person.text

    run(body)


def test_a_link_to_another_runbook_opens_it_at_its_heading_and_esc_comes_back() -> None:
    async def body() -> None:
        async with reading() as person:
            await person.press("j", "j", "j", "j", "o")
            await person.sees("db/failover")
            await opened(person)
            await person.until(lambda: (here := prose(person).block) is not None and here.anchor == "is-it-down", "the heading")
            await person.press("escape")
            await person.sees("Too many 5xx on web-3")

    run(body)


def test_a_link_to_elsewhere_is_copied_where_there_is_no_browser_and_one_to_nothing_is_told() -> None:
    async def body() -> None:
        async with reading() as person:
            person.desk.shelf = {**books(), "5xx": book("5xx", "# A\n\n[x](https://x.example/a)\n\n[y](../../gone.md)\n")}
            person.desk.show(person.desk.view)
            await person.sees("gone.md")
            await person.press("g", "j", "j", "j", "o")
            assert person.app.clipboard == "https://x.example/a"
            assert "copied, no browser here" in person.text
            await person.press("j", "j", "o")
            assert "is no runbook of this repository" in person.text
            await person.press("g", "o")
            assert "there is no link here" in person.text

    run(body)


def test_several_links_in_one_text_are_chosen_from() -> None:
    async def body() -> None:
        async with reading() as person:
            person.desk.shelf = {**books(), "5xx": book("5xx", "# A\n\n[x](https://x.example/a) [y](#b)\n\n## B\n\ntext\n")}
            person.desk.show(person.desk.view)
            await person.sees("(#b)")
            await person.press("g", "j", "j", "j", "o")
            await person.until(lambda: isinstance(person.app.screen, Picker), "the choice")
            await person.press("down", "enter")
            await opened(person)
            await person.until(lambda: (here := prose(person).block) is not None and here.anchor == "b", "the heading")

    run(body)


@pytest.mark.parametrize(
    ("url", "heading"),
    [
        (f"{URL}db/failover.md#is-it-down", "is-it-down"),
        (f"{URL}db/failover.md?plain=1#is-it-down", "is-it-down"),
        (f"{URL}db/failover", ""),
    ],
)
def test_a_runbook_url_into_the_repository_opens_in_place(url: str, heading: str) -> None:
    async def body() -> None:
        view = shelved()
        rows = tuple(
            msgspec.structs.replace(row, alert=msgspec.structs.replace(row.alert, links=(Link("runbook", url),)))
            if row.alert.ref == HIGH
            else row
            for row in view.alerts
        )
        async with at_board(alerts=rows) as person:
            await person.press("o")
            await opened(person)
            assert "Fail over the database" in person.text
            here = prose(person).block
            assert here is not None
            if heading:
                await person.until(lambda: (here := prose(person).block) is not None and here.anchor == heading, "the heading")

    run(body)


def test_an_address_outside_of_it_opens_as_before() -> None:
    async def body() -> None:
        async with at_board() as person:
            await person.press("o")
            await person.until(lambda: isinstance(person.app.screen, Picker), "the links")
            await person.type("runbook")
            await person.press("enter")
            assert person.app.clipboard == "https://wiki.example/5xx"

    run(body)


def test_a_file_that_changes_is_read_again_where_one_is() -> None:
    async def body() -> None:
        async with reading() as person:
            await person.press("n", "n", "n")
            person.desk.shelf = {**books(), "5xx": book("5xx", ERRORS.replace("The shop answers", "The whole shop answers"))}
            person.desk.show(person.desk.view)
            await person.sees("The whole shop answers")
            here = prose(person).block
            assert here is not None
            assert here.name == "look"
            person.desk.shelf = {}
            person.desk.show(person.desk.view)
            await person.sees("its file is not there any more")
            await person.press("enter", "space", "escape")

    run(body)


def test_one_with_faults_says_them_and_does_not_run() -> None:
    async def body() -> None:
        async with at_board() as person:
            await person.press("X")
            await person.until(lambda: isinstance(person.app.screen, Picker), "all that can be read")
            assert all(title in person.text for title in ("Too many 5xx", "Broken", "Fail over the database", "When to wake whom"))
            await person.type("broken")
            await person.press("enter")
            await opened(person)
            assert "cannot be run: /srv/runbooks/broken.md:2: titel: unknown key 'titel' (did you mean title?)" in person.text
            await person.press("enter")
            assert "it cannot be run: see above" in person.text
            assert person.desk.asked == []

    run(body)


def test_where_there_is_none_the_key_says_so() -> None:
    async def body() -> None:
        async with at_board() as person:
            person.desk.shelf = {}
            await person.follow()
            await person.press("X")
            assert "there are no Markdown runbooks" in person.footer
            assert person.app.screen is person.board

    run(body)


def test_the_digit_of_one_that_is_only_prose_opens_it() -> None:
    async def body() -> None:
        async with at_board() as person:
            number = 1 + [each.runbook.name for each in person.board.offers].index("policy")
            await person.press(str(number))
            await opened(person)
            assert "nothing in it runs: it is to be read" in person.text

    run(body)


def test_the_detail_pane_shows_the_text_of_what_the_cursor_is_on() -> None:
    async def body() -> None:
        async with at_board() as person:
            person.board.to_pane("runbooks")
            await person.sees("The shop answers with errors")
            assert "enter read" in person.footer
            person.board.to_pane("alerts")
            await person.follow()
            assert "enter detail" in person.footer

    run(body)


def test_the_command_line_reads_too() -> None:
    async def body() -> None:
        async with at_board() as person:
            await person.press("colon")
            await person.type("read db/failover")
            await person.press("enter")
            await opened(person)
            assert "Fail over the database" in person.text
            await person.press("escape", "colon")
            await person.type("read db/failovr")
            await person.press("enter")
            await person.sees("did you mean db/failover?")

    run(body)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 16), (40, 10)])
def test_no_size_loses_a_line_of_it(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with reading(size) as person:
            seen = set()
            for _ in range(prose(person).count()):
                seen |= {word for line in person.lines for word in line.split()}
                await person.press("j")
            seen |= {word for line in person.lines for word in line.split()}
            assert {"wrong", "journalctl", "drain", "Afterwards", "note", "(n)."} <= seen
            await person.resize(100, 30)
            assert "note (n)." in person.text, "the cursor stays at the end"

    run(body)


def test_hostile_markdown_is_only_text() -> None:  # safety 1, 3, 4
    async def body() -> None:
        bad = "# \x1b]52;c;eA==\x07 [@click=app.quit]x[/] \u202eevil\n\n```sh\nprintf '\x1b[2J[b]'\n```\n\n- [ ] [/nope] \x9b31m\n"
        async with reading() as person:
            person.desk.shelf = {**books(), "5xx": book("5xx", "---\nmatch: a=b\n---\n" + bad)}
            person.desk.show(person.desk.view)
            await person.sees("[@click=app.quit]x[/]")
            assert "⟨U+202E⟩evil" in person.text
            assert "␛[2J[b]" in person.text
            assert "[ ] [/nope] " in person.text
            assert all(line.isprintable() for line in person.lines)

    run(body)


def test_two_boxes_that_say_the_same_are_two() -> None:
    text = "- [ ] again\n\n# A\n\n- [ ] again\n- [ ] other\n"
    assert list(boxes(book("a", text).blocks).values()) == ["again", "again (2)", "other"]
