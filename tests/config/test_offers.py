"""``[[sources.NAME.runbooks]]``: what is said of the jobs that a source offers, judged before anyone needs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.config.model import ConfigError
from cockpit.core.runbooks import Confirm
from support.configs import loaded

SOURCE = """
[sources.rd]
provider = "rundeck"
url = "https://rundeck.example"
project = "ops"
token = "env:RD"
"""
ALERTMANAGER = """
[sources.am]
provider = "alertmanager"
url = "http://am"
[[sources.am.runbooks]]
match = "a=b"
"""


def read(tmp_path: Path, text: str) -> object:
    file = tmp_path / "config.toml"
    file.write_text(SOURCE + text)
    return loaded(file)


def test_rules_are_read_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        SOURCE
        + """
[[sources.rd.runbooks]]
jobs = "web/*"
match = "team=web"
confirm = "type"
timeout = "5m"
params."Which node?" = { from = "label:instance" }
secrets.password = "env:RD_PASS"
[[sources.rd.runbooks]]
hide = true
"""
    )
    first, second = loaded(file).sources["rd"].runbooks
    assert (first.jobs, first.match, first.confirm, first.timeout) == ("web/*", "team=web", Confirm.TYPE, 300.0)
    assert first.params["Which node?"].source == "label:instance"
    assert first.secrets == {"password": "env:RD_PASS"}
    assert second.hide
    assert "runbooks" not in loaded(file).sources["rd"].settings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[sources.rd.runbooks]]\nmatch = "team=="', "match, at character"),
        ('[[sources.rd.runbooks]]\nkey = "ww"', "key must be a single letter"),
        ('[[sources.rd.runbooks]]\ntimeout = "0s"', "timeout must be more than 0"),
        ('[[sources.rd.runbooks]]\njobs = "web/*"\nonly_reads = true', "by its whole name"),
        ('[[sources.rd.runbooks]]\nonly_reads = true\nchanges = "deletes"', "opposite things"),
        ('[[sources.rd.runbooks]]\ntitle = "Restart {node"', "lone {"),
        ('[[sources.rd.runbooks]]\nsecrets.password = "hunter2"', "password"),
        ('[[sources.rd.runbooks]]\nparams.node = { from = "lable:x" }', "from cannot be"),
        ('[[sources.rd.runbooks]]\nparams.node = { pattern = "(" }', "pattern is no regular expression"),
        ('[[sources.rd.runbooks]]\nallow = ["group:web"]', "allow cannot hold"),
        ('[[sources.rd.runbooks]]\nonly_read = true', "did you mean only_reads"),
        ('[sources.rd.runbooks]\nmatch = "a=b"', "must be a list of tables"),
        (ALERTMANAGER, "alertmanager offers no runbooks"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_where_it_stands(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    assert said in str(refused.value)
    assert "hunter2" not in str(refused.value)
