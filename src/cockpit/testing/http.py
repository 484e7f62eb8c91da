"""The part of the contract for providers that speak HTTP: a third party gives recorded answers and how to connect, and inherits the
tests of hostile and malformed payloads, of every failure of a server, and of secrets.

::

    class TestOpsThing(HttpContract):
        secrets = ("canary-1",)
        answers = {"/api/alerts": recorded}                  # what its source answers, by path
        alerts_at = "/api/alerts"                            # which of them is the list of alerts

        def connected(self, url): return OpsThing(self.name, OpsThingConfig(url=url, token=Secret("canary-1")), FakeHost())
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from ..provider import ProviderError
from .contract import HOSTILE, ProviderContract
from .contract_sources import asked_all, errors_of
from .misbehaving import FAULTS, Misbehaving
from .must import must

BAD_RECORDS: Sequence[bytes] = (
    b"null",
    b"7",
    b'"alert"',
    b"[]",
    b"{}",
    b"NaN",
    b'{"a": 1e999}',
    b"{" + b'"a":[' * 20_000 + b"]" * 20_000 + b"}",
    b'{"a": "\xff\xfe"}',
)
"""Records that are none: wrong types, no JSON, nested without end, no UTF-8."""


class HttpContract(ProviderContract):
    """See the module. ``mangled`` are further records that its source might send and nobody can read, as JSON; ``without`` names
    faults (`FAULTS`) that are none for this source, and says why in a comment."""

    answers: ClassVar[Mapping[str, bytes]] = {}
    alerts_at: ClassVar[str] = ""
    mangled: ClassVar[Sequence[bytes]] = ()
    without: ClassVar[frozenset[str]] = frozenset()
    seconds = 60.0

    def connected(self, url: str) -> object:
        """A fresh provider named ``self.name`` whose source is at this address, with a deadline of about a second a request."""
        raise NotImplementedError("override connected(): it gives a fresh provider that asks this address")

    def provider(self) -> object:
        return self.connected(self._served(self.answers).url)

    def hostile(self) -> object:
        return self.connected(self._served({path: _poisoned(body) for path, body in self.answers.items()}).url)

    def malformed(self) -> tuple[object, int]:
        good = msgspec.json.decode(self.answers[self.alerts_at], type=list[msgspec.Raw])
        bad = (*BAD_RECORDS, *self.mangled)
        records = [*bad[: len(bad) // 2], *map(bytes, good), *bad[len(bad) // 2 :]]
        body = b"[" + b", ".join(records) + b"]"
        return self.connected(self._served({**self.answers, self.alerts_at: body}).url), len(records)

    def failing(self) -> Mapping[str, tuple[object, type[ProviderError]]]:
        return {
            fault: (self.connected(self._served(self.answers, fault).url), error)
            for fault, (_, error) in FAULTS.items()
            if fault not in self.without
        }

    def stalled(self) -> object:
        return self.connected(self._served(self.answers, "says nothing").url)

    def test_a_server_that_is_not_there_is_out_of_reach(self) -> None:
        server = self._served({})
        server.close()
        errors = self._run(self.connected(server.url), errors_of)
        must(errors, "nothing was raised although nobody listens")
        for kind, error in errors.items():
            must(type(error).__name__ == "NotReached", f"{kind} raised {error!r}, not NotReached")

    def test_connections_are_used_again(self) -> None:
        server = self._served(self.answers)

        async def often(provider: object) -> None:
            for _ in range(5):
                await asked_all(provider)

        self._run(self.connected(server.url), often)
        asked = len(server.heard)
        must(server.connections <= max(4, asked // 3), f"{server.connections} connections were opened for {asked} requests")

    def _served(self, answers: Mapping[str, bytes], fault: str = "") -> Misbehaving:
        server = Misbehaving(answers, fault)
        self._servers().append(server)
        return server

    def _servers(self) -> list[Misbehaving]:
        if "_running" not in self.__dict__:
            self._running: list[Misbehaving] = []
        return self._running

    def teardown_method(self) -> None:
        """For pytest: hang up."""
        for server in self._servers():
            server.close()


def _poisoned(body: bytes) -> bytes:
    """Recorded answers with `HOSTILE` in every text; what must stay readable (times, addresses of a form) keeps its own."""
    return msgspec.json.encode(_poison(msgspec.json.decode(body)))


def _poison(value: object, key: str = "") -> object:
    if isinstance(value, dict):
        return {name: _poison(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_poison(each, key) for each in value]
    if isinstance(value, str) and not _is_form(value, key):
        return value + HOSTILE
    return value


def _is_form(value: str, key: str) -> bool:
    times = len(value) > 18 and value[4:5] == "-" and "T" in value
    return times or key.lower() in ("id", "state", "status", "fingerprint")
