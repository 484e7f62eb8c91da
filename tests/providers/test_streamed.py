"""A long list that arrives in pieces reads as a short one does, and what has not changed is the very same object (safety 15)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.provider import Malformed
from cockpit.providers.followed import Common
from cockpit.providers.records import reader
from cockpit.providers.streamed import Streamed

BAD: Sequence[bytes] = (
    b"null",
    b"7",
    b'"alert"',
    b"[]",
    b"{}",
    b"NaN",
    b'{"note":1e999,"id":"x"}',
    b'{"note":"' + b"\xff\xfe" + b'","id":"x"}',
    b'{"note":' + b"[" * 100_000 + b"]" * 100_000 + b',"id":"x"}',
    b'{"note":"a","id":7}',
    b'{"note":"a","id":"x","id2":[},{"note":"b","id":"y"}',
)
"""Records that nobody can read: what an enemy, or a bug, sends among good ones. The last is one that swallows its neighbour."""


class Thing(msgspec.Struct):
    """A record."""

    note: str
    id: str


def record(number: int, note: str = "fine", poll: int = 0, **more: str) -> bytes:
    """One in the shape of an alert: times that move in the midst of it."""
    at = f"2026-11-23T03:12:{poll:02}.000Z"
    whole = {"note": note, "endsAt": at, "id": f"{number:06}", "updatedAt": at, **more}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


def body(*records: bytes) -> bytes:
    return b"[" + b",".join(records) + b"]\n"


def listing(beside: Common[Thing] | None = None) -> Streamed[Thing]:
    return Streamed(reader(Thing), ("endsAt", "updatedAt"), beside)


def came(last: Streamed[Thing], said: bytes, size: int = 65536) -> tuple[tuple[Thing, ...], int]:
    """The list, having arrived in pieces of that size."""

    async def taken() -> tuple[tuple[Thing, ...], int]:
        arrival = last.arrival()
        for start in range(0, len(said), size):
            await arrival.take(said[start : start + size])
        return await arrival.end()

    return asyncio.run(taken())


@pytest.mark.parametrize("size", [1, 7, 64, 1000, 65536])
def test_however_it_is_cut_every_record_comes(size: int) -> None:
    last = listing()
    good, bad = came(last, body(*(record(n, f'a "quoted" }},{{ note {n}') for n in range(50))), size)
    assert ([thing.id for thing in good], bad) == ([f"{n:06}" for n in range(50)], 0)
    again, _ = came(last, body(*(record(n, f'a "quoted" }},{{ note {n}', poll=1) for n in range(50))), size)
    assert again is good


def test_what_came_to_the_byte_is_not_read_again() -> None:
    read: list[bytes] = []

    def reading(raw: bytes) -> Thing:
        read.append(raw)
        return reader(Thing)(raw)

    last = Streamed(reading, ("endsAt", "updatedAt"))
    good, _ = came(last, body(*map(record, range(5000))))
    assert len(read) == 5000
    assert came(last, body(*map(record, range(5000))))[0] is good
    assert came(last, body(*(record(n, poll=7) for n in range(5000))))[0] is good
    assert len(read) == 5000


def test_a_change_makes_one_new_object_and_leaves_the_others() -> None:
    last = listing()
    before, _ = came(last, body(*map(record, range(5000))))
    changed = [record(n, "burns" if n == 2500 else "fine", poll=1) for n in range(5000)]
    after, _ = came(last, body(*changed))
    assert [n for n, (one, other) in enumerate(zip(before, after, strict=True)) if one is not other] == [2500]
    assert after[2500].note == "burns"
    fewer, _ = came(last, body(*changed[:100], *changed[200:], *(record(n, poll=2) for n in range(9000, 9300))))
    assert fewer[:100] == after[:100]
    assert all(one is other for one, other in zip(fewer[100:4900], after[200:], strict=True))
    assert [thing.id for thing in fewer[4900:]] == [f"{n:06}" for n in range(9000, 9300)]


def test_another_order_makes_no_new_objects() -> None:
    last = listing()
    before, _ = came(last, body(*map(record, range(3000))))
    after, _ = came(last, body(*(record(n, poll=1) for n in reversed(range(3000)))))
    known = {id(thing) for thing in before}
    assert sum(id(thing) not in known for thing in after) < 20  # it takes a few to see that the order is another
    assert [thing.id for thing in after] == [thing.id for thing in reversed(before)]


def test_lists_beside_each_other_share_their_records() -> None:
    common = Common[Thing]()
    one, other = listing(common), listing(common)

    async def both() -> tuple[tuple[Thing, ...], tuple[Thing, ...]]:
        first, second = one.arrival(), other.arrival()
        said = body(*map(record, range(3000)))
        for start in range(0, len(said), 65536):
            await first.take(said[start : start + 65536])
            await second.take(said[start : start + 65536])
        return (await first.end())[0], (await second.end())[0]

    here, there = asyncio.run(both())
    assert all(a is b for a, b in zip(here, there, strict=True))


@pytest.mark.parametrize("poison", BAD, ids=lambda raw: repr(raw[:20]))
@pytest.mark.parametrize("place", [0, 1, 700, 1500])
def test_one_that_nobody_can_read_costs_that_one(poison: bytes, place: int) -> None:
    last = listing()
    records = [record(n) for n in range(1501)]
    records.insert(place, poison)
    swallowed = poison.count(b'"note"') - 1 if poison == BAD[-1] else 0
    good, bad = came(last, body(*records))
    assert len(good) + bad == len(records) + swallowed
    assert bad >= 1
    again, bad_again = came(last, body(*records))
    assert (again, bad_again) == (good, bad)
    moved, bad_moved = came(last, body(*(raw.replace(b":00.000Z", b":15.000Z") for raw in records)))
    assert (bad_moved, [thing.id for thing in moved]) == (bad, [thing.id for thing in good])


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (b"", "not a list"),
        (b"fine", "not a list"),
        (b'{"status":"success"}', "not a list"),
        (body(*map(record, range(2000)))[:-20], "cut off"),
        (body(*map(record, range(2000)))[:-2] + b",", "cut off"),
        (b"[" * 200_000, "cut off"),
        (b'[{"note":"' + b'\\"' * 100_000, "cut off"),
    ],
)
def test_what_is_no_list_or_was_cut_off_is_said_and_forgets_nothing(said: bytes, says: str) -> None:
    last = listing()
    before, _ = came(last, body(*map(record, range(2000))))
    with pytest.raises(Malformed, match=says):
        came(last, said)
    assert came(last, body(*(record(n, poll=3) for n in range(2000))))[0] is before


@pytest.mark.parametrize("said", [b"[]", b" [ ]\n", b"null"])
def test_an_empty_one_is_empty(said: bytes) -> None:
    last = listing()
    came(last, body(record(1)))
    assert came(last, said) == ((), 0)
    assert came(last, said) == ((), 0)


def test_one_that_is_written_for_people_reads_the_same() -> None:
    last = listing()
    things = [json.loads(record(n)) for n in range(40)]
    good, bad = came(last, json.dumps(things, indent=2).encode(), 512)
    assert ([thing.id for thing in good], bad) == ([f"{n:06}" for n in range(40)], 0)
    compact, _ = came(last, body(*(record(n) for n in range(40))))
    assert compact == good


def test_times_of_another_length_are_left_out_too() -> None:
    def said(poll: int) -> bytes:
        records = [record(n).replace(b"2026-11-23T03:12:00.000Z", b"2026-11-23T03:12:%02d.1234Z" % (poll + n)) for n in range(40)]
        return body(*records)

    last = listing()
    good, _ = came(last, said(0))
    assert came(last, said(20))[0] is good


values = st.text(alphabet='ab"\\{}[],:é\n', max_size=12)
shapes = st.dictionaries(st.sampled_from(["note", "id", "endsAt", "updatedAt", "labels"]), values, max_size=4)
things = st.one_of(
    st.builds(lambda note, ident, more: {"note": note, "id": ident} | more, values, values, shapes),
    shapes,
    st.none(),
    st.integers(),
    st.lists(st.integers(), max_size=2),
)


@given(st.lists(st.lists(things, max_size=8), min_size=1, max_size=4), st.integers(1, 40), st.booleans())
def test_poll_after_poll_it_reads_what_is_there(polls: list[list[Any]], size: int, spaced: bool) -> None:
    last = listing()
    for poll in polls:
        said = json.dumps(poll, separators=None if spaced else (",", ":"), ensure_ascii=False).encode()
        good, bad = came(last, said, size)
        readable = [each for each in poll if isinstance(each, dict) and isinstance(each.get("note"), str) and "id" in each]
        assert len(good) + bad == len(poll)
        assert [(thing.note, thing.id) for thing in good] == [(each["note"], each["id"]) for each in readable]
