"""The command line: argv → config → engine → a listing or the screen. The only place where everything is put together."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

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
    from .run import run

    return run(words)
