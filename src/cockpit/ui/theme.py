"""``themes/*.toml``: Textual's colours for what opens over the board, and our own roles for every character the panes draw.

Colour lives in these files alone. A role is a word for what something *is* (``critical``, ``muted``, ``rule``); the file says how
it looks, in rich's words: ``bold red``, a hex colour, ``strike bright_black``. Neither rich nor Textual is imported to list themes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

DEFAULT = "night-shift"

ROLES: dict[str, str] = {
    "text": "what is read",
    "strong": "the name of the thing itself",
    "muted": "what stands beside it",
    "rule": "lines between panes",
    "title": "a pane's title",
    "title-focus": "the title of the pane that has the keys",
    "key": "a key that works now",
    "key-off": "a key that cannot work now, and its word",
    "critical": "severity", "error": "severity", "warning": "severity, a trap that sees signs, a late source",
    "info": "severity", "unknown": "severity that nobody knows",
    "ok": "a live source, an armed trap, all clear",
    "tripped": "a trap that tripped",
    "blind": "what cannot see",
    "stale": "a row that is only the last that was known",
    "disarmed": "a trap at rest",
    "pending": "an action under way",
    "who": "people",
    "marked": "the mark of a marked row",
    "bar": "the cursor's bar",
    "bar-away": "the cursor's bar in a pane that does not have the keys",
    "cursor": "laid under the row that has the cursor",
    "alarm": "what must not be overlooked: not journalled",
    "message": "the footer's answer to a key",
    "refusal": "the footer's no",
    "chart": "the bars of a picture over time",
    "code": "the text of a program, in a runbook",
    "link": "what leads somewhere, in a runbook",
}  # fmt: skip
"""Every role and what it is for. A theme that leaves one out shows it as ``text``."""


class ThemeProblem(Exception):
    """A theme that cannot be used; the message says which file, what is wrong, and what is used instead."""


class Colors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Textual's colours, for what opens over the board; those left out follow from them. ``background`` is the board's too."""

    primary: str
    secondary: str | None = None
    accent: str | None = None
    foreground: str | None = None
    background: str | None = None
    surface: str | None = None
    panel: str | None = None
    boost: str | None = None
    warning: str | None = None
    error: str | None = None
    success: str | None = None


class ThemeFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A theme as written. ``roles`` say how each of `ROLES` looks, in rich's words; ``variables`` are CSS variables of Textual's.

    ``ansi`` leaves the colours to the terminal's own sixteen; ``ascii`` draws with ASCII alone."""

    name: str
    colors: Colors
    about: str = ""
    dark: bool = True
    ansi: bool = False
    ascii: bool = False
    roles: dict[str, str] = {}
    variables: dict[str, str] = {}


def builtin_dir() -> Path:
    """Where the cockpit's own themes lie: in the package when installed, in the repository when editable."""
    packaged = Path(__file__).parent.parent / "themes"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "themes"


def names(theme_dirs: Sequence[Path] = ()) -> dict[str, Path]:
    """Every theme by name, the cockpit's own first; a file in ``theme_dirs`` takes the place of an earlier one of the same name."""
    found: dict[str, Path] = {}
    for folder in (builtin_dir(), *theme_dirs):
        with suppress(OSError):  # none there, or one that may not be looked into: its themes are not to be had
            found |= {path.stem: path for path in sorted(folder.glob("*.toml"))}
    ours = ("night-shift", "day", "high-contrast", "colour-blind", "sixteen", "mono")
    return {name: found[name] for name in (*ours, *sorted(found)) if name in found}


def read(path: Path) -> ThemeFile:
    """A theme file, checked to the last role. Raises `ThemeProblem`."""
    from rich.errors import StyleSyntaxError
    from rich.style import Style
    from textual.color import ColorParseError

    from .look import textual_theme

    try:
        theme = msgspec.convert(tomllib.loads(path.read_text("utf-8")), ThemeFile)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as problem:
        raise ThemeProblem(f"{path}: {problem}") from problem
    if theme.name != path.stem:
        raise ThemeProblem(f"{path}: name = {theme.name!r}, but the file is called {path.stem!r}: make them the same")
    if not theme.ansi and None in (theme.colors.foreground, theme.colors.background):
        raise ThemeProblem(f"{path}: [colors]: foreground and background are needed, unless ansi = true")
    for role, text in theme.roles.items():
        if role not in ROLES:
            raise ThemeProblem(f"{path}: there is no role {role!r}{_perhaps(role, ROLES)}")
        try:
            style = Style.parse(text)
        except StyleSyntaxError as problem:
            raise ThemeProblem(f"{path}: roles.{role} = {text!r}: {problem}") from problem
        if style.link:
            raise ThemeProblem(f"{path}: roles.{role} = {text!r}: a role has no link")
    try:
        textual_theme(theme).to_color_system().generate()
    except (ColorParseError, TypeError, ValueError) as problem:
        raise ThemeProblem(f"{path}: [colors]: {problem}") from problem
    return theme


def find(name: str, theme_dirs: Sequence[Path] = ()) -> ThemeFile:
    """The theme of that name. Raises `ThemeProblem` for one that is not there or cannot be used."""
    known = names(theme_dirs)
    if name not in known:
        raise ThemeProblem(f"there is no theme {name!r}{_perhaps(name, known) or ': there are ' + ', '.join(known)}")
    return read(known[name])


def next_name(current: str, known: Iterable[str]) -> str:
    """The theme after this one, round and round."""
    every = list(known)
    return every[(every.index(current) + 1) % len(every)] if current in every else every[0]


def _perhaps(wrong: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(wrong, list(known), 1)
    return f", did you mean {near[0]!r}?" if near else ""
