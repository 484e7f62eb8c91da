"""``:silence …`` as a line: ``FILTER [--for 2h] [--comment WHY]`` as on the command line, or ``2h WHY`` for what is selected."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...core.filters import FilterError, parse
from ...core.terms import Word
from .steps import check_duration, starts_with_duration

LENGTH = "1h"
"""What is offered where no length was said."""

_OPTION = re.compile(r"(?:^|\s)--([a-z-]+)(?:=|\s+|$)")


class Said(NamedTuple):
    """What was asked for: ``match`` is "" for what the cursor is on. ``problem`` says why the line cannot be understood."""

    match: str = ""
    length: str = LENGTH
    comment: str = ""
    problem: str = ""


def understood(line: str) -> Said:
    """Read the words after ``:silence``. What could mean two things is not guessed at."""
    head, *options = _OPTION.split(line)
    head = head.strip()
    given = dict(zip(options[::2], map(str.strip, options[1::2]), strict=True))
    for name in given:
        if name not in ("for", "comment"):
            return Said(problem=f"silence has no --{name}: there are --for 2h and --comment WHY")
    if "for" in given and (fault := check_duration(given["for"])):
        return Said(problem=fault)
    length, rest = starts_with_duration(head, "")
    said = Said("", given.get("for") or length or LENGTH, _bare(given.get("comment", "")))
    if length and "for" in given:
        return Said(problem=f"for {length} or for {given['for']}? say one of them")
    if length and rest and matcher_like(rest):
        return Said(
            problem=f"is {rest} what to silence, or why? :silence {rest} --for {length}, or :silence --for {length} --comment WHY"
        )
    if length or not rest:
        if rest and said.comment:
            return Said(problem="two comments: say one of them")
        return said._replace(comment=rest or said.comment)
    if not matcher_like(rest) and "comment" not in given:
        return Said(problem=f"is {rest!r} what to silence, or why? :silence {rest} --comment WHY, or :silence {LENGTH} {rest}")
    if problem := match_problem(rest):
        return Said(problem=problem)
    return said._replace(match=rest)


def _bare(words: str) -> str:
    return words[1:-1] if len(words) > 1 and words[0] == words[-1] and words[0] in "\"'" else words


def matcher_like(text: str) -> bool:
    """Whether it is written as a matcher (``team=db``), and not as words alone."""
    try:
        return any(not isinstance(term, Word) for term in parse(text).terms)
    except FilterError:
        return True


def match_problem(value: str) -> str | None:
    """Why a silence cannot be made with this matcher: it is empty, cannot be read, or is a broken one that reads as words."""
    if not value.strip():
        return "an empty matcher would silence everything: say what to hush"
    try:
        terms = parse(value).terms
    except FilterError as fault:
        return f"{fault} (at character {fault.column + 1})"
    odd = next((term.text for term in terms if isinstance(term, Word) and _ODD.search(term.text)), None)
    if odd is not None:
        return f'{odd!r} is no matcher: write label=value, label=~"pattern", or plain words (in quotes, if they are meant so)'
    return None


_ODD = re.compile(r"[=~!<>()|{}]")


def words_of(value: str) -> tuple[str, ...]:
    """The plain words of a matcher, which are looked for anywhere in an alert."""
    return tuple(term.text for term in parse(value).terms if isinstance(term, Word) and not term.excluded)
