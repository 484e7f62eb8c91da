"""What a person typed into a recorded shell, command by command, and which of it may be kept."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

FIELDS = 5
"""So many things the hooks of a shell write of each command, each followed by NUL: when it began and ended (microseconds since the
epoch), its exit status, the directory it was typed in, and the command."""
MASK = "***"
"""What stands where a secret was typed."""


class Typed(msgspec.Struct, frozen=True):
    """One command: when it began (UTC), how long it took (seconds), its exit status, in which directory, and as it was typed.
    ``hidden``: a secret in it was replaced by `MASK`."""

    at: datetime
    seconds: float
    status: int
    cwd: str
    command: str
    hidden: bool = False


def typed(raw: bytes) -> tuple[Typed, ...]:
    """What the hooks of a shell wrote. A record that is not whole (the shell was killed) is left out."""
    words = raw.decode("utf-8", "replace").split("\0")[:-1]
    found = []
    for at in range(0, len(words) - FIELDS + 1, FIELDS):
        began, ended, status, cwd, command = words[at : at + FIELDS]
        if began.isdigit() and ended.isdigit() and status.isdigit() and command.strip():
            seconds = max(0.0, (int(ended) - int(began)) / 1e6)
            kept = without_secrets(command.strip("\n"))
            found.append(
                Typed(datetime.fromtimestamp(int(began) / 1e6, UTC), seconds, int(status), cwd, kept, kept != command.strip("\n"))
            )
    return tuple(found)


def aliases(raw: bytes) -> dict[str, str]:
    """The aliases that a shell told, one ``alias NAME=VALUE`` a line. What cannot be read is left out."""
    found: dict[str, str] = {}
    for line in raw.decode("utf-8", "replace").splitlines():
        try:
            words = shlex.split(line)
        except ValueError:
            continue
        name, equals, value = words[-1].partition("=") if words else ("", "", "")
        if words[:1] == ["alias"] and equals and re.fullmatch(r"[\w.+-]+", name):
            found[name] = value
    return found


def spelt_out(command: str, known: Mapping[str, str]) -> str:
    """The command with the alias that it begins with spelt out: a runbook has none."""
    first = re.match(r"[\w.+-]+(?=\s|$)", command)
    return known[first[0]] + command[first.end() :] if first is not None and first[0] in known else command


_NAMES = r"[\w-]*(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|credential|auth)[\w-]*"
_WORD = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"';|&<>()]+)"""
_SECRETS = (
    re.compile(rf"(?P<keep>(?<![\w-])-{{1,2}}{_NAMES}(?:=|\s+))(?!-)(?P<secret>{_WORD})", re.I),  # --password x, --token=x
    re.compile(rf"(?P<keep>(?<![\w$-]){_NAMES}=)(?P<secret>{_WORD})", re.I),  # PGPASSWORD=x, token=x in an address
    re.compile(r"(?P<keep>\b(?:authorization|x-[\w-]*(?:key|token|auth)[\w-]*)\s*:\s*(?:\w+\s+)?)(?P<secret>[^\s\"']+)", re.I),
    re.compile(r"(?P<keep>\b[a-z][a-z0-9+.-]*://[^\s/:@'\"]*:)(?P<secret>[^\s/@'\"]+)(?=@)", re.I),  # //user:x@host
    re.compile(r"(?P<keep>\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^|;&\n]*?\s-p)(?P<secret>[^\s\"';|&]+)"),
    re.compile(rf"(?P<keep>\bsshpass\s+-p\s*)(?P<secret>{_WORD})"),
    re.compile(rf"(?P<keep>\bcurl\b[^|;&\n]*?\s(?:-u|--user)[\s=]*[^\s:\"']*:)(?P<secret>{_WORD})"),
    re.compile(r"(?P<keep>)(?P<secret>\b(?:gh[pousr]_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[A-Z0-9]{16}|ey[\w-]{10,}\.[\w-]{10,}\.[\w-]*))"),
)  # fmt: skip
_REFERENCE = re.compile(r"""["']?\$[({\w].*""", re.S)


def without_secrets(command: str) -> str:
    """The command with `MASK` in the place of what is a secret by the name before it, by where it stands (``//user:…@host``,
    ``Authorization: …``, ``mysql -p…``) or by its form (tokens of well-known services). A variable is none: it is a reference."""

    def masked(found: re.Match[str]) -> str:
        return found[0] if _REFERENCE.fullmatch(found["secret"]) else found["keep"] + MASK

    for pattern in _SECRETS:
        command = pattern.sub(masked, command)
    return command
