"""The one table of keys: what footer, help, palette, command line and config all read."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..core import actions, responses


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key and what it means. ``id`` is its name in ``[keys]``, in the palette and on the command line (``:ack``).

    ``keys`` are Textual key names, the first is shown. ``label`` is the footer's word, ``help`` the sentence in ``?``. ``verb`` is
    the class of the action it leads to, for ``why_not``. ``aliases`` are other words for the command line. ``footer`` ranks it
    there (0 = not in the footer). ``title`` is its name in the palette, as one would ask for it.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    group: str
    verb: type | None = None
    aliases: tuple[str, ...] = ()
    footer: int = 0
    title: str = ""

    @property
    def shown(self) -> str:
        """The key as printed for people (``ctrl+d``, ``/``, ``space``)."""
        return printed(self.keys[0]) if self.keys else ""


MOVE, LOOK, ACT, REPLAY, APP = "Moving", "Looking", "Acting", "Replaying", "Cockpit"

TABLE: tuple[Key, ...] = (
    Key(id="down", keys=("j", "down"), label="down", help="Next row", group=MOVE),
    Key(id="up", keys=("k", "up"), label="up", help="Previous row", group=MOVE),
    Key(id="top", keys=("g", "home"), label="top", help="First row", group=MOVE),
    Key(id="bottom", keys=("G", "end"), label="end", help="Last row", group=MOVE),
    Key(id="half-down", keys=("ctrl+d", "pagedown"), label="half page", help="Half a page down", group=MOVE),
    Key(id="half-up", keys=("ctrl+u", "pageup"), label="half page", help="Half a page up", group=MOVE),
    Key(id="next-pane", keys=("tab",), label="pane", help="Next pane", group=MOVE, footer=90),
    Key(id="previous-pane", keys=("shift+tab",), label="pane", help="Previous pane", group=MOVE),
    Key(id="open", title="Detail", keys=("enter",), label="detail",
        help="Open the detail of what the cursor is on; of a group: its alerts",
        group=LOOK, footer=60),
    Key(id="back", title="Back", keys=("escape",), label="back",
        help="Close; or clear marks, go back to the alerts, leave a group, clear the filter", group=LOOK),
    Key(id="mark", title="Mark", keys=("space",), label="mark", help="Mark the row, for an action on several",
        group=LOOK, footer=70),
    Key(id="filter", title="Filter the alerts", keys=("slash",), label="filter",
        help="Filter the alerts: team=web @severity>=warning", group=LOOK, footer=80),
    Key(id="mine", title="Only mine", keys=("m",), label="mine", help="Only mine, then all again", group=LOOK),
    Key(id="group", title="Groups", keys=("b",), label="group",
        help="Groups, or every alert by itself: of a storm; else by what the config says (:group by team,cluster)", group=LOOK),
    Key(id="link", title="Open a link", keys=("o",), label="link",
        help="Open a link of the alert or trap (copied, where there is no browser)", group=LOOK),
    Key(id="read", title="Read a runbook", keys=("X",), label="read…", group=LOOK, aliases=("book",),
        help="Read a Markdown runbook: pick from all (enter on one in the Runbooks pane; o on an alert's runbook_url)"),
    Key(id="copy", title="Copy the alert", keys=("y",), label="copy",
        help="Copy the alert and its facts to the terminal's clipboard (OSC 52)", group=LOOK),
    Key(id="refresh", title="Refresh", keys=("r",), label="refresh", help="Ask every source and look at every trap now",
        group=LOOK),
    Key(id="week", title="Week of the rosters", keys=("w",), label="week", group=LOOK, aliases=("month", "oncall", "roster"),
        help="The week or month of the rosters: gaps, nights, loads; take a shift, cover, swap, undo"),
    Key(id="handover", title="Handover", keys=(), label="handover", group=LOOK, aliases=("brief",),
        help="The shift brief: who takes over, what is open, what happened, and what changed since it was handed over"),
    Key(id="runs", title="Runs", keys=("R",), label="runs", help="What was done: runs, their results and output", group=LOOK),
    Key(id="report", title="Report", keys=(), label="report", group=LOOK,
        help="Is it getting easier: fires against what was caught, whom they called, what only makes noise (:report 90d)"),
    Key(id="silences", title="Silences", keys=("S",), label="silences",
        help="What is silenced, until when and by whom; again or esc: back to the alerts", group=LOOK, footer=75),
    Key(id="ack", title="Acknowledge", keys=("a",), label="ack", help="Acknowledge: say that you have it",
        group=ACT, verb=actions.Ack, footer=10,
        aliases=("acknowledge",)),
    Key(id="unack", title="Unacknowledge", keys=("u",), label="undo ack",
        help="Take the acknowledgement back; in Silences: end the silence",
        group=ACT, verb=actions.Unack,
        aliases=("undo", "unacknowledge")),
    Key(id="silence", title="Silence", keys=("s",), label="silence…",
        help="Silence by matcher: an end, a comment, a preview; or end a silence; or snooze. In Silences: change it",
        group=ACT, verb=actions.MakeSilence, footer=20),
    Key(id="escalate", title="Escalate, or page somebody", keys=("e",), label="page…",
        help="Escalate, give away, merge, snooze, run a play, where the source can; else page somebody",
        group=ACT, verb=actions.PagePeople, footer=25, aliases=("page", "respond")),
    Key(id="resolve", title="Resolve", keys=("c",), label="close…",
        help="Close: say that it is over, where the source can be told so",
        group=ACT, verb=responses.Resolve, aliases=("close",)),
    Key(id="snooze", title="Snooze", keys=(), label="snooze…",
        help="Keep it quiet for a while; then it rings again by itself", group=ACT, verb=responses.Snooze),
    Key(id="maintenance", title="Maintenance", keys=(), label="maintenance…",
        help="What is under maintenance at its source: begin one, end one", group=ACT, verb=responses.Maintain),
    Key(id="silence-filter", title="Silence what the filter shows", keys=("F",), label="silence filter…",
        help="Silence what the filter in force shows", group=ACT, verb=actions.MakeSilence),
    Key(id="extend", title="Let the silence last longer", keys=("plus",), label="extend…",
        help="In Silences: let it last longer", group=ACT, verb=actions.MakeSilence),
    Key(id="note", title="Leave a note", keys=("n",), label="note", help="Leave a note",
        group=ACT, verb=actions.AddNote, footer=30),
    Key(id="disarm", title="Disarm the trap", keys=("d",), label="disarm…",
        help="Rest the trap for a while, with a reason; on a resting trap: arm it again",
        group=ACT, verb=actions.Disarm, footer=40, aliases=("arm",)),
    Key(id="drill", title="Drill the trap", keys=("D",), label="drill…",
        help="Rehearse the trap: who would be told when, then signs, alert, page, up to the ack (:drill TRAP quiet tells nobody)",
        group=ACT, verb=actions.DrillTrap),
    Key(id="lay-trap", title="Arm a trap after this", keys=("t",), label="trap…",
        help="Arm a trap after the alert, or the incident one follows: how to look, its bound tried on what was read, the file",
        group=ACT),
    Key(id="incident", title="Incident", keys=("i",), label="incident…",
        help="Open an incident with the alert, or what is marked; or follow the one that it is in (:incident i7), and change it",
        group=ACT),
    Key(id="incidents", title="Incidents", keys=(), label="incidents…", group=LOOK,
        help="All incidents, open and recent: type to narrow, enter follows (:incidents)"),
    Key(id="run", title="Run a runbook", keys=("1", "2", "3", "4", "5", "6", "7", "8", "9"), label="run",
        help="Run that runbook of the Runbooks pane",
        group=ACT, verb=actions.Start, footer=50),
    Key(id="pick-runbook", title="Pick a runbook", keys=("x",), label="runbooks…", help="Pick from all runbooks",
        group=ACT, verb=actions.Start),
    Key(id="approve", title="Approve what another asks for", keys=("Y",), label="approve…",
        help="What waits for another's approval on this machine: see it exactly, approve or refuse it", group=ACT,
        verb=actions.Approve),
    Key(id="pause", title="Pause the replay", keys=("p",), label="pause", group=REPLAY,
        help="Stand still in a recording, or go on; at its end: begin again"),
    Key(id="next-event", title="Next event of the recording", keys=("full_stop",), label="next", group=REPLAY,
        help="On to where something happened next, and stand there"),
    Key(id="last-event", title="Last event of the recording", keys=("comma",), label="last", group=REPLAY,
        help="Back to where something happened last, and stand there"),
    Key(id="minute-on", keys=("right",), label="+1 min", help="A minute on", group=REPLAY),
    Key(id="minute-back", keys=("left",), label="-1 min", help="A minute back", group=REPLAY),
    Key(id="far-on", keys=("greater_than_sign",), label="+10 min", help="Ten minutes on", group=REPLAY),
    Key(id="far-back", keys=("less_than_sign",), label="-10 min", help="Ten minutes back", group=REPLAY),
    Key(id="faster", keys=("right_square_bracket",), label="faster", help="Twice as fast", group=REPLAY),
    Key(id="slower", keys=("left_square_bracket",), label="slower", help="Half as fast", group=REPLAY),
    Key(id="seek", title="Go to a moment of the recording", keys=(), label="seek…", group=REPLAY,
        help="Go to a moment of the recording: :seek 03:12 (UTC), :seek +10m, :seek start"),
    Key(id="speed", title="Speed of the replay", keys=(), label="speed…", group=REPLAY,
        help="How fast: :speed 8, :speed 0.5, :speed 1"),
    Key(id="command", title="Command line", keys=("colon",), label="command", help="Command line, with completion",
        group=APP, footer=85),
    Key(id="palette", title="Palette", keys=("ctrl+p",), label="palette", help="Everything that can be done now", group=APP),
    Key(id="read-only", title="Read-only on or off", keys=("ctrl+o",), label="read-only",
        help="Switch read-only on, or off where config allows", group=APP),
    Key(id="theme", title="Next theme", keys=("T",), label="theme", help="Next theme", group=APP),
    Key(id="help", title="Help", keys=("question_mark",), label="help", help="This page", group=APP, footer=95),
    Key(id="quit", title="Quit", keys=("q",), label="quit", help="Leave (asks only while a run is going on)",
        group=APP, footer=99),
)  # fmt: skip

NOT_REPLAYED = {key.id: "no recording is replayed here" for key in TABLE if key.group == REPLAY}
"""Why the keys of a replay cannot work where there is none."""

NEVER_BOUND = frozenset({"ctrl+s", "ctrl+q", "ctrl+a", "ctrl+b", "ctrl+i", "ctrl+z", "ctrl+c", "ctrl+m", "ctrl+j", "ctrl+h"})
"""Taken by terminals, job control, tmux and screen, or not to be told from tab, enter and backspace."""


class KeyProblem(ValueError):
    """A remapping that cannot be: the message says which and why."""


def remapped(table: tuple[Key, ...], wanted: Mapping[str, str]) -> tuple[Key, ...]:
    """The table with ``[keys]`` applied: ``ack = "A"``, ``ack = "a f5"`` or ``ack = ""`` for none. Raises `KeyProblem` for an
    unknown id, a key that is never bound, a key with two meanings, and digits for anything but runbooks."""
    known = {key.id for key in table}
    for id in wanted:
        if id not in known:
            from difflib import get_close_matches  # deferred: every command line reads this table

            near = get_close_matches(id, known, 1)
            raise KeyProblem(
                f"keys.{id}: there is no such key" + (f", did you mean {near[0]!r}?" if near else "; see `cockpit keys`")
            )
    changed = tuple(msgspec.structs.replace(key, keys=_read(key.id, wanted[key.id])) if key.id in wanted else key for key in table)
    taken: dict[str, str] = {}
    for key in changed:
        for name in key.keys:
            if name in taken:
                raise KeyProblem(f"{printed(name)!r} would mean both {taken[name]!r} and {key.id!r}: give one of them another key")
            taken[name] = key.id
    return changed


def printed(name: str) -> str:
    """A Textual key name as printed for people: ``slash`` is ``/``, ``escape`` is ``esc``."""
    modifier, plus, last = name.rpartition("+")
    return modifier + plus + _PRINTED.get(last, last)


def key_name(written: str) -> str:
    """The Textual name of a key as people write it: ``/`` is ``slash``, ``Ctrl+X`` is ``ctrl+x``, ``esc`` is ``escape``. Raises
    `KeyProblem` for what no terminal sends."""
    *modifiers, last = written.split("+") if written != "+" and not written.endswith("++") else (*written[:-1].split("+")[:-1], "+")
    modifiers = [modifier.lower() for modifier in modifiers]
    name = last if len(last) == 1 and last.isalnum() else _NAMES.get(last) or _NAMES.get(last.lower()) or last.lower()
    if name not in _NAMED and not (len(name) == 1 and name.isprintable()):
        raise KeyProblem(f"{written!r} is not a key: write a character, f1 to f12, or names such as space, pageup, ctrl+x")
    if any(modifier not in ("ctrl", "alt", "shift") for modifier in modifiers):
        raise KeyProblem(f"{written!r} is not a key: the modifiers are ctrl, alt and shift")
    if modifiers and len(name) == 1:
        name = name.lower()
    if modifiers == ["shift"] and len(name) == 1:
        return name.upper()  # what a terminal sends for it
    return "+".join((*modifiers, name))


def _read(id: str, written: str) -> tuple[str, ...]:
    names = []
    for part in written.split():
        try:
            name = key_name(part)
        except KeyProblem as problem:
            raise KeyProblem(f"keys.{id}: {problem}") from None
        if name in NEVER_BOUND:
            raise KeyProblem(f"keys.{id}: {part!r} is taken by terminals, tmux or screen before it gets here: take another")
        if (name in DIGITS) != (id == "run"):
            raise KeyProblem(
                f"keys.{id}: the digits always run the runbook with that number"
                + (", and nothing else does" if id == "run" else "")
            )
        names.append(name)
    return tuple(dict.fromkeys(names))


DIGITS = frozenset("123456789")

_PRINTED = {
    "slash": "/", "colon": ":", "question_mark": "?", "number_sign": "#", "exclamation_mark": "!", "quotation_mark": '"',
    "dollar_sign": "$", "percent_sign": "%", "ampersand": "&", "apostrophe": "'", "left_parenthesis": "(", "right_parenthesis": ")",
    "asterisk": "*", "plus": "+", "comma": ",", "minus": "-", "full_stop": ".", "semicolon": ";", "less_than_sign": "<",
    "equals_sign": "=", "greater_than_sign": ">", "at": "@", "left_square_bracket": "[", "backslash": "\\",
    "right_square_bracket": "]", "circumflex_accent": "^", "underscore": "_", "grave_accent": "`", "left_curly_bracket": "{",
    "vertical_line": "|", "right_curly_bracket": "}", "tilde": "~", "escape": "esc", "pagedown": "pgdn", "pageup": "pgup",
}  # fmt: skip
"""Textual's names (the characters' Unicode names) and what people read."""

_NAMES = {shown: name for name, shown in _PRINTED.items()} | {"return": "enter", "del": "delete", "ins": "insert"}
_NAMED = frozenset({
    *_PRINTED, "enter", "space", "tab", "backspace", "delete", "insert", "home", "end", "up", "down", "left", "right",
    *(f"f{n}" for n in range(1, 13)),
})  # fmt: skip
