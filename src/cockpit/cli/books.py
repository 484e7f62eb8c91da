"""Markdown runbooks on the command line: what there is, and one of them to read."""

from __future__ import annotations

import shutil
import sys

from ..config.model import Config
from ..config.shelf import Shelf, Shelves
from ..core.books import Book
from . import FINE, USAGE
from .configured import configured
from .listing import as_json, say, say_output
from .options import Options, Stop

_STYLES = {
    "title-focus": "1", "title": "1", "strong": "1", "muted": "2", "rule": "2", "bar-away": "2", "code": "36", "link": "4",
    "stale": "9", "key": "1",
}  # fmt: skip
"""How roles look without a theme (ECMA-48, 8.3.117)."""
_WIDEST = 100


def shelf(config: Config) -> Shelf:
    """What the repositories of a config hold now."""
    return Shelves(tuple(config.repositories.values()), config.runbooks).read()


def show(options: Options) -> int:
    """One Markdown runbook, set for reading; what is wrong with it comes first."""
    name, books = options.text("show"), shelf(configured(options)).books
    if name not in books:
        from difflib import get_close_matches

        near = get_close_matches(name, books, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(books)}" if books else "there is none"
        raise Stop(f"there is no Markdown runbook {name!r}; {hint}", USAGE)
    book = books[name]
    if options.json:
        as_json([{"name": book.name, "title": book.title, "file": book.file, "url": book.url or None, "text": _text(book)}])
        return FINE
    from ..ui.typeset import typeset  # deferred: it brings the screen's rooms, and a listing has no need of them

    for problem in book.problems:
        say(f"cannot be run: {problem}")
    width = min(_WIDEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else 80
    for line in typeset(book.blocks, max(20, width)):
        say_output("".join(_styled(text, role, options.color) for text, role in line.spans).rstrip())
    return FINE


def _styled(text: str, role: str, color: bool) -> str:
    style = _STYLES.get(role, "") if color else ""
    return f"\x1b[{style}m{text}\x1b[m" if style else text


def _text(book: Book) -> str:
    from ..ui.typeset import typeset  # deferred, as above

    return "\n".join("".join(text for text, _ in line.spans).rstrip() for line in typeset(book.blocks, 80))
