"""``cockpit watch --systemd``: the unit that runs it as a service, hardened as far as probes and channels allow."""

from __future__ import annotations

import grp
import os
import pwd
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..core.watchrule import WatchRule

_UNIT = """\
# cockpit watch as a service of {user}. Put this into /etc/systemd/system/cockpit-watch.service, then:
#   systemctl daemon-reload && systemctl enable --now cockpit-watch
[Unit]
Description=Cockpit: traps, escalation and shared polling
Documentation=man:systemd.service(5)
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={start}
Environment={state_home}
User={user}
Group={group}
Restart=always
RestartSec=2
# It says that it lives only while its engine does: one that hangs is ended, and begun anew.
WatchdogSec=30
TimeoutStopSec=40
UMask=0077
{runtime}
# Nothing of the machine is changed but the state directory. A probe or a channel of kind "command" that has to write elsewhere
# wants a ReadWritePaths= of its own; for one that needs more rights (sudo, raw sockets), take out what follows from here on.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={state}
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""

_RUN = "/run/"


def unit(rule: WatchRule, config: str, state_dir: Path, env: Mapping[str, str]) -> str:
    """The unit's text, for the user who asks. ``config`` is what ``--config`` said, "" for the usual place."""
    me = pwd.getpwuid(os.getuid())
    words = [*_program(), *(("--config", os.path.abspath(config)) if config else ()), "watch"]
    place = Path(rule.socket).parent if rule.socket.startswith(_RUN) else None
    runtime = f"RuntimeDirectory={_escaped(str(place)[len(_RUN) :])}\nRuntimeDirectoryMode=0750\n" if place is not None else ""
    return _UNIT.format(
        user=me.pw_name,
        group=rule.group or grp.getgrgid(me.pw_gid).gr_name,
        start=" ".join(map(_quoted, words)),
        state_home=_quoted(f"XDG_STATE_HOME={env.get('XDG_STATE_HOME') or state_dir.parent}"),
        state=_quoted(str(state_dir)),
        runtime=runtime,
    )


def _program() -> Sequence[str]:
    """How this very cockpit is begun: without a shell's path, which a service does not have."""
    return (sys.executable, "-m", "cockpit")


def _escaped(text: str) -> str:
    """``%`` would begin a specifier (systemd.unit(5))."""
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """A word as systemd takes it apart (systemd.service(5), "Command lines"; ``$`` would begin a variable)."""
    safe = _escaped(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{safe}"' if safe != word or any(letter in word for letter in " \t';") else word
