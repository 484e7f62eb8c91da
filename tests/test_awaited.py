"""A loop waits for the work of a thread: its result, its error, or no more."""

from __future__ import annotations

import asyncio
import threading

import pytest

from cockpit.awaited import awaited


async def in_a_thread(work: object) -> object:
    assert callable(work)
    done, carry_out = awaited(work)
    threading.Thread(target=carry_out, daemon=True).start()
    return await asyncio.wait_for(done, 10)


def test_the_result_is_given_to_the_one_who_waits_and_the_work_is_done_in_the_thread() -> None:
    assert asyncio.run(in_a_thread(threading.current_thread)) is not threading.current_thread()


def test_so_is_the_error() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(in_a_thread(lambda: 1 // 0))


def test_work_that_nobody_waits_for_any_more_is_done_all_the_same() -> None:
    done_it: list[str] = []

    async def gone() -> None:
        done, carry_out = awaited(lambda: done_it.append("while the loop ran"))
        done.cancel()
        carry_out()
        await asyncio.sleep(0)

    async def left() -> list[object]:
        return [awaited(lambda: done_it.append("after its end"))[1]]

    asyncio.run(gone())
    (carry_out,) = asyncio.run(left())
    assert callable(carry_out)
    carry_out()
    assert done_it == ["while the loop ran", "after its end"]
