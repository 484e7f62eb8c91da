"""The last board, kept for the next start: what is shown of it, what is not, and that a planted file never drives the terminal."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from cockpit.ui import picture
from cockpit.ui.cells import Characters
from cockpit.ui.glass import Glass
from cockpit.ui.pen import Pen
from cockpit.ui.picture import Picture, drawn, marked, read, write

OURS = re.compile(r"\x1b\[[0-9;]{1,90}m|\x1b\[2J|\x1b\[[0-9]*[HC]|[^\x00-\x1f\x7f-\x9f]")
BODY, MARK = "|38;2;143;133;119|48;2;21;18;16", "1|91|48;2;21;18;16"
BOARD = ("cockpit   03:12:44 UTC", "▲ CRIT   2m  disk", "", "┌──┐        漢字         x", "a ack  q quit")


def kept(path: Path, **changes: str) -> Picture:
    """The board in a file, 30 cells wide; ``changes`` are made to the file's lines (``"4"``: the fifth)."""
    lines = [line + " " * (30 - len(line) - sum(line.count(wide) for wide in "漢字")) for line in BOARD]
    made = Picture(lines, 30, body=BODY, mark=MARK, about="'am/disk'", at=1_000_000.0, key="'here'")
    write(str(path), made)
    if changes:
        written = path.read_text("utf-8").split("\n")
        for line, text in changes.items():
            written[int(line.removeprefix("line"))] = text
        path.write_text("\n".join(written), "utf-8", "surrogateescape")
    return made


def seen(path: Path) -> Picture | None:
    return read(str(path), 30, 5, "'here'")


def test_what_was_kept_is_what_is_read_and_nobody_else_may_read_it(tmp_path: Path) -> None:  # safety 21
    before = os.umask(0)
    try:
        made = kept(tmp_path / "board")
    finally:
        os.umask(before)
    found = seen(tmp_path / "board")
    assert found is not None
    names = Picture.__slots__
    assert [getattr(found, name) for name in names] == [getattr(made, name) for name in names]
    assert (tmp_path / "board").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["board"]


@pytest.mark.parametrize(
    "line",
    [
        "esc \x1b[2J", "csi \u009b2J", "bell \a", "osc \x1b]52;c;eA==\a", "del \x7f", "nul \0", "bidi \u202eevil",
        "zero\u200bwidth", "tag \U000e0041", "line\u2028end", "cr \r", "lone \udcff", "x" * 31,
    ],
)  # fmt: skip
def test_a_line_that_could_drive_the_terminal_is_no_picture(line: str, tmp_path: Path) -> None:  # safety 1
    kept(tmp_path / "board", line7=line)
    assert seen(tmp_path / "board") is None


@pytest.mark.parametrize(
    ("at", "text"),
    [(0, "something else"), (1, "31 5"), (1, "30 6"), (2, "when"), (3, "'there'"), (4, "1||"), (4, "1||m\x1b[2J 1||"),
     (4, "1|x| 1||"), (4, f"{'1;' * 50}|| 1||"), (5, "\x1b[2J")],
)  # fmt: skip
def test_for_another_start_or_with_other_words_it_is_no_picture(at: int, text: str, tmp_path: Path) -> None:
    kept(tmp_path / "board", **{f"line{at}": text})
    assert seen(tmp_path / "board") is None


