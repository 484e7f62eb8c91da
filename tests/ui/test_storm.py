"""A storm on the board: told in groups, acknowledged as one, opened and left; and groups that somebody asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
import pytest

from cockpit.config.model import Config
from cockpit.core.actions import Ack, MakeSilence, Run, RunState, Unack
from cockpit.core.alerts import AlertState, Ref, Severity
from cockpit.core.groups import Group
from cockpit.core.stormrule import StormRule
from cockpit.core.view import Row, View
from cockpit.ui import confirm
from cockpit.ui.ask import Ask
from support.boards import Sitting, sitting
from support.scene import NOW, alert, config, scene
from support.storms import stormed

STORMY = config(storm=StormRule())


@pytest.fixture(autouse=True)
def _no_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "QUIET", 0.0)


def storm() -> View:
    """The bad night, and forty nodes of which ten have a rack-mate that is worse off."""
    view = stormed(scene(), range(40), severity=Severity.WARNING)
    return stormed(view, range(100, 112), "KubeletDown")


def board(
    body: Callable[[Sitting], Awaitable[None]], view: View | None = None, size: tuple[int, int] = (120, 40), with_: Config = STORMY
) -> None:
    async def go() -> None:
        async with sitting(view or storm(), size, config=with_) as person:
            await body(person)

    asyncio.run(go())


def group(person: Sitting, name: str) -> Group:
    """The group in the list whose alerts have this name."""
    (found,) = [each for each in person.board.alerts.rows if isinstance(each, Group) and each.title == name]
    return found


async def on(person: Sitting, name: str) -> Group:
    """The cursor on a group."""
    found = group(person, name)
    assert person.board.alerts.seek(found.key)
    await person.follow()
    return found


class TestToldInGroups:
    def test_it_is_a_row_for_each_kind_among_all_that_is_not_of_it(self) -> None:
        async def body(person: Sitting) -> None:
            assert "storm: 52 in 2 groups" in person.lines[1]
            assert "64 firing" in person.lines[1]
            for part in ("◆ WARN", "≡ 40× NodeDown", "node-", "cluster=eu-1 team=infra", "am-prod"):
                assert part in person.lines[person.line_of("× NodeDown")]
            critical = [person.line_of(name) for name in ("HighErrorRate", "root-disk")]
            assert max(critical) < person.line_of("≡ 12× KubeletDown") < person.line_of("≡ 40× NodeDown")
            assert person.board.alerts.count() == 17

        board(body)

    def test_its_count_rises_in_place_and_the_cursor_stays_on_it(self) -> None:
        async def body(person: Sitting) -> None:
            found = await on(person, "NodeDown")
            at = person.board.alerts.cursor - person.board.alerts.top
            person.desk.show(stormed(person.desk.view, range(40, 90), severity=Severity.WARNING, age=5))
            await person.sees("≡ 90× NodeDown")
            assert person.board.alerts.key == found.key
            assert person.board.alerts.cursor - person.board.alerts.top == at

        board(body)

    def test_what_the_cursor_is_on_is_not_swallowed_by_a_storm_that_begins(self) -> None:
        async def body(person: Sitting) -> None:
            one = Row(alert("am-prod", "NodeDown", "node-0", Severity.WARNING, 20, "node-0 does not answer", team="infra"))
            person.desk.show(msgspec.structs.replace(person.desk.view, alerts=person.desk.view.alerts.put([one])))
            await person.sees("NodeDown")
            assert person.board.alerts.seek(one.alert.ref)
            person.desk.show(stormed(person.desk.view, range(1, 40), severity=Severity.WARNING))
            await person.sees("≡ 40× NodeDown")
            assert person.board.alerts.key == one.alert.ref, "a key that is pressed now is meant for that one"
            await person.follow()
            await person.press("a")
            assert person.desk.asked == [Ack((one.alert.ref,))]

        board(body, scene())

    def test_the_detail_says_what_they_share_and_what_they_differ_in(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, "NodeDown")
            await person.press("tab")
            for part in ("40 alerts: 40 firing", "All of them have", "cluster", "They differ in", "r0 ×10, r1 ×10", "each its own"):
                assert part in person.text

        board(body, size=(160, 60))

    def test_a_storm_of_too_many_kinds_is_told_by_what_they_share(self) -> None:
        view = scene()
        for kind in range(30):
            view = stormed(view, [kind], f"Kind{kind:02}")

        async def body(person: Sitting) -> None:
            row = person.lines[person.line_of("≡ 30×")]
            assert "≡ 30× cluster=eu-1" in row
            assert "Kind00 and 29 other kinds" in row

        board(body, view)

    def test_switched_off_there_are_none(self) -> None:
        async def body(person: Sitting) -> None:
            assert person.board.alerts.count() == 15 + 52

        board(body, with_=config(storm=StormRule(alerts=0)))

    @pytest.mark.parametrize("size", [(80, 24), (40, 10), (200, 60)])
    def test_at_any_size(self, size: tuple[int, int]) -> None:
        async def body(person: Sitting) -> None:
            await on(person, "NodeDown")
            await person.resize(*size)
            assert any("≡ 40× NodeDown" in line.replace("…", "Down") or "40× Node" in line for line in person.lines)
            await person.press("enter")
            assert "NodeDown" in person.lines[1]
            await person.press("escape")
            assert person.board.alerts.group_here is not None

        board(body)


class TestAcknowledging:
    def test_one_key_acknowledges_all_of_it_and_another_takes_that_back(self) -> None:
        async def body(person: Sitting) -> None:
            found = await on(person, "NodeDown")
            await person.press("a")
            (asked,) = person.desk.asked
            assert isinstance(asked, Ack)
            assert set(asked.refs) == {row.alert.ref for row in found.members}
            assert "asked to acknowledge 40" in person.footer
            acked = stormed(
                person.desk.view, range(40), severity=Severity.WARNING, state=AlertState.ACKNOWLEDGED, acknowledged_by="Ana"
            )
            person.desk.show(acked)
            await person.until(lambda: group(person, "NodeDown").count_in(AlertState.ACKNOWLEDGED) == 40, "the acknowledged group")
            await person.follow()
            await person.press("u")
            assert isinstance(person.desk.asked[1], Unack)
            assert len(person.desk.asked[1].refs) == 40
            assert person.line_of("≡ 40× NodeDown") < person.line_of("PostgresDown") - 3, "the cursor is on it"
            await person.press("k")
            assert person.line_of("PostgresDown") - 3 < person.line_of("≡ 40× NodeDown"), "it stands with what is taken"

        board(body)

    def test_what_comes_after_it_brings_it_up_again_and_is_counted(self) -> None:
        async def body(person: Sitting) -> None:
            await person.sees("≡ 40× NodeDown")
            assert "Ana" in person.lines[person.line_of("≡ 40× NodeDown")]
            person.desk.show(stormed(person.desk.view, range(40, 43), severity=Severity.WARNING, age=4))
            await person.sees("3 firing, 40 acked")
            assert person.line_of("≡ 43× NodeDown") < person.line_of("PostgresDown")

        view = stormed(scene(), range(40), severity=Severity.WARNING, state=AlertState.ACKNOWLEDGED, acknowledged_by="Ana")
        board(body, view)

    def test_how_far_it_is_stands_in_its_row(self) -> None:
        async def body(person: Sitting) -> None:
            refs = tuple(row.alert.ref for row in group(person, "NodeDown").members)
            run = Run(id="r", at=NOW, who="Ana", action=Ack(refs), what="ack", target="", state=RunState.PENDING, done=30)
            person.desk.change(runs=(run,))
            await person.sees("ack 30 of 40…")
            assert "ack 30 of" in person.lines[person.line_of("≡ 40× NodeDown")]
            assert "ack 30 of" not in person.lines[person.line_of("≡ 12× KubeletDown")]

        board(body)

    def test_marked_it_is_acted_on_with_all_else_that_is_marked(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, "KubeletDown")
            await person.press("space")
            assert person.board.alerts.seek(Ref("local", "root-disk"))
            await person.press("space", "a")
            (asked,) = person.desk.asked
            assert isinstance(asked, Ack)
            assert len(asked.refs) == 13

        board(body)

    def test_a_silence_is_of_all_that_the_group_has_in_common(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, "NodeDown")
            await person.press("s")
            await person.until(lambda: isinstance(person.app.screen, Ask), "the form")
            await person.press()
            assert 'alertname="NodeDown"' in person.text
            assert "hushes 40 of" in person.text
            assert "besides" not in person.text
            await person.type("power cut")
            await person.press("enter")
            await person.sees("Make this silence?")
            await person.press("y")
            await person.until(lambda: person.desk.asked, "the silence")
            (made,) = person.desk.asked
            assert isinstance(made, MakeSilence)
            assert made.source == "am-prod"
            assert made.match == 'alertname="NodeDown" cluster="eu-1" team="infra"'

        board(body)

    def test_a_silence_that_hits_more_than_the_group_says_how_much(self) -> None:
        async def body(person: Sitting) -> None:
            person.board.sift("rack=r1")
            person.board.group(("alertname",))
            await on(person, "NodeDown")
            person.board.sift("rack=~r1")
            await person.press("s")
            await person.until(lambda: isinstance(person.app.screen, Ask), "the form")
            await person.press("up", "up", "ctrl+u")
            await person.type("alertname=NodeDown")
            await person.sees("besides the 10 you began with")

        board(body)


class TestOpening:
    def test_enter_shows_its_alerts_alone_and_esc_goes_back_to_it(self) -> None:
        async def body(person: Sitting) -> None:
            found = await on(person, "KubeletDown")
            await person.press("enter")
            assert "Alerts → KubeletDown ── 12 firing" in person.lines[1]
            assert person.board.alerts.count() == 12
            assert person.board.alerts.cursor == 0
            await person.press("a")
            assert person.desk.asked == [Ack((found.members[0].alert.ref,))]
            await person.press("enter")
            assert person.board.pane == "detail", "of an alert it opens the detail"
            await person.press("escape", "escape")
            assert person.board.alerts.key == found.key
            assert "storm: 52 in 2 groups" in person.lines[1]

        board(body)

    def test_what_is_left_of_it_is_shown_and_when_nothing_is_that_is_said(self) -> None:
        async def body(person: Sitting) -> None:
            found = await on(person, "KubeletDown")
            await person.press("enter")
            refs = [row.alert.ref for row in found.members]
            pane = person.board.alerts
            for left in (2, 0):
                view = person.desk.view
                person.desk.show(msgspec.structs.replace(view, alerts=view.alerts.put((), refs[left:])))
                await person.until(partial(lambda left: len(pane.rows) - pane.ghosts == left, left), f"{left} left")
            await person.press("j", "k")
            await person.sees("Nothing is left of this group")
            await person.press("escape")
            assert "Alerts ──" in person.lines[1]

        board(body)

    def test_a_filter_goes_into_groups(self) -> None:
        async def body(person: Sitting) -> None:
            person.board.sift("rack=r1")
            await person.sees("≡ 10× NodeDown")
            await person.sees("≡ 3× KubeletDown")
            person.board.sift("")
            await person.sees("≡ 40× NodeDown")

        board(body)


class TestAskedFor:
    def test_a_key_shows_every_alert_of_the_storm_and_the_groups_again(self) -> None:
        async def body(person: Sitting) -> None:
            await person.press("b")
            assert person.board.alerts.count() == 67
            assert "every alert by itself" in person.footer
            await person.press("b")
            assert person.board.alerts.count() == 17

        board(body)

    def test_without_a_storm_it_groups_by_what_the_config_says(self) -> None:
        async def body(person: Sitting) -> None:
            await person.press("b")
            await person.sees("by team: ")
            assert "grouped by team" in person.footer
            assert "≡ 2× team=db" in person.text or "≡ 2× " in person.text
            await person.press("b")
            assert "not grouped any more" in person.footer
            assert person.board.alerts.count() == 15

        board(body, scene(), with_=config(group_by=("team",)))

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("group by cluster,team", "grouped by cluster, team"),
            ("group @source", "grouped by @source"),
            ("group off", "every alert by itself"),
            ("group auto", "storms are told in groups"),
            ("group by @sauce", "did you mean @source?"),
            ("group by", "group by what?"),
            ("group team=web", "write names alone"),
        ],
    )
    def test_the_command_line_takes_any_labels(self, line: str, said: str) -> None:
        async def body(person: Sitting) -> None:
            await person.press("colon")
            await person.type(line)
            await person.press("enter")
            await person.until(lambda: said in person.footer, said)

        board(body)

    def test_by_source_everything_is_in_a_group_of_its_source(self) -> None:
        async def body(person: Sitting) -> None:
            person.board.group(("@source",))
            await person.sees("≡ 63× @source=am-prod")
            assert person.board.alerts.count() == 3
            person.board.group((), apart=True)
            assert person.board.alerts.count() == 67
            person.board.group(())
            assert person.board.alerts.count() == 17

        board(body)

    def test_by_the_groups_that_the_routing_made(self) -> None:
        view = scene()
        rows = [
            msgspec.structs.replace(row, alert=msgspec.structs.replace(row.alert, groups=("team: cluster=eu-1",)))
            for row in view.alerts
            if row.alert.ref.source == "am-prod"
        ]

        async def body(person: Sitting) -> None:
            person.board.group(("@group",))
            await person.sees("@group=team: cluster")

        board(body, msgspec.structs.replace(view, alerts=view.alerts.put(rows)))
