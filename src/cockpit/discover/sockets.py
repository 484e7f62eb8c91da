"""Who listens for TCP connections on this machine, and what answers there. Only own addresses are ever connected to."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import psutil

from .found import Listener
from .speaking import speaks
from .timed import Deadline, together

_MOST = 48
_UNIT = re.compile(r"/([^/]+\.service)(?:/|$)")


def listeners(deadline: Deadline, ports: Collection[int] | None = None) -> tuple[tuple[Listener, ...], tuple[str, ...]]:
    """The listening sockets, lowest port first, each asked what it speaks; and remarks on what could not be seen.

    One per port: the address that reaches it most simply. This process's own sockets are left out. With ``ports``, those alone.
    """
    found, remarks = _listening()
    if ports is not None:
        found = [one for one in found if one.port in ports]
    if len(found) > _MOST:
        remarks = (*remarks, f"{len(found)} ports are open; only the first {_MOST} were asked what they speak")
    asked = found[:_MOST]
    looks = {one.port: (lambda one=one: speaks(one, deadline)) for one in asked}
    answers = together(looks, deadline)
    return tuple(answers.get(one.port, one) for one in found), remarks


def unit_of(pid: int, proc: Path = Path("/proc")) -> str:
    """The systemd service a process belongs to, by its control group; "" if none. Any user may read that."""
    try:
        text = (proc / str(pid) / "cgroup").read_text("utf-8", "replace")
    except OSError:
        return ""
    for line in text.splitlines():
        if "/user.slice/" not in line and (found := _UNIT.findall(line)):
            return str(found[-1])
    return ""


def _listening() -> tuple[list[Listener], tuple[str, ...]]:
    remarks: tuple[str, ...] = ()
    try:
        connections = _listens(psutil.net_connections(kind="tcp"))
    except (psutil.AccessDenied, PermissionError):  # macOS and the BSDs tell root alone
        connections = _own_users()
        remarks = ("only your own listening sockets can be seen without root here",)
    except (psutil.Error, OSError, RuntimeError, ValueError) as error:
        return [], (f"listening sockets cannot be seen: {error}",)
    by_port: dict[int, Listener] = {}
    for address, port, pid in connections:
        if pid == os.getpid():
            continue
        one = Listener(
            connect=_reached(address),
            port=port,
            everyone=not _private(address),
            program=_program(pid),
            pid=pid,
            unit=unit_of(pid) if pid else "",
        )
        held = by_port.get(one.port)
        if held is None or _simpler(one.connect) < _simpler(held.connect):
            by_port[one.port] = one
    if any(one.pid is None for one in by_port.values()) and not remarks:
        why = "it is not this machine's to see (a container's, perhaps)" if os.geteuid() == 0 else "that needs root"
        remarks = (f"some ports do not show whose they are: {why}",)
    return [by_port[port] for port in sorted(by_port)], remarks


def _own_users() -> list[tuple[str, int, int | None]]:
    found: list[tuple[str, int, int | None]] = []
    for process in psutil.process_iter():
        try:
            found += [(address, port, process.pid) for address, port, _ in _listens(process.net_connections(kind="tcp"))]
        except (psutil.Error, OSError):  # somebody else's, or gone meanwhile
            continue
    return found


def _listens(connections: Iterable[Any]) -> list[tuple[str, int, int | None]]:
    """(address, port, process id) of those that listen; psutil's types differ from system to system."""
    listen = [each for each in connections if each.status == psutil.CONN_LISTEN and each.laddr]
    return [(str(each.laddr.ip), int(each.laddr.port), getattr(each, "pid", None)) for each in listen]


def _reached(bound: str) -> str:
    """An own address that reaches a socket bound to ``bound``."""
    address = ipaddress.ip_address(bound.partition("%")[0])
    if not address.is_unspecified:
        return str(address.ipv4_mapped) if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped else str(address)
    return "127.0.0.1" if address.version == 4 else "::1"


def _private(bound: str) -> bool:
    address = ipaddress.ip_address(bound.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _simpler(connect: str) -> tuple[int, str]:
    order = {"127.0.0.1": 0, "::1": 1}
    return (order.get(connect, 2 if "." in connect else 3), connect)


def _program(pid: int | None) -> str:
    if pid is None:
        return ""
    try:
        return str(psutil.Process(pid).name())
    except (psutil.Error, OSError):  # gone meanwhile, or not ours to see
        return ""
