"""PromQL cut into words, numbers, strings and signs (``promql/parser/lex.go`` of Prometheus 3.5)."""

from __future__ import annotations

import math
import re

import msgspec

LONGEST = 65_536
"""Characters of an expression that are looked at."""

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+|\#[^\n]*)
  | (?P<duration>(?:[0-9]+(?:ms|[smhdwy]))+(?![\w.]))
  | (?P<number>0[xX][0-9a-fA-F_]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
  | (?P<word>[^\W\d][\w:]*|:[\w:]+)
  | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
  | (?P<sign>=~|!~|==|!=|<=|>=|[-+*/%^(){}\[\],=<>@:])
    """,
    re.VERBOSE | re.DOTALL,
)
_PART = re.compile(r"([0-9]+)(ms|[smhdwy])")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_NAMED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NUMBERS = {"inf": math.inf, "nan": math.nan}


class NotRead(Exception):
    """An expression that is not understood here; nothing is claimed of it."""


class Token(msgspec.Struct, frozen=True):
    """``kind`` is word, number, text, sign or end; ``start`` and ``end`` are places in the text. ``number`` is the value of a
    number (a duration in seconds), ``content`` what a string says."""

    kind: str
    text: str
    start: int
    end: int
    number: float = 0.0
    content: str = ""


def tokens(text: str) -> list[Token]:
    """Cut it; the last one is of the kind ``end``. Raises `NotRead`."""
    if len(text) > LONGEST:
        raise NotRead("it is too long")
    found: list[Token] = []
    at = 0
    while at < len(text):
        piece = _TOKEN.match(text, at)
        if piece is None or piece.end() == at:
            raise NotRead(f"{text[at]!r} at {at} was not expected")
        kind = piece.lastgroup or ""
        if kind != "space":
            found.append(_token(kind, piece[0], at, piece.end()))
        at = piece.end()
    found.append(Token("end", "", len(text), len(text)))
    return found


def check(text: str) -> None:
    """Raises `NotRead` where it is empty, holds what no expression can, or leaves a bracket or a string open."""
    opened: list[Token] = []
    every = tokens(text)
    if len(every) == 1:
        raise NotRead("it is empty")
    for token in every:
        if token.kind == "sign" and token.text in _PAIRS.values():
            opened.append(token)
        elif token.kind == "sign" and token.text in _PAIRS and (not opened or opened.pop().text != _PAIRS[token.text]):
            raise NotRead(f"{token.text!r} at {token.start} closes nothing")
    if opened:
        raise NotRead(f"{opened[-1].text!r} at {opened[-1].start} is not closed")


_PAIRS = {")": "(", "}": "{", "]": "["}


def _token(kind: str, text: str, start: int, end: int) -> Token:
    if kind == "duration":
        return Token("number", text, start, end, sum(int(many) * _SECONDS[unit] for many, unit in _PART.findall(text)))
    if kind == "number":
        return Token("number", text, start, end, _number(text))
    if kind == "word" and text.lower() in _NUMBERS:
        return Token("number", text, start, end, _NUMBERS[text.lower()])
    if kind == "text":
        inner = text[1:-1]
        return Token("text", text, start, end, content=inner if text[0] == "`" else _ESCAPE.sub(_meant, inner))
    return Token(kind, text, start, end)


def _number(text: str) -> float:
    try:
        return float(int(text, 16)) if text[:2].lower() == "0x" else float(text)
    except (ValueError, OverflowError):
        raise NotRead(f"{text!r} is no number") from None


def _meant(found: re.Match[str]) -> str:
    said = found[1]
    try:
        if said[0] in "xuU":
            return chr(int(said[1:], 16))
        if len(said) == 3:
            return chr(int(said, 8))
    except (ValueError, OverflowError):
        raise NotRead(f"\\{said} is no character") from None
    return _NAMED.get(said, said)
