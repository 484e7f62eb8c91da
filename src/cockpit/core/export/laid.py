"""A trap on its way out: as it is laid here, and what another system can be told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..traps import Trap
from ..units import Bound, Seconds, seconds
from .words import selector

NODE, ASKED, PUSHED = "node", "cockpit", "pushgateway"
"""The jobs that the rules rely on: a node exporter, what a blackbox exporter is asked, and a Pushgateway."""


class Unable(Exception):
    """This cannot be told; the message is the reason, for the person."""


class Laid(msgspec.Struct, frozen=True, kw_only=True):
    """A trap with what its rules need to know. ``settings`` are the probe's keys with its own defaults beneath; ``host`` is the
    ``instance`` that this machine has there; ``mount`` is the mount point that holds a disk's path; ``runbook`` is the address of
    the first of its runbooks that has one."""

    trap: Trap
    settings: Mapping[str, object]
    host: str
    mount: str = ""
    runbook: str = ""

    def text(self, key: str) -> str:
        """One of the probe's keys as text; "" if absent."""
        value = self.settings.get(key)
        return "" if value is None else str(value)

    def whole(self, key: str) -> int:
        """One of the probe's keys as a whole number."""
        return int(str(self.settings.get(key) or 0))

    def lasting(self, key: str) -> Seconds:
        """One of the probe's keys as a duration."""
        value = self.settings.get(key)
        return seconds(value if isinstance(value, (int, float)) else str(value or "0s"))

    def many(self, key: str) -> tuple[Any, ...]:
        """One of the probe's keys as a list."""
        value = self.settings.get(key)
        return tuple(value) if isinstance(value, (list, tuple)) else ()

    def table(self, key: str) -> dict[str, str]:
        """One of the probe's keys as a table."""
        value = self.settings.get(key)
        return {str(name): str(each) for name, each in value.items()} if isinstance(value, Mapping) else {}

    def node(self, metric: str, **labels: str) -> str:
        """A metric of this machine's node exporter."""
        return selector(metric, job=NODE, instance=self.host, **labels)

    def asked(self, metric: str) -> str:
        """What the blackbox exporter found of this trap."""
        return selector(metric, job=ASKED, trap=self.trap.name)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What can be told of a trap. ``values`` are the probe's readings as expressions; ``lacking`` says of others why they are not
    there ("" stands for all). ``wrong`` and ``warned`` hold where the probe itself judges so; ``unseen`` where nothing can be seen.
    ``module`` is how the blackbox exporter asks ``target``. ``remarks`` say where it is less, or not quite the same."""

    values: Mapping[str, str]
    wrong: str = ""
    warned: str = ""
    unseen: str = ""
    lacking: Mapping[str, str] = {}
    module: Mapping[str, object] | None = None
    target: str = ""
    remarks: tuple[str, ...] = ()

    def reading(self, limit: Bound) -> str:
        """The expression for what a bound is about. Raises `Unable`."""
        if limit.metric in self.values:
            return self.values[limit.metric]
        why = self.lacking.get(limit.metric) or self.lacking.get("") or "no exporter gives this reading"
        raise Unable(f"{limit.text}: {why}")


def absent(series: str) -> str:
    """Where there is no such series."""
    return f"absent({series})"


def days_left(series: str) -> str:
    """Days until a time that is given in seconds since the epoch."""
    return f"({series} - time()) / 86400"
