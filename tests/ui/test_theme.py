"""Themes: the files, what they promise, and what is left where a terminal can show little."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem, ColorType
from rich.style import Style

from cockpit.ui import theme as themes
from cockpit.ui.look import in_ascii, look, needs_ascii
from cockpit.ui.theme import ROLES, ThemeProblem
from cockpit.ui.traps import STATES
from support.boards import sitting
from support.scene import config

OURS = ("night-shift", "day", "high-contrast", "colour-blind", "sixteen", "mono")
QUIET = {"rule", "key-off", "bar-away", "cursor"}
"""Lines, what cannot be used now, and what is laid under: not there to be read at a glance."""


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """WCAG 2.2: (L1 + 0.05) / (L2 + 0.05), with relative luminance."""

    def luminance(color: tuple[int, int, int]) -> float:
        parts = [part / 255 for part in color]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def seen(style: Style) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Ink and paper."""
    assert style.color is not None
    assert style.bgcolor is not None
    ink, paper = style.color.get_truecolor(), style.bgcolor.get_truecolor()
    return (paper, ink) if style.reverse else (ink, paper)


def test_six_themes_are_installed_and_every_one_says_what_it_is_for() -> None:
    assert tuple(themes.names()) == OURS
    assert all(themes.find(name).about for name in OURS)


@pytest.mark.parametrize("name", OURS)
def test_a_theme_of_ours_gives_every_role_a_look(name: str) -> None:
    assert set(themes.find(name).roles) == set(ROLES)


@pytest.mark.parametrize(("name", "least"), [("night-shift", 4.5), ("day", 4.5), ("colour-blind", 4.5), ("high-contrast", 7.0)])
def test_what_is_to_be_read_can_be_read(name: str, least: float) -> None:
    worn = look(themes.find(name))
    ratios = {role: contrast(*seen(worn.style(role))) for role in ROLES if role not in QUIET | {"stale", "disarmed"}}
    assert {role: round(ratio, 2) for role, ratio in ratios.items() if ratio < least} == {}
    under = {
        role: contrast(*seen(worn.style(role, "cursor"))) for role in ("text", "strong", "critical", "error", "warning", "who")
    }
    assert {role: round(ratio, 2) for role, ratio in under.items() if ratio < 4.5} == {}
    assert contrast(*seen(worn.style("key-off"))) >= 2.9


def test_sixteen_leaves_every_colour_to_the_terminal() -> None:
    worn = look(themes.find("sixteen"))
    for role in ROLES:
        for color in (worn.style(role).color, worn.style(role).bgcolor):
            assert color is None or color.type in (ColorType.STANDARD, ColorType.DEFAULT)


def test_mono_has_no_colour_at_all_and_still_tells_the_worst_from_the_rest() -> None:
    worn = look(themes.find("mono"))
    assert all(worn.style(role).color is None and worn.style(role).bgcolor is None for role in ROLES)
    assert worn.ascii
    assert len({str(worn.style(role)) for role in ("critical", "warning", "text")}) == 3


@pytest.mark.parametrize("name", ["night-shift", "day", "high-contrast", "colour-blind"])
def test_the_row_under_the_cursor_is_no_alarm_where_there_are_256_colours(name: str) -> None:
    ground = Style.parse(themes.find(name).roles["cursor"]).bgcolor
    assert ground is not None
    red, green, blue = ground.downgrade(ColorSystem.EIGHT_BIT).get_truecolor()
    assert red == green == blue  # a grey: the nearest of the 6×6×6 cube would be pink, or a deep blue


def test_in_ascii_a_trap_that_tripped_and_one_that_is_blind_differ_by_more_than_case() -> None:
    signs = {state: in_ascii(glyph) for state, (glyph, _) in STATES.items()}
    assert len({sign.casefold() for sign in signs.values()}) == len(signs)


def test_no_colour_stands_in_the_code() -> None:
    source = Path(themes.__file__).parents[1]
    found = {
        path.name: hits
        for path in (*source.glob("ui/**/*.py"), source / "app.py", *source.glob("ui/*.tcss"))
        if (hits := re.findall(r"""["'\s]#[0-9a-fA-F]{3,8}\b|\brgb\(""", path.read_text("utf-8")))
    }
    assert found == {}


