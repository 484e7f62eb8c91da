"""``[channels]`` and ``[escalations]`` as people write them, and what is said of each mistake."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from cockpit.config.model import Config, ConfigError
from cockpit.core.alerts import Severity
from cockpit.core.policies import Aim, Target
from support.configs import loaded

GOOD = """
[people.ana]
contacts = { email = "ana@example.com" }
[people.bo]

[rosters.primary]
timezone = "Europe/Berlin"
[[rosters.primary.layers]]
people = ["ana", "bo"]
start = 2026-11-02T09:00:00
turn = "1 week"

[sources.am]
provider = "alertmanager"
url = "http://127.0.0.1:9093"

[channels.mail]
kind = "email"
host = "mail.example"
sender = "cockpit@example.com"

[channels.far]
kind = "source"
source = "am"

[escalations.night]
match = "@severity>=warning"
via = ["mail"]
repeat = 2
every = "1h"
urgent = "critical"
quiet = { from = "22:00", to = "07:00", timezone = "Europe/Berlin" }
steps = [
  { notify = ["level:1", "roster:primary"] },
  { after = "10m", notify = ["person:bo"], via = ["far"] },
  { after = "20m", via = ["far"] },
]
"""


def config(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "config.toml"
    file.write_text(text, "utf-8")
    return loaded(file)


def test_an_escalation_is_read_whole(tmp_path: Path) -> None:
    read = config(tmp_path, GOOD)
    policy = read.escalations["night"]
    assert policy.steps[0].notify == (Target(Aim.LEVEL, "1"), Target(Aim.ROSTER, "primary"))
    assert (policy.steps[1].after, policy.steps[1].via) == (600.0, ("far",))
    assert (policy.repeat, policy.every, policy.urgent) == (2, 3600.0, Severity.CRITICAL)
    assert policy.quiet is not None
    assert (policy.quiet.start, policy.quiet.end, policy.quiet.timezone) == (time(22), time(7), "Europe/Berlin")
    mail, far = read.channels["mail"], read.channels["far"]
    assert (mail.contact, mail.ends, far.contact, far.ends) == ("email", False, "", True), "as their kinds have it"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "email"', 'kind = "emial"', "did you mean email?"),
        ('kind = "email"\n', "", "kind is missing"),
        ('source = "am"', 'source = "an"', "there is no source 'an'"),
        ('host = "mail.example"', 'hots = "mail.example"', "unknown key 'hots'"),
        ('sender = "cockpit@example.com"', 'sender = "cockpit"', "sender must be an address"),
        ('["person:bo"]', '["person:bob"]', "did you mean bo?"),
        ('["person:bo"]', '["bo"]', "write person:NAME, roster:NAME or level:NUMBER"),
        ('"roster:primary"]', '"level:zero"]', "a level is a number"),
        ('"roster:primary"]', '"level:9"]', "no roster has level 9"),
        ('via = ["mail"]', 'via = ["male"]', "did you mean mail?"),
        ('after = "20m"', 'after = "5m"', "steps stand in the order of their time"),
        ('from = "22:00"', 'from = "22h"', "22:00"),
        ('to = "07:00"', 'to = "22:00"', "quiet hours that begin when they end"),
        ('timezone = "Europe/Berlin" }', 'timezone = "Europe/Berlon" }', "Europe/Berlin"),
        ("repeat = 2", "repeat = 1000", "repeat must be between 0 and 100"),
        ('every = "1h"', 'every = "5s"', "every must be at least 1 minute"),
        ('match = "@severity>=warning"', 'match = "@severity>=wurst"', "match cannot be read, at column"),
        ('{ after = "20m", via = ["far"] }', '{ after = "20m", via = ["mail"] }', "a step names whom it tells"),
        ('urgent = "critical"', 'urgent = "very"', "urgent must be one of"),
        ('[channels.far]\nkind = "source"', '[channels.far]\nkind = "source"\nhost = "x"', "a channel that is a source has"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_do(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as raised:
        config(tmp_path, GOOD.replace(old, new, 1))
    told = str(raised.value)
    assert said in told
    assert "config.toml:" in told


def test_a_level_that_a_source_may_have_is_no_mistake(tmp_path: Path) -> None:
    more = '[sources.pd]\nprovider = "pagerduty"\ntoken = "env:PD"\n'
    read = config(tmp_path, GOOD.replace('"roster:primary"]', '"level:9"]', 1) + more)
    assert read.escalations["night"].steps[0].notify[1] == Target(Aim.LEVEL, "9")


def test_an_escalation_without_steps_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at least one step"):
        config(tmp_path, "[escalations.x]\nsteps = []\n")


def test_a_channel_of_a_kind_that_is_not_installed_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="command, email, notify, webhook"):
        config(tmp_path, '[channels.x]\nkind = "pigeon"\n')
