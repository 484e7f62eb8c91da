"""What is installed and configured: check, login, providers, themes, keys."""

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .. import plugins
from ..core.text import clean
from ..provider import capabilities
from . import BAD, FINE, USAGE
from .configured import read_config, theme_dirs
from .listing import as_json, say, table
from .options import Options, Stop

if TYPE_CHECKING:
    from ..config.model import Config, Problem


def check(options: Options) -> int:
    """Validate the config; every problem with its file and line."""
    from ..config.model import ConfigError

    try:
        config = read_config(options)
    except ConfigError as error:
        if options.json:
            as_json([{"file": p.file, "line": p.line, "key": p.key, "what": p.what, "hint": p.hint} for p in error.problems])
        else:
            for problem in error.problems:
                say(str(problem))
            say(f"{len(error.problems)} problem{'s' * (len(error.problems) > 1)}: the config cannot be used like this.")
        return BAD
    books, problems, cannot = *_books(config), _unready(config)
    if (problems or cannot) and not options.json:
        for problem in (*problems, *cannot):
            say(str(problem))
        faults = [f"{_counted(len(problems), 'problem')} with Markdown runbooks, which do not run so"] if problems else []
        faults += [f"{_counted(len(cannot), 'channel')} that can tell nobody from here"] if cannot else []
        say(f"The config is fine; {', and '.join(faults)}.")
        return BAD
    problems = (*problems, *cannot)
    if options.json:
        as_json([{"file": p.file, "line": p.line, "key": p.key, "what": p.what, "hint": p.hint} for p in problems])
        return BAD if problems else FINE
    if not config.files:
        say("There is no config: the cockpit watches this machine by itself. `cockpit init` writes one to start from.")
    else:
        counts = [
            (len(config.traps), "trap"),
            (len(config.runbooks) + books, "runbook"),
            (len(config.sources), "source"),
            (len(config.rosters), "roster"),
        ]
        said = ", ".join(_counted(n, word) for n, word in counts)
        say(f"Fine: {', '.join(clean(str(file)) for file in config.files)} ({said}).")
    return FINE


def _books(config: Config) -> tuple[int, tuple[Problem, ...]]:
    """How many Markdown runbooks there are, and what is wrong with them."""
    if not config.repositories:
        return 0, ()
    from .books import shelf  # deferred: it sets text, and most configs have no Markdown runbooks

    found = shelf(config)
    return len(found.books), found.problems


def _unready(config: Config) -> tuple[Problem, ...]:
    """The channels that can tell nobody from this machine, each where it is written."""
    if not config.channels:
        return ()
    from ..config.merge import merge  # deferred, as above
    from ..config.model import Problem
    from .unready import unready

    place = merge(config.files).place
    return tuple(Problem(*place(("channels", name)), f"channels.{name}", what) for name, what in unready(config))


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def login(options: Options) -> int:
    """Ask for a secret and keep it in the keyring under the name that the config refers to."""
    from ..config.secrets import SecretError, available, store
    from ..provider import Secret

    if options.read_only:
        raise Stop("read-only is on: nothing that writes is done")
    config = read_config(options)
    if config.read_only:
        raise Stop("read_only is set in the config: nothing that writes is done")
    name = options.text("name")
    source = config.sources.get(name)
    kept = _key_of(name, source.settings) if source is not None else name
    reason = available()
    if reason is not None:
        raise Stop(reason)
    typed = sys.stdin.isatty()
    secret = getpass.getpass(f"Secret for {kept} (not shown): ") if typed else sys.stdin.readline().rstrip("\n")
    if not secret:
        raise Stop("nothing was typed; nothing was stored", USAGE)
    try:
        store(kept, Secret(secret))
    except SecretError as error:
        raise Stop(str(error)) from None
    say(f'Stored. Refer to it in the config as "keyring:{kept}".')
    return FINE


def _key_of(name: str, settings: Mapping[str, object]) -> str:
    """The keyring's name for the secret of the source ``name``: itself where the source refers to that, else the first it does."""
    from ..config.secrets import references

    keys = [each.removeprefix("keyring:") for each in references(settings) if each.startswith("keyring:")]
    return name if name in keys or not keys else keys[0]


def providers(options: Options) -> int:
    """Every provider, probe and channel, where it comes from and what it can do."""
    rows = [
        {"name": name, "kind": kind, "origin": plugins.origin(group, name), **_what(kind, group, name)}
        for kind, group in (("provider", plugins.PROVIDERS), ("probe", plugins.PROBES), ("channel", plugins.CHANNELS))
        for name in plugins.names(group)
    ]
    if options.json:
        as_json(rows)
    else:
        table(("Name", "Kind", "From", "Does"), [(str(r["name"]), str(r["kind"]), str(r["origin"]), str(r["does"])) for r in rows])
    return FINE


def _what(kind: str, group: str, name: str) -> dict[str, object]:
    try:
        loaded = plugins.load(group, name)
    except plugins.PluginError as error:
        return {"does": f"cannot be loaded: {error}", "can": []}
    if kind == "channel":
        return {"does": _first_sentence(loaded, name), "can": []}
    can = sorted(loaded.readings) if kind == "probe" else sorted(capabilities(loaded))  # type: ignore[attr-defined]  # the Probe protocol
    return {"does": _first_sentence(loaded, name), "can": can}


def _first_sentence(loaded: type, name: str) -> str:
    """What a plug-in says of itself: in its module's docstring behind its own name, or in its class's docstring."""
    module = (getattr(sys.modules.get(loaded.__module__), "__doc__", None) or "").strip()
    said, head = (loaded.__doc__ or "").strip(), f"``{name}``: "
    text = module.removeprefix(head) if module.startswith(head) else said
    return clean(re.split(r"(?<=[.?!])\s", " ".join(text.partition("\n\n")[0].split()), maxsplit=1)[0])


def themes(options: Options) -> int:
    """Every theme: ours, and those in the config directory."""
    from ..ui.theme import names

    found = names(theme_dirs(os.environ))
    current = options.theme or read_config(options).theme
    rows = [{"name": clean(name), "path": clean(str(path)), "current": name == current} for name, path in found.items()]
    if options.json:
        as_json(rows)
    else:
        table(("", "Name", "File"), [("*" if row["current"] else " ", str(row["name"]), str(row["path"])) for row in rows])
    return FINE


def keys(options: Options) -> int:
    """The key table as it stands after ``[keys]``."""
    from ..ui.keys import TABLE, printed, remapped

    rows = remapped(TABLE, read_config(options).keys)
    if options.json:
        as_json([{"id": k.id, "keys": list(k.keys), "label": k.label, "help": k.help, "group": k.group} for k in rows])
        return FINE
    table(("Keys", "Name", "Does"), [(" ".join(printed(key) for key in k.keys) or "(none)", k.id, k.help) for k in rows])
    return FINE
