"""The screen: it owns the view, gives each pane its part, and routes keys. It decides nothing about alerts, traps or runbooks."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from textual import events
from textual.message import Message
from textual.timer import Timer

from ..config.model import Config
from ..core.actions import RunState
from ..core.view import blinded
from ..engine.desk import Desk, unheard
from ..provider import Clock
from .ahead import Pressed
from .bell import Bell
from .inputs import COMMAND, sign
from .keys import MOVE, TABLE, Key, printed
from .lines import Lines
from .look import Look
from .places import order
from .promise import BROKEN, Promise
from .selected import Selected
from .silences import counted
from .subject import failed, waiting, waits_for, wanting

if TYPE_CHECKING:
    from ..engine.driven import Driven
    from .command import CommandLine

SAID_FOR = 6.0
"""Seconds that an answer stays in the footer."""

REEL = 0.25
"""Seconds between looks at how far a replay is: its clock is no beat to go by."""


class Board(Selected, inherit_bindings=False):
    """Header, panes and footer over a desk. ``table`` are the keys as remapped; times come from ``clock``, which is that of the
    ``replay`` where the desk is of one.

    For the flows: `desk`, `view`, `pane`, `cursor_row`, `target_refs`, `trap_refs`, `offers`, `why`, `say`, `start`, `do`.
    """

    AUTO_FOCUS = ""
    promise = Promise()
    """What was shown while this board was made."""

    class Dress(Message):
        """Wear another theme: this one, or with "" the next."""

        def __init__(self, name: str = "") -> None:
            super().__init__()
            self.name = name

    def __init__(
        self, desk: Desk, config: Config, *, table: Sequence[Key], look: Look, clock: Clock, themes: Callable[[], Sequence[str]],
        replay: Driven | None = None,
    ) -> None:  # fmt: skip
        super().__init__(desk, config, table=table, look=look, clock=clock, replay=replay)
        self.themes = themes
        self._heeded = 0
        self._keys = {name: key.id for key in self.table for name in key.keys}
        self._seen_at = clock.mono()
        self._minute = clock.now().replace(second=0, microsecond=0)
        self._bell = Bell()
        self._stale = False
        self._silence = ""
        self._waits = ""
        self.awaited = ("", "")
        """The run that was asked for last, and what the footer says of that until it is over."""
        self.voice: Callable[[str], None] | None = None
        self._quiet: Timer | None = None
        self._unregister: Callable[[], None] = lambda: None

    # ── for the flows ─────────────────────────────────────────────────────────────────────────────────────────────

    def say(self, text: str, kind: str = "message") -> None:
        """Answer in the footer; it fades. ``kind`` ``refusal`` (or ``error``) is drawn as a no."""
        if self.voice is not None:
            self.voice(text)
            return
        if self._quiet is not None:
            self._quiet.stop()
        self.footer.say(text, "refusal" if kind in ("refusal", "refused", "error", "no") else "message")
        self._quiet = self.set_timer(SAID_FOR, lambda: self.footer.say("", "")) if text else None

    def start(self, flow: Coroutine[Any, Any, object]) -> None:
        """Run a flow that opens boxes and waits for them."""
        self.ahead.wait_for(self.run_worker(flow, exit_on_error=True))

    def do(self, id: str, key: str = "") -> None:
        """What the key of that id in the table does; ``key`` is the one pressed, where several lead there. Refused with the reason
        where it cannot be done now."""
        if id in _ACTS:
            self.follow()  # what is done is done to what the cursor is on, however fast the keys came
            if id in self.why:
                self.say(self.why[id], "refusal")
                return
        from .deeds import DEEDS  # here: deeds know the board, which is drawn before anything can be done

        DEEDS[id](self, key)

    # ── the facts ─────────────────────────────────────────────────────────────────────────────────────────────────

    def on_mount(self) -> None:
        self._opened_at = self.clock.now()
        self._unregister = self.desk.on_change(self._changed)
        self.pull()
        self._tick()

    def on_unmount(self) -> None:
        self._unregister()

    def _changed(self) -> None:
        """From the engine's thread: there is a newer view. Conflated: one `pull` is under way at most."""
        if not self._stale:
            self._stale = True
            self.call_later(self.pull)

    def pull(self) -> None:
        """Fetch the newest view and draw what differs."""
        self._stale = False
        view, silence = self.desk.view, unheard(self.desk.silent_for())
        if not silence:
            self._seen_at = self.clock.mono()
        self._silence = silence
        if no := failed(self.view, view, self._opened_at):
            self.say(no, "refusal")
        if waits := waiting(self.view, view, self.desk.owns):
            self.say(waits)  # under the run's own box, which asks by itself, where that is open
            self._waits = waits
        elif self._waits and self._waits not in {waits_for(run, self.desk.owns) for run in view.runs}:
            self.footer.unsay(self._waits)
            self._waits = ""
        if self.awaited[0] and any(run.id == self.awaited[0] and run.state is RunState.CONFIRMED for run in view.runs):
            self.footer.unsay(self.awaited[1])  # the row shows it
            self.awaited = ("", "")
        wants = wanting(self.view, view, self._opened_at)
        if wants is not None and self.app.screen is self:  # a box that is open is not covered
            from .flows import ask_address  # deferred, as all that opens boxes

            self.start(ask_address(self, self.desk, wants))
        if self.reel is not None and self.reel.moved:
            self.alerts.anew = self.traps.anew = self.silences.anew = True
        self.view = self.selection.view = blinded(view, silence) if silence else view
        now = self.clock.now()
        self._heed_keys(now)
        self.alerts.silenced = counted(self.view.silences, now)
        self.alerts.fade(now)
        self.traps.fade(now)
        self.silences.tick(now)
        self.oncall.tick(now)
        self.filtering.take(self.view, now)
        self.silences.show(self.view)
        self.traps.show(self.view.traps)
        self.oncall.show(self.view.rosters, self.view.me)
        alarm = silence or " · ".join(self.view.alarms)
        if self.banner.show(tuple(dict.fromkeys((*self.view.remarks, *self.config.remarks))), alarm=alarm):
            self.lay_out()
        if self._bell.rings(self.view, self.filtering.storms) and self.config.bell:
            self.app.bell()
        self._show_header(now)
        self.follow()

    def _show_header(self, now: datetime) -> None:
        self.header.show(self.view, now, max(0.0, self.clock.mono() - self._seen_at))
        if self.reel is not None:
            self.reel.redraw()

    def _tick(self) -> None:
        now = self.clock.now()
        if unheard(self.desk.silent_for()) != self._silence:
            self.pull()  # an engine that says nothing brings no view by itself
        self._show_header(now)
        self.filtering.tick(now)
        self._heed_keys(now)
        self.alerts.silenced = counted(self.view.silences, now)
        faded = self.alerts.tick(now) | self.traps.fade(now) | self.silences.tick(now)
        self.oncall.tick(now)
        if (minute := now.replace(second=0, microsecond=0)) != self._minute:
            self._minute = minute
            self.told.minute(now)
            self.traps.settle()
            self.follow()
        elif faded:
            self.follow()
        self.set_timer(1.005 - now.microsecond / 1e6 if self.reel is None else REEL, self._tick)

    def _heed_keys(self, now: datetime) -> None:
        """The lists are told since when no key was pressed."""
        if self.presses != self._heeded:
            self._heeded = self.presses
            self.alerts.untouched = self.traps.untouched = self.silences.untouched = now

    def group(self, by: tuple[str, ...], *, apart: bool = False) -> None:
        """Group the alerts by these labels; with none only storms are told in groups, or (``apart``) nothing is."""
        self.filtering.group(by, apart=apart)
        self.to_pane("alerts")

    def typing(self, on: bool) -> None:
        """The filter line opens, or is closed."""
        if on:
            self.filtering.expect()
        else:
            self.filtering.rest()

    # ── panes and keys ────────────────────────────────────────────────────────────────────────────────────────────

    def to_pane(self, pane: str) -> None:
        """Give the keys to a pane."""
        self.pane = pane
        if pane != "detail":
            self._subject_pane = pane
        if pane in ("alerts", "silences"):
            self.silences.opened(pane == "silences", self.view)
        if pane in ("alerts", "traps", "silences"):
            self.selection.about = pane
        for id, each in self.panes.items():
            each.active, each.held = id == pane, id in (self.selection.about, self._subject_pane)
        self.lay_out()
        for each in self.panes.values():
            each.redraw()
        self.follow()

    def next_pane(self, by: int) -> None:
        """The pane after this one, or before it, round and round."""
        panes = order(self.front)
        self.to_pane(panes[(panes.index(self.pane) + by) % len(panes)])

    def back(self) -> None:
        """Put away marks; out of a lower pane, or from the silences to the alerts; out of a group; then put away the filter, then
        the banner."""
        here = self.panes[self.pane]
        if self.pane == "detail":
            self.to_pane(self._subject_pane)
        elif here.marks:
            here.marks.clear()
            here.redraw()
            self.follow()
        elif self.pane != "alerts":
            self.to_pane(self.front if self.pane != self.front else "alerts")
        elif self.filtering.close_group():
            self.follow()
        elif self.filter_text:
            self.sift("", mine=False)
        elif self.banner.put_away():
            self.lay_out()

    def pressed(self, key: str) -> bool:
        """Do what a key means."""
        id = self._keys.get(key)
        if id is not None:
            self.say("")
            if self.promise.broken(id, self.cursor_row(), self.pressed_at):
                self.say(BROKEN, "refusal")
            else:
                self.do(id, key)
        return id is not None

    def harmless(self, event: Pressed) -> bool:
        """Moves, and what leads to a line, or to a closer look at what the cursor is on. Not esc, which may put away an alarm; nor
        what means nothing here: it was meant for something else, and what comes behind it, too."""
        return isinstance(event, events.Paste) or self._keys.get(event.key) in _AHEAD

    def opens_line(self, event: Pressed) -> bool:
        """Whether that opens the filter's line or the command's."""
        if isinstance(event, events.Paste):
            return sign(event.text) is not None
        return self._keys.get(event.key) in ("filter", "command")

    def interrupted(self) -> None:
        """ctrl+c: nobody is thrown out by a habit."""
        key = next((key for key in self.table if key.id == "quit"), None)
        self.say(f"{printed(key.keys[0])} quits" if key is not None and key.keys else ":quit quits")

    def on_lines_moved(self, message: Lines.Moved) -> None:
        if message.lines.id == self._subject_pane:
            self.follow_soon()

    def on_lines_pressed(self, message: Lines.Pressed) -> None:
        self.to_pane(message.lines.id or self.pane)
        if message.opened:
            self.open()

    def open(self) -> None:
        """Open what the cursor is on: the alerts of a group, a Markdown runbook, or the detail."""
        group = self.alerts.group_here if self.pane == "alerts" else None
        if name := self._book_here():
            from .deeds import read

            read(self, name)
        elif group is None:
            self.to_pane("detail")
        elif self.alerts.ghost is None:
            self.filtering.open_group(group.key)
            self.follow()

    def command_line(self) -> CommandLine:
        from .command import CommandLine
        from .deeds import words

        return CommandLine(self.table, words(self), id=COMMAND)

    def acts(self, text: str) -> bool:
        from .command import acts

        return acts(text, self.table)

    def obey(self, text: str) -> None:
        from .deeds import command

        command(self, text)

    def browse(self, url: str) -> None:
        """Open an address in a browser; where there is none, copy it."""
        from .deeds import browse

        browse(self, url)

    def wear(self, name: str = "") -> None:
        """Ask for another theme: this one, or the next."""
        self.post_message(self.Dress(name))


_AHEAD = frozenset({"open", "filter", "command", *(key.id for key in TABLE if key.group == MOVE)})
_ACTS = frozenset({
    "ack", "unack", "silence", "silence-filter", "extend", "escalate", "resolve", "snooze", "note", "disarm", "drill", "run",
    "pick-runbook", "link", "copy", "palette", "help", "open", "read",
})  # fmt: skip
