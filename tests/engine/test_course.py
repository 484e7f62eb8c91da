"""The course of a run: conditions, attempts, what one step takes from another, what goes on beside it, and what is taken back."""

from __future__ import annotations

import socket
from pathlib import Path

import psutil
import pytest

from cockpit.core.actions import RunState
from cockpit.core.asking import Answers, Want
from cockpit.core.steps.capture import Capture
from cockpit.core.steps.http import HttpStep
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.ssh import SshStep
from cockpit.core.steps.step import Step
from cockpit.core.units import Seconds
from cockpit.engine.runner import Runner
from support.courses import ANYTHING, FAILS, RUN, book, ran, sh, step
from support.real import wait_until

WORD = Capture(regex=r"(?P<it>\S+) is it", pattern=r"\w+")


def alive(mark: str) -> list[psutil.Process]:
    found = []
    for one in psutil.process_iter():
        try:
            if one.environ().get("COCKPIT_RUN_ID") == mark and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
        except psutil.Error:
            continue
    return found


class TestWhen:
    def test_a_step_whose_condition_does_not_hold_is_skipped_and_that_is_said(self, tmp_path: Path) -> None:
        wanted = book(sh("echo one", when='env == "test"'), sh("echo two", when='env == "live"'), env=ANYTHING)
        got = ran(tmp_path, wanted, {"env": "live"})
        assert got.outcome.state is RunState.CONFIRMED
        assert 'step 1 of 2 is skipped: it is only done when env == "test"' in got.lines
        assert "two" in got.lines
        assert "one" not in got.lines

    def test_what_an_earlier_step_gave_decides(self, tmp_path: Path) -> None:
        steps = (
            sh("echo nginx is it", capture={"it": WORD}),
            sh("echo yes", when='it == "nginx"'),
            sh("echo no", when='it != "nginx"'),
        )
        got = ran(tmp_path, book(*steps))
        assert "yes" in got.lines
        assert "no" not in got.lines


