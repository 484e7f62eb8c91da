"""The pictures that are drawn from the demo, as anybody sees it who starts ``cockpit --demo`` and presses these keys."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from textual.pilot import Pilot

from cockpit.app import Cockpit
from cockpit.core.alerts import Ref
from cockpit.core.groups import Group
from cockpit.core.paged import PageState
from cockpit.core.sources import Health
from cockpit.demo.stage import Stage
from cockpit.demo.story.night import BLIND
from cockpit.ui.confirm import Confirm
from cockpit.ui.handover import HandoverBrief
from cockpit.ui.incident import Following
from cockpit.ui.keys import TABLE
from cockpit.ui.page import Page
from cockpit.ui.report import Report
from cockpit.ui.week import Week
from support.boxes import text_of, until

DAY = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
"""The day after whose night they are: a Wednesday."""
DISK, ERRORS = Ref("local", "db-disk"), Ref("am-prod", "HighErrorRate/web-3")

DEAF = 0.4
"""Real seconds in which a box that asks has surely begun to take keys."""

Hands = Callable[[Pilot[Any], Cockpit, Stage], Awaitable[None]]
"""What a person does before the picture is taken."""


@contextlib.asynccontextmanager
async def staged(theme: str, size: tuple[int, int], second: float, hands: Hands) -> AsyncIterator[tuple[Pilot[Any], Cockpit]]:
    """The demo's screen at a second of the night at which its clock stands, once these hands have done their work."""
    stage = Stage(DAY, theme, at=second, stands=True)
    try:
        app = Cockpit(stage.config, stage, table=TABLE, clock=stage.clock, environ={}, replay=stage)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: _seen(stage), "everything to be looked at")
            await pilot.pause()
            await pilot.press("g")
            await at_rest(pilot, app)
            await hands(pilot, app, stage)
            yield pilot, app
    finally:
        stage.close()


async def at_rest(pilot: Pilot[Any], app: Cockpit) -> str:
    """What stands on the screen, as SVG, once nothing on it has changed for a while."""
    last: list[str] = []
    for _ in range(50):
        last = [*last[-2:], app.export_screenshot(title="cockpit")]
        if len(last) == 3 and len(set(last)) == 1:
            return last[0]
        await pilot.pause(0.2)
    raise SystemExit("the screen never comes to rest")


def _seen(stage: Stage) -> bool:
    """Whether everything has been looked at, and whoever is called has been: where the clock stands, nothing comes by itself."""
    view, blind = stage.view, BLIND[1] <= stage.clock.position < BLIND[2]
    looked = len(view.traps) > 0 and all(each.watch.checked_at is not None for each in view.traps)
    sees = all(each.health is not Health.STARTING for each in view.sources) and bool(view.blind) is blind
    pages = [row.alert.pages for row in view.alerts if row.alert.ref == DISK]
    called = all(any(page.state is PageState.SENT for page in each) for each in pages)
    if not called:
        stage.refresh()
    return looked and sees and called


async def look(pilot: Pilot[Any], app: Cockpit, stage: Stage) -> None:  # noqa: ARG001 - the signature of all hands
    """The board, the cursor on the disk that fills, with how it went."""
    await _on(pilot, app, DISK)
    await pilot.press("escape", "escape")  # what the cockpit has to say has been read


async def ask(pilot: Pilot[Any], app: Cockpit, stage: Stage) -> None:  # noqa: ARG001 - as above
    """The runbook of the full disk, before it is confirmed."""
    await _on(pilot, app, DISK)
    await until(pilot, lambda: "1 Free space" in text_of(app.screen), "the runbook")
    await pilot.press("1")
    await until(pilot, lambda: isinstance(app.screen, Confirm), "the box")


async def watch(pilot: Pilot[Any], app: Cockpit, stage: Stage) -> None:
    """The same runbook once it has run."""
    await ask(pilot, app, stage)
    for _ in range(20):
        if not isinstance(app.screen, Confirm):
            break
        await pilot.pause(DEAF)
        await pilot.press("y")
    for _ in range(100):
        if "done, exit 0" in text_of(app.screen):
            break
        await pilot.pause(DEAF)


async def followed(pilot: Pilot[Any], app: Cockpit, stage: Stage) -> None:
    """The incident, followed: led, its cause found, users still hurt."""
    await _on(pilot, app, ERRORS)
    await until(pilot, lambda: stage.incident_of(ERRORS) != "", "the incident")
    await pilot.press("i")
    await until(pilot, lambda: isinstance(app.screen, Following) and app.screen.incident is not None, "the incident")


