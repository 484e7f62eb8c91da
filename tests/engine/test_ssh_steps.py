"""Steps on another machine, through a real sshd: exact, told apart from ssh's own failures, ended there, cut off in the middle."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from cockpit.core.actions import RunState
from cockpit.core.plans import Plan
from cockpit.core.runbooks import Runbook
from cockpit.core.steps.ssh import SshStep
from cockpit.core.steps.step import ResolvedStep, Step
from cockpit.core.units import Seconds
from cockpit.engine.clock import SystemClock
from cockpit.engine.runner import Runner
from cockpit.engine.steps.doing import Outcome
from support.hostile_values import hostile_values
from support.real import free_port, need
from support.sshds import Sshd, sshd
from support.waiting import until

pytestmark = pytest.mark.real

RUN = f"20261123-031244-{secrets.token_hex(6)}"  # what carries it is ended: no two test processes share one
DUMP = "import os, sys; open(sys.argv[1], 'wb').write(b'\\0'.join(map(os.fsencode, sys.argv[2:])))"


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("far") / "sshd") as server:
        yield server


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state directory with a path so short that connections are kept there."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    with tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as short:
        yield Path(short)
        for each in Path(short).glob("ssh/*"):
            subprocess.run(["ssh", "-o", f"ControlPath={each}", "-O", "exit", "any"], capture_output=True, check=False)


def step(far: Sshd, *argv: str, host: str = "web-3", **more: Any) -> SshStep:
    return SshStep(host, run=argv, config=str(far.config), **more)


def plan(*steps: SshStep, timeout: float = 60.0) -> Plan:
    book = Runbook(name="mend", title="", steps=(Step(SshStep("web-3", run=("true",))),), timeout=Seconds(timeout))
    bare = Step(SshStep("web-3", run=("true",)))  # as configured: no brace of a value is one of it
    return Plan(book, {}, tuple(ResolvedStep(do, bare) for do in steps), "")


def executed(state: Path, *steps: SshStep, timeout: float = 60.0) -> tuple[Outcome, list[str]]:
    async def work() -> tuple[Outcome, list[str]]:
        runner = Runner(state, SystemClock(), grace=1.0)
        outcome = await runner.execute(RUN, plan(*steps, timeout=timeout))
        lines = list(runner.output(RUN).lines)
        runner.path(RUN).unlink()
        return outcome, lines

    return asyncio.run(work())


def interrupted(state: Path, do: SshStep, when: Callable[[], object], then: Callable[[Runner], object]) -> Outcome:
    """Have something done to a run once it is under way."""

    async def work() -> Outcome:
        runner = Runner(state, SystemClock(), grace=1.0)
        running = asyncio.ensure_future(runner.execute(RUN, plan(do)))
        await until(when, "what is to be done there")
        then(runner)
        outcome = await running
        runner.path(RUN).unlink()
        return outcome

    return asyncio.run(work())


def pid_in(path: Path) -> Callable[[], object]:
    return lambda: path.exists() and path.read_text().strip()


def runs(path: Path) -> bool:
    """Whether the process whose id stands there runs."""
    try:
        return psutil.Process(int(path.read_text())).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class TestExact:
    @pytest.mark.parametrize("shell", ["sh", "bash", "zsh", "fish", "tcsh"])
    def test_hostile_values_arrive_byte_for_byte_whatever_shell_the_person_has_there(
        self, tmp_path: Path, state: Path, shell: str
    ) -> None:  # safety 6, 8
        need(shell)
        values = list(hostile_values(2000 if shell in ("sh", "bash") else 200, str(tmp_path / "canary")))
        with sshd(tmp_path / "sshd", shell=shell) as there:
            outcome, lines = executed(state, step(there, sys.executable, "-c", DUMP, str(tmp_path / "dump"), *values))
        assert outcome.state is RunState.CONFIRMED, (outcome, lines[-3:])
        assert (tmp_path / "dump").read_bytes() == b"\0".join(map(os.fsencode, values))
        assert not (tmp_path / "canary").exists()

    def test_a_script_has_its_values_in_its_environment(self, far: Sshd, state: Path) -> None:  # safety 8
        do = SshStep("web-3", script='printf "%s|" "$it"\npwd', env={"it": "$(id); 'é"}, cwd="/", config=str(far.config))
        outcome, lines = executed(state, do)
        assert outcome.state is RunState.CONFIRMED
        assert lines[-1] == "$(id); 'é|/"

    def test_no_secret_is_in_ssh_s_own_arguments_or_in_the_output(self, far: Sshd, state: Path) -> None:  # safety 22
        do = step(
            far, "sh", "-c", 'test -n "$TOKEN" && grep -al hunter2-canary /proc/[0-9]*/cmdline; :', env={"TOKEN": "hunter2-canary"}
        )
        outcome, lines = executed(state, do)
        assert outcome.state is RunState.CONFIRMED
        assert not [line for line in lines[1:] if "hunter2" in line and not line.startswith("/proc/")]
        assert "TOKEN=***" in lines[0]


class TestOutcomes:
    @pytest.mark.parametrize("status", [1, 127, 255])
    def test_the_program_s_own_status_is_told_apart_from_ssh_s(self, far: Sshd, state: Path, status: int) -> None:
        outcome, _ = executed(state, step(far, "sh", "-c", f"exit {status}"))
        assert (outcome.state, outcome.exit_code) == (RunState.FAILED, status)
        assert outcome.reason == f"step 1 of 1 ended with status {status}"

    def test_an_unknown_key_is_refused_and_says_what_to_do(self, far: Sshd, state: Path, tmp_path: Path) -> None:
        config = tmp_path / "config"
        config.write_text(far.config.read_text().replace("known_hosts", "nobody"))
        outcome, _ = executed(state, step(msgspec.structs.replace(far, config=config), "touch", str(tmp_path / "canary")))
        assert (outcome.state, outcome.exit_code) == (RunState.FAILED, None)
        assert "did not begin: the key of web-3 is not known here" in outcome.reason
        assert "Connect once by hand" in outcome.reason
        assert not (tmp_path / "canary").exists()

    def test_a_changed_key_is_refused_and_says_what_to_do(self, far: Sshd, state: Path, tmp_path: Path) -> None:
        other = far.config.parent / "user.pub"
        (tmp_path / "known").write_text(f"[127.0.0.1]:{far.port} {' '.join(other.read_text().split()[:2])}\n")
        config = tmp_path / "config"
        config.write_text(far.config.read_text().replace(str(far.config.parent / "known_hosts"), str(tmp_path / "known")))
        outcome, _ = executed(state, step(msgspec.structs.replace(far, config=config), "true"))
        assert "is not the one that is known" in outcome.reason

    def test_a_host_that_is_not_there(self, far: Sshd, state: Path) -> None:
        outcome, _ = executed(state, step(far, "true", host="127.0.0.1", port=free_port()))
        assert outcome.state is RunState.FAILED
        assert "no sshd listens there" in outcome.reason

    def test_nobody_is_asked_for_a_password(self, far: Sshd, state: Path, tmp_path: Path) -> None:  # safety 11
        config = tmp_path / "config"
        config.write_text(far.config.read_text().replace(f"IdentityFile {far.config.parent}/user", "IdentityFile /nowhere"))
        outcome, _ = executed(state, step(msgspec.structs.replace(far, config=config), "true"))
        assert "does not let us in" in outcome.reason

    def test_by_way_of_another_host(self, far: Sshd, state: Path, tmp_path: Path) -> None:
        with ExitStack() as both:
            inner = both.enter_context(sshd(tmp_path / "inner", name="db-1"))
            config = tmp_path / "config"
            known = inner.config.parent / "known_hosts"
            known.write_text(known.read_text() + (far.config.parent / "known_hosts").read_text())
            both_hosts = far.config.read_text().partition("Host *")[0] + inner.config.read_text()
            config.write_text(both_hosts + f"  IdentityFile {far.config.parent}/user\n")
            there = msgspec.structs.replace(far, config=config)
            outcome, lines = executed(state, step(there, "sh", "-c", "echo $SSH_CONNECTION", host="db-1", jump="web-3"))
            assert outcome.state is RunState.CONFIRMED, (outcome, lines)
            assert lines[-1].endswith(f" {inner.port}")

    @pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
    def test_a_host_on_the_way_of_ssh_config_must_be_known_too(self, far: Sshd, state: Path, tmp_path: Path, known: bool) -> None:
        """Whatever ssh_config says of that: ssh gives none of its options to the hosts of a ``ProxyJump``."""
        with ExitStack() as both:
            inner = both.enter_context(sshd(tmp_path / "inner", name="db-1"))
            config, keys = tmp_path / "config", inner.config.parent / "known_hosts"
            if known:
                keys.write_text(keys.read_text() + (far.config.parent / "known_hosts").read_text())
            way = far.config.read_text().partition("Host *")[0] + "  StrictHostKeyChecking no\n"
            jumped = inner.config.read_text().replace("Host db-1\n", "Host db-1\n  ProxyJump web-3\n")
            config.write_text(way + jumped + f"  IdentityFile {far.config.parent}/user\n")
            before = keys.read_text()
            there = msgspec.structs.replace(far, config=config)
            outcome, lines = executed(state, step(there, "sh", "-c", "echo $SSH_CONNECTION", host="db-1"))
            assert keys.read_text() == before, "no key was taken"
            if known:
                assert outcome.state is RunState.CONFIRMED, (outcome, lines)
                assert lines[-1].endswith(f" {inner.port}")
            else:
                assert outcome.state is RunState.FAILED
                assert "did not begin" in outcome.reason

    def test_a_way_that_cannot_be_read_or_leads_in_a_circle_is_refused(self, far: Sshd, state: Path, tmp_path: Path) -> None:
        config = tmp_path / "config"
        there = msgspec.structs.replace(far, config=config)
        config.write_text("Host a\n  ProxyJump b\nHost b\n  ProxyJump a\nHost c\n  ProxyJump %r@b\n")
        for host, why in (("a", "in a circle"), ("c", "cannot be read here")):
            outcome, _ = executed(state, step(there, "true", host=host))
            assert outcome.state is RunState.FAILED
            assert why in outcome.reason


class TestEnded:
    def test_cancelled_in_the_middle_the_program_there_is_gone_with_its_children(
        self, far: Sshd, state: Path, tmp_path: Path
    ) -> None:  # safety 11
        code = "trap '' TERM; echo $$ > pid; sleep 300 & echo $! > child; while :; do sleep 1; done"
        do = step(far, "sh", "-c", code, cwd=str(tmp_path))
        outcome = interrupted(state, do, pid_in(tmp_path / "child"), lambda runner: runner.cancel(RUN, "cancelled by ana"))
        assert outcome.state is RunState.CANCELLED
        assert outcome.reason == "step 1 of 1 was ended: cancelled by ana"
        assert not runs(tmp_path / "pid")
        assert not runs(tmp_path / "child")

    def test_at_its_deadline_it_is_ended_there(self, far: Sshd, state: Path, tmp_path: Path) -> None:  # safety 11
        outcome, _ = executed(state, step(far, "sh", "-c", "echo $$ > pid; sleep 300; :", cwd=str(tmp_path)), timeout=2)
        assert outcome.state is RunState.TIMED_OUT
        assert not runs(tmp_path / "pid")

    def test_a_connection_that_is_cut_is_an_outcome_that_nobody_knows(self, far: Sshd, state: Path, tmp_path: Path) -> None:
        def cut(_: Runner) -> None:
            sessions = psutil.Process(far.pid).children()
            for each in sessions:
                each.kill()

        do = step(far, "sh", "-c", "echo $$ > pid; while [ ! -e go ]; do sleep 0.05; done; touch mended", cwd=str(tmp_path))
        outcome = interrupted(state, do, pid_in(tmp_path / "pid"), cut)
        assert (outcome.state, outcome.exit_code) == (RunState.UNCERTAIN, None)
        assert "the connection to web-3 broke" in outcome.reason
        assert runs(tmp_path / "pid")  # a repair is not ended half-way
        (tmp_path / "go").touch()
        asyncio.run(until((tmp_path / "mended").exists, "the repair's end"))

    def test_a_daemon_that_it_begins_goes_on_and_holds_nobody_up(self, far: Sshd, state: Path, tmp_path: Path) -> None:
        outcome, lines = executed(state, step(far, "sh", "-c", "sleep 300 & echo $! > pid; echo done", cwd=str(tmp_path)))
        assert (outcome.state, lines[-1]) == (RunState.CONFIRMED, "done")
        assert runs(tmp_path / "pid")
        psutil.Process(int((tmp_path / "pid").read_text())).kill()


def test_the_connection_is_kept_for_the_next_step_where_nobody_else_can_enter(far: Sshd, state: Path) -> None:
    outcome, _ = executed(state, step(far, "true"), step(far, "true"))
    assert outcome.state is RunState.CONFIRMED
    kept = list((state / "ssh").iterdir())
    assert len(kept) == 1
    assert (state / "ssh").stat().st_mode & 0o777 == 0o700
    assert kept[0].stat().st_mode & 0o077 == 0
