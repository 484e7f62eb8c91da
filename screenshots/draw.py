#!/usr/bin/env python
"""Draws the pictures of the README from the demo (`staged`), and what it has not from the fixed scene of the tests:
``python screenshots/draw.py``.

``--check`` draws nothing and fails where a picture would change. Each PNG carries a hash of what it was drawn from (the SVG that
Textual exports), so that the check needs no fonts and does not mind how they are rasterised. Drawing needs Fira Code and, for
the Japanese alert, any Japanese font (Debian: fonts-firacode, fonts-ipafont-gothic).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import html
import io
import re
import struct
import sys
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from textual.pilot import Pilot

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "tests"), str(HERE)]

import staged  # noqa: E402 - as above

from cockpit.app import Cockpit  # noqa: E402 - as above
from cockpit.cli import report_fires  # noqa: E402 - as above
from cockpit.cli.listing import counts, table  # noqa: E402 - as above
from cockpit.core.actions import Run, RunState, Start  # noqa: E402 - as above
from cockpit.core.alerts import Ref  # noqa: E402 - as above
from cockpit.core.report_fires import fires  # noqa: E402 - as above
from cockpit.core.steps.pick import PickStep  # noqa: E402 - as above
from cockpit.core.stormrule import StormRule  # noqa: E402 - as above
from cockpit.core.view import View  # noqa: E402 - as above
from cockpit.engine.desk import Output  # noqa: E402 - as above
from cockpit.ui.ask import Ask  # noqa: E402 - as above
from cockpit.ui.confirm_many import ConfirmMany  # noqa: E402 - as above
from cockpit.ui.keys import TABLE  # noqa: E402 - as above
from cockpit.ui.palette import Picker  # noqa: E402 - as above
from cockpit.ui.reader import Reader  # noqa: E402 - as above
from cockpit.ui.runs import RunOutput  # noqa: E402 - as above
from cockpit.ui.targets import Targets  # noqa: E402 - as above
from support import shop_scene  # noqa: E402 - as above
from support.bookcase import books, shelved  # noqa: E402 - as above
from support.boxes import until  # noqa: E402 - as above
from support.desk import FakeDesk, StillClock  # noqa: E402 - the tests' folder is on the path only now
from support.fleet import WEBS, fleet, half_done  # noqa: E402 - as above
from support.reports import PEOPLE, TRAPS, facts_of  # noqa: E402 - as above
from support.scene import NOW, config, scene  # noqa: E402 - as above

Hands = Callable[[Pilot[Any], Cockpit, FakeDesk], Awaitable[None]]
"""What a person does before the picture is taken."""

DISK = Ref("local", "root-disk")
ERRORS = Ref("am-prod", "HighErrorRate/web-3")
PRINTED = (
    "$ journalctl --vacuum-size=200M",
    *(f"Deleted archived journal /var/log/journal/4f1c/system@{n:04x}.journal (128.0M)." for n in range(0x2A10, 0x2A1B)),
    "Vacuuming done, freed 1.3G of archived journals from /var/log/journal/4f1c.",
)


def _stands() -> float:
    """A clock of seconds: a picture shows how long it has lasted, whatever drawing it takes."""
    return 0.0


async def asked(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:
    """A run in the middle of which somebody has to choose."""
    app.board.alerts.seek(DISK)
    pick = PickStep("Which of them may go?", "backup", choices_from=("ls", "/srv/backups"))
    choices = tuple(f"shop-{day:%Y-%m-%d}.sql.zst" for day in (NOW - timedelta(days=ago) for ago in range(3, 10)))
    run = Run(
        id="r3", at=NOW - timedelta(seconds=9), who="Ana", action=Start("free-disk", {}, DISK), what="free-disk", target="/",
        state=RunState.RUNNING, wants=msgspec.structs.replace(pick.want("step 2 of 4", choices), number=1),
    )  # fmt: skip
    desk.outputs["r3"] = Output((*PRINTED, "? Which of them may go?", "| ls /srv/backups", *choices))
    desk.change(runs=(run, *desk.view.runs))
    await app.push_screen(RunOutput(desk, "r3", mono=_stands))
    await until(pilot, lambda: isinstance(app.screen, Picker), "the question")


async def several(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:
    """A runbook for what is marked, before it is confirmed."""
    desk.show(msgspec.structs.replace(fleet(), me=("ana", "Ana")))
    app.board.alerts.marks |= {DISK, *WEBS}
    app.board.follow()
    await pilot.press("1")
    await until(pilot, lambda: isinstance(app.screen, ConfirmMany), "the box")


async def targets(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:
    """The same while it goes on."""
    desk.show(msgspec.structs.replace(fleet(), me=("ana", "Ana"), runs=half_done()))
    await app.push_screen(Targets(desk, "r9", mono=_stands))
    await pilot.press("j")


async def read(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:
    """A Markdown runbook: one box ticked, the cursor on a step."""
    desk.shelf = books()
    desk.ticked.add(("5xx", ERRORS, "Tell #incidents that you are on it"))
    desk.show(msgspec.structs.replace(shelved(), me=("ana", "Ana")))
    app.board.alerts.seek(ERRORS)
    await pilot.press("X")
    await until(pilot, lambda: isinstance(app.screen, Picker), "the picker")
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, Reader), "the reader")
    await pilot.pause()
    await pilot.press("n", "n", "n", "n")


async def laid(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:
    """A trap that is about to be armed after the full disk."""
    values = {
        "name": "root-disk-early", "look": "disk path=/", "trip": "used_percent >= 85", "for": "2m", "severity": "warning",
        "went_wrong": "2026-11-02: root-disk: 93 % used", "runbooks": "free-disk", "owner": "platform",
    }  # fmt: skip
    desk.trap_drafts = ((values, "the look of root-disk; bound from what was read"),)
    desk.would = "would have tripped 2 h 5 m before; 1 false alarm in 14 d of readings"
    app.board.alerts.seek(DISK)
    await pilot.press("t")
    await until(pilot, lambda: isinstance(app.screen, Picker), "the picker")
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, Ask), "the form")
    await pilot.pause()


def reported() -> str:
    """What ``cockpit report`` prints of seven weeks that got easier, as SVG."""
    since = NOW - timedelta(weeks=7)
    made = fires(facts_of(since, 7), PEOPLE, PEOPLE[0], TRAPS, since, NOW, UTC)
    with io.StringIO() as into, contextlib.redirect_stdout(into):
        for sentence in report_fires.verdict(made):
            print(sentence)
        print()
        for heading, heads, rows in report_fires.tables(made, 15):
            print(heading)
            table(heads, rows, right=counts(rows))
            print()
        for sentence in report_fires.sentences(made):
            print(sentence)
        text = into.getvalue()
    console = Console(record=True, width=80, file=io.StringIO(), color_system=None)
    console.print(Text(text.rstrip()), soft_wrap=False)
    return console.export_svg(title="cockpit report --since 49d")


TEXTS: dict[str, Callable[[], str]] = {"report": reported}
"""Pictures of what commands print."""

PICTURES: dict[str, tuple[str, tuple[int, int], Hands]] = {
    "question": ("night-shift", (80, 24), asked),
    "runbook-120x40-night-shift": ("night-shift", (120, 40), read),
    "runbook-80x24-day": ("day", (80, 24), read),
    "trap-120x40-night-shift": ("night-shift", (120, 40), laid),
    "several": ("night-shift", (80, 24), several),
    "targets": ("night-shift", (80, 24), targets),
}
"""Name → theme, size in cells, and what is done first."""


async def drawn(theme: str, size: tuple[int, int], hands: Hands) -> str:
    """One picture of the fixed scene as SVG."""
    desk = FakeDesk(msgspec.structs.replace(scene(), me=("ana", "Ana")))
    app = Cockpit(config(theme=theme, storm=StormRule()), desk, table=TABLE, clock=StillClock(), environ={})
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await hands(pilot, app, desk)
        return without_ligatures(await staged.at_rest(pilot, app))


async def of_the_demo(theme: str, size: tuple[int, int], second: float, hands: staged.Hands) -> str:
    """One picture of the demo as SVG."""
    async with staged.staged(theme, size, second, hands) as (pilot, app):
        return without_ligatures(await staged.at_rest(pilot, app))


STORY = {"story-fire": shop_scene.burning, "story-caught": shop_scene.caught}
"""Pictures of docs/story.md: the board as it opens then, with the story's config."""


