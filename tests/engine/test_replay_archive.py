"""What a recording adds up to is bounded in memory, whatever stands in it; what an honest one has is all kept."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count, takewhile

import msgspec
import pytest

from cockpit.core.alerts import Ref
from cockpit.core.curves import Curve
from cockpit.core.questions import Answered, HistoryOf
from cockpit.core.recorded import Message, Noted, Pictured, Printed, Read, Rostered, Written, replied
from cockpit.core.roster import Shift
from cockpit.core.schedule import Laid
from cockpit.core.story import Story
from cockpit.engine import replay_archive
from cockpit.engine.replay_archive import Archive
from support.recordings import BEGAN

ROOM = 8 * 2**20
SHIFT = Shift(
    source="am", roster="r", level=1, person="ana", name="Ana", timezone="UTC", start=BEGAN, end=BEGAN + timedelta(days=1)
)
BOMBS: dict[str, Callable[[int], Message]] = {
    "rosters": lambda n: Rostered(BEGAN, BEGAN + timedelta(seconds=n), Laid(shifts=(SHIFT,) * 20)),
    "answers": lambda n: replied(HistoryOf(Ref("am", str(n))), Answered(Story(facts={str(each): "x" for each in range(20)}))),
    "entries of much": lambda n: Written((Noted(at=BEGAN, kind="mark", data={"text": [[]] * 500}),)),
    "entries of large texts": lambda n: Written((Noted(at=BEGAN, kind="x" * 20_000, data={}),)),
    "numbers without points": lambda n: Read(f"trap-{n}", "m", ()),
    "long names": lambda n: Read(f"{n}" + "x" * 100_000, "m" * 100_000, ()),
    "runs without lines": lambda n: Printed(f"run-{n}", 0, ()),
    "lines": lambda n: Printed("run", n, ("x" * 4000,)),
    "points": lambda n: Read("disk", "m", tuple((float(each), 1.0) for each in range(n * 100, n * 100 + 100))),
    "pictures": lambda n: Pictured("am", str(n), Curve(what="x" * 1000)),
}


def copies(bomb: Callable[[int], Message]) -> Iterator[Message]:
    """What it makes, over and over, nothing of which is the same object."""
    for n in count():
        yield msgspec.msgpack.decode(msgspec.msgpack.encode(made := bomb(n)), type=type(made))


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_it_takes_no_more_memory_than_it_may(monkeypatch: pytest.MonkeyPatch, bomb: Callable[[int], Message]) -> None:  # safety 13
    monkeypatch.setattr(replay_archive, "ROOM", ROOM)
    archive = Archive()
    fits = takewhile(lambda _: tracemalloc.get_traced_memory()[0] < 3 * ROOM, copies(bomb))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="takes more than 8 MB"):
            archive.absorb(fits, 0.0)
    finally:
        tracemalloc.stop()


def test_the_answer_to_a_question_and_the_lines_of_a_run_are_found_again() -> None:
    archive, question = Archive(), HistoryOf(Ref("am", "0"))
    archive.absorb((replied(question, Answered(Story(facts={"why": "full"}))), Printed("run-1", 0, ("one",))), 1.0)
    archive.absorb((Printed("run-1", 1, ("two",)),), 2.0)
    assert archive.reply(question, 1.0).value == Story(facts={"why": "full"})
    assert archive.output("run-1", 0, 2.0).lines == ("one", "two")
