"""Ticks of boxes that were reworded: kept where one box alone can be meant."""

from __future__ import annotations

import pytest

from cockpit.core.books import Carried, carried

TELL, TOLD = "Tell #incidents that you are on it", "Tell #incidents that you have it"


@pytest.mark.parametrize(
    ("now", "ticked", "found"),
    [
        ([TELL], [TELL], Carried({}, ())),
        ([TOLD], [TELL], Carried({TOLD: TELL}, ())),
        (["Put it back", TOLD], [TELL], Carried({TOLD: TELL}, ())),
        (["Put it back"], [TELL], Carried({}, (TELL,))),
        ([TOLD, f"{TOLD} now"], [TELL], Carried({}, (TELL,))),  # either may be meant
        ([TOLD], [TELL, f"{TELL}!"], Carried({}, (TELL, f"{TELL}!"))),  # two were ticked, and one is there
        ([TOLD, f"{TELL}!"], [TELL, f"{TELL}!"], Carried({TOLD: TELL}, ())),  # the other has its own
        ([TOLD], [TELL, TOLD], Carried({}, (TELL,))),  # it is ticked already
        ([], [TELL], Carried({}, (TELL,))),
        ([], [], Carried({}, ())),
    ],
)
def test_a_tick_goes_to_the_box_that_alone_can_be_meant(now: list[str], ticked: list[str], found: Carried) -> None:
    assert carried(now, ticked) == found
