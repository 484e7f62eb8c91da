"""From the files to the config that a command works with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from .. import plugins
from ..config.load import config_dir, load
from ..config.model import Config
from .run import Options, Stop


def state_dir(env: Mapping[str, str]) -> Path:
    """Where the journal and the outputs of runs live: ``$XDG_STATE_HOME/cockpit``, or the platform's place for it."""
    path = _state_dir(env)
    try:
        str(path).encode()
    except UnicodeEncodeError:
        why = "its name holds bytes that are no text (not UTF-8), so nothing can refer to it: set XDG_STATE_HOME to another place"
        raise Stop(f"{path} cannot be the state directory: {why}") from None
    return path


def _state_dir(env: Mapping[str, str]) -> Path:
    base = env.get("XDG_STATE_HOME", "")
    if base.startswith("/"):
        return Path(base) / "cockpit"
    home = env.get("HOME", "")
    if os.name == "posix" and home.startswith("/"):
        return Path(home) / ".local" / "state" / "cockpit"
    from platformdirs import user_state_path  # deferred: only where the environment does not say

    return user_state_path("cockpit")


def theme_dirs(env: Mapping[str, str]) -> tuple[Path, ...]:
    """Where a person's own themes lie."""
    return (config_dir(env) / "themes",)


def read_config(options: Options) -> Config:
    """The checked config as it is in the files; with none to be found, the defaults, ``files`` empty. Raises `ConfigError`."""
    from ..ui.keys import TABLE, KeyProblem, remapped
    from ..ui.theme import names

    def key_problems(wanted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for key, value in wanted.items():
            try:
                remapped(TABLE, {key: value})
            except KeyProblem as problem:
                yield key, str(problem)
                return
        try:
            remapped(TABLE, wanted)
        except KeyProblem as problem:
            yield "", str(problem)

    config = load(
        Path(options.config) if options.config else None,
        env=os.environ,
        probe_of=lambda name: plugins.load(plugins.PROBES, name),
        provider_of=lambda name: plugins.load(plugins.PROVIDERS, name),
        theme_names=names(theme_dirs(os.environ)),
        key_problems=key_problems,
    )
    return msgspec.structs.replace(config, read_only=True, unlock=False) if options.read_only else config


def proposed_config(config: Config) -> Config:
    """With nothing configured: what `cockpit init` would propose for this machine, looked at now. Bounded in time (3 s)."""
    from ..discover import look, propose

    proposal = propose(look()).config()
    return msgspec.structs.replace(proposal, read_only=config.read_only, unlock=config.unlock, proposed=True)


def configured(options: Options) -> Config:
    """The config to work with: the files', or with none what would be proposed."""
    config = read_config(options)
    return config if config.files else proposed_config(config)
