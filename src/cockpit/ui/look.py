"""How a theme looks: its roles as styles, its colours for Textual, and what is left of text where only ASCII can be shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

from .theme import ROLES, ThemeFile


class Look:
    """How roles look: what every pane is given. ``ascii`` says that only ASCII leaves for the terminal; ``filled`` are the roles
    with a ground of their own, which nothing is laid under."""

    def __init__(self, name: str, styles: Mapping[str, Style], ascii: bool = False, filled: frozenset[str] = frozenset()) -> None:
        self.name, self.ascii = name, ascii
        self._filled = filled
        self._styles = dict(styles)
        self._over: dict[tuple[str, str], Style] = {}

    def style(self, role: str, under: str = "") -> Style:
        """The style of a role; with ``under`` for its ground, unless it has one of its own."""
        if not under or role in self._filled:
            return self._styles.get(role) or self._styles["text"]
        both = self._over.get((role, under))
        if both is None:
            both = self._over[role, under] = self.style(role) + self._styles[under]
        return both


def look(theme: ThemeFile, *, ascii: bool = False) -> Look:
    """The roles of a theme as styles."""
    ground = Style(bgcolor=None if theme.ansi else theme.colors.background)
    styles = {role: ground + Style.parse(theme.roles.get(role, theme.roles.get("text", ""))) for role in ROLES}
    styles["cursor"] = Style.parse(theme.roles.get("cursor", ""))  # laid over the others: it may leave their ground as it is
    filled = frozenset(
        role for role, text in theme.roles.items() if (style := Style.parse(text)).bgcolor is not None or style.reverse
    )
    return Look(theme.name, styles, ascii or theme.ascii, filled - {"cursor"})


def textual_theme(theme: ThemeFile) -> Theme:
    """The theme for Textual; each role's colours become CSS variables as well: ``$role-critical``, ``$role-cursor-back``."""
    colors = theme.colors
    ground = "ansi_default" if theme.ansi else None
    ink, paper = colors.foreground or "ansi_default", colors.background or "ansi_default"
    variables = dict(_ANSI_VARIABLES) if theme.ansi else {}
    for role in ROLES:
        style = Style.parse(theme.roles.get(role, ""))
        variables[f"role-{role}"] = _css(style.color, ink)
        variables[f"role-{role}-back"] = _css(style.bgcolor, paper)
    return Theme(
        name=theme.name,
        dark=theme.dark,
        ansi=theme.ansi,
        primary=colors.primary,
        secondary=colors.secondary,
        accent=colors.accent,
        warning=colors.warning,
        error=colors.error,
        success=colors.success,
        foreground=ink,
        background=paper,
        surface=colors.surface or ground,
        panel=colors.panel or ground,
        boost=colors.boost or ground,
        variables={**variables, **theme.variables},
    )


_ANSI_VARIABLES = {
    "ansi-background": "ansi_black",
    "ansi-foreground": "ansi_white",
    "border": "ansi_default",
    "scrollbar": "ansi_bright_black",
    "scrollbar-hover": "ansi_bright_black",
    "scrollbar-active": "ansi_white",
    "scrollbar-background": "ansi_default",
    "scrollbar-background-hover": "ansi_default",
    "scrollbar-background-active": "ansi_default",
}
"""What Textual expects of a theme that leaves colours to the terminal, and would else paint in colours of its own choice."""


def _css(color: RichColor | None, default: str) -> str:
    if color is None or color.type is ColorType.DEFAULT:
        return default
    if color.type is ColorType.STANDARD:
        return f"ansi_{color.name}"
    return color.get_truecolor().hex


def needs_ascii(encoding: str | None, environ: Mapping[str, str]) -> bool:
    """Whether this terminal cannot be trusted with more than ASCII: its locale is not UTF-8, or it is a ``dumb`` one."""
    return (encoding or "").replace("-", "").replace("_", "").lower() != "utf8" or environ.get("TERM") == "dumb"


_TWINS = (
    "▲! ■# ◆+ ▪i ●* ○o ◐~ ◑% ◌? ⊘0 ✗X ✓* ▌> ▎> →> ←< ↑^ ↓v …. ·- •* –- —- ─- ━= │| ┃| ┬+ ┴+ ├+ ┤+ ┼+ ┌+ ┐+ └+ ┘+ ╭+ ╮+ ╰+ ╯+ "
    "▁_ ▂. ▃- ▄= ▅+ ▆* ▇% █# ▀# ░: ▒: ╌- ▓: “\" ”\" ‘' ’' ≥> ≤< ×x ⟨< ⟩> ⚑! −- ±+ ▶> ◀< ▸> ◂< ≡="
)
_ASCII = str.maketrans({pair[0]: pair[1] for pair in _TWINS.split()})


@lru_cache(4096)
def in_ascii(text: str) -> str:
    """The same text in as many cells, in ASCII: our own glyphs have twins, letters lose their accents, the rest is ``?``."""
    if text.isascii():
        return text
    return "".join(_one(char) for char in text.translate(_ASCII))


def _one(char: str) -> str:
    if char.isascii():
        return char
    plain = unicodedata.normalize("NFKD", char)[0]
    width = cell_len(char)
    return plain if plain.isascii() and width == 1 else "?" * width


class AsciiOnly(LineFilter):
    """The last thing done to every line of every widget, where only ASCII can be shown: the board, and what opens over it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """The same cells, in ASCII."""
        return [Segment(in_ascii(text), style, control) for text, style, control in segments]
