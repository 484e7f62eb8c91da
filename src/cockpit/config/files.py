"""Where the configuration lies: found without reading any of it, for commands that have no time."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from ..core.text import clean
from .model import ConfigError, Problem

VARIABLE = "COCKPIT_CONFIG"
FILE = "config.toml"
DROPINS = "conf.d"
OWN = "50-cockpit-{}.toml"
"""The names of the drop-ins that the cockpit writes itself."""
OVERRIDES = OWN.format("overrides")
"""The one with the overrides that people asked for."""


def config_dir(env: Mapping[str, str]) -> Path:
    """The person's own configuration directory: ``$XDG_CONFIG_HOME/cockpit``, or the platform's place for it."""
    base = env.get("XDG_CONFIG_HOME", "")
    if base.startswith("/"):
        return Path(base) / "cockpit"
    home = env.get("HOME", "")
    if sys.platform not in ("darwin", "win32") and home.startswith("/"):
        return Path(home) / ".config" / "cockpit"
    from platformdirs import user_config_path  # deferred: only where the environment does not say

    return user_config_path("cockpit")


def config_path(path: Path | None, env: Mapping[str, str]) -> Path:
    """The main file: ``path`` (from ``--config``), else ``COCKPIT_CONFIG``, else ``config.toml`` in `config_dir`."""
    named = path if path is not None else env.get(VARIABLE) or None
    return Path(named).expanduser() if named is not None else config_dir(env) / FILE


def config_files(path: Path | None, env: Mapping[str, str]) -> tuple[Path, ...]:
    """The files that make the configuration, in the order they are read.

    Empty where none is there and none was asked for. Raises `ConfigError` for a file that was asked for and is not there.
    """
    main = config_path(path, env)
    asked = path is not None or bool(env.get(VARIABLE))
    try:
        there = main.exists()
        wrong = "is a directory, not a file" if main.is_dir() else ""
        dropins = sorted((main.parent / DROPINS).glob("*.toml")) if there or not asked else []
    except OSError as error:
        there, wrong, dropins = False, f"cannot be read: {error.strerror}", []
    if not there and asked and not wrong:
        wrong = "there is no such file"
    if wrong:
        hint = "`cockpit init` writes a first configuration" if wrong.startswith("there") else ""
        raise ConfigError((Problem(clean(str(main)), 0, "", wrong, hint),))
    return (*([main] if there else []), *(file for file in dropins if not file.name.startswith(".")))
