"""The files of one configuration put together: ``config.toml`` first, then the drop-ins in name order."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..core.text import clean
from .locate import KeyPath, lines_of, nearest
from .model import ConfigError, Problem

NAMED = ("people", "rosters", "sources", "traps", "runbooks")
"""Tables whose entries have names: one name may be defined once in all files."""

LIMIT = 8 * 2**20
"""No configuration is larger, in bytes."""

_POSITION = re.compile(r"(.*) \((?:at line (\d+), column (\d+)|at end of document)\)", re.DOTALL)


class Merged:
    """The tables of all files as one, and where each key is written."""

    def __init__(self) -> None:
        self.table: dict[str, object] = {}
        self.problems: list[Problem] = []
        self._places: dict[KeyPath, tuple[str, int]] = {}
        self._files: list[str] = []

    def place(self, path: KeyPath) -> tuple[str, int]:
        """The file and line of a key, or of the closest thing around it."""
        while path:
            if path in self._places:
                return self._places[path]
            path = path[:-1]
        return (self._files[0] if self._files else "config.toml", 0)

    def add(self, file: Path, table: Mapping[str, object], lines: Mapping[KeyPath, int]) -> None:
        """Lay one more file over what is there. Named entries come together; other keys replace those of an earlier file."""
        name = str(file)
        self._files.append(name)
        for key, value in table.items():
            if key in NAMED and isinstance(value, Mapping) and isinstance(self.table.get(key, {}), dict):
                self._named(name, key, value, lines)
            elif key == "keys" and isinstance(value, Mapping) and isinstance(self.table.get(key, {}), dict):
                self._group(key).update(value)
                self._keep(name, (key,), lines)
            else:
                self.table[key] = value
                self._keep(name, (key,), lines)

    def _group(self, key: str) -> dict[str, object]:
        group = self.table.setdefault(key, {})
        assert isinstance(group, dict)  # noqa: S101  # `add` has looked
        return group

    def _named(self, file: str, key: str, entries: Mapping[str, object], lines: Mapping[KeyPath, int]) -> None:
        group = self._group(key)
        self._places.setdefault((key,), (file, nearest(lines, (key,))))
        for name, entry in entries.items():
            path = (key, name)
            if name not in group:
                group[name] = entry
                self._keep(file, path, lines)
            elif key == "rosters" and isinstance(entry, Mapping) and set(entry) == {"overrides"}:
                self._overrides(file, path, group, entry, lines)
            else:
                first, line = self.place(path)
                what = f"{key}.{name} is defined twice: here and at {first}:{line}"
                self.problems.append(
                    Problem(file, nearest(lines, path), clean(f"{key}.{name}"), clean(what), "keep one, or rename one of them")
                )

    def _overrides(
        self, file: str, path: KeyPath, group: dict[str, object], entry: Mapping[str, object], lines: Mapping[KeyPath, int]
    ) -> None:
        """A later file may add overrides to a roster: that is what ``cockpit oncall override`` writes."""
        roster = group[str(path[1])]
        more = entry["overrides"]
        if not isinstance(roster, Mapping) or not isinstance(more, list):
            return
        held = roster.get("overrides", [])
        if not isinstance(held, list):
            return
        group[str(path[1])] = {**roster, "overrides": [*held, *more]}
        for found, line in lines.items():
            if found[:3] == (*path, "overrides") and len(found) > 3 and isinstance(found[3], int):
                self._places[(*found[:3], found[3] + len(held), *found[4:])] = (file, line)

    def _keep(self, file: str, path: KeyPath, lines: Mapping[KeyPath, int]) -> None:
        for found, line in lines.items():
            if found[: len(path)] == path:
                self._places[found] = (file, line)


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
        merged.add(file, parsed, lines_of(read))
    if broken:
        raise ConfigError(tuple(broken))
    return merged


def _read(file: Path) -> str | Problem:
    name = clean(str(file))
    try:
        with file.open("rb") as handle:
            facts = os.fstat(handle.fileno())
            raw = handle.read(LIMIT + 1)
    except FileNotFoundError:
        return Problem(name, 0, "", "there is no such file", "`cockpit init` writes a first configuration")
    except OSError as error:
        return Problem(name, 0, "", f"cannot be read: {error.strerror}")
    if stat.S_ISREG(facts.st_mode) and facts.st_mode & stat.S_IWOTH:
        return Problem(name, 0, "", "can be changed by anyone on this machine, and it says what is run", f"chmod o-w {name}")
    if len(raw) > LIMIT:
        return Problem(name, 0, "", f"is larger than {LIMIT // 2**20} MiB: that is no configuration")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Problem(name, line, "", f"holds a byte that is not UTF-8 (0x{raw[error.start]:02x})", "save the file as UTF-8")


def _parse(file: Path, text: str) -> dict[str, object] | Problem:
    name = clean(str(file))
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _POSITION.fullmatch(str(error))
        said = clean(found[1] if found else str(error))
        if found is None or found[2] is None:
            return Problem(name, len(text.splitlines()), "", f"broken TOML at the end of the file: {said}")
        return Problem(name, int(found[2]), "", f"broken TOML at column {found[3]}: {said}", _syntax_hint(said))
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
