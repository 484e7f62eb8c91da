"""The files of one configuration put together: ``config.toml`` first, then the drop-ins in name order."""

from __future__ import annotations

import os
import re
import select
import stat
import time
import tomllib
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from ..core.text import clean
from .locate import KeyPath, lines_of, nearest
from .model import ConfigError, Problem

NAMED = ("people", "holidays", "rosters", "sources", "traps", "runbooks", "repositories", "channels", "escalations", "incidents")
"""Tables whose entries have names: one name may be defined once in all files."""

JOINED = ("keys", "addresses")
"""Tables whose keys come together from all files; the later one wins."""

LIMIT = 8 * 2**20
"""No configuration is larger, in bytes."""

PATIENCE = 5.0
"""Seconds for which a configuration may come out of a pipe (``--config <(…)``)."""

_POSITION = r"(?s)(.*) \((?:at line (\d+), column (\d+)|at end of document)\)"


Lines = Callable[[], Mapping[KeyPath, int]]
"""Gives the line of every key of one file; looked for when somebody asks, for most files have no fault."""


class Merged:
    """The tables of all files as one, and where each key is written."""

    def __init__(self) -> None:
        self.table: dict[str, object] = {}
        self.problems: list[Problem] = []
        self._places: dict[KeyPath, tuple[str, int]] = {}
        self._below: dict[Lines, dict[KeyPath, list[tuple[KeyPath, int]]]] = {}
        self._unplaced: list[Callable[[], object]] = []
        self._overriding: list[tuple[str, KeyPath, Mapping[str, object], Lines]] = []
        self._files: list[str] = []

    def place(self, path: KeyPath) -> tuple[str, int]:
        """The file and line of a key, or of the closest thing around it."""
        for put in self._unplaced:
            put()
        self._unplaced.clear()
        while path:
            if path in self._places:
                return self._places[path]
            path = path[:-1]
        return (self._files[0] if self._files else "config.toml", 0)

    def add(self, file: Path, table: Mapping[str, object], lines: Lines) -> None:
        """Lay one more file over what is there. Named entries come together; other keys replace those of an earlier file."""
        name = str(file)
        self._files.append(name)
        for key, value in table.items():
            if key in NAMED and isinstance(value, Mapping) and isinstance(self.table.get(key, {}), dict):
                self._named(name, key, value, lines)
            elif key in JOINED and isinstance(value, Mapping) and isinstance(self.table.get(key, {}), dict):
                self._group(key).update(value)
                self._keep(name, (key,), lines)
            else:
                self.table[key] = value
                self._keep(name, (key,), lines)

    def _group(self, key: str) -> dict[str, object]:
        group = self.table.setdefault(key, {})
        assert isinstance(group, dict)  # noqa: S101  # `add` has looked
        return group

    def _named(self, file: str, key: str, entries: Mapping[str, object], lines: Lines) -> None:
        group = self._group(key)
        self._unplaced.append(lambda: self._places.setdefault((key,), (file, nearest(lines(), (key,)))))
        for name, entry in entries.items():
            path = (key, name)
            if key == "rosters" and isinstance(entry, Mapping) and set(entry) == {"overrides"}:
                self._overriding.append((file, path, entry, lines))
            elif name not in group:
                group[name] = entry
                self._keep(file, path, lines)
            else:
                first, line = self.place(path)
                what = f"{key}.{name} is defined twice: here and at {first}:{line}"
                self.problems.append(
                    Problem(file, nearest(lines(), path), clean(f"{key}.{name}"), clean(what), "keep one, or rename one of them")
                )

    def finish(self) -> None:
        """All files are here: lay what only overrides over the rosters, wherever these are defined."""
        for file, path, entry, lines in self._overriding:
            group = self._group(str(path[0]))
            if path[1] in group:
                self._overrides(file, path, group, entry, lines)
            else:
                group[str(path[1])] = entry
                self._keep(file, path, lines)

    def _overrides(self, file: str, path: KeyPath, group: dict[str, object], entry: Mapping[str, object], lines: Lines) -> None:
        """A file may add overrides to a roster of another: that is what ``cockpit oncall override`` writes."""
        roster = group[str(path[1])]
        more = entry["overrides"]
        if not isinstance(roster, Mapping) or not isinstance(more, list):
            return
        held = roster.get("overrides", [])
        if not isinstance(held, list):
            return
        group[str(path[1])] = {**roster, "overrides": [*held, *more]}
        self._unplaced.append(partial(self._put, file, (*path, "overrides"), lines, len(held)))

    def _keep(self, file: str, path: KeyPath, lines: Lines) -> None:
        self._unplaced.append(partial(self._put, file, path, lines))

    def _put(self, file: str, path: KeyPath, lines: Lines, after: int = 0) -> None:
        """Remember where the keys below ``path`` are written. ``after``: it is a list, behind so many items of another file."""
        depth = len(path)
        if lines not in self._below:  # by entry: to go through a whole file for each of its entries takes minutes for 20,000
            groups = self._below[lines] = dict[KeyPath, list[tuple[KeyPath, int]]]()
            for found, line in lines().items():
                for size in {1, min(2, len(found))}:
                    groups.setdefault(found[:size], []).append((found, line))
        for found, line in self._below[lines].get(path[:2], ()):
            if found[:depth] != path:
                continue
            if not after:
                self._places[found] = (file, line)
            elif len(found) > depth and isinstance(index := found[depth], int):
                self._places[(*path, index + after, *found[depth + 1 :])] = (file, line)


