"""``dns``: does a name resolve, and to what it should?"""

from __future__ import annotations

import errno
import ipaddress
import secrets
import socket
import struct
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from ..core.text import clean
from ..core.traps import TrapState
from ..core.units import Seconds
from ..provider import Host, ProbeError, Reading
from .dial import Deadline, Down, check_port, dial, received, send
from .dnswire import RCODES, TYPES, Record, Said, answer_to, encoded, question

_FAMILIES = {"A": socket.AF_INET, "AAAA": socket.AF_INET6}
_NOT_THERE = {
    socket.EAI_NONAME,
    getattr(socket, "EAI_NODATA", socket.EAI_NONAME),
    getattr(socket, "EAI_ADDRFAMILY", socket.EAI_NONAME),
}
_SENDS = 3


class DnsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``type`` is A or AAAA through this machine's own resolver (``/etc/hosts`` included), or any of A, AAAA, CNAME, MX, NS, TXT,
    SRV, SOA, PTR, CAA from ``server``: an address, with ``:port`` if it is not 53. Each of ``expect`` must be among the answers,
    as they are shown. ``within`` bounds what a ``server`` is asked."""

    name: str
    type: str = "A"
    server: str = ""
    expect: tuple[str, ...] = ()
    within: Seconds = Seconds(5.0)

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"type must be one of {', '.join(TYPES)}, not {self.type!r}")
        if not self.server and self.type not in _FAMILIES:
            raise ValueError(f"type {self.type} needs a server to ask: this machine's resolver gives addresses alone")
        encoded(self.name)
        if self.server:
            server_address(self.server)


class Dns:
    """Seen to be wrong: no such name, no record of that type, an expected answer is missing, or the named ``server`` refuses,
    fails, answers rubbish or does not answer (it is looked at, too). Cannot see: this machine's own resolver has no answer to give,
    or there is no network to ask through."""

    Config: ClassVar[type[msgspec.Struct]] = DnsConfig
    readings: ClassVar[Mapping[str, str]] = {
        "answers": "how many records of that type came",
        "seconds": "seconds until the answer was there",
        "ttl_seconds": "seconds that the shortest-lived of them may be remembered (from a server)",
    }

    def __init__(self, config: DnsConfig, host: Host) -> None:
        self._config = config
        self._clock = host.clock

    @property
    def subject(self) -> str:
        """The name."""
        return self._config.name

    def look(self) -> Reading:
        """Ask once (a server over UDP: up to three times, then over TCP if the answer was cut short)."""
        config, began = self._config, self._clock.mono()
        try:
            records = self._from_server() if config.server else self._from_here()
        except Down as down:
            return Reading({}, str(down), TrapState.TRIPPED)
        values = {"answers": float(len(records)), "seconds": self._clock.mono() - began}
        if config.server and records:
            values["ttl_seconds"] = float(min(record.ttl for record in records))
        if not records:
            return Reading(values, f"has no {config.type} record", TrapState.TRIPPED)
        found = {_plain(record.data) for record in records}
        missing = [each for each in config.expect if _plain(each) not in found]
        shown = clean(", ".join(sorted(record.data for record in records)), 200)
        if missing:
            return Reading(values, f"{shown}, not {clean(', '.join(missing), 200)}", TrapState.TRIPPED)
        return Reading(values, shown)

    def _from_here(self) -> list[Record]:
        kind = self._config.type
        try:
            found = socket.getaddrinfo(self._config.name, None, _FAMILIES[kind], socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno in _NOT_THERE:
                raise Down(f"has no {kind} record, says this machine's resolver: {error.strerror}") from error
            raise ProbeError(f"this machine's resolver has no answer: {error.strerror}") from error
        except (OSError, UnicodeError) as error:
            raise ProbeError(f"this machine's resolver cannot be asked: {error}") from error
        return [Record(TYPES[kind], 0, str(address[0])) for _, _, _, _, address in found]

    def _from_server(self) -> list[Record]:
        deadline = Deadline(self._config.within)
        asked = question(secrets.randbits(16), self._config.name, self._config.type)
        try:
            said = self._over_udp(asked, deadline)
            if said.truncated:
                said = self._over_tcp(asked, deadline)
        except ValueError as error:
            raise Down(f"the name server's answer cannot be read: {error}") from error
        if said.rcode == 3:
            raise Down("no such name (NXDOMAIN)")
        if said.rcode:
            raise Down(f"the name server says {RCODES.get(said.rcode, f'code {said.rcode}')}")
        return [record for record in said.records if record.type == TYPES[self._config.type]]

    def _over_udp(self, asked: bytes, deadline: Deadline) -> Said:
        family, address = server_address(self._config.server)
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as talk:
                talk.connect(address)  # only datagrams from that address and port come in
                for turn in range(_SENDS):
                    talk.send(asked)
                    wait = Deadline(deadline.left(_SILENT) / (_SENDS - turn))
                    said = _heard(talk, asked, wait)
                    if said is not None:
                        return said
        except ConnectionRefusedError as error:
            raise Down("the name server is not running: port refused") from error
        except OSError as error:
            if error.errno in (errno.EHOSTUNREACH, errno.EHOSTDOWN):
                raise Down("no route to the name server") from error
            raise ProbeError(f"this machine cannot ask: {error.strerror or error}") from error
        raise deadline.missed(_SILENT)

    def _over_tcp(self, asked: bytes, deadline: Deadline) -> Said:
        _, address = server_address(self._config.server)
        with dial(address[0], address[1], deadline) as talk:
            send(talk, struct.pack("!H", len(asked)) + asked, deadline)
            heard = b""
            for piece in received(talk, deadline, _SILENT, 2 + 65535):
                heard += piece
                if len(heard) >= 2 and len(heard) >= 2 + int.from_bytes(heard[:2], "big"):
                    break
        said = answer_to(asked, heard[2:])
        if said is None or said.truncated:
            raise ValueError("what came over TCP is no answer")
        return said


_SILENT = "the name server does not answer"


def _heard(talk: socket.socket, asked: bytes, wait: Deadline) -> Said | None:
    """The first datagram that answers; ``None`` when the time is over. Others are passed over: anyone can send them."""
    while True:
        try:
            talk.settimeout(wait.left())
            said = answer_to(asked, talk.recv(65535))
        except (TimeoutError, Down):
            return None
        if said is not None:
            return said


def server_address(text: str) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """``192.0.2.1``, ``192.0.2.1:5353``, ``2001:db8::1`` or ``[2001:db8::1]:5353``. Raises `ValueError`."""
    host, port = text, "53"
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        number = int(port)
        check_port(number)
        version = ipaddress.ip_address(host).version
    except ValueError as error:
        raise ValueError(f"server must be an address like 192.0.2.1 or [2001:db8::1]:5353, not {text!r}") from error
    return (socket.AF_INET if version == 4 else socket.AF_INET6), (host, number)


def _plain(data: str) -> str:
    """For comparing: names without regard to case and the final dot, addresses in their one short form."""
    try:
        return str(ipaddress.ip_address(data))
    except ValueError:
        return data.lower().rstrip(".")
