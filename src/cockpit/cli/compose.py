"""Where everything is put together: files → config → journal → engine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from .. import plugins
from ..config.load import config_dir, load
from ..config.model import Config
from ..core.actions import Action, Run
from ..core.roster import OnCall
from ..core.traps import Failed, Looked, Trap
from ..core.view import View
from ..engine.clock import SystemClock
from ..engine.engine import Engine
from ..engine.journal import Journal, open_journal
from .run import Options


def state_dir(env: Mapping[str, str]) -> Path:
    """Where the journal and the outputs of runs live: ``$XDG_STATE_HOME/cockpit``, or the platform's place for it."""
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


@contextmanager
def journal() -> Iterator[Journal]:
    """This person's journal, open. It never raises for a place that cannot be written: ``problem`` says so."""
    opened = open_journal(state_dir(os.environ), SystemClock())
    try:
        yield opened
    finally:
        opened.close()


def engine(config: Config, kept: Journal) -> Engine:
    """An engine over this config and journal, not started."""
    return Engine(
        config,
        kept,
        SystemClock(),
        load_provider=partial(plugins.load, plugins.PROVIDERS),
        load_probe=partial(plugins.load, plugins.PROBES),
        state_dir=state_dir(os.environ),
    )


class House:
    """The engine without its thread, for one command: every method works until it has its answer."""

    def __init__(self, desk: Engine, runner: asyncio.Runner) -> None:
        self.desk = desk
        self.config = desk.config
        self.journal = desk.journal
        self.clock = desk.clock
        self._runner = runner

    @property
    def can(self) -> frozenset[tuple[str, str]]:
        """(source, capability) of every source that has been asked."""
        return self.desk.can

    def view(self, *, look: bool = True) -> View:
        """Look at the traps that are due (unless another cockpit does), ask every source, and combine."""
        return self._runner.run(self.desk.once(look=look))

    def do(self, action: Action, follow: Callable[[str], None] = lambda _: None) -> tuple[Run, ...]:
        """Do it and wait for what becomes of it."""
        return self._runner.run(self.desk.do(action, follow))

    def look_once(self, trap: Trap) -> Looked | Failed:
        """One look with a trap's probe, that changes nothing."""
        return self._runner.run(self.desk.look(trap))

    def rosters(self, at: datetime | None) -> tuple[tuple[OnCall, ...], tuple[str, ...]]:
        """Who is on call at ``at`` (UTC; now if ``None``) everywhere, and which sources could not say."""
        return self._runner.run(self.desk.on_call(at or self.clock.now()))


@contextmanager
def house(options: Options, *, propose: bool = True) -> Iterator[House]:
    """Everything one command needs, and its orderly end. ``propose``: with no config, look at this machine for traps to lay."""
    config = configured(options) if propose else read_config(options)
    with journal() as kept, asyncio.Runner() as runner:
        desk = engine(config, kept)
        session = desk.session()
        runner.run(session.__aenter__())
        try:
            yield House(desk, runner)
        finally:
            runner.run(session.__aexit__(None, None, None))
