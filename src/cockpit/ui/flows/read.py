"""Reading a Markdown runbook over the board: opened from its offer, the picker, a link; and from one to another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from ...core.alerts import Ref
from ...core.books import Book, linked
from ...engine.desk import Desk
from ..palette import Entry, Picker
from ..reader import Reader
from .run import run
from .steps import Board, Rest, refuse, show


def read(board: Board, desk: Desk, alert: Ref | None, name: str, anchor: str = "") -> Rest:
    """Open a runbook for reading, at a heading of it or where it was left."""
    books = desk.books()
    if name not in books:
        from difflib import get_close_matches

        near = get_close_matches(name, books, 1)
        return refuse(board, f"there is no Markdown runbook {name!r}" + (f": did you mean {near[0]}?" if near else ""))

    def follow(here: Book, urls: Sequence[str]) -> None:
        if len(urls) == 1:
            lead(here, urls[0])
            return
        entries = [Entry(str(n), url) for n, url in enumerate(urls)]
        board.start(_chosen(show(board, Picker("Open which link?", entries)), lambda n: lead(here, urls[n])))

    def lead(here: Book, url: str) -> None:
        found = linked(desk.books(), here, url)
        if found is not None:
            board.start(read(board, desk, alert, found[0].name, found[1]))
        elif "://" in url:
            board.browse(url)
        else:
            board.say(f"{url} is no runbook of this repository", "refusal")

    reader = Reader(
        desk,
        next(iter(board.panes.values())).look,
        name,
        alert,
        zone=board.zone,
        anchor=anchor,
        on_run=lambda first: board.start(run(board, desk, alert, name, first=first)),
        on_digit=lambda digit: board.do("run", str(digit)),
        on_link=follow,
        on_copy=board.app.copy_to_clipboard,
    )
    return _read(board, reader, show(board, reader))


async def _read(board: Board, reader: Reader, answer: Awaitable[None]) -> None:
    before, board.voice = board.voice, reader.say
    try:
        await answer
    finally:
        board.voice = before


async def _chosen(answer: Awaitable[str | None], then: Callable[[int], None]) -> None:
    chosen = await answer
    if chosen is not None:
        then(int(chosen))


def pick_book(board: Board, desk: Desk, alert: Ref | None) -> Rest:
    """Pick from all that can be read: those offered here first."""
    books = desk.books()
    here = [each.runbook.name for each in board.offers if each.runbook.name in books]
    ranked = [*here, *(name for name in books if name not in here)]
    entries = [Entry(name, books[name].title, _detail(books[name]), also=(name,)) for name in ranked]
    return _picked(board, desk, alert, show(board, Picker("Read which runbook?", entries)))


def _detail(book: Book) -> str:
    if book.problems:
        return f"{book.name} cannot be run"
    return f"{book.name} !" if book.runbook is not None and book.runbook.changes is not None else book.name


async def _picked(board: Board, desk: Desk, alert: Ref | None, answer: Awaitable[str | None]) -> None:
    name = await answer
    if name is not None:
        await read(board, desk, alert, name)
