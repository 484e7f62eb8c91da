"""The docs are tests: what is documented exists, and what exists is documented."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

from cockpit import plugins
from cockpit.cli.parser import COMMANDS
from cockpit.ui.theme import names

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


def test_every_link_and_picture_of_the_readme_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
