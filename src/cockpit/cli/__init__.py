"""The command line: argv → config → engine → a listing or the screen. The only place where everything is put together."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False  # importing ``typing`` takes as long as an interpreter that starts
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FINE, BAD, USAGE, COULD_NOT_SEE = 0, 1, 2, 3
"""Exit statuses: fine; the answer is "bad" (something firing, config wrong); usage; a source is blind."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status. Imports only what that command needs."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words in (["--version"], ["-V"]):
        from .. import __version__

        sys.stdout.write(f"cockpit {__version__}\n")
        return FINE
    gc.disable()  # what is imported stays: to look through it again and again for garbage is a tenth of the start
    folder = state_place(os.environ)
    if folder and (not words or words[0].startswith("-")):  # a screen, perhaps: the last board first, then all the rest
        from ..ui.curtain import hang

        curtain = hang(folder, words)
    else:
        curtain = None
    try:
        from ..lent import slim_msgspec, standing_in

        with standing_in(slim_msgspec()):
            from .run import run
        return run(words)
    finally:
        if curtain is not None:
            curtain.lift()


def state_place(env: Mapping[str, str]) -> str:
    """Where the journal, the outputs of runs and the last board live: ``$XDG_STATE_HOME/cockpit``, or the home directory's place
    for it; "" where the platform has to be asked."""
    base = env.get("XDG_STATE_HOME", "")
    if base.startswith("/"):
        return os.path.join(base, "cockpit")  # pathlib takes as long to import as all that the start does
    home = env.get("HOME", "")
    return os.path.join(home, ".local", "state", "cockpit") if os.name == "posix" and home.startswith("/") else ""


UNCONFIRMED = USAGE
"""What would be done was shown, and not done, for want of a word (``--yes``): a script must not take that for done."""
