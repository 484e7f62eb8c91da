"""Whatever command the cockpit names to a person is one that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cockpit.cli.parser import COMMANDS, build

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`cockpit ([a-z]+)(?: ([a-z]+)(?![a-z]*[=@/.:]))?")
TEXTS = [*sorted((ROOT / "src" / "cockpit").rglob("*.py")), ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def named() -> list[tuple[str, str, str]]:
    """Each command that is named somewhere between backticks: where, and its first two words."""
    found = ((path, each) for path in TEXTS for each in NAMED.finditer(path.read_text("utf-8")))
    return [(str(path.relative_to(ROOT)), each[1], each[2] or "") for path, each in found]


def test_every_command_that_is_named_to_a_person_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    commands, parser = {command.name for command in COMMANDS}, build()
    assert len(named()) > 100
    assert [each for each in named() if each[1] not in commands] == []
    wrong = []
    for where, command, verb in named():
        with pytest.raises(SystemExit):
            parser.parse_args([command, "--no-such-option", *([verb] if verb else [])])
        if "invalid choice" in capsys.readouterr().err:
            wrong.append((where, command, verb))
    assert wrong == []
