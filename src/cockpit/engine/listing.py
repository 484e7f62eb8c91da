"""What a command offers to choose from, before a run begins."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Sequence

from ..core.text import clean
from ..core.units import say_seconds

WITHIN = 10.0
"""Seconds that the command may take."""
MOST = 1000
"""So many lines can be chosen from."""
_BYTES = 2**20


class NotListed(Exception):
    """There is nothing to choose from; the message says why."""


def listed(argv: Sequence[str], hidden: Collection[str]) -> tuple[str, ...]:
    """The lines that a command prints, each once; it gets no variable named in ``hidden``. Blocks. Raises `NotListed`."""
    name = clean(argv[0], 80)
    env = {key: value for key, value in os.environ.items() if key not in hidden}
    try:
        done = subprocess.run(
            tuple(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env,
            timeout=WITHIN, start_new_session=True, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NotListed(f"{name} did not say within {say_seconds(WITHIN)} what there is to choose from") from None
    except (OSError, ValueError) as error:
        raise NotListed(f"{name}, which says what there is to choose from, cannot be started: {clean(str(error), 200)}") from None
    lines = [clean(line.decode("utf-8", "replace")).strip() for line in done.stdout[:_BYTES].splitlines()[:MOST]]
    if done.returncode:
        said = f": {lines[-1][:200]}" if lines else ""
        raise NotListed(f"{name}, which says what there is to choose from, ended with status {done.returncode}{said}")
    found = tuple(dict.fromkeys(filter(None, lines)))
    if not found:
        raise NotListed(f"{name} printed nothing that could be chosen")
    return found
