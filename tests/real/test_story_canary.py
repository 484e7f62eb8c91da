"""One runbook over two machines in networks of their own: the canary first, the other only if it succeeded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.home import Home
from support.netns import machine
from support.real import wait_until
from support.sshds import sshd

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
script = 'ip -4 -o addr show scope global >> {here}/done; test ! -e "{here}/broken"'
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
