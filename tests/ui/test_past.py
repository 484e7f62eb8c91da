"""What was run for an alert before, as Detail and the Runbooks pane tell it."""

from __future__ import annotations

import asyncio

import pytest

from cockpit.core.actions import RunState
from cockpit.core.aftermath import Past
from cockpit.ui.past_words import last_time, past_facts
from support.boards import sitting
from support.pasts import past
from support.scene import NOW, scene


@pytest.mark.parametrize(
    ("before", "full", "short"),
    [
        (past(), "last time: Ana, 3 d ago, 42 s, helped", "3 d ago, helped"),
        (past(helped=False), "last time: Ana, 3 d ago, 42 s, did not help", "3 d ago, did not help"),
        (past(helped=None), "last time: Ana, 3 d ago, 42 s, whether it helped is unknown", "3 d ago, unknown"),
        (past(state=RunState.FAILED), "last time: Ana, 3 d ago, failed, 42 s, whether it helped is unknown", "3 d ago, failed"),
        (past(writes=False), "last time: Ana, 3 d ago, 42 s", "3 d ago, done"),
        (past(state=RunState.FAILED, writes=False), "last time: Ana, 3 d ago, failed, 42 s", "3 d ago, failed"),
        (past(age=60, helped=None), "last time: Ana, 1 m ago, 42 s, too early to say", "1 m ago, too early to say"),
    ],
)
def test_the_last_time_is_said_in_full_and_in_short(before: Past, full: str, short: str) -> None:
    assert last_time((before, past(age=9 * 86400)), "restart", NOW) == (full, short, short.partition(", ")[2])
    assert last_time((before,), "another", NOW) == ()


def test_detail_lists_the_newest_and_counts_the_others() -> None:
    facts = past_facts([past(age=n * 3600) for n in range(1, 9)], NOW, "UTC")
    assert [fact.text for fact in facts[2:]][-2:] == ["restart by Ana: 42 s, helped", "and 3 more before: cockpit runs --alert"]
    assert past_facts((), NOW, "UTC") == []


def test_it_stands_on_the_alert_and_beside_the_runbook_where_there_is_room() -> None:
    async def body() -> None:
        async with sitting(scene(), size=(160, 60)) as person:
            row = scene().alerts[0]
            (book, *_) = person.board.offers
            person.desk.pasts[row.alert.ref] = (past(book.runbook.name),)
            person.desk.change(journal=scene().journal, remarks=("news",))
            await person.sees("What was run for it")
            assert f"{book.runbook.name} by Ana: 42 s, helped" in person.text
            line = person.lines[person.line_of(book.title)]
            assert "3 d ago, helped" in line

    asyncio.run(body())
