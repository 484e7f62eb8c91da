"""``ssh``: a program or a script on another machine, whose name may come from the alert."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec

from ..placeholders import filled, placeholders
from ..ssh import Reached, bare_host, host_problem, jump_problem, no_user
from .kind import Fault, KeyPath, Shown, cannot_be_given
from .run import RunStep
from .script import ScriptStep


class SshStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``ssh`` is ``HOST`` or ``USER@HOST``, as ssh_config knows it, and may hold ``{param}``; the port and the brackets of
    Prometheus's ``instance`` are left out. What is done there is ``run``, an argv, or ``script``, with ``interpreter``, ``env`` and
    ``cwd`` as in a step on this machine; the values reach it byte for byte, whatever shell the person has there. ``jump`` goes by
    way of other hosts, ``config`` is the file for ``ssh -F``, ``forward_agent`` lets the far side use the agent here. It never asks
    for anything; a host whose key is not known is refused; what it began there is ended with it."""

    host: str = msgspec.field(name="ssh")
    run: tuple[str, ...] = ()
    script: str = ""
    interpreter: str = "sh"
    env: dict[str, str] = {}
    cwd: str = ""
    port: int = 0
    jump: str = ""
    config: str = ""
    forward_agent: bool = False

    @property
    def inner(self) -> RunStep | ScriptStep:
        """What is done there, as if it were a step on this machine."""
        if self.script:
            return ScriptStep(self.script, self.interpreter, self.env, self.cwd)
        return RunStep(self.run, self.env, self.cwd)

    @property
    def reached(self) -> Reached:
        """The machine and the way there."""
        return Reached(self.host, self.port, self.jump, self.config, self.forward_agent)

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """See `Kind`."""
        yield ("ssh",), self.host
        yield from self.inner.texts()

    def names(self, params: Collection[str]) -> tuple[str, ...]:
        """See `Kind`."""
        return self.inner.names(params)

    def faults(self, params: Collection[str]) -> Iterator[Fault]:
        """See `Kind`."""
        if bool(self.run) == bool(self.script):
            both = "both run and script" if self.run else "neither run nor script"
            yield Fault(
                (), f"ssh has {both}: it does one thing there", 'ssh = "{instance}", run = ["systemctl", "restart", "nginx"]'
            )
            return
        yield from self.inner.faults(params)
        if not placeholders(self.host) and (wrong := host_problem(bare_host(self.host))):
            yield Fault(("ssh",), f"ssh {wrong}")
        if wrong := jump_problem(self.jump):
            yield Fault(("jump",), f"jump {wrong}")
        if not 0 <= self.port <= 65535:
            yield Fault(("port",), "port must be from 1 to 65535")
        if not self.config.startswith(("/", "~/")) and self.config:
            yield Fault(("config",), "config must be a whole path, beginning with / or ~/")

    def unsafe(self) -> str:
        """See `Kind`."""
        return self.inner.unsafe()

    def filled(self, values: Mapping[str, str]) -> SshStep:
        """See `Kind`."""
        inner = self.inner.filled(values)
        done = {"run": inner.argv} if isinstance(inner, RunStep) else {}
        return msgspec.structs.replace(
            self,
            host=bare_host(filled(self.host, {name: no_user(value) for name, value in values.items()})),
            env=inner.env,
            cwd=inner.cwd,
            **done,
        )

    def problem(self) -> str:
        """See `Kind`."""
        return host_problem(self.host) or jump_problem(self.jump) or self.inner.problem() or cannot_be_given(self.config)

    def exact(self) -> tuple[str, ...]:
        """See `Kind`."""
        way = (self.host, str(self.port), self.jump, self.config, str(self.forward_agent))
        return ("", "ssh", *way, *self.inner.exact())

    def shown(self) -> tuple[Shown, ...]:
        """See `Kind`."""
        first, *more = self.inner.shown()
        beside = [("by way of", self.jump), ("port", str(self.port or "")), ("by the file", self.config)]
        beside.append(("it may use", "your ssh agent" if self.forward_agent else ""))
        ways = (Shown(label, (text,), beside=True) for label, text in beside if text)
        return (Shown(first.label, ("ssh", self.host, *first.words)), *more, *ways)

    def said(self) -> tuple[str, ...]:
        """See `Kind`."""
        first, *more = self.inner.said()
        return (f"ssh {self.host}: {first}", *more)
