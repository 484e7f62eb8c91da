"""The terminal's edge on real pseudo-terminals: the same picture as stock Textual, and not one sequence that is not ours."""

from __future__ import annotations

import asyncio
import base64
import importlib
import inspect
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from textual import driver
from textual.app import App
from textual.drivers import linux_driver

from cockpit.ui.driver import CLIPBOARD_BYTES, EdgeDriver
from cockpit.ui.outlet import Outlet
from cockpit.ui.terminal import FRAME, PRIVATE_NAMES, TerminalEdge
from support.demo_pty import HARD_TEXT, demo, visible
from support.pty import DOWN, ESC, PAGE_DOWN, PAGE_UP, Pty

DRIVER_SOURCE = inspect.getsource(driver) + inspect.getsource(linux_driver)

OURS = re.compile(
    rb"\x1b\[\?(?:7|25|1000|1004|1006|1015|1049|2004|2026)[hl]"  # modes
    rb"|\x1b\[\?2026\$p|\x1b\[>25u|\x1b\[<u"  # one question, and the keyboard
    rb"|\x1b\[2[23];2t|\x1b\]2;[^\x00-\x1f\x7f]*\x07|\x1b\]52;c;[A-Za-z0-9+/=]*\x07|\x07"  # title, clipboard, bell
    rb"|\x1b\[[0-9;]*[ABCDHJKLMmr]|[\r\n\b]|[^\x00-\x1f\x7f]"  # frames
)


HOSTILE_TEXT = "\n".join([
    "esc \x1b[2J\x1b[31mred", "osc \x1b]0;owned\x07 \x1b]52;c;eA==\x07", "c1 \u009b2J \u009d0;owned\u009c",
    "nul \x00 del \x7f so \x0e si \x0f", "dcs \x1bPq\x1b\\ apc \x1b_x\x1b\\ pm \x1b^x\x1b\\",
    "da \x1b[c \x1b[>c dsr \x1b[6n \x1b]11;?\x07", "bidi \u202eevil\u202c \u2066x\u2069",
    "zero \u200b\u200d\u2060\ufeff tag \U000e0041", "cr \rover lf \x0b\x0c bs \b\b\b", "surrogate \udcff end",
])  # fmt: skip


def press(key: str, t: Pty) -> None:
    t.send(key)


def settle_alike(stock: Pty, ours: Pty) -> None:
    """Wait until both show the same; if they never do, say where they differ."""
    for _ in range(40):
        stock.wait_quiet(0.15)
        ours.wait_quiet(0.15)
        if visible(stock) == visible(ours):
            return
    for y, (a, b) in enumerate(zip(visible(stock), visible(ours), strict=True)):
        for x, (one, other) in enumerate(zip(a, b, strict=True)):
            assert one == other, f"column {x}, line {y}\nstock\n{stock.picture()}\nours\n{ours.picture()}"


@pytest.mark.parametrize("theme", [(), ("--ansi",)], ids=["truecolor", "ansi"])
def test_the_picture_equals_stock_textual_cell_by_cell(theme: tuple[str, ...], tmp_path: Path) -> None:
    text = tmp_path / "hard.txt"
    text.write_text(HARD_TEXT)
    steps: list[Callable[[Pty], None]] = [
        lambda t: t.wait_for("A0000005"),
        *(partial(press, key) for key in ("j", DOWN, "x", "c", PAGE_DOWN, "j", PAGE_UP, "h", "m", ESC)),
        lambda t: t.send("f"),
        lambda t: t.resize(61, 17),
        lambda t: t.send("m"),
        lambda t: t.resize(120, 30),
        lambda t: t.send(ESC),
        lambda t: t.send("h"),
        lambda t: t.send("i"),
        lambda t: t.send("wörds 漢"),
        lambda t: t.resize(30, 8),
        lambda t: t.resize(90, 24),
    ]
    with demo("--stock", *theme, "--text", str(text)) as stock, demo(*theme, "--text", str(text)) as ours:
        for step in steps:
            step(stock)
            step(ours)
            settle_alike(stock, ours)
        assert ours.bytes_out < stock.bytes_out / 3


def test_hostile_text_stays_on_the_screen_as_marks(tmp_path: Path) -> None:
    # safety 1, safety 2, safety 4
    text = tmp_path / "hostile.txt"
    text.write_bytes(HOSTILE_TEXT.encode("utf-8", "surrogateescape"))
    with demo("--ansi", "--flat", "--poison", "--text", str(text)) as t:
        t.wait_for("A0000005")
        t.send("h")
        t.wait_for("surrogate")
        t.send("y")
        t.wait_until(lambda: bool(t.clipboard), what="the clipboard")
        t.send("t")
        t.wait_until(lambda: bool(t.titles), what="the title")
        t.wait_quiet()
        t.send("q")
        assert t.wait_exit() == 0
        rest = OURS.sub(b"", t.raw)
        assert rest == b"", rest
        assert len(t.clipboard) == 1
        assert "\x1b" not in t.clipboard[0]
        assert "copied" in t.clipboard[0]
        assert len(t.titles) == 1
        assert t.titles[0].startswith("demo")
        t.raw.decode("utf-8")
    assert t.modes == set()