# ── themes of one's own ───────────────────────────────────────────────────────────────────────────────────────────

OWN = """
name = "own"
[colors]
primary = "#ff0000"
foreground = "#ffffff"
background = "#000000"
[roles]
critical = "bold #ff0000"
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OWN.replace("critical", "critcal"), "no role 'critcal', did you mean 'critical'"),
        (OWN.replace("bold #ff0000", "bold #ff000"), "roles.critical"),
        (OWN.replace("bold #ff0000", "red link https://example.org"), "has no link"),
        (OWN.replace('background = "#000000"\n', ""), "foreground and background are needed"),
        (OWN.replace('primary = "#ff0000"', 'primary = "reddish"'), "own.toml"),
        (OWN.replace('name = "own"', 'name = "other"'), "make them the same"),
        (OWN.replace("[roles]", "[rules]"), "rules"),
        ("name = ", "own.toml"),
    ],
)
def test_a_broken_theme_says_which_file_and_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "own.toml").write_text(text, "utf-8")
    with pytest.raises(ThemeProblem, match=re.escape(said)):
        themes.find("own", (tmp_path,))


def test_a_role_left_out_looks_like_text(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN + 'text = "#cccccc"\n', "utf-8")
    worn = look(themes.find("own", (tmp_path,)))
    assert worn.style("warning") == worn.style("text")
    assert worn.style("critical") != worn.style("text")


def test_the_screen_wears_a_theme_from_the_config_directory(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN, "utf-8")

    async def body() -> None:
        async with sitting(config=config(theme="own"), theme_dirs=(tmp_path,)) as person:
            assert person.app.theme == "own"
            assert "HighErrorRate" in person.text

    asyncio.run(body())


@pytest.mark.parametrize(("name", "said"), [("nite-shift", "did you mean 'night-shift'"), ("xyzzy", "there are night-shift, day")])
def test_a_theme_that_does_not_exist_is_said_and_night_shift_is_worn(name: str, said: str) -> None:
    async def body() -> None:
        async with sitting(config=config(theme=name), size=(200, 40)) as person:
            assert person.app.theme == "night-shift"
            assert said in person.footer
            assert "HighErrorRate" in person.text

    asyncio.run(body())


def test_T_goes_through_all_themes_and_keeps_the_board_as_it_was() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("j", "space")
            worn = []
            for _ in OURS:
                worn.append(person.app.theme)
                await person.press("T")
                assert len(person.board.alerts.marks) == 1
                assert person.board.alerts.cursor == 2
            assert tuple(worn) == OURS
            assert person.app.theme == OURS[0]
            assert "theme night-shift" in person.footer

    asyncio.run(body())


# ── where there is only ASCII ─────────────────────────────────────────────────────────────────────────────────────


@given(st.text())
def test_ascii_takes_exactly_as_many_cells(text: str) -> None:
    plain = in_ascii(text)
    assert plain.isascii()
    if "\n" not in text and text.isprintable() and all(cell_len(char) for char in text):
        assert cell_len(plain) == sum(cell_len(char) for char in text)


@pytest.mark.parametrize(
    ("encoding", "term", "ascii_alone"),
    [
        ("utf-8", "xterm", False),
        ("UTF8", "xterm", False),
        ("ISO-8859-1", "xterm", True),
        (None, "xterm", True),
        ("utf-8", "dumb", True),
    ],
)
def test_ascii_is_for_terminals_that_cannot_be_trusted_with_more(encoding: str | None, term: str, ascii_alone: bool) -> None:
    assert needs_ascii(encoding, {"TERM": term}) is ascii_alone


@pytest.mark.parametrize("how", ["config", "theme", "NO_COLOR"])
def test_board_and_boxes_are_drawn_in_ascii_where_that_is_wanted(how: str) -> None:
    async def body() -> None:
        wanted = config(ascii=how == "config", theme="mono" if how == "theme" else "night-shift")
        async with sitting(config=wanted, environ={"NO_COLOR": "1"} if how == "NO_COLOR" else {}) as person:
            assert person.text.isascii()
            assert "! CRIT" in person.text
            assert "Sao Paulo" in person.text
            await person.press("question_mark")
            assert person.text.isascii()

    asyncio.run(body())
