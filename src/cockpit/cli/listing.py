"""How a listing is printed: aligned columns for people, JSON with a stable schema for programs."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from ..core.alerts import Alert
from ..core.text import clean, clean_block


def say(text: str = "") -> None:
    """One line (or several) on standard output, harmless whatever is in it."""
    _put(clean_block(text))


def say_output(line: str) -> None:
    """A line of a run's output, which is harmless already and may have colours (see `engine.spool.safe_line`)."""
    _put(line)


def _put(text: str) -> None:
    sys.stdout.write(_encodable(text) + "\n")


_NEAREST = str.maketrans({"…": "...", "·": "-", "→": "->", "“": '"', "”": '"', "’": "'", "–": "-", "×": "x", "\u00a0": " "})


def _encodable(text: str) -> str:
    """What the output's encoding cannot carry is written so that nothing is lost: our own signs as their nearest in ASCII, all
    else as ``\\u65e5``."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_NEAREST).encode(encoding, "backslashreplace").decode(encoding)
    return text


def unicode_out() -> bool:
    """Whether standard output carries all of Unicode."""
    return (sys.stdout.encoding or "").lower().replace("-", "").replace("_", "") == "utf8"


def when(time: datetime | None) -> str | None:
    """RFC 3339 with offset, whole seconds."""
    return None if time is None else time.isoformat(timespec="seconds")


def as_json(records: Sequence[Mapping[str, object]]) -> None:
    """A JSON list, one record to a line so that it can be read and searched."""
    lines = ",\n".join(" " + _encoded(record) for record in records)
    sys.stdout.write(f"[\n{lines}\n]\n" if records else "[]\n")


def as_json_object(record: Mapping[str, object]) -> None:
    """One JSON object, on lines of its own so that it can be read and searched."""
    lines = ",\n".join(f" {_encoded(key)}: {_encoded(value)}" for key, value in record.items())
    sys.stdout.write(f"{{\n{lines}\n}}\n")


def _encoded(record: object) -> str:
    """One record. Where the output carries less than Unicode, all else is escaped, which every reader of JSON understands."""
    try:
        text = msgspec.json.encode(record).decode()
    except UnicodeEncodeError:  # a file's name that is not UTF-8: kept as Python reads it, escaped
        return json.dumps(record)
    if unicode_out():
        return text
    return re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], text)


_STYLES = {"bad": "\x1b[1;31m", "warn": "\x1b[33m", "good": "\x1b[32m", "dim": "\x1b[2m"}


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    styles: Sequence[str] = (),
    color: bool = False,
    cut: Sequence[int] = (),
    last: Sequence[int] = (),
    right: Sequence[int] = (),
) -> None:
    """Columns as wide as their widest cell (the last one runs free); ``styles`` names one style for each row. On a terminal the
    columns ``cut`` are shortened until a row fits into a line, the widest first, and those in ``last`` where that is not enough;
    into a pipe all is whole. Those in ``right`` are numbers, and end below each other."""
    from rich.cells import cell_len

    def fill(column: int, text: str, width: int) -> str:
        gap = " " * (width - cell_len(text))
        return gap + text if column in right else text + gap

    safe = [[_encodable(clean(cell)) for cell in row] for row in rows]
    widths = [max(cell_len(row[i]) for row in [list(heads), *safe]) for i in range(len(heads))]
    if (cut or last) and sys.stdout.isatty():
        room = shutil.get_terminal_size().columns
        widths = _cut(_cut(widths, cut, room), last, room)
        safe = [[_shortened(cell, widths[i]) if i in (*cut, *last) else cell for i, cell in enumerate(row)] for row in safe]
    for number, row in enumerate([list(heads), *safe]):
        line = "  ".join(fill(column, cell, width) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
        style = "dim" if number == 0 else (styles[number - 1] if styles else "")
        _put(f"{_STYLES[style]}{line.rstrip()}\x1b[m" if color and style else line.rstrip())


def counts(rows: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """The columns that hold nothing but numbers, and some."""
    columns = list(zip(*rows, strict=True))
    return tuple(
        i for i, cells in enumerate(columns) if any(cells) and all(not cell or cell.replace(".", "", 1).isdigit() for cell in cells)
    )


_NARROWEST = 8


def _cut(widths: Sequence[int], cut: Sequence[int], room: int) -> list[int]:
    """The widths of columns, of which those that may be are cut until all fit into ``room`` cells, with two between them."""
    found = list(widths)
    while cut and sum(found) + 2 * (len(found) - 1) > room:
        widest = max(cut, key=lambda i: found[i])
        if found[widest] <= _NARROWEST:
            break
        found[widest] -= 1
    return found


def fitting(line: str) -> str:
    """One line cut to the terminal's width; whole into a pipe."""
    return _shortened(_encodable(clean(line, 100_000)), shutil.get_terminal_size().columns) if sys.stdout.isatty() else line


def _shortened(text: str, width: int) -> str:
    """A cell of that width at most, with … where something is missing."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    mark = _encodable("…")
    return set_cell_size(text, max(0, width - cell_len(mark))).rstrip() + mark


def alert_record(alert: Alert, pending: str) -> dict[str, object]:
    """The stable JSON of one alert."""
    return {
        "source": alert.ref.source,
        "id": alert.ref.id,
        "name": alert.name,
        "severity": alert.severity.word,
        "state": alert.state.value,
        "summary": alert.summary,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "started_at": when(alert.started_at),
        "acknowledged_by": alert.acknowledged_by or None,
        "links": [{"name": link.name, "url": link.url} for link in alert.links],
        "pending": pending or None,
        "acknowledged_at": when(alert.acknowledged_at),
        "suppressed_by": alert.suppressed_by or None,
        "suppressed_until": when(alert.suppressed_until),
        "silences": alert.silences,
        "receivers": alert.receivers,
        "groups": alert.groups,
        "pages": [
            {
                "at": when(page.at),
                "who": page.who,
                "channel": page.channel,
                "state": page.state.value,
                "why": page.why,
                "ending": page.ending,
                "maybe": page.maybe,
            }
            for page in alert.pages
        ],
    }
