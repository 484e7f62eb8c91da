"""``config.example.toml`` is true and complete."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cockpit import plugins
from cockpit.config.merge import NAMED
from cockpit.config.model import NOT_KEYS, ChannelConfig, Config, Repository
from cockpit.config.traps import trap_keys
from cockpit.core.asking import Asked
from cockpit.core.incidentrule import IncidentRule
from cockpit.core.offering import Rule
from cockpit.core.policies import EscalationStep, Policy
from cockpit.core.roster import Layer, Override, Person, Roster
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.steps.step import KINDS, Step
from cockpit.provider import HttpSettings
from cockpit.providers.hook_config import Hook, HookOption
from support.configs import THEMES, loaded

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TABLES: dict[str, Any] = tomllib.loads(EXAMPLE.read_text("utf-8"))


PARAMS: list[dict[str, Any]] = [param for book in TABLES["runbooks"].values() for param in book.get("params", {}).values()]


def keys_of(kind: type[msgspec.Struct]) -> set[str]:
    return set(kind.__struct_encode_fields__)


def own_keys(config: type[msgspec.Struct]) -> set[str]:
    """Without those of HTTP, which are explained once."""
    return keys_of(config) - (keys_of(HttpSettings) if issubclass(config, HttpSettings) else set())


def test_the_keys_of_http_are_in_it() -> None:
    assert keys_of(HttpSettings) - set().union(*TABLES["sources"].values()) == set()


def test_it_passes_the_check() -> None:
    config = loaded(EXAMPLE)
    assert config.theme in THEMES
    assert len(config.traps) == len(TABLES["traps"])


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (set(TABLES), keys_of(Config) - NOT_KEYS),
        (set().union(*TABLES["people"].values()), keys_of(Person) - {"id", "calendars"}),
        (set().union(*TABLES["rosters"].values()), keys_of(Roster) - {"name", "calendars"}),
        (set().union(*TABLES["rosters"]["primary"]["layers"]), keys_of(Layer)),
        # the cockpit writes the other two by itself
        (set().union(*TABLES["rosters"]["primary"]["overrides"]), keys_of(Override) - {"id", "together"}),
        (set(TABLES["sources"]["local"]), {"provider", "every", "timeout"}),
        (set().union(*TABLES["sources"]["rundeck-prod"]["runbooks"]), keys_of(Rule)),
        (set(TABLES["sources"]["fixer"]["hooks"]["restart"]), keys_of(Hook)),
        (set().union(*TABLES["sources"]["fixer"]["hooks"]["restart"]["options"].values()), keys_of(HookOption)),
        (set().union(*TABLES["runbooks"].values()), keys_of(Runbook) - {"name"}),
        (
            set().union(*(book["steps"][i] for book in TABLES["runbooks"].values() for i in range(len(book["steps"])))),
            # those that it explains beside others are in comments
            (keys_of(Step) - {"do"}).union(*map(keys_of, KINDS.values())) - {"min", "max", "choices"},
        ),
        (set().union(*PARAMS), keys_of(Param)),
        (set().union(*(param.get("ask", {}) for param in PARAMS)), keys_of(Asked)),
        (set(TABLES["repositories"]["ops"]), keys_of(Repository) - {"name"}),
        (set(TABLES["traps"]["root-disk"]), {*trap_keys(), "path"}),
        (set(TABLES) & set(NAMED), set(NAMED)),
        (set().union(*TABLES["channels"].values()) & keys_of(ChannelConfig), keys_of(ChannelConfig) - {"name", "settings"}),
        (set(TABLES["escalations"]["night"]), keys_of(Policy) - {"name"}),
        (set().union(*TABLES["escalations"]["night"]["steps"]), keys_of(EscalationStep)),
        (set(TABLES["incidents"]["shop"]), keys_of(IncidentRule) - {"name"}),
    ],
    ids=[
        "top",
        "people",
        "rosters",
        "layers",
        "overrides",
        "sources",
        "runbooks of sources",
        "hooks",
        "options of hooks",
        "runbooks",
        "steps",
        "params",
        "questions",
        "repositories",
        "traps",
        "named",
        "channels",
        "escalations",
        "escalation steps",
        "incidents",
    ],
)
def test_every_key_of_the_cockpit_is_in_it(written: set[str], wanted: set[str]) -> None:
    assert written == wanted


@pytest.mark.parametrize("probe", plugins.names(plugins.PROBES))
def test_every_probe_is_in_it_with_every_key(probe: str) -> None:
    if plugins.origin(plugins.PROBES, probe).split()[0] != "ops-cockpit":
        pytest.skip("somebody else's probe")
    traps = [trap for trap in TABLES["traps"].values() if trap["probe"] == probe]
    written = set().union(*traps)
    assert traps
    assert own_keys(plugins.load(plugins.PROBES, probe).Config) - written == set()  # type: ignore[attr-defined]  # every probe has one


@pytest.mark.parametrize("provider", plugins.names(plugins.PROVIDERS))
def test_every_provider_is_in_it_with_every_key(provider: str) -> None:
    if plugins.origin(plugins.PROVIDERS, provider).split()[0] != "ops-cockpit":
        pytest.skip("somebody else's provider")
    sources = [source for source in TABLES["sources"].values() if source["provider"] == provider]
    assert sources
    config = plugins.load(plugins.PROVIDERS, provider).Config  # type: ignore[attr-defined]  # every provider has one
    assert own_keys(config) - set().union(*sources) == set()


@pytest.mark.parametrize("channel", plugins.names(plugins.CHANNELS))
def test_every_channel_is_in_it_with_every_key(channel: str) -> None:
    if plugins.origin(plugins.CHANNELS, channel).split()[0] != "ops-cockpit":
        pytest.skip("somebody else's channel")
    written = set().union(*(each for each in TABLES["channels"].values() if each["kind"] == channel))
    assert keys_of(plugins.load(plugins.CHANNELS, channel).Config) - written == set()  # type: ignore[attr-defined]  # every channel has one


def test_every_simple_setting_is_explained_on_its_line() -> None:
    head = EXAMPLE.read_text("utf-8").partition("\n[")[0]
    settings = [line for line in head.splitlines() if re.match(r"\w+ =", line)]
    assert len(settings) >= 9
    assert [line for line in settings if "#" not in line] == []
