"""``heartbeat``: a job that should report with ``cockpit beat NAME``, and what it means when it stays away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from ..core.text import clean
from ..core.traps import LONGEST_BEAT, TrapState
from ..core.units import Seconds, say_seconds
from ..provider import Host, ProbeError, Reading


class HeartbeatConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``name`` is what the job beats; it trips when the last beat is older than ``within`` and ``grace`` together."""

    name: str
    within: Seconds | None = None
    grace: Seconds = Seconds(0.0)

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("name must not be empty")
        if len(self.name) > LONGEST_BEAT or clean(self.name) != self.name:
            raise ValueError(f"name must be at most {LONGEST_BEAT} characters that can be shown: `cockpit beat` takes no other")


class Heartbeat:
    """Seen to be wrong: the last beat is older than ``within`` (plus ``grace``). Cannot see: it has never beaten, so nobody
    knows whether the job has the line; or the beat lies in the future, so its age means nothing."""

    Config: ClassVar[type[msgspec.Struct]] = HeartbeatConfig
    readings: ClassVar[Mapping[str, str]] = {"age_seconds": "seconds since the last beat"}

    def __init__(self, config: HeartbeatConfig, host: Host) -> None:
        self._config = config
        self._host = host

    @property
    def subject(self) -> str:
        """The heartbeat's name."""
        return self._config.name

    def look(self) -> Reading:
        """Read the last beat from the journal."""
        name = clean(self._config.name, 100)
        last = self._host.machine.beat(self._config.name)
        if last is None:
            raise ProbeError(f"{name} has never beaten: add “cockpit beat {name}” to the end of the job")
        age = (self._host.clock.now() - last).total_seconds()
        if age < -60:
            raise ProbeError(f"the last beat of {name} lies {say_seconds(-age)} in the future: this machine's clock was set back")
        age = max(0.0, age)
        text = f"last beat {say_seconds(age)} ago"
        within = self._config.within
        if within is None:
            return Reading({"age_seconds": age}, text)
        late = age > within + self._config.grace
        verdict = TrapState.TRIPPED if late else None
        return Reading({"age_seconds": age}, f"{text}, expected every {say_seconds(within)}", verdict)
