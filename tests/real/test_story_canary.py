"""One runbook over two machines in networks of their own: the canary first, the other only if it succeeded."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.netns import machine
from support.real import wait_until
from support.sshds import sshd
from support.stories import CONFIRMS, confirm
from support.tmux import Tmux, tmux

pytestmark = pytest.mark.real

CONFIG = """
[traps.web-3]
probe = "command"
run = ["/bin/sh", "-c", "exit 2"]
[traps.db-1]
probe = "command"
run = ["/bin/sh", "-c", "exit 2"]
[runbooks.restart]
match = "@severity>=warning"
changes = "restarts {{alert_name}}"
target = "{{alert_name}}"
canary = true
parallel = 2
[[runbooks.restart.steps]]
ssh = "{{alert_name}}"
config = "{config}"
script = 'ip -4 -o addr show scope global >> {here}/done; test ! -e {here}/slow || sleep 20; test ! -e "{here}/broken"'
"""


@pytest.fixture
def there(home: Home, tmp_path: Path) -> Iterator[Home]:
    """Two machines, each with an alert, and a config that knows both."""
    with ExitStack() as stack:
        texts = []
        for net, name in ((43, "web-3"), (44, "db-1")):
            far = stack.enter_context(machine(net))
            one = stack.enter_context(sshd(tmp_path / name, name=name, address=far.address, before=far.within))
            texts.append(one.config.read_text().replace("Host *\n", ""))
        both = tmp_path / "ssh_config"
        both.write_text("".join(texts))
        home.config(CONFIG.format(here=tmp_path, config=both))
        wait_until(lambda: {each["state"] for each in home.json("traps")} == {"tripped"}, what="both alerts")
        yield home


def test_the_canary_goes_first_and_the_other_only_if_it_succeeded(there: Home, tmp_path: Path) -> None:
    words = ("run", "restart", "--alert", "web-3", "--alert", "db-1", "--yes")
    (tmp_path / "broken").touch()
    failed = there.run(*words)
    assert failed.returncode == 1, failed
    assert "10.231.43.2" in (tmp_path / "done").read_text()
    assert "10.231.44.2" not in (tmp_path / "done").read_text()
    assert "web-3 did not succeed" in failed.stdout
    (tmp_path / "broken").unlink()
    (tmp_path / "done").unlink()
    done = there.run(*words)
    assert done.returncode == 0, done
    assert [line.split()[3] for line in (tmp_path / "done").read_text().splitlines()] == ["10.231.43.2/24", "10.231.44.2/24"]


def on_both(screen: Tmux) -> None:
    """Mark both alerts, and see what would be done to either."""
    screen.wait("web-3")
    screen.wait("db-1")
    screen.keys("g", "Space", "g", "j", "Space")
    screen.wait("2 marked")
    screen.keys("1")
    shown = screen.wait(CONFIRMS)
    screen.keys("G")
    shown += screen.wait(": as ")
    assert any(f"ssh {name} sh -eu -c" in shown for name in ("web-3", "db-1"))
    assert any(f"{one}: as {other}, with {one} for {other}" in shown for one, other in (("web-3", "db-1"), ("db-1", "web-3")))


def test_on_the_screen_both_are_shown_and_the_table_tells_of_each(there: Home, tmp_path: Path) -> None:
    with tmux(COCKPIT, there.env, tmp_path, columns=80, rows=24) as screen:
        on_both(screen)
        assert not (tmp_path / "done").exists(), "nothing runs before it is confirmed"
        confirm(screen)
        screen.wait("2 of 2 done")
        addresses = [line.split()[3] for line in (tmp_path / "done").read_text().splitlines()]
        assert sorted(addresses) == ["10.231.43.2/24", "10.231.44.2/24"]
        assert screen.text.count("+ done") >= 2


def test_who_kills_the_cockpit_leaves_what_had_not_begun_to_nobody(there: Home, tmp_path: Path) -> None:  # safety 11, 25
    (tmp_path / "slow").touch()
    with tmux(COCKPIT, there.env, tmp_path, columns=80, rows=24) as screen:
        on_both(screen)
        confirm(screen)
        wait_until(lambda: (tmp_path / "done").exists(), 30, "the canary")
        screen.wait("waits its turn")
        os.kill(screen.pid, signal.SIGKILL)
    with tmux(COCKPIT, there.env, tmp_path, columns=80, rows=24) as screen:
        screen.wait("db-1")
        screen.keys("R")
        screen.wait("outcome unknown")
        screen.keys("Enter")
        screen.wait("not begun")
        assert "outcome unknown" in screen.text
    runs = there.json("runs")
    assert sorted((bool(run["part_of"]), run["state"]) for run in runs) == [(False, "outcome unknown"), (True, "outcome unknown")]
    assert len((tmp_path / "done").read_text().splitlines()) == 1, "the other was never begun"
