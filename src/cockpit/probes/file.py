"""``file``: is last night's backup there, is it young, and is there something in it?"""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterator, Mapping
from typing import ClassVar

import msgspec

from ..core.text import clean
from ..core.traps import TrapState
from ..core.units import Seconds, say_bytes, say_seconds
from ..provider import Host, ProbeError, Reading

_MAGIC = frozenset("*?[")
_SKEW = 300.0  # a network file system's clock may differ this much (seconds) before an age says nothing


class FileConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` may hold ``*``, ``?`` and ``[…]``, which match as in a shell (never a leading dot); the newest match is looked at.

    It trips when nothing matches (unless ``must_exist = false``), when the newest is older than ``max_age``, and when it has
    fewer than ``min_bytes`` bytes.
    """

    path: str
    must_exist: bool = True
    max_age: Seconds | None = None
    min_bytes: int = 0

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError(f"path must be absolute, like /var/backups/*.gz, not {self.path!r}")
        if "**" in self.path:
            raise ValueError("** is not understood: write one * for each directory")
        if self.min_bytes < 0:
            raise ValueError("min_bytes must not be negative")


class File:
    """Seen to be wrong: no file matches, or the newest is too old or too small. Cannot see: a directory on the way may not be
    read, or the newest file is dated in the future."""

    Config: ClassVar[type[msgspec.Struct]] = FileConfig
    readings: ClassVar[Mapping[str, str]] = {
        "age_seconds": "seconds since the newest match was last written",
        "size_bytes": "bytes in the newest match (not if it is a directory)",
        "count": "how many match",
    }

    def __init__(self, config: FileConfig, host: Host) -> None:
        self._config = config
        self._host = host

    @property
    def subject(self) -> str:
        """The path or pattern."""
        return self._config.path

    def look(self) -> Reading:
        """Find the newest match."""
        config, count = self._config, 0
        newest: tuple[float, str, os.stat_result] | None = None
        for path, found in _matches(config.path):
            count += 1
            if newest is None or found.st_mtime > newest[0]:
                newest = (found.st_mtime, path, found)
        if newest is None:
            verdict = TrapState.TRIPPED if config.must_exist else None
            return Reading({"count": 0.0}, f"no file matches {clean(config.path, 200)}", verdict)
        written, path, found = newest
        name = clean(os.path.basename(path), 120)
        age = self._host.clock.now().timestamp() - written
        if age < -_SKEW:
            raise ProbeError(f"{name} is dated {say_seconds(-age)} in the future: its age says nothing")
        age = max(0.0, age)
        values = {"age_seconds": age, "count": float(count)}
        text = f"{name} is {say_seconds(age)} old"
        wrong = []
        if config.max_age is not None and age > config.max_age:
            wrong.append(f"older than {say_seconds(config.max_age)}")
        if not stat.S_ISDIR(found.st_mode):
            values["size_bytes"] = float(found.st_size)
            text += f", {say_bytes(found.st_size)}" if found.st_size else ", empty"
            if found.st_size < config.min_bytes:
                wrong.append(f"smaller than {say_bytes(config.min_bytes)}")
        if wrong:
            return Reading(values, f"{text}: {' and '.join(wrong)}", TrapState.TRIPPED)
        return Reading(values, text)


def _matches(pattern: str) -> Iterator[tuple[str, os.stat_result]]:
    """Every path that matches, with what it leads to. `glob` would pass over what it may not read, in silence."""
    names = [name for name in pattern.split("/") if name]
    yield from _below("/", names)


def _below(directory: str, names: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    name, rest = names[0] if names else ".", names[1:]
    if not _MAGIC.intersection(name):
        yield from _one(os.path.join(directory, name), rest)
        return
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                hidden = entry.name.startswith(".") and not name.startswith(".")
                if hidden or not fnmatch.fnmatchcase(entry.name, name):
                    continue
                yield from _one(os.path.join(directory, entry.name), rest)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise ProbeError(f"cannot read the directory {clean(directory, 200)}: {error.strerror}") from error


def _one(path: str, rest: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    if rest:
        yield from _below(path, rest)
        return
    try:
        yield path, os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return  # not there, a dangling link, or gone since the directory was read
    except OSError as error:
        raise ProbeError(f"cannot look at {clean(path, 200)}: {error.strerror}") from error
