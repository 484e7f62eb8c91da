"""Whether the process that wrote something is still there: process ids are reused, machines restart."""

from __future__ import annotations

import os
from functools import cache

import msgspec


class Owner(msgspec.Struct, frozen=True):
    """A process, told apart from every other that has or will have its number.

    ``started`` is when it began (clock ticks since boot on Linux, seconds elsewhere; 0 = could not be learnt), ``boot`` names the
    machine's start and, on Linux, the pid namespace that the number counts in.
    """

    pid: int
    started: float
    boot: str


class Gone(Exception):
    """There is no such process (any more)."""


@cache
def boot() -> str:
    """A word for this start of this machine, as seen from this pid namespace."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return f"{file.read().strip()}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        import psutil  # only where there is no /proc: it costs start-up time

        return str(round(psutil.boot_time()))


def owner(pid: int) -> Owner:
    """Who has this number now. Raises `Gone`."""
    return Owner(pid, _started(pid), boot())


def lives(one: Owner) -> bool:
    """Whether this very process still runs. When it cannot be learnt (out of descriptors, say) it is taken to live: calling a
    living run dead would allow a second one beside it."""
    if one.boot != boot():
        return False
    try:
        now = _started(one.pid)
    except Gone:
        return False
    return not now or not one.started or now == one.started


def _started(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()  # the program's name may hold spaces and brackets
    except (FileNotFoundError, ProcessLookupError):
        if os.path.exists("/proc/self/stat"):
            raise Gone(pid) from None
        return _started_elsewhere(pid)
    except OSError:
        return 0.0
    if fields[0] in (b"Z", b"X"):  # dead, only not yet collected by its parent
        raise Gone(pid)
    return float(fields[19])  # field 22, proc(5)


def _started_elsewhere(pid: int) -> float:
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            raise Gone(pid)
        return process.create_time()
    except psutil.NoSuchProcess:
        raise Gone(pid) from None
    except psutil.Error:
        return 0.0
