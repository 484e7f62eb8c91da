"""From the files to the config that a command works with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import msgspec

from .. import plugins
from ..config.files import config_dir, config_path
from ..config.load import load
from ..config.model import Config, ConfigError
from ..config.reread import Reread
from ..core.roster import Naming, display
from .options import Options

ASKED = "it was started with --read-only, which holds until it is left: start it without that to write"
"""Why ``ctrl+o`` does not lift what was asked for on the command line."""


def theme_dirs(env: Mapping[str, str]) -> tuple[Path, ...]:
    """Where a person's own themes lie."""
    return (config_dir(env) / "themes",)


def read_config(options: Options, besides: tuple[Path, ...] = ()) -> Config:
    """The checked config as it is in the files; with none to be found, the defaults, ``files`` empty. ``besides`` are read
    as if they lay among them. Raises `ConfigError`."""
    from ..ui.theme import names

    config = load(
        Path(options.config) if options.config else None,
        env=os.environ,
        probe_of=lambda name: plugins.load(plugins.PROBES, name),
        provider_of=lambda name: plugins.load(plugins.PROVIDERS, name),
        theme_names=names(theme_dirs(os.environ)),
        key_problems=_key_problems,
        besides=besides,
    )
    return msgspec.structs.replace(config, read_only=True, unlock=False, locked=ASKED) if options.read_only else config


def naming(options: Options) -> Naming:
    """How people are called by the files; by the words that the journal has where these cannot be read: what was done can be looked
    at though the config is wrong."""
    try:
        return display(read_config(options).people.values())
    except ConfigError:
        return str


def reread(options: Options) -> Reread:
    """The same, to be read again. Made before the config is read for the first time: no change is missed between the two."""
    return Reread(config_path(Path(options.config) if options.config else None, os.environ), partial(read_config, options))


def _key_problems(wanted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every fault of ``[keys]``, with the id that it stands at: each key by itself first, then those with two meanings."""
    from ..ui.keys import TABLE, Key, KeyProblem, printed, remapped

    known = {key.id: key for key in TABLE}
    table = known | {id: msgspec.structs.replace(known[id], keys=()) for id in wanted if id in known}
    for id, written in wanted.items():
        rows: tuple[Key, ...] = (known[id],) if id in known else TABLE
        for part in written.split() if id in known else [""]:
            try:
                (row,) = remapped(rows, {id: part})
            except KeyProblem as problem:
                yield id, str(problem).removeprefix(f"keys.{id}: ")
            else:
                table[id] = msgspec.structs.replace(row, keys=(*table[id].keys, *row.keys))
    holders: dict[str, str] = {}
    for row in table.values():
        for name in dict.fromkeys(row.keys):
            other = holders.setdefault(name, row.id)
            if other != row.id:
                at = row.id if row.id in wanted else other
                yield at, f"{printed(name)!r} would mean both {other!r} and {row.id!r}: give one of them another key"


def proposed_config(config: Config) -> Config:
    """With nothing configured: what `cockpit init` would propose for this machine, looked at now. Bounded in time (3 s)."""
    from ..discover import look, propose

    proposal = propose(look()).config()
    kept = {"read_only": config.read_only, "unlock": config.unlock, "locked": config.locked}
    return msgspec.structs.replace(proposal, **kept, repositories=config.repositories, directory=config.directory, proposed=True)


def configured(options: Options) -> Config:
    """The config to work with: the files', or with none what would be proposed."""
    config = read_config(options)
    return config if config.files else proposed_config(config)
