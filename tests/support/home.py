"""A person's home for a test: an empty one, with the cockpit's command in front of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

COCKPIT = (sys.executable, "-m", "cockpit")


class Home:
    """An empty HOME, its config file, and the command line run in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_dir = path / ".config" / "cockpit"
        self.state = path / ".local" / "state" / "cockpit"
        self.before: tuple[str, ...] = ()
        """What stands before the command: see ``support.real.without_roots_rights``."""
        self.env = {"HOME": str(path), "XDG_CONFIG_HOME": str(path / ".config"), "XDG_STATE_HOME": str(path / ".local" / "state")}

    def config(self, text: str) -> Path:
        """Write config.toml."""
        self.config_dir.mkdir(parents=True, exist_ok=True)
        file = self.config_dir / "config.toml"
        file.write_text(text, "utf-8")
        return file

    def run(self, *words: str, stdin: str = "", timeout: float = 60, **env: str) -> subprocess.CompletedProcess[str]:
        """Run ``cockpit`` with these words and no terminal."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("COCKPIT", "XDG_", "NO_COLOR"))}
        return subprocess.run(
            (*self.before, *COCKPIT, *words), input=stdin, capture_output=True, text=True, timeout=timeout,
            env=clean | self.env | env, cwd=self.path, check=False,
        )  # fmt: skip

    def json(self, *words: str) -> Any:
        """What a listing prints as JSON."""
        done = self.run(*words, "--json")
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"{words} printed no JSON: {done.stdout!r} {done.stderr!r}") from None
