"""Collecting what is wrong with a configuration, each fault at its file and line, with the nearest right word."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..core.text import clean
from .locate import KeyPath
from .model import ConfigError, Problem

Place = Callable[[KeyPath], tuple[str, int]]
"""Gives the file and line (from 1; 0 if none) where a key is written."""


class Faults:
    """Every fault found so far; ``place`` tells where a key is written. ``remarks`` are for the person, too, and no faults."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.problems: list[Problem] = []
        self.remarks: list[str] = []

    def add(self, path: KeyPath, what: str, hint: str = "") -> None:
        """Note that ``what`` is wrong at ``path``; what the file brought into the words cannot drive a terminal."""
        file, line = self.place(path)
        self.problems.append(Problem(clean(file), line, clean(dotted(path)), clean(what), clean(hint)))

    def where(self, path: KeyPath) -> str:
        """``file:line`` of a key, for a problem that names two places."""
        file, line = self.place(path)
        return f"{file}:{line}" if line else file

    def raise_if_any(self) -> None:
        """Raises `ConfigError` with every problem, in the order of files and lines; otherwise does nothing."""
        if self.problems:
            order = {name: index for index, name in enumerate(dict.fromkeys(p.file for p in self.problems))}
            raise ConfigError(tuple(sorted(self.problems, key=lambda p: (order[p.file], p.line))))


def dotted(path: KeyPath) -> str:
    """A key path as people write it: ``traps.root-disk.warn``, ``rosters.primary.layers[2].people`` (positions count from 1)."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += ("." if text else "") + part
    return text


def suggestion(word: str, known: Iterable[str], *, listed: bool = True) -> str:
    """``did you mean used_percent?``; where nothing is near, what there is to choose from (if ``listed``)."""
    import difflib  # deferred: only a fault needs it

    choices = sorted(set(known))
    near = difflib.get_close_matches(word.lower(), choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"known are {', '.join(choices)}" if choices and listed else ""