async def week(pilot: Pilot[Any], app: Cockpit, stage: Stage) -> None:  # noqa: ARG001 - as above
    """The week of the rosters, with the cursor on an override."""
    await pilot.press("w")
    await until(pilot, lambda: isinstance(app.screen, Week) and app.screen.line is not None, "the week")
    await until(pilot, lambda: "being laid out" not in text_of(app.screen), "the rosters")
    await pilot.press("j", "j", "l")


async def month(pilot: Pilot[Any], app: Cockpit, stage: Stage) -> None:
    """The month."""
    await week(pilot, app, stage)
    await pilot.press("w")
    await until(pilot, lambda: "being laid out" not in text_of(app.screen), "the rosters")


async def handed(pilot: Pilot[Any], app: Cockpit, stage: Stage) -> None:  # noqa: ARG001 - as above
    """The shift brief, minutes before the next person takes over."""
    await pilot.press("colon", *"handover", "enter")
    await until(pilot, lambda: isinstance(app.screen, HandoverBrief) and app.screen.query_one(Page).rows > 3, "the brief")


async def counted(pilot: Pilot[Any], app: Cockpit, stage: Stage) -> None:  # noqa: ARG001 - as above
    """The report of seven weeks that got easier."""
    await pilot.press("colon", *"report", "space", *"49d", "enter")
    await until(pilot, lambda: isinstance(app.screen, Report) and "Who was called" in text_of(app.screen), "the report")


async def stormy(pilot: Pilot[Any], app: Cockpit, stage: Stage) -> None:  # noqa: ARG001 - as above
    """A rack that has fallen silent: the storm in groups, the cursor on the largest, the rest of the night around it."""
    await until(pilot, lambda: any(isinstance(each, Group) for each in app.board.alerts.rows), "the storm")
    groups = [each for each in app.board.alerts.rows if isinstance(each, Group)]
    app.board.alerts.seek(max(groups, key=len).key)
    app.board.follow()


async def silenced(pilot: Pilot[Any], app: Cockpit, stage: Stage) -> None:  # noqa: ARG001 - as above
    """The silences, with what the first one hushes."""
    await pilot.press("S")


async def tried(pilot: Pilot[Any], app: Cockpit, stage: Stage) -> None:
    """What was run for the full disk when it filled before, and whether that helped."""
    await _on(pilot, app, DISK)
    await pilot.press("enter")
    await until(pilot, lambda: bool(stage.past(_alert(stage, DISK))), "what was run before")
    for _ in range(40):
        if "What was run for it" in text_of(app.screen):
            break
        await pilot.press("j")


def _alert(stage: Stage, ref: Ref) -> Any:
    return next(row.alert for row in stage.view.alerts if row.alert.ref == ref)


async def _on(pilot: Pilot[Any], app: Cockpit, ref: Ref) -> None:
    """Put the cursor on an alert, once it is there."""
    await until(pilot, lambda: app.board.view.alert(ref) is not None, f"{ref}")
    app.board.alerts.seek(ref)
    app.board.follow()


NIGHT = "night-shift"
PICTURES: dict[str, tuple[str, tuple[int, int], float, Hands]] = {
    "board-120x40-night-shift": (NIGHT, (120, 40), 620.0, look),
    "board-120x40-day": ("day", (120, 40), 620.0, look),
    "board-80x24-night-shift": (NIGHT, (80, 24), 620.0, look),
    "board-80x24-day": ("day", (80, 24), 620.0, look),
    "confirm": (NIGHT, (80, 24), 620.0, ask),
    "run": (NIGHT, (80, 24), 620.0, watch),
    "silences": (NIGHT, (120, 40), 620.0, silenced),
    "incident-120x40-night-shift": (NIGHT, (120, 40), 720.0, followed),
    "week-120x40-night-shift": (NIGHT, (120, 40), 720.0, week),
    "week-80x24-day": ("day", (80, 24), 720.0, week),
    "month-120x40-night-shift": (NIGHT, (120, 40), 720.0, month),
    "handover-120x40-night-shift": (NIGHT, (120, 40), 1400.0, handed),
    "handover-80x24-day": ("day", (80, 24), 1400.0, handed),
    "history-120x40-night-shift": (NIGHT, (120, 40), 620.0, tried),
    "report-120x40-night-shift": (NIGHT, (120, 40), 720.0, counted),
    "report-80x24-day": ("day", (80, 24), 720.0, counted),
    "storm": (NIGHT, (120, 40), 520.0, stormy),
}  # fmt: skip
"""Name → theme, size in cells, the second of the night, and what is done first."""
