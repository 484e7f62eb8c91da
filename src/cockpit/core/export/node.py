"""What a node exporter tells of this machine: disk, memory, load, systemd.

Source: node_exporter, README ("Collectors") and its collectors filesystem, meminfo, loadavg, cpu, pressure, systemd.
"""

from __future__ import annotations

import re

from .laid import Laid, Told, Unable, absent
from .words import glob, literally

_HIDDEN = re.compile(r"/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)")
_DECAYING = "the kernel's pressure over a minute is a decaying average; the rule takes the plain one"
_TEN = "a mean over 10 s needs to be scraped more often than a Prometheus usually does; lay it on pressure_…_60"
_ON_THE_WAY = ("activating", "deactivating")
_STATES = ("active", "inactive", "failed", *_ON_THE_WAY)


def disk(laid: Laid) -> Told:
    """The file system that holds the path, as ``df`` counts."""
    size, free, avail, files, left = (
        laid.node(f"node_filesystem_{name}", mountpoint=laid.mount)
        for name in ("size_bytes", "free_bytes", "avail_bytes", "files", "files_free")
    )
    used = f"({size} - {free})"
    remarks = []
    if laid.mount != laid.text("path"):
        remarks.append(f"{laid.text('path')} lies on {laid.mount} now: should it get a file system of its own, export it again")
    if _HIDDEN.match(laid.mount):
        remarks.append(f"a node exporter leaves {laid.mount} out unless --collector.filesystem.mount-points-exclude is changed")
    mounted = laid.settings.get("mounted") is True
    return Told(
        values={
            "used_percent": f"100 * {used} / ({used} + {avail})",
            "used_bytes": used,
            "free_bytes": avail,
            "total_bytes": size,
            "inodes_used_percent": f"100 * ({files} - {left}) / ({files} > 0)",
            "inodes_free": f"({left} and {files} > 0)",
        },
        wrong=f"{laid.node('up')} == 1 unless on (instance) {size}" if mounted else "",
        unseen=absent(laid.node("up") if mounted else size),
        remarks=tuple(remarks),
    )


def memory(laid: Laid) -> Told:
    """Memory, swap and the pressure on it. Swap is 0 where there is none."""
    total, avail, swap, swap_free = (
        laid.node(f"node_memory_{name}_bytes") for name in ("MemTotal", "MemAvailable", "SwapTotal", "SwapFree")
    )
    return Told(
        values={
            "used_percent": f"100 * ({total} - {avail}) / {total}",
            "available_bytes": avail,
            "total_bytes": total,
            "swap_used_percent": f"(100 * ({swap} - {swap_free}) / ({swap} > 0) or {swap} * 0)",
            "swap_free_bytes": swap_free,
            "pressure_some_60": f"100 * rate({laid.node('node_pressure_memory_waiting_seconds_total')}[1m])",
            "pressure_full_60": f"100 * rate({laid.node('node_pressure_memory_stalled_seconds_total')}[1m])",
        },
        unseen=absent(avail),
        lacking={
            "pressure_some_10": _TEN,
            "pressure_full_10": _TEN,
            "cgroup_used_percent": "a node exporter knows no container's limit; cAdvisor does",
        },
        remarks=_pressed(laid),
    )


def load(laid: Laid) -> Told:
    """The load, for each processor, and the pressure on processors and disks."""
    load5 = laid.node("node_load5")
    cpus = f"count by (job, instance) ({laid.node('node_cpu_seconds_total', mode='idle')})"
    return Told(
        values={
            "load1": laid.node("node_load1"),
            "load5": load5,
            "load15": laid.node("node_load15"),
            "per_cpu": f"{load5} / {cpus}",
            "pressure_cpu_some_60": f"100 * rate({laid.node('node_pressure_cpu_waiting_seconds_total')}[1m])",
            "pressure_io_some_60": f"100 * rate({laid.node('node_pressure_io_waiting_seconds_total')}[1m])",
        },
        unseen=absent(load5),
        lacking={"pressure_cpu_some_10": _TEN},
        remarks=_pressed(laid),
    )


def systemd(laid: Laid) -> Told:
    """Failed units, or one unit. It takes a node exporter with ``--collector.systemd``."""
    if laid.settings.get("user") is True:
        raise Unable("a node exporter asks the system's own systemd, not a user's")
    unit = laid.text("unit")
    needs = "it takes a node exporter with --collector.systemd"
    if not unit:
        ignored = "|".join(glob(str(each)) for each in laid.many("ignore"))
        names = {"name_": ignored} if ignored else {}
        failed = f"count({laid.node('node_systemd_unit_state', state='failed', **names)} == 1)"
        some = laid.node("node_systemd_unit_state", state="failed")
        value = f"({failed} or count({some}) * 0)"
        return Told(values={"failed": value}, wrong=f"{value} > {laid.whole('allow')}", unseen=absent(some), remarks=(needs,))
    wanted = tuple(map(str, laid.many("states")))
    if odd := [each for each in wanted if each not in _STATES]:
        raise Unable(f"a node exporter does not tell the state {odd[0]}")

    def is_in(*states: str) -> str:
        return f"{laid.node('node_systemd_unit_state', name=unit, state__='|'.join(states))} == 1"

    bad = tuple(each for each in _STATES if each not in (*wanted, *_ON_THE_WAY))
    moving = tuple(each for each in _ON_THE_WAY if each not in wanted)
    any_state = laid.node("node_systemd_unit_state", name=unit, state="active")
    return Told(
        values={
            "active": f"sum({laid.node('node_systemd_unit_state', name=unit, state__='|'.join(map(literally, wanted)))})",
            "restarts": laid.node("node_systemd_service_restart_total", name=unit),
        },
        wrong=f"{is_in(*bad)} or ({laid.node('up')} == 1 unless on (instance) {any_state})" if bad else "",
        warned=is_in(*moving) if moving else "",
        unseen=absent(laid.node("up")),
        remarks=(
            f"{needs}" + (", and --collector.systemd.enable-restarts-metrics" if _about(laid, "restarts") else ""),
            "a unit that systemd is about to restart counts as activating there, and only warns",
        ),
    )


def _about(laid: Laid, reading: str) -> bool:
    return any(each is not None and each.metric.startswith(reading) for each in (laid.trap.warn, laid.trap.trip))


def _pressed(laid: Laid) -> tuple[str, ...]:
    return (_DECAYING,) if _about(laid, "pressure_") else ()
