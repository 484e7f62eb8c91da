"""A proposal as a ``config.toml`` that a person likes to read and goes on writing in."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

from ..config.encode import runbook_table, trap_table
from ..core.text import clean
from .proposal import Proposal, Suggestion

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}

_HEAD = """\
# Cockpit's configuration for {host}, proposed by `cockpit init` on {at}.
#
# Every trap below was chosen because of what was seen on this machine. Change what you like: `cockpit check` says what is wrong,
# with file and line, and config.example.toml shows every key there is.
#
# The three answers (went_wrong, detect, signs) are questions as yet. Answer them, trap by trap: whoever is woken will be glad.

# Who is on call. Without people and rosters it is you, alone.
#
# me = ["ana"]
#
# [people.ana]
# name = "Ana"
# timezone = "Europe/Berlin"
# contacts = {{ email = "ana@example.com", phone = "+49 30 5550 1234" }}
#
# [rosters.primary]
# timezone = "Europe/Berlin"
# layers = [{{ people = ["ana", "bo"], start = 2026-11-02T09:00:00, turn = "1 week" }}]
"""


def render(proposal: Proposal) -> str:
    """The text. What came from the machine (mount points, file names) stands in it as quoted text or in a cleaned comment."""
    parts = [_HEAD.format(host=_comment(proposal.host), at=proposal.at)]
    parts += [f"# Not seen: {_comment(remark)}\n" for remark in proposal.remarks]
    if proposal.suggestions:
        parts.append(_title("Traps"))
    parts += [_trap(each) for each in proposal.suggestions]
    active = {name for each in proposal.suggestions for name in each.trap.runbooks}
    books = [book for book in proposal.runbooks if book.name in active]
    if books:
        parts.append(_title("Runbooks: the digits run those that fit the alert under the cursor"))
    parts += [_table("runbooks", book.name, runbook_table(book)) for book in books]
    return "\n".join(parts)


def value(raw: object) -> str:
    """One value in TOML 1.0, on one line."""
    match raw:
        case bool():
            return "true" if raw else "false"
        case int() | float():
            return repr(raw)
        case str():
            return '"' + "".join(_character(char) for char in raw) + '"'
        case Mapping():
            return "{ " + ", ".join(f"{key(str(name))} = {value(item)}" for name, item in raw.items()) + " }" if raw else "{}"
        case list() | tuple():
            return "[" + ", ".join(value(item) for item in raw) + "]"
    raise TypeError(f"{type(raw).__name__} does not stand in a proposal")


def key(name: str) -> str:
    """A key, in quotes where it needs them."""
    return name if _BARE.fullmatch(name) else value(name)


def _character(char: str) -> str:
    if char in _PLAIN:
        return _PLAIN[char]
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _trap(suggestion: Suggestion) -> str:
    table = _table("traps", suggestion.trap.name, trap_table(suggestion.trap))
    reason = _wrapped(suggestion.because)
    if suggestion.active:
        return reason + table
    todo = _wrapped(f"To arm it: {suggestion.needs}; then take the # away.")
    return reason + todo + textwrap.indent(table, "# ", lambda line: bool(line.strip()))


def _table(kind: str, name: str, table: Mapping[str, object]) -> str:
    lines = [f"[{kind}.{key(name)}]"]
    for each, raw in table.items():
        if each == "steps" and isinstance(raw, list) and len(raw) > 1:
            lines += ["steps = [", *(f"  {value(step)}," for step in raw), "]"]
        else:
            lines.append(f"{key(each)} = {value(raw)}")
    return "\n".join(lines) + "\n"


def _title(text: str) -> str:
    return f"\n# {'─' * 3} {text} {'─' * max(3, 120 - len(text))}\n"


def _wrapped(text: str) -> str:
    return "".join(f"# {line}\n" for line in textwrap.wrap(_comment(text), 118))


def _comment(text: str) -> str:
    """Text that cannot leave its comment: one line, nothing in it that a terminal would obey."""
    return clean(text, 300)
