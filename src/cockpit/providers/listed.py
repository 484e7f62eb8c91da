"""Very many records by their id, without a table of ids beside them until somebody asks for one."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from typing import Generic, TypeVar

S = TypeVar("S")
T = TypeVar("T")


class Listed(Mapping[str, T], Generic[S, T]):
    """Records in the order in which they came; no two have one id. ``records`` are as they are kept, ``seen_as`` makes of one what
    is given for its id."""

    __slots__ = ("_found", "_id_of", "_seen_as", "records")

    def __init__(self, records: tuple[S, ...], id_of: Callable[[S], str], seen_as: Callable[[S], T]) -> None:
        self.records, self._id_of, self._seen_as = records, id_of, seen_as
        self._found: dict[str, S] | None = None

    def __getitem__(self, key: str) -> T:
        return self._seen_as(self._by_id()[key])

    def __contains__(self, key: object) -> bool:
        return key in self._by_id()

    def __iter__(self) -> Iterator[str]:
        return map(self._id_of, self.records)

    def __len__(self) -> int:
        return len(self.records)

    def values(self) -> ValuesView[T]:
        """All of them; no id is looked up."""
        return _Values(self)

    def items(self) -> ItemsView[str, T]:
        """All of them with their ids; none is looked up."""
        return _Items(self)

    def with_more(self, records: Iterable[S]) -> Listed[S, T]:
        """Those, and these after them."""
        return Listed((*self.records, *records), self._id_of, self._seen_as)

    def each(self) -> Iterator[T]:
        """All of them, as they are given for their ids."""
        return map(self._seen_as, self.records)

    def _by_id(self) -> dict[str, S]:
        if self._found is None:
            self._found = dict(zip(self, self.records, strict=True))
        return self._found


class _Values(ValuesView[T]):
    _mapping: Listed[object, T]

    def __iter__(self) -> Iterator[T]:
        return self._mapping.each()


class _Items(ItemsView[str, T]):
    _mapping: Listed[object, T]

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return zip(self._mapping, self._mapping.each(), strict=True)
