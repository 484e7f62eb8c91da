"""What stands on the board, and where: header, panes and footer, at any size and in any look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.widget import Widget

from ..config.model import Config
from .alerts import Alerts
from .compositor import Sparing
from .detail import Detail
from .inputs import IDS, InputLines
from .keys import Key
from .lines import Lines
from .look import Look
from .places import BoardLayout, Places, places
from .roster import Roster
from .runbooks import Runbooks
from .silences import Silences
from .status import Banner, Footer, Header, Line, Tabs
from .told import Told
from .traps import Traps

if TYPE_CHECKING:
    from ..engine.driven import Driven
    from .reel import Reel


class Stage(InputLines, inherit_bindings=False):
    """The board's widgets; what they show is the board's. ``pane`` is the one that has the keys."""

    def __init__(
        self, look: Look, config: Config, table: Sequence[Key], *, zone: str, told: Told, replay: Driven | None = None
    ) -> None:
        super().__init__(id="board")
        self._compositor = Sparing()
        self.pane = "alerts"
        self.header = Header(look, title=config.title, zones=config.zones)
        self.banner = Banner(look)
        self.reel = _reel(look, table, replay) if replay is not None else None
        self.alerts, self.detail, self.traps = Alerts(look), Detail(look), Traps(look, told)
        self.runbooks, self.oncall = Runbooks(look), Roster(look, zone=zone)
        self.silences = Silences(look, table)
        self.tabs, self.footer = Tabs(look), Footer(look, table)
        self.panes: Mapping[str, Lines] = {
            each.id or "": each for each in (self.alerts, self.silences, self.detail, self.traps, self.runbooks, self.oncall)
        }
        self.alerts.active = self.alerts.held = True
        self._places = BoardLayout(self.places)

    @property
    def front(self) -> str:
        """The pane that stands where the alerts do: they, or the silences."""
        return "silences" if self.silences.open else "alerts"

    def compose(self) -> Iterable[Widget]:
        yield self.header
        if self.reel is not None:
            yield self.reel
        yield self.banner
        yield from self.panes.values()
        yield self.tabs
        yield self.footer

    @property
    def layout(self) -> BoardLayout:
        """Textual's question how the children stand: `places` answers, not the style sheet."""
        return self._places

    def places(self, size: Size) -> Places:
        """Where everything stands at this size (`BoardLayout` asks)."""
        open_line = next((each for each in self.children if each.id in IDS and each.display), None)
        high = open_line.get_content_height(size, size, size.width) if open_line is not None else 0
        banner, reel = int(bool(self.banner.open)), int(self.reel is not None)
        return places(size.width, size.height, self.pane, front=self.front, banner=banner, line=high, reel=reel)

    def lay_out(self) -> None:
        """Have everything stand where it belongs now."""
        self.header.refresh(layout=True)  # a child's wish: the board's own would find the old arrangement in Textual's cache

    def dress(self, look: Look) -> None:
        """Draw everything in this look."""
        for each in self.children:
            if isinstance(each, (Lines, Line)):
                each.look = look
                each.redraw(everything=True)


def _reel(look: Look, table: Sequence[Key], replay: Driven) -> Reel:
    from .reel import Reel  # here: only who replays a recording pays for it

    return Reel(look, table, replay)
