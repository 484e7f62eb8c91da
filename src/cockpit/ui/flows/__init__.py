"""What happens from a key to an action where boxes come in between: ask, show exactly what will be done, confirm, hand over.

Each flow is a plain function: it looks whether the thing can be done at all, says the reason where it cannot, and opens its first
box *before it returns*, so that a key pressed twice meets the box and not the board (safety 10). What it returns is the rest, for
`Board.start`. Every path goes through `Desk.why_not` and ends in `Desk.ask`: keys, palette and command line alike (safety 12).
"""

from .address import ask_address
from .approve import approve
from .lay import lay
from .maintenance import maintenance
from .menus import command, palette
from .note import note
from .page import page
from .read import pick_book, read
from .report import report
from .respond import resolve, respond, snooze
from .run import again, dry_run, pick_runbook, run
from .several import run_for, several_again
from .silence import silence, silence_filter
from .silences import change, end, extend
from .trap import disarm

__all__ = [
    "again", "approve", "ask_address", "change", "command", "disarm", "dry_run", "end", "extend", "lay", "maintenance", "note",
    "page", "palette", "pick_book", "pick_runbook", "read", "report", "resolve", "respond", "run", "run_for",
    "several_again", "silence", "silence_filter", "snooze",
]  # fmt: skip
