"""Regular expressions that a hostile label cannot stall: read, bounded, and made atomic before Python's `re` runs them.

Prometheus and Alertmanager match with RE2, in linear time; Python's `re` goes back and tries again, and ``.*a.*b.*c.*d`` against
2,000 well-chosen characters takes minutes. So a pattern is read first. What RE2 does not have (look-around, back-references) is
refused. Repeats that need no second try get none: ``\\d+-`` becomes possessive, ``.*a.*b`` takes each piece at its first place (as
`fnmatch` does). The choices that are left multiply, and a pattern with too many is refused with the reason.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

LONGEST = 1000
"""Characters of a pattern, at most."""

_VALUE = 2000  # characters of a label value, at most: what `text.clean` lets through
_WAYS = 20_000_000  # paths through a pattern, at most: about half a second, if every value were made to be the worst
_DEPTH = 20
_COUNT = 1000  # RE2's bound on counted repeats, nested ones multiplied

_FLAGS = re.compile(r"\(\?[ims]+\)")
_SCOPED = re.compile(r"\(\?(?:[ims]+(?:-[ims]+)?|-[ims]+):")
_OPENING = re.compile(r"\((?:\?:|\?P?<[A-Za-z_][A-Za-z0-9_]*>|(?!\?))")
_REPEAT = re.compile(r"(?:([*+?])|\{([0-9]{1,5})(,?)([0-9]{0,5})\})\??")
_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|[^0-9A-Za-z]|[ABbzZdDsSwWafnrtv])", re.DOTALL)
_PLACES = {"\\A": "\\A", "\\b": "\\b", "\\B": "\\B", "\\z": "\\Z", "\\Z": "\\Z", "^": "^", "$": "$"}


class PatternError(ValueError):
    """A pattern that cannot be used; ``column`` counts its characters from 0."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


class _Item(msgspec.Struct, frozen=True):
    """One element of a sequence. ``ways`` counts how it can match from one place; ``length`` is how many characters it takes, where
    that is known; ``literal`` is the one character it begins with, where that is known; ``size`` multiplies counted repeats.

    For a repeat without end of a single character, ``char`` is that character's pattern and ``least`` how often it must be there.
    """

    text: str
    ways: int = 1
    length: int | None = None
    literal: str = ""
    size: int = 1
    char: str = ""
    least: int = 0


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """``pattern`` made ready for `re.Pattern.fullmatch`: it has to match the whole value, ``.`` is any character, as in Prometheus.

    Raises `PatternError` where it is no regular expression, is longer than 1,000 characters, uses what RE2 does not have, or could
    be made to try for very long.
    """
    if len(pattern) > LONGEST:
        raise PatternError(f"a regular expression has at most {LONGEST} characters, this one has {len(pattern)}", LONGEST)
    flags = _FLAGS.match(pattern)
    body = _Reader(pattern, flags.end() if flags else 0).read()
    try:
        return re.compile((flags[0] if flags else "") + body, re.DOTALL)
    except (re.error, OverflowError) as error:
        # its position would be that in the pattern as rewritten
        reason = error.msg if isinstance(error, re.error) else str(error)
        raise PatternError(f"not a regular expression: {reason}", 0) from None


