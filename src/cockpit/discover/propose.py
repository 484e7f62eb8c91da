"""From what was found to what should be watched. Pure: the same findings give the same proposal.

Bounds are chosen for what is watched, never for how it stands at the moment: a disk that is 95 % full today gets the same bounds as
any other, and trips.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from ..core.alerts import Severity
from ..core.text import clean
from ..core.traps import Trap
from ..core.units import Seconds, bound, say_bytes
from .books import Shelf
from .found import Daemon, FileSystem, Found, Memory
from .keep import propose_backups, propose_certificates, propose_jobs
from .ports import propose_listener, recognised, slug
from .proposal import Proposal, Suggestion

MOST = 60
"""More traps than this nobody reads at the first evening."""

_LONE = re.compile("[\ud800-\udfff]")  # how Python holds a byte that is not text
_HUGE = 2 * 10**12
_SCRIPTED = frozenset(
    {"gunicorn", "uwsgi", "celery", "sidekiq", "puma", "unicorn", "uvicorn", "jenkins", "kafka", "zookeeper", "postfix"}
)
"""Programs that an interpreter or another name runs: found by their command line."""

_QUIET = frozenset({"sshd", "php-fpm", "podman"})
"""Daemons that come and go as they are needed, or whose port says more."""


def propose(found: Found) -> Proposal:
    """Traps, runbooks and questions for this machine."""
    shelf = Shelf(found)
    listeners = [one for one in found.listeners if recognised(one)]
    heard = {one.program for one in listeners}
    makers: list[Iterator[Suggestion]] = [
        *(_file_system(each, shelf) for each in found.file_systems),
        _memory(found.memory, shelf),
        _systemd(found, shelf),
        *(propose_listener(each, found, shelf) for each in listeners),
        propose_certificates(found, shelf),
        *(_daemon(each, found, shelf) for each in found.daemons if each.program not in heard),
        propose_backups(found, shelf),
        propose_jobs(found, shelf),
        _logs(found, shelf),
    ]
    suggestions: list[Suggestion] = []
    unwritable = 0
    for each in (suggestion for maker in makers for suggestion in maker):
        if not _writable(each.trap):
            unwritable += 1
            continue
        suggestions.append(_renamed(each, {held.trap.name for held in suggestions}))
    remarks = list(found.remarks)
    if unwritable:
        remarks.append(f"{unwritable} with names that are not UTF-8 text were left out")
    if len(suggestions) > MOST:
        remarks.append(f"{len(suggestions) - MOST} more could be watched; these are the most telling")
    kept = tuple(suggestions[:MOST])
    used = {name for each in kept for name in each.trap.runbooks}
    return Proposal(
        host=found.host,
        at=f"{found.at:%Y-%m-%d %H:%M} UTC",
        suggestions=kept,
        runbooks=tuple(book for book in shelf.taken if book.name in used),
        remarks=tuple(clean(remark, 300) for remark in remarks),
    )


def _file_system(seen: FileSystem, shelf: Shelf) -> Iterator[Suggestion]:
    shown = clean(seen.mount, 80)
    huge = (seen.total or 0) >= _HUGE
    warn, trip = (90, 95) if huge else (80, 92)
    params: dict[str, object] = {"path": seen.mount}
    if seen.remote:
        params["mounted"] = True
    if seen.used_percent is None:
        because = f"{shown} ({seen.kind}) is mounted, and did not answer in time"
    else:
        room = f"{say_bytes(seen.free or 0)} of {say_bytes(seen.total or 0)} free"
        because = f"{shown} ({seen.kind}) is {seen.used_percent:.0f} % full, {room}"
    word = slug(seen.mount) or ("root" if seen.mount == "/" else "other")
    vital = seen.mount in ("/", "/var", "/home", "/srv", "/data", "/var/lib", "/var/log")
    yield Suggestion(
        because=because,
        trap=Trap(
            name=f"{word}-disk",
            probe="disk",
            params=params,
            warn=bound(f"used_percent >= {warn}"),
            trip=bound(f"used_percent >= {trip}"),
            hold=Seconds(120.0),
            every=Seconds(60.0 if seen.remote else 30.0),
            severity=Severity.CRITICAL if vital else Severity.ERROR,
            forecast="used_percent",
            warn_within=Seconds(4 * 3600.0),
            went_wrong=f"When did {shown} last fill up, and what stopped working then?",
            detect=f"Used space on {shown}. Is there something on it whose own size would tell sooner?",
            signs=f"What grows on {shown} before it is full: logs, dumps, uploads? How fast, in an hour?",
            runbooks=shelf.disk(),
        ),
    )
    yield from _inodes(seen, word, shown, shelf)


def _inodes(seen: FileSystem, word: str, shown: str, shelf: Shelf) -> Iterator[Suggestion]:
    """Inodes, where many are used: on most machines they never run out."""
    if (seen.inodes_used_percent or 0.0) >= 50:
        yield Suggestion(
            because=f"{shown} has used {seen.inodes_used_percent:.0f} % of its inodes",
            trap=Trap(
                name=f"{word}-inodes",
                probe="disk",
                params={"path": seen.mount},
                warn=bound("inodes_used_percent >= 80"),
                trip=bound("inodes_used_percent >= 92"),
                hold=Seconds(120.0),
                every=Seconds(60.0),
                severity=Severity.ERROR,
                forecast="inodes_used_percent",
                went_wrong=f"When did {shown} run out of inodes though it had space left?",
                detect=f"Used inodes on {shown}.",
                signs="Which directory collects small files: sessions, mail, caches?",
                runbooks=shelf.disk()[:2],
            ),
        )


def _memory(seen: Memory | None, shelf: Shelf) -> Iterator[Suggestion]:
    if seen is None:
        return
    yield Suggestion(
        because=f"{say_bytes(seen.total)} of memory, {seen.used_percent:.0f} % in use",
        trap=Trap(
            name="memory",
            probe="memory",
            warn=bound("used_percent >= 85"),
            trip=bound("used_percent >= 95"),
            hold=Seconds(300.0),
            severity=Severity.ERROR,
            went_wrong="When did the kernel last kill something for want of memory? What did it kill?",
            detect="Memory that could not be had without swapping.",
            signs="Which process grows from day to day until it is restarted?",
            runbooks=shelf.memory(),
        ),
    )
    if seen.swap:
        yield Suggestion(
            because=f"{say_bytes(seen.swap)} of swap, {seen.swap_used_percent:.0f} % in use",
            trap=Trap(
                name="swap",
                probe="memory",
                warn=bound("swap_used_percent >= 50"),
                trip=bound("swap_used_percent >= 80"),
                hold=Seconds(600.0),
                severity=Severity.WARNING,
                went_wrong="When was everything slow because it swapped?",
                detect="Swap space in use.",
                signs="Does swap fill slowly over days, or within minutes of a certain job?",
                runbooks=shelf.memory(),
            ),
        )
    yield _load(seen, shelf)


def _load(seen: Memory, shelf: Shelf) -> Suggestion:
    return Suggestion(
        because=f"{seen.cpus} processor{'s' if seen.cpus != 1 else ''}, load {seen.load_per_cpu:.2f} for each",
        trap=Trap(
            name="load",
            probe="load",
            warn=bound("per_cpu >= 1.5"),
            trip=bound("per_cpu >= 4"),
            hold=Seconds(600.0),
            severity=Severity.WARNING,
            went_wrong="When was this machine last too busy to answer? With what?",
            detect="Work that waits for a processor, or on Linux for the disk.",
            signs="At which hour, and with which job, does the load begin to rise?",
            runbooks=shelf.load(),
        ),
    )


def _systemd(found: Found, shelf: Shelf) -> Iterator[Suggestion]:
    if found.systemd is None:
        return
    failed = ", ".join(clean(unit, 60) for unit in found.systemd.failed[:4])
    yield Suggestion(
        because=f"systemd runs {len(found.systemd.services)} services"
        + (f"; failed now: {failed}" if failed else "; none has failed"),
        trap=Trap(
            name="failed-units",
            probe="systemd",
            every=Seconds(60.0),
            hold=Seconds(60.0),
            severity=Severity.ERROR,
            went_wrong="Which service died without anyone noticing, and for how long?",
            detect="Any unit in state failed.",
            signs="Does it restart again and again before it gives up?",
            runbooks=shelf.units(),
        ),
    )


def _daemon(seen: Daemon, found: Found, shelf: Shelf) -> Iterator[Suggestion]:
    """A service that is seen only as a process: on a socket file, perhaps, or it needs none."""
    if seen.program in _QUIET:
        return
    by_unit = bool(seen.unit) and found.systemd is not None
    scripted = seen.program in _SCRIPTED
    params: dict[str, object] = {"pattern": rf"\b{seen.program}\b"} if scripted else {"name": seen.program}
    shown = clean(seen.unit or seen.program, 60)
    yield Suggestion(
        because=f"{shown} runs" + (f", {seen.count} processes" if seen.count > 1 else ""),
        trap=Trap(
            name=slug(seen.unit.removesuffix(".service") if by_unit else seen.program) or "service",
            probe="systemd" if by_unit else "process",
            params={"unit": seen.unit} if by_unit else params,
            every=Seconds(30.0),
            hold=Seconds(60.0),
            severity=Severity.ERROR,
            went_wrong=f"When was {seen.program} last down, and who noticed?",
            detect=f"{shown} is running." if by_unit else f"There is a process {seen.program}.",
            signs=f"What does {seen.program} say or do before it goes down?",
            runbooks=shelf.service(seen.program, seen.unit),
        ),
    )


def _logs(found: Found, shelf: Shelf) -> Iterator[Suggestion]:
    running = {one.program for one in found.listeners} | {one.program for one in found.daemons}
    if "nginx" in found.logs and "nginx" in running:
        yield Suggestion(
            because=f"nginx writes its errors to {found.logs['nginx']}",
            trap=Trap(
                name="nginx-errors",
                probe="log",
                params={"path": found.logs["nginx"], "pattern": r"\[(error|crit|alert|emerg)\]", "missing_ok": True},
                warn=bound("per_minute >= 5"),
                trip=bound("per_minute >= 30"),
                severity=Severity.WARNING,
                went_wrong="When did users see errors for a while before anyone here did?",
                detect="Errors a minute in nginx's log.",
                signs="Which message comes first: upstream timed out, too many open files, no live upstreams?",
                runbooks=shelf.service("nginx", next((d.unit for d in found.daemons if d.program == "nginx"), "")),
            ),
        )
    if "system" in found.logs:
        yield Suggestion(
            because=f"the kernel's messages are kept in {found.logs['system']}",
            trap=Trap(
                name="out-of-memory",
                probe="log",
                params={"path": found.logs["system"], "pattern": "Out of memory: Killed process|oom-kill:", "window": "10m"},
                trip=bound("in_window >= 1"),
                severity=Severity.ERROR,
                went_wrong="What did the kernel kill, and what did that take down?",
                detect="The kernel says that it killed a process for want of memory.",
                signs="Which process had grown before?",
                runbooks=shelf.memory(),
            ),
        )


def _renamed(suggestion: Suggestion, taken: set[str]) -> Suggestion:
    """The same under a name that is still free."""
    name, count = suggestion.trap.name, 1
    while name in taken:
        count += 1
        name = f"{suggestion.trap.name}-{count}"
    return msgspec.structs.replace(suggestion, trap=msgspec.structs.replace(suggestion.trap, name=name))


def _writable(trap: Trap) -> bool:
    """Whether its parameters can stand in a file: names on a file system need not be text."""
    texts = [text for value in trap.params.values() for text in (value if isinstance(value, list) else [value])]
    return not any(isinstance(text, str) and ("\0" in text or _LONE.search(text)) for text in texts)
