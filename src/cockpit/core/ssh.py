"""How another machine is reached: which words can be its name, ssh's exact argv, and what ssh's complaints mean for a person."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

import msgspec

from .regex import regex
from .text import clean

CONNECT = 10
"""Seconds that one address has to answer."""
PERSIST = 60
"""Seconds that a connection is kept after its last use: the next step then costs a quarter of the time."""
_ALIVE = (5, 3)  # seconds between two signs of life, and how many may stay away
_USER = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?"
_SIX = r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"
_HOST = regex(rf"(?:{_USER}@)?(?:{_NAME}|{_SIX})", re.ASCII)
_HOP = regex(rf"(?:{_USER}@)?(?:{_NAME}|\[{_SIX}\])(?::[0-9]{{1,5}})?", re.ASCII)
_WITH_PORT = regex(r"(?P<who>(?:[^@\s]+@)?)(?:(?P<name>[^:@\[\]\s]+)|\[(?P<six>[0-9A-Fa-f:.]+)\])(?::[0-9]{1,5})?")
_MOST = 255  # characters of a host's name, RFC 1035, 2.3.4


class Reached(msgspec.Struct, frozen=True):
    """A machine and the way there. ``host`` is ``HOST`` or ``USER@HOST``, as ssh_config knows it; ``port`` 0 is what that says;
    ``jump`` is ``HOST[:PORT][,…]``, "" for what ssh_config says; ``config`` is the file for ``ssh -F``, "" for the person's own."""

    host: str
    port: int = 0
    jump: str = ""
    config: str = ""
    forward_agent: bool = False


def bare_host(text: str) -> str:
    """A host as Prometheus's ``instance`` has it, without the exporter's port and an IPv6 address's brackets: ``web-3:9100`` is
    ``web-3``. Anything else stays as it is."""
    found = _WITH_PORT.fullmatch(text)
    return found["who"] + (found["name"] or found["six"]) if found is not None else text


def no_user(value: str) -> str:
    """A value where a host stands: an ``@`` of its own would choose who one is there, so it becomes what no host has, and
    `host_problem` tells."""
    return value.replace("@", "@@")


def host_problem(host: str) -> str:
    """Why ``host`` is not the name of a machine, or of a user at one; "" if it is. A name that begins with ``-`` would be an option
    of ssh, and what holds a space or a sign of a shell would be more than a name."""
    shown = clean(host, 80)
    if not host:
        return "names no host"
    if "@@" in host:
        shown = clean(host.replace("@@", "@"), 80)
        return f"cannot go to {shown!r}: who one is there is said by the runbook or ssh_config, and by no value"
    if host.startswith("-") or "@-" in host:
        return f"cannot go to {shown!r}: a host that begins with - would be an option of ssh"
    if not _HOST.fullmatch(host) or len(host) > _MOST:
        return f"cannot go to {shown!r}: a host is letters, digits, - . _ and :, with USER@ before it if need be"
    return ""


def jump_problem(jump: str) -> str:
    """The same for the hosts on the way; "" has none."""
    if all(_HOP.fullmatch(hop) and len(hop) <= _MOST for hop in jump.split(",")) or not jump:
        return ""
    return f"cannot go by way of {clean(jump, 80)!r}: write jump = [USER@]HOST[:PORT], with commas between several"


def first_hop(jump: str) -> tuple[str, int]:
    """The machine that is reached first by this way, and its port, 0 for what ssh_config says."""
    host, colon, port = jump.partition(",")[0].rpartition(":")
    if not colon or host.endswith(":") or port.endswith("]"):
        host, port = jump.partition(",")[0], "0"
    return host.replace("[", "").replace("]", ""), int(port)


def asked_config(host: str, port: int, config: str) -> tuple[str, ...]:
    """The argv by which ssh says what ssh_config has for a host; it connects to nothing."""
    where = (*(("-F", config) if config else ()), *(("-p", str(port)) if port else ()))
    return ("ssh", "-G", *where, "--", host)


def jump_in(said: str) -> str:
    """The ``ProxyJump`` in what ssh says (`asked_config`); "" for none. ssh_config(5)."""
    lines = (line.partition(" ") for line in said.splitlines())
    way = next((value.strip() for key, _, value in lines if key == "proxyjump"), "")
    return "" if way == "none" else way.replace("ssh://", "")


