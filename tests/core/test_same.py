"""What differs between two long tuples is found, or known because it was told."""

from __future__ import annotations

import weakref

from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.same import alike, differing, forget, told


class Thing:
    """Equal to every other, and another all the same."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing)

    __hash__ = None  # type: ignore[assignment]


@given(st.integers(0, 12_000), st.sets(st.integers(0, 11_999), max_size=40))
def test_the_places_are_those_of_other_objects(size: int, places: set[int]) -> None:
    before = tuple(Thing() for _ in range(size))
    now = tuple(Thing() if place in places else each for place, each in enumerate(before))
    changed = sorted(place for place in places if place < size)
    found = differing(now, before)
    assert found is None if len(changed) * 8 > size else list(found or ()) == changed
    assert differing(now, before) == found
    assert alike(now, before) == (not changed)


def test_where_there_are_more_or_less_it_cannot_be_said() -> None:
    things = tuple(Thing() for _ in range(2000))
    assert differing(things, things[:-1]) is None
    assert differing(things, things) == ()


def test_what_was_told_is_believed_and_of_that_pair_alone() -> None:
    before = tuple(Thing() for _ in range(2000))
    now, other = (Thing(), *before[1:]), (*before[:-1], Thing())
    told(now, before, [0, 7])
    assert differing(now, before) == [0, 7]
    assert list(differing(other, before) or ()) == [1999]
    assert list(differing(before, now) or ()) == [0]


def test_what_was_told_can_be_forgotten_and_is_not_held_any_more() -> None:
    before = tuple(Thing() for _ in range(2000))
    gone = weakref.ref(before[0])
    now = (Thing(), *before[1:])
    told(now, before, [0, 7])
    forget(before)
    assert differing(now, before) == [0, 7]
    forget(now)
    assert differing(now, before) == [0]  # looked for, and so held once more
    forget(now)
    del before
    assert gone() is None


def test_many_pairs_push_out_the_oldest() -> None:
    pairs = []
    for _ in range(9):
        before = tuple(Thing() for _ in range(1000))
        pairs.append(((Thing(), *before[1:]), before))
        told(*pairs[-1], [0, 1])
    assert differing(*pairs[-1]) == [0, 1]
    assert differing(*pairs[0]) == [0]
