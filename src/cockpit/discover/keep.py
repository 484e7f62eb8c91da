"""Traps for what goes bad in silence: backups that do not come any more, jobs that stopped, certificate files that end."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..core.alerts import Severity
from ..core.text import clean
from ..core.traps import Trap
from ..core.units import Seconds, bound, say_bytes, say_seconds
from .books import Shelf
from .found import Backups, Found, Job
from .ports import slug
from .proposal import Suggestion

_HOUR, _DAY = 3600.0, 86400.0
_ABANDONED = 60 * _DAY


def propose_certificates(found: Found, shelf: Shelf) -> Iterator[Suggestion]:
    """One trap for each certificate file."""
    for path in found.certificates:
        parent, name = os.path.split(path)
        called = os.path.basename(parent) if "/letsencrypt/" in path else os.path.splitext(name)[0]
        shown = clean(path, 120)
        yield Suggestion(
            because=f"there is a certificate in {shown}",
            trap=Trap(
                name=f"tls-file-{slug(called) or 'it'}",
                probe="tls",
                params={"file": path},
                warn=bound("days_left <= 21"),
                trip=bound("days_left <= 7"),
                every=Seconds(_HOUR),
                blind_after=Seconds(4 * _HOUR),
                severity=Severity.ERROR,
                went_wrong="When did a certificate last end before anyone renewed it?",
                detect=f"Days left on the certificate in {shown}.",
                signs="Who or what renews it, and when should that have happened?",
                runbooks=shelf.certificate(path),
            ),
        )


def propose_backups(found: Found, shelf: Shelf) -> Iterator[Suggestion]:
    """Is the newest backup young enough, and is there something in it?"""
    for seen in found.backups:
        every = seen.every or _planned(seen, found) or _DAY
        oldest = _whole_hours(every + max(2 * _HOUR, every * 0.1))
        params: dict[str, object] = {"path": seen.pattern, "max_age": f"{oldest}h", "min_bytes": max(1, (seen.usual or 0) // 2)}
        shown = clean(seen.directory, 80)
        age = say_seconds(seen.age)
        old = seen.age > max(_ABANDONED, 5 * every)
        yield Suggestion(
            because=f"{shown} holds {seen.count} alike; the newest is {clean(seen.newest, 60)}, {age} old, {say_bytes(seen.size)}",
            needs=f"nothing new came for {age}: see whether it should" if old else "",
            trap=Trap(
                name=f"backup-{slug(seen.directory) or 'files'}",
                probe="file",
                params=params,
                every=Seconds(300.0),
                severity=Severity.ERROR,
                went_wrong="When was a backup wanted that was not there, or was empty?",
                detect=f"The newest file in {shown} is younger than {oldest} hours and no less than half its usual size.",
                signs="Do the backups shrink, or come later from night to night? When was one last restored, as a test?",
                runbooks=shelf.backups(seen.directory),
            ),
        )


def propose_jobs(found: Found, shelf: Shelf) -> Iterator[Suggestion]:
    """A heartbeat for each backup job whose files were not found: it stays away when the job does."""
    watched = {each.directory for each in found.backups}
    for job in found.jobs:
        if not job.backup or any(os.path.dirname(path) in watched for path in job.writes):
            continue
        name = slug(job.name) or "job"
        every = job.every or _DAY
        grace = max(2 * _HOUR, every * 0.1)
        where = clean(job.where, 80)
        yield Suggestion(
            because=f"{where} runs {clean(job.command, 100)}, which looks like a backup",
            needs=f"add `&& cockpit beat {name}` to the end of the job in {where}, so that it reports when it is done",
            trap=Trap(
                name=f"{name}-ran",
                probe="heartbeat",
                params={
                    "name": name,
                    "within": f"{_whole_hours(every)}h",
                    "grace": f"{_whole_hours(grace)}h",
                },
                every=Seconds(60.0),
                severity=Severity.ERROR,
                went_wrong=f"When did {clean(job.name, 60)} last not run, and who noticed?",
                detect="It reports at its end, and did so in time.",
                signs="Does it take longer from night to night?",
                runbooks=shelf.jobs(),
            ),
        )


def _planned(seen: Backups, found: Found) -> float | None:
    """How often the job runs that writes there."""
    jobs: list[Job] = [job for job in found.jobs if any(os.path.dirname(path) == seen.directory for path in job.writes)]
    return min((job.every for job in jobs if job.every), default=None)


def _whole_hours(seconds: float) -> int:
    return max(1, -(-int(seconds) // int(_HOUR)))
