"""``tcp``: does it take connections, and does it say the right thing?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from ..core.text import clean
from ..core.traps import TrapState
from ..core.units import Seconds
from ..provider import Host, Reading
from .dial import Deadline, Down, check_port, dial, received, send

MOST_HEARD = 65536


class TcpConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``within`` bounds it all, the name's resolution apart. ``send`` is sent once connected; ``expect`` must then be somewhere
    in the first 64 KiB that come back (TOML's ``\\r\\n`` are the real ones)."""

    host: str
    port: int
    within: Seconds = Seconds(5.0)
    send: str = ""
    expect: str = ""

    def __post_init__(self) -> None:
        check_port(self.port)


class Tcp:
    """Seen to be wrong: refused, reset, no route to that host, no answer ``within`` the time, or another answer than the one
    expected. Cannot see: the name does not resolve, or this machine has no network or no right to connect."""

    Config: ClassVar[type[msgspec.Struct]] = TcpConfig
    readings: ClassVar[Mapping[str, str]] = {
        "seconds": "seconds until the connection stood",
        "answer_seconds": "seconds until what was expected had come (with expect)",
    }

    def __init__(self, config: TcpConfig, host: Host) -> None:
        self._config = config
        self._clock = host.clock

    @property
    def subject(self) -> str:
        """host:port."""
        host = self._config.host
        return f"[{host}]:{self._config.port}" if ":" in host else f"{host}:{self._config.port}"

    def look(self) -> Reading:
        """Connect once, ask, and hang up."""
        config, began = self._config, self._clock.mono()
        deadline = Deadline(config.within)
        values: dict[str, float] = {}
        try:
            with dial(config.host, config.port, deadline) as connection:
                values["seconds"] = self._clock.mono() - began
                text = f"connected in {values['seconds'] * 1000:.0f} ms"
                if config.send:
                    send(connection, config.send.encode(), deadline)
                if not config.expect:
                    return Reading(values, text)
                heard = b""
                for piece in received(connection, deadline, "it did not say what is expected", MOST_HEARD):
                    heard += piece
                    if config.expect.encode() in heard:
                        values["answer_seconds"] = self._clock.mono() - began
                        return Reading(values, f"{text}, said {_quoted(heard)}")
        except Down as down:
            return Reading(values, str(down), TrapState.TRIPPED)
        said = f"said {_quoted(heard)}" if heard else "hung up without a word"
        return Reading(values, f"{said}, not {_quoted(config.expect.encode())}", TrapState.TRIPPED)


def _quoted(heard: bytes) -> str:
    return f"“{clean(heard[:400].decode('utf-8', 'replace').strip(), 80)}”"
