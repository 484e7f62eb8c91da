"""Who sits at the keyboard of which machine, as the config and as the system say it."""

from __future__ import annotations

import getpass
import os
import pwd
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from ..config.model import Config
from ..config.secrets import SecretError, found, resolve
from ..core.permits import names_of
from ..core.roster import Person
from ..core.steps.http import HttpStep
from ..core.steps.wait import WaitStep
from ..core.text import clean


def this_host() -> str:
    """This machine's name, without its domain."""
    return clean(socket.gethostname().partition(".")[0], 100) or "localhost"


def real_person() -> dict[str, str]:
    """The user this process runs as, and who became that user through sudo: for the journal, on a shared machine."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())  # a container's user without a name
    sudo = os.environ.get("SUDO_USER", "")
    return {"os_user": user, "sudo_user": sudo} if sudo and sudo != user else {"os_user": user}


def who_is(config: Config) -> str:
    """The person's name on runs: what the config says, else the user behind sudo, else the user."""
    real = real_person()
    return config.me[0] if config.me else real.get("sudo_user", real["os_user"])


def known_by(config: Config) -> tuple[str, ...]:
    """All names of the person at the keyboard: those of ``me`` first, else that of the user."""
    return names_of(config.people.values(), *(config.me or (who_is(config),)))


def at_keyboard(config: Config, user: Person) -> Person:
    """The person at the keyboard: who goes by a name in ``me`` among ``people``, else made from ``me``, else ``user``."""
    names = config.me or (user.id,)
    known = {name: person for person in reversed(tuple(config.people.values())) for name in (person.id, person.name, *person.also)}
    for name in names:
        if name in known:
            return known[name]
    if config.me:
        return msgspec.structs.replace(user, id=names[0], name=names[0], also=tuple(names[1:]))
    return user


def os_user() -> Person:
    """The user this process runs as, in this machine's zone, as far as it can be learnt."""
    try:
        login = clean(getpass.getuser(), 100)
    except (KeyError, OSError):  # a container may run a number nobody named
        login = str(os.geteuid())
    return Person(id=login, name=_full_name(login), timezone=_zone())


def _full_name(login: str) -> str:
    try:
        return clean(pwd.getpwuid(os.geteuid()).pw_gecos.partition(",")[0], 100) or login
    except KeyError:
        return login


def _zone() -> str:
    """This machine's IANA zone, as far as it can be learnt; else UTC."""
    told = os.environ.get("TZ", "").removeprefix(":")
    if told and not told.startswith("/") and _is_zone(told):
        return told
    try:
        linked = os.path.realpath("/etc/localtime").rpartition("/zoneinfo/")[2]
        if _is_zone(linked):
            return linked
        named = Path("/etc/timezone").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return "UTC"
    return named if _is_zone(named) else "UTC"


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def hidden_names(config: Config) -> tuple[str, ...]:
    """The environment variables that the config refers to as secrets (``env:NAME``): no runbook gets them."""
    return tuple(sorted({text.removeprefix("env:") for text in _references(config) if text.startswith("env:")}))


def hidden_values(config: Config) -> frozenset[str]:
    """The secrets that no runbook's output may show: all that this process has fetched, and those of the config that are to be had
    without asking anybody. Reads files, and may block."""
    for reference in _references(config):
        with suppress(SecretError):  # whoever needs it will say so
            resolve(reference)
    return found()


def _references(config: Config) -> set[str]:
    """Those that can be followed without asking anybody."""
    taken = [step for book in config.runbooks.values() for step in book.steps]
    steps = [step.do for each in taken for step in (each, each.undo) if step is not None]
    tables = (
        *(each.settings for each in config.sources.values()),
        *(rule.secrets for each in config.sources.values() for rule in each.runbooks),
        *(each.settings for each in config.channels.values()),
        *(trap.params for trap in config.traps.values()),
        config.watch.beat,
        *(do.references for do in steps if isinstance(do, HttpStep | WaitStep)),
    )
    return {text for table in tables for text in _texts(table) if text.startswith(("env:", "file:"))}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
