"""All alerts of a view, ranked, found by their reference, and compared with an earlier view at the cost of what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from .alerts import Ref
from .rows import FRESH, STALE, Block, Breathe, Ordered, Row, paced, unhurried

REMEMBERED = 4096
"""Changed rows that a ranking remembers, to tell what came since an earlier one."""
_STEPS = 64
_NEWS = 8  # an eighth of the rows may have changed before the table that they are found in is made anew

_Raised = Mapping[tuple[str, str], frozenset[Ref]]


class Change(NamedTuple):
    """What differs between two rankings: a row that changed is in both, as it was and as it is."""

    gone: tuple[Row, ...]
    come: tuple[Row, ...]


class Ranking(Ordered):
    """The rows of a view by `rank`, one for each alert (of two with one reference the last counts); immutable.

    Two sources may give their alerts the same id: the reference names the source, and both are here.
    """

    __slots__ = ("_dark", "_known", "_last", "_news", "_raised", "_steps", "_token")

    _dark: Ranking | None
    _known: Mapping[Ref, Row]
    _news: Mapping[Ref, Row | None]
    """What differs from ``_known``, which is shared with earlier rankings."""
    _raised: _Raised
    _steps: tuple[tuple[object, tuple[Ref, ...]], ...]
    _token: object
    _last: tuple[object, Change]
    """What `since` said last, and of which earlier ranking."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """``rows`` may stand in any order."""
        known = {row.alert.ref: row for row in rows}
        super().__init__(known.values())
        self._begin(known, _with_traps({}, (), known.values()))

    def _begin(self, known: Mapping[Ref, Row], raised: _Raised) -> None:
        self._known, self._news, self._raised = known, {}, raised
        self._steps, self._token, self._dark = (), object(), None
        self._last = self._token, Change((), ())

    def find(self, ref: Ref) -> Row | None:
        """The row of an alert. O(1)."""
        return self._news[ref] if ref in self._news else self._known.get(ref)

    def raised(self, source: str, trap: str) -> tuple[Row, ...]:
        """The rows of the alerts that a trap of that source has raised, in their order."""
        refs = self._raised.get((source, trap), frozenset())
        return tuple(Ordered(row for ref in refs if (row := self.find(ref)) is not None)) if refs else ()

    def put(self, rows: Iterable[Row], dropped: Iterable[Ref] = (), breathe: Breathe = unhurried) -> Ranking:
        """With these rows, in the place of those that were there of the same alerts, and without those alerts. Itself, if nothing
        differs. What is in both comes."""
        wanted: dict[Ref, Row | None] = dict.fromkeys(dropped)
        wanted |= {row.alert.ref: row for row in paced(rows, breathe)}
        gone: list[Row] = []
        come: list[Row] = []
        for ref, row in paced(tuple(wanted.items()), breathe):
            before = self.find(ref)
            if before is row or (before is not None and before == row):
                del wanted[ref]
                continue
            if before is not None:
                gone.append(before)
            if row is not None:
                come.append(row)
        if not wanted:
            return self
        made = Ranking.__new__(Ranking)
        made._keep(*self._changed(gone, come, breathe))
        made._known, made._news = _put(self._known, {**self._news, **wanted})
        made._raised = _with_traps(self._raised, gone, come)
        made._steps, made._token, made._dark = _remembered(self._steps, self._token, tuple(wanted)), object(), None
        made._last = self._token, Change(tuple(gone), tuple(come))
        return made

    @property
    def dark(self) -> Ranking:
        """The same rows as the last that was known, all of them stale; made once."""
        if self._dark is None:
            made = Ranking.__new__(Ranking)
            made._keep([Block(block.codes, tuple(map(_stale, block.rows))) for block in self._blocks], self._firsts)
            made._begin({row.alert.ref: row for row in made}, self._raised)
            self._dark = made
        return self._dark

    def since(self, older: Ranking) -> Change | None:
        """What came and went since an earlier one; ``None`` where that was too long ago, or this did not come of it."""
        if older._token is self._token:
            return Change((), ())
        if older._token is self._last[0]:
            return self._last[1]
        refs: dict[Ref, None] = {}
        for token, changed in reversed(self._steps):
            refs |= dict.fromkeys(changed)
            if token is older._token:
                break
        else:
            return None
        pairs = [(older.find(ref), self.find(ref)) for ref in refs]
        pairs = [(was, now) for was, now in pairs if was is not now]
        change = Change(tuple(was for was, _ in pairs if was is not None), tuple(now for _, now in pairs if now is not None))
        self._last = older._token, change
        return change


def _stale(row: Row) -> Row:
    return Row(row.alert, msgspec.structs.replace(row.outlook, stale=True) if row.outlook is not FRESH else STALE)


def _remembered(
    steps: tuple[tuple[object, tuple[Ref, ...]], ...], token: object, refs: tuple[Ref, ...]
) -> tuple[tuple[object, tuple[Ref, ...]], ...]:
    """The newest steps, this one last; as many as `REMEMBERED` rows allow."""
    kept = [(token, refs)] if len(refs) <= REMEMBERED else []
    many = len(refs)
    for step in reversed(steps[-_STEPS:]):
        many += len(step[1])
        if many > REMEMBERED:
            break
        kept.append(step)
    return tuple(reversed(kept))


def _put(known: Mapping[Ref, Row], news: Mapping[Ref, Row | None]) -> tuple[Mapping[Ref, Row], Mapping[Ref, Row | None]]:
    """The two tables; the second has become part of the first, if it was large."""
    if len(news) <= len(known) // _NEWS:
        return known, news
    whole = {**known, **{ref: row for ref, row in news.items() if row is not None}}
    for ref, row in news.items():
        if row is None:
            whole.pop(ref, None)
    return whole, {}


def _with_traps(raised: _Raised, gone: Iterable[Row], come: Iterable[Row]) -> _Raised:
    going, coming = _by_trap(gone), _by_trap(come)
    if not going and not coming:
        return raised
    made = dict(raised)
    for key in going.keys() | coming.keys():
        made[key] = (made.get(key, frozenset()) - going.get(key, frozenset())) | coming.get(key, frozenset())
        if not made[key]:
            del made[key]
    return made


def _by_trap(rows: Iterable[Row]) -> Mapping[tuple[str, str], set[Ref]]:
    found: dict[tuple[str, str], set[Ref]] = {}
    for row in rows:
        if row.alert.trap:
            found.setdefault((row.alert.ref.source, row.alert.trap), set()).add(row.alert.ref)
    return found
