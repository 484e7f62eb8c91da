"""Loading a configuration in a test, with the installed probes and providers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cockpit import plugins
from cockpit.config.load import load
from cockpit.config.model import Config, ConfigError, Problem

__all__ = ["THEMES", "loaded", "problems", "write"]

THEMES = frozenset({"night-shift", "day"})


def loaded(path: Path | None, env: Mapping[str, str] | None = None) -> Config:
    """The configuration in ``path``; ``env`` is the environment (default: an empty one)."""
    return load(
        path,
        env=env or {},
        probe_of=lambda name: plugins.load(plugins.PROBES, name),
        provider_of=lambda name: plugins.load(plugins.PROVIDERS, name),
        theme_names=THEMES,
    )


def problems(directory: Path, text: str) -> dict[str, Problem]:
    """What is wrong with ``text`` as a config.toml in ``directory``, by key; empty if nothing is."""
    path = write(directory / "config.toml", text)
    try:
        loaded(path)
    except ConfigError as error:
        return {problem.key: problem for problem in error.problems}
    return {}


def write(path: Path, text: str) -> Path:
    """Write a file of a configuration, as its owner would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return path
