"""The way that ssh_config has to a machine, found out before ssh goes it: its ``ProxyJump`` hosts get none of the options that the
cockpit gives to ssh itself, so they are gone through by a command of ours (`core.ssh`), as those that a runbook names."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from ..core.ssh import asked_config, first_hop, jump_in, jump_problem
from ..core.text import clean

WITHIN = 10.0
"""Real seconds in which ssh has to say what its config holds: a ``Match exec`` there may take its time."""
_MOST = 8  # hosts on the way: more are a circle


class NoWay(Exception):
    """The way cannot be told; the message says why, for the person."""


async def way_to(host: str, port: int, jump: str, config: str, env: Mapping[str, str]) -> str:
    """All hosts on the way there, as ``jump`` of `Reached`: those of ``jump``, or else those that ssh_config has; and those before
    them. Raises `NoWay`."""
    hops = [jump] if jump else []
    while len(hops) <= _MOST:
        at, by = first_hop(hops[0]) if hops else (host, port)
        before = jump_in(await _said(asked_config(at, by, config), env))
        if not before or first_hop(before)[0].rpartition("@")[2] == at.rpartition("@")[2]:  # Host *: not by way of itself
            return ",".join(hops)
        if jump_problem(before):
            what = f"ssh_config says ProxyJump {clean(before, 80)} for {clean(at, 80)}, which cannot be read here"
            raise NoWay(f"{what}: write [USER@]HOST[:PORT] there, or jump in the step")
        hops.insert(0, before)
    raise NoWay(f"ssh_config leads to {clean(host, 80)} in a circle: {clean(','.join(hops), 200)}")


async def _said(argv: tuple[str, ...], env: Mapping[str, str]) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=dict(env),
        )
    except OSError:
        return ""  # where there is no ssh, ssh itself says so
    try:
        async with asyncio.timeout(WITHIN):
            said, _ = await process.communicate()
    except TimeoutError:
        raise NoWay(
            f"ssh did not say within {WITHIN:g} s what its config holds: does it ask a program there (Match exec)?"
        ) from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
    return said.decode("utf-8", "replace")
