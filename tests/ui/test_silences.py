"""The Silences pane, and what is done in it: on the real board, over a desk that remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
import pytest

from cockpit.core.actions import EndSilence, MakeSilence, Run, RunState
from cockpit.core.alerts import AlertState, Ref, SilenceState
from cockpit.core.view import View
from cockpit.ui import confirm
from cockpit.ui.ask import Ask
from cockpit.ui.confirm import Confirm
from support.boards import Sitting, sitting
from support.hushed import ACKED, COMING, EVERY, LASTS, LONG, MINUTE, OVER, SOON, hushed, silence
from support.scene import NOW, ago

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "QUIET", 0.0)


def with_silences(body: Callable[[Sitting], Awaitable[None]], view: View | None = None, size: tuple[int, int] = (120, 40)) -> None:
    async def go() -> None:
        async with sitting(view or hushed(), size) as person:
            await person.press("S")
            await body(person)

    asyncio.run(go())


async def on(person: Sitting, ref: Ref) -> None:
    """The cursor on a silence."""
    assert person.board.silences.seek(ref)
    await person.follow()


async def box(person: Sitting, kind: type) -> None:
    await person.until(lambda: isinstance(person.app.screen, kind), kind.__name__)
    await person.press()


def as_now(view: View, *silences: object) -> View:
    """The view with these silences."""
    return msgspec.structs.replace(view, silences=silences)


class TestThePane:
    def test_it_stands_where_the_alerts_do_and_says_how_each_silence_stands(self) -> None:
        async def body(person: Sitting) -> None:
            lines = person.lines
            assert "3 active, 1 ends within the hour · 1 pending · 1 expired · 1 ack" in lines[1]
            states = [line.split()[:2] for line in (line.lstrip("▌ ") for line in lines[3:9])]
            words = ["active", "active", "active", "pending", "expired", "ack"]
            assert states == [[glyph, word] for glyph, word in zip("●●●○·✓", words, strict=True)]
            assert "◆ 12m left" in lines[3]
            assert "2h left" in lines[4]
            assert "resolved" in lines[5]
            assert "begins 1h" in lines[6]
            assert "9m ago" in lines[7]
            for part in ("1", 'alertname="DeployRunning" clus', "Bo", "release 2026.47.3, the", "am-prod"):
                assert part in lines[3]
            assert person.line_of("root-disk") > 20, "the alerts are not shown; the traps are"

        with_silences(body)

    def test_esc_and_the_same_key_lead_back_to_the_alerts(self) -> None:
        async def body(person: Sitting) -> None:
            for back in ("escape", "S"):
                assert person.board.front == "silences"
                await person.press(back)
                assert (person.board.front, person.board.pane) == ("alerts", "alerts")
                assert "HighErrorRate" in person.lines[3]
                await person.press("S")
            await person.press("tab", "tab", "escape")
            assert person.board.pane == "silences", "out of a lower pane first"

        with_silences(body)

    def test_the_detail_has_the_matchers_in_full_and_what_it_hits(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, LASTS.ref)
            for part in (
                "by Ana",
                "log-1 is being moved",
                "=~ Disk.*",
                "Hushes 1 alert now",
                "DiskFillsUp · log-1",
                "has resolved",
            ):
                assert part in person.text
            await on(person, COMING.ref)
            for part in ("Would hush 2 alerts now", "PostgresDown · db-1", "ReplicaLag · db-2", "in 4 h"):
                assert part in person.text
            await on(person, OVER.ref)
            assert "9 m ago" in person.text

        with_silences(body)

    def test_a_silence_that_ends_while_it_is_looked_at_stays_under_the_cursor(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, LONG.ref)
            person.desk.show(as_now(person.desk.view, *(each for each in EVERY if each is not LONG)))
            await person.sees("2 active")
            assert person.board.silences.key == LONG.ref
            await person.press("u")
            assert person.desk.asked == []
            assert "not there any more" in person.footer

        with_silences(body)

    def test_what_is_being_done_is_said_in_its_row(self) -> None:
        async def body(person: Sitting) -> None:
            run = Run(id="r", at=NOW, who="Ana", action=EndSilence(LONG.ref), what="unsilence", target="", state=RunState.PENDING)
            person.desk.change(runs=(run,))
            await person.sees("ending…")

        with_silences(body)

    def test_time_moves_what_is_left_and_then_it_is_told_as_over(self) -> None:
        async def body(person: Sitting) -> None:
            person.clock.turn(11 * 60)
            person.board.silences.tick(person.clock.now())
            await person.sees("◆ 1m left")

        with_silences(body)

    def test_where_there_are_none_it_says_how_one_is_made(self) -> None:
        async def body(person: Sitting) -> None:
            assert "No silences on what I can see (icinga blind)" in person.text
            live = tuple(each for each in person.desk.view.sources if each.source != "icinga")
            person.desk.change(sources=live)
            await person.sees("No silences. s on an alert makes one, F one for the filter in force.")

        with_silences(body, as_now(hushed()))

    @pytest.mark.parametrize("size", [(80, 24), (60, 16), (40, 10), (104, 26), (200, 60)])
    def test_it_fits_any_size_and_the_selection_survives(self, size: tuple[int, int]) -> None:
        async def body(person: Sitting) -> None:
            await on(person, COMING.ref)
            await person.resize(*size)
            assert person.board.silences.key == COMING.ref
            assert any("pending" in line and "▌" in line for line in person.lines)
            await person.press("tab")
            assert person.board.pane == "detail"

        with_silences(body)

    def test_the_footer_says_what_the_keys_do_here(self) -> None:
        async def body(person: Sitting) -> None:
            assert person.footer.split("read-only")[0].split()[:6] == ["s", "change…", "+", "extend…", "u", "end…"]
            await person.press("escape")
            assert "a ack" in person.footer

        with_silences(body, size=(80, 24))

    @pytest.mark.parametrize("key", ["slash", "m", "b"])
    def test_what_is_for_the_alerts_leads_back_to_them(self, key: str) -> None:
        async def body(person: Sitting) -> None:
            await person.press(key)
            assert person.board.front == "alerts"

        with_silences(body)

    def test_a_hundred_thousand_alerts_are_not_gone_through_while_nobody_looks(self) -> None:
        async def go() -> None:
            async with sitting(hushed()) as person:
                assert person.board.silences.count() == 0
                assert person.board.silences._hits == {}

        asyncio.run(go())


class TestTheAlerts:
    def test_their_title_counts_the_silences_and_when_the_first_ends(self) -> None:
        async def go() -> None:
            async with sitting(hushed(), (160, 40)) as person:
                assert "3 silences, 1 ends in 12m" in person.lines[1]
                person.desk.show(as_now(person.desk.view, silence("x", "a=b", 300)))
                await person.sees("· 1 silence")
                assert "ends in" not in person.lines[1]
                person.desk.show(as_now(person.desk.view, SOON, silence("y", "a=c", 30)))
                await person.sees("2 silences, the first ends in 12m")

        asyncio.run(go())

    def test_one_acked_long_ago_is_back_and_says_by_whom(self) -> None:
        view = hushed()
        row = view.alerts[0]
        old = msgspec.structs.replace(row.alert, acknowledged_by="Ana", acknowledged_at=ago(5 * 3600 + 60))
        view = msgspec.structs.replace(view, alerts=type(view.alerts)([msgspec.structs.replace(row, alert=old), *view.alerts[1:]]))

        async def go() -> None:
            async with sitting(view) as person:
                assert "5h ago Ana" in person.lines[person.line_of("HighErrorRate")]
                assert "acked 5 h 1 m ago by Ana, and still firing" in person.text

        asyncio.run(go())


class TestTheFormSaysWhatWouldBe:
    def test_one_that_is_refused_hushes_nothing(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, SOON.ref)
            await person.press("s")
            await box(person, Ask)
            assert "hushes " in person.text
            person.desk.problems[SOON.match] = "a silence lasts 2 d at most here"
            await person.type("90d")
            await person.sees("Refused: a silence lasts 2 d at most here")
            assert "hushes " not in person.text
            assert "matches " in person.text

        with_silences(body)

    def test_the_filter_of_the_alerts_is_seen_from_here(self) -> None:
        async def body(person: Sitting) -> None:
            assert "alerts / " not in person.lines[1]
            person.board.sift("team=web")
            await person.sees("alerts / team=web")

        for size in ((120, 40), (80, 24)):
            with_silences(body, size=size)


class TestChanging:
    def test_its_end_is_put_off_and_all_else_stays(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, SOON.ref)
            await person.press("s")
            await box(person, Ask)
            assert "Change the silence at am-prod" in person.text
            await person.type("+2h")
            assert "(in 2 h 12 m)" in person.text
            await person.press("enter", "enter")
            await box(person, Confirm)
            for part in (
                "Change this silence?",
                SOON.match[:40],
                "in 2 h 12 m",
                "until Wed 25 Nov 00:24 São Paulo (in 12 m)",
                SOON.comment,
            ):
                assert part in person.text
            assert person.desk.asked == []
            await person.press("y")
            await person.until(lambda: person.desk.asked, "the change")
            assert person.desk.asked == [
                MakeSilence("am-prod", SOON.match, SOON.ends_at + 2 * HOUR, SOON.comment, replaces=SOON.ref.id)
            ]

        with_silences(body)

    def test_what_it_frees_is_said_before_it_is_sent(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, LONG.ref)
            await person.press("s")
            await box(person, Ask)
            await person.press("up", "ctrl+u")
            await person.type("alertname=CertExpiresSoon")
            await person.press("enter", "enter", "enter")
            await box(person, Confirm)
            assert "1 alert can ring again:" in person.text
            assert "NodeMaintenance" in person.text
            await person.press("y")
            await person.until(lambda: person.desk.asked, "the change")
            (made,) = person.desk.asked
            assert isinstance(made, MakeSilence)
            assert (made.match, made.ends_at, made.replaces) == ("alertname=CertExpiresSoon", LONG.ends_at, LONG.ref.id)

        with_silences(body)

    def test_it_can_last_until_resolved_and_is_then_told_so(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, LONG.ref)
            await person.press("s")
            await box(person, Ask)
            await person.type("resolved")
            await person.press("enter", "enter")
            await box(person, Confirm)
            assert "what it hushes has resolved" in person.text
            await person.press("y")
            await person.until(lambda: person.desk.asked, "the change")
            (made,) = person.desk.asked
            assert isinstance(made, MakeSilence)
            assert (made.until_resolved, made.replaces) == (True, LONG.ref.id)

        with_silences(body)

    def test_one_that_ends_while_it_is_being_changed_is_made_anew_and_that_is_said(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, SOON.ref)
            await person.press("s")
            await box(person, Ask)
            await person.type("2h")
            await person.press("enter", "enter")
            await box(person, Confirm)
            first = person.app.screen
            over = msgspec.structs.replace(SOON, state=SilenceState.EXPIRED, ends_at=NOW)
            person.desk.show(as_now(person.desk.view, over, LONG))
            await person.press("y")
            await person.until(lambda: person.app.screen is not first and isinstance(person.app.screen, Confirm), "shown anew")
            await person.press()
            assert person.desk.asked == []
            for part in ("changed while it was shown", "It has ended meanwhile", "Make this silence?"):
                assert part in person.text
            await person.press("y")
            await person.until(lambda: person.desk.asked, "the silence")
            assert person.desk.asked == [MakeSilence("am-prod", SOON.match, NOW + 2 * HOUR, SOON.comment)]

        with_silences(body)

    def test_one_that_is_over_is_made_anew(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, OVER.ref)
            await person.press("s")
            await box(person, Ask)
            await person.press("enter", "enter", "enter")
            await box(person, Confirm)
            await person.press("y")
            await person.until(lambda: person.desk.asked, "the silence")
            assert person.desk.asked == [MakeSilence("am-prod", OVER.match, NOW + HOUR, OVER.comment)]

        with_silences(body)

    def test_what_its_source_would_refuse_is_refused_in_the_form(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, LONG.ref)
            person.desk.problems["alertname!=A"] = "alertname!=A would hush nearly everything"
            await person.press("s")
            await box(person, Ask)
            await person.press("up", "ctrl+u")
            await person.type("alertname")
            await person.press("exclamation_mark", "equals_sign", "A")
            await person.sees("would hush nearly everything")
            await person.press("enter", "enter", "enter")
            assert isinstance(person.app.screen, Ask)
            assert person.text.count("would hush nearly everything") == 2, "under the field, too"
            assert person.desk.asked == []

        with_silences(body)

    def test_an_acknowledgement_is_not_changed_but_taken_back(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, ACKED.ref)
            await person.press("s")
            assert "that is an acknowledgement, by Ana: u takes it back" in person.footer
            await person.press("plus")
            assert "renewed until what it hushes has resolved" in person.footer
            await person.press("u")
            await box(person, Confirm)
            await person.press("y")
            await person.until(lambda: person.desk.asked, "the end")
            assert person.desk.asked == [EndSilence(ACKED.ref)]

        with_silences(body)

    def test_one_is_changed_at_a_time(self) -> None:
        async def body(person: Sitting) -> None:
            await person.press("space", "space", "s")
            assert "2 are marked: one is changed at a time" in person.footer

        with_silences(body)


class TestLastingLonger:
    def test_the_marked_ones_last_longer_and_each_is_shown(self) -> None:
        async def body(person: Sitting) -> None:
            await person.press("space", "space", "plus")
            await box(person, Ask)
            assert "Let 2 silences last longer" in person.text
            await person.press("ctrl+u")
            await person.type("30m")
            await person.press("enter")
            await box(person, Confirm)
            for part in ("Extend these 2 silences?", "(in 42 m)", "until Wed 25 Nov 00:24 São Paulo (in 12 m)", "(in 3 h 18 m)"):
                assert part in person.text
            await person.press("y")
            await person.until(lambda: len(person.desk.asked) == 2, "the changes")
            assert person.desk.asked == [
                MakeSilence("am-prod", each.match, each.ends_at + 30 * MINUTE, each.comment, replaces=each.ref.id)
                for each in (SOON, LONG)
            ]
            assert not person.board.silences.marks

        with_silences(body)

    def test_one_that_ends_while_it_is_asked_about_is_left_alone(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, SOON.ref)
            await person.press("plus")
            await box(person, Ask)
            await person.press("enter")
            await box(person, Confirm)
            person.desk.show(as_now(person.desk.view, LONG))
            await person.press("y")
            await person.until(lambda: person.app.screen is person.board, "the board")
            assert person.desk.asked == []
            assert "it has ended meanwhile: nothing was sent" in person.footer

        with_silences(body)

    def test_more_than_its_source_allows_is_refused_with_the_reason(self) -> None:
        async def body(person: Sitting) -> None:
            person.desk.problems[LONG.match] = "a silence lasts 30 d at most here"
            await on(person, LONG.ref)
            await person.press("plus")
            await box(person, Ask)
            await person.press("ctrl+u")
            await person.type("90d")
            await person.press("enter")
            assert isinstance(person.app.screen, Ask)
            assert "a silence lasts 30 d at most here" in person.text

        with_silences(body)

    def test_elsewhere_the_key_says_where_it_works(self) -> None:
        async def body(person: Sitting) -> None:
            await person.press("escape", "plus")
            assert "that is for silences: S lists them" in person.footer

        with_silences(body)


class TestEnding:
    def test_it_says_what_can_ring_again_and_ends_on_y_alone(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, LONG.ref)
            await person.press("u")
            await box(person, Confirm)
            for part in (
                "End this silence?",
                LONG.match,
                "Cy: k8s-14",
                "1 alert can ring again at once:",
                "NodeMaintenance · k8s-14",
            ):
                assert part in person.text
            await person.press("enter")
            assert person.desk.asked == []
            await person.press("y")
            await person.until(lambda: person.desk.asked, "the end")
            assert person.desk.asked == [EndSilence(LONG.ref)]
            assert "the silence ends" in person.footer

        with_silences(body)

    def test_several_are_ended_at_once(self) -> None:
        async def body(person: Sitting) -> None:
            await person.press("space", "space", "u")
            await box(person, Confirm)
            assert "End these 2 silences?" in person.text
            await person.press("y")
            await person.until(lambda: len(person.desk.asked) == 2, "the ends")
            assert person.desk.asked == [EndSilence(SOON.ref), EndSilence(LONG.ref)]

        with_silences(body)

    def test_what_it_frees_is_looked_at_again_on_y(self) -> None:  # safety 10
        async def body(person: Sitting) -> None:
            await on(person, LONG.ref)
            await person.press("u")
            await box(person, Confirm)
            first = person.app.screen
            view = person.desk.view
            rows = [
                msgspec.structs.replace(row, alert=msgspec.structs.replace(row.alert, labels={"alertname": "NodeMaintenance"}))
                if row.alert.name == "LatencyP99"
                else row
                for row in view.alerts
            ]
            person.desk.show(msgspec.structs.replace(view, alerts=type(view.alerts)(rows)))
            await person.press("y")
            await person.until(lambda: person.app.screen is not first and isinstance(person.app.screen, Confirm), "shown anew")
            await person.press()
            assert person.desk.asked == []
            assert "2 alerts can ring again at once:" in person.text

        with_silences(body)

    def test_one_that_is_over_already_is_said(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, OVER.ref)
            await person.press("u")
            assert "that silence has ended already" in person.footer

        with_silences(body)

    def test_read_only_says_so(self) -> None:  # safety 12
        async def body(person: Sitting) -> None:
            await on(person, LONG.ref)
            for key in ("s", "u", "plus", "F"):
                await person.press(key)
                assert "read-only" in person.footer
            assert person.desk.asked == []

        with_silences(body, msgspec.structs.replace(hushed(), read_only=True))

    def test_it_can_be_copied(self) -> None:
        async def body(person: Sitting) -> None:
            await on(person, LONG.ref)
            await person.press("y")
            assert "copied 1 silence" in person.footer
            assert LONG.match in person.app.clipboard

        with_silences(body)


class TestMaking:
    def test_what_the_filter_shows_can_be_silenced(self) -> None:
        async def go() -> None:
            async with sitting(hushed()) as person:
                await person.press("F")
                assert "no filter is in force" in person.footer
                person.board.sift("team=db")
                await person.follow()
                await person.press("F")
                await box(person, Ask)
                assert "hushes 2 of" in person.text
                await person.type("vacuum")
                await person.press("enter")
                await box(person, Confirm)
                await person.press("y")
                await person.until(lambda: person.desk.asked, "the silence")
                assert person.desk.asked == [MakeSilence("am-prod", "team=db", NOW + HOUR, "vacuum")]

        asyncio.run(go())

    def test_marked_alerts_of_one_kind_are_one_silence(self) -> None:
        view = hushed()
        rows = [
            msgspec.structs.replace(
                row,
                alert=msgspec.structs.replace(
                    row.alert, labels={"alertname": "Down", "instance": row.alert.where}, state=AlertState.FIRING
                ),
            )
            if row.alert.name in ("LatencyP99", "CertExpiresSoon")
            else row
            for row in view.alerts
        ]
        view = msgspec.structs.replace(view, alerts=type(view.alerts)(rows))

        async def go() -> None:
            async with sitting(view) as person:
                for name in ("LatencyP99/shop-eu", "CertExpiresSoon/shop.example"):
                    assert person.board.alerts.seek(Ref("am-prod", name))
                    await person.press("space")
                await person.press("s")
                await box(person, Ask)
                assert r'alertname="Down" instance=~"shop-eu|shop\\.example"' in person.text
                assert "hushes 2 of" in person.text

        asyncio.run(go())

    def test_one_for_what_is_still_to_come_is_made_where_alone_it_could_be(self) -> None:
        async def go() -> None:
            for match, refused, source in (
                ("alertname=Nope @source=local", {}, "local"),
                ("@trap=later", {"@trap=later": "an Alertmanager knows nothing of @trap"}, ""),
            ):
                async with sitting(hushed()) as person:
                    person.desk.problems.update(refused)
                    person.board.sift(match)
                    await person.follow()
                    await person.press("F")
                    if source:
                        await box(person, Ask)
                        assert f"Silence at {source}" in person.text
                    else:
                        assert "knows nothing of @trap" in person.footer

        asyncio.run(go())

    def test_until_resolved_needs_something_that_fires(self) -> None:
        async def go() -> None:
            async with sitting(hushed()) as person:
                person.board.sift("alertname=Nothing @source=am-prod")
                await person.follow()
                await person.press("colon")
                await person.type("silence alertname=Nope --comment x")
                await person.press("enter")
                assert "it hits nothing now, and could be made at am-prod, local: add @source=NAME" in person.footer
                person.board.sift("team=db")
                await person.follow()
                await person.press("F")
                await box(person, Ask)
                await person.type("why")
                await person.press("up", "ctrl+u")
                await person.type("resolved")
                await person.press("up", "ctrl+u")
                await person.type("alertname=Nope")
                await person.sees("would end at once")
                await person.press("enter", "enter", "enter")
                assert isinstance(person.app.screen, Ask)
                assert person.desk.asked == []

        asyncio.run(go())