def of_the_story(view: Callable[[], View]) -> str:
    """One of them as SVG."""

    async def opened() -> str:
        app = Cockpit(shop_scene.config(), shop_scene.ShopDesk(view()), table=TABLE, clock=StillClock(), environ={})
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            app.board.follow()
            return without_ligatures(await staged.at_rest(pilot, app))

    return asyncio.run(opened())


CELL = 12.2
"""The width of a cell in Rich's export: 0.61 of its font size of 20."""

_TEXT = re.compile(r'<text class="([^"]*)" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)" clip-path="([^"]*)">([^<]*)</text>')
_JOINED = re.compile(r"(?<=[-=<>!/|&+*.:_#])(?=[-=<>!/|&+*.:_#])|(?<=[\u2e80-\uffff])|(?=[\u2e80-\uffff])")


def without_ligatures(svg: str) -> str:
    """Signs that stand side by side as texts of their own: Fira Code would draw ``>=`` as one, which no terminal has to. Wide
    characters too, each in its two cells: Rich's export gives them the room of one."""

    def apart(found: re.Match[str]) -> str:
        style, x, y, _, clip, escaped = found.groups()
        text = html.unescape(escaped)
        pieces = _JOINED.split(text)
        if len(pieces) == 1:
            return found[0]
        at, made = float(x), ""
        for piece in pieces:
            wide = CELL * cell_len(piece)
            said = html.escape(piece).replace("\u00a0", "&#160;")
            made += f'<text class="{style}" x="{at:.1f}" y="{y}" textLength="{wide:.1f}" clip-path="{clip}">{said}</text>'
            at += wide
        return made

    return _TEXT.sub(apart, svg)