class TestCaptures:
    def test_a_later_step_gets_it_as_any_value_and_the_output_says_what_was_executed(self, tmp_path: Path) -> None:
        steps = (sh("echo nginx is it; echo apache is it", capture={"it": WORD}), step(RunStep(("echo", "got {it}", "{{it}}"))))
        got = ran(tmp_path, book(*steps))
        assert "$ echo 'got nginx' '{it}'" in got.lines
        assert "got nginx {it}" in got.lines

    def test_braces_in_what_was_printed_are_never_expanded(self, tmp_path: Path) -> None:  # safety 9
        taken = Capture(regex=r"^v (.*)$", pattern=".*")
        steps = (sh("echo 'v {other} $(id)'", capture={"it": taken}), step(RunStep(("printf", "%s|\n", "{it}", "{other}"))))
        got = ran(tmp_path, book(*steps, other=ANYTHING), {"other": "x"})
        assert "{other} $(id)|" in got.lines
        assert "x|" in got.lines

    @pytest.mark.parametrize(
        "first",
        [
            sh("echo nginx is it", capture={"it": WORD}, when='env == "live"'),
            sh("echo nothing", capture={"it": WORD}, continue_on_error=True),
        ],
        ids=["skipped", "failed"],
    )
    def test_without_a_value_that_an_earlier_step_should_have_given_a_step_is_not_begun(self, tmp_path: Path, first: Step) -> None:
        got = ran(tmp_path, book(first, step(RunStep(("echo", "got {it}"))), env=ANYTHING), {"env": "test"})
        assert got.outcome.state is RunState.FAILED
        assert "step 2 of 2 was not started: it needs it, which step 1 did not give" in got.outcome.reason
        assert "got {it}" not in got.lines

    @pytest.mark.parametrize(
        ("printed", "capture", "reason"),
        [
            ("nothing", WORD, "printed nothing of which it could be taken"),
            ("-rf is it", Capture(regex=r"(\S+) is it", pattern=".*"), "begins with -"),
            ("a;b is it", WORD, "does not match"),
            ('{"a": [1]}', Capture(json="a", pattern=".*"), "printed nothing"),
            ("{", Capture(json="a", pattern=".*"), "printed no JSON"),
            ("[" * 100_000, Capture(json="a", pattern=".*"), "printed no JSON"),
        ],
        ids=["no match", "an option", "another pattern", "a list", "no JSON", "deep"],
    )
    def test_what_may_not_be_used_fails_the_step_and_nothing_follows(  # safety 7
        self, tmp_path: Path, printed: str, capture: Capture, reason: str
    ) -> None:
        (tmp_path / "said").write_text(printed)
        got = ran(tmp_path, book(step(RunStep(("cat", str(tmp_path / "said"))), capture={"it": capture}), sh("echo went on $it")))
        assert got.outcome.state is RunState.FAILED
        assert reason in got.outcome.reason
        assert "went on" not in " ".join(got.lines)

    @pytest.mark.parametrize(("path", "value"), [("a.b.1", "7"), ("n", "1.5"), ("t", "true"), ("s", "x y")])
    def test_a_path_into_json_is_text_number_or_truth_value(self, tmp_path: Path, path: str, value: str) -> None:
        (tmp_path / "tree").write_text('{"a": {"b": [3, 7]}, "n": 1.5, "t": true, "s": "x y"}')
        steps = (
            step(RunStep(("cat", str(tmp_path / "tree"))), capture={"it": Capture(json=path, pattern=".*")}),
            step(RunStep(("echo", "={it}="))),
        )
        assert f"={value}=" in ran(tmp_path, book(*steps)).lines

    def test_without_a_match_its_default_is_taken(self, tmp_path: Path) -> None:
        taken = Capture(regex="no such", pattern=".*", default="none")
        assert "=none" in ran(tmp_path, book(sh("true", capture={"it": taken}), step(RunStep(("echo", "={it}"))))).lines

    def test_a_pattern_that_never_ends_is_ended(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from cockpit.engine import capturing

        monkeypatch.setattr(capturing, "WITHIN", 0.5)
        slow = Capture(regex="(a+)+$", pattern=".*")
        got = ran(tmp_path, book(sh("printf '%050d!' 0 | tr 0 a", capture={"it": slow})))
        assert "does not get through" in got.outcome.reason

    def test_a_step_is_judged_once_more_with_what_another_gave(self, tmp_path: Path) -> None:  # safety 7
        taken = Capture(regex=r"host (.*)", pattern=".*", default="")
        steps = (sh("echo host 'a b;c'", capture={"it": taken}), step(SshStep("{it}", ("true",))), sh("echo went on"))
        got = ran(tmp_path, book(*steps))
        assert got.outcome.state is RunState.FAILED
        assert "step 2 of 3 was not started: it" in got.outcome.reason
        assert "went on" not in " ".join(got.lines)


class TestAttempts:
    def test_what_may_be_done_twice_is_until_it_succeeds(self, tmp_path: Path) -> None:
        code = f'echo x >> {tmp_path}/n; test "$(wc -l < {tmp_path}/n)" -ge 3'
        got = ran(tmp_path, book(sh(code, idempotent=True, retries=5, retry_after=Seconds(0.01))))
        assert got.outcome.state is RunState.CONFIRMED
        assert (tmp_path / "n").read_text() == "x\n" * 3
        assert sum("again in" in line for line in got.lines) == 2

    def test_it_fails_in_the_end_with_the_last_reason(self, tmp_path: Path) -> None:
        got = ran(tmp_path, book(sh("exit 4", idempotent=True, retries=1, retry_after=Seconds(0.01))))
        assert (got.outcome.state, got.outcome.exit_code) == (RunState.FAILED, 4)

    def test_a_deadline_ends_the_attempts(self, tmp_path: Path) -> None:
        wanted = book(sh("exit 4", idempotent=True, retries=100, retry_after=Seconds(0.2)), timeout=0.7)
        got = ran(tmp_path, wanted)
        assert got.outcome.state is RunState.TIMED_OUT


class TestBackground:
    def test_the_run_goes_on_beside_it_and_ends_it(self, tmp_path: Path) -> None:
        steps = (sh("echo up; sleep 300", background=True, name="tunnel"), sh("echo beside"))
        got = ran(tmp_path, book(*steps))
        assert got.outcome.state is RunState.CONFIRMED
        assert "beside" in got.lines
        assert "step 1 of 2 (tunnel), in the background, was ended with the run" in got.lines
        assert not alive(RUN)

    def test_with_keep_it_goes_on_after_the_run(self, tmp_path: Path) -> None:
        code = f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; echo late; touch {tmp_path}/done"
        got = ran(tmp_path, book(sh(code, background=True, keep=True), sh("echo beside")))
        try:
            assert "step 1 of 2 goes on in the background" in got.lines
            assert alive(f"{RUN}+1")
            (tmp_path / "go").touch()
            wait_until(lambda: (tmp_path / "done").exists(), 10, "what was kept to go on, printing and all")
        finally:
            for one in alive(f"{RUN}+1"):
                one.kill()

    def test_one_that_cannot_be_started_fails_the_run(self, tmp_path: Path) -> None:
        got = ran(tmp_path, book(step(RunStep(("/no/such",)), background=True), sh("echo beside")))
        assert got.outcome.state is RunState.FAILED
        assert "beside" not in got.lines


class TestUndo:
    UNDO = Step(RunStep(("echo", "undone {it}")))
    DONE = sh("echo nginx is it", capture={"it": WORD}, undo=UNDO)

    def test_it_is_offered_where_a_later_step_fails_and_done_if_somebody_says_so(self, tmp_path: Path) -> None:
        got = ran(
            tmp_path, book(self.DONE, sh("echo two", undo=Step(RunStep(("echo", "undone two")))), FAILS), answers=lambda *_: "yes"
        )
        assert got.asked[0].asked.kind is Answers.YES_NO
        assert "step 3 of 3 ended with status 3. Undo step 2, step 1?" in got.asked[0].asked.text
        assert [line for line in got.lines if line.startswith("undone")] == ["undone two", "undone nginx"], "the last first"
        assert (got.outcome.state, got.outcome.exit_code) == (RunState.FAILED, 3)
        assert got.outcome.reason.endswith("step 2 is undone; step 1 is undone")

    def test_no_leaves_it_as_it_is_and_says_who_said_so(self, tmp_path: Path) -> None:
        got = ran(tmp_path, book(self.DONE, FAILS), answers=lambda *_: "no")
        assert "ana left step 1 as it is" in got.outcome.reason
        assert not [line for line in got.lines if line.startswith("undone")]

    def test_where_there_is_nobody_it_is_only_said(self, tmp_path: Path) -> None:
        got = ran(tmp_path, book(self.DONE, FAILS))
        assert "step 1 can be undone, and was not: nobody said so" in got.outcome.reason

    def test_a_run_that_is_cancelled_offers_it_and_ends_at_the_second_time(self, tmp_path: Path) -> None:
        def answers(want: Want, runner: Runner) -> str | None:
            runner.cancel(RUN, "cancelled by ana")  # at the offer too: that is a no
            return None

        from cockpit.core.steps.manual import ManualStep

        got = ran(tmp_path, book(self.DONE, step(ManualStep("look"))), answers=answers)
        assert got.outcome.state is RunState.CANCELLED
        assert "was not: nobody said so" in got.outcome.reason
        assert len(got.asked) == 2

    def test_a_step_that_was_cancelled_in_its_middle_is_offered_with_the_warning(self, tmp_path: Path) -> None:
        middle = sh("echo half; sleep 60", undo=Step(RunStep(("echo", "undone two"))))

        def cancelled(runner: Runner) -> None:
            if "half" in runner.output(RUN).lines:
                runner.cancel(RUN, "cancelled by ana")

        got = ran(tmp_path, book(self.DONE, middle), answers=lambda *_: "yes", meanwhile=cancelled)
        assert "Undo step 2 (interrupted: it may be half done), step 1?" in got.asked[0].asked.text
        assert [line for line in got.lines if line.startswith("undone")] == ["undone two", "undone nginx"], "the last first"
        assert got.outcome.state is RunState.CANCELLED
        assert got.outcome.reason.endswith("step 2 is undone; step 1 is undone")
        assert got.back is None, "all of it is taken back"

    @pytest.mark.parametrize("how", ["cancelled", "out of time"])
    def test_what_was_not_taken_back_then_can_be_later(self, tmp_path: Path, how: str) -> None:
        middle = sh(
            "echo half; sleep 60", undo=Step(RunStep(("echo", "undone"))), timeout=Seconds(0.5 if how != "cancelled" else 30)
        )

        def cancelled(runner: Runner) -> None:
            if how == "cancelled" and "half" in runner.output(RUN).lines:
                runner.cancel(RUN, "cancelled by ana")

        got = ran(tmp_path, book(middle), answers=lambda *_: "no", meanwhile=cancelled)
        assert "ana left step 1 (interrupted: it may be half done) as it is" in got.outcome.reason
        assert got.back is not None
        assert (got.back.refused, got.back.deeds) == ("", (("echo", "undone"),))
        assert got.back.warning == "Step 1 was interrupted, and may be half done: look before you take it back."

    def test_what_failed_as_it_was_taken_back_can_be_taken_back_later_and_is_told_as_that(self, tmp_path: Path) -> None:
        fails = Step(RunStep(("sh", "-c", "echo half undone; exit 3")))
        got = ran(tmp_path, book(sh("true", undo=fails), self.DONE, FAILS), answers=lambda *_: "yes")
        assert "undo of step 1 " in got.outcome.reason
        assert got.back is not None, "it is not undone"
        assert got.back.deeds == (("sh", "-c", "echo half undone; exit 3"),), "and that alone: the other was"
        assert got.back.warning == "Undo of step 1 ended with status 3: look before you take it back."

    def test_one_that_was_never_begun_is_not_offered(self, tmp_path: Path) -> None:
        def cancelled(runner: Runner) -> None:
            runner.cancel(RUN, "cancelled by ana")

        first = sh("sleep 60")
        got = ran(
            tmp_path, book(first, sh("true", undo=Step(RunStep(("echo", "undone"))))), answers=lambda *_: "yes", meanwhile=cancelled
        )
        assert (got.asked, got.back) == ([], None)

    def test_what_it_would_need_and_nobody_has_is_said_with_the_way_back(self, tmp_path: Path) -> None:
        middle = sh("echo half; sleep 60", capture={"it": WORD}, undo=self.UNDO)

        def cancelled(runner: Runner) -> None:
            if "half" in runner.output(RUN).lines:
                runner.cancel(RUN, "cancelled by ana")

        got = ran(tmp_path, book(middle), answers=lambda *_: "no", meanwhile=cancelled)
        assert got.back is not None
        assert got.back.refused.startswith(
            "step 1 (interrupted: it may be half done) cannot be undone from here: its undo needs it"
        )
        assert got.back.refused.endswith("It is: echo 'undone ‹it from step 1›'")

    def test_what_takes_it_back_is_judged_with_what_the_step_gave(self, tmp_path: Path) -> None:  # safety 7
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(0.2)
            url = f"http://127.0.0.1:{server.getsockname()[1]}/items/{{it}}"
            taken = Capture(regex=r"it is (\S+)", pattern=r".+")
            made = sh("echo it is ..", capture={"it": taken}, undo=Step(HttpStep(url, method="DELETE")))
            got = ran(tmp_path, book(made, FAILS), answers=lambda *_: "yes")
            assert "undo of step 1 was not started: it would leave its place" in got.outcome.reason
            with pytest.raises(TimeoutError):
                server.accept()

    def test_what_was_not_given_does_not_take_anything_back(self, tmp_path: Path) -> None:
        other = sh("echo nginx is it", when='env == "live"', capture={"it": WORD})
        done = sh("echo two", undo=Step(RunStep(("echo", "undone", "{it}"))))
        got = ran(tmp_path, book(other, done, FAILS, env=ANYTHING), {"env": "test"}, answers=lambda *_: "yes")
        assert "undo of step 2 was not started: it needs it, which step 1 did not give" in got.outcome.reason
        assert not [line for line in got.lines if line.startswith("undone")]

    def test_what_was_not_done_is_not_undone(self, tmp_path: Path) -> None:
        got = ran(tmp_path, book(FAILS, self.DONE), answers=lambda *_: "yes")
        assert got.asked == []


def test_a_dry_run_says_what_each_step_would_do_and_does_none(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    steps = (
        sh(f"touch {canary}; echo nginx is it", capture={"it": WORD}, undo=Step(RunStep(("touch", str(canary))))),
        step(RunStep(("touch", str(canary), "{it}")), when='it == "x"'),
        sh(f"touch {canary}", when='env == "live"'),
    )
    got = ran(tmp_path, book(*steps, env=ANYTHING), {"env": "test"}, dry_run=True)
    assert not canary.exists()
    assert got.lines == [
        "sh -eu -c",
        f"| touch {canary}; echo nginx is it",
        f"  undo: touch {canary}",
        f"touch {canary} '‹it from step 1›'",
        '  only when it == "x"',
        'step 3 is skipped: it is only done when env == "live"',
    ]
