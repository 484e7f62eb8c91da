"""All alerts of a view, ranked, found by their reference, and compared with an earlier view at the cost of what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from .alerts import Ref
from .rows import Ordered, Row

REMEMBERED = 4096
"""Changed rows that a ranking remembers, to tell what came since an earlier one."""
_STEPS = 64
_SHARDS = 64

_Raised = Mapping[tuple[str, str], frozenset[Ref]]


class Change(NamedTuple):
    """What differs between two rankings: a row that changed is in both, as it was and as it is."""

    gone: tuple[Row, ...]
    come: tuple[Row, ...]


class Ranking(Ordered):
    """The rows of a view by `rank`, one for each alert (of two with one reference the last counts); immutable.

    Two sources may give their alerts the same id: the reference names the source, and both are here.
    """

    __slots__ = ("_dark", "_found", "_raised", "_steps", "_token")

    _dark: Ranking | None
    _found: tuple[Mapping[Ref, Row], ...]
    _raised: _Raised
    _steps: tuple[tuple[object, tuple[Ref, ...]], ...]
    _token: object

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """``rows`` may stand in any order."""
        found: tuple[dict[Ref, Row], ...] = tuple({} for _ in range(_SHARDS))
        for row in rows:
            ref = row.alert.ref
            found[hash(ref) % _SHARDS][ref] = row
        super().__init__(row for shard in found for row in shard.values())
        self._found, self._steps, self._token, self._dark = found, (), object(), None
        self._raised = _with_traps({}, (), (row for shard in found for row in shard.values()))

    def find(self, ref: Ref) -> Row | None:
        """The row of an alert. O(1)."""
        return self._found[hash(ref) % _SHARDS].get(ref)

    def raised(self, source: str, trap: str) -> tuple[Row, ...]:
        """The rows of the alerts that a trap of that source has raised, in their order."""
        refs = self._raised.get((source, trap), frozenset())
        return tuple(Ordered(row for ref in refs if (row := self.find(ref)) is not None)) if refs else ()

    def put(self, rows: Iterable[Row], dropped: Iterable[Ref] = ()) -> Ranking:
        """With these rows, in the place of those that were there of the same alerts, and without those alerts. Itself, if nothing
        differs. What is in both comes."""
        wanted: dict[Ref, Row | None] = dict.fromkeys(dropped)
        wanted |= {row.alert.ref: row for row in rows}
        gone: list[Row] = []
        come: list[Row] = []
        for ref, row in tuple(wanted.items()):
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
        made._keep(self._changed(gone, come))
        made._found = _put(self._found, wanted)
        made._raised = _with_traps(self._raised, gone, come)
        made._steps, made._token, made._dark = _remembered(self._steps, self._token, tuple(wanted)), object(), None
        return made

    @property
    def dark(self) -> Ranking:
        """The same rows as the last that was known, all of them stale; made once."""
        if self._dark is None:
            made = Ranking.__new__(Ranking)
            made._keep([tuple(msgspec.structs.replace(row, stale=True) for row in block) for block in self._blocks])
            found: tuple[dict[Ref, Row], ...] = tuple({} for _ in range(_SHARDS))
            for row in made:
                found[hash(row.alert.ref) % _SHARDS][row.alert.ref] = row
            made._found, made._raised, made._steps, made._token, made._dark = found, self._raised, (), object(), None
            self._dark = made
        return self._dark

    def since(self, older: Ranking) -> Change | None:
        """What came and went since an earlier one; ``None`` where that was too long ago, or this did not come of it."""
        if older is self or older._token is self._token:
            return Change((), ())
        refs: dict[Ref, None] = {}
        for token, changed in reversed(self._steps):
            refs |= dict.fromkeys(changed)
            if token is older._token:
                break
        else:
            return None
        pairs = [(older.find(ref), self.find(ref)) for ref in refs]
        pairs = [(was, now) for was, now in pairs if was is not now]
        return Change(tuple(was for was, _ in pairs if was is not None), tuple(now for _, now in pairs if now is not None))


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


def _put(found: tuple[Mapping[Ref, Row], ...], wanted: Mapping[Ref, Row | None]) -> tuple[Mapping[Ref, Row], ...]:
    shards: list[Mapping[Ref, Row]] = list(found)
    copied: dict[int, dict[Ref, Row]] = {}
    for ref, row in wanted.items():
        at = hash(ref) % _SHARDS
        if at not in copied:
            shards[at] = copied[at] = dict(shards[at])
        if row is None:
            copied[at].pop(ref, None)
        else:
            copied[at][ref] = row
    return tuple(shards)


def _with_traps(raised: _Raised, gone: Iterable[Row], come: Iterable[Row]) -> _Raised:
    going = [row.alert for row in gone if row.alert.trap]
    coming = [row.alert for row in come if row.alert.trap]
    if not going and not coming:
        return raised
    made = dict(raised)
    for alert in going:
        key = (alert.ref.source, alert.trap)
        made[key] = made.get(key, frozenset()) - {alert.ref}
    for alert in coming:
        key = (alert.ref.source, alert.trap)
        made[key] = made.get(key, frozenset()) | {alert.ref}
    return {key: refs for key, refs in made.items() if refs}
