"""What a command gets from its command line, and how it is ended early."""

from __future__ import annotations

import msgspec

from . import BAD


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The general options, and this command's own in ``args``."""

    config: str | None = None
    json: bool = False
    color: bool = True
    read_only: bool = False
    theme: str | None = None
    args: dict[str, object] = {}

    def text(self, name: str) -> str:
        """One of the command's own options, as text; "" if absent."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """Whether one of the command's own switches is set."""
        return bool(self.args.get(name))

    def words(self, name: str) -> list[str]:
        """One of the command's own lists."""
        value = self.args.get(name)
        return [str(word) for word in value] if isinstance(value, list) else []


class Stop(Exception):
    """Ends a command with a sentence for the person and an exit status."""

    def __init__(self, message: str, status: int = BAD) -> None:
        super().__init__(message)
        self.status = status


class Ended(Exception):
    """Ends a command that somebody ended from outside, without a word: the terminal may be gone."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number
