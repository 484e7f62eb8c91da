"""What is proposed for this machine: to be chosen from, used at once, or written down."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from ..config.model import Config
from ..core.runbooks import Runbook
from ..core.traps import Trap


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """One trap, and ``because``: what was seen that speaks for it, in one line.

    ``needs`` says what a person must do first for it to see anything ("" = nothing); as long as that is so it is not ``active``,
    and stands in the file as a comment.
    """

    trap: Trap
    because: str
    needs: str = ""

    @property
    def active(self) -> bool:
        """Whether it can watch from the start."""
        return not self.needs


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Traps and runbooks that fit this machine. ``remarks`` say what could not be looked at."""

    host: str
    at: str
    suggestions: tuple[Suggestion, ...]
    runbooks: tuple[Runbook, ...]
    remarks: tuple[str, ...] = ()

    def only(self, names: Collection[str]) -> Proposal:
        """Just the traps with these names, and the runbooks that they use. What a person chose is active, whatever it needs."""
        chosen = tuple(msgspec.structs.replace(each, needs="") for each in self.suggestions if each.trap.name in names)
        used = {name for each in chosen for name in each.trap.runbooks}
        books = tuple(book for book in self.runbooks if book.name in used)
        return msgspec.structs.replace(self, suggestions=chosen, runbooks=books)

    def config(self) -> Config:
        """A configuration of all that can watch from the start, ready to be used."""
        traps = {each.trap.name: each.trap for each in self.suggestions if each.active}
        used = {name for trap in traps.values() for name in trap.runbooks}
        runbooks = {book.name: book for book in self.runbooks if book.name in used}
        return Config(traps=traps, runbooks=runbooks, proposed=True, remarks=self.remarks)

    def toml(self) -> str:
        """The same as a commented ``config.toml``, with the questions that a person should answer. It passes ``cockpit check``."""
        from .render import render  # deferred: only `cockpit init` writes

        return render(self)
