"""Runbook steps as real processes: exact arguments, deadlines, nothing left behind, output kept and capped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from cockpit.core.actions import RunState
from cockpit.core.plans import Plan
from cockpit.core.runbooks import Runbook
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import ResolvedStep, Step
from cockpit.core.units import Seconds
from cockpit.engine.clock import SystemClock
from cockpit.engine.process import MARK
from cockpit.engine.runner import Runner
from cockpit.engine.steps.doing import Outcome
from cockpit.engine.steps.program import NOT_EXECUTABLE, NOT_FOUND
from cockpit.testing import FakeClock
from support.waiting import until

RUN = f"20261123-031244-{os.getpid():x}"  # what carries the mark of a run is ended with it, in whatever process of the tests


def step(*argv: str, timeout: float | None = None, on: bool = False, name: str = "", cwd: str = "", **env: str) -> ResolvedStep:
    bound = None if timeout is None else Seconds(timeout)
    do = RunStep(argv, env, cwd)
    return ResolvedStep(do, Step(do, name=name, timeout=bound, continue_on_error=on))


def plan(*steps: ResolvedStep, timeout: float = 60.0) -> Plan:
    steps = tuple(msgspec.structs.replace(each, number=number) for number, each in enumerate(steps, 1))
    book = Runbook(name="free-disk", title="", steps=(Step(RunStep(("true",))),), timeout=Seconds(timeout))
    return Plan(book, {}, steps, "")


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", textwrap.dedent(code))


def executed(
    folder: Path, *steps: ResolvedStep, timeout: float = 60.0, dry_run: bool = False, **more: Any
) -> tuple[Outcome, list[str]]:
    async def work() -> tuple[Outcome, list[str]]:
        runner = Runner(folder, SystemClock(), **more)
        outcome = await runner.execute(RUN, plan(*steps, timeout=timeout), dry_run=dry_run)
        return outcome, list(runner.output(RUN).lines)

    return asyncio.run(work())


def marked(run_id: str = RUN) -> list[psutil.Process]:
    """The processes that still carry the run's mark, zombies left out."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == run_id and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


async def ended_when(
    folder: Path, condition: Callable[[], object], *steps: ResolvedStep, why: str = "cancelled by ana", **more: Any
) -> Outcome:
    """Cancel the run as soon as the condition holds."""
    runner = Runner(folder, SystemClock(), **more)
    running = asyncio.ensure_future(runner.execute(RUN, plan(*steps)))
    await until(condition, "the run's being under way")
    runner.cancel(RUN, why)
    return await running


