"""The docs are tests: what is documented exists, and what exists is documented."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import msgspec

from cockpit import plugins
from cockpit.cli.parser import COMMANDS
from cockpit.core.roster import Layer, Override, Person, Roster, turn
from cockpit.core.rotation import on_call
from cockpit.ui.theme import names
from support.configs import loaded
from support.home import Home

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_fresh() -> None:
    page = generator().page()
    assert (ROOT / "docs" / "reference.md").read_text("utf-8") == page, "run docs/generate.py"


def test_the_readme_names_every_command_probe_and_theme() -> None:
    for word in (*(command.name for command in COMMANDS), *plugins.names(plugins.PROBES), *names()):
        assert re.search(rf"`[^`\n]*\b{re.escape(word)}\b[^`\n]*`", README), f"README does not name {word}"


def test_the_readmes_config_works_as_it_is_pasted_block_after_block(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert len(blocks) >= 4
    file = tmp_path / "config.toml"
    file.touch(0o600)
    file.write_text("\n".join(blocks), "utf-8")
    config = loaded(file)
    assert config.me
    assert {name for trap in config.traps.values() for name in trap.runbooks} <= set(config.runbooks)


def test_the_readmes_override_changes_who_is_on() -> None:
    moment = re.search(r"oncall --at (\S+?)`", README)
    tables = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", README, re.DOTALL)]
    roster = next(table["rosters"]["primary"] for table in tables if "rosters" in table)
    people = tuple(Person(id=name, name=name) for name in ("ana", "bo"))
    (layer,) = roster["layers"]
    (override,) = roster["overrides"]
    made = Roster(
        name="primary",
        timezone=roster["timezone"],
        layers=(Layer(people=tuple(layer["people"]), start=layer["start"], turn=turn(layer["turn"])),),
        overrides=(Override(person=override["person"], start=override["start"], end=override["end"]),),
    )
    assert moment is not None
    at = datetime.fromisoformat(moment[1]).replace(tzinfo=UTC)
    with_it, without = (on_call(each, people, at, "local").now for each in (made, msgspec.structs.replace(made, overrides=())))
    assert with_it is not None
    assert without is not None
    assert (with_it.person, without.person) == ("ana", "bo")


def test_the_readmes_roster_has_no_gap_before_somebody_reads_it(home: Home) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    home.config(next(block for block in blocks if "[rosters.primary]" in block))
    done = home.run("oncall", "--month")
    assert done.returncode == 0, done
    assert "GAP" not in done.stdout.upper()
    assert home.run("oncall", "--gaps", "--since", "2025-12-01", "--until", "2026-12-01").returncode == 0


def test_every_link_and_picture_of_the_readme_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
