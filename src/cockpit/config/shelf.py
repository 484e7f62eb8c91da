"""The directories of Markdown runbooks, read, and read again where something in them changed.

What stands in them is executed. So nothing is read that others on this machine could have written (safety 21): no file or directory
that anyone may change, none below such a directory, and no symbolic link, which may be turned between two looks.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from ..core.books import Book, Books, named
from ..core.rows import Breathe, paced, unhurried
from ..core.runbooks import Runbook
from ..core.text import clean
from .book import read_book
from .model import Problem, Repository
from .standing import Mark, Standing

LARGEST = 256 * 1024
"""No runbook is larger, in bytes."""
MOST = 2_000
"""So many files are read of one directory at most."""
WIDEST = 2_000
"""So many directories are gone through of one: a clone of all that a company has is no directory of runbooks."""
DEEPEST = 12
"""So many directories below each other."""

_SKIPPED = frozenset({"node_modules", "__pycache__"})
_LINK = ("is a symbolic link, which could be turned to something else between two looks", "put what it leads to in its place")


class Shelf(msgspec.Struct, frozen=True):
    """What the directories hold: the books by name, and everything that is wrong, each with its file and line."""

    books: Books = {}
    problems: tuple[Problem, ...] = ()


class _Kept(msgspec.Struct, frozen=True):
    mark: Mark
    name: str
    book: Book | None
    problems: tuple[Problem, ...]


class Shelves:
    """Reads the directories; may block on their disk. ``configured`` are the runbooks of the config, whose names and letters are
    taken."""

    def __init__(self, repositories: Sequence[Repository], configured: Mapping[str, Runbook]) -> None:
        self.repositories, self.configured = tuple(repositories), configured
        self._kept: dict[str, _Kept] = {}
        self._shelf = Shelf()
        self._standing: Standing | None = None
        self._tops: tuple[str, ...] = ()

    def read(self, breathe: Breathe = unhurried) -> Shelf:
        """What is there now; the same object as before where nothing differs. Never raises: what cannot be read is a problem.
        ``breathe`` is called again and again between, and may rest."""
        tops = tuple(os.path.realpath(each.path) for each in self.repositories)
        if self._standing is not None and tops == self._tops and not any(map(_exposed, tops)) and self._standing.still:
            return self._shelf
        standing = Standing()
        seen: dict[str, _Kept] = {}
        problems: list[Problem] = []
        books: dict[str, Book] = {}
        for repository in self.repositories:
            for file in paced(_found(repository, problems, standing), breathe):
                kept = self._kept.get(file.path)
                if kept is None or kept.mark != file.mark:
                    kept = _read(file, repository)
                seen[file.path] = kept
                problems += kept.problems
                if kept.book is not None and (taken := self._holder(kept, books)):
                    what = f"there is a runbook {clean(kept.name)} already: {taken}"
                    problems.append(Problem(clean(file.path), 0, "", what, "rename one of them"))
                elif kept.book is not None:
                    books[kept.name] = kept.book
        self._kept, self._standing, self._tops = seen, standing, tops
        shelf = Shelf(self._with_letters(books, problems), tuple(problems))
        if shelf != self._shelf:
            self._shelf = shelf
        return self._shelf

    def _holder(self, kept: _Kept, books: Mapping[str, Book]) -> str:
        if kept.name in self.configured:
            return f"[runbooks.{kept.name}] of the config"
        return books[kept.name].file if kept.name in books else ""

    def _with_letters(self, books: Mapping[str, Book], problems: list[Problem]) -> dict[str, Book]:
        """The books, none of which has the letter of another runbook: one that comes later does not run."""
        holders = {book.key: name for name, book in self.configured.items() if book.key}
        out: dict[str, Book] = {}
        for name, book in books.items():
            key = book.runbook.key if book.runbook is not None else ""
            if key and key in holders:
                what = f"key {key!r} is also that of the runbook {holders[key]!r}"
                problem = Problem(book.file, 1, "key", what, "give one of them another letter, or none")
                problems.append(problem)
                book = msgspec.structs.replace(book, runbook=None, problems=(str(problem),))
            elif key:
                holders[key] = name
            out[name] = book
        return out


class _File(msgspec.Struct, frozen=True):
    """A file that was come upon: its path, its name as a runbook, how it differs from itself at another time, and a handle on its
    directory, so that it is read where it was found."""

    path: str
    name: str
    mark: Mark
    base: str
    directory: int


def _found(repository: Repository, problems: list[Problem], standing: Standing) -> Iterator[_File]:
    """The Markdown files of a repository, by name; what is refused goes to ``problems``, what was gone through to ``standing``."""
    top = os.path.realpath(repository.path)
    if reason := _exposed(top):
        problems.append(Problem(clean(top), 0, "", *reason))
        standing.doubt()
        return
    count = seen = 0

    def failed(error: OSError) -> None:
        problems.append(_failed(error))
        standing.doubt()

    try:
        for here, below, names, handle in os.fwalk(top, follow_symlinks=False, onerror=failed):
            seen += 1
            if seen > WIDEST:
                standing.doubt()
                what = f"holds more than {WIDEST:,} directories: the runbooks in the others are not read"
                problems.append(Problem(clean(top), 0, "", what, "name the one with the runbooks"))
                return
            facts = os.fstat(handle)
            standing.saw(here, facts, directory=True)
            if facts.st_mode & stat.S_IWOTH:
                problems.append(Problem(clean(here), 0, "", *_anyone(here)))
                below.clear()
                continue
            inner = os.path.relpath(here, top)
            depth = 0 if inner == "." else inner.count("/") + 1
            below[:] = sorted(each for each in below if not each.startswith(".") and each not in _SKIPPED and depth < DEEPEST)
            links = [each for each in below if stat.S_ISLNK(os.stat(each, dir_fd=handle, follow_symlinks=False).st_mode)]
            problems += (Problem(clean(os.path.join(here, each)), 0, "", *_LINK) for each in links)
            for base in sorted(each for each in names if each.endswith(".md") and not each.startswith(".")):
                path = os.path.join(here, base)
                count += 1
                if count > MOST:
                    problems.append(Problem(clean(top), 0, "", f"holds more than {MOST:,} runbooks: the others are not read"))
                    return
                facts = os.stat(base, dir_fd=handle, follow_symlinks=False)
                yield _File(path, named(os.path.relpath(path, top)), standing.saw(path, facts), base, handle)
    except OSError as error:  # gone while it was looked at: the next look tells
        failed(error)


def names_of(repository: Repository) -> Iterator[str]:
    """The names of the runbooks of a repository, whatever stands in them."""
    yield from (file.name for file in _found(repository, [], Standing()))


def _read(file: _File, repository: Repository) -> _Kept:
    shown = clean(file.path)

    def refused(what: str, hint: str = "", line: int = 0) -> _Kept:
        return _Kept(file.mark, file.name, None, (Problem(shown, line, "", what, hint),))

    try:
        with open(_opened(file), "rb", buffering=0) as handle:
            facts = os.fstat(handle.fileno())
            if not stat.S_ISREG(facts.st_mode):
                return refused("is not a plain file")
            if facts.st_mode & stat.S_IWOTH:
                return refused(*_anyone(shown))
            raw = handle.read(LARGEST + 1)
    except OSError as error:
        if stat.S_ISLNK(file.mark[-1]):
            return refused(*_LINK)
        return refused(f"cannot be read: {error.strerror}")
    if len(raw) > LARGEST:
        return refused(f"is larger than {LARGEST // 1024} KiB: that is no runbook")
    if b"\0" in raw:
        return refused("holds a NUL byte: that is no text", line=raw.count(b"\n", 0, raw.index(b"\0")) + 1)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return refused(f"holds a byte that is not UTF-8 (0x{raw[error.start]:02x})", "save the file as UTF-8", line)
    book, problems = read_book(file.name, shown, text.replace("\r\n", "\n").replace("\r", "\n"))
    url = repository.url and repository.url.rstrip("/") + "/" + os.path.relpath(file.path, os.path.realpath(repository.path))
    return _Kept(file.mark, file.name, msgspec.structs.replace(book, url=url), problems)


def _opened(file: _File) -> int:
    return os.open(file.base, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=file.directory)


def _failed(error: OSError) -> Problem:
    return Problem(clean(str(error.filename or "")), 0, "", f"cannot be read: {error.strerror}")


def _anyone(path: str) -> tuple[str, str]:
    return "can be changed by anyone on this machine, and it says what is run", f"chmod o-w {clean(path)}"


def _exposed(top: str) -> tuple[str, str] | None:
    """Why somebody else could put another directory in the place of this one; ``None`` if nobody can."""
    path = Path(top)
    own = {0, os.getuid()}
    for parent in path.parents:
        try:
            mode, owner = parent.stat().st_mode, path.stat().st_uid
        except OSError as error:
            return f"cannot be read: {error.strerror}", "give the path of a directory that is there, or take it out of the config"
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            return (
                f"lies in {clean(str(parent))}, which can be changed by anyone on this machine",
                f"chmod o-w {clean(str(parent))}",
            )
        if mode & stat.S_IWOTH and owner not in own:
            return (
                f"lies in {clean(str(parent))}, where anyone may put things, and {clean(str(path))} is somebody else's",
                "move it",
            )
        path = parent
    return None