class TestExactness:
    @pytest.mark.parametrize(
        "value",
        [
            "$(touch canary)",
            "; touch canary",
            "a\nb",
            "`id`",
            "'\"",
            "*",
            "{path}",
            "-rf",
            " ",
            "ü",
            "\udcff",
            "a\tb",
            "$HOME",
            "&&",
        ],
    )
    def test_an_argument_arrives_byte_for_byte_and_nothing_else_happens(self, tmp_path: Path, value: str) -> None:  # safety 6, 9
        dump = tmp_path / "argv"
        code = "import os, sys; open(sys.argv[1], 'wb').write(b'\\0'.join(map(os.fsencode, sys.argv[2:])))"
        outcome, _ = executed(tmp_path, step(sys.executable, "-c", code, str(dump), value, "end", cwd=str(tmp_path)))
        assert outcome.state is RunState.CONFIRMED
        assert dump.read_bytes() == os.fsencode(value) + b"\0end"
        assert not (tmp_path / "canary").exists()

    def test_a_nul_cannot_be_passed_and_is_refused(self, tmp_path: Path) -> None:  # safety 6
        outcome, lines = executed(tmp_path, step("echo", "a\0b"))
        assert (outcome.state, outcome.exit_code) == (RunState.FAILED, NOT_EXECUTABLE)
        assert "null byte" in outcome.reason
        assert all("\0" not in line for line in lines)

    def test_variables_travel_in_the_environment(self, tmp_path: Path) -> None:  # safety 6
        _, lines = executed(tmp_path, step("sh", "-c", 'printf "%s\\n" "$TARGET"', TARGET="$(touch canary); `id`", cwd=""))
        assert lines[-1] == "$(touch canary); `id`"

    def test_a_step_runs_in_its_directory(self, tmp_path: Path) -> None:
        _, lines = executed(tmp_path, step("pwd", cwd=str(tmp_path)))
        assert lines[-1] == str(tmp_path)

    def test_secrets_of_the_config_are_not_handed_down(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # safety 22
        monkeypatch.setenv("PD_TOKEN", "canary-secret")
        monkeypatch.setenv("SUDO_ASKPASS", "/bin/true")
        monkeypatch.setenv("KUBECONFIG", "/k")
        _, lines = executed(tmp_path, step("env"), hidden=("PD_TOKEN",))
        assert "KUBECONFIG=/k" in lines
        assert f"{MARK}={RUN}" in lines
        assert "COCKPIT_RUNBOOK=free-disk" in lines
        assert not [line for line in lines if "canary-secret" in line or "ASKPASS" in line]


class TestOutcomes:
    def test_the_steps_run_in_order_and_a_failure_ends_the_run(self, tmp_path: Path) -> None:
        outcome, lines = executed(
            tmp_path, step("echo", "one"), step("sh", "-c", "echo two; exit 4", name="look"), step("echo", "three")
        )
        assert outcome.state is RunState.FAILED
        assert outcome.exit_code == 4
        assert outcome.reason == "step 2 of 3 (look) ended with status 4"
        assert [line for line in lines if line in ("one", "two", "three")] == ["one", "two"]

    def test_a_step_may_fail_where_it_says_so(self, tmp_path: Path) -> None:
        outcome, lines = executed(tmp_path, step("false", on=True), step("echo", "two"))
        assert (outcome.state, outcome.exit_code) == (RunState.CONFIRMED, 0)
        assert "two" in lines
        assert outcome.reason == "step 1 of 2 ended with status 1, and went on as it should"

    def test_a_signal_is_told(self, tmp_path: Path) -> None:
        outcome, _ = executed(tmp_path, step("sh", "-c", "kill -SEGV $$"))
        assert (outcome.state, outcome.exit_code) == (RunState.FAILED, 128 + signal.SIGSEGV)
        assert outcome.reason == "step 1 of 1 was ended by signal 11"

    def test_a_program_that_is_missing_is_named(self, tmp_path: Path) -> None:
        outcome, lines = executed(tmp_path, step("no-such-program-here", "x"))
        assert (outcome.state, outcome.exit_code) == (RunState.FAILED, NOT_FOUND)
        assert "no-such-program-here is not on this machine" in outcome.reason
        assert lines[-1] == outcome.reason

    def test_a_file_that_may_not_be_executed_is_named(self, tmp_path: Path) -> None:
        script = tmp_path / "script"
        script.write_text("#!/bin/sh\n")
        outcome, _ = executed(tmp_path, step(str(script)))
        assert outcome.exit_code == NOT_EXECUTABLE
        assert f"{script} may not be executed" in outcome.reason

    def test_a_directory_that_is_missing_is_named_and_not_the_program(self, tmp_path: Path) -> None:
        outcome, _ = executed(tmp_path, step("true", cwd=str(tmp_path / "gone")))
        assert outcome.exit_code == NOT_EXECUTABLE
        assert f"its directory {tmp_path / 'gone'}: No such file or directory" in outcome.reason

    def test_a_dry_run_executes_nothing_and_lists_each_argv(self, tmp_path: Path) -> None:
        canary = tmp_path / "canary"
        outcome, lines = executed(
            tmp_path,
            step("touch", str(canary)),
            step("rm", "-rf", "/var/a b", API_TOKEN="s3cret", PLACE="x y", cwd="/srv/a b"),
            dry_run=True,
        )
        assert outcome.state is RunState.CONFIRMED
        assert not canary.exists()
        assert lines == [f"touch {canary}", "API_TOKEN=*** PLACE='x y' rm -rf '/var/a b'", "  in '/srv/a b'"]

    def test_what_it_left_running_is_left_alone_when_it_ended_by_itself(self, tmp_path: Path) -> None:
        outcome, lines = executed(tmp_path, step("sh", "-c", "sleep 300 & echo $!"))
        assert outcome.state is RunState.CONFIRMED
        daemon = psutil.Process(int(lines[-1]))
        assert daemon.is_running()
        daemon.kill()


class TestEnding:
    def test_a_step_that_never_ends_meets_its_deadline(self, tmp_path: Path) -> None:  # safety 11
        outcome, _ = executed(tmp_path, step("sleep", "300", timeout=0.3))
        assert outcome.state is RunState.TIMED_OUT
        assert outcome.exit_code is None
        assert outcome.reason.startswith("step 1 of 1 did not end in time (it may take")
        assert marked() == []

    def test_the_whole_run_has_a_deadline_too(self, tmp_path: Path) -> None:  # safety 11
        outcome, _ = executed(tmp_path, step("sleep", "0.2"), step("sleep", "300", timeout=250.0), timeout=0.5)
        assert outcome.state is RunState.TIMED_OUT
        assert "step 2 of 2 did not end in time (the whole run may take" in outcome.reason

    def test_the_deadline_is_counted_on_the_engines_clock(self, tmp_path: Path) -> None:
        async def work() -> Outcome:
            clock = FakeClock()
            runner = Runner(tmp_path, clock)
            running = asyncio.ensure_future(runner.execute(RUN, plan(step("sleep", "300", timeout=120.0))))
            await until(marked, "the process")
            await until(lambda: clock.sleeping, "the deadline's timer")
            clock.advance(120)
            return await running

        outcome = asyncio.run(work())
        assert outcome.state is RunState.TIMED_OUT
        assert outcome.seconds == 120

    def test_cancelling_ends_grandchildren_and_those_that_left_the_session(self, tmp_path: Path) -> None:  # safety 11
        ready = tmp_path / "ready"
        tree = python(f"""
            import os, subprocess, time
            subprocess.Popen(["sh", "-c", "sleep 300 & sleep 300"])
            subprocess.Popen(["sleep", "300"], start_new_session=True)
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(300)
                os._exit(0)
            open({str(ready)!r}, "w").close()
            time.sleep(300)
        """)
        outcome = asyncio.run(ended_when(tmp_path, lambda: ready.exists() and len(marked()) >= 6, step(*tree)))
        assert outcome.state is RunState.CANCELLED
        assert outcome.reason == "step 1 of 1 was ended: cancelled by ana"
        assert marked() == []

    def test_a_child_that_drops_its_mark_is_found_by_its_parent(self, tmp_path: Path) -> None:  # safety 11
        pid = tmp_path / "pid"
        tree = python(f"""
            import subprocess, time
            child = subprocess.Popen(["sleep", "300"], start_new_session=True, env={{}})
            open({str(pid)!r} + ".new", "w").write(str(child.pid))
            import os; os.rename({str(pid)!r} + ".new", {str(pid)!r})
            time.sleep(300)
        """)
        asyncio.run(ended_when(tmp_path, pid.exists, step(*tree)))
        assert not psutil.pid_exists(int(pid.read_text())) or psutil.Process(int(pid.read_text())).status() == psutil.STATUS_ZOMBIE

    def test_what_ignores_term_is_killed_after_its_grace(self, tmp_path: Path) -> None:  # safety 11
        ready = tmp_path / "ready"
        deaf = python(f"""
            import signal, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            open({str(ready)!r}, "w").close()
            while True: time.sleep(1)
        """)
        outcome = asyncio.run(ended_when(tmp_path, ready.exists, step(*deaf), grace=0.2))
        assert outcome.state is RunState.CANCELLED
        assert marked() == []

    def test_term_comes_first_so_that_it_can_tidy_up(self, tmp_path: Path) -> None:
        ready, tidy = tmp_path / "ready", tmp_path / "tidy"
        code = f"trap 'touch {tidy}; exit 0' TERM; touch {ready}; while :; do sleep 0.05; done"
        asyncio.run(ended_when(tmp_path, ready.exists, step("sh", "-c", code)))
        assert tidy.exists()

    def test_no_further_step_begins_after_a_cancellation(self, tmp_path: Path) -> None:
        canary = tmp_path / "canary"
        outcome = asyncio.run(ended_when(tmp_path, marked, step("sleep", "300", on=True), step("touch", str(canary))))
        assert outcome.state is RunState.CANCELLED
        assert not canary.exists()

    def test_a_run_that_is_cancelled_before_it_begins_does_not_begin(self, tmp_path: Path) -> None:
        async def work() -> Outcome:
            runner = Runner(tmp_path, SystemClock())
            runner.cancel(RUN, "cancelled by ana")
            return await runner.execute(RUN, plan(step("touch", str(tmp_path / "canary"))))

        outcome = asyncio.run(work())
        assert outcome.state is RunState.CANCELLED
        assert outcome.reason == "step 1 of 1 was not started: cancelled by ana"
        assert not (tmp_path / "canary").exists()

    def test_nothing_begins_once_it_is_shut(self, tmp_path: Path) -> None:
        async def work() -> Outcome:
            runner = Runner(tmp_path, SystemClock())
            runner.shut("the cockpit was closed")
            return await runner.execute(RUN, plan(step("touch", str(tmp_path / "canary"))))

        assert asyncio.run(work()).state is RunState.CANCELLED
        assert not (tmp_path / "canary").exists()

    def test_what_asks_for_a_password_on_the_terminal_fails_at_once(self, tmp_path: Path) -> None:  # safety 11
        asks = python("""
            import getpass, sys
            try:
                open("/dev/tty", "r+").close()
            except OSError as error:
                print("no terminal:", error.strerror)
                sys.exit(1)
        """)
        outcome, lines = executed(tmp_path, step(*asks), step("cat"), timeout=20)
        assert outcome.exit_code == 1
        assert any(line.startswith("no terminal:") for line in lines)

    def test_nothing_can_be_read_from_standard_input(self, tmp_path: Path) -> None:  # safety 11
        outcome, _ = executed(tmp_path, step("cat", timeout=20.0))
        assert outcome.state is RunState.CONFIRMED


def kept(folder: Path) -> bytes:
    return (folder / "runs" / f"{RUN}.log").read_bytes()


class TestOutput:
    def test_it_is_kept_in_a_file_that_nobody_else_can_read(self, tmp_path: Path) -> None:  # safety 21
        before = os.umask(0o022)
        try:
            executed(tmp_path, step("sh", "-c", "echo out; echo err >&2"))
        finally:
            os.umask(before)
        assert kept(tmp_path).decode().splitlines()[1:] == ["out", "err"]
        assert stat.S_IMODE((tmp_path / "runs").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "runs" / f"{RUN}.log").stat().st_mode) == 0o600

    def test_endless_output_is_capped_with_head_and_tail_and_memory_stays_flat(self, tmp_path: Path) -> None:  # safety 11
        async def work() -> tuple[Outcome, int, Any]:
            runner = Runner(tmp_path, SystemClock(), cap=200_000)
            running = asyncio.ensure_future(runner.execute(RUN, plan(step("sh", "-c", "echo first; yes; "))))
            await until(lambda: runner.output(RUN).truncated, "the cap")
            before = psutil.Process().memory_info().rss
            enough = runner.output(RUN).first + 3_000_000
            await until(lambda: runner.output(RUN).first > enough, "a lot more", 60)
            grown = psutil.Process().memory_info().rss - before
            runner.cancel(RUN, "cancelled by ana")
            return await running, grown, runner.output(RUN)

        outcome, grown, output = asyncio.run(work())
        assert outcome.state is RunState.CANCELLED
        assert grown < 8_000_000
        assert output.truncated
        assert len(output.lines) <= 2000
        lines = kept(tmp_path).split(b"\n")
        assert lines[1] == b"first"
        assert [line for line in lines if b"truncated" in line]
        assert lines[-3] == b"y"
        assert len(kept(tmp_path)) < 230_000

    def test_one_endless_line_is_capped(self, tmp_path: Path) -> None:  # safety 11
        long = python("import sys\nfor _ in range(400): sys.stdout.write('x' * 10000)\nprint(); print('after')")
        _, lines = executed(tmp_path, step(*long))
        longest = max(kept(tmp_path).split(b"\n"), key=len)
        assert 65536 <= len(longest) < 65536 + 100
        assert longest.endswith("… (line truncated)".encode())
        assert lines[-1] == "after"

    def test_colours_survive_and_everything_else_becomes_visible(self, tmp_path: Path) -> None:  # safety 5
        hostile = python(r"""
            import sys
            sys.stdout.buffer.write(b"\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07 \x1b[2J \x9b \xff \x1b[?1049h\n")
            sys.stdout.buffer.write(b"\x1b[31mstays open\nplain\n")
        """)
        _, lines = executed(tmp_path, step(*hostile))
        red, stays, plain = lines[-3:]
        assert red.startswith("\x1b[31mred\x1b[0m ")
        assert "␛]52;c;aGk=␇" in red
        assert "\x1b[2J" not in red
        assert stays == "\x1b[31mstays open\x1b[0m"
        assert plain == "plain"
        allowed = kept(tmp_path).replace(b"\x1b[31m", b"").replace(b"\x1b[0m", b"")
        assert b"\x1b" not in allowed
        assert b"\x07" not in allowed

    def test_each_carriage_return_ends_a_line(self, tmp_path: Path) -> None:
        _, lines = executed(tmp_path, step("printf", "10%%\\r20%%\\r\\ndone\\r\\n\\nlast"))
        assert lines[1:] == ["10%", "20%", "done", "", "last"]

    def test_the_screen_can_fetch_what_is_new(self, tmp_path: Path) -> None:
        async def work() -> None:
            runner = Runner(tmp_path, SystemClock())
            await runner.execute(RUN, plan(step("seq", "10")))
            output = runner.output(RUN, 8)
            assert (output.first, output.lines) == (8, ("8", "9", "10"))
            assert runner.output(RUN, 99).lines == ()

        asyncio.run(work())

    def test_the_output_of_an_earlier_cockpit_is_read_from_its_file(self, tmp_path: Path) -> None:
        _, lines = executed(tmp_path, step("seq", "3"))

        async def later() -> Sequence[str]:
            runner = Runner(tmp_path, SystemClock())
            assert runner.output("../../etc/passwd").lines == ()
            return runner.output(RUN).lines

        assert list(asyncio.run(later())) == lines

    def test_a_file_in_the_way_is_not_followed_and_the_run_goes_on(self, tmp_path: Path) -> None:  # safety 21, 24
        (tmp_path / "runs").mkdir(mode=0o700)
        victim = tmp_path / "victim"
        (tmp_path / "runs" / f"{RUN}.log").symlink_to(victim)
        outcome, lines = executed(tmp_path, step("echo", "hello"))
        assert outcome.state is RunState.CONFIRMED
        assert "the output is not kept in" in outcome.reason
        assert lines[-1] == "hello"
        assert not victim.exists()

    def test_a_directory_that_is_a_link_is_refused(self, tmp_path: Path) -> None:  # safety 21
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "runs").symlink_to(tmp_path / "elsewhere")
        outcome, _ = executed(tmp_path, step("echo", "hello"))
        assert "the directory is a link" in outcome.reason
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_old_outputs_make_room(self, tmp_path: Path) -> None:
        (tmp_path / "runs").mkdir(mode=0o700)
        for n in range(205):
            (tmp_path / "runs" / f"20250101-000000-{n:04}.log").touch()
        executed(tmp_path, step("true"))
        names = sorted(path.name for path in (tmp_path / "runs").iterdir())
        assert len(names) == 200
        assert names[-1] == f"{RUN}.log"
        assert names[0] == "20250101-000000-0006.log"


