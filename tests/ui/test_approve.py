"""Approving what another user asks for, on the screen."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from cockpit.core.actions import Approve
from cockpit.core.approvals import Heard, heard, petition, told
from cockpit.core.plans import plan
from cockpit.core.runbooks import Approval, Runbook
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.ui import confirm
from cockpit.ui.ask import Ask
from cockpit.ui.confirm import Confirm
from cockpit.ui.palette import Picker
from support.scene import NOW, scene
from ui.test_flows import sitting

STEPS = (Step(RunStep(("restart", "a b", "\x1b[2J"))),)
BOOK = Runbook(name="fix", title="Fix it", steps=STEPS, changes="restarts it", target="web-3", approve=Approval.OTHER)


@pytest.fixture(autouse=True)
def _no_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "QUIET", 0.0)


def waits(*, mine: bool = False) -> Heard:
    asked = petition(
        [plan(BOOK, None, {})], run="20261125-031200-a1b2c3", who="ana", host="web", at=NOW, until=NOW + timedelta(minutes=15)
    )  # fmt: skip
    return heard(told(asked), 1001, "ana", mine=mine)


def test_it_is_seen_exactly_and_exactly_that_is_approved() -> None:
    asked = waits()

    async def go() -> None:
        async with sitting(msgspec.structs.replace(scene(), petitions=(asked,))) as sat:
            await sat.press("Y")
            await sat.sees(Picker)
            assert "See and approve fix on web-3" in sat.text
            await sat.press("enter")
            await sat.sees(Confirm)
            assert "ana (user 1001), who says to be ana, on web" in sat.text
            assert "restarts it" in sat.text
            assert r"restart 'a b' $'\x1b[2J'" in sat.text
            await sat.press("y")
            await sat.back_on_the_board()
            assert sat.desk.asked == [Approve("20261125-031200-a1b2c3", asked.digest)]

    asyncio.run(go())


def test_it_is_refused_with_a_reason() -> None:
    asked = waits()

    async def go() -> None:
        async with sitting(msgspec.structs.replace(scene(), petitions=(asked,))) as sat:
            await sat.press("Y")
            await sat.sees(Picker)
            await sat.press("down", "enter")
            await sat.sees(Ask)
            await sat.press("enter")
            assert "say why" in sat.text
            await sat.press("n", "o", "enter")
            await sat.back_on_the_board()
            assert sat.desk.asked == [Approve("20261125-031200-a1b2c3", asked.digest, approved=False, why="no")]

    asyncio.run(go())


def test_no_says_nothing_to_it() -> None:

    async def go() -> None:
        async with sitting(msgspec.structs.replace(scene(), petitions=(waits(),))) as sat:
            await sat.press("Y")
            await sat.sees(Picker)
            await sat.press("enter")
            await sat.sees(Confirm)
            await sat.press("n")
            await sat.back_on_the_board()
            assert sat.desk.asked == []

    asyncio.run(go())


def test_read_only_approves_nothing() -> None:  # safety 12

    async def go() -> None:
        async with sitting(msgspec.structs.replace(scene(), petitions=(waits(),), read_only=True)) as sat:
            await sat.press("Y")
            assert "read-only" in sat.said
            assert sat.desk.asked == []

    asyncio.run(go())


@pytest.mark.parametrize(("asked", "words"), [((), "nothing waits for approval"), ((waits(mine=True),), "what waits is yours")])
def test_where_there_is_nothing_it_says_so(asked: tuple[Heard, ...], words: str) -> None:

    async def go() -> None:
        async with sitting(msgspec.structs.replace(scene(), petitions=asked)) as sat:
            await sat.press("Y")
            assert words in sat.said

    asyncio.run(go())
