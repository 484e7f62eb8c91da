"""What every kind of step says of itself, so that nothing can be executed that was not shown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from typing import Protocol, Self

import msgspec

from ..placeholders import encodes
from ..regex import regex
from ..text import clean

KeyPath = tuple[str | int, ...]
"""Where something stands in a step's table: ``("env", "HOST")``."""

_SECRET_NAME = regex(r"TOKEN|SECRET|PASS|KEY|CREDENTIAL|AUTH", re.I)
_NAME = regex(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
_REFERENCE = regex(r"(keyring|env|file|command):\S.*")
_VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a step as configured: where in its table, what, and what to write instead."""

    where: KeyPath
    what: str
    hint: str = ""


class Shown(msgspec.Struct, frozen=True):
    """A line of a step's preview: a label for people, and words of which every byte must be seen. Whoever draws it spells each of
    them as a shell would have it written; those of a ``text`` (a line of a script, of a body) bare where nothing in it is hidden.
    ``beside`` is less than the line above it: where, with what."""

    label: str
    words: tuple[str, ...]
    text: bool = False
    beside: bool = False


class Kind(Protocol):
    """A kind of step. As configured its texts may hold ``{param}``; `filled` gives it with every value in its place, and only that
    is executed, shown or compared."""

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """Every text that may hold ``{param}``, and where it stands."""
        ...

    def names(self, params: Collection[str]) -> tuple[str, ...]:
        """Those of ``params`` that it takes in another way than by ``{param}``."""
        ...

    def faults(self, params: Collection[str]) -> Iterator[Fault]:
        """What is wrong with it as configured; ``params`` are the names that have a value."""
        ...

    def unsafe(self) -> str:
        """Why a value could become more than a value in it, as configured; "" if it cannot."""
        ...

    def filled(self, values: Mapping[str, str]) -> Self:
        """With every value in its place, once: braces inside a value are never expanded again (safety 9)."""
        ...

    def problem(self) -> str:
        """Why it cannot be executed, filled; "" if it can."""
        ...

    def exact(self) -> tuple[str, ...]:
        """All that makes up what is done, filled: what is compared with what a person saw (safety 10), and journalled. Different
        deeds are never spelt alike: of all kinds but ``run`` the first word is "", which no program is called, and the second the
        kind's name."""
        ...

    def shown(self) -> tuple[Shown, ...]:
        """The preview, filled."""
        ...

    def said(self) -> tuple[str, ...]:
        """What the output says before the step begins, filled: lines to read, without the values of variables whose name speaks of
        a secret."""
        ...


def named(key: str, name: str) -> Iterator[Fault]:
    """What is wrong with the name of a value, under ``key``."""
    if not _NAME.fullmatch(name):
        yield Fault((key,), f"{clean(name)!r} cannot stand in braces", "use letters, digits, _ and -")


def odd_pattern(pattern: str) -> Iterator[Fault]:
    """What is wrong with the pattern of a value."""
    from ..patterns import PatternError, compiled  # deferred: few steps have one

    try:
        compiled(pattern)
    except PatternError as error:
        yield Fault(("pattern",), f"pattern is no regular expression that can be used, at character {error.column + 1}: {error}")


def variables(env: Mapping[str, str]) -> str:
    """Variables as they stand before a command, for reading; the values of those whose name speaks of a secret are not shown."""
    return " ".join(f"{name}={'***' if _SECRET_NAME.search(name) else shlex.quote(value)}" for name, value in env.items())


def odd_variables(env: Mapping[str, str]) -> Iterator[Fault]:
    """The names in ``env`` that cannot be an environment variable's."""
    for name in env:
        if not _VARIABLE.fullmatch(name):
            what = f"{clean(name)!r} cannot be the name of an environment variable"
            yield Fault(("env", name), what, "use letters, digits and _, no digit first")


def counted(table: Mapping[str, str]) -> tuple[str, ...]:
    """A table for `Kind.exact`: how many there are, then each name and each value as a word of its own. No value can be taken for
    the next name, nor the end of one for the beginning of another."""
    return (str(len(table)), *(word for pair in table.items() for word in pair))


def surroundings(env: Mapping[str, str], cwd: str) -> tuple[Shown, ...]:
    """The lines of a preview for where a program runs and with which variables."""
    place = (Shown("in", (cwd,), beside=True),) if cwd else ()
    return (*place, *(Shown("with", (f"{key}=", value), beside=True) for key, value in env.items()))


HOW_TO_REFER = 'write "keyring:NAME", "env:NAME", "file:PATH" or "command:PROGRAM"'


def odd_reference(text: str) -> str:
    """What is wrong with a reference to a secret; "" if nothing is. Never repeats it: it may be the secret itself."""
    return "" if _REFERENCE.fullmatch(text) else "holds a text that is no reference: a secret is never in the file"


def cannot_be_given(*texts: str) -> str:
    """Why one of these texts can be given to no program; "" if all can."""
    bad = any("\0" in text or not encodes(text) for text in texts)
    return "holds a NUL character or half a character, which no program can be given" if bad else ""
