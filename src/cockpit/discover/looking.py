"""One look at this machine: everything at once, bounded in time, needing no root, changing nothing."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from ..core.text import clean
from . import jobs, keeping, machine, services, sockets
from .found import Backups, Daemon, FileSystem, Found, Job, Listener
from .timed import Deadline, Look

ROOT = Path("/")


def look(seconds: float = 3.0, *, root: Path = ROOT, ports: Collection[int] | None = None) -> Found:
    """What is on this machine, looked at for at most about ``seconds``. What did not answer in time is named in ``remarks``.

    ``root`` is where files are looked for (processes and sockets are always this machine's); ``ports`` narrows which listening
    ports are asked what they speak.
    """
    began = time.monotonic()
    deadline = Deadline(seconds)
    files: Look[tuple[FileSystem, ...]] = Look(
        "file systems", lambda: machine.file_systems(Deadline(deadline.left(seconds * 0.6))), ()
    )
    memory = Look("memory", machine.memory, None)
    ports_seen: Look[tuple[tuple[Listener, ...], tuple[str, ...]]] = Look(
        "listening sockets", lambda: sockets.listeners(Deadline(deadline.left(seconds * 0.9)), ports), ((), ())
    )
    certificates: Look[tuple[tuple[str, ...], tuple[str, ...]]] = Look("certificates", lambda: keeping.certificates(root), ((), ()))
    systemd = Look("systemd", lambda: services.systemd(deadline, root), None)
    daemons: Look[tuple[Daemon, ...]] = Look("processes", services.daemons, ())
    planned: Look[tuple[Job, ...]] = Look("jobs", lambda: jobs.jobs(deadline, root), ())
    programs: Look[frozenset[str]] = Look("programs", services.programs, frozenset())
    scripts: Look[frozenset[str]] = Look("services", lambda: services.init_scripts(root), frozenset())
    logs: Look[dict[str, str]] = Look("logs", lambda: services.logs(root), {})
    planned.wait(deadline)
    backups: Look[tuple[Backups, ...]] = Look("backups", lambda: keeping.backups(root, planned.value), ())
    looks = (files, memory, ports_seen, certificates, systemd, daemons, planned, programs, scripts, logs, backups)
    for each in looks:
        each.wait(deadline)
    return Found(
        at=datetime.now(UTC),
        host=clean(platform.node() or "this machine", 100),
        seconds=time.monotonic() - began,
        root=os.geteuid() == 0,
        file_systems=files.value,
        memory=memory.value,
        listeners=ports_seen.value[0],
        certificates=certificates.value[0],
        systemd=systemd.value,
        daemons=daemons.value,
        jobs=planned.value,
        backups=backups.value,
        programs=programs.value,
        init_scripts=scripts.value,
        journal=services.has_journal(root),
        logs=logs.value,
        remarks=(*(each.remark for each in looks if each.remark), *ports_seen.value[1], *certificates.value[1]),
    )