def _another_size(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\nmore")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:90])


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize(
    "change",
    [_another_size, _cut, _link, _pipe, lambda path: path.chmod(0o640), lambda path: path.chmod(0o602), lambda path: path.unlink(),
     lambda path: os.truncate(path, 2_000_000)],
)  # fmt: skip
def test_a_file_that_is_not_this_users_alone_or_not_whole_is_not_shown(change: Callable[[Path], object], tmp_path: Path) -> None:
    # safety 21
    kept(tmp_path / "board")
    assert seen(tmp_path / "board") is not None
    change(tmp_path / "board")
    assert seen(tmp_path / "board") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_another_users_file_is_not_shown(tmp_path: Path) -> None:  # safety 21
    kept(tmp_path / "board")
    os.chown(tmp_path / "board", 65534, 65534)
    assert seen(tmp_path / "board") is None


def test_a_link_in_the_way_is_not_written_through(tmp_path: Path) -> None:  # safety 21
    target = tmp_path / "precious"
    target.write_text("precious")
    (tmp_path / f"board{picture._SUFFIX}").symlink_to(target)
    with pytest.raises(OSError, match="symbolic links"):
        kept(tmp_path / "board")
    assert target.read_text() == "precious"
    (tmp_path / f"board{picture._SUFFIX}").unlink()
    (tmp_path / "board").symlink_to(target)
    kept(tmp_path / "board")
    assert target.read_text() == "precious"


@given(st.lists(st.text(max_size=32), min_size=5, max_size=5), st.text(max_size=90), st.text(max_size=90))
def test_whatever_lies_in_the_file_only_our_own_sequences_come_out(lines: list[str], body: str, mark: str) -> None:  # safety 1
    written = "\n".join((picture._MAGIC, "30 5", "0", "'here'", f"{body} {mark}", "", *lines)).encode("utf-8", "surrogateescape")
    path = Path(os.environ.get("TMPDIR", "/tmp"), f"cockpit-test-picture-{os.getpid()}")
    path.touch(0o600)
    path.write_bytes(written)
    try:
        found = seen(path)
    finally:
        path.unlink()
    if found is not None:
        assert OURS.sub("", drawn(found, 1e6)) == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "<1 m old"), (59, "<1 m old"), (60, "1 m old"), (7200, "2 h old"), (2e5, "2 d old"), (-5, "from another time"),
     (float("nan"), "from another time"), (1e300, "from another time")],
)  # fmt: skip
def test_its_first_line_says_how_old_it_is(seconds: float, said: str, tmp_path: Path) -> None:
    made = kept(tmp_path / "board")
    wide = Picture(made.lines, 80, body=BODY, mark=MARK, about="", at=0.0, key="")
    first, second, *_ = marked(wide, seconds)
    assert first.rstrip() == f" cockpit   LAST KNOWN BOARD, {said}: nothing here is live yet"
    assert len(first) == 80
    assert second == made.lines[1], "the others stay; the first had the clock and the sources' health"


# ── the first live frame is a difference to it ────────────────────────────────────────────────────────────────────


def grid(*written: str) -> list[list[tuple[str, ...]]]:
    """What can be seen: letters do not colour a space."""
    screen = pyte.Screen(30, 5)
    pyte.Stream(screen).feed("".join(written))
    rows = ([screen.buffer[y][x] for x in range(30)] for y in range(5))
    return [[(cell.data, cell.bg, *((cell.fg, str(cell.bold)) if cell.data != " " else ())) for cell in row] for row in rows]


def glass() -> Glass:
    return Glass(30, 5, Pen(ColorSystem.TRUECOLOR), Characters())


def painted(on: Glass, lines: list[str], style: Style) -> str:
    for y, line in enumerate(lines):
        on.paint(0, y, [Segment(line, style)], 30)
    return on.difference()


@pytest.mark.parametrize("style", [Style.parse("#8f8577 on #151210"), Style.parse("bold red")], ids=["as before", "otherwise"])
def test_a_frame_after_it_shows_what_it_would_show_without(style: Style, tmp_path: Path) -> None:
    shown = kept(tmp_path / "board")
    lines = ["▲ CRIT   9m  disk" + " " * 13, *(line for line in shown.lines[1:])]
    ours, alone = glass(), glass()
    looks = [ours.pen.looked_up(MARK), *[ours.pen.looked_up(BODY)] * 4]
    assert ours.adopt(marked(shown, 2e6), looks)
    alone.clear()
    after = painted(ours, lines, style)
    assert grid(drawn(shown, 2e6), after) == grid(painted(alone, lines, style))
    if style.bgcolor is not None:
        assert not set("漢字┌") & set(after), "what is there in this look is not written again"


def test_lines_of_another_width_are_not_relied_upon(tmp_path: Path) -> None:
    shown = kept(tmp_path / "board", line7="short")
    ours = glass()
    assert not ours.adopt(marked(seen(tmp_path / "board") or shown, 2e6), [0] * 5)


def test_the_lines_of_a_frame_have_no_character_of_doubtful_width() -> None:
    ours = glass()
    painted(ours, ["漢 é e\u0301 🔥 x\u0302 \U0001fae0|", "plain"], Style())
    assert [line.rstrip() for line in ours.lines()[:2]] == ["漢 é ? ?  ? ? |", "plain"]


def test_a_style_survives_the_way_into_a_word_and_back() -> None:
    pen = Pen(ColorSystem.TRUECOLOR)
    for look in ("bold red on #102030", "#8f8577", "dim strike", "none"):
        style = Style.parse(look)
        assert pen.looked_up(pen.spelled(style)) == pen.number(style)