DYING = """
import asyncio, sys, os
from pathlib import Path
from cockpit.config.model import Config
from cockpit.core.actions import Start
from cockpit.core.runbooks import Runbook
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.engine.clock import SystemClock
from cockpit.engine.engine import Engine
from cockpit.engine.journal import open_journal
from cockpit.testing import FakeProvider

state = Path(sys.argv[1])
clock = SystemClock()
steps = (Step(RunStep(("sleep", "2"))), Step(RunStep(("touch", sys.argv[2]))))
books = {"slow": Runbook(name="slow", title="Slow", steps=steps, changes="touches")}
engine = Engine(Config(me=("ana",), runbooks=books), open_journal(state, clock), clock,
    load_provider=lambda name: FakeProvider, load_probe=lambda name: int, state_dir=state)
engine.start()
engine.ask(Start("slow"))
import time
while not any(run.state.value == "running" for run in engine.view.runs):
    time.sleep(0.01)
print("running", flush=True)
time.sleep(60)
"""


def test_a_cockpit_that_is_killed_in_mid_run_leaves_outcome_unknown_and_runs_nothing_again(tmp_path: Path) -> None:  # safety 11
    from cockpit.engine.journal import open_journal

    canary = tmp_path / "canary"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", DYING, str(tmp_path / "state"), str(canary)], stdout=subprocess.PIPE, env=env
    ) as dying:
        assert dying.stdout is not None
        assert dying.stdout.readline() == b"running\n"
        dying.send_signal(signal.SIGKILL)
    journal = open_journal(tmp_path / "state", SystemClock())
    (run,) = journal.runs()
    assert run.state is RunState.UNCERTAIN
    assert run.what == "slow"
    assert run.state.value == "outcome unknown"
    assert not canary.exists()
    journal.close()


def test_the_argv_of_a_python_program_is_what_the_plan_says(tmp_path: Path) -> None:  # safety 6
    code = "import json, sys; print(json.dumps(sys.argv[1:]))"
    wanted = ["--", "a b", "", "\\", "${X}", "!"]
    _, lines = executed(tmp_path, step(sys.executable, "-c", code, *wanted))
    assert json.loads(lines[-1]) == wanted