class _Reader:
    """Reads one pattern from left to right."""

    def __init__(self, pattern: str, at: int) -> None:
        self._pattern = pattern
        self._at = at
        self._folds = _FLAGS.match(pattern) is not None or _SCOPED.search(pattern) is not None

    def read(self) -> str:
        """The whole pattern, rewritten."""
        whole = self._choice(0)
        if self._at < len(self._pattern):
            raise self._error("a ) without its (")
        if whole.ways > _WAYS:
            raise PatternError(
                "this regular expression can match in too many ways, and a hostile label could stall the cockpit with it: "
                "say more exactly what stands between its repeats",
                0,
            )
        return whole.text

    def _error(self, message: str) -> PatternError:
        return PatternError(message, self._at)

    def _next(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _choice(self, depth: int) -> _Item:
        branches = [self._sequence(depth)]
        while self._next() == "|":
            self._at += 1
            branches.append(self._sequence(depth))
        if len(branches) == 1:
            return branches[0]
        lengths = {branch.length for branch in branches}
        return _Item(
            "|".join(branch.text for branch in branches),
            min(_WAYS + 1, sum(branch.ways for branch in branches)),
            lengths.pop() if len(lengths) == 1 else None,
            size=max(branch.size for branch in branches),
        )

    def _sequence(self, depth: int) -> _Item:
        items: list[_Item] = []
        while self._next() not in ("", "|", ")"):
            items.append(self._repeated(depth))
        if depth == 0:
            return _pieces(items) or self._product(items, last=True)
        return self._product(items, last=False)

    def _product(self, items: list[_Item], *, last: bool) -> _Item:
        """The items one after the other, their repeats made possessive where a second try could not succeed: ``last`` says that the
        value has to end where they end."""
        texts, ways = [], 1
        for item, after in zip(items, [*items, None][1:], strict=True):
            settled = item.char and (last if after is None else self._ends_before(item.char, after.literal))
            texts.append(item.text + "+" if settled else item.text)
            ways = min(_WAYS + 1, ways * (1 if settled else item.ways))
        lengths = [item.length for item in items]
        return _Item(
            "".join(texts),
            ways,
            None if None in lengths else sum(length or 0 for length in lengths),
            items[0].literal if items else "",
            max((item.size for item in items), default=1),
        )

    def _ends_before(self, char: str, literal: str) -> bool:
        if not literal or (self._folds and literal.lower() != literal.upper()):
            return False
        return re.fullmatch(char, literal, re.DOTALL) is None

    def _repeated(self, depth: int) -> _Item:
        start = self._at
        atom = self._atom(depth)
        found = _REPEAT.match(self._pattern, self._at)
        if found is None:
            return atom
        self._at = found.end()
        if _REPEAT.match(self._pattern, self._at):
            raise self._error("a repeat of a repeat: put the first in ( )")
        sign, low, comma, high = found.groups()
        least = {"*": 0, "+": 1, "?": 0}[sign] if sign else int(low)
        most = {"*": None, "+": None, "?": 1}[sign] if sign else int(high or low) if high or not comma else None
        size = atom.size * max(1, least, most or 0)
        if size > _COUNT or (most is not None and most < least):
            raise PatternError(f"{found[0]} is not a count from 0 to {_COUNT}, nested ones multiplied", start)
        single = self._pattern[start] != "(" and atom.length == 1
        literal = atom.literal if least else ""
        counts = f"{{{least},{'' if most is None else most}}}"
        if most is not None:
            ways = min(_WAYS + 1, atom.ways**most * (most - least + 1))
            return _Item(
                atom.text + counts, ways, atom.length * most if atom.length is not None and least == most else None, literal, size
            )
        if single:
            return _Item(atom.text + counts, _VALUE, None, literal, size, atom.text, least)
        if atom.ways > 1:
            raise PatternError(
                "a choice or a repeat inside a repeat can match in endlessly many ways: write it with a class, like [a-z]*", start
            )
        return _Item(atom.text + counts, _VALUE, None, literal, size)

    def _atom(self, depth: int) -> _Item:
        char = self._next()
        if char == "(":
            return self._group(depth)
        if char == "[":
            return self._class()
        if _REPEAT.match(self._pattern, self._at):
            raise self._error(f"nothing to repeat before {char}")
        if char == "\\":
            char = self._escape()
        else:
            self._at += 1
        if char in _PLACES:
            return _Item(_PLACES[char], length=0)
        if char == ".":
            return _Item(".", length=1)
        if len(char) > 1:  # an escape
            return _Item(char, length=1, literal="" if char[1].isalnum() and char[1].isascii() else char[1])
        return _Item(re.escape(char), length=1, literal=char)

    def _escape(self) -> str:
        found = _ESCAPE.match(self._pattern, self._at)
        if found is None:
            raise self._error(
                f"{self._pattern[self._at : self._at + 2]} is not understood: \\d \\w \\s \\b and escaped punctuation are"
            )
        self._at = found.end()
        return found[0]

    def _group(self, depth: int) -> _Item:
        start = self._at
        found = _SCOPED.match(self._pattern, start) or _OPENING.match(self._pattern, start)
        if found is None:
            raise self._error("look-around, back-references and flags in the middle are not understood, as in Prometheus")
        if depth == _DEPTH:
            raise self._error(f"more than {_DEPTH} groups within each other")
        self._at = found.end()
        inner = self._choice(depth + 1)
        if self._next() != ")":
            raise PatternError("a ( without its )", start)
        self._at += 1
        opening = found[0] if _SCOPED.match(found[0]) else "(?:"
        return _Item(f"{opening}{inner.text})", inner.ways, inner.length, inner.literal, inner.size)

    def _class(self) -> _Item:
        start = self._at
        self._at += 1
        out = ["["]
        if self._next() == "^":
            self._at += 1
            out.append("^")
        while self._next() != "]" or out[-1] in ("[", "^"):
            char = self._next()
            if not char:
                raise PatternError("a [ without its ]", start)
            if self._pattern.startswith(("[:", "--"), self._at):
                raise self._error(
                    f"{self._pattern[self._at : self._at + 2]} in a class is not understood: write a-z, 0-9, \\d, \\-"
                )
            if char == "\\":
                char = self._escape()
                if char in _PLACES:
                    raise PatternError(f"{char} has no meaning in a class", self._at - 2)
            else:
                self._at += 1
                char = "\\" + char if char in "[]&|~^" else char  # Python warns that some of these may come to mean sets of sets
            out.append(char)
        self._at += 1
        return _Item("".join(out) + "]", length=1)


def _pieces(items: list[_Item]) -> _Item | None:
    """``A.*B.*C``, where A, B and C take a known number of characters: each piece is taken at its first place, which leaves the
    most room for what follows, so no other place need be tried. ``None`` where the sequence is not of that kind."""
    if not any(item.char == "." for item in items) or any(item.length is None and item.char != "." for item in items):
        return None
    pieces: list[list[str]] = [[]]
    for item in items:
        if item.char == ".":
            pieces[-1].append(f".{{{item.least}}}" if item.least else "")
            pieces.append([])
        else:
            pieces[-1].append(item.text)
    first, *middle, end = map("".join, pieces)
    text = first + "".join(f"(?>.*?{piece})" for piece in middle) + ".*" + end
    return _Item(text, min(_WAYS + 1, sum(item.ways for item in items)), size=max(item.size for item in items))
