"""``[incidents]`` as people write them, and what is said of each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.config.model import Config, ConfigError
from cockpit.core.alerts import AlertState, Severity
from cockpit.core.policies import Aim, Target
from support.configs import loaded

GOOD = """
[people.ana]
[people.bo]

[rosters.primary]
timezone = "Europe/Berlin"
[[rosters.primary.layers]]
people = ["ana", "bo"]
start = 2026-11-02T09:00:00
turn = "1 week"

[incidents.shop]
match = "team=shop"
after = "5m"
by = ["service"]
title = "{service} is ill"
severity = "critical"
roles = { lead = "roster:primary", communications = "person:bo" }
even = ["acknowledged"]

[incidents.rest]
match = "@severity>=critical"
"""


def config(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "config.toml"
    file.write_text(text, "utf-8")
    return loaded(file)


def test_a_rule_is_read_whole_and_says_little_by_itself(tmp_path: Path) -> None:
    shop, rest = config(tmp_path, GOOD).incidents.values()
    assert (shop.match, shop.after, shop.by, shop.title, shop.severity) == (
        "team=shop", 300.0, ("service",), "{service} is ill", Severity.CRITICAL,
    )  # fmt: skip
    assert shop.roles == {"lead": Target(Aim.ROSTER, "primary"), "communications": Target(Aim.PERSON, "bo")}
    assert shop.states == {AlertState.FIRING, AlertState.ACKNOWLEDGED}
    assert (rest.name, rest.after, rest.severity, rest.roles) == ("rest", 0.0, None, {})
    assert rest.states == {AlertState.FIRING}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('match = "team=shop"\n', "", "match is missing"),
        ('"team=shop"', '"@stat=firing"', "match cannot be read, at column 2"),
        ('"team=shop"', '" "', "every alert would open an incident"),
        ('"team=shop"', '"@age>5m"', 'write after = "10m"'),
        ('"5m"', '"5 mins ago"', "after: "),
        ('"{service} is ill"', '"{service is ill"', "title: a lone {"),
        ('"{service} is ill"', '""', "title must be a line of text"),
        ('"critical"\nroles', '"awful"\nroles', "severity must be one of"),
        ('"roster:primary"', '"roster:primry"', "did you mean primary?"),
        ('"person:bo"', '"bo"', "'bo' is nobody: write person:NAME"),
        ('"person:bo"', '"person:cy"', "there is no person 'cy'"),
        ('["acknowledged"]', '["acked"]', "must be one of acknowledged, suppressed"),
        ("by = ", "bye = ", "unknown key 'bye'"),
        ("[incidents.rest]", '[incidents."a b"]', "cannot be a name"),
    ],
)
def test_what_cannot_be_is_said_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, GOOD.replace(old, new))
    (problem,) = caught.value.problems
    assert said in str(problem)
    assert problem.line >= 12


def test_a_rule_stands_once_in_all_files(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "more.toml").write_text('[incidents.rest]\nmatch = "x"\n', "utf-8")
    with pytest.raises(ConfigError, match=r"incidents\.rest is defined twice"):
        config(tmp_path, GOOD)
