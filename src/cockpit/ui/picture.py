"""The last board that was drawn, kept for the next start: on the screen before anything else is imported, grey, and marked as old.

A start takes a quarter of a second, nearly all of it imports. This module is read before them, so it imports nothing that takes
time. Whoever may write to the state directory may have planted the file: it is read only where it belongs to this user alone, and
nothing of it reaches the terminal but characters that show, and numbers for two colours.
"""

from __future__ import annotations

import os
import stat
import time

TYPE_CHECKING = False  # importing ``typing`` takes as long as all that is done here
if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "last-board"
"""The file's name, in the state directory."""

GAP = " " * 8
"""So many spaces are not drawn: most terminals have blanked them in the right ground, and what comes after does not rely on it."""

_MAGIC = "cockpit board 1"
_HEAD = 6  # lines before the board's own
_LARGEST = 1_000_000  # bytes: a terminal of 1000×300
_LOOK = frozenset("0123456789;|")
_FOR_COLOURS = ("TERM", "COLORTERM", "NO_COLOR", "XDG_CONFIG_HOME", "COCKPIT_CONFIG")
_SUFFIX = ".new"


class Picture:
    """What a board showed: a text for every line, exactly as wide as the terminal was.

    ``body`` and ``mark`` are how it and its mark are drawn: SGR parameters of attributes, foreground and background, parted by
    ``|``. ``about`` is what the cursor stood on, ``at`` when it was drawn (seconds since 1970), ``key`` which start it is for
    (see `key_for`).
    """

    __slots__ = ("about", "at", "body", "key", "lines", "mark", "width")

    def __init__(self, lines: Sequence[str], width: int, *, body: str, mark: str, about: str, at: float, key: str) -> None:
        self.lines, self.width = tuple(lines), width
        self.body, self.mark, self.about, self.at, self.key = body, mark, about, at, key


def key_for(words: Sequence[str], encoding: str) -> str:
    """Which start a picture is for: the same words on the command line, the same config, on a terminal of the same kind."""
    surroundings = [os.environ.get(name, "") for name in _FOR_COLOURS]
    where = os.getcwd() if words or os.environ.get("COCKPIT_CONFIG") else ""  # a path may begin here
    return ascii((*words, *surroundings, where, encoding))


def read(path: str, width: int, height: int, key: str) -> Picture | None:
    """The picture in this file, if it is one for this start and this size that may be shown; else ``None``, whatever is wrong."""
    try:
        lines = _read(path).decode().split("\n")
        size, at, about = lines[1], float(lines[2]), lines[5]
    except (OSError, ValueError, IndexError):
        return None
    body, _, mark = lines[4].partition(" ")
    board = lines[_HEAD:]
    if lines[0] != _MAGIC or size != f"{width} {height}" or lines[3] != key or len(board) != height:
        return None
    if not (_is_look(body) and _is_look(mark) and about.isprintable()):
        return None
    if not all(line.isprintable() and len(line) <= width for line in board):
        return None
    return Picture(board, width, body=body, mark=mark, about=about, at=at, key=key)


def write(path: str, picture: Picture) -> None:
    """Keep it, for this user's eyes alone. Raises ``OSError`` if it cannot be."""
    size = f"{picture.width} {len(picture.lines)}"
    head = (_MAGIC, size, repr(picture.at), picture.key, f"{picture.body} {picture.mark}", picture.about)
    data = "\n".join((*head, *picture.lines)).encode("utf-8", "replace")
    fd = os.open(path + _SUFFIX, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(fd, "wb") as file:
        os.fchmod(fd, 0o600)
        file.write(data)
    os.replace(path + _SUFFIX, path)


def marked(picture: Picture, now: float) -> list[str]:
    """Its lines, the first of which says how old they are: it had the clock, and the sources' health."""
    said = f" cockpit   LAST KNOWN BOARD, {_age(now - picture.at)}: nothing here is live yet"
    return [said[: picture.width].ljust(picture.width), *picture.lines[1:]]


def drawn(picture: Picture, now: float) -> str:
    """What draws it on a terminal that has just been entered, line by line. `GAP` and more is stepped over, and so is what is left
    of a line."""
    mark, *lines = marked(picture, now)
    parts = [f"\x1b[{_sgr(picture.body)}m\x1b[2J\x1b[{_sgr(picture.mark)}m\x1b[H{mark}\x1b[{_sgr(picture.body)}m"]
    parts += [f"\x1b[{y}H{_stepped(line)}" for y, line in enumerate(lines, 2)]
    return "".join(parts)


def _stepped(line: str) -> str:
    parts, at, line = [], 0, line.rstrip(" ")
    while (gap := line.find(GAP, at)) >= 0:
        end = gap
        while line[end] == " ":  # it does not end in one
            end += 1
        parts += [line[at:gap], f"\x1b[{end - gap}C"]
        at = end
    return "".join((*parts, line[at:]))


def _read(path: str) -> bytes:
    """The file's bytes. Raises ``OSError`` where it is anything but a file of this user's that nobody else can read or write."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(fd, "rb") as file:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077 or found.st_size > _LARGEST:
            raise OSError(f"{path} is not a file of this user's alone")
        return file.read(_LARGEST)


def _is_look(text: str) -> bool:
    return len(text) < 80 and text.count("|") == 2 and _LOOK.issuperset(text)


def _sgr(look: str) -> str:
    """The parameters that set a look, whatever was set before."""
    return ";".join(("0", *filter(None, look.split("|"))))


def _age(seconds: float) -> str:
    if not 0 <= seconds < 1e10:
        return "from another time"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} old"
    return "<1 m old"


def now() -> float:
    """The time that pictures are dated with: seconds since 1970."""
    return time.time()
