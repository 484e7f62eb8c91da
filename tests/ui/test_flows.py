"""From a key to an action, through the boxes: on the real board, over a desk that remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from cockpit.app import Cockpit
from cockpit.core.actions import AddNote, Arm, Disarm, EndSilence, MakeSilence, PagePeople, Run, RunState, Start
from cockpit.core.alerts import AlertState, Ref, Silence
from cockpit.core.asking import Answers, Asked
from cockpit.core.elsewhere import runbook_of
from cockpit.core.jobs import Job, Option
from cockpit.core.offering import Rule
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.script import ScriptStep
from cockpit.core.steps.step import Step
from cockpit.core.units import Seconds
from cockpit.core.view import View
from cockpit.ui import confirm, flows
from cockpit.ui.ask import Ask
from cockpit.ui.confirm import Confirm
from cockpit.ui.keys import TABLE
from cockpit.ui.palette import Picker
from cockpit.ui.runs import RunOutput
from support.boxes import settled, text_of, until
from support.desk import FakeDesk, StillClock
from support.scene import NOW, config, scene

HIGH, DISK, DB = Ref("am-prod", "HighErrorRate/web-3"), Ref("local", "root-disk"), Ref("am-prod", "PostgresDown/db-1")


class Sitting:
    """A person before the cockpit."""

    def __init__(self, app: Cockpit, desk: FakeDesk, pilot: Any) -> None:
        self.app, self.desk, self.pilot, self.board = app, desk, pilot, app.board

    @property
    def text(self) -> str:
        return text_of(self.app.screen)

    @property
    def said(self) -> str:
        """The footer's answer."""
        return text_of(self.board).splitlines()[-1]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await settled(self.pilot)

    async def write(self, text: str) -> None:
        await self.press(*("space" if char == " " else char for char in text))

    async def sees(self, kind: type) -> None:
        """Wait for a box of this kind."""
        await until(self.pilot, lambda: isinstance(self.app.screen, kind), kind.__name__)
        await settled(self.pilot)

    async def back_on_the_board(self) -> None:
        await until(self.pilot, lambda: self.app.screen is self.board, "the board")
        await settled(self.pilot)

    async def on(self, ref: Ref) -> None:
        """The cursor on an alert."""
        assert self.board.alerts.seek(ref)
        await settled(self.pilot)

    async def flow(self, made: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Start a flow as the board does."""
        self.board.start(made())
        await settled(self.pilot)


@asynccontextmanager
async def sitting(view: View | None = None, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Sitting]:
    desk = FakeDesk(view or scene())
    app = Cockpit(config(), desk, table=TABLE, clock=StillClock(), environ={})
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        yield Sitting(app, desk, pilot)


pytestmark = pytest.mark.usefixtures("no_quiet_time")


def changed(view: View, ref: Ref, **fields: object) -> View:
    """The view with one alert different."""
    rows = tuple(
        msgspec.structs.replace(row, alert=msgspec.structs.replace(row.alert, **fields)) if row.alert.ref == ref else row
        for row in view.alerts
    )
    return msgspec.structs.replace(view, alerts=rows)


# ── runbooks ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_runbook_that_changes_the_world_shows_exactly_what_it_runs_and_runs_it_after_y() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.press("1")
            await at.sees(Confirm)
            for part in (
                "Restart web-3",
                "restarts the web server",
                "ssh web-3 systemctl restart web",
                "am-prod/HighErrorRate/web-3",
            ):
                assert part in at.text
            assert at.desk.asked == []
            await at.press("enter")
            assert at.desk.asked == []
            await at.press("y")
            await at.sees(RunOutput)
            assert at.desk.asked == [
                Start(
                    "restart-web",
                    {},
                    HIGH,
                    (("ssh", "web-3", "systemctl", "restart", "web"), ("", "changes", "restarts the web server")),
                )
            ]

    asyncio.run(go())


def test_no_leaves_everything_as_it_is() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.press("1")
            await at.sees(Confirm)
            await at.press("n")
            await at.back_on_the_board()
            assert at.desk.asked == []

    asyncio.run(go())


def test_a_key_pressed_twice_opens_one_box_and_runs_once() -> None:  # safety 10
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.pilot.press("1", "1", "1")
            await at.sees(Confirm)
            assert len(at.app.screen_stack) == 2
            await at.press("y", "y", "y")
            await at.sees(RunOutput)
            assert len(at.desk.asked) == 1

    asyncio.run(go())


def test_a_read_only_runbook_runs_without_asking() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.press("2")
            await at.sees(RunOutput)
            assert at.desk.asked == [Start("slow-requests", {}, HIGH, (("tail", "-n", "50", "/var/log/slow.log"),))]

    asyncio.run(go())


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": {"alertname": "HighErrorRate", "instance": "web-4", "team": "web"}},
        {"started_at": NOW},
        {"state": AlertState.ACKNOWLEDGED},
    ],
)
def test_an_alert_that_changed_between_preview_and_y_is_shown_anew_and_nothing_is_run(changes: dict[str, Any]) -> None:  # safety 10
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.press("1")
            await at.sees(Confirm)
            first = at.app.screen
            at.desk.show(changed(at.desk.view, HIGH, **changes))
            await at.press("y")
            await until(at.pilot, lambda: isinstance(at.app.screen, Confirm) and at.app.screen is not first, "shown anew")
            await settled(at.pilot)
            assert at.desk.asked == []
            assert "changed while it was shown" in at.text
            assert changes.get("labels", {"instance": "web-3"})["instance"] in at.text
            await at.press("y")
            await at.sees(RunOutput)
            assert len(at.desk.asked) == 1

    asyncio.run(go())


def test_a_summary_that_moves_on_does_not_stand_in_the_way() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.press("1")
            await at.sees(Confirm)
            at.desk.show(changed(at.desk.view, HIGH, summary="5xx 13 % for 6 m"))
            await at.press("y")
            await at.sees(RunOutput)

    asyncio.run(go())


def test_an_alert_that_is_gone_runs_nothing_and_says_so() -> None:  # safety 10
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.press("1")
            await at.sees(Confirm)
            at.desk.change(alerts=tuple(row for row in at.desk.view.alerts if row.alert.ref != HIGH))
            await at.press("y")
            await at.back_on_the_board()
            assert at.desk.asked == []
            assert "HighErrorRate is gone: restart-web was not run" in at.said

    asyncio.run(go())


def test_a_dangerous_runbook_wants_the_target_typed() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.flow(lambda: flows.run(at.board, at.desk, DB, "fail-over"))
            await at.sees(Confirm)
            await at.press("y", "enter")
            assert at.desk.asked == []
            await at.press("ctrl+u", *"db-1", "enter")
            await at.sees(RunOutput)
            assert at.desk.asked == [
                Start(
                    "fail-over",
                    {},
                    DB,
                    (("patronictl", "switchover", "db-1"), ("", "changes", "moves the primary"), ("", "confirmed by", "type")),
                )
            ]

    asyncio.run(go())


def test_missing_values_are_asked_for_checked_and_shown_before_they_are_confirmed() -> None:  # safety 6, 7
    async def go() -> None:
        wanted = Runbook(
            name="scale",
            title="Scale {unit}",
            steps=(Step(RunStep(("kubectl", "scale", "{unit}", "--replicas={count}"))),),
            changes="scales",
            params={"unit": Param(), "count": Param(pattern=r"\d+", help="how many")},
        )
        async with sitting(msgspec.structs.replace(scene(), runbooks=(wanted,))) as at:
            await at.flow(lambda: flows.run(at.board, at.desk, None, "scale"))
            await at.sees(Ask)
            assert "how many" in at.text
            await at.write("-rf")
            await at.press("enter")
            assert "could be taken for an option" in at.text
            await at.press("ctrl+u")
            await at.write("$(reboot)")
            await at.press("enter", "x", "enter")
            assert at.desk.asked == []
            assert isinstance(at.app.screen, Ask)
            await at.press("ctrl+u", "3")
            assert "kubectl scale '$(reboot)' --replicas=3" in at.text
            await at.press("enter")
            await at.sees(Confirm)
            assert "kubectl scale '$(reboot)' --replicas=3" in at.text
            await at.press("y")
            await at.sees(RunOutput)
            values = {"unit": "$(reboot)", "count": "3"}
            assert at.desk.asked == [
                Start("scale", values, None, (("kubectl", "scale", "$(reboot)", "--replicas=3"), ("", "changes", "scales")))
            ]

    asyncio.run(go())


@pytest.mark.parametrize("about", [True, False])
def test_a_missing_value_is_asked_for_with_why_it_is_missing_and_what_it_must_be(about: bool) -> None:
    async def go() -> None:
        param = Param(source="label:instance", pattern=r"web-\d+")
        wanted = Runbook(name="look", title="Look", steps=(Step(RunStep(("ping", "{instance}"))),), params={"instance": param})
        made = scene()
        first = made.alerts[0].alert
        bare = msgspec.structs.replace(made.alerts[0], alert=msgspec.structs.replace(first, labels={}))
        async with sitting(msgspec.structs.replace(made, runbooks=(wanted,), alerts=(bare,))) as at:
            await at.flow(lambda: flows.run(at.board, at.desk, first.ref if about else None, "look"))
            await at.sees(Ask)
            said = "the alert has no label:instance" if about else "no alert was picked whose label:instance it is"
            assert said in at.text
            assert r"must match web-\d+" in at.text

    asyncio.run(go())


def test_options_of_a_job_elsewhere_that_the_config_leaves_open_are_shown_with_the_engines_own_values() -> None:
    async def go() -> None:
        options = (Option(name="node", required=True), Option(name="how", default="gently", choices=("gently", "at once")))
        job = Job(ref=Ref("rd", "7400"), name="Restart", request="POST https://rd/run", options=options)
        wanted = runbook_of(job, Rule(params={"node": Param(source="label:instance", default="web-3")}))
        async with sitting(msgspec.structs.replace(scene(), runbooks=(wanted,))) as at:
            await at.flow(lambda: flows.run(at.board, at.desk, None, "rd/Restart"))
            await at.sees(Ask)
            assert "gently, at once" in at.text
            await at.press("ctrl+u")
            await at.write("hard")
            await at.press("enter")
            assert "it must be gently or at once" in at.text
            await at.press("ctrl+u")
            await at.write("at once")
            await at.press("enter")
            await at.sees(Confirm)
            await at.press("y")
            await at.sees(RunOutput)
            exact = ("", "job", "rd", "7400", "POST https://rd/run", "", "2", "node", "web-3", "how", "at once")
            terms = (("", "in all", "3600.0"), ("", "changes", "runs Restart at rd"))
            assert at.desk.asked == [Start("rd/Restart", {"how": "at once"}, None, (exact, *terms))]

    asyncio.run(go())


def test_the_box_shows_the_whole_text_of_a_script_and_its_variables() -> None:
    async def go() -> None:
        script = Step(ScriptStep('set -x\nrm -rf "$it"/cache\n# \u202e', "bash"), name="clear", timeout=Seconds(20))
        wanted = Runbook(name="clear", title="Clear", steps=(script,), changes="deletes", params={"it": Param()})
        async with sitting(msgspec.structs.replace(scene(), runbooks=(wanted,))) as at:
            await at.flow(lambda: flows.run(at.board, at.desk, None, "clear", {"it": "/srv/a b"}))
            await at.sees(Confirm)
            for line in ("script", "bash -eu -c", "set -x", 'rm -rf "$it"/cache', "it='/srv/a b'", "clear · at most 20 s"):
                assert line in at.text
            assert r"$'# \u202e'" in at.text
            assert "without a shell" not in at.text

    asyncio.run(go())


def test_choices_and_secrets_are_fields_of_the_form_and_a_secret_is_only_held() -> None:  # safety 22
    async def go() -> None:
        wanted = Runbook(
            name="scale",
            title="Scale",
            steps=(Step(ScriptStep('scale "$colour" "$pod" "$pw"')),),
            changes="scales",
            params={
                "colour": Param(ask=Asked(text="Which colour?", kind=Answers.CHOICE, choices=("red", "green", "grey"))),
                "pod": Param(ask=Asked(kind=Answers.CHOICE, choices_from=("pods",))),
                "pw": Param(ask=Asked(text="Password", kind=Answers.SECRET)),
            },
        )
        async with sitting(msgspec.structs.replace(scene(), runbooks=(wanted,))) as at:
            at.desk.listed["pod"] = ("web-1", "web-2")
            await at.flow(lambda: flows.run(at.board, at.desk, None, "scale"))
            await at.sees(Ask)
            assert "Which colour?  for colour · red, green, grey" in at.text
            await at.press(*"gr", "ctrl+n", "ctrl+n")
            assert "grey" in at.text
            await at.press("enter", *"web-3", "enter")
            assert "there are only web-1, web-2" in at.text
            await at.press("ctrl+u", "ctrl+p", "enter", *"sesame")
            assert "web-2" in at.text
            assert "sesame" not in at.text
            await at.press("enter")
            await at.sees(Confirm)
            assert "pw='‹secret›'" in at.text
            await at.press("y")
            await at.sees(RunOutput)
            (start,) = at.desk.asked
            assert isinstance(start, Start)
            assert start.params == {"colour": "grey", "pod": "web-2", "pw": "‹secret›"}
            assert (start.secrets, at.desk.held) == ({"pw": "word-1"}, ["sesame"])

    asyncio.run(go())


def test_what_was_typed_stays_where_the_whole_is_refused_and_a_secret_on_the_line_is_refused() -> None:
    async def go() -> None:
        wanted = Runbook(
            name="login",
            title="Log in",
            steps=(Step(ScriptStep('login "$pw"')),),
            changes="logs in",
            params={"pw": Param(ask=Asked(kind=Answers.SECRET))},
        )
        async with sitting(msgspec.structs.replace(scene(), runbooks=(wanted,))) as at:
            await at.flow(lambda: flows.run(at.board, at.desk, None, "login", {"pw": "sesame", "no": "x"}))
            assert at.desk.asked == []
            assert "sesame" not in at.text

    asyncio.run(go())


def test_d_in_the_box_rehearses_and_leaves_the_question_open() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.press("1")
            await at.sees(Confirm)
            await at.press("d")
            await at.sees(RunOutput)
            assert at.desk.asked == [
                Start(
                    "restart-web",
                    {},
                    HIGH,
                    (("ssh", "web-3", "systemctl", "restart", "web"), ("", "changes", "restarts the web server")),
                    dry_run=True,
                )
            ]
            await at.press("escape")
            await at.sees(Confirm)

    asyncio.run(go())


def test_the_picker_offers_every_runbook_and_those_for_this_alert_first() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(DISK)
            await at.press("x")
            await at.sees(Picker)
            rows = [line for line in at.text.splitlines() if "free-disk" in line or "restart-web" in line]
            assert "free-disk" in rows[0]
            await at.write("biggest")
            await at.press("enter")
            await at.sees(RunOutput)
            assert at.desk.asked == [Start("show-biggest", {}, DISK, (("du", "-x", "-d", "2", "/"),))]

    asyncio.run(go())


# ── silences ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_silence_is_prefilled_previewed_confirmed_and_made() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(DISK)
            await at.press("s")
            await at.sees(Ask)
            assert 'trap="root-disk"' in at.text
            assert "hushes 1 of 2 alerts at local now" in at.text
            await at.write("cleaning up")
            await at.press("enter")
            await at.sees(Confirm)
            for part in ("local", 'trap="root-disk"', "root-disk · /", "01:12 São Paulo (in 1 h)", "cleaning up"):
                assert part in at.text
            assert at.desk.asked == []
            await at.press("y")
            await at.back_on_the_board()
            assert at.desk.asked == [MakeSilence("local", 'trap="root-disk"', NOW + timedelta(hours=1), "cleaning up")]
            assert "silent until" in at.said

    asyncio.run(go())


def test_an_unreadable_or_empty_matcher_and_a_bad_duration_are_refused_in_the_form() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(DISK)
            await at.press("s")
            await at.sees(Ask)
            await at.write("why")
            for match, fault in (("", "would silence everything"), ("@sta", "at character")):
                await at.press("up", "up", "ctrl+u", *match, "enter")
                assert fault in at.text
                await at.press("down", "down")
            await at.press("up", "ctrl+u", *"soon", "enter")
            assert "is not a duration" in at.text
            assert at.desk.asked == []

    asyncio.run(go())


def test_a_matcher_that_misses_the_alert_one_began_with_says_so() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(DISK)
            await at.press("s")
            await at.sees(Ask)
            await at.press("up", "up", "ctrl+u")
            await at.write("team=nobody")
            assert "It does not hush root-disk" in at.text
            assert "hushes 0 of 2" in at.text

    asyncio.run(go())


def test_what_a_silence_hits_is_looked_at_again_on_y() -> None:  # safety 10
    async def go() -> None:
        async with sitting() as at:
            await at.on(DISK)
            await at.press("s")
            await at.sees(Ask)
            await at.write("why")
            await at.press("enter")
            await at.sees(Confirm)
            first = at.app.screen
            at.desk.show(changed(at.desk.view, Ref("local", "backups"), trap="root-disk"))
            await at.press("y")
            await until(at.pilot, lambda: isinstance(at.app.screen, Confirm) and at.app.screen is not first, "shown anew")
            await settled(at.pilot)
            assert at.desk.asked == []
            assert "changed while it was shown" in at.text
            assert "2 alerts now" in at.text

    asyncio.run(go())


def test_marked_alerts_with_different_matchers_get_a_silence_each_and_that_is_said() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.flow(lambda: flows.silence(at.board, at.desk, (HIGH, DISK)))
            await at.sees(Ask)
            assert 'a silence has no "or"' in at.text
            await at.write("deploy")
            await at.press("enter")
            await at.sees(Confirm)
            await at.press("y")
            await at.back_on_the_board()
            made = [action for action in at.desk.asked if isinstance(action, MakeSilence)]
            assert [action.source for action in made] == ["am-prod", "local"]

    asyncio.run(go())


def test_on_a_silenced_alert_it_offers_to_end_the_silence() -> None:
    quiet = Silence(
        ref=Ref("local", "s1"),
        match='trap="root-disk"',
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=2),
        who="Cy",
        comment="migration",
    )
    view = msgspec.structs.replace(changed(scene(), DISK, state=AlertState.SUPPRESSED), silences=(quiet,))

    async def go() -> None:
        async with sitting(view) as at:
            await at.on(DISK)
            await at.press("s")
            await at.sees(Confirm)
            for part in ("End this silence?", 'trap="root-disk"', "Cy: migration"):
                assert part in at.text
            await at.press("y")
            await at.back_on_the_board()
            assert at.desk.asked == [EndSilence(Ref("local", "s1"))]

    asyncio.run(go())


# ── notes and traps ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_note_is_asked_for_and_left() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.press("n")
            await at.sees(Ask)
            await at.press("enter")
            assert at.desk.asked == []
            await at.write("[b]deploy[/b]")
            await at.press("enter")
            await at.back_on_the_board()
            assert at.desk.asked == [AddNote(HIGH, "[b]deploy[/b]")]

    asyncio.run(go())


def test_a_trap_is_disarmed_with_a_reason_and_an_end() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.flow(lambda: flows.disarm(at.board, at.desk, (DISK,)))
            await at.sees(Ask)
            assert "has tripped: its alert goes while it rests" in at.text
            await at.press("enter")
            assert "say why it should rest" in at.text
            await at.write("migration")
            await at.press("enter")
            await at.sees(Confirm)
            assert "02:12 São Paulo (in 2 h)" in at.text
            await at.press("y")
            await at.back_on_the_board()
            assert at.desk.asked == [Disarm(DISK, NOW + timedelta(hours=2), "migration")]

    asyncio.run(go())


def test_a_trap_rests_for_30_days_at_most() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.flow(lambda: flows.disarm(at.board, at.desk, (DISK,), "40d migration"))
            assert "30 days at most" in at.said
            assert at.desk.asked == []

    asyncio.run(go())


def test_a_resting_trap_is_armed_again_after_a_y() -> None:
    queue = Ref("local", "mail-queue")

    async def go() -> None:
        async with sitting() as at:
            await at.flow(lambda: flows.disarm(at.board, at.desk, (queue,)))
            await at.sees(Confirm)
            assert "Ana: migration" in at.text
            await at.press("y")
            await at.back_on_the_board()
            assert at.desk.asked == [Arm(queue)]

    asyncio.run(go())


# ── palette and command line ──────────────────────────────────────────────────────────────────────────────────────


def test_the_palette_leads_to_the_same_box_as_the_key() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.press("ctrl+p")
            await at.sees(Picker)
            await at.write("restart")
            await at.press("enter")
            await at.sees(Confirm)
            assert "ssh web-3 systemctl restart web" in at.text

    asyncio.run(go())


def test_a_runbook_found_by_a_few_letters_is_shown_before_it_runs_though_it_only_reads() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.press("ctrl+p")
            await at.sees(Picker)
            await at.write("slow")
            await at.press("enter")
            await at.sees(Confirm)
            assert "tail -n 50 /var/log/slow.log" in at.text
            assert "nothing: it only reads" in at.text
            assert at.desk.asked == []
            await at.press("y")
            await at.sees(RunOutput)
            assert len(at.desk.asked) == 1

    asyncio.run(go())


def test_what_a_runbook_changes_is_said_with_its_values_in_place() -> None:
    async def go() -> None:
        books = tuple(
            msgspec.structs.replace(each, changes="restarts the web server on {host}") if each.name == "restart-web" else each
            for each in scene().runbooks
        )
        async with sitting(msgspec.structs.replace(scene(), runbooks=books)) as at:
            await at.on(HIGH)
            await at.press("1")
            await at.sees(Confirm)
            assert "restarts the web server on web-3" in at.text

    asyncio.run(go())


def test_the_question_before_leaving_goes_when_the_run_has_ended() -> None:
    async def go() -> None:
        going = Run(id="g", at=NOW, who="Ana", action=Start("slow"), what="slow", target="/", state=RunState.RUNNING)
        async with sitting(msgspec.structs.replace(scene(), runs=(going,))) as at:
            await at.press("q")
            await at.sees(Confirm)
            assert "slow is going on" in at.text
            at.desk.change(runs=(msgspec.structs.replace(going, state=RunState.CONFIRMED),))
            await at.back_on_the_board()
            assert "the run has ended" in at.said

    asyncio.run(go())


@pytest.mark.parametrize(
    ("line", "match", "length", "comment"),
    [
        ("silence team=db --for 2h", "team=db", "2h", ""),
        ("silence team=db --comment vacuum is on --for 3h", "team=db", "3h", "vacuum is on"),
        ("silence team=db --comment 'vacuum'", "team=db", "1h", "vacuum"),
        ("silence 2h vacuum", 'alertname="PostgresDown" cluster="eu-1" instance="db-1" team="db"', "2h", "vacuum"),
        ("silence --for 2h --comment vacuum", 'alertname="PostgresDown" cluster="eu-1" instance="db-1" team="db"', "2h", "vacuum"),
    ],
)
def test_silence_is_understood_as_on_the_command_line_and_for_the_cursor(line: str, match: str, length: str, comment: str) -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(DB)
            await at.flow(lambda: flows.command(at.board, at.desk, line))
            await at.sees(Ask)
            assert isinstance(at.app.screen, Ask)
            assert at.app.screen.values == {"match": match, "for": length, "comment": comment}

    asyncio.run(go())


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("silence planned work", "is 'planned work' what to silence, or why?"),
        ("silence 2h team=db", "is team=db what to silence, or why?"),
        ("silence team=db --fro 2h", "silence has no --fro"),
        ("silence team=db --for soon", "'soon' is not a duration"),
        ("silence team= --for 2h", "at character 6"),
        ("silence bogus!!~( --comment x", "is no matcher"),
        ("trap", "trap what?"),
        ("trap drill nosuch", "there is no trap 'nosuch'"),
        ("drill root-disk loud", "a drill takes `quiet`, and no 'loud'"),
        ("trap shoot x", "trap what?"),
        ("trap disarm nosuch", "there is no trap 'nosuch'"),
        ("trap check nosuch", "there is no trap 'nosuch'"),
    ],
)
def test_what_could_mean_two_things_is_asked_and_not_guessed(line: str, answer: str) -> None:
    async def go() -> None:
        async with sitting(size=(200, 40)) as at:
            await at.on(DB)
            await at.flow(lambda: flows.command(at.board, at.desk, line))
            assert answer in at.said
            assert at.app.screen is at.board
            assert at.desk.asked == []

    asyncio.run(go())


@pytest.mark.parametrize(("line", "kind"), [("trap disarm root-disk", Ask), ("trap arm mail-queue", Confirm)])
def test_the_words_for_traps_are_those_of_the_command_line(line: str, kind: type) -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.flow(lambda: flows.command(at.board, at.desk, line))
            await at.sees(kind)
            await at.press("escape")
            await at.back_on_the_board()
            await at.flow(lambda: flows.command(at.board, at.desk, "trap check"))
            assert at.desk.refreshes == 1

    asyncio.run(go())


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ("note deploy was at 03:05", AddNote(HIGH, "deploy was at 03:05")),
        ("run slow-requests", Start("slow-requests", {}, HIGH, (("tail", "-n", "50", "/var/log/slow.log"),))),
        ("2", Start("slow-requests", {}, HIGH, (("tail", "-n", "50", "/var/log/slow.log"),))),
    ],
)
def test_a_line_that_needs_no_confirmation_is_done(line: str, action: object) -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.flow(lambda: flows.command(at.board, at.desk, line))
            assert at.desk.asked == [action]

    asyncio.run(go())


@pytest.mark.parametrize(
    ("line", "shown", "action"),
    [
        (
            "disarm tls-shop 3h new certificate",
            "new certificate",
            Disarm(Ref("local", "tls-shop"), NOW + timedelta(hours=3), "new certificate"),
        ),
        ("arm mail-queue", "mail-queue", Arm(Ref("local", "mail-queue"))),
        ("run restart-web host=web-9", "ssh web-9 systemctl", None),
    ],
)
def test_a_line_that_changes_the_world_is_confirmed_like_its_key(line: str, shown: str, action: object) -> None:  # safety 12
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.flow(lambda: flows.command(at.board, at.desk, line))
            await at.sees(Confirm)
            assert shown in at.text
            assert at.desk.asked == []
            await at.press("y")
            await settled(at.pilot)
            assert len(at.desk.asked) == 1
            assert action is None or at.desk.asked == [action]

    asyncio.run(go())


def test_a_silence_with_its_words_fills_the_form() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.on(DISK)
            await at.flow(lambda: flows.command(at.board, at.desk, "silence 2h cleaning up"))
            await at.sees(Ask)
            assert "cleaning up" in at.text
            assert isinstance(at.app.screen, Ask)
            assert at.app.screen.values["for"] == "2h"

    asyncio.run(go())


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("silnce", "did you mean silence"),
        ("disarm rootdisk 2h x", "did you mean root-disk?"),
        ("run nothing", "there is no runbook nothing"),
        ("run restart-web hots=1", "has no parameter hots"),
        ("run restart-web host", "is not KEY=VALUE"),
        ("run 'x", "No closing quotation"),
        ("theme nacht", "there is no theme 'nacht'"),
        ("filter @sta", "at character"),
        ("quit now", "takes no words"),
        ("run restart-web host=-oProxyCommand=x", "could be taken for an option"),
    ],
)
def test_a_line_that_cannot_be_done_says_why_and_does_nothing(line: str, answer: str) -> None:
    async def go() -> None:
        async with sitting(size=(200, 40)) as at:
            await at.on(HIGH)
            await at.flow(lambda: flows.command(at.board, at.desk, line))
            assert answer in at.said
            assert at.desk.asked == []
            assert at.app.screen is at.board

    asyncio.run(go())


def test_filter_and_theme_from_the_command_line() -> None:
    async def go() -> None:
        async with sitting() as at:
            await at.press("colon")
            await at.write("filter team=db")
            await at.press("enter")
            assert at.board.filter_text == "team=db"
            await at.press("colon")
            await at.write("theme day")
            await at.press("enter")
            await until(at.pilot, lambda: at.app.theme == "day", "the theme")

    asyncio.run(go())


# ── read-only ─────────────────────────────────────────────────────────────────────────────────────────────────────

LINES = (
    "ack",
    "ack mine",
    "unack",
    "note x",
    "silence 2h x",
    "disarm root-disk 2h x",
    "arm mail-queue",
    "run restart-web",
    "run slow-requests",
    "1",
)


@pytest.mark.parametrize("line", LINES)
def test_read_only_holds_on_the_command_line(line: str) -> None:  # safety 12
    async def go() -> None:
        async with sitting(msgspec.structs.replace(scene(), read_only=True)) as at:
            await at.on(HIGH)
            await at.flow(lambda: flows.command(at.board, at.desk, line))
            await settled(at.pilot)
            assert at.desk.asked == []
            assert at.app.screen is at.board
            assert "read-only" in at.said

    asyncio.run(go())


def test_read_only_holds_for_every_key_and_in_the_palette() -> None:  # safety 12
    async def go() -> None:
        async with sitting(msgspec.structs.replace(scene(), read_only=True)) as at:
            await at.on(HIGH)
            for key in "aundsx123456789":
                await at.press(key)
                assert at.app.screen is at.board
            await at.press("ctrl+p")
            await at.sees(Picker)
            for words in ("restart", "acknowledge", "silence"):
                await at.press("ctrl+u")
                await at.write(words)
                await at.press("enter")
                assert isinstance(at.app.screen, Picker)
                assert "not now: read-only" in at.text
            assert at.desk.asked == []

    asyncio.run(go())


def test_read_only_that_comes_while_a_box_is_open_still_holds() -> None:  # safety 12
    async def go() -> None:
        async with sitting() as at:
            await at.on(HIGH)
            await at.press("1")
            await at.sees(Confirm)
            at.desk.change(read_only=True)
            await at.press("y")
            await at.back_on_the_board()
            assert at.desk.asked == []
            assert "read-only" in at.said

    asyncio.run(go())


def test_e_pages_whoever_is_on_call_after_showing_who_is_told_how() -> None:
    async def go() -> None:
        async with sitting() as here:
            await here.on(HIGH)
            await here.press("e")
            await here.sees(Ask)
            assert "tells     Ana by mail at ana@example.com" in here.text, "the roster that is paged first is filled in"
            await here.press("enter", "enter", "enter")
            await here.sees(Confirm)
            assert "Ana by mail at ana@example.com" in here.text
            assert "HighErrorRate" in here.text
            assert "incident" not in here.text
            await here.press("enter")
            assert here.desk.asked == [], "enter confirms nothing"
            await asyncio.sleep(confirm.QUIET)
            await here.press("y")
            await here.back_on_the_board()
            (asked,) = here.desk.asked
            assert isinstance(asked, PagePeople)
            assert (asked.to, asked.alert, asked.incident) == (("primary",), HIGH, False)

    asyncio.run(go())


def test_a_page_may_open_an_incident_which_is_shown_before_it_is_sent() -> None:
    async def go() -> None:
        async with sitting() as here:
            await here.on(HIGH)
            await here.press("e")
            await here.sees(Ask)
            await here.press("enter", "enter")
            await here.write("yes please")
            await here.press("enter")
            assert "yes or no" in here.text
            await here.press("ctrl+u")
            await here.write("yes")
            await here.press("enter")
            await here.sees(Confirm)
            assert "opens one with it" in here.text
            await asyncio.sleep(confirm.QUIET)
            await here.press("y")
            await here.back_on_the_board()
            (asked,) = here.desk.asked
            assert isinstance(asked, PagePeople)
            assert (asked.alert, asked.incident) == (HIGH, True)

    asyncio.run(go())


def test_a_page_to_nobody_is_told_at_the_field() -> None:
    async def go() -> None:
        async with sitting() as here:
            await here.press("e")
            await here.sees(Ask)
            await here.press("ctrl+u")
            await here.write("dora")
            await here.press("enter")
            assert "nobody is called 'dora'" in here.text
            await here.press("escape")
            await here.flow(lambda: flows.command(here.board, here.desk, "page ana come and look"))
            await here.sees(Confirm)
            assert "come and look" in here.text
            await here.press("escape")
            assert here.desk.asked == []

    asyncio.run(go())
