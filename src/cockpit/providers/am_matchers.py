"""The filter language and Alertmanager's matchers, there and back.

A matcher looks at a label, and a label that is not there is the empty one. What a filter says beyond that (a state, an age, a free
word, a column of the cockpit's own) is refused with the reason: a silence must never hit something else than its preview shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

from ..core.alerts import SEVERITY_WORDS, Severity
from ..core.bunches import quoted
from ..core.filters import FilterError, parse
from ..core.terms import Aged, InState, Is, Mine, Ranks, Term, Word
from ..provider import ProviderError
from .am_wire import WireMatcher

_COLUMNS = frozenset({"name", "where", "summary", "trap", "source"})
"""Names that mean a column of the cockpit's where an alert has no such label."""
_NAME = re.compile(r"\w[\w.:/\-]*")
_BARE = re.compile(r"[\w.:/\-+%,;]+")
_CANARIES = ("cockpit-canary-7Q", "zz 0", "\u00e9\u00df-9.x:1/y")
"""Values that nobody's labels have: a matcher that takes them all selects nothing."""

Severities = Mapping[str, Severity]


def matchers(
    text: str, *, source: str, known: Collection[str] = (), label: str = "severity", words: Severities = SEVERITY_WORDS
) -> tuple[WireMatcher, ...]:
    """The matchers that mean the same as a filter. ``known`` are the names of labels seen at this source, ``source`` is its name,
    ``label`` the label that holds the severity, ``words`` what its values mean. Raises `ProviderError` with the reason."""
    try:
        terms = parse(text).terms
    except FilterError as error:
        raise ProviderError(f"the matcher cannot be read, at column {error.column + 1}: {error}") from error
    found: list[WireMatcher] = []
    for term in terms:
        found += _matcher(term, source, known, label, words)
    if not found:
        raise ProviderError("a silence without a matcher would hush everything: say what it is for, like alertname=HighErrorRate")
    if all(map(selects_nothing, found)):
        only = " ".join(map(written, found))
        raise ProviderError(f"{only} would hush nearly everything: name what is to be silent, like alertname=HighErrorRate")
    return tuple(dict.fromkeys(found))


def _matcher(term: Term, source: str, known: Collection[str], label: str, words: Severities) -> list[WireMatcher]:
    match term:
        case Is(fact=True, name="source"):
            if _holds(term, source):
                return []
            raise ProviderError(f"a silence at {source} hushes alerts of {source} alone: leave the @source out")
        case Is(fact=False, name=name):
            if name in _COLUMNS and name not in known:
                raise ProviderError(f"{name} is a column of the cockpit and no label here: match a label instead, like instance=…")
            if name == "severity" and name not in known and label != "severity":
                raise ProviderError(f"the severity is in the label {label} here: match that, or @severity>=warning")
            return [WireMatcher(name=name, value=term.value, is_regex="~" in term.op, is_equal=term.op[0] == "=")]
        case Ranks(op=op, severity=severity):
            return [_ranked(op, severity, label, words)]
        case InState():
            said = "@state"
        case Aged():
            said = "@age"
        case Mine():
            said = "@mine"
        case Is(name="receiver"):
            raise ProviderError("a silence hushes an alert for all its receivers: leave the @receiver out, and match labels")
        case Is(name=name):
            said = f"@{name}"
        case Word(text=word, excluded=excluded):
            word = f"!{word}" if excluded else word
            raise ProviderError(
                f"an Alertmanager cannot look for the word {word} anywhere: match a label, like alertname=~.*{word}.*"
            )
    raise ProviderError(f"an Alertmanager knows nothing of {said}: a silence matches labels alone")


def _ranked(op: str, severity: Severity, label: str, words: Severities) -> WireMatcher:
    """``@severity>=warning`` as the words for it; what no word names is unknown, and ranks below all."""
    ranks: dict[str, Callable[[Severity], bool]] = {
        "=": lambda each: each == severity,
        "!=": lambda each: each != severity,
        "<": lambda each: each < severity,
        "<=": lambda each: each <= severity,
        ">": lambda each: each > severity,
        ">=": lambda each: each >= severity,
    }
    holds = ranks[op]
    rest = holds(Severity.UNKNOWN)  # then those are named that it does not hold for
    named = sorted(quoted(word) for word, each in words.items() if each is not Severity.UNKNOWN and holds(each) != rest)
    if not named:
        raise ProviderError(f"@severity{op}{severity.word} takes {'every alert' if rest else 'none'}: leave it out, or say another")
    return WireMatcher(name=label, value=f"(?i:{'|'.join(named)})", is_regex=True, is_equal=not rest)


def _holds(term: Is, value: str) -> bool:
    fits = value == term.value if term.pattern is None else term.pattern.fullmatch(value) is not None
    return fits == (term.op[0] == "=")


def written(matcher: WireMatcher) -> str:
    """One matcher in the filter language."""
    sign = ("=~" if matcher.is_equal else "!~") if matcher.is_regex else ("=" if matcher.is_equal else "!=")
    name = matcher.name if _NAME.fullmatch(matcher.name) else _quoted(matcher.name)
    return f"{name}{sign}{matcher.value if _BARE.fullmatch(matcher.value) else _quoted(matcher.value)}"


def expression(matcher: WireMatcher) -> str:
    """One matcher as Alertmanager writes it, for ``filter=``."""
    sign = ("=~" if matcher.is_equal else "!~") if matcher.is_regex else ("=" if matcher.is_equal else "!=")
    name = matcher.name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", matcher.name) else _quoted(matcher.name)
    return f"{name}{sign}" + _quoted(matcher.value).replace("\n", "\\n")


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def selects_nothing(matcher: WireMatcher) -> bool:
    """Whether it takes whatever value comes."""
    return all(takes(matcher, value) for value in _CANARIES)


def hits(found: Sequence[WireMatcher], labels: Mapping[str, str]) -> bool:
    """Whether all of them take these labels, as their Alertmanager gave them."""
    return all(takes(matcher, labels.get(matcher.name, "")) for matcher in found)


def takes(matcher: WireMatcher, value: str) -> bool:
    """Whether one matcher takes a value. Of a pattern that Python cannot read: no."""
    if not matcher.is_regex:
        return (value == matcher.value) == matcher.is_equal
    pattern = _compiled(matcher.value)
    return pattern is not None and (pattern.fullmatch(value[:_LONGEST]) is not None) == matcher.is_equal


_LONGEST = 2000


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    from ..core.patterns import LONGEST, PatternError, compiled

    try:
        return compiled(pattern)
    except PatternError:
        if len(pattern) <= LONGEST or not _ONLY_WORDS.fullmatch(pattern):
            return None
        return re.compile(pattern, re.DOTALL)  # a long list of plain words, as our own acknowledgements have them


_ONLY_WORDS = re.compile(r"(?:\(\?i:)?(?:[^\\.+*?()|\[\]{}^$]|\\[\\.+*?()|\[\]{}^$]|\|)*\)?")
