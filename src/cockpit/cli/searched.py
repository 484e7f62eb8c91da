"""What runs have printed, searched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..core.actions import Run, called
from ..core.text import plain
from ..engine.spool import LINE_CAP, safe_line, unmarked
from . import BAD, COULD_NOT_SEE, FINE
from .alerts import state_word
from .listing import as_json, say, say_output, when
from .options import Options, Stop
from .record import journal

MOST = 10_000
"""So many runs are looked through, the newest first."""


def searched(options: Options) -> int:
    """The lines that hold the text, in whatever case, below the run that printed them; newest run first. 1 where there is none."""
    wanted = options.text("grep").casefold()
    with journal() as kept:
        runs = kept.runs(MOST)
        if not runs and kept.problem:
            raise Stop(kept.problem, COULD_NOT_SEE)
    found = [(run, lines) for run in runs if (lines := [*_holding(run, wanted)])][: _limit(options)]
    if options.json:
        as_json([{"id": run.id, "at": when(run.at), "what": run.what, "lines": _records(lines)} for run, lines in found])
        return FINE if found else BAD
    if not found:
        say("No run that is kept has printed that.")
    for run, lines in found:
        say(f"{run.id}  {run.at.astimezone():%m-%d %H:%M:%S}  {called(run)} on {run.target or 'no target'}: {state_word(run)}")
        for number, line in lines:
            say_output(f"{number:>7}  {safe_line(line) if options.color else plain(line, LINE_CAP)}")
    return FINE if found else BAD


def _limit(options: Options) -> int:
    return int(options.text("limit"))


def _records(lines: list[tuple[int, str]]) -> list[dict[str, object]]:
    return [{"line": number, "text": plain(line, LINE_CAP)} for number, line in lines]


def _holding(run: Run, wanted: str) -> Iterator[tuple[int, str]]:
    """The lines of its output (from 1) that hold the text; nothing where the file is gone: only so many are kept."""
    if not run.output_path:
        return
    try:
        with Path(run.output_path).open(encoding="utf-8", errors="replace", newline="\n") as file:
            for number, line in enumerate(file, 1):
                if wanted in plain(unmarked(line), LINE_CAP).casefold():
                    yield number, unmarked(line)
    except OSError:
        return
