"""docs/story.md can be tried as it stands: its config is one, its commands are known, its pictures are there. What it quotes is
held against a real run in tests/real/test_story_postgres.py."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from cockpit.cli.parser import parse
from support.configs import loaded
from support.shop import STORY, block, command, form, quoted

ROOT = Path(__file__).parents[2]


def test_its_config_works_as_it_is_pasted(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.touch(0o600)
    file.write_text(block("toml"), "utf-8")
    config = loaded(file)
    assert {"shop", "shop-inodes"} == set(config.traps)
    assert all(book in config.runbooks for trap in config.traps.values() for book in trap.runbooks)


def test_every_command_of_it_is_one() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", STORY, re.DOTALL)
    lines = [line for found in blocks for line in found.splitlines() if line.startswith("cockpit")]
    assert len(lines) >= 10
    for line in lines:
        parse([word for word in shlex.split(line, comments=True)[1:] if word != "&"])
    assert parse(command("cockpit incident impact"))["text"] == ["nobody could order"]


def test_it_quotes_something_and_its_pictures_and_links_are_there() -> None:
    assert len(quoted()) > 15
    for target in re.findall(r"\]\(([^)#]+)\)", STORY):
        assert (ROOT / "docs" / target).exists(), target


def test_a_line_is_the_same_whatever_the_night() -> None:
    here = "- First page 2026-11-27 02:31, 48 s after it began"
    there = "- First page 2027-01-03 23:59, 1 m 4 s after it began"
    assert form(here) == form(there)
    assert form(here) != form(here.replace("after", "before"))