def merge(files: Sequence[Path]) -> Merged:
    """Read and merge the files.

    Raises `ConfigError` with what cannot be read of any of them: without it, nothing else can be judged.
    """
    merged = Merged()
    broken: list[Problem] = []
    for file in files:
        read = _read(file)
        if isinstance(read, Problem):
            broken.append(read)
            continue
        parsed = _parse(file, read)
        if isinstance(parsed, Problem):
            broken.append(parsed)
            continue
        merged.add(file, parsed, cache(partial(lines_of, read)))
    if broken:
        raise ConfigError(tuple(broken))
    merged.finish()
    return merged


def _read(file: Path) -> str | Problem:
    name = clean(str(file))
    try:
        # without O_NONBLOCK, opening a pipe waits for a writer, for ever
        with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb", buffering=0) as handle:
            facts = os.fstat(handle.fileno())
            plain = stat.S_ISREG(facts.st_mode)
            if not plain and file.suffix == ".toml":
                return Problem(name, 0, "", "is not a plain file")
            raw = handle.readall() if plain and facts.st_size <= LIMIT else _poured(handle.fileno())
    except TimeoutError:
        return Problem(name, 0, "", f"is a pipe that was not written and closed within {PATIENCE:.0f} s")
    except FileNotFoundError:
        return Problem(name, 0, "", "there is no such file", "`cockpit init` writes a first configuration")
    except OSError as error:
        return Problem(name, 0, "", f"cannot be read: {error.strerror}")
    if plain and facts.st_mode & stat.S_IWOTH:
        return Problem(name, 0, "", "can be changed by anyone on this machine, and it says what is run", f"chmod o-w {name}")
    if len(raw) > LIMIT:
        return Problem(name, 0, "", f"is larger than {LIMIT // 2**20} MiB: that is no configuration")
    try:
        return raw.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Problem(name, line, "", f"holds a byte that is not UTF-8 (0x{raw[error.start]:02x})", "save the file as UTF-8")


def _poured(handle: int) -> bytes:
    """All that comes out of a pipe until it is closed. Raises ``TimeoutError`` where that takes too long."""
    poured, until = bytearray(), time.monotonic() + PATIENCE
    piped = stat.S_ISFIFO(os.fstat(handle).st_mode)
    while len(poured) <= LIMIT:
        try:
            chunk = os.read(handle, 65536)
        except BlockingIOError:
            select.select([handle], [], [], 0.1)
        else:
            if not chunk and (poured or not piped):  # an empty pipe may only wait for its writer
                break
            poured += chunk
            if not chunk:
                time.sleep(0.05)
        if time.monotonic() > until:
            raise TimeoutError
    return bytes(poured)


def _parse(file: Path, text: str) -> dict[str, object] | Problem:
    name = clean(str(file))
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.fullmatch(_POSITION, str(error))
        said = clean(found[1] if found else str(error))
        if found is None or found[2] is None:
            return Problem(name, len(text.splitlines()), "", f"broken TOML at the end of the file: {said}")
        return Problem(name, int(found[2]), "", f"broken TOML at column {found[3]}: {said}", _syntax_hint(said))
    except ValueError:  # the one that is no TOMLDecodeError: Python reads no number of more than 4300 digits
        found = re.search(r"[0-9_]{4300}", text)
        line = text.count("\n", 0, found.start()) + 1 if found else 0
        return Problem(name, line, "", "holds a number of thousands of digits")
    except RecursionError:
        return Problem(name, 0, "", "is nested too deeply to be read")


def _syntax_hint(said: str) -> str:
    if said.startswith("Invalid value"):
        return 'a text stands in quotes, like theme = "day"'
    if "overwrite" in said or "twice" in said:
        return "the same key or table stands further up"
    if said.startswith("Expected '=' after a key"):
        return "a line is key = value, [table], or # comment"
    return ""