def painted(svg: str) -> bytes:
    """An SVG as PNG, with the hash of the SVG in a text chunk."""
    import resvg_py  # here: --check needs none

    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, font_family="Fira Code", monospace_family="Fira Code"))
    said = b"tEXt" + b"svg-sha256\0" + digest(svg).encode()
    chunk = struct.pack(">I", len(said) - 4) + said + struct.pack(">I", zlib.crc32(said))
    header_ends = 8 + 4 + 4 + 13 + 4  # signature, then the IHDR chunk (PNG, 11.2.2)
    return png[:header_ends] + chunk + png[header_ends:]


def digest(svg: str) -> str:
    """A hash of what an SVG shows. Its class names hold a number that stands for its content; what is left of it does too."""
    return hashlib.sha256(svg.encode()).hexdigest()


def kept(path: Path) -> str:
    """The hash of what a picture was drawn from; "" where there is none."""
    found = re.search(rb"svg-sha256\0([0-9a-f]{64})", path.read_bytes()) if path.is_file() else None
    return found[1].decode() if found is not None else ""


def main() -> int:
    """Draw all pictures, or check them."""
    parser = argparse.ArgumentParser(description="Draws the pictures of the README.")
    parser.add_argument("--check", action="store_true", help="draw nothing; fail where a picture would change")
    only_check = parser.parse_args().check
    stale = []
    made: dict[str, Callable[[], str]] = dict(TEXTS)
    made |= {name: lambda of=of: asyncio.run(drawn(*of)) for name, of in PICTURES.items()}  # type: ignore[misc]  # a default binds it
    made |= {name: lambda of=of: asyncio.run(of_the_demo(*of)) for name, of in staged.PICTURES.items()}  # type: ignore[misc]  # as above
    made |= {name: partial(of_the_story, view) for name, view in STORY.items()}
    for name, make in made.items():
        path, svg = HERE / f"{name}.png", make()
        if kept(path) == digest(svg):
            continue
        stale.append(path.name)
        if not only_check:
            path.write_bytes(painted(svg))
    strays = sorted({path.stem for path in HERE.glob("*.png")} - made.keys())
    if strays:
        print(f"nobody draws {', '.join(strays)}")
    if not stale:
        print("every picture is as it was")
    elif only_check:
        print(f"would change: {', '.join(stale)}; run python screenshots/draw.py and look at them")
    else:
        print(f"drawn: {', '.join(stale)}")
    return int(bool(strays or (only_check and stale)))


if __name__ == "__main__":
    raise SystemExit(main())