def test_a_terminals_answers_press_no_keys(tmp_path: Path) -> None:
    # safety 2
    text = tmp_path / "queries.txt"
    text.write_text("da \x1b[c da2 \x1b[>c dsr \x1b[6n osc \x1b]11;?\x07")
    with demo("--ansi", "--text", str(text)) as t:
        t.wait_for("A0000005")
        t.send("h")
        t.wait_for("osc")
        t.send("i")
        t.wait_quiet()
        t.send("typed")
        t.wait_for("typed")
        assert re.search(r"[^\w]typed\s", t.text)


def test_whatever_textual_writes_past_the_display_is_dropped() -> None:
    # safety 5
    with demo("--ansi") as t:
        t.wait_for("A0000005")
        t.send("P")
        t.wait_until(lambda: t.bells == 1, what="the bell")
        t.send("j")
        t.wait_quiet()
        assert t.row_of("stray") == -1
        assert t.titles == []
        assert "1003" not in t.modes
        assert b"\x1b]22;" not in t.raw


def test_without_mouse_the_terminal_keeps_its_own_selection() -> None:
    with demo("--ansi") as t:
        t.wait_for("A0000005")
        t.wait_quiet()
        assert t.modes == {"1049", "?25", "?7", "1004", "2004", "kitty"}


def test_with_mouse_there_are_clicks_but_no_motion() -> None:
    with demo("--ansi", "--mouse") as t:
        t.wait_for("A0000005")
        t.wait_quiet()
        assert {"1000", "1006"} <= t.modes
        assert "1003" not in t.modes


def test_nothing_changed_is_no_byte_and_a_cell_is_a_few() -> None:
    with demo("--ansi", "--flat", columns=200, lines=60) as t:
        t.wait_for("A0000005")
        costs = []
        for key in ("R", "x", "x", "j", "j"):
            with t.counted() as written:
                t.send(key)
            costs.append(len(written[0]))
        assert costs[0] == 0
        assert max(costs[1:3]) <= 14
        assert max(costs[3:]) <= 40


def test_without_synchronized_output_and_without_answers_it_works_all_the_same() -> None:
    with demo("--ansi", answers=False, sync=False) as t:
        t.wait_for("A0000005")
        t.send("m")
        t.wait_for("全角")
        assert b"\x1b[?2026h" not in t.raw


def test_no_color_sends_no_colour() -> None:
    with demo(env={"NO_COLOR": "1"}) as t:
        t.wait_for("A0000005")
        t.send("j")
        t.wait_quiet()
        codes = {code for params in re.findall(rb"\x1b\[([0-9;]*)m", t.raw) for code in params.split(b";")}
        assert codes <= {b"", b"0", b"1", b"2", b"3", b"4", b"7", b"9", b"22", b"23", b"24", b"27", b"29"}


@pytest.mark.parametrize("term", ["linux", "vt220"])
def test_old_terminals_get_no_question_and_no_colour_they_lack(term: str) -> None:
    with demo("--ansi", term=term, truecolor=False) as t:
        t.wait_for("A0000005")
        t.send("m")
        t.wait_for("全角")
        assert b"$p" not in t.raw
        assert b">25u" not in t.raw
        assert not re.search(rb"[34]8;[25];", t.raw)


def test_what_is_copied_has_a_size_that_every_terminal_takes() -> None:
    # safety 2
    sent: list[bytes] = []
    edge = EdgeDriver.__new__(EdgeDriver)
    edge._encoding = "utf-8"
    edge._outlet = cast("Outlet", SimpleNamespace(send=sent.append))
    assert edge.copy("short")
    assert not edge.copy("ö" * 60_000)
    payload = base64.b64decode(sent[1].removeprefix(b"\x1b]52;c;").removesuffix(b"\x07"))
    assert len(payload) <= CLIPBOARD_BYTES
    assert payload.decode("utf-8") == "ö" * (CLIPBOARD_BYTES // 2)


def test_bytes_that_are_no_text_do_not_end_it() -> None:
    with demo("--ansi") as t:
        t.wait_for("A0000005")
        t.send(b"\xff\xfe\xc3(\x80")
        t.send("j")
        t.wait_until(lambda: t.cell(0, 2).text == ">", what="the cursor's move")


def test_the_private_names_that_we_stand_on_are_there() -> None:
    class Small(TerminalEdge, App[int]):
        """Enough to have an instance to look at."""

    async def look() -> None:
        app = Small()
        async with app.run_test():
            assert app.screen._update_timer._interval == FRAME
            made: dict[str, object] = {"App()": app, "Screen()": app.screen, "Widget()": app.screen}
            made["Compositor()"] = app.screen._compositor
            for place, names in PRIVATE_NAMES.items():
                module, _, name = place.partition(":")
                found = made.get(name) or getattr(importlib.import_module(module), name.removesuffix("()"))
                for private in names:
                    assert hasattr(found, private) or f"self.{private} = " in DRIVER_SOURCE or f"self.{private}: " in DRIVER_SOURCE

    asyncio.run(look())
