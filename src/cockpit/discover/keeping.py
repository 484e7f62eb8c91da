"""Things that are kept and go bad in silence: backups that nobody looks at, certificates that end."""

from __future__ import annotations

import itertools
import os
import re
import statistics
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from .found import Backups, Job

_PLACES = (
    "backup", "backups", "srv/backup", "srv/backups", "var/backup", "var/backups", "mnt/backup", "mnt/backups",
    "data/backup", "data/backups", "opt/backup", "opt/backups", "home/backup", "root/backup", "root/backups",
    "var/lib/pgbackrest", "var/lib/autopostgresqlbackup", "var/lib/automysqlbackup", "var/lib/postgresql/backups",
)  # fmt: skip
_HOUSEKEEPING = re.compile(r"^(dpkg|apt|aptitude|alternatives|passwd|group|shadow|gshadow|infodir)\b")
_DATED = re.compile(r"\d{2,}")
_MOST_ENTRIES = 5000
_MOST_DIRECTORIES = 12

_CONFIGS = ("etc/nginx", "etc/apache2", "etc/httpd", "etc/haproxy", "etc/postfix", "etc/dovecot", "etc/lighttpd")
_CERTIFICATE = re.compile(
    r"^[^#\n]*?(?:ssl_certificate|SSLCertificateFile|smtpd_tls_cert_file|ssl\.pemfile|\bcrt|ssl_cert)\s*=?\s*<?\s*\"?(/[^\s\x00;\"]+)",
    re.MULTILINE,
)
_IN_PLACES = ("etc/letsencrypt/live/*/fullchain.pem", "etc/ssl/private/*.pem", "etc/pki/tls/certs/localhost.crt")
_MOST_CERTIFICATES = 16


def backups(root: Path, jobs: Iterable[Job]) -> tuple[Backups, ...]:
    """Directories with backups in them: the usual places, one level below them, and where backup jobs write to."""
    places = [root / place for place in _PLACES]
    places += [
        root / os.path.dirname(path).lstrip("/")
        for job in jobs
        if job.backup
        for path in job.writes
        if not path.startswith("/dev/")
    ]
    out: dict[str, Backups] = {}
    for place in dict.fromkeys(places):
        for directory in (place, *_directories(place)):
            if len(out) < _MOST_DIRECTORIES and str(directory) not in out:
                found = _backups(directory)
                if found is not None:
                    out[str(directory)] = found
    return tuple(out.values())


def _directories(place: Path) -> Iterator[Path]:
    if not any(part.startswith(("backup", "pgbackrest", "auto")) for part in place.parts):
        return  # not a place for backups as such: a job writes here, among other things
    try:
        with os.scandir(place) as entries:
            names = sorted(
                entry.name for entry in entries if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
            )
    except OSError:
        return
    yield from (place / name for name in names[:_MOST_DIRECTORIES])


def _backups(directory: Path) -> Backups | None:
    """The newest files in one directory that share the newest one's kind (its extension); ``None`` if there is no backup."""
    files: list[tuple[float, int, str]] = []
    try:
        with os.scandir(directory) as entries:
            for count, entry in enumerate(entries):
                if count >= _MOST_ENTRIES:
                    break
                if entry.is_file(follow_symlinks=False) and not entry.name.startswith(".") and not _HOUSEKEEPING.match(entry.name):
                    facts = entry.stat(follow_symlinks=False)
                    files.append((facts.st_mtime, facts.st_size, entry.name))
    except OSError:
        return None
    if not files:
        return None
    files.sort(reverse=True)
    ending = _ending(files[0][2])
    alike = [file for file in files if _ending(file[2]) == ending]
    gaps = [newer[0] - older[0] for newer, older in itertools.pairwise(alike) if newer[0] - older[0] > 60]
    return Backups(
        directory=str(directory),
        pattern=f"{_literal(str(directory))}/*{_literal(ending)}",
        newest=files[0][2],
        age=max(0.0, time.time() - files[0][0]),
        size=files[0][1],
        count=len(alike),
        every=statistics.median(gaps[:30]) if gaps else None,
        usual=int(statistics.median(size for _, size, _ in alike[1:31])) if len(alike) > 2 else None,
    )


def _ending(name: str) -> str:
    """``.sql.gz`` of ``shop-2026-11-02.sql.gz``: from the first dot after the last digits on."""
    digits = list(_DATED.finditer(name))
    dot = name.find(".", digits[-1].end() if digits else 1)
    return name[dot:] if dot >= 0 and len(name) - dot <= 16 else ""


def _literal(text: str) -> str:
    """The text as itself in a pattern."""
    return re.sub(r"([*?[])", r"[\1]", text)


def certificates(root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Certificate files in the usual places and in readable server configurations; and remarks on those that may not be read."""
    found = [path for pattern in _IN_PLACES for path in _globbed(root, pattern)]
    for config in _CONFIGS:
        for path in _config_files(root / config):
            found += [root / name.lstrip("/") for name in _CERTIFICATE.findall(_text(path))]
    out: list[str] = []
    hidden: list[str] = []
    seen: set[str] = set()
    for path in found:
        real = os.path.realpath(path)
        if real in seen or "snakeoil" in path.name:
            continue
        seen.add(real)
        if "BEGIN CERTIFICATE" in _text(path):
            out.append(str(path))
        elif not os.access(path, os.R_OK) and os.path.lexists(path):
            hidden.append(str(path))
    if not os.access(root / "etc/letsencrypt/live", os.R_OK) and (root / "etc/letsencrypt").is_dir():
        hidden.append("/etc/letsencrypt/live")
    remarks = (f"certificates that this user may not read: {', '.join(hidden[:4])}",) if hidden else ()
    return tuple(out[:_MOST_CERTIFICATES]), remarks


def _globbed(root: Path, pattern: str) -> list[Path]:
    try:
        return sorted(root.glob(pattern))[:_MOST_CERTIFICATES]
    except OSError:
        return []


def _config_files(top: Path) -> Iterator[Path]:
    count = 0
    for directory, names, files in os.walk(top):
        names.sort()
        for name in sorted(files):
            count += 1
            if count > 200:
                return
            yield Path(directory) / name


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(262144).decode("utf-8", "replace")
    except OSError:
        return ""
