"""What is free goes back to the system, where the C library keeps it otherwise."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from cockpit import heap

FREED = """
from cockpit import heap

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) // 1024

{before}
blocks = [bytearray({size}) for _ in range({count})]
last = blocks[-1]
del blocks
held = resident()
{after}
print(held - resident())
"""
glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries give back by themselves")


def given_back(size: int, count: int, before: str = "", after: str = "") -> int:
    """Megabytes that the end of it gave back."""
    program = FREED.format(size=size, count=count, before=before, after=after)
    return int(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60).stdout)


@glibc
def test_what_is_free_is_given_back() -> None:
    assert given_back(40_000, 3000) < 20
    assert given_back(40_000, 3000, after="heap.give_back()") > 80


@glibc
def test_large_blocks_go_back_by_themselves_once_much_is_expected() -> None:
    grown = "large = bytearray(20_000_000); del large; before = [bytearray(400_000) for _ in range(250)]; rest = before[-1]; "
    kept = given_back(1, 1, before=grown + "del before", after="heap.give_back()")
    assert kept > 60
    assert given_back(1, 1, before="heap.expect_much(); " + grown + "del before", after="heap.give_back()") < 20


def test_where_the_c_library_has_no_such_thing_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_libc", object)
    heap.give_back()
    heap.expect_much.__wrapped__()


STAYS = """
import gc
from cockpit import heap

gc.disable()
heap.stays()
print(gc.isenabled(), gc.get_freeze_count() > 1000)

def kept(records):
    before, made = gc.get_freeze_count(), [[] for _ in range(5000)]
    heap.many_stay(records)
    return gc.get_freeze_count() - before >= 5000

print(*(kept(records) for records in (10_000, 12_000, 16_000, 16_000, 100)))
"""


def test_the_collector_is_told_what_stays_and_again_when_there_is_half_as_much_more() -> None:
    done = subprocess.run([sys.executable, "-c", STAYS], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["True True", "True False True False False"]
