"""Which line of a TOML text a key stands on: tomllib tells that for broken syntax alone.

The text has been read by tomllib before it comes here, so this walk need not judge it, only find its way through: tables, arrays of
tables, dotted and quoted keys, inline tables, and strings of several lines that look like keys.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping

from ..core.regex import regex

KeyPath = tuple[str | int, ...]
"""The way to a value: table and key names, and positions (from 0) in arrays."""

_BARE = regex(r"[A-Za-z0-9_-]+")
_SCALAR = regex(r"[^\s,\]}#][^,\]}#\n]*")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\", "e": "\x1b"}
_ESCAPE = regex(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)


def lines_of(text: str) -> dict[KeyPath, int]:
    """The line (from 1) of every key, table and array item of ``text``, which must be valid TOML."""
    walk = _Walk(text.replace("\r\n", "\n"))
    with contextlib.suppress(IndexError, RecursionError):  # nested deeper than we follow: what was found until there still serves
        walk.document()
    return walk.lines


def nearest(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """The line of ``path`` or of the closest thing around it; 0 if nothing of it is written down."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return 0


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text + "\n"
        self.at = 0
        self.line = 1
        self.lines: dict[KeyPath, int] = {}
        self.items: dict[KeyPath, int] = {}  # how many [[tables]] each array of tables has so far

    def document(self) -> None:
        table: KeyPath = ()
        while self.skip(newlines=True):
            if self.text.startswith("[[", self.at):
                self.step(2)
                table = self.next_item(self.through(self.key()))
                self.step(2)
            elif self.text[self.at] == "[":
                self.step(1)
                table = self.through(self.key())
                self.note(table)
                self.step(1)
            else:
                self.pair(table)

    def skip(self, *, newlines: bool) -> bool:
        """Past blanks and comments; False at the end of the text."""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "#":
                self.at = self.text.index("\n", self.at)
            elif char in " \t" or (char == "\n" and newlines):
                self.step(1)
            else:
                return True
        return False

    def step(self, count: int) -> None:
        self.line += self.text.count("\n", self.at, self.at + count)
        self.at += count

    def note(self, path: KeyPath) -> None:
        for size in range(1, len(path) + 1):
            self.lines.setdefault(path[:size], self.line)

    def through(self, names: tuple[str, ...]) -> KeyPath:
        """The path of a table header, which goes through the newest item of every array of tables on its way."""
        path: KeyPath = ()
        for name in names:
            if path in self.items:
                path = (*path, self.items[path] - 1)
            path = (*path, name)
        return path

    def next_item(self, array: KeyPath) -> KeyPath:
        self.note(array)
        self.items[array] = self.items.get(array, 0) + 1
        item = (*array, self.items[array] - 1)
        self.note(item)
        return item

    def key(self) -> tuple[str, ...]:
        names: list[str] = []
        while True:
            self.skip(newlines=False)
            quote = self.text[self.at]
            if quote in "\"'":
                names.append(self.string())
            else:
                bare = _BARE.match(self.text, self.at)
                if bare is None:
                    raise IndexError(self.at)
                names.append(bare[0])
                self.at = bare.end()
            self.skip(newlines=False)
            if self.text[self.at] != ".":
                return tuple(names)
            self.step(1)

    def pair(self, table: KeyPath) -> None:
        self.skip(newlines=True)
        path = (*table, *self.key())
        self.note(path)
        self.step(1)  # "="
        self.value(path)

    def value(self, path: KeyPath) -> None:
        self.skip(newlines=True)
        match self.text[self.at]:
            case '"' | "'":
                self.string()
            case "[":
                self.array(path)
            case "{":
                self.inline(path)
            case _:
                found = _SCALAR.match(self.text, self.at)
                if found is None:
                    raise IndexError(self.at)
                self.at = found.end()

    def array(self, path: KeyPath) -> None:
        self.step(1)
        index = 0
        while self.skip(newlines=True) and self.text[self.at] != "]":
            if self.text[self.at] == ",":
                self.step(1)
                continue
            self.note((*path, index))
            self.value((*path, index))
            index += 1
        self.step(1)

    def inline(self, path: KeyPath) -> None:
        self.step(1)
        while self.skip(newlines=True) and self.text[self.at] != "}":
            if self.text[self.at] == ",":
                self.step(1)
                continue
            self.pair(path)
        self.step(1)

    def string(self) -> str:
        """Past a string of any of the four kinds; gives what a one-line one says."""
        quote = self.text[self.at]
        if self.text.startswith(quote * 3, self.at):
            end = self.at + 3
            while not self.text.startswith(quote * 3, end):
                end += 2 if quote == '"' and self.text[end] == "\\" else 1
            end += 3
            while self.text.startswith(quote, end):  # up to two quotes may stand before the closing three
                end += 1
            self.step(end - self.at)
            return ""
        end = self.at + 1
        while self.text[end] != quote:
            end += 2 if quote == '"' and self.text[end] == "\\" else 1
        inner = self.text[self.at + 1 : end]
        self.step(end + 1 - self.at)
        return inner if quote == "'" else _ESCAPE.sub(_unescaped, inner)


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _ESCAPES.get(found[3], found[3])
