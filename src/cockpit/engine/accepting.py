"""The answers of one source, accepted record by record; what has not changed since the last one is not looked at again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple, cast

from ..core.same import alike, differing
from ..core.text import clean
from ..provider import Answer, Malformed
from .answers import CHECKS

_NO_GOOD = (TypeError, AttributeError, ValueError, KeyError, OverflowError)
"""What is raised by a record that is not what it says it is."""


class _Judged(NamedTuple):
    """Records as they came, and in their places what is kept of each: ``None`` where one is no good. Both are one tuple where all
    are kept as they came, so that very many are held once."""

    raw: tuple[object, ...] = ()
    kept: tuple[object | None, ...] = ()


class Accepting:
    """Accepts the answers of one source, remembering the last ones: what has not changed is not looked at again, and stays the
    very same object, so that later comparisons cost nothing."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._judged: dict[str, _Judged] = {}
        self._last: dict[str, tuple[Answer[Any], Answer[Any]]] = {}

    def accept(self, kind: str, answer: object) -> Answer[Any]:
        """The good records of an answer, the bad ones counted in ``rejected``. Raises `Malformed` if it is no `Answer` at all."""
        if not isinstance(answer, Answer):
            raise Malformed(f"{kind} gave {type(answer).__name__}, not an Answer")
        records, told, rejected = _sequence(answer.records), _sequence(answer.remarks), cast(object, answer.rejected)
        last = self._last.get(kind)
        if last is not None and isinstance(records, tuple) and last[0] == answer:  # a list may have changed within
            return last[1]
        if records is None:
            raise Malformed(f"{kind} gave {type(answer.records).__name__} for its records")
        judged = self._judge(kind, tuple(records))
        good = judged.kept if judged.kept is judged.raw else tuple(each for each in judged.kept if each is not None)
        bad = len(records) - len(good)
        remarks = tuple(clean(str(remark)) for remark in told or ())
        if bad:
            what = "wrong types, times without a zone, or an id twice"
            remarks += (f"{bad} of {len(records)} {kind} could not be used: {what}",)
        missing = rejected if isinstance(rejected, int) and rejected > 0 else 0
        accepted = Answer(good, missing + bad, answer.complete is True, remarks, clean(str(answer.blind)))
        self._judged[kind], self._last[kind] = judged, (answer, accepted)
        return accepted

    def _judge(self, kind: str, raw: tuple[object, ...]) -> _Judged:
        check, key_of = CHECKS[kind]
        before = self._judged.get(kind, _Judged())
        good = _Good(self._source, check, key_of)
        kept = _in_place(raw, before, good)
        if kept is None:
            kept = _anew(raw, before, good)
        whole = kept is raw or (alike(kept, raw) and all(each is not None for each in kept))  # nothing is kept of a None that came
        return _Judged(raw, raw if whole else kept)


class _Good(NamedTuple):
    """How a record of one kind is looked at, and what makes two of them the same."""

    source: str
    check: Callable[[Any, str], object | None]
    key_of: Callable[[Any], Hashable]

    def of(self, raw: object, known: Callable[[Hashable], tuple[object, object | None] | None]) -> object | None:
        """What is kept of it: what was kept, where ``known`` (by its key) equals it."""
        try:
            before = known(self.key_of(raw))
            if before is not None and before[0] == raw:
                return before[1]
            return self.check(raw, self.source)
        except _NO_GOOD:
            return None


def _in_place(raw: tuple[object, ...], before: _Judged, good: _Good) -> tuple[object | None, ...] | None:
    """What is kept, if no more than a few were replaced by others of the same key."""
    places = differing(raw, before.raw)
    if places is None or (before.kept is not before.raw and any(each is None for each in before.kept)):
        return None
    news = []
    for place in places:
        was = before.raw[place], before.kept[place]
        new = good.of(raw[place], lambda _, was=was: was)  # type: ignore[misc]  # a default binds it
        if new is None or good.key_of(new) != good.key_of(was[1]):
            return None
        news.append(new)
    if before.kept is before.raw and all(new is raw[place] for new, place in zip(news, places, strict=True)):
        return raw
    kept = list(before.kept)
    for new, place in zip(news, places, strict=True):
        kept[place] = new
    return tuple(kept)


def _anew(raw: tuple[object, ...], before: _Judged, good: _Good) -> tuple[object | None, ...]:
    """What is kept, whatever came, went or moved."""
    known = dict(zip(map(id, before.raw), before.kept, strict=True))
    here = set(map(id, raw)) if known else ()
    gone = {
        good.key_of(kept): (was, kept)
        for was, kept in zip(before.raw, before.kept, strict=True)
        if kept is not None and id(was) not in here
    }
    kept = [known[id(each)] if id(each) in known else good.of(each, gone.get) for each in raw]
    keys = [good.key_of(each) for each in kept if each is not None]
    if len(set(keys)) < len(keys):
        seen = set[Hashable]()
        for place, each in enumerate(kept):
            if each is not None:
                key = good.key_of(each)
                kept[place] = None if key in seen else each
                seen.add(key)
    return tuple(kept)


def _sequence(value: object) -> Sequence[object] | None:
    """What a type promises and a third party may break."""
    return value if isinstance(value, (tuple, list)) else None