def ssh_argv(to: Reached, command: str, *, sockets: str = "") -> tuple[str, ...]:
    """ssh's argv for ``command``, which the login shell there reads. ``sockets`` is the private directory for kept connections; ""
    keeps none. Raises ``ValueError`` for what is not a host.

    It never asks (``BatchMode``), takes no key of a host that is not known (``StrictHostKeyChecking``), forwards nothing that was
    not asked for, whatever ssh_config says, and notices within `_ALIVE` that nobody is there any more. ssh_config(5), OpenSSH 9.2.
    """
    if problem := host_problem(to.host) or jump_problem(to.jump):
        raise ValueError(problem)
    way = _through(to.jump.split(","), to.config, sockets) if to.jump else ""
    proxy = ("-o", f"ProxyCommand={way}") if way else ()
    port = ("-p", str(to.port)) if to.port else ()
    agent = ("-o", f"ForwardAgent={'yes' if to.forward_agent else 'no'}")
    return (*_common(to.config, sockets), *agent, *proxy, *port, "--", to.host, command)


def _common(config: str, sockets: str) -> tuple[str, ...]:
    options = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "ConnectTimeout": CONNECT,
        "ConnectionAttempts": 1,
        "ServerAliveInterval": _ALIVE[0],
        "ServerAliveCountMax": _ALIVE[1],
        "ClearAllForwardings": "yes",
        "ForwardX11": "no",
        "PermitLocalCommand": "no",
        "RemoteCommand": "none",
        "LogLevel": "ERROR",
    }
    kept = {"ControlMaster": "auto", "ControlPersist": PERSIST, "ControlPath": f"{sockets}/%C"}
    options |= kept if sockets else {"ControlMaster": "no", "ControlPath": "none"}
    given = tuple(word for name, value in options.items() for word in ("-o", f"{name}={value}"))
    return ("ssh", "-T", "-x", *(("-F", config) if config else ()), *given)


def _through(hops: Sequence[str], config: str, sockets: str) -> str:
    """A ``ProxyCommand`` by way of these hosts. ``-J`` would be shorter, but ssh gives the hosts on the way none of the options
    above."""
    *nearer, hop = hops
    host, port = first_hop(hop)
    inner = _through(nearer, config, sockets) if nearer else ""
    proxy = ("-o", f"ProxyCommand={inner}") if inner else ()
    begin = shlex.join((*_common(config, sockets), *proxy, *(("-p", str(port)) if port else ()))).replace("%", "%%")
    # %h and %p are for the ssh that reads this very command, every other % is for those within
    return f"{begin} -W '[%h]:%p' -- {shlex.quote(host)}"


_MEANINGS: tuple[tuple[str, str], ...] = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "the key of {host} is not the one that is known: somebody may be in between, or it was set up anew. Nothing was sent. Ask "
        "who runs it; if that is right, `ssh-keygen -R` with its name and add the new key to known_hosts",
    ),
    (
        r"Host key verification failed|No \S+ host key is known for",
        "the key of {host} is not known here, and nobody was there to accept it. Nothing was sent. Connect once by hand, compare "
        "the fingerprint, and accept it: `{by_hand}`",
    ),
    (
        r"Permission denied|Too many authentication failures",
        "{host} does not let us in: is the key in the agent (`ssh-add -l`), and there?",
    ),
    (r"Could not resolve hostname", "there is no host of that name: {host} (or its HostName in ssh_config)"),
    (r"Connection refused", "{host} refuses: no sshd listens there"),
    (r"timed out|Operation timed out", "{host} does not answer"),
    (r"No route to host|Network is unreachable", "there is no way to {host} from here"),
    (r"Bad (?:owner or permissions|configuration)|terminating, \d+ bad configuration", "ssh_config is wrong"),
)


def meaning(said: str, to: Reached) -> str:
    """What ssh's complaint (its lines before anything began) means, for a person; its own last words are added. What they are to do
    by hand goes the very same way: by this file of ssh_config, these hosts on the way and this port."""
    host, by_hand = clean(to.host, 80), clean(_by_hand(to), 400)
    lines = [clean(line.strip(" \t@"), 200) for line in said.replace("\r", "").split("\n") if line.strip(" \t@")]
    for pattern, text in _MEANINGS:
        if found := next((line for line in lines if re.search(pattern, line)), ""):
            return f"{text.format(host=host, by_hand=by_hand)} ({found})"
    return f"ssh to {host} failed" + (f": {lines[-1]}" if lines else "")


def _by_hand(to: Reached) -> str:
    """What a person types to get there."""
    config, jump = ("-F", to.config) if to.config else (), ("-J", to.jump) if to.jump else ()
    return shlex.join(("ssh", *config, *jump, *(("-p", str(to.port)) if to.port else ()), to.host))
