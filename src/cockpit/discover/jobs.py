"""What runs at its time: crontabs, ``/etc/cron.*`` and systemd timers; and which of it looks like a backup."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from .found import Job
from .timed import Deadline, output

HOUR, DAY, WEEK, MONTH = 3600.0, 86400.0, 604800.0, 2678400.0

_TOOLS = "|".join((
    "pg_dump(?:all)?", "pg_basebackup", "pgbackrest", "wal-g", "barman", "mysqldump", "mariadb-dump", "mariabackup",
    "xtrabackup", "mongodump", "restic", "borg", "borgmatic", "duplicity", "duply", "rsnapshot", "rclone", "kopia",
    "rdiff-backup", "zfs send", "btrfs send", "autopostgresqlbackup", "automysqlbackup",
))  # fmt: skip
_BACKUP = re.compile(rf"\b(?:{_TOOLS})\b|backup|\brsync\b|\btar\s+-?[a-zA-Z]*c", re.IGNORECASE)
_IN_SCRIPT = re.compile(rf"^[^#\n]*\b(?:{_TOOLS})\b", re.MULTILINE)
_HOUSEKEEPING = re.compile(
    r"^(dpkg|apt|apt-compat|dpkg-db-backup|e2scrub_all|man-db|logrotate|sysstat|anacron|\.placeholder|popularity.*)$"
)
_WRITES = re.compile(r"(?:>{1,2}\s*|--file[= ]|-f\s+|--result-file[= ]|\s)(/[^\s\x00;|&<>'\"`]+)")
_VARIABLE = re.compile(r"\s*[A-Za-z_][A-Za-z0-9_]*\s*=")
_AT = {
    "@hourly": HOUR,
    "@daily": DAY,
    "@midnight": DAY,
    "@weekly": WEEK,
    "@monthly": MONTH,
    "@yearly": 12 * MONTH,
    "@annually": 12 * MONTH,
}
_DIRECTORIES = {"cron.hourly": HOUR, "cron.daily": DAY, "cron.weekly": WEEK, "cron.monthly": MONTH}
_MOST = 200
_READ = 65536
_ASIDE = re.compile(r"-.*|.*=.*|[^A-Za-z]+|cd|sudo|nice|ionice|flock|timeout|test|command")


def jobs(deadline: Deadline, root: Path) -> tuple[Job, ...]:
    """Every job that can be seen without root, this user's crontab included."""
    found: list[Job] = []
    if root == Path("/"):
        own = output(("crontab", "-l"), deadline)
        found += _crontab(own or "", "your crontab", with_user=False)
    for path in (root / "etc/crontab", *_files(root / "etc/cron.d")):
        found += _crontab(_text(path), _shown(path, root), with_user=True)
    for spool in ("var/spool/cron/crontabs", "var/spool/cron"):
        for path in _files(root / spool):
            found += _crontab(_text(path), f"the crontab of {path.name}", with_user=False)
    for directory, every in _DIRECTORIES.items():
        found += [_script(path, every, root) for path in _files(root / "etc" / directory) if os.access(path, os.X_OK)]
    if (root / "run/systemd/system").is_dir():
        found += _timers(output(("systemctl", "list-timers", "--all", "--no-legend", "--no-pager", "--full"), deadline) or "")
    unique = {(job.name, job.command): job for job in found if not _HOUSEKEEPING.match(job.name)}
    return tuple(unique.values())[:_MOST]


def interval(fields: list[str]) -> float | None:
    """How often a cron line runs, usually, in seconds, from its five fields (crontab(5)); ``None`` if that cannot be told."""
    if len(fields) != 5:
        return None
    minute, hour, day, month, weekday = fields
    if month != "*":
        return 12 * MONTH / _count(month, 12)
    if day != "*":
        return MONTH / _count(day, 31)
    if weekday != "*":
        return WEEK / _count(weekday, 7)
    if hour != "*":
        return DAY / _count(hour, 24)
    return HOUR / _count(minute, 60)


def _count(field: str, whole: int) -> float:
    """How many of ``whole`` a field names: ``*/15`` of 60 are 4, ``1-5`` are 5, ``3,9`` are 2."""
    total = 0.0
    for part in field.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        size = whole if span == "*" else (int(last) - int(first) + 1 if dash and first.isdigit() and last.isdigit() else 1)
        total += max(1.0, size / int(step)) if slash and step.isdigit() and int(step) else size
    return max(1.0, min(total, whole))


def _crontab(text: str, where: str, *, with_user: bool) -> Iterator[Job]:
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#") or _VARIABLE.match(line):
            continue
        words = line.split(None, (1 if line.lstrip().startswith("@") else 5) + with_user)
        timed = 1 if words[0].startswith("@") else 5
        if len(words) <= timed + with_user or words[0] == "@reboot":
            continue
        every = _AT.get(words[0]) if timed == 1 else interval(words[:5])
        command = words[-1].strip()
        yield Job(
            name=_job_name(command),
            command=command,
            where=where,
            every=every,
            backup=bool(_BACKUP.search(command)),
            writes=tuple(_WRITES.findall(command)),
        )


def _job_name(command: str) -> str:
    """The backup's tool if there is one in the line, else the program's name."""
    if found := _IN_SCRIPT.search(command):
        tool = re.search(_TOOLS, found[0])
        if tool:
            return tool[0].replace(" ", "-")
    words = [word for word in command.split() if not _ASIDE.fullmatch(word)]
    return os.path.basename(words[0]) if words else "job"


def _script(path: Path, every: float, root: Path) -> Job:
    text = _text(path)
    backup = bool(_BACKUP.search(path.name) or _IN_SCRIPT.search(text))
    return Job(
        name=path.name,
        command=str(path),
        where=_shown(path.parent, root),
        every=every,
        backup=backup and not _HOUSEKEEPING.match(path.name),
        writes=tuple(dict.fromkeys(_WRITES.findall(text)))[:8] if backup else (),
    )


def _timers(text: str) -> Iterator[Job]:
    """``list-timers``: the last two columns are the timer and what it starts; how often is not among them."""
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2 or not words[-2].endswith(".timer"):
            continue
        name = words[-2].removesuffix(".timer")
        yield Job(name=name, command=words[-1], where=words[-2], every=None, backup=bool(_BACKUP.search(name)))


def _files(directory: Path) -> list[Path]:
    try:
        with os.scandir(directory) as entries:
            names = sorted(entry.name for entry in entries if entry.is_file() and not entry.name.startswith("."))
    except OSError:  # not there, or root's alone
        return []
    return [directory / name for name in names[:_MOST]]


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_READ).decode("utf-8", "replace")
    except OSError:
        return ""


def _shown(path: Path, root: Path) -> str:
    return "/" + str(path.relative_to(root))
