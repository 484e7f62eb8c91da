#!/usr/bin/env python
"""Draws the pictures at the top of the README from the fixed scene of the tests: ``python screenshots/draw.py``.

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
import math
import re
import struct
import sys
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from textual.pilot import Pilot

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from cockpit.app import Cockpit  # noqa: E402 - as above
from cockpit.cli import report_fires  # noqa: E402 - as above
from cockpit.cli.listing import table  # noqa: E402 - as above
from cockpit.core.actions import Run, RunState, Start  # noqa: E402 - as above
from cockpit.core.alerts import Ref, Severity  # noqa: E402 - as above
from cockpit.core.curves import Curve  # noqa: E402 - as above
from cockpit.core.groups import Group  # noqa: E402 - as above
from cockpit.core.handover import LONGEST, Handed, Note, Shown, duties  # noqa: E402 - as above
from cockpit.core.incident_timeline import Line  # noqa: E402 - as above
from cockpit.core.incidents import Change, member  # noqa: E402 - as above
from cockpit.core.loads import Disturbance  # noqa: E402 - as above
from cockpit.core.report_fires import fires  # noqa: E402 - as above
from cockpit.core.steps.pick import PickStep  # noqa: E402 - as above
from cockpit.core.stormrule import StormRule  # noqa: E402 - as above
from cockpit.core.units import bound  # noqa: E402 - as above
from cockpit.engine.desk import Output  # noqa: E402 - as above
from cockpit.ui.ask import Ask  # noqa: E402 - as above
from cockpit.ui.confirm_many import ConfirmMany  # noqa: E402 - as above
from cockpit.ui.handover import HandoverBrief  # noqa: E402 - as above
from cockpit.ui.incident import Following  # noqa: E402 - as above
from cockpit.ui.keys import TABLE  # noqa: E402 - as above
from cockpit.ui.page import Page  # noqa: E402 - as above
from cockpit.ui.palette import Picker  # noqa: E402 - as above
from cockpit.ui.reader import Reader  # noqa: E402 - as above
from cockpit.ui.report import Report  # noqa: E402 - as above
from cockpit.ui.runs import RunOutput  # noqa: E402 - as above
from cockpit.ui.targets import Targets  # noqa: E402 - as above
from cockpit.ui.week import Week  # noqa: E402 - as above
from support.bookcase import books, shelved  # noqa: E402 - as above
from support.boxes import text_of, until  # noqa: E402 - as above
from support.desk import FakeDesk, StillClock  # noqa: E402 - the tests' folder is on the path only now
from support.fleet import WEBS, fleet, half_done  # noqa: E402 - as above
from support.hushed import hushed  # noqa: E402 - as above
from support.pasts import past  # noqa: E402 - as above
from support.reports import PEOPLE, TRAPS, easier_weeks, facts_of  # noqa: E402 - as above
from support.rota import laid as rosters_laid  # noqa: E402 - as above
from support.rota import overrides  # noqa: E402 - as above
from support.scene import NOW, config, scene  # noqa: E402 - as above
from support.storms import stormed  # noqa: E402 - as above

Hands = Callable[[Pilot[Any], Cockpit, FakeDesk], Awaitable[None]]
"""What a person does before the picture is taken."""

DISK = Ref("local", "root-disk")
ERRORS = Ref("am-prod", "HighErrorRate/web-3")
RISEN = tuple((NOW.timestamp() - 300 * ago, 1.2 + 0.6 * math.sin(ago / 3) + max(0.0, 11.0 - ago)) for ago in range(72, -1, -1))
PRINTED = (
    "$ journalctl --vacuum-size=200M",
    *(f"Deleted archived journal /var/log/journal/4f1c/system@{n:04x}.journal (128.0M)." for n in range(0x2A10, 0x2A1B)),
    "Vacuuming done, freed 1.3G of archived journals from /var/log/journal/4f1c.",
)


async def look(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:  # noqa: ARG001 - the signature of all hands
    """Nothing: the board as it opens, with what its Prometheus measured."""
    desk.curves[ERRORS] = Curve(points=RISEN, what="5xx of all requests", name="error_percent", bound=bound("error_percent > 10"))
    app.board.follow()


async def ask(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:  # noqa: ARG001 - as above
    """The runbook of the full disk, before it is confirmed."""
    app.board.alerts.seek(DISK)
    await pilot.press("1")


async def watch(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:  # noqa: ARG001 - as above
    """The same runbook once it has run."""
    app.board.alerts.seek(DISK)
    run = Run(
        id="r3", at=NOW - timedelta(seconds=9), who="Ana", action=Start("free-disk", {}, DISK), what="free-disk", target="/",
        state=RunState.CONFIRMED, exit_code=0, seconds=4.2,
    )  # fmt: skip
    desk.outputs["r3"] = Output(PRINTED)
    desk.change(runs=(run, *desk.view.runs))
    await app.push_screen(RunOutput(desk, "r3"))


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
    await app.push_screen(RunOutput(desk, "r3"))
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
    await app.push_screen(Targets(desk, "r9"))
    await pilot.press("j")


async def silenced(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:  # noqa: ARG001 - as above
    """The silences, with what the first one hushes."""
    desk.show(msgspec.structs.replace(hushed(), me=("ana", "Ana")))
    await pilot.press("S")


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


async def followed(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:
    """An incident that is followed: led, its cause found, users still hurt."""
    alerts = msgspec.to_builtins([member(row.alert) for row in desk.view.alerts if row.alert.ref == ERRORS])
    happened: tuple[tuple[Change, str, dict[str, object]], ...] = (
        (Change.OPENED, "Ana", {"title": "Checkout fails for one in eight", "severity": "critical", "alerts": alerts}),
        (Change.ROLE, "Bo", {"role": "lead", "person": "Bo"}),
        (
            Change.IMPACT,
            "Bo",
            {"impact_start": f"{NOW - timedelta(minutes=3):%Y-%m-%dT%H:%M:%S}Z", "text": "orders are lost at the last step"},
        ),
        (Change.NOTED, "Ana", {"text": "only web-3, since release 2026.47.3"}),
        (Change.STATUS, "Bo", {"status": "identified"}),
        (
            Change.NOTED,
            "Ana",
            {"text": "web-3 is out of the pool; the load balancer still sends one request in twenty to it, and these wait"},
        ),
    )
    for number, (change, who, data) in enumerate(happened):
        desk.happens(change, "i1" if number else "", data, who, NOW - timedelta(seconds=110 - 17 * number))
    desk.change(me=("ana", "Ana"))
    app.board.alerts.seek(ERRORS)
    await pilot.press("i")
    await until(pilot, lambda: isinstance(app.screen, Following) and app.screen.incident is not None, "the incident")


async def week(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:
    """The week of the rosters, with the cursor on an override."""
    desk.change(overrides=overrides())
    await pilot.press("w")
    await until(pilot, lambda: isinstance(app.screen, Week) and app.screen.line is not None, "the week")
    await pilot.press("k", "k", "l", "l", "l", "l")


async def handed(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:
    """The shift brief, an hour after it was marked as handed over."""
    ago = [NOW - timedelta(hours=hours) for hours in (17, 16, 8, 3, 0.4, 0.2)]
    lines = (
        Line(at=ago[0], what="trap", text="trap backups warning: 25 h old"),
        Line(at=ago[1], what="mark", who="bo", text="deployed shop 1.4"),
        Line(at=ago[2], what="page", text="Bo paged about root-disk by ntfy: sent"),
        Line(at=ago[3], what="run", who="bo", text="free-disk on /: done (helped)"),
        Line(at=ago[4], what="alert", text="HighErrorRate on web-3 fired: 5xx 12 % for 5 m"),
        Line(at=ago[5], what="mark", who="ana", text="rolled back to shop 1.3"),
    )
    duty = duties(rosters_laid(NOW - LONGEST, NOW + LONGEST), NOW)[0]
    then = NOW - timedelta(hours=1)
    old = [row.alert for row in desk.view.alerts if row.alert.started_at is None or row.alert.started_at < then]
    stood = {str(alert.ref): alert.name for alert in old} | {"pd/gone": "QueueGrows"}
    mark = Handed(at=then, who="bo", giver=duty.giver, taker=duty.taker, alerts=stood)
    desk.shown = Shown(
        since=NOW - timedelta(hours=18), lines=lines, disturbances=(Disturbance(ago[2], "bo"), Disturbance(ago[3], "bo")),
        notes=(Note(number=41, at=ago[3], who="bo", text="the disk of db-1 is swapped on Tuesday at 10:00; ask Cy first"),),
        handed=(mark,),
    )  # fmt: skip
    await pilot.press("colon", *"handover", "enter")
    await until(pilot, lambda: isinstance(app.screen, HandoverBrief) and app.screen.query_one(Page).rows > 0, "the brief")


async def month(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:
    """The month."""
    await week(pilot, app, desk)
    await pilot.press("w")


async def stormy(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:
    """A rack without power: the storm in groups, the cursor on the largest, the rest of the night around it."""
    view = stormed(desk.view, range(312), severity=Severity.WARNING)
    view = stormed(view, range(400, 431), "KubeletDown")
    desk.show(stormed(view, range(500, 548), "PodNotReady", severity=Severity.WARNING, age=40))
    await pilot.pause()
    groups = [each for each in app.board.alerts.rows if isinstance(each, Group)]
    app.board.alerts.seek(max(groups, key=len).key)
    app.board.follow()


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


async def tried(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:
    """What was run for the full disk before, now and when it fired earlier, and whether it helped."""
    (alert,) = (row.alert for row in desk.view.alerts if row.alert.ref == DISK)
    went = (
        ("free-disk", 3, True, "Ana"),
        ("restart", 3.02, False, "Ana"),
        ("free-disk", 17, True, "Bo"),
        ("free-disk", 31, None, "Cy"),
    )
    desk.pasts[DISK] = tuple(past(what, 86400 * days, helped, who=who, alert=alert) for what, days, helped, who in went)
    app.board.alerts.seek(DISK)
    app.board.follow()
    await pilot.press("enter")
    for _ in range(40):
        if "What was run for it" in text_of(app.screen):
            break
        await pilot.press("j")


async def counted(pilot: Pilot[Any], app: Cockpit, desk: FakeDesk) -> None:
    """The report of seven weeks that got easier."""
    desk.report_on = easier_weeks
    await pilot.press("colon", *"report", "space", *"49d", "enter")
    await until(pilot, lambda: isinstance(app.screen, Report) and "Who was called" in text_of(app.screen), "the report")


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
            table(heads, rows)
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
    "board-120x40-night-shift": ("night-shift", (120, 40), look),
    "board-120x40-day": ("day", (120, 40), look),
    "board-80x24-night-shift": ("night-shift", (80, 24), look),
    "board-80x24-day": ("day", (80, 24), look),
    "confirm": ("night-shift", (80, 24), ask),
    "run": ("night-shift", (80, 24), watch),
    "question": ("night-shift", (80, 24), asked),
    "runbook-120x40-night-shift": ("night-shift", (120, 40), read),
    "runbook-80x24-day": ("day", (80, 24), read),
    "trap-120x40-night-shift": ("night-shift", (120, 40), laid),
    "several": ("night-shift", (80, 24), several),
    "targets": ("night-shift", (80, 24), targets),
    "silences": ("night-shift", (120, 40), silenced),
    "incident-120x40-night-shift": ("night-shift", (120, 40), followed),
    "week-120x40-night-shift": ("night-shift", (120, 40), week),
    "week-80x24-day": ("day", (80, 24), week),
    "handover-120x40-night-shift": ("night-shift", (120, 40), handed),
    "handover-80x24-day": ("day", (80, 24), handed),
    "month-120x40-night-shift": ("night-shift", (120, 40), month),
    "history-120x40-night-shift": ("night-shift", (120, 40), tried),
    "report-120x40-night-shift": ("night-shift", (120, 40), counted),
    "report-80x24-day": ("day", (80, 24), counted),
    "storm": ("night-shift", (120, 40), stormy),
}
"""Name → theme, size in cells, and what is done first."""


async def drawn(theme: str, size: tuple[int, int], hands: Hands) -> str:
    """One picture as SVG, taken once the screen has come to rest."""
    desk = FakeDesk(msgspec.structs.replace(scene(), me=("ana", "Ana")))
    app = Cockpit(config(theme=theme, storm=StormRule()), desk, table=TABLE, clock=StillClock(), environ={})
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await hands(pilot, app, desk)
        before, now = "", app.export_screenshot(title="cockpit")
        for _ in range(50):
            if now == before:
                return without_ligatures(now)
            await pilot.pause(0.2)
            before, now = now, app.export_screenshot(title="cockpit")
    raise SystemExit("the screen never comes to rest")


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
    made = {name: lambda of=of: asyncio.run(drawn(*of)) for name, of in PICTURES.items()} | TEXTS
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
