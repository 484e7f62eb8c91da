"""One Markdown runbook: its front matter says what it is, its body what is read and what is run.

What it says becomes the table that ``[runbooks.NAME]`` would hold, and is judged by the same reader: a rule that holds for the one
holds for the other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import msgspec

from ..core.books import Book
from ..core.placeholders import literal
from ..core.runbooks import Runbook
from ..core.text import clean
from . import front as front_matter
from .book_text import ASIDE, Body, Fenced, body
from .decode import Decoder
from .faults import Faults
from .locate import KeyPath, nearest
from .model import Problem
from .runbooks import read_runbook
from .secrets import unresolved

_OURS = ("run", "script", "interpreter", "steps")
_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")
_TEXTS = frozenset({"name", "when", "cwd"})
_WORDS: dict[str, object] = {"true": True, "false": False}


def read_book(name: str, file: str, text: str) -> tuple[Book, tuple[Problem, ...]]:
    """The book, and what is wrong with it: a file with faults can be read and not run. ``file`` is for people."""
    front, rest, first = front_matter.split(text)
    parsed = body(rest, first)
    unrun = tuple(msgspec.structs.replace(each, step=0) if each.step else each for each in parsed.blocks)
    book = Book(name=name, title=clean(parsed.title or name), file=file, blocks=unrun)
    if front is None:
        return book, ()
    try:
        table, lines = front_matter.read(front)
    except front_matter.FrontError as error:
        problems: tuple[Problem, ...] = (Problem(file, error.line, "", clean(str(error)), error.hint),)
        return msgspec.structs.replace(book, problems=tuple(map(str, problems))), problems
    faults = Faults(lambda path: (file, _line(path, lines, parsed)))
    runbook = _runbook(faults, name, table, parsed)
    problems = tuple(
        msgspec.structs.replace(each, key=_key(each.key, name)) for each in sorted(faults.problems, key=lambda p: p.line)
    )
    if problems or runbook is None:
        return msgspec.structs.replace(book, problems=tuple(map(str, problems))), problems
    return msgspec.structs.replace(book, title=runbook.title, runbook=runbook, blocks=parsed.blocks), ()


def _runbook(faults: Faults, name: str, table: Mapping[str, object], parsed: Body) -> Runbook | None:
    path: KeyPath = ("runbooks", name)
    if "steps" in table:
        hint = "a fenced block with a language is a step, and so is a check box"
        faults.add((*path, "steps"), "steps are not written in the front matter: they stand in the text", hint)
    params = declared if isinstance(declared := table.get("params"), dict) else {}
    steps = [_step(faults, step, params, (*path, "steps", index)) for index, step in enumerate(parsed.steps)]
    titled = {"title": parsed.title or name, **table}
    return read_runbook(Decoder(faults, unresolved), name, {**titled, "steps": steps}, prose=True)


def _step(faults: Faults, step: Fenced, params: Collection[str], path: KeyPath) -> dict[str, object]:
    if not step.program:
        return {"manual": _BRACES.sub(lambda found: found[0] if found[1] in params else literal(found[0]), step.text)}
    table: dict[str, object] = {"script": step.text, "interpreter": step.program}
    for word in step.attributes:
        key, equals, value = word.partition("=")
        if key in _OURS:
            faults.add((*path, key), f"{key} is what the block itself says", "leave it out")
        elif equals:
            _put(table, key.split("."), value)
        else:
            hint = f"write key=value behind the language, like name=restart, or {ASIDE} for a block that is only read"
            faults.add(path, f"{clean(word, 60)!r} means nothing for a step", hint)
    return table


def _put(table: dict[str, object], keys: Sequence[str], value: str) -> None:
    """``capture.pid.regex=…`` is a table in a table, as in TOML; what stands there is always a text."""
    first, *rest = keys
    if not rest:
        table[first] = _value(first, value)
        return
    for key in keys[:-1]:
        inner = table.setdefault(key, {})
        if not isinstance(inner, dict):
            return  # the reader of steps says what is wrong with the one that was first
        table = inner
    table[keys[-1]] = value


def _value(key: str, text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if key not in _TEXTS and text.isascii() and text.isdigit() and len(text) < 10 else text


def _line(path: KeyPath, lines: Mapping[KeyPath, int], parsed: Body) -> int:
    """Where it stands in the file: a step by its own line, all else by the line of its key."""
    below = path[2:]
    if len(below) > 1 and below[0] == "steps" and isinstance(below[1], int) and below[1] < len(parsed.steps):
        return parsed.steps[below[1]].line
    return nearest(lines, below) or 1


def _key(key: str, name: str) -> str:
    """As it is called in a Markdown file: ``match``, ``steps[2].timeout``."""
    return key.removeprefix(f"runbooks.{name}").removeprefix(".")
